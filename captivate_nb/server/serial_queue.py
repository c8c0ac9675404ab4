"""Jobs, one after another: while one waits, the next does too."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

Job = Callable[[], Awaitable[None]]

_log = logging.getLogger(__name__)


class Tasks:
    """The tasks of one server, which end with it."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()  # held, so that none is collected

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine as a task."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def cancel(self) -> None:
        """Cancel all that run."""
        for task in tuple(self._running):
            task.cancel()

    async def ended(self) -> None:
        """Return once none runs any more."""
        while self._running:
            await asyncio.wait(tuple(self._running))


class SerialQueue:
    """Runs coroutines in order, on one task that lives only while there is something to run.

    What a job raises is logged, and `on_error` is called; the jobs after it run all the same.
    """

    def __init__(self, tasks: Tasks, on_error: Callable[[], None] = lambda: None) -> None:
        self._tasks = tasks
        self._waiting: deque[Job] = deque()
        self._task: asyncio.Task[None] | None = None  # does what waits
        self._on_error = on_error

    def add(self, job: Job) -> None:
        self._waiting.append(job)
        if self._task is None or self._task.done():
            self._task = self._tasks.start(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._do(self._waiting.popleft())
        finally:
            self._task = None

    async def _do(self, job: Job) -> None:
        try:
            await job()
        except Exception:  # noqa: BLE001 (whatever it is, the next job must run)
            _log.exception("a job failed")
            self._on_error()
