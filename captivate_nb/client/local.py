"""The way to an embedded server in this process: no socket, no thread, no tornado.

Frames, limits, faults and closing codes are those of a WebSocket. All of it runs on one loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from http import HTTPStatus
from typing import Protocol

from .link import Request, RequestFailed, Response
from .refusals import refusal
from .secrets import redact
from .timeouts import Timeouts
from .transport import (
    FRAME_LIMIT,
    RECEIVE_LIMIT,
    Address,
    check_size,
    fragments,
)


class LocalSocket(Protocol):
    """The client's end of a connection in-process."""

    close_code: int | None
    """None while it is open."""
    close_reason: str
    silent: bool
    """Whether nothing comes or goes any more, although the connection seems to be there."""

    def send(self, fragments: Iterable[str], /) -> None: ...
    async def receive(self) -> str: ...
    def close(self, code: int = ..., /) -> None: ...


class Resource(Protocol):
    """An answer of the server's HTTP side."""

    @property
    def type(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def status(self) -> int: ...


class LocalServer(Protocol):
    """What a link needs of a server in-process; a local `EmbeddedServer` is one."""

    async def connect(self) -> LocalSocket | int:
        """Open a connection, or return the HTTP status with which it is refused."""
        ...

    async def fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, /
    ) -> Resource:
        """Return what the server has at one of its own URLs."""
        ...


class LocalLink:
    """The way to one server in this process."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server

    async def open(self, address: Address, timeouts: Timeouts) -> LocalTransport:
        socket = await self._server.connect()
        if isinstance(socket, int):
            raise refusal(address, socket)
        return LocalTransport(socket, timeouts.ping)

    async def fetch(self, request: Request) -> Response:
        answer = await self._server.fetch(
            request.method, request.url, request.headers, request.body or b""
        )
        if answer.status >= 400:
            raise RequestFailed(f"HTTP {answer.status}: {HTTPStatus(answer.status).phrase}")
        if len(answer.body) > request.limit:
            raise RequestFailed(f"the answer has more than {request.limit:,} bytes")
        return Response(answer.type, answer.body)


class LocalTransport:
    """The `Transport` to a server in this process."""

    def __init__(self, socket: LocalSocket, ping: float) -> None:
        self._socket = socket
        self._ping = ping  # seconds
        self.too_large = False

    async def send(self, frame: str) -> None:
        data = check_size(frame)
        self._socket.send([frame] if len(data) <= FRAME_LIMIT else fragments(data))

    async def frames(self) -> AsyncIterator[str | bytes]:
        """Yield every message; a connection on which nobody answers is broken, as by keepalive."""
        while True:
            try:
                async with asyncio.timeout(self._ping):
                    frame = await self._socket.receive()
            except ConnectionError:
                return
            except TimeoutError:
                if not await self.is_alive():
                    self.abort()
                continue
            if len(frame.encode()) > RECEIVE_LIMIT:
                self.too_large = True
                self._socket.close(1009)
                return
            yield frame

    async def close(self) -> None:
        self._socket.close()

    async def is_alive(self) -> bool:
        """Tell at once: in this process nobody needs to be waited for."""
        return self._socket.close_code is None and not self._socket.silent

    def abort(self) -> None:
        self._socket.close(1006)

    @property
    def close_reason(self) -> str:
        code, reason = self._socket.close_code, self._socket.close_reason
        if code is None or code == 1006:
            return "the connection broke"
        return redact(f"{code} {reason}".strip())
