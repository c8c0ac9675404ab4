"""A live session: what was missed or lost at a break is made good."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

import captivate_nb as cn
from captivate_nb.errors import (
    ProtocolError,
    ReplyTimeout,
    RequestTimeout,
    ServerError,
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
        await cn.connect(server.url, KEY, timeouts=PATIENT) as session,
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
    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(transcript(("bot", "Hello"), ("user", "hi"), ("bot", "welcome")))

    async with (
        rogue(breaks_when_spoken_to, goes_on) as server,
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


async def test_a_conversation_the_server_has_forgotten_is_told():
    async def forgot(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        await socket.send(refusal(conversation_id="c-1"))

    async with (
        rogue(breaks_when_spoken_to, forgot) as server,
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
