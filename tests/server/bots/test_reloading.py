"""The bot changed under an open chat: by a call, or because its file was saved."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.errors import FlowError, UsageError
from support.bots import Json, chatting
from support.until import until

TEA = """
flow: tea
nodes:
  menu:
    - Tea or coffee?
  tea:
    - ask: Which cup?
      save: cup
    - "{cup}: here it is."
hear:
  tea: tea
"""


def first(request: Json) -> Json:
    return {
        "response": "first",
        "metadata": {"internal": {"channelMetadata": {"custom": {"by": "first"}}}},
    }


async def test_another_function_goes_on_with_the_metadata():
    seen: list[Any] = []

    def second(request: Json) -> str:
        seen.append(request["metadata"]["internal"]["channelMetadata"]["custom"])
        return "second"

    async with chatting(first) as session:
        session.server.reload(second)
        assert (await session.say("hi")).text == "second"
        assert seen == [{"by": "first"}]
        assert [message.text for message in session.transcript] == ["first", "hi", "second"]


async def test_a_turn_that_goes_on_ends_with_the_bot_that_began_it():
    begun, go_on = threading.Event(), threading.Event()

    def slow(request: Json) -> str:
        if request["user_input"]:
            begun.set()
            go_on.wait(10)
        return "old"

    async with chatting(slow) as session:
        await session.say("one", wait=False)
        await until(begun.is_set)
        session.server.reload(lambda _: "new")
        await session.say("two", wait=False)
        go_on.set()
        await until(lambda: len(session.transcript) == 5)
        assert [m.text for m in session.transcript if m.sender == "bot"] == ["old", "old", "new"]


async def test_flows_and_functions_take_each_other_s_place(tmp_path: Path):
    path = tmp_path / "tea.yaml"
    path.write_text(TEA)
    async with await cn.demo(path) as session:
        await session.say("tea")
        session.server.reload(first)
        assert (await session.say("the blue one")).text == "first"
        session.server.reload(path)
        assert (await session.say("tea")).text == "Which cup?"
        assert (await session.say("red")).text == "red: here it is."
        with pytest.raises(FlowError, match="No flow is named “teaa”"):
            session.server.reload("teaa")
        with pytest.raises(UsageError, match="cannot be imported"):
            session.server.reload("nowhere_at_all:chat")
        assert (await session.say("tea")).text == "Which cup?"


async def test_a_module_is_imported_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    path = tmp_path / "a_bot_to_edit.py"
    path.write_text("def chat(request):\n    return 'one'\n")
    async with await cn.demo(bot="a_bot_to_edit:chat") as session:
        path.write_text("def chat(request):\n    return 'another'\n")
        session.server.reload("a_bot_to_edit:chat")
        assert (await session.say("hi")).text == "another"


async def test_a_flow_s_file_that_is_saved_answers_at_once(tmp_path: Path):
    path = tmp_path / "tea.yaml"
    path.write_text(TEA)
    async with await cn.demo(path) as session:
        await session.say("tea")
        path.write_text(TEA.replace("here it is", "there you are"))
        await until(lambda: session.errors)
        assert session.errors[-1].message == (
            "The flow tea was saved, and answers from now on. To begin anew, restart."
        )
        assert session.errors[-1].good
        assert (await session.say("red")).text == "red: there you are."
        path.write_text(f"{TEA}  oops: [: no\n")
        await until(lambda: len(session.errors) == 2)
        assert f"{path}:12:" in session.errors[-1].message
        assert session.errors[-1].message.endswith("The flow as it was stays.")
        assert (await session.say("tea")).text == "Which cup?"
        path.unlink()
        path.write_text(TEA.replace("Which cup", "What cup"))
        await until(lambda: len(session.errors) == 3)
        await session.restart()
        assert (await session.say("tea")).text == "What cup?"


async def test_it_starts_at_any_node_of_a_flow(tmp_path: Path):
    path = tmp_path / "tea.yaml"
    path.write_text(TEA)
    async with await cn.demo(path, start="tea", metadata={"plan": "gold"}) as session:
        assert session.transcript[-1].text == "Which cup?"
        assert (await session.say("red")).text == "red: here it is."
        path.write_text(TEA.replace("Which cup", "What cup"))
        await until(lambda: any("was saved" in each.message for each in session.errors))
        await session.restart()
        assert session.transcript[-1].text == "What cup?"
    with pytest.raises(UsageError, match="no node “teaa” to start at. Did you mean “tea”?"):
        await cn.demo(path, start="teaa")
    with pytest.raises(UsageError, match="a bot has none"):
        await cn.demo(bot=first, start="tea")
