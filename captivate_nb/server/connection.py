"""One client's connection as the service has it: what comes in is carried out, what goes out is sent.

A `Wire` below carries the messages, be it a WebSocket or a link in-process; the faults that are to
be injected stand between.
"""

from __future__ import annotations

import asyncio
from functools import partial

from captivate_nb.errors import ProtocolError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode

from .dispatch import handle
from .faults.connection import FaultyNetwork, Wire
from .routing import new_id
from .service import Refusal, Service


class Connection:
    """Connects a wire, whose client was let in, to a service. It is a `Socket` of its router."""

    def __init__(self, service: Service, network: FaultyNetwork, wire: Wire) -> None:
        self.id = new_id()
        self.current: str | None = None
        self.closed = asyncio.Event()
        """Set once the wire is closed."""
        self._service = service
        self._wire = wire
        self._unread = 0  # bytes that wait for the client to read them
        self._faulty = network.open(self, wire)
        service.router.open(self)

    # --- for the wire ------------------------------------------------------------------------

    def on_message(self, message: str | bytes) -> None:
        """Take a message that came in by the wire."""
        self._faulty.receive(message)

    def on_close(self, *, broken: bool) -> None:
        """Forget the wire, which is closed; `broken` unless its client has closed it in order."""
        self._faulty.close(broken=broken)
        self._service.router.close(self)
        self.closed.set()

    # --- for the service ---------------------------------------------------------------------

    def send(self, frame: str) -> None:
        """Send a message to the client."""
        self._faulty.send(frame)

    def close(self, code: int, reason: str) -> None:
        """Close as the protocol asks, from the server's side."""
        self._wire.close(code, reason)

    def abort(self) -> None:
        """Break the connection without the closing handshake, if it is still open."""
        self._wire.abort()

    # --- for the faults ----------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """Carry out what the client sent, and send the answer, if it has one."""
        try:
            event = decode(message, "client")
            answer = handle(self._service, event, self)
        except ProtocolError as error:
            answer = e.GeneralError(code=400, description=str(error))
        except Refusal as refusal:
            answer = refusal.event
        if answer is not None:
            self._service.router.send(self, answer)

    def as_link(self, frame: str) -> str:
        return self._service.router.as_link(frame, self.current)

    def write_frame(self, frame: str) -> None:
        """Write a message; a client that has gone, or that does not read, does not get it."""
        size = len(frame.encode())
        if self._unread + size > (most := self._service.limits.queue):
            self._service.router.close(self)
            self.close(1013, f"Too slow: {most} bytes wait to be read")
            return
        self._unread += size
        try:
            self._wire.write(frame, partial(self._on_read, size))
        except ConnectionError:
            self._service.router.close(self)

    def _on_read(self, size: int) -> None:
        self._unread -= size
