"""A live session: what is not known to have arrived, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

import captivate_nb as cn
from captivate_nb.client.recovery import ATTEMPTS
from captivate_nb.errors import (
    ServerError,
    SessionClosed,
    Undelivered,
    UsageError,
)
from support.live import (
    KEY,
    PATIENT,
    SOON,
    breaks_when_spoken_to,
    large,
    refusal,
    shown,
    tell,
    transcript,
)
from support.rogue import Socket, bot, frame, rogue, until


async def test_what_the_server_refuses_is_told_at_once_and_not_said_again():
    async def refuses(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("ok"))
        await socket.receive("user_message")
        await socket.send(refusal(429))
        await tell(socket, ("bot", "Hello"), ("user", "one"), ("bot", "ok"))

    async with (
        rogue(refuses) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("one")
        with pytest.raises(ServerError, match="429"):
            await session.say("two")
        await until(lambda: session.outbox)
        assert [(m.text, m.delivery) for m in session.outbox] == [("two", "failed")]
        assert session.outbox[0] is session.transcript[-1]
        assert "“two” was not delivered: the server answered error 429" in str(session.errors[-1])
        assert server.texts() == ["one", "two"]


async def test_the_user_decides_on_what_is_not_known_to_have_arrived():
    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"))
        await socket.send(bot("now it did"))

    async with (
        rogue(breaks_when_spoken_to, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        with pytest.raises(Undelivered, match="not known whether “hi” arrived.*none of your mess"):
            await session.say("hi")
        (unknown,) = session.outbox
        assert unknown.delivery == "unknown"
        with pytest.raises(UsageError, match="no message that was sent.*decided about: “hi”"):
            await session.send_again("nothing like it")

        assert (await session.send_again(unknown)).text == "now it did"
        assert session.outbox == ()
        assert shown(session) == [("bot", "Hello"), ("user", "hi"), ("bot", "now it did")]
        assert server.texts() == ["hi", "hi"]
        with pytest.raises(UsageError, match="“hi” has arrived.*: nothing now"):
            await session.mark_arrived(unknown)


async def test_what_is_said_to_have_arrived_is_not_asked_about_again():
    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"))

    async with (
        rogue(breaks_when_spoken_to, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("hi", wait=False)
        await until(lambda: session.outbox and session.outbox[0].delivery == "unknown")
        await session.mark_arrived(session.outbox[0].id)
        assert session.outbox == ()
        assert session.transcript[1].delivery == "confirmed"
        replayed = cn.Conversation.replay(session.events)
        assert replayed.transcript == session.transcript
        assert replayed.errors == session.errors
        assert server.texts() == ["hi"]


async def test_what_is_said_while_it_is_checked_waits_and_keeps_the_order():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("ok"))
        await socket.receive("user_message")
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"), ("user", "one"), ("bot", "ok"))
        await socket.receive("user_message")
        await socket.send(bot("both"))

    async with (
        rogue(breaks, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("one")
        await session.say("two", wait=False)
        await until(lambda: len(server.sockets) == 2 and session.status == "open")
        saying = asyncio.create_task(session.say("three"))
        await until(lambda: len(session.outbox) > 1)
        assert [(m.text, m.delivery) for m in session.outbox] == [
            ("two", "queued"),
            ("three", "queued"),
        ]
        assert (await saying).text == "both"
        assert server.texts() == ["one", "two", "two", "three"]
        assert session.outbox == ()


async def test_a_message_with_the_key_in_it_is_sent_again_as_it_was_said():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("ok"))
        await socket.receive("user_message")
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"), ("user", "one"), ("bot", "ok"))
        await socket.send(bot("do not tell it to me"))

    async with (
        rogue(breaks, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("one")
        await session.say(f"my key is {KEY}")
        assert server.texts() == ["one", f"my key is {KEY}", f"my key is {KEY}"]
        assert KEY not in session.transcript.text


async def goes_on_in_doubt(socket: Socket) -> None:
    """A server that lost the second line, and tells nothing more until it is asked."""
    await socket.connect()
    await tell(socket, ("bot", "Hello"), ("user", "one"), ("bot", "ok"))
    while True:
        await socket.send(bot("ok"))
        await tell(socket, ("bot", "Hello"), ("user", "one"), ("bot", "ok"))


async def loses_the_second(socket: Socket) -> None:
    await socket.greet()
    await socket.receive("user_message")
    await socket.send(bot("ok"))
    await socket.receive("user_message")
    await socket.drop()


async def test_a_transcript_at_a_strangers_does_not_keep_a_session_from_going_on():
    async def links(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(large("https://evil.example/t/1", "conversation_transcript"))
        await socket.receive("user_message")
        await socket.send(bot("still here"))

    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async with (
        rogue(breaks, links) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await until(lambda: session.errors)
        assert (await session.say("hi")).text == "still here"
        assert "trusted_hosts" in str(session.errors[0])
        assert len(server.sockets) == 2


async def test_a_connection_that_breaks_at_each_transcript_is_not_made_for_ever():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async def breaks_again(socket: Socket) -> None:
        await socket.connect()
        await socket.receive()
        if socket.rogue.received[-1]["event_type"] != "user_message":
            await socket.drop()
        await socket.send(bot("still here"))

    async with (
        rogue(breaks, breaks_again) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        assert (await session.say("hi", timeout=30)).text == "still here"
        assert len(server.sockets) == 2 + ATTEMPTS
        assert "breaks whenever" in str(session.errors[0])


async def test_what_is_being_sent_again_is_not_sent_once_more():
    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"))
        await socket.send(bot("once"))

    async with (
        rogue(breaks_when_spoken_to, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        with pytest.raises(Undelivered):
            await session.say("hi")
        calls = [session.send_again(session.outbox[0]) for _ in range(3)]
        first, *others = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(first, cn.Reply)
        assert [type(other) for other in others] == [UsageError] * 2
        assert server.texts() == ["hi", "hi"]


async def test_what_turns_out_to_have_arrived_is_not_sent_again_after_all():
    gate = asyncio.Event()

    async def breaks_again(socket: Socket) -> None:
        await socket.connect()
        with contextlib.suppress(AssertionError):
            while True:
                await socket.receive("conversation_transcript_request")
                await socket.send(transcript(("bot", "Hello")))
        await socket.drop()

    async def has_it(socket: Socket) -> None:
        await gate.wait()
        await socket.connect()
        await tell(socket, ("bot", "Hello"), ("user", "hi"), ("bot", "ok"))

    plays = (breaks_when_spoken_to, breaks_again, has_it)
    async with rogue(*plays) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
        with pytest.raises(Undelivered):
            await session.say("hi")
        server.sockets[-1].websocket.transport.abort()
        await until(lambda: session.status == "reconnecting")
        again = asyncio.create_task(session.send_again(session.outbox[0]))
        await until(lambda: session.outbox and session.outbox[0].delivery == "queued")
        gate.set()
        await again
        assert server.texts() == ["hi"]
        assert shown(session) == [("bot", "Hello"), ("user", "hi"), ("bot", "ok")]
        assert session.outbox == ()


async def goes_on_with_another(socket: Socket) -> None:
    await socket.connect()
    while True:
        payload = await socket.receive()
        match socket.rogue.received[-1]["event_type"]:
            case "conversation_transcript_request":
                told = [("bot", "Hello"), ("user", "one"), ("bot", "ok")]
                await socket.send(transcript(*told))
            case "conversation_start":
                started = {"conversation_id": "c-2"}
                await socket.send(frame("conversation_start_success", started))
            case "user_message" if not payload["content"]["text"]:
                await socket.send(bot("Hello anew"))


async def test_another_conversation_leaves_nothing_in_doubt_without_a_word():
    plays = (loses_the_second, goes_on_with_another)
    async with (
        rogue(*plays) as server,
        await cn.connect(server.url, KEY, timeouts=PATIENT) as session,
    ):
        await session.say("one")
        saying = asyncio.create_task(session.say("two"))
        await until(lambda: len(server.sockets) == 2 and session.status == "open")
        await session.restart()
        with pytest.raises(Undelivered, match="“two” arrived: another conversation was begun"):
            await saying
        assert session.outbox == ()
        assert server.texts() == ["one", "two"]


@pytest.mark.parametrize("decision", ["again", "arrived"])
async def test_what_waited_when_another_conversation_was_begun_may_be_said_in_that(decision: str):
    plays = (loses_the_second, goes_on_with_another)
    async with (
        rogue(*plays) as server,
        await cn.connect(server.url, KEY, timeouts=PATIENT) as session,
    ):
        await session.say("one")
        doubtful = asyncio.create_task(session.say("two"))
        await until(lambda: len(server.sockets) == 2 and session.status == "open")
        waiting = asyncio.create_task(session.say("three"))
        await until(lambda: len(session.outbox) == 2)
        await session.restart()
        for saying in (doubtful, waiting):
            with pytest.raises(Undelivered):
                await saying
        assert [(m.text, m.delivery) for m in session.outbox] == [("three", "failed")]
        if decision == "again":
            await session.send_again(session.outbox[0], wait=False)
            await until(lambda: server.texts()[-1] == "three")
            assert server.received[-1]["event_payload"]["conversation_id"] == "c-2"
        else:
            await session.mark_arrived(session.outbox[0])
            assert "three" not in server.texts()
        assert session.outbox == ()


async def test_what_was_never_settled_is_told_when_the_conversation_is_left():
    plays = (loses_the_second, goes_on_with_another)
    async with rogue(*plays) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
        await session.say("one")
        await session.say("two", wait=False)
        await until(lambda: session.status == "reconnecting")
        session._parts.intake.note("missed", "c-1")
        assert [m.delivery for m in session.outbox] == ["unknown"]
        await session.restart()
        assert session.outbox == ()
        assert str(session.errors[-1]) == (
            "“two” had not been settled when this conversation was left; session.resume('c-1')"
            " shows what the server has of it."
        )


async def test_closing_says_what_is_in_doubt():
    async with (
        rogue(loses_the_second, lambda socket: socket.websocket.wait_closed()) as server,
    ):
        session = await cn.connect(server.url, KEY, timeouts=PATIENT)
        await session.say("one")
        saying = asyncio.create_task(session.say("two"))
        await until(lambda: session.status == "reconnecting")
        waiting = asyncio.create_task(session.say("three"))
        await until(lambda: len(session.outbox) == 2)
        await session.close()
        with pytest.raises(Undelivered, match="the session is closed"):
            await saying
        with pytest.raises(SessionClosed):
            await waiting
        assert [(m.text, m.delivery) for m in session.outbox] == [
            ("two", "unknown"),
            ("three", "failed"),
        ]
        unsent = [problem for problem in session.errors if problem.about == session.outbox[1].id]
        assert [str(problem) for problem in unsent] == [
            "“three” was not sent. The session was closed. It is in session.outbox."
        ]


async def test_a_transcript_that_two_wait_for_is_told_to_both():
    async with (
        rogue(loses_the_second, goes_on_in_doubt) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("one")
        await session.say("two", wait=False)
        await until(lambda: session.status == "reconnecting")
        assert len(await session.fetch_transcript()) == 3
        await until(lambda: session.status == "open")


async def test_a_request_that_was_given_up_does_not_go_out_later():
    gate = asyncio.Event()

    async def waits(socket: Socket) -> None:
        await gate.wait()
        await goes_on_in_doubt(socket)

    async with (
        rogue(loses_the_second, waits) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("one")
        await session.say("two", wait=False)
        await until(lambda: session.status == "reconnecting")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await session.edit(session.transcript[1].id, "changed")
        gate.set()
        await until(lambda: session.status == "open" and not session.outbox)
        assert "edit_message" not in {event["event_type"] for event in server.received}


@pytest.mark.parametrize("about", ["c-1", None])
async def test_an_error_before_a_conversation_begins(about: str | None):
    """One about the conversation before ends nothing; one about none ends the restart for good."""

    async def errs(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("conversation_start")
        told = {"conversation_id": about, "error_code": 429, "error_desc": "slow down"}
        await socket.send(
            frame("general_error", told),
            frame("conversation_start_success", {"conversation_id": "c-2"}),
        )
        await socket.receive("user_message")
        await socket.send(bot("go on"))

    async with (
        rogue(errs) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        if about is None:
            with pytest.raises(ServerError, match="slow down"):
                await session.restart()
            assert (await session.say("hello")).text == "go on"
            assert session.conversation_id == "c-1"
        else:
            await session.restart()
            assert session.conversation_id == "c-2"
            assert shown(session) == [("bot", "go on")]


async def test_a_raw_message_does_not_overtake_what_is_in_doubt():
    async with (
        rogue(loses_the_second, goes_on_in_doubt) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("one")
        await session.say("two", wait=False)
        await until(lambda: len(server.sockets) == 2)
        content = {"type": "text", "text": "raw"}
        payload = {"conversation_id": "c-1", "client_msg_id": "raw", "content": content}
        await session.send_raw({"event_type": "user_message", "event_payload": payload})
        await until(lambda: len(server.texts()) == 4)
        assert server.texts() == ["one", "two", "two", "raw"]
