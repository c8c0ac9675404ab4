"""What got through, after a break or a frame cut short: the server is asked, and what follows done.

`delivery` decides what counts as arrived and what is to be done; here that is carried out. Every
question that is asked again waits longer each time, and is asked `ATTEMPTS` times more at the most.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from captivate_nb.conversation.evidence import Send
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import CaptivateError, ServerError, SessionClosed
from captivate_nb.protocol import events as e

from .timeouts import Timeouts
from .waiting import Disconnected, Garbled

ATTEMPTS = 5
"""How many times a question is asked again."""

LONGEST_DELAY = 30.0
"""Seconds between two looks for what was cut short, at the most."""

CALM = 60.0
"""Seconds without a frame cut short, after which the next is looked into at once."""


@dataclass(frozen=True)
class Line:
    """What recovery needs of the session it works for.

    `ask` asks for a transcript and returns once it came, `send` sends and `write` says something
    again, all on the connection there is: they raise `ConnectionError` or `Disconnected` when it
    breaks. `missed` notes that what was said is not known, and why; `spawn` starts a task.
    """

    conversation: Conversation
    now: Callable[[], float]
    wait_open: Callable[[], Awaitable[None]]
    alive: Callable[[], Awaitable[None]]
    too_large: Callable[[], bool]
    ask: Callable[[str], Awaitable[object]]
    send: Callable[[e.UserMessage], Awaitable[None]]
    write: Callable[[e.UserMessage], Awaitable[None]]
    missed: Callable[[str, str], None]
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    timeouts: Timeouts


def delays(first: float) -> Iterator[float]:
    """Yield the seconds to wait before a question is asked: none, `first`, then ever more."""
    yield 0.0
    for number in range(ATTEMPTS):
        yield first * 2**number


class Recovery:
    """Finds out what got through on one session."""

    def __init__(self, line: Line) -> None:
        self.greeting: e.UserMessage | None = None
        """What asked for the greeting, while that is due."""
        self._line = line
        self._checking: asyncio.Task[None] | None = None  # finds out what arrived
        self._reading: asyncio.Task[None] | None = None  # reads again what was cut short
        self._breaks = 0  # how many connections in a row broke while a transcript was asked for
        self._silent = False  # whether the server gave no transcript when it was asked last
        self._cut = False  # whether a frame was cut short since the last look
        self._cut_at = float("-inf")  # in the loop's time, seconds
        self._patience = 0.0  # seconds until the next look for what was cut short

    async def recover(self) -> None:
        """Fetch what was missed on a new connection; the rest is found out once it is open.

        Raise `Disconnected` or `ConnectionError` when the connection breaks.
        """
        current = self._current()
        if current is None:
            return
        if self._line.too_large():
            self._line.missed(current, "the server sent a message of more than 16 MiB")
        elif self._breaks >= ATTEMPTS:
            self._breaks = 0
            self._line.missed(current, "the connection breaks whenever the transcript is asked for")
        else:
            self._breaks += 1
            await self._look(current)
            self._breaks = 0
        self.check()
        if self.greeting is not None and not self._line.conversation.heard:
            self._line.spawn(self._greet(self.greeting))

    def check(self) -> None:
        """Find out about messages in doubt, if there are any, unless that is under way."""
        if self._line.conversation.deliveries.step() is None:
            return
        if self._checking is None or self._checking.done():
            self._checking = self._line.spawn(self._check())

    async def settled(self) -> None:
        """Wait until nothing that the user said may have to be said again first.

        Raise `SessionClosed` once the session is closed.
        """
        while self._line.conversation.deliveries.holds and self._current() is not None:
            self.check()
            if self._checking is not None:
                await asyncio.wait([self._checking])
            await self._line.wait_open()

    def cut_short(self) -> None:
        """Look for what a frame said that was cut short; many such are looked into ever less often."""
        now = self._line.now()
        if now - self._cut_at > CALM:
            self._patience = 0.0
        self._cut, self._cut_at = True, now
        if not self._silent and (self._reading is None or self._reading.done()):
            self._reading = self._line.spawn(self._read_again())

    async def _check(self) -> None:
        """Do what `delivery` says, step by step, until nothing is in doubt."""
        deliveries, in_vain = self._line.conversation.deliveries, 0
        while True:
            await self._line.wait_open()
            current, step = self._current(), deliveries.step()
            if current is None or step is None:
                return
            with contextlib.suppress(ConnectionError, Disconnected):
                if isinstance(step, Send):
                    await self._line.write(step.event)
                elif (left := step.at - self._line.now()) > 0:
                    await asyncio.sleep(left)
                elif in_vain > ATTEMPTS:
                    self._line.missed(current, "the server's transcripts tell nothing of it")
                else:
                    await asyncio.sleep(
                        self._line.timeouts.reconnect_first * 2**in_vain if in_vain else 0
                    )
                    await self._look(current)
                    in_vain = in_vain + 1 if deliveries.step() == step else 0

    async def _read_again(self) -> None:
        """Look until something new is told: what was cut short may not be in the first transcript."""
        while self._cut:
            await asyncio.sleep(self._patience)
            self._patience = min(
                max(self._line.timeouts.reconnect_first, 2 * self._patience), LONGEST_DELAY
            )
            self._cut, heard = False, self._line.conversation.heard
            for delay in delays(self._line.timeouts.reconnect_first):
                await asyncio.sleep(delay)
                await self._line.wait_open()
                if (current := self._current()) is not None:
                    with contextlib.suppress(ConnectionError, Disconnected):
                        await self._look(current)
                if self._silent or self._line.conversation.heard > heard:
                    break

    async def _greet(self, greeting: e.UserMessage) -> None:
        """Ask for the greeting once more, if it is shown that there was none."""
        await asyncio.sleep(self._line.conversation.deliveries.check)
        await self._line.wait_open()
        current = self._current()
        with contextlib.suppress(ConnectionError, Disconnected):
            if current is not None and not self._line.conversation.heard:
                await self._look(current)
            if self.greeting is greeting and not self._line.conversation.heard:
                await self._line.send(greeting)

    async def _look(self, current: str) -> None:
        """Fetch the transcript; where that fails, note that something may be missing.

        Raise `Disconnected` or `ConnectionError` when the connection breaks.
        """
        why = ""
        for delay in delays(self._line.timeouts.reconnect_first):
            await asyncio.sleep(delay)
            try:
                async with asyncio.timeout(self._line.timeouts.answer):
                    await self._line.ask(current)
            except Garbled as garbled:
                why = f"the server's answer cannot be read: {garbled}"
            except ServerError as error:
                why = str(error)
                if error.conversation_id is not None:
                    break
            except SessionClosed:
                raise
            except CaptivateError as error:  # it came as a link that cannot be followed
                await self._line.alive()
                why = str(error)
                break
            except TimeoutError:
                await self._line.alive()
                why = "the server sent no transcript"
                break
            else:
                self._silent = False
                return
        self._silent = True
        self._line.missed(current, why)

    def _current(self) -> str | None:
        """Return the conversation to go on in."""
        conversation = self._line.conversation
        return None if conversation.deleted else conversation.id
