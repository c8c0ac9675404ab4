r"""A flow's own patterns, and the time limit that they have for what a user writes.

A pattern that repeats what repeats, such as `^(\w+\s?)+$`, may take years for a text of one line.
The engine is `regex`: it reads what Python's `re` reads, gives up when its time is over, and lets
every other thread run meanwhile.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import regex

ONE = 0.025  # seconds for one pattern to look at one text
ALL = 0.1  # seconds for all patterns of a flow to look at one text
LEAST = 0.001  # seconds for each that comes when those are over

_log = logging.getLogger(__name__)

Match = regex.Match[str]


class Pattern:
    """A regular expression, in any case. One that is too slow for a text does not match it.

    Raise `ValueError` with the reason for an expression that cannot be read.
    """

    def __init__(self, expression: str) -> None:
        self.pattern = expression
        self._warned = False
        try:
            self._compiled = regex.compile(expression, regex.IGNORECASE)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        except regex.error as error:
            raise ValueError(str(error)) from None

    def fullmatch(self, text: str) -> Match | None:
        return self._look(self._compiled.fullmatch, text, ONE)

    def search(self, text: str, seconds: float = ONE) -> Match | None:
        return self._look(self._compiled.search, text, seconds)

    def _look(self, how: Callable[..., Match | None], text: str, seconds: float) -> Match | None:
        try:
            return how(text, timeout=seconds)
        except TimeoutError:
            self._warn_once(text)
            return None

    def _warn_once(self, text: str) -> None:
        """Warn once that it is too slow; what the user wrote must not be in a log."""
        if not self._warned:
            self._warned = True
            _log.warning(
                "The pattern /%s/ is too slow: its time was over before it had looked at all of"
                " %d characters. Write it without repeats inside of repeats.",
                self.pattern,
                len(text),
            )


class TimeBudget:
    """The time that is left for the patterns of a flow to look at one text."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._end = clock() + ALL

    @property
    def left(self) -> float:
        """Seconds for the next pattern."""
        return max(LEAST, min(ONE, self._end - self._clock()))
