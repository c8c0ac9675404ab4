"""The inspector, time travel and branches on real sessions: what the page is told, and does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import captivate_nb as cn
from captivate_nb.errors import InvalidFile, UsageError
from captivate_nb.widgets.chat.panel import NOTES
from captivate_nb.widgets.inspector.inspector import CHUNK
from captivate_nb.widgets.inspector.time_travel_panel import PAST
from support.front_end import FrontEnd, on_offer
from support.rogue import until


@pytest_asyncio.fixture
async def panel(front_end: FrontEnd) -> AsyncIterator[cn.ChatPanel]:
    """A panel on a demo session, its inspector open."""
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector()
        yield panel
        panel.close()


def told(front_end: FrontEnd, panel: Any, kind: str) -> list[dict[str, Any]]:
    return front_end.custom(panel.inspector, kind)


async def ask(front_end: FrontEnd, panel: Any, kind: str, **more: Any) -> dict[str, Any]:
    """Ask as the page does, and return how it was done."""
    before = len(told(front_end, panel, "answer"))
    front_end.say(panel.inspector, {"kind": kind, **more})
    await until(lambda: len(told(front_end, panel, "answer")) > before)
    return told(front_end, panel, "answer")[-1]


def texts(panel: Any) -> list[str]:
    items = panel.chat_log.tail()["items"]
    return [part["text"] for item in items for part in item["parts"] if part["kind"] == "text"]


def offered(panel: Any) -> list[tuple[str, bool]]:
    """The options of the newest message, and whether they are disabled."""
    return [(label, not panel.chat_log.live) for label in on_offer(panel)]


# --- events --------------------------------------------------------------------------------------


async def test_it_opens_from_the_header_and_remembers_its_tab(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ChatPanel(session)
        before = front_end.models()
        assert panel.inspector is None
        front_end.say(panel.header, {"kind": "inspect"})
        await until(lambda: panel.inspector)
        assert panel.header.inspecting
        assert panel.layout.height == "640px"
        front_end.say(panel.inspector, {"kind": "tab", "tab": "timing"})
        front_end.say(panel.inspector, {"kind": "close"})
        await until(lambda: panel.inspector is None)
        assert not panel.header.inspecting
        assert panel.layout.height == "560px"
        assert front_end.models() == before
        panel.layout.height = "400px"
        panel.open_inspector()
        assert panel.inspector.tab == "timing"
        assert panel.layout.height == "400px"
        panel.open_inspector("events")
        panel.open_inspector()
        assert panel.inspector.tab == "events"
        front_end.say(panel.inspector, {"kind": "nothing we know"})
        front_end.say(panel.header, "nothing we know")
        front_end.say(panel.header, {"kind": "inspect"})
        await until(lambda: panel.inspector is None)
        panel.close_inspector()
        panel.close()


async def test_the_page_asks_for_rows_and_is_told_of_new_ones(
    front_end: FrontEnd, panel: cn.ChatPanel
):
    session = panel.session
    front_end.say(panel.inspector, {"kind": "need"})
    await until(lambda: told(front_end, panel, "state"))
    first = told(front_end, panel, "rows")[0]
    assert [row["type"] for row in first["rows"]] == [record.type for record in session.events]
    assert first["total"] == len(session.events)
    await session.say("hello")
    await until(lambda: told(front_end, panel, "rows")[-1]["total"] == len(session.events))
    numbers = [row["n"] for batch in told(front_end, panel, "rows") for row in batch["rows"]]
    assert numbers == list(range(len(session.events)))
    front_end.say(panel.inspector, {"kind": "need", "start": 2})
    await until(lambda: told(front_end, panel, "rows")[-1]["start"] == 2)
    states = len(told(front_end, panel, "state"))
    front_end.say(panel.inspector, {"kind": "need", "stop": 3})
    await until(lambda: told(front_end, panel, "rows")[-1]["start"] == 0)
    assert len(told(front_end, panel, "rows")[-1]["rows"]) == 3
    assert len(told(front_end, panel, "state")) == states


async def test_good_news_is_no_error(front_end: FrontEnd):
    async with await cn.demo() as session:
        session.conversation.errors.add(cn.Problem("“x” arrived", about="x", good=True))
        session.conversation.add_problem("A frame was skipped")
        panel = cn.ChatPanel(session)
        panel.open_inspector()
        front_end.say(panel.inspector, {"kind": "need"})
        await until(lambda: told(front_end, panel, "state"))
        assert told(front_end, panel, "state")[-1]["errors"] == 1
        panel.close()


async def test_a_long_log_comes_in_parts(front_end: FrontEnd):
    log = cn.EventLog()
    for n in range(CHUNK + 20):
        log.record("in", f"not JSON {n}", float(n))
    panel = cn.ReplayPanel(log)
    front_end.say(panel.inspector, {"kind": "need"})
    await until(lambda: told(front_end, panel, "rows"))
    batch = told(front_end, panel, "rows")[0]
    assert (batch["start"], len(batch["rows"])) == (20, CHUNK)
    assert told(front_end, panel, "state")[0]["errors"] == CHUNK + 20
    panel.close()


async def test_frames_are_shown_and_found(front_end: FrontEnd, panel: cn.ChatPanel):
    shown = await ask(front_end, panel, "frame", n=4)
    assert json.loads(shown["text"]) == json.loads(panel.time.events[4].frame)
    assert (await ask(front_end, panel, "find", text="CAPTIVATE BOT", start=1))["found"] == [4]
    failed = await ask(front_end, panel, "frame", n=4000)
    assert failed["error"].startswith("IndexError")


async def test_any_event_is_sent_from_a_template(front_end: FrontEnd, panel: cn.ChatPanel):
    session = panel.session
    await session.say("hello", wait=False)
    event = json.loads((await ask(front_end, panel, "template"))["text"])
    assert event["event_payload"]["content"] == {"type": "text", "text": "hello"}
    event["event_payload"]["content"]["text"] = "from the box"
    assert "error" not in await ask(front_end, panel, "send", text=json.dumps(event))
    assert session.transcript.where(sender="user")[-1].text == "from the box"
    assert "conversation_start" in (await ask(front_end, panel, "template", n=1))["text"]
    assert "text" not in await ask(front_end, panel, "template", n=0)
    failed = await ask(front_end, panel, "send", text='{"event_type": }')
    assert failed["error"] == "This is not JSON: Expecting value, line 1, column 16."
    assert failed["at"] == 15


# --- metadata, actions, timing, code ---------------------------------------------------------------


async def test_metadata_is_shown_and_set(front_end: FrontEnd, panel: cn.ChatPanel):
    done = await ask(front_end, panel, "set", text='{"plan": "vip"}', target="bot")
    assert "error" not in done
    assert panel.session.metadata == {"plan": "vip"}
    await until(lambda: told(front_end, panel, "rows")[-1]["total"] == len(panel.time.events))
    states = told(front_end, panel, "state")
    metadata = [state["metadata"] for state in states if "metadata" in state]
    assert json.loads(metadata[-1]) == {"plan": "vip"}
    await panel.session.say("hello")
    await until(lambda: told(front_end, panel, "rows")[-1]["total"] == len(panel.time.events))
    assert not any("metadata" in state for state in told(front_end, panel, "state")[len(states) :])
    changes = [row for b in told(front_end, panel, "rows") for row in b["rows"] if "changes" in row]
    assert changes[0]["changes"] == [["plan", None, '"vip"']]
    failed = await ask(front_end, panel, "set", text="{}", target="nobody")
    assert failed["error"].startswith("There is no metadata target 'nobody'")


async def test_an_action_is_sent(front_end: FrontEnd, panel: cn.ChatPanel):
    assert "error" not in await ask(front_end, panel, "act", name="escalateToHuman", text="")
    await until(lambda: panel.session.agent)
    sent = panel.time.events.where(type="action", direction="out")[0].event
    assert sent.action == cn.Action("escalateToHuman", {})


async def test_latency_is_told_while_it_is_looked_at(front_end: FrontEnd, panel: cn.ChatPanel):
    front_end.say(panel.inspector, {"kind": "tab", "tab": "metadata"})
    await until(lambda: told(front_end, panel, "state"))
    assert told(front_end, panel, "state")[-1]["median"] is None
    front_end.say(panel.inspector, {"kind": "tab", "tab": "timing"})
    await until(lambda: len(told(front_end, panel, "state")) == 2)
    state = told(front_end, panel, "state")[-1]
    assert 0 <= state["median"] <= state["p95"]


async def test_latency_is_told_when_python_opens_its_tab(front_end: FrontEnd, panel: cn.ChatPanel):
    panel.open_inspector("timing")
    state = told(front_end, panel, "state")[-1]
    assert 0 <= state["median"] <= state["p95"]


async def test_the_code_is_of_what_is_shown(front_end: FrontEnd, panel: cn.ChatPanel):
    n = len(panel.time.events) - 1
    await panel.session.click("Chat to Agent")
    code = await ask(front_end, panel, "code", form="magic")
    assert code["text"] == "%captivate click Chat to Agent\n"
    panel.go(n)
    assert (await ask(front_end, panel, "code", form="magic"))["text"] == ""


# --- time ------------------------------------------------------------------------------------------


async def test_the_past_is_shown_whole_and_the_chat_goes_on(
    front_end: FrontEnd, panel: cn.ChatPanel
):
    session = panel.session
    then = len(session.events) - 1
    await session.click("Chat to Agent")
    await session.set_metadata({"plan": "vip"})
    assert offered(panel) == []
    await ask(front_end, panel, "go", n=then)
    assert panel.time.position == then
    assert panel.header.past == f"The past: after event {then}, bot_message"
    assert len(panel.chat_log.tail()["items"]) == 1
    assert offered(panel) == [("Leave Contact Details", True), ("Chat to Agent", True)]
    assert not panel.composer.enabled
    assert panel.composer.hint == "This is the past"
    assert "with Maya" not in panel.header.facts
    assert told(front_end, panel, "state")[-1]["metadata"] == "{}"
    await session.say("meanwhile")
    assert len(panel.chat_log.tail()["items"]) == 1
    assert told(front_end, panel, "state")[-1]["past"] == then
    front_end.say(panel.header, {"kind": "now"})
    await until(lambda: panel.time.position is None)
    assert panel.header.past == ""
    assert texts(panel)[-2] == "meanwhile"
    assert panel.composer.enabled
    assert "with Maya" in panel.header.facts
    shown = [message["items"] for message in front_end.custom(panel.chat_log, "fill")]
    assert shown[0] == []
    assert len(shown[-1]) == len(session.transcript) - 1


async def test_the_past_cannot_be_answered(front_end: FrontEnd, panel: cn.ChatPanel):
    panel.go(-1)
    assert panel.time.position == len(panel.time.events) - 1
    click = {"kind": "click", "index": 0, "id": panel.session.transcript[0].id, "option": 0}
    front_end.say(panel.chat_log, click)
    await until(lambda: front_end.custom(panel.chat_log, "problems"))
    problem = front_end.custom(panel.chat_log, "problems")[-1]["problems"][0]["message"]
    assert problem.startswith("This is the past")
    with pytest.raises(UsageError, match="no event 4000"):
        panel.go(4000)
    assert (await ask(front_end, panel, "go", n=4000))["error"].startswith("There is no event")
    panel.close_inspector()
    assert panel.time.position is None


async def test_a_branch_goes_on_from_there_beside_the_chat(
    front_end: FrontEnd, panel: cn.ChatPanel
):
    session = panel.session
    await session.click("Leave Contact Details")
    n = len(session.events) - 1
    await session.say("Ada")
    models = front_end.models()
    assert "error" not in await ask(front_end, panel, "branch", n=n)
    branch = panel.beside
    assert branch.header.name == f"Branch at event {n}"
    assert branch.session.conversation_id != session.conversation_id
    assert [m.text for m in branch.session.transcript] == [m.text for m in session.transcript[:3]]
    await branch.session.say("Grace")
    assert session.transcript[-1].text.startswith("Thank you, Ada")
    await ask(front_end, panel, "branch", n=n)
    assert branch.comm is None
    assert panel.beside is not branch
    front_end.say(panel.beside.header, {"kind": "close"})
    await until(lambda: panel.beside is None)
    await until(lambda: front_end.models() == models)
    front_end.say(panel.header, {"kind": "close"})
    await ask(front_end, panel, "branch", n=0)
    assert panel.beside.session.transcript[0].text == session.transcript[0].text


# --- restarts --------------------------------------------------------------------------------------


async def test_restarts_from_the_menu(front_end: FrontEnd, panel: cn.ChatPanel):
    session, header = panel.session, panel.header
    assert header.started_with == "{}"
    first = session.conversation_id
    front_end.say(header, {"kind": "restart", "user": "new"})
    await until(lambda: front_end.custom(header, "answer"))
    assert session.user_id.startswith("user-")
    assert session.conversation_id != first
    user = session.user_id
    front_end.say(header, {"kind": "restart", "metadata": '{"plan": "vip"}'})
    await until(lambda: len(front_end.custom(header, "answer")) == 2)
    assert (session.user_id, session.metadata) == (user, {"plan": "vip"})
    assert json.loads(header.started_with) == {"plan": "vip"}
    front_end.say(header, {"kind": "restart", "metadata": "{"})
    await until(lambda: len(front_end.custom(header, "answer")) == 3)
    refused = front_end.custom(header, "answer")[-1]
    assert refused["error"].startswith("This is not JSON")
    assert refused["at"] == 1
    panel.go(0)
    front_end.say(header, {"kind": "restart"})
    await until(lambda: len(front_end.custom(header, "answer")) == 4)
    assert panel.time.position is None
    await session.close()
    assert panel.chat_log.note == NOTES["closed"]
    front_end.say(header, {"kind": "restart", "user": "new"})
    await until(lambda: len(front_end.custom(header, "answer")) == 5)


# --- recordings ------------------------------------------------------------------------------------


async def test_a_recording_is_read_and_travelled(front_end: FrontEnd, tmp_path: Path):
    async with await cn.demo() as session:
        await session.click("Chat to Agent")
        path = session.events.save(tmp_path / "log.jsonl")
        log, transcript = session.events, session.transcript
    before = front_end.models()
    for source in (path, log, transcript):
        panel = cn.ReplayPanel(source)
        assert panel.header.status == "recorded"
        assert not panel.inspector.live
        assert "with Maya" not in panel.header.facts
        assert panel.header.facts[0] == "Maya"
        assert texts(panel)[-1] == "Hi, this is Maya from the support team. How can I help?"
        panel.go(-1)
        assert repr(panel).startswith("<ReplayPanel on <Recording of ")
        front_end.say(panel.chat_log, {"kind": "click", "index": 0, "id": "?", "option": 0})
        failed = await ask(front_end, panel, "branch", n=1)
        assert failed["error"].startswith("A recording has no bot to go on with")
        failed = await ask(front_end, panel, "send", text="{}")
        assert "error" in failed
        assert "A recorded Captivate chat" in panel.text_bundle()["text/html"]
        panel.go(1)
        panel.close()
        assert "A recorded" not in panel.text_bundle()["text/html"]
        assert front_end.models() == before
    with pytest.raises(InvalidFile):
        cn.ReplayPanel(tmp_path / "none.jsonl")


async def test_the_options_of_a_recording_are_not_clicked(front_end: FrontEnd):
    async with await cn.demo() as session:
        panel = cn.ReplayPanel(session.events)
        assert offered(panel) == [("Leave Contact Details", True), ("Chat to Agent", True)]
        click = {"kind": "click", "index": 0, "id": session.transcript[0].id, "option": 0}
        front_end.say(panel.chat_log, click)
        await until(lambda: front_end.custom(panel.chat_log, "answer"))
        assert front_end.custom(panel.chat_log, "problems")[-1]["problems"][0]["message"] == PAST
        assert len(session.transcript) == 1
        panel.close()


def test_a_recording_can_be_shown_where_no_loop_runs(front_end: FrontEnd):
    panel = cn.ReplayPanel(cn.EventLog())
    assert panel.header.facts == ["no conversation"]
    with pytest.raises(UsageError, match="there are none so far"):
        panel.go(0)
    panel.close()


async def test_a_tab_that_there_is_not_is_named(front_end: FrontEnd, panel: cn.ChatPanel):
    with pytest.raises(UsageError, match="There is no tab 'event' in the inspector: .*events"):
        panel.open_inspector("event")
    assert panel.inspector.tab == "events"
