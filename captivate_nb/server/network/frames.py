"""WebSocket frames as tornado reads and writes them, where a network's faults and limits sit.

tornado puts fragments together before it shows a message; the size of a single frame is seen only
here, where its payload is read.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler, WebSocketProtocol13

from captivate_nb.server.faults.profiles import ConnectionLimits

_CLOSE = 0x8
_SKIPPED = 8  # times the limit of a message: so much more is read, for the closing to arrive


class Frames(WebSocketProtocol13):
    """One connection's frames: its `Wire`. While `silent`, nothing comes or goes, pings and closing included."""

    def __init__(self, handler: WebSocketHandler, params: Any, profile: ConnectionLimits) -> None:
        super().__init__(handler, False, params)
        self.silent = False
        self._profile = profile
        if profile.message < math.inf:
            params.max_message_size = _SKIPPED * int(profile.message)

    def write(self, frame: str, taken: Callable[[], None]) -> None:
        """Write a message, and call `taken` once it is out or its client is gone.

        Raise `ConnectionError` when the connection is closed.
        """
        if self.is_closing():
            raise ConnectionError

        def done(written: asyncio.Future[None]) -> None:
            _seen(written)
            taken()

        self.write_message(frame).add_done_callback(done)

    def silence(self) -> None:
        self.silent = True

    def abort(self) -> None:
        """Break the connection without the closing handshake, if it is still open."""
        self.stream.close()

    def write_half(self, message: str) -> None:
        """Write the beginning of a message, of which the rest will never come."""
        data = message.encode()
        whole = b"\x81\x7f" + len(data).to_bytes(8, "big") + data
        if not (self.silent or self.is_closing()):
            self.stream.write(whole[: 10 + len(data) // 2]).add_done_callback(_seen)

    async def _read_bytes(self, n: int) -> bytes:
        """Read; close where a frame or its message is too large, and skip what still comes."""
        together = n + len(self._fragmented_message_buffer or b"")
        if (excess := self._profile.excess(n, together)) is not None:
            self.close(1009, excess)
        return await super()._read_bytes(n)

    def _write_frame(
        self, fin: bool, opcode: int, data: bytes, flags: int = 0
    ) -> asyncio.Future[None]:
        if not self.silent:
            return super()._write_frame(fin, opcode, data, flags)
        if self.stream.closed():
            raise StreamClosedError
        nothing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        nothing.set_result(None)
        return nothing

    def _handle_message(self, opcode: int, data: bytes) -> asyncio.Future[None] | None:
        if self.silent or (self.server_terminated and opcode != _CLOSE):
            return None
        return super()._handle_message(opcode, data)


def _seen(written: asyncio.Future[None]) -> None:
    """Look at a write's error, so that nobody complains of one never looked at."""
    written.cancelled() or written.exception()
