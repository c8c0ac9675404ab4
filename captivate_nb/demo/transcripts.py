"""What a client is told that was said: all of it, but for the faults the server is to have.

A service keeps its transcripts behind its sockets, where they may lag. What is told here is made
anew each time; what the store has stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from .faults import Faults
from .state import Entry


def told(entries: Sequence[Entry], faults: Faults, now: float) -> list[Entry]:
    """Return what a transcript tells of these entries at `now`, in seconds since the epoch."""
    known = [entry for entry in entries if _is_known(entry, faults, now)]
    return known[-faults.last :] if faults.last else known


def _is_known(entry: Entry, faults: Faults, now: float) -> bool:
    wait = max(faults.stale, faults.store_late if entry.sender == "user" else 0)
    return not wait or now - entry.time >= wait
