"""One live conversation: the bot's turns, the agent's part, actions and failures."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from support.bare import Bare, connect, texts
from support.until import until

FLOW = """
nodes:
  menu:
    - Menu.
    - buttons: Choose
      options: {Help: help, Slow: slow, Facts: facts, Events: events}
  help:
    - One moment.
    - hand over: Somebody needs help.
      busy: busy
    - Back from the agent.
  busy: Nobody is free.
  slow: [One., {pause: 0.05}, Two.]
  facts:
    - set: {seen: true}
    - if: seen
      then: Seen by {user.firstName}.
  events:
    - action: first
    - Words.
    - action: second
      data: {n: 1}
    - event: confetti
      payload: {colours: [red]}
    - answer: metadata_request
    - answer: get_conversations
    - answer: conversation_transcript_request
actions:
  poke: ["Poked with {action.how}."]
agent:
  name: Robin
  joins after: 0
  greets: [Robin here., {pause: 0.01}, 'How can I help?']
  hear: {bye: [Bye., leave, Never said.]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    path = tmp_path_factory.mktemp("flows") / "chat.yaml"
    path.write_text(FLOW)
    with EmbeddedServer(path) as server:
        yield server


@asynccontextmanager
async def greeted(server: EmbeddedServer) -> AsyncIterator[Bare]:
    async with connect(server) as client:
        await client.start(userBasicInfo={"firstName": "Ann"})
        await client.say("")
        await client.bot()
        yield client


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Bare]:
    async with greeted(server) as client:
        yield client


async def kinds(client: Bare, count: int) -> list[tuple[str, Any]]:
    return [await client.next() for _ in range(count)]


async def test_a_pause_is_announced_and_kept(client: Bare):
    before = time.monotonic()
    await client.say("Slow")
    first, second = await client.bot(), await client.bot()
    assert first["content"] == [{"type": "text", "text": "One."}, {"type": "pause", "time": 50}]
    assert texts(second) == ["Two."]
    assert time.monotonic() - before >= 0.05


async def test_what_comes_during_a_pause_is_answered_after_it(client: Bare):
    await client.say("Slow")
    await client.say("Facts")
    said = [texts(await client.bot()) for _ in range(3)]
    assert said == [["One."], ["Two."], ["Seen by Ann."]]


async def test_actions_events_and_answers_in_order(client: Bare):
    await client.say("Events")
    events = await kinds(client, 7)
    assert [kind for kind, _ in events] == [
        *("action", "bot_message", "action", "confetti"),
        *("conversation_metadata", "user_conversations", "conversation_transcript"),
    ]
    second = events[2][1]
    assert (second["id"], second["data"]) == ("second", {"n": 1})
    assert second["actions"] == [{"type": "normal", "id": "second", "data": {"n": 1}}]
    assert events[3][1] == {"conversation_id": client.conversation_id, "colours": ["red"]}
    entries = [group["messages"][0] for group in events[6][1]["transcript"]]
    assert [entry["from"] for entry in entries] == ["chatbot", "user", "chatbot", "chatbot"]
    assert [action["id"] for action in entries[2]["actions"]] == ["first"]
    assert [action["id"] for action in entries[3]["actions"]] == ["second"]


async def test_an_action_of_the_client_may_have_a_node(client: Bare):
    await client.send(
        "action", conversation_id=client.conversation_id, id="poke", data={"how": "care"}
    )
    assert texts(await client.bot()) == ["Poked with care."]


async def test_an_unknown_action_is_taken_in_silence(client: Bare):
    await client.send("action", conversation_id=client.conversation_id, id="nothing")
    assert await client.told("Facts") == ["Seen by Ann."]


async def test_hand_over_live_chat_and_back(client: Bare):
    await client.say("Help")
    events = await kinds(client, 5)
    assert [kind for kind, _ in events] == [
        *("bot_message", "action", "conversation_update", "livechat_message", "livechat_message"),
    ]
    assert events[1][1]["id"] == "escalateToHuman"
    update = events[2][1]
    assert (update["type"], update["conversation_id"]) == (
        "livechatAgentConnected",
        client.conversation_id,
    )
    agent = update["data"]["agent"]
    assert agent["name"] == "Robin"
    assert [texts(payload) for _, payload in events[3:]] == [["Robin here."], ["How can I help?"]]
    await client.say("Bye then")
    (_, bye), (_, left), (_, back) = await kinds(client, 3)
    assert texts(bye) == ["Bye."]
    assert (left["type"], left["data"]) == ("livechatAgentDisconnected", {"agent": agent})
    assert texts(back) == ["Back from the agent."]


async def test_nobody_is_free(client: Bare, server: EmbeddedServer):
    server.agent.available = False
    try:
        await client.say("Help")
        update = await client.until("conversation_update")
        assert (update["type"], update["data"]) == (
            "failedAgentAssignment",
            {"reason": "No agent is available."},
        )
        assert texts(await client.bot()) == ["Nobody is free."]
        await client.send("action", conversation_id=client.conversation_id, id="escalateToHuman")
        await client.until("conversation_update")
        assert "nobody from the team is free" in texts(await client.bot())[0]
    finally:
        server.agent.available = True


async def test_escalation_by_the_client_works_in_every_flow(client: Bare):
    await client.send(
        "action", conversation_id=client.conversation_id, id="escalateToHuman", data={}
    )
    assert (await client.next())[1]["type"] == "livechatAgentConnected"
    await client.until("livechat_message")
    await client.until("livechat_message")
    await client.send("action", conversation_id=client.conversation_id, id="poke")
    await client.say("bye")
    assert texts((await client.next())[1]) == ["Bye."]
    assert (await client.next())[1]["type"] == "livechatAgentDisconnected"
    assert await client.told("Facts") == ["Seen by Ann."], "the poke was not for the bot"


