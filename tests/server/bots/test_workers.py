"""Where a bot's Python runs, and how it is ended."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from captivate_nb.server.bots import workers as module
from captivate_nb.server.bots.failures import BotFailed
from captivate_nb.server.bots.workers import Workers
from support.until import until


async def test_there_are_at_most_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST", 2)
    workers, release = Workers(), threading.Event()
    for _ in range(2):
        workers.in_thread(lambda: release.wait(10) and None)
    with pytest.raises(BotFailed, match="2 turns of the bot run already"):
        workers.in_thread(lambda: None)
    release.set()
    await workers.ended()
    workers.in_thread(lambda: None)
    await workers.ended()


async def test_a_thread_that_sleeps_in_c_is_left_behind_and_ends_by_itself(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "END", 0.01)
    workers, release = Workers(), threading.Event()
    after: list[str] = []

    def blocking() -> None:
        release.wait(10)
        after.append("went on")

    workers.in_thread(blocking)
    workers.stop()
    await workers.ended()
    workers.join()
    release.set()
    await until(lambda: "captivate_nb bot" not in {each.name for each in threading.enumerate()})
    assert after == []


async def test_a_task_that_is_stopped_before_it_begins_does_not():
    workers = Workers(asyncio.get_running_loop())
    begun: list[str] = []

    async def work() -> None:
        begun.append("begun")

    workers.as_task(work)()
    await workers.ended()
    assert begun == []


async def test_a_loop_that_has_ended_is_told():
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(BotFailed, match="has ended"):
        Workers(loop).as_task(lambda: asyncio.sleep(0))


async def test_stopping_where_the_loop_has_ended_meanwhile():
    loop = asyncio.new_event_loop()
    workers = Workers(loop)

    async def never() -> None:
        await asyncio.Event().wait()

    def made() -> Any:
        return never()

    stop = workers.as_task(made)
    loop.close()
    stop()
    await workers.ended()


async def test_where_there_are_no_threads_it_runs_on_the_loop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "IN_BROWSER", True)
    done = asyncio.Event()
    stop = Workers().in_thread(done.set)
    await asyncio.wait_for(done.wait(), 5)
    stop()
