"""The ways into a session: the real service, or the embedded server that needs no account."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from .client.calls import says_await
from .client.local import LocalLink
from .client.secrets import Secret
from .client.session import Session
from .client.timeouts import Timeouts
from .client.transport import Address, take_key
from .errors import NoSession, UsageError, did_you_mean
from .local_files import IN_BROWSER

SERVICE_URL = "wss://channel.wss.captivatechat.ai/dev"
"""The vendor's production address, as its own client has it."""

TRANSPORTS = ("socket", "local")

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
    timeouts: Timeouts | None = None,
) -> Session:
    """Open a session and return it with the bot's greeting in its transcript.

    `url` and `api_key` default to the environment's CAPTIVATE_URL and CAPTIVATE_API_KEY. With a
    key and no URL it is the vendor's service; with neither, the embedded server. `user` holds
    firstName, lastName, email. `greet`: "bot" asks for the greeting as the vendor's client does,
    "auto" first gives the server 2 s to greet by itself, "ask" asks and does not wait, "user"
    waits for none. `trusted_hosts` are those from which a large message may be fetched besides the server's own and the vendor's.
    `timeouts` are for how long the session waits for what.

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
        "timeouts": timeouts,
    }
    if not (url or key):
        return await demo(**options)
    address = Address(url or SERVICE_URL, key)
    del url  # as above: it may hold a password
    return await _open(Session(address, **options, trusted_hosts=trusted_hosts))


@says_await("captivate_nb")
async def demo(
    flow: str | Path = "support",
    *,
    transport: Literal["socket", "local"] | None = None,
    **options: Any,
) -> Session:
    """Start the embedded server and open a session on it.

    `flow` is a shipped flow's name or a YAML file. `transport` is the way between the two: a
    "socket" on a free loopback port, with the server on a thread of its own; or "local", in this
    process, with the server on the loop that calls this, so that it stands still while a cell
    computes. None is a socket, and in a web browser, where there is none, local. `options` are
    those of `connect` from `user_id` on.

    The server, `session.server`, stops when the session is closed. Raise `FlowError` for a flow
    that cannot be used, `UsageError` for another transport.
    """
    from .server.embedded import EmbeddedServer

    local = _is_local(transport)
    server = EmbeddedServer(flow, local=local)
    await server.astart()
    try:
        link = LocalLink(server) if local else None
        session = Session(Address(server.ws_url, Secret(server.key)), link=link, **options)
    except BaseException:
        await server.astop()
        raise
    session.server = server
    session.at_close(server.astop)
    return await _open(session)


def _is_local(transport: str | None) -> bool:
    if transport not in (None, *TRANSPORTS):
        raise UsageError(
            f"transport={transport!r} is not known: it is “socket” or “local”."
            + did_you_mean(str(transport), TRANSPORTS)
        )
    if transport == "socket" and IN_BROWSER:
        raise UsageError("There are no sockets in a web browser: leave transport= out.")
    return IN_BROWSER or transport == "local"


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
    """Return the session opened last that is still open. Raise `NoSession` when there is none.

    One whose loop has ended is none: nothing can be said on it any more.
    """
    for session in reversed(_opened):
        if session.status != "closed" and not session.loop.is_closed():
            return session
    raise NoSession("There is no open session. Open one with %captivate, or captivate_nb.demo().")
