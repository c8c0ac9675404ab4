"""Flying: time that flies, in the judge of delivery."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from support.flying import Flying, until


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> Flying:
    return Flying(asyncio.get_running_loop(), monkeypatch)


async def test_an_hour_passes_in_a_moment_and_in_order():
    passed: list[str] = []
    before, wall = time.monotonic(), time.time()

    async def wait(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        passed.append(name)

    await asyncio.gather(wait(3600, "an hour"), wait(1, "a second"), wait(60, "a minute"))

    assert passed == ["a second", "a minute", "an hour"]
    assert time.monotonic() - before >= 3600
    assert time.time() - wall >= 3600


async def test_no_time_flies_while_a_thread_works(clock: Flying):
    async with asyncio.timeout(3600):
        await asyncio.to_thread(threading.Event().wait, 0.05)

    assert clock.ahead == 0


async def test_waiting_for_a_condition_has_a_bound():
    with pytest.raises(TimeoutError):
        await until(lambda: False, 60)
