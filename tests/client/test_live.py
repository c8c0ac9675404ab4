"""Wire: frames in order, exactly once through a break, and nothing kept silent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import Any

import msgspec
import pytest

import captivate_nb as cn
from captivate_nb import errands as errand
from captivate_nb.client.intake import SHORTENED
from captivate_nb.client.recovery import ATTEMPTS
from captivate_nb.errors import (
    ProtocolError,
    ReplyTimeout,
    RequestTimeout,
    ServerError,
    SessionClosed,
    Undelivered,
    UsageError,
)
from support.rogue import Socket, bot, frame, rogue, until

KEY = "a-long-test-key"


SOON = cn.Timeouts(reconnect_first=0.01, check=0.1)
"""What takes seconds otherwise is found out in fractions of one."""


def transcript(*entries: tuple[str, str]) -> str:
    messages = [
        {"from": sender, "messages": [{"type": "text", "text": text}]} for sender, text in entries
    ]
    return frame("conversation_transcript", {"conversation_id": "c-1", "messages": messages})


async def tell(socket: Socket, *entries: tuple[str, str]) -> dict[str, Any]:
    """Answer every request for a transcript with these; return the next message of the user's."""
    while True:
        payload = await socket.receive()
        if socket.rogue.received[-1]["event_type"] == "user_message":
            return payload
        await socket.send(transcript(*entries))


def shown(session: cn.Session) -> list[tuple[str, str]]:
    return [(m.sender, m.text) for m in session.transcript]


