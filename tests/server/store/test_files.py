"""What the server serves by address."""

from __future__ import annotations

import time

import pytest

from captivate_nb.server.store.files import FileJournal, FileStore, StoredFile


def test_what_is_put_can_be_got():
    files = FileStore()
    stored = StoredFile("a.txt", "text/plain", b"x")
    name = files.put(stored)
    assert files.get(name) is stored
    assert files.get("a.txt") is None
    assert len(name) > 20


def test_the_oldest_go_when_there_are_too_many():
    files = FileStore(capacity=10)
    names = [files.put(StoredFile("", "", bytes(4))) for _ in range(4)]
    assert [files.get(name) is not None for name in names] == [False, False, True, True]


def test_one_that_is_larger_than_the_shelf_is_kept_alone():
    files = FileStore(capacity=10)
    small, large = files.put(StoredFile("", "", bytes(4))), files.put(StoredFile("", "", bytes(20)))
    assert files.get(small) is None
    assert files.get(large) is not None


def test_a_store_writes_to_its_journal_and_loads_what_that_kept():
    class Noted(FileJournal):
        def __init__(self):
            self.kept: list[tuple[str, StoredFile]] = []

        def load_files(self):
            return list(self.kept)

        def put_file(self, name, stored):
            self.kept.append((name, stored))

        def drop_file(self, name):
            self.kept = [one for one in self.kept if one[0] != name]

    journal = Noted()
    files = FileStore(10, journal)
    first, second = (files.put(StoredFile("", "", bytes(4))) for _ in range(2))
    again = FileStore(10, journal)
    again.load()
    assert again.get(second) == StoredFile("", "", bytes(4))
    third = again.put(StoredFile("", "", bytes(4)))
    assert (again.get(first), [name for name, _ in journal.kept]) == (None, [second, third])


def test_without_a_journal_nothing_is_loaded_and_nothing_lost():
    files = FileStore()
    name = files.put(StoredFile("", "", b"x"))
    files.load()
    assert files.get(name) is not None


def test_what_is_too_old_goes(monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    files = FileStore()
    old = files.put(StoredFile("", "", b"x"))
    now = 2000.0
    new = files.put(StoredFile("", "", b"x"))
    files.expire(1000.0)
    assert files.get(old) is not None
    files.expire(1000.5)
    assert files.get(old) is None
    assert files.get(new) is not None
