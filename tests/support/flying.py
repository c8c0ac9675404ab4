"""Time that flies when everybody only waits, so that a minute of waiting takes a moment.

Sockets, tasks and timers are the real ones: only where the loop would sleep until its next timer
with nothing on its way, the clocks jump there instead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

GRACE = 0.001
"""Seconds really waited before a jump, for what is still on its way between two sockets."""

Selected = list[Any]


class Flying:
    """The clocks of a process while one loop's time flies."""

    def __init__(self, loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        """Seconds that the clocks are ahead."""
        self._threads = 0
        self._select: Callable[[float | None], Selected] = loop._selector.select
        self._in_thread: Callable[..., asyncio.Future[Any]] = loop.run_in_executor
        monkeypatch.setattr(loop._selector, "select", self._fly)
        monkeypatch.setattr(loop, "run_in_executor", self._run)
        for clock in ("monotonic", "time"):
            monkeypatch.setattr(time, clock, self._ahead_of(getattr(time, clock)))

    def _ahead_of(self, real: Callable[[], float]) -> Callable[[], float]:
        return lambda: real() + self.ahead

    def _fly(self, timeout: float | None = None) -> Selected:
        """Do what the selector does, and skip the rest of a wait in which nothing comes at once."""
        if timeout is None or timeout <= GRACE or self._threads:
            return self._select(timeout)
        ready = self._select(GRACE)
        if not ready:
            self.ahead += timeout - GRACE
        return ready

    def _run(self, *args: Any) -> asyncio.Future[Any]:
        """Let no time fly while a thread works."""
        self._threads += 1
        future = self._in_thread(*args)
        future.add_done_callback(self._back)
        return future

    def _back(self, _: object) -> None:
        self._threads -= 1


async def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until something holds, ever less often; fail when it does not within `seconds`."""
    pause = 0.01
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)


async def within(seconds: float, work: Awaitable[Any]) -> Any:
    """Return what `work` does, or fail after `seconds`."""
    async with asyncio.timeout(seconds):
        return await work
