"""Calls: awaited like any coroutine, and shown instead they say what to write."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys

import pytest

import captivate_nb as cn
from captivate_nb.client.calls import Call, says_await
from support.shells import Shell


@says_await("thing")
async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


@says_await("thing")
async def fail() -> None:
    raise LookupError("x")


async def test_it_is_awaited_like_any_coroutine():
    assert await double(1) == 2
    assert await asyncio.create_task(double(2)) == 4
    assert await asyncio.gather(double(3), double(4)) == [6, 8]
    assert await asyncio.wait_for(double(5), 5) == 10
    assert await asyncio.to_thread(lambda: asyncio.run(double(6))) == 12
    with pytest.raises(LookupError):
        await fail()
    module = inspect if sys.version_info >= (3, 12) else asyncio
    assert module.iscoroutinefunction(double)
    with pytest.raises(TypeError, match="double"):
        double()


async def test_cancelling_reaches_it():
    waiting = asyncio.Event()

    @says_await("thing")
    async def wait() -> None:
        try:
            await waiting.wait()
        finally:
            ended.append(True)

    ended: list[bool] = []
    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    assert "wait" in repr(task)
    assert task.get_stack()[0].f_code.co_name == "wait"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_shown_it_says_what_to_write_and_can_still_be_awaited():
    call = double(21)
    assert repr(call) == (
        "<thing.double(...) has not run: write `await thing.double(...)`, or where you cannot"
        " await, `captivate_nb.run(thing.double(...))`>"
    )
    assert await call == 42
    assert repr(call) == "<thing.double(...), begun>"
    shown = fail()
    assert "`await thing.fail()`" in repr(shown)
    del shown
    gc.collect()  # where a coroutine that was never awaited would say so once more


def test_dropped_unseen_it_warns_as_any_coroutine():
    with pytest.warns(RuntimeWarning, match="double.* was never awaited"):
        double(1)


async def test_every_public_call_of_a_session_says_it():
    async with await cn.demo() as session:
        calls = {
            name: method
            for name, method in inspect.getmembers(type(session), callable)
            if inspect.iscoroutinefunction(inspect.unwrap(method)) and not name.startswith("_")
        }
        assert {"say", "click", "restart", "conversations", "delete", "close"} <= calls.keys()
        for name, method in calls.items():
            required = [
                parameter
                for parameter in inspect.signature(method).parameters.values()
                if parameter.default is parameter.empty and parameter.name != "self"
            ]
            call = method(session, *required)
            assert isinstance(call, Call)
            assert repr(call).startswith(f"<session.{name}(")


async def test_in_a_cell(ipython: Shell, capsys: pytest.CaptureFixture[str]):
    await ipython.run("import captivate_nb as cn\nsession = await cn.demo()")
    await ipython.run("session.say('hi')")
    assert "write `await session.say(...)`" in capsys.readouterr().out
    await ipython.run("cn.demo()")
    assert "write `await captivate_nb.demo(...)`" in capsys.readouterr().out
    session = ipython.names["session"]
    assert not session.transcript.where(sender="user")
    await session.close()
