"""What the server serves by address: uploaded files, and messages too large for a socket."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict

import msgspec

LARGEST_FILE = 10 << 20  # bytes
LARGEST_STORE = 100 << 20  # bytes


class StoredFile(msgspec.Struct, frozen=True):
    """Bytes with a name and a MIME type."""

    name: str
    type: str
    body: bytes


class FileJournal:
    """Where a `FileStore` writes its files, for another run to load; this one writes nothing."""

    def load_files(self) -> list[tuple[str, StoredFile]] | None:
        """Return all that is kept, with their ids, the oldest first; None for nothing ever."""
        return None

    def load_times(self) -> dict[str, float]:
        """Return by its id when each was put, in seconds since the epoch, or 0 if that is unknown."""
        return {}

    def put_file(self, name: str, stored: StoredFile) -> None: ...

    def drop_file(self, name: str) -> None: ...


class FileStore:
    """Keeps bytes under ids that nobody can guess; the oldest go when there are too many."""

    def __init__(self, capacity: int = LARGEST_STORE, journal: FileJournal | None = None) -> None:
        self._stored: OrderedDict[str, StoredFile] = OrderedDict()
        self._times: dict[str, float] = {}
        self._capacity = capacity
        self._journal = journal or FileJournal()
        self._size = 0  # bytes of all that is stored

    def load(self) -> None:
        """Load what the journal has."""
        kept = self._journal.load_files()
        if kept is None:
            return
        self._stored = OrderedDict(kept)
        times = self._journal.load_times()
        self._times = {name: times.get(name) or time.time() for name in self._stored}
        self._size = sum(len(stored.body) for stored in self._stored.values())

    def put(self, stored: StoredFile) -> str:
        """Keep it, and return its id."""
        name = secrets.token_urlsafe(16)
        self._stored[name] = stored
        self._times[name] = time.time()
        self._size += len(stored.body)
        self._journal.put_file(name, stored)
        while self._size > self._capacity and len(self._stored) > 1:
            self._drop(next(iter(self._stored)))
        return name

    def expire(self, before: float) -> None:
        """Forget what was put before a moment, in seconds since the epoch."""
        for name in [name for name, then in self._times.items() if then < before]:
            self._drop(name)

    def get(self, name: str) -> StoredFile | None:
        return self._stored.get(name)

    def _drop(self, name: str) -> None:
        self._size -= len(self._stored.pop(name).body)
        del self._times[name]
        self._journal.drop_file(name)
