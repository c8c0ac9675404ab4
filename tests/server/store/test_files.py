"""What the server serves by address."""

from __future__ import annotations

import time

import pytest

from captivate_nb.server.store.files import Keeper, Shelf, Stored


def test_what_is_put_can_be_got():
    shelf = Shelf()
    stored = Stored("a.txt", "text/plain", b"x")
    name = shelf.put(stored)
    assert shelf.get(name) is stored
    assert shelf.get("a.txt") is None
    assert len(name) > 20


def test_the_oldest_go_when_there_are_too_many():
    shelf = Shelf(capacity=10)
    names = [shelf.put(Stored("", "", bytes(4))) for _ in range(4)]
    assert [shelf.get(name) is not None for name in names] == [False, False, True, True]


def test_one_that_is_larger_than_the_shelf_is_kept_alone():
    shelf = Shelf(capacity=10)
    small, large = shelf.put(Stored("", "", bytes(4))), shelf.put(Stored("", "", bytes(20)))
    assert shelf.get(small) is None
    assert shelf.get(large) is not None


def test_a_shelf_tells_its_keeper_and_holds_what_it_kept():
    class Noted(Keeper):
        def __init__(self):
            self.kept: list[tuple[str, Stored]] = []

        def load_files(self):
            return list(self.kept)

        def put_file(self, name, stored):
            self.kept.append((name, stored))

        def drop_file(self, name):
            self.kept = [one for one in self.kept if one[0] != name]

    keeper = Noted()
    shelf = Shelf(10, keeper)
    first, second = (shelf.put(Stored("", "", bytes(4))) for _ in range(2))
    again = Shelf(10, keeper)
    again.load()
    assert again.get(second) == Stored("", "", bytes(4))
    third = again.put(Stored("", "", bytes(4)))
    assert (again.get(first), [name for name, _ in keeper.kept]) == (None, [second, third])


def test_without_a_keeper_nothing_is_loaded_and_nothing_lost():
    shelf = Shelf()
    name = shelf.put(Stored("", "", b"x"))
    shelf.load()
    assert shelf.get(name) is not None


def test_what_is_too_old_goes(monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    shelf = Shelf()
    old = shelf.put(Stored("", "", b"x"))
    now = 2000.0
    new = shelf.put(Stored("", "", b"x"))
    shelf.expire(1000.0)
    assert shelf.get(old) is not None
    shelf.expire(1000.5)
    assert shelf.get(old) is None
    assert shelf.get(new) is not None
