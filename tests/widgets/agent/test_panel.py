"""`AgentPanel` on real sessions and servers: what it shows, and what it does for the agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from IPython.display import display
from IPython.utils.capture import capture_output

import captivate_nb as cn
from captivate_nb.errors import ServeError, UsageError
from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.widgets.agent.panel import AWAY, ENDS, QUIET, REFUSING, STOPPED
from captivate_nb.widgets.chat.composer import FILES_LIMIT, MOVED
from captivate_nb.widgets.messages import Accept
from support.front_end import FrontEnd
from support.rogue import rogue, until
from support.shells import Shell

VIEW = "application/vnd.jupyter.widget-view+json"
ADA = {"firstName": "Ada", "lastName": "Lovelace"}


@pytest.fixture
async def session(front_end: FrontEnd) -> AsyncIterator[cn.Session]:
    async with await cn.demo(user=ADA) as session:
        yield session


async def another(session: cn.Session, user_id: str = "bob") -> cn.Session:
    """Another visitor of the same server."""
    return await cn.connect(session.url, session.server.key, user_id)


async def ask(session: cn.Session, panel: cn.AgentPanel) -> str:
    """Ask for an agent, and return the conversation's id once the panel shows that it waits."""
    await session.click("Chat to Agent", wait=False)
    await until(lambda: session.conversation_id in rows(panel))
    return str(session.conversation_id)


def rows(panel: cn.AgentPanel) -> dict[str, dict[str, Any]]:
    return {visitor["id"]: visitor for visitor in panel.desk.visitors}


def texts(panel: cn.AgentPanel) -> list[str]:
    return [message.text for message in panel._visitor_transcript.transcript]


async def act(front_end: FrontEnd, panel: cn.AgentPanel, kind: str, **what: Any) -> None:
    """Press a button of the page, and wait until it is told that it is done."""
    before = len(front_end.custom(panel.desk, "answer"))
    front_end.say(panel.desk, {"kind": kind, **what})
    await until(lambda: len(front_end.custom(panel.desk, "answer")) > before)


async def write(
    front_end: FrontEnd, panel: cn.AgentPanel, text: str, *files: tuple[str, bytes], **more: Any
) -> dict[str, Any]:
    """Send what is in the composer, and return what the page is answered."""
    before = len(front_end.custom(panel.composer))
    named = [{"name": name, "type": ""} for name, _ in files]
    content = {"kind": "send", "topic": panel.composer.topic, "text": text, "files": named, **more}
    front_end.say(panel.composer, content, tuple(data for _, data in files))
    await until(lambda: len(front_end.custom(panel.composer)) > before)
    return front_end.custom(panel.composer)[-1]


def problems(front_end: FrontEnd, panel: cn.AgentPanel) -> list[str]:
    told = front_end.custom(panel.chat_log, "problems")
    return [line["message"] for line in told[-1]["problems"]] if told else []


# --- one visitor -------------------------------------------------------------------------------


async def test_a_whole_handoff(front_end: FrontEnd, session: cn.Session):
    panel = cn.AgentPanel(session, name="Robin")
    assert (panel.desk.facts, panel.desk.hint) == (["0 waiting", "live agent"], QUIET)
    assert not panel.composer.enabled
    ident = await ask(session, panel)
    await until(lambda: panel.composer.hint == "Accept to write" and texts(panel))
    assert rows(panel)[ident]["name"] == "Ada Lovelace"
    assert (panel.desk.shown, panel.chat_log.user) == (ident, "Ada Lovelace")
    assert panel.desk.facts[0] == "1 waiting"
    assert texts(panel)[-1] == "Ada Lovelace asked for an agent"
    await act(front_end, panel, "accept", id=ident)
    assert rows(panel)[ident]["agent"] == "Robin"
    assert (panel.composer.enabled, panel.composer.topic) == (True, ident)
    assert panel.desk.facts[:2] == ["0 waiting", "1 chat"]
    assert await write(front_end, panel, "Hello Ada", topic=ident) == {"kind": "answer", "ask": "q"}
    await until(lambda: session.transcript[-1].text == "Hello Ada")
    assert session.transcript[-1].agent_name == "Robin"
    await session.say("Hi Robin", wait=False)
    await until(lambda: texts(panel)[-1] == "Hi Robin")
    assert rows(panel)[ident]["last"] == "Hi Robin"
    assert rows(panel)[ident]["unread"] == 0, "it is on show"
    files = [("a.txt", b"one"), ("b.png", b"two")]
    assert await write(front_end, panel, "Two files", *files) == {"kind": "answer", "ask": "q"}
    await until(lambda: len(session.transcript[-1].files) == 2)
    assert [file.type for file in session.transcript[-1].files] == ["text/plain", "image/png"]
    assert session.transcript[-1].text.startswith("Two files")
    assert await write(front_end, panel, "", ("c", b"x")) == {"kind": "answer", "ask": "q"}
    await act(front_end, panel, "leave", id=ident)
    assert rows(panel) == {}
    assert panel.chat_log.note == ENDS["left"].format(name="Ada Lovelace")
    assert not panel.composer.enabled
    await until(lambda: "Thank you for chatting" in session.transcript[-1].text)
    await session.say("hello")
    await panel._look()
    assert texts(panel)[-1] == "c", "what is said to the bot is not the agent's"
    panel.close()


