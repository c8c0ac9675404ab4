"""The scripted agent, at a queue without a server."""

from __future__ import annotations

import asyncio

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server.livechat.queue import Handoff, LiveChatQueue
from captivate_nb.server.livechat.scripted_agent import ScriptedAgent
from captivate_nb.server.serial_queue import Tasks
from support.flows import flow_of
from support.handoffs import KeptConversation, handoff_of
from support.until import until

FLOW = """
nodes: {a: A}
agent:
  name: Robin
  joins after: 0
  greets: ["{agent} here, {name}.", pause: 0.01, files: mug.svg]
  hear:
    bye: [Bye., leave, Never said.]
    /order (?P<number>\\d+)/: ["Order {number}."]
  otherwise: ["“{said}”?"]
"""


@pytest.fixture
def queue() -> LiveChatQueue:
    queue = LiveChatQueue()
    ScriptedAgent(
        queue,
        lambda: flow_of(FLOW),
        lambda handoff: {"name": handoff.user_id},
        lambda url: f"at {url}",
        Tasks(),
    )
    return queue


def said(conversation: KeptConversation) -> list[str]:
    """Return what the agent said, and the updates by their names."""
    told: list[str] = []
    for one in conversation.told:
        content = one[1] if isinstance(one[1], tuple) else ()
        told += [item.text for item in content if isinstance(item, c.Text)]
        told += [item.files[0].url for item in content if isinstance(item, c.Files)]
        told += [one if isinstance(one, str) else one[0]] if not content else []
    return told


async def joined(queue: LiveChatQueue, handoff: Handoff, conversation: KeptConversation) -> None:
    queue.request(handoff)
    await until(lambda: len(conversation.told) == 3)


async def test_it_joins_greets_answers_and_leaves(queue: LiveChatQueue):
    handoff, conversation = handoff_of()
    await joined(queue, handoff, conversation)
    for text in ("Is my order 42 there?", "What now?", "bye"):
        queue.receive("c1", text, ())
    await until(lambda: conversation.told[-1] == "gone")
    assert said(conversation) == [
        "livechatAgentConnected",
        "Robin here, ann.",
        "at picture:mug.svg",
        "Order 42.",
        "“What now?”?",
        "Bye.",
        "livechatAgentDisconnected",
        "gone",
    ]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_it_answers_what_was_said_while_one_waited(queue: LiveChatQueue):
    handoff, conversation = handoff_of()
    queue.request(handoff)
    queue.receive("c1", "order 7", ())
    await until(lambda: said(conversation)[-1:] == ["Order 7."])
    assert len(said(conversation)) == 4


async def test_it_leaves_the_part_to_another(queue: LiveChatQueue):
    queue.play(scripted=False)
    handoff, conversation = handoff_of()
    queue.request(handoff)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    queue.accept(handoff, "Maya")
    queue.receive("c1", "hello", ())
    assert said(conversation) == ["livechatAgentConnected"]


async def test_it_takes_who_waits_when_it_is_its_part_again(queue: LiveChatQueue):
    queue.play(scripted=False)
    handoff, conversation = handoff_of()
    queue.request(handoff)
    queue.play(scripted=True)
    queue.play(scripted=True)
    await until(lambda: len(conversation.told) == 3)
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert len(conversation.told) == 3, "it joined once"


async def test_it_stops_in_the_middle_when_another_takes_over(queue: LiveChatQueue):
    handoff, conversation = handoff_of()
    queue.request(handoff)
    await until(lambda: len(conversation.told) == 2)
    queue.play(scripted=False)
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert said(conversation) == ["livechatAgentConnected", "Robin here, ann."]


async def test_it_does_not_join_who_is_gone(queue: LiveChatQueue):
    handoff, conversation = handoff_of()
    queue.request(handoff)
    queue.drop("c1")
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert conversation.told == []
