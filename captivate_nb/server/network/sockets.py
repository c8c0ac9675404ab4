"""The WebSocket side: the handshake's checks, and frames to and from the service."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from tornado.websocket import (
    WebSocketClosedError,
    WebSocketHandler,
    WebSocketProtocol,
    WebSocketProtocol13,
)

from captivate_nb.errors import ProtocolError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode
from captivate_nb.server.dispatch import handle
from captivate_nb.server.faults.connection import FaultyConnection, FaultyNetwork
from captivate_nb.server.routing import new_id
from captivate_nb.server.service import Refusal, Service

from .frames import Frames
from .guard import AccessPolicy, Guarded


class SocketHandler(Guarded, WebSocketHandler):
    """One WebSocket, at any path that nothing else has."""

    def initialize(self, service: Service, policy: AccessPolicy, network: FaultyNetwork) -> None:  # type: ignore[override]
        super().initialize(service=service, policy=policy)
        self._network = network
        self._faulty: FaultyConnection | None = None  # none before the handshake
        self._refused: tuple[int, str] | None = None  # how it is closed once it is open
        self.id = new_id()
        self.current: str | None = None
        self.closed = asyncio.Event()
        self._unread = 0  # bytes that wait for the client to read them

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 (prepare has looked at it)
        return True

    async def get(self, *args: Any, **kwargs: Any) -> None:
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            self.refuse(404, "There is nothing here but a WebSocket; connect with ws://")
            return
        if len(self.service.router.sockets) >= (most := self.service.limits.sockets):
            self.refuse(503, f"This server has {most} sockets open, and no more: close some")
            return
        self._refused = await self._network.handshake()
        if self._refused is not None and self._refused[0] < 1000:
            self.refuse(*self._refused)
            return
        await super().get(*args, **kwargs)

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        plain = super().get_websocket_protocol()
        if not isinstance(plain, WebSocketProtocol13):
            return plain
        self._frames = Frames(self, plain.params, self._network.profile)
        return self._frames

    def open(self, *_: str, **__: str) -> None:
        if self._refused is not None:
            self.close(*self._refused)
            return
        self.set_nodelay(True)
        self._faulty = self._network.open(self)
        self.service.router.open(self)

    def on_message(self, message: str | bytes) -> None:
        assert self._faulty is not None
        self._faulty.receive(message)

    def receive(self, message: str | bytes) -> None:
        """Take in what came from the client."""
        try:
            event = decode(message, "client")
            answer = handle(self.service, event, self)
        except ProtocolError as error:
            answer = e.GeneralError(code=400, description=str(error))
        except Refusal as refusal:
            answer = refusal.event
        if answer is not None:
            self.service.router.send(self, answer)

    def on_close(self) -> None:
        if self._faulty is not None:
            self._faulty.close(broken=self.close_code != 1000)
        self.service.router.close(self)
        self.closed.set()

    def abort(self) -> None:
        """Close the connection without the closing handshake, if it is still open."""
        if self.ws_connection is not None and self.ws_connection.stream is not None:
            self.ws_connection.stream.close()

    def silence(self) -> None:
        self._frames.silent = True

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close as the protocol asks, from the server's side."""
        self._frames.close(code, reason)

    def send(self, frame: str) -> None:
        """Send a message to the client."""
        assert self._faulty is not None
        self._faulty.send(frame)

    def as_link(self, frame: str) -> str:
        return self.service.router.as_link(frame, self.current)

    def write_half(self, frame: str) -> None:
        self._frames.write_half(frame)

    def write_frame(self, frame: str) -> None:
        """Write a message; a client that has gone, or that does not read, does not get it."""
        size = len(frame.encode())
        if self._unread + size > (most := self.service.limits.queue):
            self.service.router.close(self)
            self.close(1013, f"Too slow: {most} bytes wait to be read")
            return
        try:
            written = self.write_message(frame)
        except WebSocketClosedError:
            self.service.router.close(self)
            return
        self._unread += size
        written.add_done_callback(partial(self._on_read, size))

    def _on_read(self, size: int, written: asyncio.Future[None]) -> None:
        """Count what the client has taken; that it has gone is nobody's error."""
        self._unread -= size
        written.cancelled() or written.exception()
