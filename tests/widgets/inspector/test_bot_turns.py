"""The inspector's Bot tab: what the page is told of the bot's turns, and what it may do with them."""

from __future__ import annotations

import json
from typing import Any

import captivate_nb as cn
from captivate_nb.widgets.inspector.bot_turns import LARGEST_TREE
from support.bots import Json, chatting
from support.front_end import FrontEnd
from support.rogue import until

from .test_inspector import ask


def answer(request: Json) -> Json:
    print("heard", request["user_input"])
    if request["user_input"] == "boom":
        raise ValueError("no tea left")
    custom = {"cups": request["user_input"], "conversation_title": "Tea for two"}
    return {
        "response": [f"You said {request['user_input']}"],
        "metadata": {"internal": {"channelMetadata": {"custom": custom}}},
    }


def parts(told: dict[str, Any]) -> dict[str, Any]:
    """The parts of a turn: texts, and what the page draws as a tree."""
    return {title: value or text for title, text, value in json.loads(told["text"])}


async def test_every_turn_of_a_program_is_there_whole(front_end: FrontEnd):
    async with chatting(answer) as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("bot")
        await session.say("tea")
        await session.say("boom")
        rows = json.loads((await ask(front_end, panel, "botturns"))["text"])
        assert [(row["n"], row["said"], row["printed"]) for row in rows] == [
            (1, "greeting", True),
            (2, "tea", True),
            (3, "boom", True),
        ]
        assert "no tea left" in rows[2]["error"]
        failed = parts(await ask(front_end, panel, "botturn", n=3))
        assert failed["Printed"] == "heard boom\n"
        assert "in answer" in failed["Traceback"]
        assert failed["Request"]["user_input"] == "boom"
        told = parts(await ask(front_end, panel, "botturn", n=2))
        assert told["Answer"]["response"] == ["You said tea"]
        python = (await ask(front_end, panel, "botcode", n=2, form="python"))["text"]
        assert python.startswith("request = {'session_id': ")
        assert python.endswith("\nanswer(request)")
        curl = (await ask(front_end, panel, "botcode", n=2, form="curl"))["text"]
        assert curl.startswith("curl -H 'Content-Type: application/json' -d '{")
        assert "Turn 99" in (await ask(front_end, panel, "botturn", n=99))["error"]
        assert "Tea for two" in panel.header.facts
        (listed,) = await session.conversations()
        assert listed.title == "Tea for two"
        panel.close()


async def test_a_large_answer_is_text_and_an_empty_one_is_there(front_end: FrontEnd):
    answers = {"large": {"response": ["x" * LARGEST_TREE]}, "nothing": {"response": []}}
    async with chatting(lambda request: answers.get(request["user_input"], "Hi")) as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("bot")
        for text in answers:
            await session.say(text, wait=False)
        await until(lambda: len(session.server.turns) == 3)
        large = parts(await ask(front_end, panel, "botturn", n=2))["Answer"]
        assert json.loads(large) == answers["large"]
        assert parts(await ask(front_end, panel, "botturn", n=3))["Answer"] == answers["nothing"]
        panel.close()


async def test_a_turn_is_sent_again_and_begun_from(front_end: FrontEnd):
    async with chatting(answer) as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("bot")
        await session.say("tea")
        await session.say("milk")
        assert "error" not in await ask(front_end, panel, "sendturn", turn=2)
        await until(lambda: session.transcript[-1].text == "You said tea")
        await ask(front_end, panel, "starthere", n=3)
        await until(lambda: panel.beside is not None)
        beside = panel.beside.session
        assert len(beside.transcript) == 0
        assert beside.metadata["cups"] == "tea"
        assert (await beside.say("milk")).text == "You said milk"
        panel.close()


async def test_all_is_done_again_beside_and_the_difference_told(front_end: FrontEnd):
    async with chatting(answer) as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("bot")
        await session.say("tea")
        session.server.reload(lambda request: f"Now {request['user_input']}")
        assert "error" not in await ask(front_end, panel, "rerun")
        told = panel.beside.session
        assert told.differs == 0
        assert [message.text for message in told.transcript] == ["Now ", "tea", "Now tea"]
        assert "“You said”, and is “Now”" in told.errors[-1].message
        panel.close()


async def test_a_flow_tells_its_steps_with_their_lines(front_end: FrontEnd, tmp_path: Any):
    path = tmp_path / "tea.yaml"
    path.write_text(
        "nodes:\n  menu:\n    - Tea?\n  tea:\n    - ask: Which cup?\n      save: cup\n"
        "    - if: cup\n      then: [Here it is.]\nhear:\n  green tea: tea\n"
    )
    async with await cn.demo(path) as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("bot")
        for said in ("gren tea", "green tea", "red"):
            await session.say(said)
        steps = [
            parts(await ask(front_end, panel, "botturn", n=n))["Steps"].splitlines()
            for n in (2, 3, 4)
        ]
        assert steps[0][0] == "tea, line 10: no rule fits; nearly did “green tea”"
        assert steps[1][0] == "tea, line 10: the rule “green tea” fits"
        assert steps[1][1].startswith("tea, line 5: say")
        assert steps[2][0] == "tea, line 5: sets cup to 'red'"
        assert "tea, line 7: it holds" in steps[2]
        error = (await ask(front_end, panel, "botcode", n=2, form="curl"))["error"]
        assert "Only a program" in error
        await ask(front_end, panel, "starthere", n=4)
        await until(lambda: panel.beside is not None)
        assert (await panel.beside.session.say("blue")).text == "Here it is."
        panel.close()


async def test_a_bot_elsewhere_has_no_turns_here(front_end: FrontEnd):
    async with chatting(answer) as session:
        server = session.server
        async with await cn.connect(server.ws_url, server.key) as other:
            panel = cn.ChatPanel(other)
            panel.open_inspector("bot")
            assert "elsewhere" in (await ask(front_end, panel, "botturns"))["error"]
            panel.close()
