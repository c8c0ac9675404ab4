"""A coroutine that runs on the loop of another thread, while somebody in this one waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Generic, TypeVar

from .errors import UsageError

POLL = 0.05
"""Seconds between looks at the other thread's loop."""

NUDGE = 0.2
"""Seconds of standstill after which that thread is nudged."""

STANDSTILL = 5.0
"""Seconds of standstill after which the wait is given up."""

R = TypeVar("R")


class Errand(Generic[R]):
    """Runs a coroutine on another thread's loop; `future` gets its result.

    Whoever waits for it calls `check` every `POLL` seconds, and `drop` when the wait ends early.
    """

    under_way: ClassVar[set[Errand[Any]]] = set()
    nudge: ClassVar[Callable[[], None] | None] = None
    """Called where a loop stands still, to have it turn all the same, when there is a way."""

    def __init__(self, coro: Coroutine[Any, Any, R], loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._dropped = False
        self._unanswered = 0
        self.under_way.add(self)
        self.future = asyncio.run_coroutine_threadsafe(self._begin(coro), loop)
        self.future.add_done_callback(lambda _: self.under_way.discard(self))

    async def _begin(self, coro: Coroutine[Any, Any, R]) -> R:
        if self._dropped:
            coro.close()
            raise asyncio.CancelledError
        return await coro

    async def result(self) -> R:
        """Wait for it here. Raise what it raises, and what `check` does; cancelling drops it."""
        waiting = asyncio.wrap_future(self.future)
        try:
            while not (await asyncio.wait([waiting], timeout=POLL))[0]:
                self.check()
        except BaseException:
            self.drop()
            raise
        return waiting.result()

    def check(self) -> None:
        """Raise `UsageError` when the loop has done nothing for `STANDSTILL` seconds."""
        stood = self._unanswered * POLL
        if stood >= STANDSTILL:
            raise UsageError(
                f"The event loop this needs has stood still for {STANDSTILL:g} s, so it was"
                " cancelled. What runs there blocks it, perhaps by waiting for this thread: in a"
                " cell, write `await asyncio.gather(...)`, or `await asyncio.to_thread(...)`"
                " around what blocks."
            )
        if stood >= NUDGE and Errand.nudge is not None:
            Errand.nudge()
        self._unanswered += 1
        self.loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._unanswered = 0

    def drop(self) -> None:
        """Cancel the coroutine; one that has not begun never does."""
        self._dropped = True  # the loop would begin it before it saw that it is cancelled
        self.future.cancel()
