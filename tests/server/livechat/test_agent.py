"""Python plays the agent, from any thread."""

from __future__ import annotations

import asyncio
import queue
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from captivate_nb.errors import CaptivateError, InvalidFile, ServeError
from captivate_nb.protocol import content as c
from captivate_nb.server.embedded import EmbeddedServer
from support.bare import Bare, connect, texts
from support.until import until


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer("support") as server:
        server.agent.take_over()
        yield server


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Bare]:
    async with connect(server) as client:
        await client.start()
        yield client


async def waiting(client: Bare) -> None:
    """Ask for an agent, and wait until the queue has heard it."""
    await client.say("agent")
    await client.until("action")


async def connected(client: Bare) -> None:
    assert (await client.until("conversation_update"))["type"] == "livechatAgentConnected"


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


async def test_a_whole_live_chat(client: Bare, server: EmbeddedServer):
    agent = server.agent
    assert (agent.queue, agent.chats, agent.scripted) == ((), (), False)
    await waiting(client)
    (visitor,) = agent.queue
    assert (visitor.conversation_id, visitor.user_id) == (client.conversation_id, "ann")
    assert (visitor.agent, visitor.reason) == (None, "A visitor asks for the support team.")
    assert agent.accept(name="Robin").agent == "Robin"
    await connected(client)
    assert (agent.queue, len(agent.chats)) == ((), 1)
    agent.say("Hello, Ann.")
    said = await client.until("livechat_message")
    assert (texts(said), said["agent_name"]) == (["Hello, Ann."], "Robin")
    await client.say("My lamp is broken")
    await until(lambda: agent.chats[0].heard == ("My lamp is broken",))
    agent.leave()
    assert (await client.until("conversation_update"))["type"] == "livechatAgentDisconnected"
    assert texts(await client.bot()) == ["Thank you for chatting with our team."]
    assert agent.chats == ()


async def test_files_of_every_kind(client: Bare, server: EmbeddedServer, tmp_path: Path):
    await waiting(client)
    server.agent.accept()
    path = tmp_path / "my notes.txt"
    path.write_text("notes")
    server.agent.send_files([path, "https://example.org/a/b.png?x=1", c.File("u", "n", "t")])
    ((item,),) = [(await client.until("livechat_message"))["content"]]
    mine, url, whole = item["files"]
    assert (mine["filename"], mine["type"], mine["size"]) == ("my notes.txt", "text/plain", 5)
    assert await asyncio.to_thread(fetch, mine["url"]) == b"notes"
    assert (url["filename"], url["type"]) == ("b.png", "image/png")
    assert whole == {"url": "u", "type": "t", "filename": "n"}
    with pytest.raises(InvalidFile, match="nothing.png cannot be read: No such file"):
        server.agent.send_files([tmp_path / "nothing.png"])
    with pytest.raises(InvalidFile, match="cannot be read: It is a device, not a file"):
        server.agent.send_files([Path("/dev/zero")])
    with (tmp_path / "large").open("wb") as file:
        file.truncate(6 * 1024**3)
    with pytest.raises(InvalidFile, match="has 6,442,450,944 bytes, and at most 10,485,760 can"):
        server.agent.send_files([tmp_path / "large"])


async def test_refuse(client: Bare, server: EmbeddedServer):
    await waiting(client)
    server.agent.refuse(client.conversation_id)
    assert (await client.until("conversation_update"))["type"] == "failedAgentAssignment"
    assert texts(await client.bot()) == ["Our agents are currently busy at the moment."]
    assert server.agent.queue == ()


async def test_not_available(client: Bare, server: EmbeddedServer):
    await waiting(client)
    server.agent.available = False
    assert server.agent.available is False
    assert (await client.until("conversation_update"))["type"] == "failedAgentAssignment"
    await client.say("agent")
    assert (await client.until("conversation_update"))["type"] == "failedAgentAssignment"


