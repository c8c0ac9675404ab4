"""What a session tells while there is no connection, and what can be done then."""

from __future__ import annotations

import asyncio

import pytest

import captivate_nb as cn
from captivate_nb.client.connection import BROKE
from captivate_nb.conversation.problems import CONNECTION
from captivate_nb.errors import ReplyTimeout, RequestTimeout, SessionClosed, UsageError
from support.rogue import Socket, bot, frame, rogue, until

KEY = "a-long-test-key"


LATER = cn.Timeouts(reconnect_first=3600, answer=1)
"""No attempt to reconnect is due while a test runs."""


async def breaks(socket: Socket) -> None:
    await socket.greet()
    await socket.receive("user_message")
    await socket.drop()


async def refuses(socket: Socket) -> None:
    await socket.websocket.close(1008, "Forbidden")


async def comes_back(socket: Socket) -> None:
    await socket.connect()
    told = {"conversation_id": "c-1", "messages": []}
    while True:
        await socket.receive()
        if socket.rogue.received[-1]["event_type"] == "conversation_transcript_request":
            await socket.send(frame("conversation_transcript", told))


async def answers(socket: Socket) -> None:
    await socket.greet()
    while True:
        said = await socket.receive("user_message")
        await socket.send(bot(f"to {said['content']['text']}"))


async def test_why_reconnecting_fails_is_told_once_and_until_it_works():
    async with rogue(breaks, refuses, refuses, comes_back) as server:
        session = await cn.connect(server.url, KEY, timeouts=LATER)
        told: list[str] = []
        session.observe(lambda change: told.append(change["new"]), "reconnect_error")
        await session.say("hello", wait=False)
        await until(lambda: session.status == "reconnecting")
        for attempt in (1, 2):
            await session.reconnect_now()
            await until(lambda attempt=attempt: len(server.sockets) == 1 + attempt)
            await until(lambda: session.reconnect_error)
        why = session.reconnect_error
        assert "closed the connection (1008 Forbidden)" in why
        listed = [str(problem) for problem in session.errors]
        assert listed.count(f"Reconnecting failed and is tried again: {why}") == 1
        with pytest.raises(ReplyTimeout, match="No connection .* goes out when .*1008"):
            await session.say("meanwhile", timeout=0.05)
        with pytest.raises(RequestTimeout) as caught:
            await session.restart()
        assert str(caught.value).startswith("There is no connection, so conversation_start was not")
        assert why in str(caught.value)
        await session.reconnect_now()
        await until(lambda: not session.reconnect_error)
        assert told == [why, ""]
        await session.close()
        with pytest.raises(SessionClosed):
            await session.reconnect_now()


async def test_what_is_not_decided_about_says_why():
    async with (
        rogue(breaks) as server,
        await cn.connect(server.url, KEY, timeouts=LATER) as session,
    ):
        await session.say("first", wait=False)
        await until(lambda: session.status == "reconnecting")
        waiting = asyncio.create_task(session.say("second " * 20))
        await until(lambda: len(session.outbox) == 2)
        checked, queued = session.outbox
        for message, why in (
            (checked, r"“first” is being checked, and is sent again by itself if it did not"),
            (queued, r"“second second [^”]*…” waits to be sent for the first time, and goes"),
            (session.transcript[0], r"“Hello” is no message that was sent in this conversation"),
        ):
            for decide in (session.send_again, session.mark_arrived):
                with pytest.raises(UsageError, match=f"^{why}") as caught:
                    await decide(message)
                assert str(caught.value).endswith("to be decided about: nothing now.")
        waiting.cancel()


async def test_what_has_arrived_needs_no_decision():
    async with rogue(answers) as server, await cn.connect(server.url, KEY) as session:
        await session.say("hello")
        mine = session.transcript.where(sender="user")[0]
        with pytest.raises(UsageError, match="^“hello” has arrived: there is nothing to decide"):
            await session.send_again(mine)


async def test_what_was_sent_a_moment_ago_needs_none():
    async def mute(socket: Socket) -> None:
        await socket.greet()
        await socket.websocket.wait_closed()

    async with rogue(mute) as server, await cn.connect(server.url, KEY) as session:
        await session.say("hello", wait=False)
        with pytest.raises(UsageError, match="^“hello” was sent, and nothing says that it did not"):
            await session.mark_arrived(session.transcript[-1])


async def test_a_connection_that_breaks_each_time_is_said_to():
    async def accepts_and_breaks(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(
            frame("conversation_transcript", {"conversation_id": "c-1", "messages": []})
        )
        await socket.drop()

    soon = cn.Timeouts(reconnect_first=0.01, answer=5)
    async with (
        rogue(breaks, *[accepts_and_breaks] * (BROKE + 1), comes_back) as server,
        await cn.connect(server.url, KEY, timeouts=soon) as session,
    ):
        await session.say("hello", wait=False)
        await until(lambda: len(server.sockets) == BROKE + 3)
        listed = [str(problem) for problem in session.errors if problem.about == CONNECTION]
        why = "takes the connection, and breaks it before it is of use."
        assert listed == [f"Reconnecting failed and is tried again: {server.url} {why}"]
        await until(lambda: session.status == "open")
        assert session.reconnect_error == ""
