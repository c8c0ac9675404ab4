"""Errands: a coroutine on another thread's loop, and a loop that stands still."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from captivate_nb import errands as room
from captivate_nb.errands import Errand
from captivate_nb.errors import UsageError


class Looped:
    """A loop of another thread; while `standstill` is entered it does nothing."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    @contextmanager
    def standstill(self) -> Iterator[None]:
        over = threading.Event()
        self.loop.call_soon_threadsafe(over.wait, 20)
        try:
            yield
        finally:
            over.set()

    def go_on(self) -> None:
        """Return when it has done what it had to do before."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop).result(10)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def other() -> Iterator[Looped]:
    looped = Looped()
    yield looped
    looped.close()


async def answer() -> int:
    return 42


def wait(errand: Errand[int]) -> int:
    """As everybody waits, but with no time between looks."""
    while not errand.future.done():
        errand.check()
    return errand.future.result()


def test_it_runs_there_and_its_result_comes_here(other: Looped):
    async def where() -> int:
        return threading.get_ident()

    errand = Errand(where(), other.loop)
    assert errand.future.result(10) == other._thread.ident
    assert errand not in Errand.under_way


def test_a_loop_that_stands_still_is_told_of(other: Looped):
    with other.standstill():
        errand = Errand(answer(), other.loop)
        with pytest.raises(UsageError, match="stood still for 5 s.*await asyncio.to_thread"):
            wait(errand)
    assert errand.future.result(10) == 42


def test_a_loop_that_turns_is_waited_for(other: Looped, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "STANDSTILL", room.POLL)
    hurry = asyncio.Event()

    async def long() -> int:
        await hurry.wait()
        return 42

    errand = Errand(long(), other.loop)
    for _ in range(3):
        errand.check()
        other.go_on()
    other.loop.call_soon_threadsafe(hurry.set)
    assert errand.future.result(10) == 42


def test_what_has_not_begun_when_it_is_dropped_never_does(other: Looped):
    begun: list[bool] = []

    async def begin() -> None:
        begun.append(True)

    with other.standstill():
        errand = Errand(begin(), other.loop)
        errand.drop()
    other.go_on()
    assert begun == []
    assert errand.future.cancelled()


def test_the_thread_that_stands_still_is_nudged(other: Looped, monkeypatch: pytest.MonkeyPatch):
    nudges: list[bool] = []
    monkeypatch.setattr(Errand, "nudge", lambda: nudges.append(True))
    with other.standstill():
        errand = Errand(answer(), other.loop)
        for _ in range(4):
            errand.check()
        assert not nudges
        errand.check()
        assert nudges
    assert errand.future.result(10) == 42
