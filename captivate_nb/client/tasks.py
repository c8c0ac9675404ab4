"""The tasks that a session runs beside its calls."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from captivate_nb.errors import SessionClosed


class Tasks:
    """Tasks on one loop, ended together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._running: set[asyncio.Task[Any]] = set()  # held, so that none is collected
        self._ended = False  # whether all were cancelled, for good

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside what calls this; its error is for whoever awaits the task."""
        task = self._loop.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def shielded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` to its end, even when who awaits it is cancelled.

        Raise `SessionClosed` when the session ends it.
        """
        task = self.spawn(work)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self._ended:
                raise SessionClosed("The session was closed meanwhile.") from None
            raise

    def end(self) -> None:
        """Cancel all that run."""
        self._ended = True
        for task in list(self._running):
            task.cancel()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved: a closed session has nowhere to list it
