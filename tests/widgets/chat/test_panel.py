"""`ChatPanel` on real sessions: what it shows, and what it does for the user."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from IPython.display import display
from IPython.utils.capture import capture_output

import captivate_nb as cn
from captivate_nb.conversation.transcript import Transcript
from captivate_nb.errors import UsageError
from captivate_nb.widgets.chat import panel as panel_module
from captivate_nb.widgets.chat.composer import FILES_LIMIT
from captivate_nb.widgets.chat.panel import CHECKING, CLOSED_HINT, DELETED, NOTES
from captivate_nb.widgets.inspector.time_travel_panel import PAST
from support.front_end import FrontEnd, on_offer
from support.rogue import Rogue, Socket, bot, buttons, frame, rogue, until
from support.shells import Shell

VIEW = "application/vnd.jupyter.widget-view+json"


def offered(panel: cn.ChatPanel) -> list[str]:
    return on_offer(panel) if panel.chat_log.live else []


def press(front_end: FrontEnd, panel: cn.ChatPanel, label: str) -> None:
    """Click an option of the newest message, as the page does."""
    newest = len(panel.session.transcript) - 1
    ident = panel.session.transcript[newest].id
    click = {"kind": "click", "index": newest, "id": ident, "option": on_offer(panel).index(label)}
    front_end.say(panel.chat_log, click)


def write(front_end: FrontEnd, panel: cn.ChatPanel, text: str, *files: tuple[str, bytes]) -> None:
    named = [{"name": name, "type": "text/plain"} for name, _ in files]
    content = {"kind": "send", "topic": "", "text": text, "files": named}
    front_end.say(panel.composer, content, tuple(data for _, data in files))


async def answered(front_end: FrontEnd, panel: cn.ChatPanel) -> dict[str, Any]:
    await until(lambda: front_end.custom(panel.composer))
    return front_end.custom(panel.composer)[-1]


def shown(front_end: FrontEnd, panel: cn.ChatPanel) -> list[str]:
    """The texts the page was told of since the panel was opened, each message as told last."""
    told = {
        batch["start"] + offset: item["parts"]
        for batch in front_end.custom(panel.chat_log, "append")
        for offset, item in enumerate(batch["items"])
    }
    parts = [part for index in sorted(told) for part in told[index]]
    return [part["text"] for part in parts if part["kind"] == "text"]


def problems(front_end: FrontEnd, panel: cn.ChatPanel) -> list[str]:
    told = front_end.custom(panel.chat_log, "problems")
    return [line["message"] for line in told[-1]["problems"]] if told else []


def waiting(front_end: FrontEnd, panel: cn.ChatPanel) -> list[str]:
    """How far the messages are that the page shows below all others."""
    told = [b for b in front_end.custom(panel.chat_log, "append") if "outbox" in b]
    return [item["delivery"] for item in told[-1]["outbox"]]


# --- what it shows -----------------------------------------------------------------------------


async def test_it_opens_with_the_conversation_as_it_stands(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        assert panel.header.status == "open"
        assert panel.header.facts[-1] == f"{session.conversation_id[:13]}…"
        assert session.conversation_id in panel.header.about
        assert session.server.key not in json.dumps([sent.data for sent in front_end.sent])
        assert offered(panel) == ["Leave Contact Details", "Chat to Agent"]
        assert panel.chat_log.tail()["items"][0]["parts"][0]["text"] == "Hi. I'm the Captivate Bot."
        assert panel.composer.enabled
        assert panel.chat_log.note == ""
        assert repr(panel) == f"<ChatPanel on {session!r}>"
        panel.close()


async def test_a_reply_never_took_less_than_no_time(
    front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        for asked, answered, shown_as in ((10.0, 10.25, ["250 ms"]), (20.0, 4.0, ["250 ms"])):
            said = cn.Message(id=f"u{asked}", sender="user", text="Hi", time=asked)
            reply = cn.Message(id=f"b{asked}", sender="bot", text="Hello", time=answered)
            turn = Transcript([said, reply])
            monkeypatch.setattr(type(session), "transcript", property(lambda _, turn=turn: turn))
            panel._changed(0)
            assert [fact for fact in panel.header.facts if fact.endswith(" ms")] == shown_as
        panel.close()


async def test_a_button_is_clicked_and_the_agent_comes(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        press(front_end, panel, "Chat to Agent")
        await until(lambda: session.agent and "with Maya" in panel.header.facts)
        await until(
            lambda: (
                "Hi, this is Maya from the support team. How can I help?" in shown(front_end, panel)
            )
        )
        assert shown(front_end, panel)[:2] == [
            "Chat to Agent",
            "Please wait while I connect you to the support team.",
        ]
        assert offered(panel) == []
        assert any(fact.endswith(" ms") for fact in panel.header.facts)
        panel.close()


async def test_an_option_in_the_log_is_clicked_at_any_time(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        await session.say("hello")
        click = {"kind": "click", "index": 0, "id": session.transcript[0].id, "option": 1}
        front_end.say(panel.chat_log, click)
        await until(lambda: session.agent)
        assert session.transcript.where(sender="user")[-1].text == "Chat to Agent"
        panel.close()


async def test_two_panels_show_the_same_and_send_a_click_once(front_end: FrontEnd):
    async with await cn.demo() as session:
        one, other = cn.ChatPanel(session), cn.ChatPanel(session)
        for panel in (one, other):
            press(front_end, panel, "Chat to Agent")
        await until(lambda: session.agent)
        for panel in (one, other):
            await until(lambda panel=panel: front_end.custom(panel.chat_log, "answer"))
        said = session.transcript.where(sender="user")
        assert [message.text for message in said] == ["Chat to Agent"]
        assert offered(one) == offered(other) == []
        await until(lambda: len(shown(front_end, one)) == len(shown(front_end, other)) > 2)
        one.close()
        other.close()


async def test_errors_of_the_session_are_shown(front_end: FrontEnd):
    async def play(socket: Socket) -> None:
        await socket.greet()
        await socket.send('{"action": "receiveMessage", "event": {"event_')

    async with rogue(play) as server, await cn.connect(server.url, "a-test-key") as session:
        panel = cn.ChatPanel(session)
        await until(lambda: session.errors)
        await until(lambda: problems(front_end, panel) or len(session.errors))
        session.conversation.add_problem("late")
        panel._problem(session.errors[0])
        assert problems(front_end, panel)[-1].startswith("A frame was skipped")
        panel.close()


async def test_a_deleted_conversation_says_how_to_go_on(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        await session.delete()
        assert panel.chat_log.note == DELETED
        panel.close()


async def test_a_closed_session_says_so_and_takes_nothing(front_end: FrontEnd):
    session = await cn.demo()
    panel = cn.ChatPanel(session)
    await session.close()
    assert panel.header.status == "closed"
    assert panel.chat_log.note == NOTES["closed"]
    assert not panel.composer.enabled
    assert panel.chat_log.status == "closed"
    assert panel.composer.hint == CLOSED_HINT
    assert offered(panel) == []
    write(front_end, panel, "hello")
    assert "session is closed" in (await answered(front_end, panel))["error"]
    late = cn.ChatPanel(session)
    assert (offered(late), late.chat_log.note) == ([], NOTES["closed"])
    for each in (panel, late):
        each.close()


def test_a_panel_of_no_session_says_what_it_needs():
    with pytest.raises(UsageError, match=r"ChatPanel needs a session, .*; got int\."):
        cn.ChatPanel(5)  # type: ignore[arg-type]


# --- what it does ------------------------------------------------------------------------------


async def test_a_line_is_sent_and_answered(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        write(front_end, panel, "  it's --fine\n")
        assert await answered(front_end, panel) == {"kind": "answer", "ask": "q"}
        assert session.transcript.where(sender="user")[0].text == "  it's --fine\n"
        panel.close()


async def test_files_are_sent_with_their_text(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        write(front_end, panel, "Here", ("a.txt", b"one"), ("b.txt", b"two"))
        assert await answered(front_end, panel) == {"kind": "answer", "ask": "q"}
        [message] = session.transcript.where(sender="user")
        assert [file.name for file in message.files] == ["a.txt", "b.txt"]
        assert message.text.startswith("Here")
        panel.close()


@pytest.mark.parametrize(
    ("text", "files", "error"),
    [
        ("x" * 200_000, [], "131,072"),
        (" ", [], "empty"),
        ("", [("a", b"x" * (FILES_LIMIT + 1))], "at most 10 MB of files"),
        ("", [("empty.txt", b"")], "is empty"),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_why(
    front_end: FrontEnd, text: str, files: list[tuple[str, bytes]], error: str
):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        write(front_end, panel, text, *files)
        answer = await answered(front_end, panel)
        assert error in answer["error"]
        assert session.transcript.where(sender="user") == cn.Transcript()
        panel.close()


async def test_what_is_written_without_a_connection_waits_and_is_taken(front_end: FrontEnd):
    async def greet_and_go(socket: Socket) -> None:
        await socket.greet("c-1", "Hello", buttons("Which?", "Yes"))
        await socket.drop()

    async def go_on(socket: Socket) -> None:
        await back.wait()
        await socket.connect()
        await socket.receive("conversation_transcript_request")
        payload = {"conversation_id": "c-1", "transcript": []}
        await socket.send(frame("conversation_transcript", payload))
        await socket.receive("user_message")
        await socket.send(bot("There you are"))

    back = asyncio.Event()
    async with (
        rogue(greet_and_go, go_on) as server,
        await cn.connect(server.url, "a-test-key") as session,
    ):
        panel = cn.ChatPanel(session)
        await until(lambda: panel.header.status == "reconnecting")
        assert panel.chat_log.note == NOTES["reconnecting"]
        assert panel.chat_log.status == "reconnecting"
        write(front_end, panel, "Are you there?")
        assert await answered(front_end, panel) == {"kind": "answer", "ask": "q"}
        await until(lambda: front_end.custom(panel.chat_log, "append"))
        [queued] = front_end.custom(panel.chat_log, "append")[-1]["outbox"]
        assert (queued["delivery"], queued["from"]) == ("queued", "user")
        back.set()
        await until(lambda: "There you are" in shown(front_end, panel))
        assert panel.chat_log.note == ""
        told = [b for b in front_end.custom(panel.chat_log, "append") if "outbox" in b]
        assert told[-1]["outbox"] == []
        panel.close()


async def test_a_message_that_another_leaves_in_doubt_takes_no_text_from_the_composer(
    front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
):
    async def sending(text: str, *, wait: bool) -> None:
        begun.set()
        await sent.wait()
        raise OSError("no")

    begun, sent = asyncio.Event(), asyncio.Event()
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        monkeypatch.setattr(session, "say", sending)
        write(front_end, panel, "Are you there?")
        await begun.wait()
        doubtful = cn.Message(id="m", sender="user", text="Before", delivery="unknown")
        session.set_trait("outbox", (doubtful,))
        for _ in range(10):  # turns of the loop, in which the page would be answered
            await asyncio.sleep(0)
        sent.set()
        assert (await answered(front_end, panel))["error"] == "OSError: no"
        panel.close()


# --- messages in doubt -------------------------------------------------------------------------


async def hear_and_go(socket: Socket) -> None:
    await socket.greet()
    await socket.receive("user_message")
    await socket.drop()


async def know_nothing(socket: Socket) -> None:
    """Take what is said, and tell no transcript."""
    await socket.connect()
    while True:
        payload = await socket.receive()
        if "content" not in payload:
            error = {"error_code": "500", "error_desc": "None", **payload}
            await socket.send(frame("general_error", error))


@asynccontextmanager
async def in_doubt(front_end: FrontEnd) -> AsyncIterator[tuple[Rogue, cn.ChatPanel, str]]:
    """A session of which it is not known whether its one message arrived, and the message's id."""
    async with (
        rogue(hear_and_go, know_nothing) as server,
        await cn.connect(server.url, "a-test-key") as session,
    ):
        panel = cn.ChatPanel(session)
        await session.say("Where is it?", wait=False)
        await until(lambda: delivery(session) == "unknown", 60)
        yield server, panel, session.transcript.where(sender="user")[0].id
        panel.close()


