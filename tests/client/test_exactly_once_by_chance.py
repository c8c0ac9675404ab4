"""Exactly once with servers that chance has made odd: the long run of what is told elsewhere.

`CAPTIVATE_NB_SEED` is the first seed: a run that failed in the soak is the first of the quick ones
with its own. `CAPTIVATE_NB_RUNS` is how many runs the soak has.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

import pytest

from support.flying import Flying
from support.odd_run import Run, summary

FIRST = int(os.environ.get("CAPTIVATE_NB_SEED", "0"))
QUICK, AT_ONCE = 16, 16
LONG = int(os.environ.get("CAPTIVATE_NB_RUNS", "1000"))


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> Flying:
    return Flying(asyncio.get_running_loop(), monkeypatch)


async def play(seed: int) -> Run:
    """Play a run; what it raises is one of its faults."""
    run = Run(seed)
    try:
        async with asyncio.timeout(3600):
            await run.play()
    except Exception as error:
        run.faults.append(f"{type(error).__name__}: {error}")
    return run


def told(run: Run) -> str:
    """Say what run it was and what was wrong, the first of it."""
    return "\n  ".join([run.told, *run.faults[:12]])


@pytest.mark.parametrize("seed", range(FIRST, FIRST + QUICK))
async def test_nothing_twice_nothing_lost_with_an_odd_server(
    seed: int, caplog: pytest.LogCaptureFixture
):
    unseen: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    run = await play(seed)

    assert not run.faults, told(run)
    assert unseen == [], run.told
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == [], run.told


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_thousand_conversations_with_odd_servers(capsys: pytest.CaptureFixture[str]):
    gate, runs = asyncio.Semaphore(AT_ONCE), []

    async def one(seed: int) -> None:
        async with gate:
            runs.append(await play(seed))

    await asyncio.gather(*(one(seed) for seed in range(FIRST, FIRST + LONG)))
    with capsys.disabled():
        print(f"\n{summary(runs)}")
    failed = sorted(told(run) for run in runs if run.faults)
    assert not failed, "\n".join(failed)
