"""Nothing lost, nothing twice, in order: the real client, the real server, a network with faults."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from support.storm import Storm, summary

FIRST = int(os.environ.get("CAPTIVATE_NB_SEED", "0"))
QUICK, AT_ONCE = 16, 6
LONG = int(os.environ.get("CAPTIVATE_NB_RUNS", "1000"))


async def weather(storm: Storm, caplog: pytest.LogCaptureFixture) -> None:
    """Play it, and look at both sides."""
    unseen: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    async with asyncio.timeout(100):
        agreed = await storm.play()
    assert list(storm.faults_found()) == [], storm.told
    assert agreed, f"{storm.told}\nhere  {storm.here}\nthere {storm.there}"
    assert unseen == [], storm.told
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == [], storm.told


@pytest.mark.parametrize("seed", range(FIRST, FIRST + QUICK))
async def test_both_sides_tell_the_same_after_any_weather(
    seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    await weather(Storm(seed, tmp_path), caplog)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + 2))
async def test_a_transcript_puts_in_order_what_came_out_of_it(
    seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """The wire numbers nothing: after a swap the order is known again with the next transcript."""
    await weather(Storm(seed, tmp_path, reorder=True), caplog)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_thousand_conversations_in_any_weather(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    gate, failed, storms = asyncio.Semaphore(AT_ONCE), [], []

    async def run(seed: int) -> None:
        async with gate:
            storm = Storm(seed, tmp_path, reorder=seed % 5 == 0)
            storms.append(storm)
            try:
                await weather(storm, caplog)
            except Exception as error:
                failed.append(f"{storm.told}: {type(error).__name__} {str(error)[:2000]}")

    await asyncio.gather(*(run(seed) for seed in range(FIRST, FIRST + LONG)))
    print(f"\n{summary(storms)}")
    assert not failed, "\n".join(failed)
