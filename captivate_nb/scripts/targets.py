"""What scripts are run on: each gets a session of its own there, in a new conversation."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from captivate_nb.client.local import LocalLink
from captivate_nb.client.secrets import Secret
from captivate_nb.client.session import Session
from captivate_nb.client.transport import Address, take_key
from captivate_nb.errors import NoSession, UsageError
from captivate_nb.sessions import SERVICE_URL, current

Target = Any
"""None, a flow's name or file, a bot, a URL, a session, or an async function that returns one."""

_SCHEMES = ("ws://", "wss://", "http://", "https://")


class Opener:
    """Opens the sessions of one run, and stops what it started; `open` gives a new conversation.

    `greet="ask"` asks for the bot's greeting and waits for nothing.
    """

    def __init__(self, target: Target = None, api_key: str | None = None) -> None:
        self._target = _given(target)
        self._key = Secret(api_key or os.environ.get("CAPTIVATE_API_KEY") or "")
        self._server: Any = None

    @property
    def is_flow(self) -> bool:
        """Whether the target runs in this process, on a server that is started for it."""
        return isinstance(self._target, str | Path) and not _is_url(self._target)

    async def open(self, **options: Any) -> Session:
        """Open a session. Raise what `connect` does, and `FlowError`. Cancelling closes it."""
        options = {"greet": "ask", **options}
        target = self._target
        if isinstance(target, Session):
            session = await target.beside(**options)
            session.server = target.server
            return session
        if _is_url(target):
            url, in_url = take_key(str(target))
            return await Session(Address(url or SERVICE_URL, self._key or in_url), **options).open()
        if callable(target):
            return await _returned(target)
        server = await self._started()
        session = await _on(server, options)
        session.server = server
        return session

    async def open_apart(self, **options: Any) -> Session:
        """Open a session on a server of its own, so that nothing done to its network is shared."""
        if not self.is_flow:
            return await self.open(**options)
        server = await _start(self._target)
        try:
            session = await _on(server, {"greet": "ask", **options})
        except BaseException:
            await server.astop()
            raise
        session.server = server
        session.at_close(server.astop)
        return session

    async def close(self) -> None:
        """Stop the server that was started, if one was."""
        server, self._server = self._server, None
        if server is not None:
            await server.astop()

    async def _started(self) -> Any:
        if self._server is None:
            self._server = await _start(self._target)
        return self._server


async def _start(flow: str | Path) -> Any:
    from captivate_nb.server.embedded import EmbeddedServer

    server = EmbeddedServer(flow, local=True)
    await server.astart()
    return server


async def _on(server: Any, options: dict[str, Any]) -> Session:
    address = Address(server.ws_url, Secret(server.key))
    return await Session(address, link=LocalLink(server), **options).open()


async def _returned(target: Callable[[], Awaitable[Session]]) -> Session:
    session = await target()
    if not isinstance(session, Session):
        raise UsageError(
            f"The target is a function that returns a session, and not {session!r:.80}."
        )
    return session


def _given(target: Target) -> Target:
    """Return a target that is one; without one it is the current session's server, or the demo."""
    if target is None:
        try:
            return current()
        except NoSession:
            return "support"
    if isinstance(target, str | Path | Session) or inspect.iscoroutinefunction(target):
        return target
    raise UsageError(
        f"Scripts cannot be run on {target!r:.80}: give a flow's name or file, a URL, a session, or"
        " an async function that returns one."
    )


def _is_url(target: Target) -> bool:
    return isinstance(target, str) and target.startswith(_SCHEMES)