async def test_two_at_once(client: Bare, server: EmbeddedServer):
    agent = server.agent
    async with connect(server) as other:
        await other.start(userId="bob")
        await waiting(client)
        await waiting(other)
        assert [visitor.user_id for visitor in agent.queue] == ["ann", "bob"]
        agent.accept()
        agent.accept()
        assert agent.say("for Bob").user_id == "bob"
        agent.say("for Ann", client.conversation_id)
        assert texts(await other.until("livechat_message")) == ["for Bob"]
        assert texts(await client.until("livechat_message")) == ["for Ann"]


async def test_taking_over_from_the_script_and_giving_back(client: Bare, server: EmbeddedServer):
    agent = server.agent
    await waiting(client)
    agent.give_back()
    await connected(client)
    await client.until("livechat_message")
    agent.take_over()
    await client.say("Are you a script?")
    await until(lambda: agent.chats[0].heard == ("Are you a script?",))
    agent.say("No.")
    assert texts(await client.until("livechat_message")) == ["No."]
    agent.give_back()
    await client.say("thanks")
    assert texts(await client.until("livechat_message")) == ["You are welcome. Goodbye!"]


async def test_half_a_character_is_replaced_in_what_an_agent_says(
    client: Bare, server: EmbeddedServer
):
    await waiting(client)
    server.agent.take_over()
    server.agent.accept(name="Ma\ud83d")
    server.agent.say("half \ud83d")
    assert texts(await client.until("livechat_message")) == ["half \ufffd"]
    server.agent.send_files([("\ud83d.txt", b"x", "text/plain")], text="\ud83d")
    assert texts(await client.until("livechat_message")) == ["\ufffd"]
    await client.ask("conversation_transcript_request", "conversation_transcript")


async def test_what_the_user_said_while_waiting_is_not_lost(client: Bare, server: EmbeddedServer):
    await waiting(client)
    await client.say("order 4711 please")
    await until(lambda: server.agent.queue[0].heard == ("order 4711 please",))
    server.agent.give_back()
    await connected(client)
    await client.until("livechat_message")
    assert "order 4711" in texts(await client.until("livechat_message"))[0]


async def test_a_deleted_conversation_leaves_the_desk(client: Bare, server: EmbeddedServer):
    await waiting(client)
    await client.ask("delete_conversation", "delete_conversation_success")
    assert server.agent.queue == ()


async def test_watching(client: Bare, server: EmbeddedServer):
    seen: queue.Queue[Any] = queue.Queue()

    def watch(what: str, handoff: Any) -> None:
        seen.put((what, handoff and handoff.user_id, threading.current_thread().name))
        if what == "waiting":
            server.agent.accept()  # on the server's own thread

    stop = server.agent.watch(watch)
    await waiting(client)
    await connected(client)
    server.agent.leave()
    server.agent.available = True
    stop()
    server.agent.available = False
    told = [seen.get(timeout=5) for _ in range(seen.qsize())]
    assert [what for what, _, _ in told] == ["waiting", "connected", "left", "changed"]
    assert {user for _, user, _ in told} == {"ann", None}
    assert {thread for *_, thread in told} == {"captivate_nb server"}


@pytest.mark.parametrize("kind", [ValueError, SystemExit, asyncio.CancelledError, GeneratorExit])
async def test_a_watcher_that_fails_stops_nobody(
    client: Bare, server: EmbeddedServer, kind: type[BaseException], caplog: Any
):
    def fails(*_: object) -> None:
        raise kind("in a watcher")

    stop = server.agent.watch(fails)
    await waiting(client)
    server.agent.accept()
    await connected(client)
    stop()
    assert "a watcher of the live chat queue failed" in caplog.text
    assert "in a watcher" in caplog.text


async def test_what_cannot_be_done(client: Bare, server: EmbeddedServer):
    agent = server.agent
    with pytest.raises(CaptivateError, match="^No conversation waits for an agent"):
        agent.accept()
    with pytest.raises(CaptivateError, match="^No conversation has an agent"):
        agent.say("hello")
    await waiting(client)
    with pytest.raises(CaptivateError, match="has no agent. Did you mean"):
        agent.say("hello", client.conversation_id[:-1])
    server.stop()
    with pytest.raises(ServeError, match="does not run"):
        _ = agent.queue
