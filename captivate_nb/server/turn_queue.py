"""Turns, one after another: while the bot pauses in one, the next waits."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

Turn = Callable[[], Awaitable[None]]

_log = logging.getLogger(__name__)


class Turns:
    """Runs coroutines in order, on one task that lives only while there is something to run.

    What a turn raises is logged and told to `on_error`; the turns after it run all the same.
    """

    def __init__(self, on_error: Callable[[], None] = lambda: None) -> None:
        self._waiting: deque[Turn] = deque()
        self._task: asyncio.Task[None] | None = None
        self._on_error = on_error

    def add(self, turn: Turn) -> None:
        self._waiting.append(turn)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._take(self._waiting.popleft())
        finally:
            self._task = None

    async def _take(self, turn: Turn) -> None:
        try:
            await turn()
        except Exception:  # noqa: BLE001 (whatever it is, the next turn must come)
            _log.exception("a turn failed")
            self._on_error()
