"""The time of day, as long as a session lasts: it never goes back."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Tells seconds since the epoch that never decrease, whatever is done to the system's clock.

    When the system's clock goes ahead, as after a sleep of the machine, so does this one.
    """

    def __init__(
        self,
        wall: Callable[[], float] | None = None,
        steady: Callable[[], float] | None = None,
    ) -> None:
        self._wall = wall or time.time
        self._steady = steady or time.monotonic
        self._told = self._wall()  # seconds; the newest time told
        self._then = self._steady()  # what the steady clock showed then

    def now(self) -> float:
        """Return the time."""
        then, self._then = self._then, self._steady()
        self._told = max(self._wall(), self._told + (self._then - then))
        return self._told
