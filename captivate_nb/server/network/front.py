"""The server's front: connections come in here, and those that show no key may not become many.

A stranger's connection costs a descriptor, which the kernel around the server needs as well. So
each has a little time for its request's headers, and where there are too many, or no descriptor is
left, those that have waited longest give way.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Iterator

from tornado.http1connection import HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream
from tornado.web import Application

from captivate_nb.server.limits import Limits

HEADERS = 32 << 10  # bytes of a request's headers; the cookies of this machine's pages are there
AT_ONCE = 128  # connections that are taken in before other things get their turn
PAUSE = 0.5  # seconds until the next try where no connection can be taken in

_log = logging.getLogger(__name__)


class Strangers:
    """The connections that have not shown the key, the oldest first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._streams: dict[IOStream, None] = {}

    def __iter__(self) -> Iterator[IOStream]:
        return iter(tuple(self._streams))

    def add(self, stream: IOStream) -> None:
        """Take in one more; the oldest goes where there are too many."""
        self._streams[stream] = None
        if len(self._streams) > self._most:
            self.drop(next(iter(self._streams)))

    def remove(self, stream: IOStream) -> None:
        """Count it no more: it has shown the key, or is gone."""
        self._streams.pop(stream, None)

    def drop(self, stream: IOStream) -> None:
        """Close it if it still is a stranger's."""
        if stream in self._streams:
            self.remove(stream)
            stream.close()


class Front(HTTPServer):
    """An HTTP server that keeps the limits of strangers."""

    def initialize(  # type: ignore[override]
        self, application: Application, strangers: Strangers, limits: Limits
    ) -> None:
        super().initialize(
            application,
            max_header_size=HEADERS,
            idle_connection_timeout=limits.handshake,
            body_timeout=limits.upload,
            max_body_size=limits.body,
        )
        self._strangers = strangers
        self._listener: socket.socket | None = None
        self._told = False

    def take_from(self, listener: socket.socket) -> None:
        """Take in what comes to a listening socket, which is closed with the server."""
        self._listener = listener
        self._open()

    def stop(self) -> None:
        super().stop()
        listener, self._listener = self._listener, None
        if listener is not None:
            IOLoop.current().remove_handler(listener)
            listener.close()

    def handle_stream(self, stream: IOStream, address: tuple[str, int]) -> None:
        self._strangers.add(stream)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        assert isinstance(server_conn, HTTP1ServerConnection)
        self._strangers.remove(server_conn.stream)
        super().on_close(server_conn)

    def _open(self) -> None:
        if self._listener is not None:
            IOLoop.current().add_handler(self._listener, self._take, IOLoop.READ)

    def _take(self, listener: socket.socket, _: int) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self._give_way(listener, error)
                return
            self.handle_stream(IOStream(connection), address)

    def _give_way(self, listener: socket.socket, error: OSError) -> None:
        """Take in nobody for a moment; then those who were strangers before it make room."""
        if not self._told:
            self._told = True
            _log.warning(
                "The server takes in no new connection: %s. It tries again, and says so only once;"
                " `ulimit -n` tells how many files and connections a process may have.",
                error.strerror,
            )
        IOLoop.current().remove_handler(listener)
        IOLoop.current().call_later(PAUSE, self._go_on, tuple(self._strangers))

    def _go_on(self, late: Iterable[IOStream]) -> None:
        for stream in late:
            self._strangers.drop(stream)
        self._open()