def delivery(session: cn.Session) -> str | None:
    return session.transcript.where(sender="user")[0].delivery


async def test_a_message_in_doubt_is_sent_again(front_end: FrontEnd):
    async with in_doubt(front_end) as (server, panel, ident):
        assert panel.chat_log.live
        await until(lambda: "“Where is it?”" in str(problems(front_end, panel)))
        front_end.say(panel.chat_log, {"kind": "decide", "id": ident, "how": "again"})
        await until(lambda: front_end.custom(panel.chat_log, "answer"))
        await until(lambda: server.texts() == ["Where is it?"] * 2)
        assert delivery(panel.session) != "unknown"
        again = "“Where is it?” was sent again, as you asked."
        assert [line for line in problems(front_end, panel) if "Where is it?" in line] == [again]


async def test_a_message_that_is_checked_is_said_to_be(front_end: FrontEnd):
    async def go_on(socket: Socket) -> None:
        await socket.connect()
        payload = await socket.receive("conversation_transcript_request")
        await socket.send(frame("conversation_transcript", {**payload, "transcript": []}))
        await seen.wait()
        await socket.send(bot("Here"))

    seen = asyncio.Event()
    async with (
        rogue(hear_and_go, go_on) as server,
        await cn.connect(server.url, "a-test-key") as session,
    ):
        panel = cn.ChatPanel(session)
        await session.say("Where is it?", wait=False)
        checking = CHECKING.format("“Where is it?”")
        await until(lambda: panel.chat_log.note == checking)
        assert (session.status, delivery(session)) == ("open", "queued")
        seen.set()
        await until(lambda: panel.chat_log.note == "")
        assert delivery(session) == "confirmed"
        panel.close()


