"""The WebSocket side: the handshake's checks, and messages to and from a `Connection`."""

from __future__ import annotations

from typing import Any

from tornado.websocket import WebSocketHandler, WebSocketProtocol, WebSocketProtocol13

from captivate_nb.server.connection import Connection
from captivate_nb.server.faults.connection import FaultyNetwork
from captivate_nb.server.service import Service

from .frames import Frames
from .guard import AccessPolicy, Guarded


class SocketHandler(Guarded, WebSocketHandler):
    """One WebSocket, at any path that nothing else has."""

    def initialize(  # type: ignore[override]
        self, service: Service, policy: AccessPolicy, network: FaultyNetwork
    ) -> None:
        super().initialize(service=service, policy=policy)
        self._network = network
        self._served: Connection | None = None  # none before the handshake
        self._refused: tuple[int, str] | None = None  # how it is closed once it is open

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
            self._frames.close(*self._refused)
            return
        self.set_nodelay(True)
        self._served = Connection(self.service, self._network, self._frames)

    def on_message(self, message: str | bytes) -> None:
        assert self._served is not None
        self._served.on_message(message)

    def on_close(self) -> None:
        if self._served is not None:
            self._served.on_close(broken=self.close_code != 1000)
