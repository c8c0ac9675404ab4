"""A connection in-process: frames as text both ways, on one loop, without a socket or a thread.

It keeps what a WebSocket would: the order of frames, limits, faults, closing codes. Nothing that
one side does is carried out by the other before the loop's next turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from captivate_nb.server.connection import Connection
from captivate_nb.server.faults.connection import FaultyNetwork
from captivate_nb.server.faults.profiles import ConnectionLimits
from captivate_nb.server.service import Service

NORMAL, BROKEN, TOO_LARGE = 1000, 1006, 1009


async def connect(service: Service, network: FaultyNetwork) -> LocalSocket | int:
    """Open a connection, or return the HTTP status with which it is refused."""
    if len(service.router.sockets) >= service.limits.sockets:
        return 503
    refused = await network.handshake()
    if refused is not None and refused[0] < 1000:
        return refused[0]
    socket = LocalSocket(network.profile, service.limits.message)
    if refused is None:
        socket.attach(Connection(service, network, LocalWire(socket)))
    else:
        socket.end(*refused)
    return socket


class LocalSocket:
    """The client's end. `largest` is the bytes of a message that the server takes."""

    def __init__(self, profile: ConnectionLimits, largest: int) -> None:
        self.close_code: int | None = None
        """None while it is open; 1006 where it broke."""
        self.close_reason = ""
        self.silent = False
        """Whether nothing comes or goes any more, although the connection seems to be there."""
        self._profile = profile
        self._largest = largest
        self._served: Connection | None = None  # none where it was refused
        self._frames: deque[tuple[str, Callable[[], None]]] = deque()  # not received yet
        self._changed = asyncio.Event()  # a frame came, or the end

    def send(self, fragments: Iterable[str]) -> None:
        """Send one message, in one fragment or several.

        Raise `ConnectionError` when the connection is closed. What is too large closes it.
        """
        if self.close_code is not None:
            raise ConnectionError("The connection closed.")
        message = ""
        for fragment in fragments:
            message += fragment
            if (excess := self._excess(fragment, message)) is not None:
                self.end(TOO_LARGE, excess)
                return
        _soon(self._arrive, message)

    async def receive(self) -> str:
        """Return the next message. Cancelling loses none.

        Raise `ConnectionError` when the connection is closed and all that came was received.
        """
        while not self._frames:
            if self.close_code is not None:
                raise ConnectionError("The connection closed.")
            self._changed.clear()
            await self._changed.wait()
        frame, taken = self._frames.popleft()
        taken()
        return frame

    def close(self, code: int = NORMAL) -> None:
        """Close from the client's side; harmless on a closed one."""
        self.end(BROKEN if self.silent else code)

    # --- for the server's end ----------------------------------------------------------------

    def attach(self, served: Connection) -> None:
        """Say who takes the client's messages."""
        self._served = served

    def put(self, frame: str, taken: Callable[[], None]) -> None:
        """Add a message for the client; `taken` is called when it receives it."""
        if self.silent:
            taken()
            return
        self._frames.append((frame, taken))
        self._changed.set()

    def end(self, code: int, reason: str = "") -> None:
        """End the connection, by whichever side; the server comes to know it a turn later."""
        if self.close_code is None:
            self.close_code, self.close_reason = code, reason
            self._changed.set()
            if self._served is not None:
                _soon(self._served.on_close, broken=code != NORMAL)

    def _arrive(self, message: str) -> None:
        if self._served is not None and not self.silent and self.close_code in (None, NORMAL):
            self._served.on_message(message)

    def _excess(self, fragment: str, message: str) -> str | None:
        size = len(message.encode())
        if size > self._largest:
            return "message too big"
        return self._profile.excess(len(fragment.encode()), size)


class LocalWire:
    """The server's end."""

    def __init__(self, socket: LocalSocket) -> None:
        self._socket = socket

    def write(self, frame: str, taken: Callable[[], None]) -> None:
        if self._socket.close_code is not None:
            raise ConnectionError
        self._socket.put(frame, taken)

    def write_half(self, frame: str) -> None:
        """Write nothing: who gets half of a message has none of it."""

    def silence(self) -> None:
        self._socket.silent = True

    def close(self, code: int, reason: str) -> None:
        if not self._socket.silent:
            self._socket.end(code, reason)

    def abort(self) -> None:
        self._socket.end(BROKEN)


def _soon(work: Callable[..., None], *args: object, **options: object) -> None:
    asyncio.get_running_loop().call_soon(lambda: work(*args, **options))