async def test_a_message_in_doubt_is_taken_for_arrived_once(front_end: FrontEnd):
    async with in_doubt(front_end) as (server, panel, ident):
        for count in (1, 2):
            front_end.say(panel.chat_log, {"kind": "decide", "id": ident, "how": "arrived"})
            await until(lambda n=count: len(front_end.custom(panel.chat_log, "answer")) == n)
            assert delivery(panel.session) == "confirmed"
        assert server.texts() == ["Where is it?"]
        assert ident in problems(front_end, panel)[-1]


async def test_nothing_is_decided_in_the_past(front_end: FrontEnd):
    async with in_doubt(front_end) as (server, panel, ident):
        panel.go(-1)
        assert not panel.chat_log.live
        front_end.say(panel.chat_log, {"kind": "decide", "id": ident, "how": "again"})
        await until(lambda: front_end.custom(panel.chat_log, "answer"))
        assert problems(front_end, panel)[-1] == PAST
        assert server.texts() == ["Where is it?"]
        panel.go(None)
        assert panel.chat_log.live
        await panel.session.close()
        assert not panel.chat_log.live


async def test_what_waited_and_was_not_sent_is_told(front_end: FrontEnd):
    async def greet_and_go(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async def silence(socket: Socket) -> None:
        await refuse.wait()
        await socket.websocket.close(4401, "no such key")

    refuse = asyncio.Event()
    for end, why in (("close", "The session was closed"), ("refuse", "no such key")):
        refuse.clear()
        async with rogue(greet_and_go, silence) as server:
            brief = cn.Timeouts(refused=0.2)
            session = await cn.connect(server.url, "a-test-key", timeouts=brief)
            panel = cn.ChatPanel(session)
            await until(lambda session=session: session.status == "reconnecting")
            write(front_end, panel, "Are you there?")
            assert await answered(front_end, panel) == {"kind": "answer", "ask": "q"}
            if end == "close":
                await session.close()
            refuse.set()
            await until(lambda panel=panel: "not sent" in str(problems(front_end, panel)))
            assert why in problems(front_end, panel)[-1]
            await until(lambda panel=panel: waiting(front_end, panel) == ["failed"])
            panel.close()
            await session.close()


async def test_a_restart_is_a_new_conversation(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        before = session.conversation_id
        await session.say("hello")
        front_end.say(panel.header, {"kind": "restart"})
        await until(lambda: front_end.custom(panel.header, "answer"))
        assert session.conversation_id != before
        await until(lambda: front_end.custom(panel.chat_log, "append")[-1]["total"] == 1)
        assert offered(panel) == ["Leave Contact Details", "Chat to Agent"]
        panel.close()


async def test_a_restart_that_fails_says_so(front_end: FrontEnd):
    session = await cn.demo()
    panel = cn.ChatPanel(session)
    await session.close()
    front_end.say(panel.header, {"kind": "restart"})
    await until(lambda: front_end.custom(panel.header, "answer"))
    await until(lambda: problems(front_end, panel))
    assert "session is closed" in problems(front_end, panel)[-1]
    panel.close()


# --- its life ----------------------------------------------------------------------------------


async def test_a_bad_network_is_rehearsed_from_the_menu(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        assert panel.header.network == "off"
        assert [text[:15] for text in panel.header.networks[2]] == ["hotel wifi", "Slow and uneven"]
        front_end.say(panel.header, {"kind": "network", "name": "echoes"})
        await until(lambda: panel.header.network == "echoes")
        assert session.server.faults.duplicate == 0.2
        assert "network: echoes" in panel.header.facts
        await asyncio.to_thread(setattr, session.server, "faults", "hotel wifi")  # as a cell may
        await until(lambda: panel.header.network == "hotel wifi")
        assert "network: hotel wifi" in panel.header.facts
        front_end.say(panel.header, {"kind": "network", "name": "off"})
        await until(lambda: panel.header.network == "off")
        assert not any("network" in fact for fact in panel.header.facts)
        panel.close()
    async with rogue(Socket.greet) as server, await cn.connect(server.url, "key") as session:
        panel = cn.ChatPanel(session)
        assert panel.header.networks == []
        front_end.say(panel.header, {"kind": "network", "name": "echoes"})
        await asyncio.sleep(0)
        panel.close()


async def test_closing_frees_every_model_and_leaves_the_session(front_end: FrontEnd):
    before = front_end.models()
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        await session.click("Chat to Agent")
        await session.restart()
        panel.close()
        panel.close()
        assert front_end.models() == before
        assert (await session.say("hello")).text
        assert not session.errors


async def test_closed_it_is_let_go_of_with_its_session(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("events")
        panel.close()
    kept = [weakref.ref(panel), weakref.ref(session)]
    del panel, session
    await until(lambda: gc.collect() >= 0 and not any(ref() for ref in kept))


async def test_where_it_is_shown_the_text_stays(front_end: FrontEnd, ipython: Shell):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        with capture_output() as captured:
            display(panel)
        live, text = captured.outputs
        assert live.data[VIEW]["model_id"] == panel.model_id
        assert "Run this cell to chat again" in text.data["text/html"]
        assert "Captivate Bot" in text.data["text/plain"]
        assert f'id="{panel.chat_log.fallback}"' in text.data["text/html"]
        assert VIEW in panel._repr_mimebundle_()

        with capture_output() as captured:
            panel.close()
        text, closed = captured.outputs
        assert text.update
        assert closed.update
        assert "was closed" in closed.data["text/plain"]
        assert "Captivate Bot" in text.data["text/html"]
        assert "Run this cell" not in text.data["text/html"]

        with capture_output() as captured:
            display(panel)
        assert [VIEW in output.data for output in captured.outputs] == [False, False]


async def test_a_cells_end_saves_what_is_new(front_end: FrontEnd, ipython: Shell):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        events = ipython.ip.events
        with capture_output():
            display(panel)
        assert front_end.updates(panel.chat_log, "saved") == []
        with capture_output() as captured:
            await session.say("hello")
            events.trigger("post_run_cell", None)
            events.trigger("post_run_cell", None)
        [saved] = front_end.updates(panel.chat_log, "saved")
        assert saved["items"][1]["parts"] == [{"kind": "text", "text": "hello"}]
        [text] = captured.outputs
        assert text.update
        assert "hello" in text.data["text/html"]
        panel.close()
        await session.say("after")
        events.trigger("post_run_cell", None)


async def test_quiet_saves_what_is_new(front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(panel_module, "SAVE_AFTER", 0.01)
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        await session.say("hello")
        await until(lambda: front_end.updates(panel.chat_log, "saved"))
        await session.say("again")
        panel.close()
