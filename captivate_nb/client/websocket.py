"""The `Transport` over a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from .secrets import Secret, redact
from .transport import FRAME_LIMIT, check_size, fragments


class WebSocketTransport:
    """An open WebSocket. Made by `handshake.open_transport`."""

    def __init__(
        self, websocket: ClientConnection, alive: float, secrets: tuple[Secret, ...] = ()
    ) -> None:
        self._websocket = websocket
        self._alive = alive  # seconds for the answer when it is asked whether it is alive
        self._secrets = secrets  # known, and so hidden in log lines, for as long as it is used
        self.too_large = False
        """Whether it ended because a message was received that is over the limit."""

    async def send(self, frame: str) -> None:
        """Send one message, in fragments when it is long.

        Raise `InvalidMessage` over the limit, `ConnectionError` when the socket is closed.
        Cancelling may leave the message half sent, which closes the socket.
        """
        data = check_size(frame)
        try:
            if len(data) <= FRAME_LIMIT:
                await self._websocket.send(frame)
            else:
                await self._websocket.send(fragments(data))
        except ConnectionClosed:
            raise ConnectionError("The connection closed.") from None

    async def frames(self) -> AsyncIterator[str | bytes]:
        """Yield every message until the socket closes, whatever closed it. Cancelling is safe."""
        while True:
            try:
                frame = await self._websocket.recv()
            except ConnectionClosed as closed:
                code = closed.sent.code if closed.sent else None
                self.too_large = code == CloseCode.MESSAGE_TOO_BIG and not closed.rcvd_then_sent
                return
            yield frame

    async def close(self) -> None:
        """Close the socket; harmless on a closed one. Cancelling breaks the connection instead."""
        try:
            await self._websocket.close()
        except asyncio.CancelledError:
            self.abort()
            raise

    async def is_alive(self) -> bool:
        """Ask the other side for an answer, within the seconds given for that; cancelling is safe.

        A loop that was blocked meanwhile saw the time pass and not the answer, so it asks twice.
        """
        for _ in range(2):
            try:
                answer = asyncio.ensure_future(await self._websocket.ping())
                done, _ = await asyncio.wait([answer], timeout=self._alive / 2)
            except ConnectionClosed:
                return False
            if done and not answer.cancelled() and answer.exception() is None:
                return True
        return False

    def abort(self) -> None:
        """Break the connection, as the other side is not there to close it with."""
        self._websocket.transport.abort()

    @property
    def close_reason(self) -> str:
        """Say why the socket closed, as far as either side told."""
        code, reason = self._websocket.close_code, self._websocket.close_reason
        return redact(f"{code} {reason}".strip()) if code else "the connection broke"
