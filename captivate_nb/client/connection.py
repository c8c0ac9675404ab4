"""One connection kept open: made, watched, and made again after any close not asked for.

It knows frames and not what they say, but for `socket_connected`, with which a connection counts
as made. `docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
from collections.abc import Awaitable, Callable
from typing import Literal

from captivate_nb.errors import (
    CaptivateError,
    ConnectError,
    KeyRefused,
    NotCaptivate,
    SessionClosed,
)
from captivate_nb.protocol import events as e

from .link import Link
from .refusals import SET_KEY
from .secrets import Redacting, redact
from .timeouts import Timeouts
from .transport import Address, Transport

_log = logging.getLogger("captivate_nb.client")
_log.addFilter(Redacting())

Status = Literal["connecting", "open", "reconnecting", "closed"]

BROKE = 6
"""Connections in a row that are made and break before they are of use, until that is told.

Recovery, which asks five times again, says by then what it knows of it.
"""

CLOSED = "This session is closed. Open another with %captivate, or captivate_nb.connect()."


class Connection:
    """Keeps a connection to `address` open, by way of `link`.

    `received` is awaited with each frame and returns its event, or None. `recover` is awaited on
    a new connection before it counts as open again. `changed` is called with each new status, and
    `failed` when an attempt to connect again failed for another reason than the one before.
    """

    def __init__(
        self,
        address: Address,
        link: Link,
        *,
        received: Callable[[str | bytes], Awaitable[e.Event | None]],
        recover: Callable[[], Awaitable[None]],
        changed: Callable[[Status, CaptivateError | None], None],
        failed: Callable[[], None],
        timeouts: Timeouts,
    ) -> None:
        self.address = address
        self.link = link
        self._received = received
        self._recover = recover
        self._changed = changed
        self._failed = failed
        self._timeouts = timeouts
        self.failure = ""
        """Why the newest attempt to connect again failed; empty while connected."""
        self.number = 0
        """How many connections were opened so far: what passes now passes on this one."""
        self.too_large = False
        """Whether the newest one that ended did so because a message was over the limit."""
        self._transport: Transport | None = None  # of the newest connection
        self._ready = asyncio.Event()  # set while open and recovered
        self._hurry = asyncio.Event()  # whether to connect again without waiting
        self._keeper: asyncio.Task[None] | None = None  # connects, again and again
        self._end: CaptivateError | None = None  # why it is closed for good

    @property
    def is_open(self) -> bool:
        """Whether it is open and recovered."""
        return self._ready.is_set() and self._end is None

    @property
    def is_closed(self) -> bool:
        """Whether it is closed for good."""
        return self._end is not None

    @property
    def prospect(self) -> str:
        """Say what becomes of a connection that is broken."""
        if not self.failure:
            return "Reconnecting is under way."
        return f"Reconnecting failed and is tried again: {self.failure}"

    async def open(self) -> None:
        """Connect. Raise `ConnectError` or one of its kinds; cancelling leaves nothing open."""
        reading = await self._connect()
        self._set_open()
        self._keeper = asyncio.create_task(self._keep(reading), name="captivate_nb connection")

    async def close(self) -> None:
        """Close for good. Cancelling is safe: the connection is closed all the same."""
        self._finish(None)
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait([keeper])

    async def send(self, frame: str) -> None:
        """Send at once. Raise `ConnectionError` when the connection is broken or breaks."""
        if self._transport is None:
            raise ConnectionError("The connection is broken.")
        await self._transport.send(frame)

    async def check(self) -> None:
        """Break a connection on which nobody answers. Raise `ConnectionError` when it is broken."""
        transport = self._transport
        if transport is None:
            raise ConnectionError("The connection is broken.")
        if not await transport.is_alive():
            transport.abort()
            raise ConnectionError("Nobody answers on the connection.")

    def hurry(self) -> None:
        """Make the next attempt to connect again at once; harmless when none is due."""
        self._hurry.set()

    async def wait_open(self) -> None:
        """Wait until it is open and recovered. Raise `SessionClosed` once it is closed."""
        await self._ready.wait()
        if self._end is not None:
            raise self._end

    async def _connect(self) -> asyncio.Task[None]:
        """Open a socket and wait for `socket_connected`; return the task that reads it."""
        transport = await self.link.open(self.address, self._timeouts)
        self.number += 1
        made: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        reading = asyncio.create_task(self._read(transport, made), name="captivate_nb reader")
        try:
            async with asyncio.timeout(self._timeouts.connect):
                await asyncio.wait([made, reading], return_when=asyncio.FIRST_COMPLETED)
            if not made.done():
                raise _fault_of(reading) or self._closed_early(transport.close_reason)
        except BaseException as error:
            await _end_task(reading)
            if isinstance(error, TimeoutError):
                raise NotCaptivate(
                    f"{self.address} opened a WebSocket and sent no socket_connected in"
                    f" {self._timeouts.connect:g} s: it is not a Captivate server.",
                    "Check the URL.",
                ) from None
            raise
        self._transport = transport
        return reading

    async def _read(self, transport: Transport, made: asyncio.Future[None]) -> None:
        """Hand on every frame until the socket closes, whoever closed it."""
        try:
            async for frame in transport.frames():
                event = await self._received(frame)
                if isinstance(event, e.SocketConnected) and not made.done():
                    made.set_result(None)
                    _log.info("connection %d to %s is open", self.number, self.address)
        finally:
            self.too_large = transport.too_large
            self._transport = None
            with contextlib.suppress(asyncio.CancelledError):
                await transport.close()
            _log.info("connection %d closed: %s", self.number, transport.close_reason)

    def _closed_early(self, reason: str) -> ConnectError:
        if "key" in reason.lower() or reason.startswith(("1008", "4401", "4403")):
            return KeyRefused(
                f"{self.address} closed the connection ({reason}): the API key was refused.",
                SET_KEY,
            )
        return NotCaptivate(
            f"{self.address} closed the connection ({reason}) before it was made.", "Check the URL."
        )

    async def _keep(self, reading: asyncio.Task[None]) -> None:
        """Reconnect whenever reading ends, until closed or refused for too long."""
        try:
            while True:
                await asyncio.wait([reading])
                self._ready.clear()
                self._changed("reconnecting", _fault_of(reading))
                reading = await self._reconnect()
                self._set_open()
        except CaptivateError as error:
            self._finish(error)
        finally:
            await _end_task(reading)

    async def _reconnect(self) -> asyncio.Task[None]:
        """Try again and again, ever less often, until a connection is made and recovered.

        A key that was accepted is not wrong: raise `SessionClosed` only when it has been refused
        for `Timeouts.refused` seconds. No other error ends it; one that nobody expects is told once.
        """
        now = asyncio.get_running_loop().time
        delay, end = self._timeouts.reconnect_first, math.inf
        told, broke = False, 0
        self._hurry.clear()
        while True:
            pause = delay * random.uniform(0.5, 1)
            pause = min(pause, end - now()) if now() < end else pause
            _log.info("connecting to %s again in %.2f s", self.address, pause)
            await self._pause(pause)
            delay = min(delay * 2, self._timeouts.reconnect_longest)
            try:
                return await self._connect_again()
            except KeyRefused as error:
                end = min(end, now() + self._timeouts.refused)
                if now() >= end:
                    reason = f"Reconnecting failed for {self._timeouts.refused:g} s: {error}"
                    raise SessionClosed(reason) from None
                self._note_failure(error)
            except ConnectError as error:
                self._note_failure(error)
            except ConnectionError:
                end = math.inf  # it was made, so the key was accepted
                broke += 1
                if broke >= BROKE:
                    reason = (
                        f"{self.address} takes the connection, and breaks it before it is of use."
                    )
                    self._note_failure(ConnectError(reason, "Ask who runs the server."))
            except Exception as error:  # noqa: BLE001  # of whoever takes in the frames
                if not told:
                    self._changed("reconnecting", _fault(error))
                told = True

    def _note_failure(self, error: ConnectError) -> None:
        _log.info("connecting failed: %s", error.reason)
        if error.reason != self.failure:
            self.failure = error.reason
            self._failed()

    async def _pause(self, seconds: float) -> None:
        """Wait, unless somebody is in a hurry."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        self._hurry.clear()

    async def _connect_again(self) -> asyncio.Task[None]:
        """Connect and recover; raise `ConnectionError` when a connection that was made breaks."""
        reading = await self._connect()
        recovering = asyncio.ensure_future(self._recover())
        try:
            await asyncio.wait([recovering, reading], return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                raise _fault_of(reading) or ConnectionError("The connection broke again.")
            await recovering
        except BaseException:
            await _end_task(recovering)
            await _end_task(reading)
            raise
        return reading

    def _set_open(self) -> None:
        self.failure = ""
        self._ready.set()
        self._changed("open", None)

    def _finish(self, error: CaptivateError | None) -> None:
        if self._end is None:
            self.failure = ""
            self._end = error or SessionClosed(CLOSED)
            self._ready.set()
            self._changed("closed", error)


async def _end_task(task: asyncio.Future[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


def _fault_of(reading: asyncio.Task[None]) -> CaptivateError | None:
    """Return what ended a task that reads and should not have; None when the socket closed."""
    error = None if reading.cancelled() else reading.exception()
    return None if error is None else _fault(error)


def _fault(error: BaseException) -> CaptivateError:
    if isinstance(error, CaptivateError):
        return error
    what = redact(f"{type(error).__name__}: {error}")
    return CaptivateError(f"What the server sent could not be taken in ({what}). It goes on.")
