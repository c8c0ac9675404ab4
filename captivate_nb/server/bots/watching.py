"""A file that somebody edits, watched for when it is saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

PERIOD = 0.25
"""Seconds between looks; what changes between two is still being written."""


async def saves(path: Path) -> AsyncIterator[None]:
    """Yield each time that the file is another than before, and has been so for a look."""
    known = last = _stamp(path)
    while True:
        await asyncio.sleep(PERIOD)
        now = _stamp(path)
        if now is not None and now == last and now != known:
            known = now
            yield
        last = now


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with a file; None while an editor has put it away."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
