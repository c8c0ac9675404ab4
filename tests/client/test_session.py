"""Session: what a user of it can do, against the embedded server and servers that misbehave."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.errors import (
    InvalidFile,
    InvalidMessage,
    ProtocolError,
    ReplyTimeout,
    RequestTimeout,
    ServerError,
    SessionClosed,
    Undelivered,
    UnknownChoice,
    UsageError,
)
from captivate_nb.protocol import events as e
from support.rogue import Socket, bot, buttons, frame, rogue, until


async def quick(url: str, **options: Any) -> cn.Session:
    return await cn.connect(url, "a-long-test-key", **options)


# --- with the embedded server ------------------------------------------------------------------


async def test_the_documents_own_dialogue():
    async with await cn.demo() as session:
        assert session.status == "open"
        assert session.transcript[0].text.startswith("Hi. I'm the Captivate Bot.")
        assert session.choices.labels == ["Leave Contact Details", "Chat to Agent"]

        reply = await session.click("Chat to Agent", settle=3)

        assert [m.sender for m in reply] == ["bot", "system", "agent"]
        assert reply.text.startswith("Please wait while I connect you to the support team.")
        assert reply[-1].agent_name == "Maya"
        assert reply[-1].files[0].type.startswith("image/")
        assert reply.latency is not None
        assert session.latency == reply.latency
        assert session.agent is not None
        assert session.agent.name == "Maya"
        assert session.choices == ()
        assert not session.errors

        again = await session.say('it\'s --fine, "really" 👍')
        assert again[0].sender == "agent"
        assert session.transcript[-2].text == 'it\'s --fine, "really" 👍'


async def test_the_servers_transcript_is_the_same_messages():
    async with await cn.demo() as session:
        await session.click("Chat to Agent")
        await session.say("hello")
        here = [(m.sender, m.text) for m in session.transcript if m.sender != "system"]

        told = await session.fetch_transcript()

        assert [(m.sender, m.text) for m in told] == here
        assert next(m for m in session.transcript if m.sender == "user").delivery == "confirmed"
        assert [(m.sender, m.text) for m in session.transcript if m.sender != "system"] == here


async def test_the_event_log_replays_to_the_same_state(tmp_path: Path):
    async with await cn.demo("shop", user_id="ann", metadata={"plan": "vip"}) as session:
        await session.click(session.choices[0])
        await session.set_metadata({"seen": [1, 2]})
        log = cn.EventLog.load(session.events.save(tmp_path / "log.jsonl"))

        replayed = cn.Conversation.replay(log)

        assert replayed.transcript == session.transcript
        assert replayed.metadata == session.metadata
        assert replayed.choices == session.choices
        assert replayed.id == session.conversation_id
        assert replayed.user_id == "ann"


async def test_resume_goes_on_in_an_earlier_conversation():
    async with await cn.demo(user_id="ann", metadata={"plan": "vip"}) as session:
        first = session.conversation_id
        assert first is not None
        await session.click("Leave Contact Details")
        before = [(m.sender, m.text) for m in session.transcript]
        await session.restart(metadata={})

        transcript = await session.resume(first)

        assert session.conversation_id == first
        assert [(m.sender, m.text) for m in transcript] == before
        assert session.metadata["plan"] == "vip"
        with pytest.raises(ServerError, match="Invalid conversation_id") as caught:
            await session.resume("nope")
        assert caught.value.code == 400
        assert session.conversation_id == first


async def test_actions_go_both_ways():
    async with await cn.demo() as session:
        reply = await session.act("escalateToHuman", wait=True)
        assert reply[-1].sender == "agent"
        assert len(await session.act("somethingElse", {"a": 1})) == 0
        assert session.updates[0].type == "livechatAgentConnected"


async def test_an_action_that_a_break_may_have_swallowed_is_told():
    async def reads_no_more(socket: Socket) -> None:
        await socket.greet()
        socket.websocket.transport.pause_reading()

    async def goes_on(socket: Socket) -> None:
        await socket.connect()
        await socket.tell("conversation_transcript_request", until="nothing else")

    async with rogue(reads_no_more, goes_on) as server, await quick(server.url) as session:
        acting = asyncio.ensure_future(session.act("escalateToHuman"))
        await until(lambda: session.events.where(type="action"))
        await server.sockets[0].drop()
        says = "It is not known whether the action “escalateToHuman” arrived: the connection broke"
        with pytest.raises(Undelivered, match=says):
            await acting
        assert says in str(session.errors[0])


async def test_an_edited_message_reads_as_edited():
    async with await cn.demo() as session:
        await session.say("helo")
        message = session.transcript.where(sender="user")[0]
        changed: list[int] = []
        session.on("transcript", changed.append)

        await session.edit(message.id, "hello")

        assert session.transcript.where(sender="user")[0].text == "hello"
        assert changed == [1]
        assert (await session.fetch_transcript()).where(sender="user")[0].text == "hello"


async def test_files_are_uploaded_and_served_back(tmp_path: Path):
    path = tmp_path / "größe & co.txt"
    path.write_text("forty-two")
    async with await cn.demo() as session:
        await session.send_files([path, "https://sample.pdf/a.pdf"], "look", wait=False)
        await session.send_files([("b.png", b"\x89PNG", "image/png")], wait=False)

        first, second = session.transcript.where(sender="user")

        assert first.text == "look\ngröße & co.txt\na.pdf"
        assert first.files[0].url.startswith("http://127.0.0.1:")
        assert first.files[0].size == 9
        assert first.files[1].type == "application/pdf"
        assert second.files[0].type == "image/png"


@pytest.mark.parametrize(
    ("files", "error", "says"),
    [
        ([], InvalidMessage, "no files"),
        (["/no/such/file.png"], InvalidFile, "cannot be read"),
        (["ftp://host/x"], InvalidFile, "https://"),
        (5, InvalidFile, "A file is a URL, a path, a File, or .* not 5"),
        ([None], InvalidFile, "not None"),
        ([("name", "text")], InvalidFile, r"not \('name', 'text'\)"),
        ([("empty.txt", b"", "text/plain")], InvalidFile, "is empty"),
    ],
)
async def test_files_that_cannot_be_sent(files: Any, error: type[Exception], says: str):
    async with await cn.demo() as session:
        with pytest.raises(error, match=says):
            await session.send_files(files)
        assert not session.transcript.where(sender="user")


async def test_text_that_cannot_be_said():
    async with await cn.demo() as session:
        for empty in ("", "  \n"):
            with pytest.raises(InvalidMessage, match="empty"):
                await session.say(empty)
        with pytest.raises(InvalidMessage, match="is text, not 5"):
            await session.say(5)  # type: ignore[arg-type]
        with pytest.raises(InvalidMessage, match=r"1[34]\d,\d+ bytes.*131,072"):
            await session.say("x" * 140_000)
        reply = await session.say("y" * 120_000)
        assert reply
        broken = await session.say("half a \ud83d character")
        assert broken
        assert session.transcript.where(sender="user")[-1].text == "half a � character"


async def test_half_a_character_is_replaced_in_all_that_is_sent():
    half, whole = {"a\ud83d": ["\udc00"]}, {"a\ufffd": ["\ufffd"]}
    async with await cn.demo(
        user_id="a\ud83d", user=half, user_data=half, metadata=half
    ) as session:
        start = next(r.event for r in session.events if isinstance(r.event, e.ConversationStart))
        assert (start.user_id, start.user, start.user_data) == ("a\ufffd", whole, whole)
        assert session.metadata["a\ufffd"] == ["\ufffd"]
        await session.set_metadata({"b": "\ud83d"})
        assert session.metadata["b"] == "\ufffd"
        await session.act("c\ud83d", half)
        await session.send_raw({"event_type": "own", "event_payload": half})
        sent = [record.event for record in session.events if record.direction == "out"]
        assert sent[-2].action == cn.Action("c\ufffd", whole)
        assert sent[-1].payload == whole


async def test_a_click_that_means_nothing():
    async with await cn.demo() as session:
        with pytest.raises(UnknownChoice, match="Did you mean “Chat to Agent”"):
            await session.click("Chat with Agent")
        with pytest.raises(UnknownChoice, match="There are: Leave Contact Details, Chat to Agent"):
            await session.click("zzz")
        with pytest.raises(UnknownChoice, match="No option is called “5”"):
            await session.click(5)  # type: ignore[arg-type]
        old = session.choices[0]
        await session.click("  chat TO agent ")
        with pytest.raises(UnknownChoice, match="no options are on offer"):
            await session.click("Chat to Agent")
        assert await session.click(old)
        known = len(session.events)
        with pytest.raises(UnknownChoice, match="neither a label nor a value"):
            await session.click(cn.Option("", ""))
        assert len(session.events) == known


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.say("x", timeout="soon"),
        lambda session: session.say("x", settle="a while"),
        lambda session: session.act(5),
        lambda session: session.act("", {}),
        lambda session: session.act("x", {"price": float("nan")}),
        lambda session: session.edit(5, "x"),
        lambda session: session.send_raw({"event_type": "x", "event_payload": float("inf")}),
        lambda session: session.resume(None),
        lambda session: session.restart(user_id=5),
        lambda session: session.restart(user=5),
        lambda session: session.restart(metadata=[1]),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_sent(call: Any):
    async with await cn.demo() as session:
        known = len(session.events)
        with pytest.raises(UsageError, match=" not | holds NaN "):
            await call(session)
        assert len(session.events) == known
        await session.restart()


@pytest.mark.parametrize(
    "options", [{"user_id": 5}, {"user": 5}, {"metadata": [1]}, {"user_data": "x"}]
)
async def test_what_cannot_be_meant_opens_nothing(options: dict[str, Any]):
    with pytest.raises(UsageError, match="Nothing was sent"):
        await cn.demo(**options)


async def test_use_after_close_says_so():
    session = await cn.demo()
    await session.close()
    await session.close()
    assert session.status == "closed"
    for call in (
        session.say("x"),
        session.click("zzz"),
        session.restart(),
        session.conversations(),
        session.send_raw({"event_type": "x", "event_payload": {}}),
        session.fetch_transcript(),
    ):
        with pytest.raises(SessionClosed, match="is closed"):
            await call
    assert session.transcript


async def test_raw_events_are_sent_as_they_are():
    async with await cn.demo() as session:
        payload = {"conversation_id": session.conversation_id}
        await session.send_raw({"event_type": "metadata_request", "event_payload": payload})
        await until(lambda: session.events.where(type="conversation_metadata"))
        wrapped = {"action": "sendMessage", "event": {"event_type": "nope", "event_payload": {}}}
        await session.send_raw(wrapped)
        assert session.events.where(type="nope", direction="out")
        with pytest.raises(ProtocolError, match="JSON"):
            await session.send_raw({"event_type": "x", "event_payload": {"a": object()}})
        known = len(session.events)
        with pytest.raises(UsageError, match="An event is a dict .* not 'event'"):
            await session.send_raw("event")  # type: ignore[arg-type]
        assert len(session.events) == known


async def test_a_session_is_used_from_another_loop():
    async with await cn.demo() as session:
        reply = await asyncio.to_thread(lambda: asyncio.run(session.click("Chat to Agent")))
        assert reply[-1].agent_name == "Maya"
        assert (await asyncio.to_thread(lambda: asyncio.run(session.say("hi"))))[0].text


def test_a_session_whose_loop_has_ended_says_so():
    session = asyncio.run(cn.demo())
    with pytest.raises(SessionClosed, match="no longer runs"):
        asyncio.run(session.say("hi"))
    session.server.stop()


async def test_callbacks_get_events_and_their_errors_are_listed():
    seen: list[str] = []
    problems: list[str] = []

    async def slow(_event: Any) -> None:
        await asyncio.sleep(0)
        raise LookupError("later")

    async with await cn.demo() as session:
        stop = session.on("bot_message", lambda event: seen.append(event.event_type))
        session.on("*", lambda event: 1 / 0 if event.event_type == "bot_message" else None)
        session.on("bot_message", slow)
        session.on("error", lambda problem: problems.append(str(problem)))
        session.observe(lambda _: {}["x"], "choices")

        await session.click("Leave Contact Details")
        await until(lambda: len(problems) >= 3)
        stop()
        stop()
        await session.say("Ann")

        assert seen == ["bot_message"]
        assert any("ZeroDivisionError" in problem for problem in problems)
        assert any("LookupError: later" in problem for problem in problems)
        assert any("callback for choices raised KeyError" in problem for problem in problems)
        assert session.status == "open"


async def test_an_error_callback_that_raises_does_not_go_round():
    async with await cn.demo() as session:
        session.on("error", lambda _: 1 / 0)
        session.on("bot_message", lambda _: 1 / 0)
        await session.say("x")
        assert len(session.errors) == 2


async def test_its_repr_says_what_it_is_and_keeps_the_key():
    async with await cn.demo() as session:
        assert "open ws://127.0.0.1" in repr(session)
        assert session.server.key not in repr(session) + str(vars(session)) + session.url


async def test_two_says_at_once_both_get_a_reply():
    async with await cn.demo("everything") as session:
        replies = await asyncio.gather(session.say("one"), session.say("two"))
        assert all(replies)
        assert [m.text for m in session.transcript.where(sender="user")] == ["one", "two"]


async def test_of_several_says_at_once_each_gets_its_own_answer():
    async def echoes(socket: Socket) -> None:
        await socket.greet()
        said = [(await socket.receive("user_message"))["content"]["text"] for _ in range(3)]
        await socket.send(*(bot(f"You said {text}") for text in said))

    async with rogue(echoes) as server, await quick(server.url) as session:
        replies = await asyncio.gather(*map(session.say, ("one", "two", "three")))
        assert [reply.text for reply in replies] == [
            "You said one",
            "You said two",
            "You said three",
        ]


# --- with servers that do it their own way -----------------------------------------------------


async def test_greet_user_sends_nothing_and_auto_waits_for_a_greeting():
    async def greets_by_itself(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_start")
        await socket.send(frame("conversation_start_success", {"conversation_id": "c"}), bot("Hi"))

    async with rogue(greets_by_itself) as server:
        async with await quick(server.url, greet="auto") as session:
            assert session.transcript.text == "bot: Hi"
        async with await quick(server.url, greet="user") as session:
            await until(lambda: session.transcript)
        assert [e["event_type"] for e in server.received] == ["conversation_start"] * 2
    with pytest.raises(UsageError, match="Did you mean “auto”"):
        await quick(server.url, greet="atuo")


async def test_greet_auto_asks_after_the_silence():
    soon = cn.Timeouts(self_greeting=0.05)
    async with (
        rogue(Socket.greet) as server,
        await quick(server.url, greet="auto", timeouts=soon) as session,
    ):
        assert session.transcript.text == "bot: Hello"


async def test_greet_auto_takes_a_greeting_that_goes_on_and_on():
    soon = cn.Timeouts(self_greeting=0.05)

    async def talks_on(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_start")
        await socket.send(frame("conversation_start_success", {"conversation_id": "c"}))
        await socket.send(bot("Hi", {"type": "pause", "time": 5000}))

    async with (
        rogue(talks_on) as server,
        await quick(server.url, greet="auto", timeouts=soon) as session,
    ):
        assert session.transcript.text == "bot: Hi"
        assert [e["event_type"] for e in server.received] == ["conversation_start"]


async def test_a_bot_that_never_greets_is_no_error():
    soon = cn.Timeouts(greeting=0.05)

    async def silent(socket: Socket) -> None:
        await socket.connect()
        await socket.receive("conversation_start")
        await socket.send(frame("conversation_start_success", {"conversation_id": "c"}))

    async with rogue(silent) as server, await quick(server.url, timeouts=soon) as session:
        assert len(session.transcript) == 0
        with pytest.raises(UnknownChoice, match="no options"):
            await session.click("x")


async def test_what_is_sent_at_the_start():
    async with rogue(Socket.greet) as server:
        user = {"firstName": "Ann", "email": "ann@sample.io"}
        session = await quick(
            server.url, user_id="ann", user=user, metadata={"a": 1}, user_data={"b": 2}
        )
        async with session:
            assert server.received[0]["event_payload"] == {
                "userId": "ann",
                "userBasicInfo": user,
                "metadata": {"a": 1},
                "userData": {"b": 2},
            }


async def test_a_restart_keeps_what_it_is_not_told_anew():
    user = {"firstName": "Ann"}
    async with await cn.demo(
        user_id="ann", user=user, metadata={"a": 1}, user_data={"b": 2}
    ) as session:
        await session.restart(metadata={"a": 2})
        await session.restart(user_id="bob", user={})
        starts = session.events.where(type="conversation_start")
    first, again, other = [json.loads(record.frame)["event"]["event_payload"] for record in starts]
    assert again == first | {"metadata": {"a": 2}}
    assert other == {"userId": "bob", "userBasicInfo": {}, "metadata": {"a": 2}}


async def test_conversations_that_are_asked_for_at_once_begin_one_after_the_other():
    async with await cn.demo("everything") as session:
        await session.say("Text")
        first, before = session.conversation_id, [m.text for m in session.transcript]
        assert first is not None
        await asyncio.gather(session.restart(), session.restart(), session.resume(first))
        assert session.conversation_id == first
        assert [m.text for m in session.transcript] == before
        await asyncio.gather(session.restart(), session.restart())
        assert [m.text for m in session.transcript] == before[:1]


async def test_a_reply_waits_for_announced_pauses_and_ends_when_quiet():
    async def pauses(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("one", {"type": "pause", "time": 400}))
        await asyncio.sleep(0.4)
        await socket.send(bot("two"))

    async with rogue(pauses) as server, await quick(server.url) as session:
        assert (await session.say("go", settle=0.2)).text == "one\ntwo"


async def test_a_timeout_carries_what_did_arrive():
    async def half(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("one", {"type": "pause", "time": 60_000}))

    async with rogue(half) as server, await quick(server.url) as session:
        with pytest.raises(
            ReplyTimeout, match=r"1 message came, and the bot had not finished\."
        ) as caught:
            await session.say("go", timeout=0.3)
        assert caught.value.reply.text == "one"
        with pytest.raises(ReplyTimeout, match="nothing came") as caught:
            await session.say("and?", timeout=0.1)
        assert len(caught.value.reply) == 0
        await until(lambda: server.texts() == ["go", "and?"])


async def test_pauses_without_end_do_not_end_the_session():
    async def endless(socket: Socket) -> None:
        await socket.greet()
        for _ in range(2):
            await socket.receive("user_message")
            await socket.send(bot(*[{"type": "pause", "time": 1e308}] * 2000))

    async with rogue(endless) as server, await quick(server.url) as session:
        for text in ("go", "still there?"):
            with pytest.raises(ReplyTimeout, match="1 message came"):
                await session.say(text, timeout=0.3)
        assert server.texts() == ["go", "still there?"]
        assert (session.status, session.errors) == ("open", [])


async def test_a_wait_that_is_stopped_returns_what_has_come():
    async def half(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("one", {"type": "pause", "time": 60_000}))

    async with rogue(half) as server, await quick(server.url) as session:
        await session.stop_waiting()
        saying = asyncio.create_task(session.say("go", timeout=60))
        await until(lambda: session.transcript and session.transcript[-1].text == "one")
        await session.stop_waiting()
        assert (await saying).text == "one"


async def test_an_error_of_the_server_ends_the_wait():
    async def refuses(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        error = {
            "conversation_id": "c-1",
            "error_code": "400",
            "error_desc": "Invalid conversation_id",
        }
        nested = {"event_type": "general_error", "event_payload": error, "event_id": "e"}
        await socket.send(frame("conversation_update", nested))

    async with rogue(refuses) as server, await quick(server.url) as session:
        with pytest.raises(ServerError, match="400: Invalid conversation_id"):
            await session.say("x")
        assert len(session.errors) == 1
        assert session.status == "open"


async def test_malformed_frames_are_skipped_and_listed():
    async def babbles(socket: Socket) -> None:
        await socket.greet()
        await socket.send(
            "{pong", b"\xff\xfe", "[1]", '{"a":"b"}', '{"event":{"event_type":"bot_message"'
        )
        await socket.tell("conversation_transcript_request", until="user_message")
        await socket.send(bot("fine", {"type": "text"}, {"type": "hologram", "x": 1}))

    async with rogue(babbles) as server, await quick(server.url) as session:
        reply = await session.say("still well?")
        assert reply.text == "fine\n[hologram]"
        assert len(session.errors) == 6
        assert "not JSON" in str(session.errors[0])
        assert "no “text”" in str(session.errors[-1])


async def test_options_of_the_same_turn_and_links():
    async def two_messages(socket: Socket) -> None:
        link = {"type": "buttons", "buttons": [{"title": "Docs", "url": "https://docs.example"}]}
        await socket.greet("c-1", buttons("Pick", "Red"), link)
        await socket.send(bot("Take your time"))
        await socket.receive("user_message")
        await socket.send(bot("Red it is"))

    async with rogue(two_messages) as server, await quick(server.url) as session:
        await until(lambda: len(session.transcript) == 2)
        assert session.choices == ()
        with pytest.raises(UnknownChoice, match="opens the link https://docs.example"):
            await session.click("Docs")
        assert (await session.click("red")).text == "Red it is"
        assert server.texts() == ["RED"]


async def test_an_answer_that_never_comes():
    brief = cn.Timeouts(answer=0.1)
    async with (
        rogue(Socket.greet) as server,
        await quick(server.url, timeouts=brief) as session,
    ):
        with pytest.raises(RequestTimeout, match="conversation_transcript_request within 0.1 s"):
            await session.fetch_transcript()


async def test_a_file_goes_inside_the_message_where_nothing_is_uploaded(tmp_path: Path):
    small = tmp_path / "a.txt"
    small.write_text("hi")
    large = tmp_path / "b.bin"
    large.write_bytes(b"x" * 200_000)
    async with rogue(Socket.greet) as server, await quick(server.url) as session:
        await session.send_files([small], wait=False)
        await until(lambda: len(server.received) == 3)
        sent = server.received[-1]["event_payload"]["content"]
        assert sent["files"][0]["url"] == "data:text/plain;base64,aGk="
        with pytest.raises(InvalidFile, match="200,000 bytes.*send its URL"):
            await session.send_files([large])


async def test_nothing_is_uploaded_to_a_stranger(tmp_path: Path):
    async def lures(socket: Socket) -> None:
        payload = {"socket_id": "s", "upload_url": "http://evil.example/files"}
        await socket.send(frame("socket_connected", payload))
        await socket.receive("conversation_start")
        await socket.send(frame("conversation_start_success", {"conversation_id": "c"}), bot("Hi"))

    async with rogue(lures) as server, await quick(server.url) as session:
        with pytest.raises(InvalidFile, match="evil.example"):
            await session.send_files([("a.txt", b"x", "text/plain")])


async def test_cancelling_a_wait_leaves_the_line_said():
    async def later(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.receive("user_message")
        await socket.send(bot("both"))

    async with rogue(later) as server, await quick(server.url) as session:
        waiting = asyncio.create_task(session.say("one"))
        await until(lambda: session.transcript.where(sender="user"))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await session.say("two")).text == "both"
        assert server.texts() == ["one", "two"]


async def test_frames_are_json_the_document_shows():
    async with rogue(Socket.greet) as server, await quick(server.url) as session:
        await session.say("hello", wait=False)
        sent = json.loads(session.events[-1].frame)
        del sent["event"]["event_payload"]["client_msg_id"]
        assert sent == {
            "action": "sendMessage",
            "event": {
                "event_type": "user_message",
                "event_payload": {
                    "type": "message_create",
                    "conversation_id": "c-1",
                    "content": {"type": "text", "text": "hello"},
                },
            },
        }
        assert server.url.endswith("/dev")
        assert server.paths == ["/dev?apiKey=a-long-test-key"]
