"""Waiting for a condition of another thread or task, with a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LIMIT = 5.0  # seconds


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; raise `TimeoutError` when it does not in time."""
    async with asyncio.timeout(LIMIT):
        while not condition():  # noqa: ASYNC110 (what is waited for knows no event)
            await asyncio.sleep(0.005)