async def test_refuse_and_not_available(front_end: FrontEnd, session: cn.Session):
    panel = cn.AgentPanel(session)
    ident = await ask(session, panel)
    await act(front_end, panel, "refuse", id=ident)
    assert panel.chat_log.note == ENDS["refused"].format(name="Ada Lovelace")
    await until(lambda: "currently busy" in session.transcript[-1].text)
    await act(front_end, panel, "available", on=False)
    assert (panel.desk.available, panel.desk.hint) == (False, REFUSING)
    await session.click("Try again", wait=False)
    await until(lambda: "currently busy" in session.transcript[-1].text)
    await act(front_end, panel, "available", on=True)
    assert session.server.agent.available
    await session.click("Try again", wait=False)
    await until(lambda: ident in rows(panel) and panel.chat_log.note == "")
    panel.close()


async def test_what_cannot_be_done_is_said(front_end: FrontEnd, session: cn.Session):
    panel = cn.AgentPanel(session)
    ident = await ask(session, panel)
    await until(lambda: panel.desk.shown == ident)
    assert "has no agent" in (await write(front_end, panel, "Hello"))["error"]
    assert (await write(front_end, panel, "Hello", topic="other")) == {
        "kind": "answer",
        "ask": "q",
        "error": MOVED,
    }
    huge = await write(front_end, panel, "", ("a", b"x" * (FILES_LIMIT + 1)))
    assert huge["error"] == "One message takes at most 10 MB of files."
    await act(front_end, panel, "accept", id=ident)
    await act(front_end, panel, "accept", id=ident)
    assert "does not wait for an agent" in problems(front_end, panel)[-1]
    with pytest.raises(UsageError, match="Only the visitor"):
        await panel.chat_log._choose(session.transcript[0], session.transcript[0].choices[0])
    panel.close()


async def test_an_edited_message_is_shown_as_it_is_now(front_end: FrontEnd, session: cn.Session):
    panel = cn.AgentPanel(session)
    await ask(session, panel)
    await until(lambda: "Chat to Agent" in texts(panel))
    await session.edit(session.transcript.where(sender="user")[0].id, "A person, please")
    await until(lambda: "A person, please" in texts(panel))
    panel.close()


# --- visitors come and go ----------------------------------------------------------------------


async def test_two_visitors(front_end: FrontEnd, session: cn.Session):
    panel = cn.AgentPanel(session.server)
    ada = await ask(session, panel)
    async with await another(session) as other:
        bob = await ask(other, panel)
        assert panel.desk.facts[0] == "2 waiting"
        for ident in (ada, bob):
            await act(front_end, panel, "accept", id=ident)
        assert panel.desk.shown == bob
        assert panel.desk.facts[1] == "2 chats"
        await session.say("for you", wait=False)
        await until(lambda: rows(panel)[ada]["unread"] == 1)
        front_end.say(panel.desk, {"kind": "show", "id": ada})
        await until(lambda: rows(panel)[ada]["unread"] == 0 and "for you" in texts(panel))
        assert panel.chat_log.user == "Ada Lovelace"
        shown = front_end.custom(panel.chat_log, "append")[-1]
        assert shown["total"] == len(texts(panel))
        front_end.say(panel.desk, {"kind": "show", "id": ada})
        await write(front_end, panel, "Only Ada")
        await until(lambda: session.transcript[-1].text == "Only Ada")
        assert not other.transcript.where(contains="Only Ada")
        panel.close()


async def test_a_visitor_who_goes_while_waiting_or_in_a_chat(
    front_end: FrontEnd, session: cn.Session
):
    panel = cn.AgentPanel(session)
    other = await another(session)
    bob = await ask(other, panel)
    await other.close()
    await until(lambda: not rows(panel)[bob]["present"])
    assert panel.chat_log.note == AWAY.format(name="bob")
    await act(front_end, panel, "refuse", id=bob)
    ada = await ask(session, panel)
    await act(front_end, panel, "accept", id=ada)
    await session.restart()
    await until(lambda: not rows(panel)[ada]["present"])
    assert panel.composer.enabled, "it may come back and read"
    await session.resume(ada)
    await session.say("I am back", wait=False)
    await until(lambda: panel.chat_log.note == "" and "I am back" in texts(panel))
    await session.delete()
    await until(lambda: panel.chat_log.note == ENDS["gone"].format(name="Ada Lovelace"))
    assert "I am back" in texts(panel), "what was said stays to be read"
    panel.close()


