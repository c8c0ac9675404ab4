"""Bots that fail: the chat goes on, the designer is told why, and nothing else is harmed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.server.bots.function import AHEAD
from captivate_nb.server.bots.prints import KEPT
from captivate_nb.server.bots.program import FAILED
from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from support.bare import connect
from support.bots import Json, chatting
from support.until import until


class Unsayable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


def inner() -> None:
    raise ValueError("the till is empty")


def failing(request: Json) -> Any:
    print("looking for", request["user_input"])
    match request["user_input"]:
        case "raise":
            inner()
        case "exit":
            raise SystemExit(3)
        case "unsayable":
            raise Unsayable
        case "object":
            return object()
        case "deep":
            return failing({**request})
        case "other":
            return {"session_id": "somebody else's", "response": ["Hi"]}
        case "loud":
            print("x" * 10_000_000)
        case "large":
            return "y" * 10_000_000
    return "fine"


async def told(session: cn.Session, text: str) -> cn.Problem:
    count = len(session.errors)
    reply = await session.say(text)
    assert reply.text == FAILED
    await until(lambda: len(session.errors) > count)
    return session.errors[-1]


async def test_what_it_raises_is_told_with_its_own_frames():
    async with chatting(failing) as session:
        problem = await told(session, "raise")
        assert problem.message.startswith("The bot raised ValueError: the till is empty (")
        assert "test_failures.py, line" in problem.message
        assert "in inner" in problem.detail
        assert "in failing" in problem.detail
        assert "captivate_nb/server" not in problem.detail
        assert '"user_input": "raise"' in problem.detail
        assert "looking for raise" in problem.detail
        assert problem.turn == session.server.turns[-1].n
        assert "the till is empty" not in "".join(record.frame for record in session.events)
        assert (await session.say("go on")).text == "fine"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("exit", "SystemExit: 3"),
        ("unsayable", "Unsayable"),
        ("object", "an object of type object"),
        ("deep", "RecursionError"),
        ("other", "somebody else's"),
    ],
)
async def test_whatever_it_does_the_chat_goes_on(said: str, why: str):
    async def late(request: Json) -> Any:
        return failing(request)

    for bot in (failing, late):
        async with chatting(bot) as session:
            problem = await told(session, said)
            assert why in problem.message
            assert len(problem.message) <= 1000
            assert (await session.say("go on")).text == "fine"


async def test_ten_megabytes_printed_are_counted_and_answered_are_there():
    async with chatting(failing) as session:
        assert (await session.say("loud")).text == "fine"
        printed = session.server.turns[-1].printed
        assert KEPT <= len(printed) <= KEPT + 100
        assert printed.endswith("more characters")
        reply = await session.say("large", timeout=30)
        assert len(reply[0].content[0].text) == 10_000_000
        assert (await session.say("go on")).text == "fine"


async def test_an_answer_too_large_for_the_conversation_is_refused():
    limits = Limits(transcript=100_000, metadata=1000)

    def answer(request: Json) -> Any:
        if request["user_input"] == "text":
            return "z" * 200_000
        custom = {"k": "v" * 2000}
        return {"metadata": {"internal": {"channelMetadata": {"custom": custom}}}}

    with EmbeddedServer(bot=answer, limits=limits) as server:
        async with connect(server) as client:
            await client.start()
            assert await client.told("text") == [FAILED]
            assert await client.told("metadata") == [FAILED]
            shown = await client.ask("metadata_request", "conversation_metadata")
        errors = [turn.error for turn in server.turns]
    assert "at most 100,000 fit" in errors[0]
    assert "at most 1,000 fit" in errors[1]
    assert shown.get("metadata", {}) == {}


async def test_one_that_never_stops_yielding_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.server.bots.program.MOST_ANSWERS", 30)
    yielded: list[str] = []

    def chatter(request: Json) -> Iterator[str]:
        while True:
            yielded.append("and")
            yield "and"

    with EmbeddedServer(bot=chatter) as server:
        async with connect(server) as client:
            await client.start()
            await client.say("go")
            await until(lambda: server.turns)
            assert "has answered 30 times" in server.turns[0].error
        await until(lambda: "captivate_nb bot" not in {t.name for t in threading.enumerate()})
    assert len(yielded) <= 30 + AHEAD + 2


@pytest.mark.parametrize("kind", ["thread", "busy thread", "task"])
async def test_one_that_takes_too_long_is_given_up(kind: str):
    release = threading.Event()
    ended: list[str] = []

    def blocking(request: Json) -> str:
        try:
            while request["user_input"] == "block" and not release.is_set():
                if kind == "thread":
                    release.wait(0.05)
        finally:
            ended.append(kind)
        return "fine"

    async def waiting(request: Json) -> str:
        try:
            if request["user_input"] == "block":
                await asyncio.Event().wait()
        finally:
            ended.append(kind)
        return "fine"

    async with chatting(waiting if kind == "task" else blocking, bot_timeout=0.3) as session:
        ended.clear()
        problem = await told(session, "block")
        assert "has not answered within 0.3 s" in problem.message
        await until(lambda: ended == [kind])
        assert (await session.say("go on")).text == "fine"
        release.set()


async def test_closing_cancels_what_it_does():
    begun = threading.Event()
    ended: list[str] = []

    def plain(request: Json) -> str:
        begun.set()
        try:
            while True:
                time.sleep(0.01)
        finally:
            ended.append("plain")

    async def waiting(request: Json) -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waiting")
        return ""

    for bot in (plain, waiting):
        begun.clear()
        async with chatting(bot, greet="user") as session:
            await session.say("go", wait=False)
            await until(begun.is_set)
    assert ended == ["plain", "waiting"]


async def test_it_may_call_run_itself():
    async def nested() -> str:
        await asyncio.sleep(0.01)
        return "from within"

    def plain(request: Json) -> str:
        return cn.run(nested())

    async def waiting(request: Json) -> str:
        return cn.run(nested())

    for bot in (plain, waiting):
        async with chatting(bot) as session:
            assert (await session.say("hi")).text == "from within"


async def test_a_turn_is_sent_again_to_the_bot_as_it_is_now():
    broken = True

    def answer(request: Json) -> str:
        if broken and request["user_input"] == "pay":
            raise KeyError("price")
        return f"took {request['user_input']}"

    async with chatting(answer) as session:
        problem = await told(session, "pay")
        broken = False
        session.server.send_again(problem.turn)
        await until(lambda: session.transcript[-1].text == "took pay")
        assert [message.text for message in session.transcript if message.sender == "user"] == [
            "pay"
        ]
        with pytest.raises(cn.CaptivateError, match="Turn 99 of the bot is not kept"):
            session.server.send_again(99)
        session.server.agent.take_over()
        await session.act("escalateToHuman")
        await until(lambda: session.server.agent.queue)
        with pytest.raises(cn.CaptivateError, match="live agent"):
            session.server.send_again(problem.turn)
        old = session.conversation_id
        await session.delete()
        with pytest.raises(cn.CaptivateError, match="was deleted"):
            session.server.send_again(problem.turn)
        assert old


async def test_what_cannot_be_read_of_an_answer_is_told():
    async with chatting(lambda request: ["Hi", {"type": "text"}]) as session:
        await until(lambda: session.errors)
        assert session.errors[-1].message.startswith("Part of the bot's answer was skipped: item 2")
