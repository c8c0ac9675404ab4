"""The past without its session: logs, saved ones, and those made of a transcript."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.conversation.replay import log_of, log_until, recording, state_at
from captivate_nb.errors import InvalidFile, UsageError
from captivate_nb.protocol.content import File, Files, Text


async def test_a_saved_log_is_a_recording(tmp_path: Path):
    async with await cn.demo() as session:
        await session.click("Chat to Agent")
        path = session.events.save(tmp_path / "log.jsonl")
        again = recording(path)
        assert again.transcript == session.transcript
        assert again.to_code("magic") == "%captivate click Chat to Agent\n"
        assert again.at(-1).agent == session.agent
        assert len(again.at(0).transcript) == 0
        assert [m.sender for m in recording(session.events).transcript] == [
            m.sender for m in session.transcript
        ]
        assert repr(again) == f"<Recording of {len(session.events)} events>"
    with pytest.raises(InvalidFile):
        recording(tmp_path / "none.jsonl")


@pytest.mark.parametrize("source", [5, None, [5], object()])
def test_what_is_no_conversation_is_refused(source: Any):
    with pytest.raises(UsageError, match="is replayed from an event log .* got "):
        recording(source)


def test_there_is_no_such_event():
    with pytest.raises(UsageError, match="no event 0: there are none so far"):
        state_at(cn.EventLog(), 0)
    with pytest.raises(UsageError, match="no event 5: there are 0 to 0 so far"):
        state_at(log_of([]), 5)
    for n in ("1", None, 0.0):
        with pytest.raises(UsageError, match=f"no event {n!r}: there are 0 to 0 so far"):
            log_until(log_of([]), n)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no event -2: there are 0 to 0 so far"):
        log_until(log_of([]), -2)
    assert len(log_until(log_of([]), -1)) == 1


async def test_a_transcript_becomes_the_same_messages():
    async with await cn.demo() as session:
        await session.click("Chat to Agent")
        await session.send_files([File("https://example.org/a.png", "a.png", "image/png")], "see")
        await session.say("bye")
        here = [(m.id, m.sender, m.text, m.content, m.time) for m in session.transcript]
        again = recording(session.transcript)
        assert [(m.id, m.sender, m.text, m.content, m.time) for m in again.transcript][:3] == here[
            :3
        ]
        assert [(m.sender, m.text) for m in again.transcript] == [(h[1], h[2]) for h in here]
        assert again.conversation.choices == session.choices
        told = recording(await session.fetch_transcript())
        assert [m.text for m in told.transcript] == [h[2] for h in here if h[1] != "system"]


def test_lines_and_actions_are_told_again():
    said = [
        cn.Message(id="1", sender="bot", text="only text", time=5.0),
        cn.Message(id="2", sender="user", text="a", content=(Text("a"),)),
        cn.Message(id="3", sender="user", text="f", content=(Files((File("https://x.org/f"),)),)),
        cn.Message(id="4", sender="system", text="-", kind="failedAgentAssignment"),
        cn.Message(id="5", sender="system", text="odd"),
        cn.Message(id="6", sender="bot", text="", actions=(cn.Action("go", {"a": 1}),)),
    ]
    again = recording(cn.Transcript(said))
    assert [m.text for m in again.transcript] == [
        "only text",
        "a",
        again.transcript[2].text,
        "No agent is free right now",
        "The conversation changed: odd",
        "",
    ]
    assert again.transcript[2].files == said[2].files
    assert [record.time for record in again.events] == [5.0] * 8
    assert again.conversation.actions == [cn.Action("go", {"a": 1})]
