"""Turns, one after another."""

from __future__ import annotations

import asyncio
import logging

import pytest

from captivate_nb.server.serial_queue import SerialQueue, Tasks


async def test_turns_wait_for_each_other():
    turns, order, gate, done = SerialQueue(Tasks()), [], asyncio.Event(), asyncio.Event()

    async def first():
        await gate.wait()
        order.append(1)

    async def second():
        order.append(2)
        done.set()

    turns.add(first)
    turns.add(second)
    gate.set()
    await asyncio.wait_for(done.wait(), 5)
    assert order == [1, 2]


async def test_a_turn_that_fails_is_told_and_the_next_one_comes(caplog: pytest.LogCaptureFixture):
    failed, done = [], asyncio.Event()
    turns = SerialQueue(Tasks(), lambda: failed.append(True))

    async def bad():
        raise ValueError("oh")

    async def good():
        done.set()

    with caplog.at_level(logging.ERROR):
        turns.add(bad)
        turns.add(good)
        await asyncio.wait_for(done.wait(), 5)
    assert failed == [True]
    assert "oh" in caplog.text


async def test_no_task_is_left_and_a_later_turn_runs():
    turns = SerialQueue(Tasks())
    for _ in range(2):
        done = asyncio.Event()

        async def turn(done: asyncio.Event = done):
            done.set()

        turns.add(turn)
        await asyncio.wait_for(done.wait(), 5)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancelled_task_does_not_block_what_comes_after():
    turns, started, done = SerialQueue(Tasks()), asyncio.Event(), asyncio.Event()

    async def endless():
        started.set()
        await asyncio.Event().wait()

    async def turn():
        done.set()

    turns.add(endless)
    await asyncio.wait_for(started.wait(), 5)
    (task,) = asyncio.all_tasks() - {asyncio.current_task()}
    task.cancel()
    await asyncio.wait([task])
    turns.add(turn)
    await asyncio.wait_for(done.wait(), 5)