async def test_a_server_that_stops_and_one_that_starts_again(front_end: FrontEnd):
    server = EmbeddedServer().start()
    panel = cn.AgentPanel(server)
    server.stop()
    await until(lambda: not panel.desk.running)
    assert (panel.desk.hint, panel.chat_log.note) == (STOPPED, "")
    assert panel.desk.visitors == []
    await act(front_end, panel, "available", on=True)
    assert "does not run" in problems(front_end, panel)[-1]
    assert "does not run" in (await write(front_end, panel, "Anyone?"))["error"]
    server.start()
    await until(lambda: panel.desk.running)
    server.stop()
    panel.close()
    with pytest.raises(ServeError, match="does not run"):
        cn.AgentPanel(server)


async def test_a_session_that_is_closed_takes_its_server_with_it(front_end: FrontEnd):
    session = await cn.demo()
    panel = cn.AgentPanel(session)
    await ask(session, panel)
    await until(lambda: texts(panel) != [])
    await session.close()
    await until(lambda: not panel.desk.running)
    assert panel.chat_log.note == STOPPED
    before = front_end.models()
    panel.close()
    assert front_end.models() < before


# --- who plays the agent -----------------------------------------------------------------------


async def test_the_script_rests_while_a_panel_is_open(front_end: FrontEnd, session: cn.Session):
    agent = session.server.agent
    one, other = cn.AgentPanel(session), cn.AgentPanel(agent)
    assert not agent.scripted
    ident = await ask(session, one)
    await until(lambda: ident in rows(other))
    await act(front_end, one, "accept", id=ident)
    await until(lambda: rows(other)[ident]["agent"] == "Maya")
    one.close()
    assert not agent.scripted
    other.close()
    assert agent.scripted
    assert (await session.say("order 4711")).text.startswith("I have order 4711")


async def test_who_took_over_before_plays_on(front_end: FrontEnd, session: cn.Session):
    agent = session.server.agent
    agent.take_over()
    cn.AgentPanel(session).close()
    assert not agent.scripted
    panel = cn.AgentPanel(session)
    agent.give_back()
    await until(lambda: panel.desk.facts[-1] == "the flow's script answers")
    panel.close()


async def test_a_session_without_an_embedded_server(front_end: FrontEnd):
    async with (
        rogue(lambda socket: socket.greet()) as server,
        await cn.connect(server.url, "a-test-key") as session,
    ):
        with pytest.raises(UsageError, match="cannot be played from here.*captivate open"):
            cn.AgentPanel(session)
    with pytest.raises(UsageError, match="got int"):
        cn.AgentPanel(3)


# --- its life ----------------------------------------------------------------------------------


async def test_closing_frees_every_model(front_end: FrontEnd, session: cn.Session):
    before = front_end.models()
    panel = cn.AgentPanel(session)
    assert repr(panel) == "<AgentPanel of Maya>"
    await ask(session, panel)
    panel.close()
    panel.close()
    panel._woken("changed")
    await panel._do(Accept(ask="q", id="x"))
    assert front_end.models() == before
    assert session.server.service.queue.watchers[1:] == []


async def test_the_page_closes_it(front_end: FrontEnd, session: cn.Session):
    before = front_end.models()
    panel = cn.AgentPanel(session)
    for _ in range(2):
        front_end.say(panel.desk, {"kind": "close"})
    await until(lambda: front_end.models() == before)
    assert session.server.agent.scripted


async def test_it_is_text_where_it_cannot_live(
    front_end: FrontEnd, session: cn.Session, ipython: Shell
):
    panel = cn.AgentPanel(session)
    with capture_output() as captured:
        display(panel)
    live, text = captured.outputs
    assert live.data[VIEW]["model_id"] == panel.model_id
    assert "Run this cell to open it again" in text.data["text/html"]
    assert f'id="{panel.chat_log.fallback}"' in text.data["text/html"]
    with capture_output() as captured:
        panel.close()
    assert "was closed" in captured.outputs[-1].data["text/plain"]


def test_a_loop_that_has_ended_stops_no_server():
    with EmbeddedServer() as server:

        async def open_one() -> cn.AgentPanel:
            return cn.AgentPanel(server)

        panel = asyncio.run(open_one())
        server.agent.available = False
        panel.close()
