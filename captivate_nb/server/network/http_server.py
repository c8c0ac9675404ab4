"""The listening side of a server: one port for its WebSockets and its HTTP side."""

from __future__ import annotations

import logging
import socket
from collections.abc import Collection

from tornado.web import Application, RequestHandler

from captivate_nb.server.faults.connection import FaultyNetwork
from captivate_nb.server.limits import ByteBudget
from captivate_nb.server.service import Service

from . import guard, http_api
from .front import Front, Strangers
from .sockets import SocketHandler

_log = logging.getLogger("captivate_nb.server.embedded")


class HttpServer:
    """Serves a service on a socket that listens, which is closed with it."""

    def __init__(
        self,
        service: Service,
        network: FaultyNetwork,
        key: str,
        push_secret: str,
        origins: Collection[str],
        listener: socket.socket,
    ) -> None:
        self._service = service
        self._network = network
        self._listener = listener
        self._strangers = Strangers(service.limits.strangers)
        self._access = (key, push_secret, frozenset(origins))
        self._front: Front | None = None  # none before it is started

    def start(self) -> None:
        """Accept clients, on the loop that is running."""
        self._bodies = ByteBudget(self._service.limits.bodies)
        policy = guard.AccessPolicy(*self._access, self._strangers, self._bodies)
        self._front = Front(self._application(policy), self._strangers, self._service.limits)
        self._front.accept_from(self._listener)

    def stop(self) -> None:
        """Accept nobody any more."""
        if self._front is None:
            self._listener.close()
        else:
            self._front.stop()

    async def close(self) -> None:
        """Close every connection."""
        if self._front is not None:
            self._bodies.open()
            await self._front.close_all_connections()

    def _application(self, policy: guard.AccessPolicy) -> Application:
        shared = {"service": self._service, "policy": policy}
        return Application(
            [
                (r"/api/custom-channel/sockets/message", http_api.MessageHandler, shared),
                (r"/api/transcript", http_api.TranscriptHandler, shared),
                (r"/push/([^/]+)", http_api.PushHandler, shared),
                (r"/files", http_api.UploadHandler, shared),
                (r"/files/([^/]+)/([^/]+)", http_api.FileHandler, shared),
                (r"/pictures/(.+)", http_api.PictureHandler, shared),
                (r"/messages/([^/]+)", http_api.LargeHandler, shared),
                (r"/transcripts/([^/]+)", http_api.LargeTranscriptHandler, shared),
                (r".*", SocketHandler, {**shared, "network": self._network}),
            ],
            log_function=_log_request,
            websocket_max_message_size=self._service.limits.message,
        )


def _log_request(handler: RequestHandler) -> None:
    address = guard.redacted(handler.request.uri or "")
    if isinstance(handler, http_api.PushHandler):
        address = "/push/***"
    _log.debug("%s %s %s", handler.get_status(), handler.request.method, address)
