"""Accepts connections, and bounds how many there are that have not shown the key: strangers.

A stranger's connection costs a descriptor, which the kernel around the server needs as well. So
each has a little time for its request's headers, and where there are too many, or no descriptor is
left, those that have waited longest are closed.
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
    """An HTTP server with limits for strangers."""

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
        self._warned = False

    def accept_from(self, listener: socket.socket) -> None:
        """Accept what comes to a listening socket, which is closed with the server."""
        self._listener = listener
        self._start_accepting()

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

    def _start_accepting(self) -> None:
        if self._listener is not None:
            IOLoop.current().add_handler(self._listener, self._accept, IOLoop.READ)

    def _accept(self, listener: socket.socket, _: int) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause_accepting(listener, error)
                return
            self.handle_stream(IOStream(connection), address)

    def _pause_accepting(self, listener: socket.socket, error: OSError) -> None:
        """Accept nothing for a moment; then those that were strangers before it are closed."""
        if not self._warned:
            self._warned = True
            _log.warning(
                "The server takes in no new connection: %s. It tries again, and says so only once;"
                " `ulimit -n` tells how many files and connections a process may have.",
                error.strerror,
            )
        IOLoop.current().remove_handler(listener)
        IOLoop.current().call_later(PAUSE, self._resume_accepting, tuple(self._strangers))

    def _resume_accepting(self, late: Iterable[IOStream]) -> None:
        for stream in late:
            self._strangers.drop(stream)
        self._start_accepting()
