"""Callbacks: whatever one raises is told, and the session goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

import captivate_nb as cn
from support.rogue import Socket, bot, buttons, rogue, until

KEY = "a-long-test-key"


class Odd(BaseException):
    """No `Exception`, and it cannot even say what it is."""

    def __str__(self) -> str:
        raise KeyError(self)


KINDS = [
    *(asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit, StopIteration),
    *(StopAsyncIteration, BaseException, Odd, RecursionError),
]


async def answers(socket: Socket) -> None:
    await socket.greet()
    while True:
        payload = await socket.receive("user_message")
        text = payload["content"]["text"]
        await socket.send(bot(buttons(f"to {text}", text)))


def raising(kind: type[BaseException]) -> Callable[[Any], Any]:
    def callback(_: Any) -> None:
        raise kind

    return callback


def raising_later(kind: type[BaseException]) -> Callable[[Any], Any]:
    async def callback(_: Any) -> None:
        await asyncio.sleep(0)
        raise kind

    return callback


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["called", "awaited", "observed"])
async def test_a_callback_that_raises_anything_is_told_and_the_session_goes_on(
    kind: type[BaseException], how: str
):
    async with rogue(answers) as server, await cn.connect(server.url, KEY) as session:
        told: list[str] = []
        session.on("error", lambda problem: told.append(str(problem)))
        if how == "observed":
            session.observe(raising(kind), "choices")
        else:
            session.on("bot_message", {"called": raising, "awaited": raising_later}[how](kind))

        assert (await session.say("one")).text == "to one\none"
        await until(lambda: told)
        assert (await session.say("two")).text == "to two\ntwo"

        assert session.status == "open"
        assert len(server.sockets) == 1
        name = "choices" if how == "observed" else "bot_message"
        raised = RuntimeError if (how, kind) == ("awaited", StopIteration) else kind
        assert told[0].startswith(f"A callback for {name} raised {raised.__name__}")
        assert told == [str(problem) for problem in session.errors]


async def test_of_frames_that_come_together_the_state_is_told_once_and_read_at_once():
    async with rogue(answers) as server, await cn.connect(server.url, KEY) as session:
        told: list[tuple[list[str], list[str]]] = []
        read: list[list[str]] = []
        session.observe(lambda c: told.append((c.old.labels, c.new.labels)), "choices")
        session.on("bot_message", lambda _: read.append(session.choices.labels))

        receive = session._parts._receiver.receive
        for label in ("one", "two", "three"):
            await receive(bot(buttons("Well?", label)))

        assert read == [["one"], ["two"], ["three"]]
        assert told == []
        await until(lambda: told)
        assert told == [([], ["three"])]
        assert session.choices.labels == ["three"]


async def test_an_error_callback_that_raises_anything_does_not_end_it():
    async with rogue(answers) as server, await cn.connect(server.url, KEY) as session:
        session.on("error", raising(asyncio.CancelledError))
        session.on("bot_message", raising(GeneratorExit))
        assert (await session.say("one")).text == "to one\none"
        assert [str(problem) for problem in session.errors] == [
            "A callback for bot_message raised GeneratorExit",
            "A callback for error raised CancelledError",
        ]
        assert (await session.say("two")).text == "to two\ntwo"
        assert len(server.sockets) == 1


async def test_a_callback_that_is_under_way_when_the_session_ends_is_no_error():
    begun = asyncio.Event()

    async def endless(_: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with rogue(answers) as server, await cn.connect(server.url, KEY) as session:
        session.on("bot_message", endless)
        await session.say("one")
        await begun.wait()
    assert session.errors == []


def test_ctrl_c_in_a_callback_interrupts_what_waits_and_not_the_session():
    """As at a prompt without a kernel, where Python raises it in whatever runs."""
    loop = asyncio.new_event_loop()

    async def play() -> None:
        async with rogue(answers) as server, await cn.connect(server.url, KEY) as session:
            stop = session.on("bot_message", lambda _: os.kill(os.getpid(), signal.SIGINT))
            task = loop.create_task(session.say("one"))
            sessions.append((server, session, stop, task))
            await done.wait()

    sessions: list[Any] = []
    done = asyncio.Event()
    playing = loop.create_task(play())
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(playing)
    [(server, session, stop, task)] = sessions
    stop()
    assert loop.run_until_complete(task).text == "to one\none"
    assert loop.run_until_complete(session.say("two")).text == "to two\ntwo"
    assert len(server.sockets) == 1
    done.set()
    loop.run_until_complete(playing)
    loop.close()


def test_interrupting_a_wait_in_a_callback_interrupts_the_cell_that_waits_around_it():
    async def play() -> None:
        async with rogue(answers) as server, await cn.connect(server.url, KEY) as session:
            loop = asyncio.get_running_loop()

            def waits(_: Any) -> None:
                loop.call_soon(os.kill, os.getpid(), signal.SIGINT)
                cn.run(asyncio.sleep(30))

            stop = session.on("bot_message", waits)
            with pytest.raises(KeyboardInterrupt):
                cn.run(session.say("one"))
            stop()
            assert "KeyboardInterrupt" in str(session.errors[0])
            assert (await session.say("two")).text == "to two\ntwo"
            assert len(server.sockets) == 1

    asyncio.run(play())