async def test_a_bot_that_fails_says_so_and_the_next_turn_comes(
    client: Bare, server: EmbeddedServer, caplog: pytest.LogCaptureFixture
):
    conversation = server.service.find(client.conversation_id)
    await client.ask("metadata_request", "conversation_metadata")  # the greeting's turn is over
    conversation.memory.node = "a node of another flow"
    with caplog.at_level(logging.CRITICAL, "captivate_nb.server.serial_queue"):
        await client.say("xyzzy")
        error = await client.until("general_error")
    assert (error["error_code"], error["conversation_id"]) == (500, client.conversation_id)
    assert await client.told("Facts") == ["Seen by Ann."]


async def test_a_deleted_conversation_falls_silent(
    server: EmbeddedServer, caplog: pytest.LogCaptureFixture
):
    async with greeted(server) as client:
        await client.say("Slow")
        await client.bot()
        await client.say("a turn that waits for the one before")
        await client.ask("delete_conversation", "delete_conversation_success")
        await client.start()
        await client.say("")
        assert texts(await client.bot()) == ["Menu."]
        await client.say("Slow")
        assert [texts(await client.bot()) for _ in range(2)] == [["One."], ["Two."]]
    slow = "Executing <"  # asyncio's debug mode tells of a machine with other work
    assert [one for one in caplog.messages if not one.startswith(slow)] == []


CUT = """
nodes:
  menu:
    - Menu.
  slow:
    - One.
    - set: {half: true}
    - pause: 60
    - Two.
    - ask: Name?
      save: name
    - So you are {name}.
hear: {slow: slow, lost: [hand over: Lost, 'Nobody has taken it.']}
agent: {name: Robin, joins after: 60, greets: Hi., hear: {bye: [Bye., leave]}}
"""


@pytest.fixture(params=["in memory", "in a file"])
def halting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server that a test stops and starts again."""
    path = tmp_path / "cut.yaml"
    path.write_text(CUT)
    store = tmp_path / "store.db" if request.param == "in a file" else None
    with EmbeddedServer(path, store=store) as server:
        yield server


async def entries_of(client: Bare) -> list[str]:
    told = await client.ask("conversation_transcript_request", "conversation_transcript")
    entries = [entry for group in told["transcript"] for entry in group["messages"]]
    return [line["text"] for entry in entries for line in entry["messages"] if "text" in line]


async def test_a_turn_cut_short_is_finished_and_not_begun_anew(halting: EmbeddedServer):
    async with greeted(halting) as client:
        conversation_id = client.conversation_id
        assert await client.told("slow") == ["One."]
        await client.say("Ann")
        await client.ask("metadata_request", "conversation_metadata")
        await asyncio.to_thread(halting.stop)
    halting.start()
    async with connect(halting) as client:
        client.conversation_id = conversation_id
        await until(lambda: not halting.service.find(conversation_id).turns)
        assert await entries_of(client) == [
            *("Menu.", "slow", "One.", "Ann", "Two.", "Name?", "So you are Ann."),
        ]
        told = await client.ask("metadata_request", "conversation_metadata")
        assert told["content"] == {"half": True, "name": "Ann"}


async def test_a_live_chat_goes_on_where_it_was(halting: EmbeddedServer):
    halting.agent.take_over()
    async with greeted(halting) as client:
        conversation_id = client.conversation_id
        await client.say("lost")
        await client.until("action")
        await client.say("Anyone?")
        await until(lambda: [one.heard for one in halting.agent.queue] == [("Anyone?",)])
        before = halting.agent.queue
        await asyncio.to_thread(halting.stop)
    halting.start()
    (now,) = halting.agent.queue
    assert (now.heard, now.since, now.reason) == (("Anyone?",), before[0].since, "Lost")
    halting.agent.accept(name="Robin")
    (joined,) = halting.agent.chats
    await asyncio.to_thread(halting.stop)
    halting.start()
    assert [(one.agent, one.joined) for one in halting.agent.chats] == [("Robin", joined.joined)]
    async with connect(halting) as client:
        client.conversation_id = conversation_id
        await entries_of(client)
        halting.agent.say("Here I am.")
        assert texts(await client.until("livechat_message")) == ["Here I am."]
        halting.agent.leave()
        assert (await client.until("conversation_update"))["type"] == "livechatAgentDisconnected"
        assert texts(await client.bot()) == ["Nobody has taken it."]
        assert halting.service.find(conversation_id).handoff is None


async def test_a_bot_that_waits_for_an_agent_nobody_knows_of_goes_on(halting: EmbeddedServer):
    async with greeted(halting) as client:
        conversation_id = client.conversation_id
        await client.say("lost")
        await client.until("action")
        await client.ask("metadata_request", "conversation_metadata")
        conversation = halting.service.find(conversation_id)

        def forget():
            halting.service.store.note_handoff(conversation, None)
            halting.service.store.commit()

        halting.call(forget)
        await asyncio.to_thread(halting.stop)
    halting.start()
    await until(lambda: not halting.service.find(conversation_id).unfinished)
    async with connect(halting) as client:
        client.conversation_id = conversation_id
        assert (await entries_of(client))[-1] == "Nobody has taken it."
