"""The scripted agent, at a desk without a server."""

from __future__ import annotations

import asyncio

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server.livechat.queue import Call, Desk
from captivate_nb.server.livechat.scripted_agent import ScriptedAgent
from support.desks import Line, call_of
from support.flows import flow_of
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
def desk() -> Desk:
    desk = Desk()
    ScriptedAgent(desk, flow_of(FLOW), lambda call: {"name": call.user_id}, lambda url: f"at {url}")
    return desk


def said(line: Line) -> list[str]:
    """Return what the agent said, and the updates by their names."""
    told: list[str] = []
    for one in line.told:
        content = one[1] if isinstance(one[1], tuple) else ()
        told += [item.text for item in content if isinstance(item, c.Text)]
        told += [item.files[0].url for item in content if isinstance(item, c.Files)]
        told += [one if isinstance(one, str) else one[0]] if not content else []
    return told


async def joined(desk: Desk, call: Call, line: Line) -> None:
    desk.request(call)
    await until(lambda: len(line.told) == 3)


async def test_it_joins_greets_answers_and_leaves(desk: Desk):
    call, line = call_of()
    await joined(desk, call, line)
    for text in ("Is my order 42 there?", "What now?", "bye"):
        desk.hear("c1", text, ())
    await until(lambda: line.told[-1] == "gone")
    assert said(line) == [
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


async def test_it_answers_what_was_said_while_one_waited(desk: Desk):
    call, line = call_of()
    desk.request(call)
    desk.hear("c1", "order 7", ())
    await until(lambda: said(line)[-1:] == ["Order 7."])
    assert len(said(line)) == 4


async def test_it_leaves_the_part_to_another(desk: Desk):
    desk.play(scripted=False)
    call, line = call_of()
    desk.request(call)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    desk.accept(call, "Maya")
    desk.hear("c1", "hello", ())
    assert said(line) == ["livechatAgentConnected"]


async def test_it_takes_who_waits_when_it_is_its_part_again(desk: Desk):
    desk.play(scripted=False)
    call, line = call_of()
    desk.request(call)
    desk.play(scripted=True)
    desk.play(scripted=True)
    await until(lambda: len(line.told) == 3)
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert len(line.told) == 3, "it joined once"


async def test_it_stops_in_the_middle_when_another_takes_over(desk: Desk):
    call, line = call_of()
    desk.request(call)
    await until(lambda: len(line.told) == 2)
    desk.play(scripted=False)
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert said(line) == ["livechatAgentConnected", "Robin here, ann."]


async def test_it_does_not_join_who_is_gone(desk: Desk):
    call, line = call_of()
    desk.request(call)
    desk.drop("c1")
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert line.told == []
