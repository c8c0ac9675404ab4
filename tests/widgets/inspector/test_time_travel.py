"""Time travel, without a panel."""

from __future__ import annotations

import pytest

import captivate_nb as cn
from captivate_nb.conversation.replay import recording
from captivate_nb.errors import UsageError
from captivate_nb.widgets.inspector.time_travel import Snapshot, TimeTravel


async def test_now_is_the_source_itself():
    async with await cn.demo() as session:
        time = TimeTravel(session)
        assert (time.position, time.label) == (None, "")
        assert time.conversation is session.conversation
        assert time.messages is session
        time.go(2)
        time.go(None)
        assert time.messages is session


async def test_the_past_stands_still():
    async with await cn.demo() as session:
        await session.say("one")
        time = TimeTravel(session)
        time.go(-1)
        last = len(session.events) - 1
        assert (time.position, time.label) == (last, f"The past: after event {last}, bot_message")
        then = time.conversation.transcript.text
        await session.say("two")
        assert time.conversation.transcript.text == then != session.transcript.text
        assert isinstance(time.messages, Snapshot)
        with pytest.raises(UsageError, match="There is no event 999"):
            time.go(999)
        assert time.position == last


async def test_a_recording_is_always_a_snapshot():
    async with await cn.demo() as session:
        time = TimeTravel(recording(session.events))
    assert isinstance(time.messages, Snapshot)
    time.go(0)
    assert len(time.messages.transcript) == 0
