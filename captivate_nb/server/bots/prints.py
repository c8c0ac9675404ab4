"""What a bot prints, kept beside its turn: threads and tasks of other turns print elsewhere."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

KEPT = 64 << 10
"""Characters of one turn's prints that are kept: its first."""


class Prints:
    """What was printed in one turn; `lost` counts the characters that are not kept."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self.lost = 0

    def write(self, text: str) -> None:
        room = max(0, KEPT - self._size)
        if kept := text[:room]:
            self._parts.append(kept)
        self._size += len(kept)
        self.lost += len(text) - len(kept)

    @property
    def text(self) -> str:
        more = f"\n… and {self.lost:,} more characters" if self.lost else ""
        return "".join(self._parts) + more


_printing: ContextVar[Prints | None] = ContextVar("captivate_nb_printing", default=None)


class _Stream:
    """A standard stream, but for what a turn writes to it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        prints = _printing.get()
        if prints is None:
            return int(self.stream.write(text) or 0)
        prints.write(str(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


_lock = threading.Lock()
_turns = 0  # that print now


@contextlib.contextmanager
def kept_in(prints: Prints) -> Iterator[None]:
    """Keep what is printed here, in this thread or task, instead of showing it."""
    _count(1)
    token = _printing.set(prints)
    try:
        yield
    finally:
        _printing.reset(token)
        _count(-1)


def _count(by: int) -> None:
    """Stand in the place of both streams while a turn goes on, whoever has replaced them meanwhile."""
    global _turns  # noqa: PLW0603  # there is one pair of streams for the process
    with _lock:
        _turns += by
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if _turns and stream is not None and not isinstance(stream, _Stream):
                setattr(sys, name, _Stream(stream))
            elif not _turns and isinstance(stream, _Stream):
                setattr(sys, name, stream.stream)