async def test_what_was_missed_is_fetched_and_what_was_lost_is_said_again():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("ok"))
        await socket.receive("user_message")
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        request = await socket.receive("conversation_transcript_request")
        assert request == {"conversation_id": "c-1"}
        told = [("bot", "Hello"), ("user", "yes"), ("bot", "ok"), ("agent", "I was here")]
        await socket.send(transcript(*told))
        await tell(socket, *told)
        await socket.send(bot("ok again"))

    async with (
        rogue(breaks, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("yes")
        reply = await session.say("yes")

        assert reply.text == "ok again"
        assert shown(session) == [
            ("bot", "Hello"),
            ("user", "yes"),
            ("bot", "ok"),
            ("agent", "I was here"),
            ("user", "yes"),
            ("bot", "ok again"),
        ]
        assert server.texts() == ["yes", "yes", "yes"]
        ids = [
            event["event_payload"]["client_msg_id"]
            for event in server.received
            if event["event_type"] == "user_message"
        ]
        assert len(set(ids)) == 3
        assert ids[2] == ids[3]
        assert session.status == "open"
        asked = [e for e in server.received if e["event_type"] == "conversation_transcript_request"]
        assert len(asked) == 3
        assert str(session.errors[-1]) == "“yes” had not arrived, and was sent again."


async def test_what_did_arrive_is_not_said_again():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello"), ("user", "hi"), ("bot", "welcome")))

    async with (
        rogue(breaks, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        assert (await session.say("hi")).text == "welcome"
        assert server.texts() == ["hi"]
        assert session.transcript[1].delivery == "confirmed"


async def test_messages_written_while_disconnected_wait_and_go_in_order():
    gate = asyncio.Event()

    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async def waits(socket: Socket) -> None:
        await gate.wait()
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello")))
        for _ in range(3):
            await socket.receive("user_message")
        await socket.send(bot("all three"))

    async with (
        rogue(breaks, waits) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await until(lambda: session.status == "reconnecting")
        with pytest.raises(ReplyTimeout, match="the message waits"):
            await session.say("one", timeout=0.05)
        saying = [asyncio.create_task(session.say(text)) for text in ("two", "three")]
        await until(lambda: len(session.outbox) == 3)
        assert [(m.text, m.delivery) for m in session.outbox] == [
            ("one", "queued"),
            ("two", "queued"),
            ("three", "queued"),
        ]
        assert shown(session) == [("bot", "Hello")]
        gate.set()
        assert (await saying[1]).text == "all three"
        await saying[0]
        assert session.outbox == ()
        assert server.texts() == ["one", "two", "three"]
        assert [text for _, text in shown(session)] == ["Hello", "one", "two", "three", "all three"]


def refusal(code: int = 400, **payload: Any) -> str:
    return frame("general_error", {"error_code": code, "error_desc": "unreadable", **payload})


async def test_what_cannot_be_read_is_fetched_with_the_transcript():
    async def garbles(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send('{"event": {"event_type": "bot_mess')
        await socket.receive("conversation_transcript_request")
        await socket.send("garbage", transcript(("bot", "Hello"), ("user", "hi"), ("bot", "you")))
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello"), ("user", "hi"), ("bot", "you")))

    async with (
        rogue(garbles) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        assert (await session.say("hi")).text == "you"
        assert shown(session) == [("bot", "Hello"), ("user", "hi"), ("bot", "you")]
        assert server.texts() == ["hi"]
        assert session.status == "open"
        assert len(server.sockets) == 1


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
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"))
        await socket.send(bot("now it did"))

    async with (
        rogue(breaks, goes_on) as server,
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
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"))

    async with (
        rogue(breaks, goes_on) as server,
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


async def test_every_frame_is_known_by_the_connection_it_passed_on():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.send(frame("socket_connected", {}, "the same id"))
        await socket.send(frame("socket_connected", {}, "the same id"))
        await tell(socket, ("bot", "Hello"))

    async with (
        rogue(breaks, goes_on) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await until(lambda: len(server.sockets) == 2 and session.status == "open")
        numbers = [record.connection for record in session.events]
        assert numbers == sorted(numbers)
        assert set(numbers) - {0} == {1, 2}
        assert session.conversation.deliveries.connection == 2


async def test_a_greeting_that_was_asked_for_in_vain_is_asked_for_again():
    async def breaks(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_start")
        await socket.send(frame("conversation_start_success", {"conversation_id": "c-1"}))
        await socket.receive("user_message")
        await socket.drop()

    async def greets(socket: Socket) -> None:
        await socket.connect()
        await tell(socket)
        await socket.send(bot("Hello"))

    async with (
        rogue(breaks, greets) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        assert shown(session) == [("bot", "Hello")]


async def test_an_error_about_nothing_that_was_lost_is_told():
    async def fails(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(refusal(500))
        await tell(socket, ("bot", "Hello"), ("user", "hi"))

    async with rogue(fails) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
        with pytest.raises(ServerError, match="500"):
            await session.say("hi")
        await until(lambda: session.transcript[-1].delivery == "confirmed")
        assert str(session.errors[-1]) == "“hi” arrived: it is in the server's transcript."
        assert server.texts() == ["hi"]


async def test_a_server_without_transcripts_is_not_asked_by_every_frame_cut_short():
    async def has_none(socket: Socket) -> None:
        await socket.greet()
        await socket.send('{"event": {')
        await socket.receive("conversation_transcript_request")
        await socket.receive("user_message")
        await socket.send('{"event": {', bot("hello"))
        await socket.receive("user_message")
        await socket.send(refusal())

    async with (
        rogue(has_none) as server,
        await cn.connect(
            server.url, KEY, timeouts=msgspec.structs.replace(SOON, answer=0.6)
        ) as session,
    ):
        await until(lambda: ("system", "Messages may be missing here") in shown(session))
        assert (await session.say("hi")).text == "hello"
        with pytest.raises(ServerError, match="unreadable"):
            await session.say("hi")
        assert "could not be read is not known here" in str(session.errors[1])
        await until(lambda: session.outbox)
        assert [(m.sender, m.delivery) for m in session.transcript][2:5] == [
            ("user", "confirmed"),
            ("bot", None),
            ("user", "unknown"),
        ]


@pytest.mark.parametrize("beat", ["ping", "", '{"type":"ping"}', "null"])
async def test_heartbeats_are_no_reason_for_anything(beat: str):
    async def beats(socket: Socket) -> None:
        await socket.greet()
        for _ in range(20):
            await socket.send(beat)
        await socket.receive("user_message")
        await socket.send(beat, bot("still here"))

    async with (
        rogue(beats) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        assert (await session.say("hi")).text == "still here"
        assert session.errors == []
        assert {e["event_type"] for e in server.received} == {"conversation_start", "user_message"}


async def test_a_request_whose_answer_cannot_be_read_is_asked_six_times_at_the_most():
    async def garbles(socket: Socket) -> None:
        await socket.greet()
        while True:
            await socket.receive("metadata_request")
            await socket.send(
                '{"event": {"event_type": "conversation_metadata", "event_payload": 5}}'
            )

    async with (
        rogue(garbles) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        with pytest.raises(ProtocolError, match="conversation_metadata event cannot be read"):
            await session.fetch_metadata()
        asked = [e for e in server.received if e["event_type"] == "metadata_request"]
        assert len(asked) == 6


async def test_a_request_that_breaks_the_connection_each_time_is_given_up():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("metadata_request")
        await socket.drop()

    async def breaks_again(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello")))
        await socket.receive("metadata_request")
        await socket.drop()

    async with (
        rogue(breaks, breaks_again) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        with pytest.raises(RequestTimeout, match="broke 6 times before metadata_request"):
            await session.fetch_metadata()


async def test_a_transcript_over_the_limit_is_told_and_the_session_goes_on(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("captivate_nb.client.handshake.RECEIVE_LIMIT", 10_000)

    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async def too_much(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello " * 2000)))

    async def answers(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("user_message")
        await socket.send(bot("still here"))

    plays = (breaks, too_much, answers)
    async with rogue(*plays) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
        await until(lambda: session.errors)
        assert "more than 16 MiB" in str(session.errors[0])
        assert (await session.say("hi")).text == "still here"
        assert len(server.sockets) == 3


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
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await tell(socket, ("bot", "Hello"))
        await socket.send(bot("once"))

    async with (
        rogue(breaks, goes_on) as server,
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

    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    plays = (breaks, breaks_again, has_it)
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
    async with rogue(*plays) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
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
    async with rogue(*plays) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
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
        session = await cn.connect(server.url, KEY, timeouts=SOON)
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
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    async def refuses(socket: Socket) -> None:
        await socket.websocket.close(1008, "the key is gone")

    async with (
        rogue(breaks, refuses) as server,
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


async def test_a_conversation_the_server_has_forgotten_is_told():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    async def forgot(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(refusal(conversation_id="c-1"))

    async with (
        rogue(breaks, forgot) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await session.say("hi", wait=False)
        await until(lambda: session.transcript[-1].sender == "system")
        assert session.transcript[1].delivery == "unknown"
        assert server.texts() == ["hi"]


@pytest.mark.parametrize("limit", ["idle=0.2", "life=0.3"])
async def test_nobody_notices_that_a_service_closes_connections(limit: str):
    from captivate_nb.server.embedded import EmbeddedServer

    statuses: list[str] = []
    server = EmbeddedServer(profile=f"apigateway, {limit}")
    await asyncio.to_thread(server.start)
    try:
        async with await cn.connect(server.ws_url, server.key) as session:
            session.observe(lambda change: statuses.append(change["new"]), "status")
            for number in range(6):
                await until(lambda number=number: statuses.count("open") > number // 2)
                assert (await session.say(f"line {number}", settle=0.02)).text
            await session.fetch_transcript()
            lines = [m.text for m in session.transcript.where(sender="user")]
            assert lines == [f"line {number}" for number in range(6)]
            assert [problem for problem in session.errors if not problem.good] == []
            assert not session.transcript.where(sender="system")
    finally:
        await asyncio.to_thread(server.stop)


async def test_a_request_is_asked_again_after_a_break():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("metadata_request")
        await socket.drop()

    async def answers(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello")))
        await socket.receive("metadata_request")
        told = {"conversation_id": "c-1", "content": {"a": 1}}
        await socket.send(frame("conversation_metadata", told))

    async with (
        rogue(breaks, answers) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        assert await session.fetch_metadata() == {"a": 1}
        assert session.metadata == {"a": 1}


async def test_a_gap_that_cannot_be_closed_is_told():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async with (
        rogue(breaks, Socket.connect) as server,
        await cn.connect(
            server.url, KEY, timeouts=msgspec.structs.replace(SOON, answer=0.6)
        ) as session,
    ):
        await until(lambda: session.errors)
        assert "while disconnected is not known" in str(session.errors[0])
        await until(lambda: session.status == "open")


async def test_a_break_while_recovering_is_another_break():
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async def breaks_again(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.drop()

    async def answers(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello"), ("bot", "and more")))

    async with (
        rogue(breaks, breaks_again, answers) as server,
        await cn.connect(server.url, KEY, timeouts=SOON) as session,
    ):
        await until(lambda: len(session.transcript) == 2)
        await until(lambda: session.status == "open")
        assert shown(session) == [("bot", "Hello"), ("bot", "and more")]


async def test_nothing_is_recovered_without_a_conversation():
    async def connects(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_start")
        await socket.drop()

    async with rogue(connects, Socket.greet) as server:
        async with await cn.connect(server.url, KEY, timeouts=SOON) as session:
            assert session.transcript.text == "bot: Hello"
        assert [e["event_type"] for e in server.received][:2] == ["conversation_start"] * 2


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

    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.drop()

    async def answers(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello"), ("user", "x")))

    async with rogue(breaks, answers) as server:
        session = await cn.connect(server.url, KEY, timeouts=SOON)
        session.observe(lambda change: seen.append(change["new"]), "status")
        await session.say("x", wait=False)
        await until(lambda: seen == ["reconnecting", "open"])
        await session.close()
        assert seen == ["reconnecting", "open", "closed"]


def large(link: str, linked: str | None = None) -> str:
    error = {"error_code": 413, "error_desc": "too large", "message_link": link}
    if linked is not None:
        error["linked_event_type"] = linked
    return frame("general_error", {"conversation_id": "c-1", **error})


async def test_a_large_message_is_fetched_and_shown_like_any_other():
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        content = [{"type": "text", "text": "x" * 200_000}]
        body = json.dumps({"botMessage": {"content": content}}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as web:
        port = web.sockets[0].getsockname()[1]

        async def too_large(socket: Socket) -> None:
            await socket.greet()
            await socket.receive("user_message")
            await socket.send(large(f"http://127.0.0.1:{port}/m/1"))

        async with (
            rogue(too_large) as server,
            await cn.connect(server.url, KEY, timeouts=SOON) as session,
        ):
            reply = await session.say("all of it, please")
            assert len(reply.text) == 200_000
            assert not session.errors
            replayed = cn.Conversation.replay(session.events)
            assert replayed.transcript[-1].text == reply.text
    assert f"x-api-key: {KEY}" in asked[0].lower()


async def test_a_large_message_at_a_strangers_is_not_fetched():
    async def lures(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(large("https://evil.example/m/1"))

    async with rogue(lures) as server, await cn.connect(server.url, KEY, timeouts=SOON) as session:
        with pytest.raises(cn.CaptivateError, match="evil.example.*trusted_hosts"):
            await session.say("x")
        assert "not fetched" in str(session.errors[-1])
        assert session.status == "open"


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
        told = [str(problem) for problem in session.errors]
        for name in ("bot_message", "choices"):
            start = f"A callback for {name} raised UsageError: A callback for {name} waits here"
            assert any(line.startswith(start) for line in told), told
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
