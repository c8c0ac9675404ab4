"""What the server serves by address: uploaded files, and messages too large for a socket."""

from __future__ import annotations

import secrets
from collections import OrderedDict

import msgspec

LARGEST_FILE = 10 << 20  # bytes
LARGEST_SHELF = 100 << 20  # bytes


class Stored(msgspec.Struct, frozen=True):
    """Bytes with a name and a MIME type."""

    name: str
    type: str
    body: bytes


class Keeper:
    """Where a shelf notes what it holds, so that another run can have it; this one keeps nothing."""

    def load_files(self) -> list[tuple[str, Stored]] | None:
        """Return all that is kept, with their ids, the oldest first; None for nothing ever."""
        return None

    def put_file(self, name: str, stored: Stored) -> None: ...

    def drop_file(self, name: str) -> None: ...


class Shelf:
    """Keeps bytes under ids that nobody can guess; the oldest go when there are too many."""

    def __init__(self, capacity: int = LARGEST_SHELF, keeper: Keeper | None = None) -> None:
        self._stored: OrderedDict[str, Stored] = OrderedDict()
        self._capacity = capacity
        self._keeper = keeper or Keeper()
        self._size = 0

    def load(self) -> None:
        """Hold what the keeper has."""
        kept = self._keeper.load_files()
        if kept is None:
            return
        self._stored = OrderedDict(kept)
        self._size = sum(len(stored.body) for stored in self._stored.values())

    def put(self, stored: Stored) -> str:
        """Keep it, and return its id."""
        name = secrets.token_urlsafe(16)
        self._stored[name] = stored
        self._size += len(stored.body)
        self._keeper.put_file(name, stored)
        while self._size > self._capacity and len(self._stored) > 1:
            oldest, dropped = self._stored.popitem(last=False)
            self._size -= len(dropped.body)
            self._keeper.drop_file(oldest)
        return name

    def get(self, name: str) -> Stored | None:
        return self._stored.get(name)
