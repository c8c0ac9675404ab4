"""A live session: nothing is kept silent, and every wait ends."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import msgspec
import pytest

import captivate_nb as cn
from captivate_nb import errands as errand
from captivate_nb.client.intake import SHORTENED
from captivate_nb.errors import (
    ServerError,
    SessionClosed,
    UsageError,
)
from support.live import KEY, SOON, breaks_when_spoken_to, shown, transcript
from support.rogue import Socket, bot, frame, rogue, until


async def test_errors_are_one_bounded_line_each_and_not_without_number():
    async def floods(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        told = {"error_code": "5\n0", "error_desc": "a\n\x1b[31mb\u202e" + "x" * 100_000}
        await socket.send(frame("general_error", told))
        for _ in range(1200):
            await socket.send("[1] [2]")
        await socket.send(bot("that was all"))

    async with rogue(floods) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
        with pytest.raises(ServerError) as raised:
            await session.say("hi")
        assert len(str(raised.value)) < 1000
        assert str(raised.value).isprintable()
        await until(lambda: session.transcript[-1].text == "that was all")
        assert len(session.errors) <= 1000
        assert all(str(problem).isprintable() for problem in session.errors)


async def test_what_waits_when_the_key_is_refused_for_good_stays_in_the_outbox():
    async def refuses(socket: Socket) -> None:
        await socket.websocket.close(1008, "the key is gone")

    async with (
        rogue(breaks_when_spoken_to, refuses) as server,
        await cn.connect(
            server.url, KEY, timeouts=msgspec.structs.replace(SOON, refused=0.2)
        ) as session,
    ):
        await session.say("sent", wait=False)
        await until(lambda: session.status == "reconnecting")
        with pytest.raises(SessionClosed, match="the key is gone"):
            await session.say("waiting")
        assert [(m.text, m.delivery) for m in session.outbox] == [
            ("sent", "unknown"),
            ("waiting", "failed"),
        ]
        assert session.status == "closed"


async def test_closing_ends_every_wait():
    async with rogue(Socket.greet) as server:
        session = await cn.connect(server.url, KEY, timeouts=SOON)
        waits: list[Any] = [
            asyncio.create_task(session.say("hello")),
            asyncio.create_task(session.fetch_metadata()),
        ]
        await until(lambda: session.events.where(type="metadata_request"))
        await session.close()
        for wait in waits:
            with pytest.raises(SessionClosed):
                await wait


async def test_a_message_that_waits_when_the_session_closes_says_so():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async with rogue(breaks, lambda socket: socket.websocket.wait_closed()) as server:
        session = await cn.connect(server.url, KEY, timeouts=SOON)
        await until(lambda: session.status == "reconnecting")
        saying = asyncio.create_task(session.say("hello"))
        await until(lambda: session.outbox)
        await session.close()
        with pytest.raises((SessionClosed, asyncio.CancelledError)):
            await saying


async def test_the_status_is_observed_all_along():
    seen: list[str] = []

    async def answers(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello"), ("user", "x")))

    async with rogue(breaks_when_spoken_to, answers) as server:
        session = await cn.connect(server.url, KEY, timeouts=SOON)
        session.observe(lambda change: seen.append(change["new"]), "status")
        await session.say("x", wait=False)
        await until(lambda: seen == ["reconnecting", "open"])
        await session.close()
        assert seen == ["reconnecting", "open", "closed"]


async def test_a_busy_loop_loses_nothing():
    """What a blocked kernel is: nothing runs while the other side talks and hangs up."""
    import time

    async def talks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(*[bot(f"line {n}") for n in range(50)])
        await socket.drop()

    lines = [("bot", f"line {n}") for n in range(50)]

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello"), ("user", "go"), *lines, ("bot", "last")))

    async with (
        rogue(talks, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("go", wait=False)
        time.sleep(0.3)  # noqa: ASYNC251  # the blocking is what is tested
        await until(lambda: shown(session)[-1] == ("bot", "last"))
        assert shown(session) == [("bot", "Hello"), ("user", "go"), *lines, ("bot", "last")]


async def test_what_a_callback_blocks_on_says_at_once_why_it_cannot():
    async with await cn.demo() as session:
        session.on("bot_message", lambda _: cn.run(session.say("and?", timeout=1)))
        session.observe(lambda _: cn.run(session.fetch_metadata()), "choices")
        await session.click("Leave Contact Details")
        for name in ("bot_message", "choices"):
            start = f"A callback for {name} raised UsageError: A callback for {name} waits here"
            await until(
                lambda start=start: any(str(line).startswith(start) for line in session.errors)
            )
        assert [m.text for m in session.transcript.where(sender="user")] == [
            "Leave Contact Details"
        ]


async def test_another_sessions_calls_may_be_waited_for_in_a_callback():
    async with await cn.demo() as session, await cn.demo() as other:
        session.on("bot_message", lambda _: cn.run(other.say("told")))
        await session.click("Leave Contact Details")
        assert not session.errors
        assert other.transcript.where(sender="user")[0].text == "told"


async def test_a_loop_that_is_blocked_is_told_of_in_another_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(errand, "STANDSTILL", 0.5)
    told: list[str] = []

    async def say() -> None:
        with pytest.raises(cn.CaptivateError) as caught:
            await session.say("hello")
        told.append(str(caught.value))

    async with await cn.demo() as session:
        thread = threading.Thread(target=lambda: asyncio.run(say()), daemon=True)
        thread.start()
        thread.join(20)
        assert "stood still for 0.5 s" in told[0]
        await session.say("x")
        assert [m.text for m in session.transcript.where(sender="user")] == ["x"]


async def test_a_callback_for_no_event_is_warned_of_where_it_is_given():
    async with await cn.demo() as session:
        with pytest.warns(UserWarning, match="Did you mean “bot_message”") as warned:
            session.on("bot_mesage", print)
        assert warned[0].filename == __file__


async def test_a_log_that_grows_large_is_shortened_and_says_so_once():
    async with await cn.demo("everything") as session:
        session.events._limit = 20_000
        for number in range(4):
            await session.say(f"{number} " + "long " * 3000)
        assert session.events.shortened >= 3
        assert sum(len(record.frame) for record in session.events) < 40_000
        said = [each for each in session.errors if "beginnings" in str(each)]
        assert [str(each) for each in said] == [SHORTENED]
        assert len(session.transcript.where(sender="user")[0].text) > 15_000
        assert len(session.at(len(session.events) - 1).transcript) == len(session.transcript)
        with pytest.raises(UsageError, match="is not kept whole"):
            await session.branch(len(session.events) - 1)
