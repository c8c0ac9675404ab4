"""The queue at one moment, and what makes it look different the next."""

from __future__ import annotations

import queue
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server.embedded import EmbeddedServer
from support.bare import Bare, connect


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer("support") as server:
        server.agent.take_over()
        yield server


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Bare]:
    async with connect(server) as client:
        await client.start(userBasicInfo={"firstName": "Ada", "lastName": "Lovelace"})
        await client.say("agent")
        await client.until("action")
        yield client


class Watch:
    """What watchers of a server's queue are told, in order."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._told: queue.Queue[str] = queue.Queue()
        self.stop = server.agent.watch(lambda what, handoff: self._told.put(what))

    def next(self) -> str:
        return self._told.get(timeout=5)


async def test_who_waits_and_what_was_said(client: Bare, server: EmbeddedServer):
    seen = server.agent.overview(client.conversation_id)
    assert (seen.available, seen.scripted) == (True, False)
    (visitor,) = seen.visitors
    assert (visitor.name, visitor.user_id, visitor.agent) == ("Ada Lovelace", "ann", None)
    assert (visitor.present, visitor.joined) == (True, None)
    assert [one.sender for one in seen.said] == ["user", "bot"]
    assert seen.said[0].content == (c.Text("agent"),)
    assert seen.said[0].time <= visitor.since
    server.agent.accept(name="Robin")
    server.agent.say("Hello")
    seen = server.agent.overview(client.conversation_id)
    assert visitor.since <= seen.visitors[0].joined <= seen.said[-1].time
    assert (seen.said[-1].sender, seen.said[-1].name) == ("agent", "Robin")
    assert server.agent.overview().said == server.agent.overview("no such").said == ()


async def test_who_has_left_the_desk_is_still_read(client: Bare, server: EmbeddedServer):
    server.agent.refuse()
    seen = server.agent.overview(client.conversation_id)
    assert seen.visitors == ()
    assert seen.said[0].content == (c.Text("agent"),)
    await client.until("conversation_update")
    await client.ask("delete_conversation", "delete_conversation_success")
    assert server.agent.overview(client.conversation_id).said == ()


async def test_a_user_without_a_name(server: EmbeddedServer):
    async with connect(server) as client:
        await client.start(userBasicInfo={"firstName": 7})
        await client.say("agent")
        await client.until("action")
        assert server.agent.queue[0].name == "ann"


async def test_a_user_goes_and_comes_back(client: Bare, server: EmbeddedServer):
    watch = Watch(server)
    first = client.conversation_id
    await client.start()
    assert watch.next() == "away"
    assert not server.agent.queue[0].present
    client.conversation_id = first
    await client.say("I am back")
    assert [watch.next(), watch.next()] == ["back", "heard"]
    assert server.agent.queue[0].present
    await client.socket.close()
    assert watch.next() == "away"
    assert not server.agent.queue[0].present
    async with connect(server) as again:
        again.conversation_id = first
        await again.say("And now?")
        assert watch.next() == "back"
        assert server.agent.queue[0].present
    watch.stop()


async def test_a_message_is_edited(client: Bare, server: EmbeddedServer):
    watch = Watch(server)
    (said, _) = server.agent.overview(client.conversation_id).said
    edited = {"type": "text", "text": "a person"}
    await client.ask("edit_message", "message_edited_success", message_id=said.id, content=edited)
    assert watch.next() == "edited"
    assert server.agent.overview(client.conversation_id).said[0].content == (c.Text("a person"),)


async def test_files_from_memory_with_a_text(client: Bare, server: EmbeddedServer):
    server.agent.accept()
    server.agent.send_files([("a.txt", b"one", ""), ("b", b"two", "x/y")], text="Here:")
    content: list[Any] = (await client.until("livechat_message"))["content"]
    assert content[0]["text"] == "Here:"
    assert [file["type"] for file in content[1]["files"]] == ["text/plain", "x/y"]


def test_the_server_stops_and_starts_again(server: EmbeddedServer):
    watch = Watch(server)
    server.stop()
    assert watch.next() == "stopped"
    server.start()
    assert watch.next() == "changed"
    assert server.agent is server.agent
