"""The ways into a session: the real service, or the embedded server that needs no account."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .client.calls import says_await
from .client.secrets import Secret
from .client.session import Session
from .client.transport import Address, take_key
from .errors import NoSession

SERVICE_URL = "wss://channel.wss.captivatechat.ai/dev"
"""The vendor's production address, as its own client has it."""

_opened: list[Session] = []


@says_await("captivate_nb")
async def connect(
    url: str | None = None,
    api_key: str | None = None,
    user_id: str = "anon",
    user: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    greet: str = "bot",
    *,
    user_data: dict[str, Any] | None = None,
    trusted_hosts: Iterable[str] = (),
) -> Session:
    """Open a session and return it with the bot's greeting in its transcript.

    `url` and `api_key` default to the environment's CAPTIVATE_URL and CAPTIVATE_API_KEY. With a
    key and no URL it is the vendor's service; with neither, the embedded server. `user` holds
    firstName, lastName, email. `greet`: "bot" asks for the greeting as the vendor's client does,
    "auto" first gives the server 2 s to greet by itself, "user" waits for none. `trusted_hosts`
    are those from which a large message may be fetched besides the server's own and the vendor's.

    Raise `ConnectError` or one of its kinds. Cancelling closes what was opened.
    """
    key = Secret(api_key or os.environ.get("CAPTIVATE_API_KEY") or "")
    del api_key  # a traceback may show what this function knows
    url, in_url = take_key(url or os.environ.get("CAPTIVATE_URL") or "")
    key = key or in_url
    options: dict[str, Any] = {
        "user_id": user_id,
        "user": user,
        "metadata": metadata,
        "user_data": user_data,
        "greet": greet,
    }
    if not (url or key):
        return await demo(**options)
    address = Address(url or SERVICE_URL, key)
    del url  # as above: it may hold a password
    return await _open(Session(address, **options, trusted_hosts=trusted_hosts))


@says_await("captivate_nb")
async def demo(flow: str | Path = "support", **options: Any) -> Session:
    """Start the embedded server on a free loopback port and open a session on it.

    `flow` is a shipped flow's name or a YAML file; `options` are those of `connect` from `user_id`
    on. The server, `session.server`, stops when the session is closed. Raise `FlowError` for a
    flow that cannot be used.
    """
    from .server.embedded import EmbeddedServer

    server = EmbeddedServer(flow)

    async def stop() -> None:
        await asyncio.to_thread(server.stop)

    starting = asyncio.ensure_future(asyncio.to_thread(server.start))
    try:
        await asyncio.shield(starting)
        session = Session(Address(server.ws_url, Secret(server.key)), **options)
    except BaseException:
        await asyncio.wait([starting])  # a thread cannot be called back
        await stop()
        raise
    session.server = server
    session.at_close(stop)
    return await _open(session)


async def _open(session: Session) -> Session:
    await session.open()
    _opened.append(session)
    session.observe(_forget, "status")
    return session


def _forget(change: Any) -> None:
    """Let go of a session as soon as it is closed."""
    if change.new == "closed" and change.owner in _opened:
        _opened.remove(change.owner)


def current() -> Session:
    """Return the session opened last that is still open. Raise `NoSession` when there is none."""
    for session in reversed(_opened):
        if session.status != "closed":
            return session
    raise NoSession("There is no open session. Open one with %captivate, or captivate_nb.demo().")
