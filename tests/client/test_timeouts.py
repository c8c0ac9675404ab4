"""Timeouts: what they may be, and that a session keeps to them."""

from __future__ import annotations

import math
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.conversation.notes import CHECKED_AFTER, Note
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import ReplyTimeout, RequestTimeout, UsageError
from support.rogue import Socket, rogue

KEY = "a-long-test-key"


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, "1", None, True])
def test_seconds_are_above_zero_and_finite(value: Any):
    with pytest.raises(UsageError, match=rf"Timeouts\(answer={value!r}\): seconds are "):
        cn.Timeouts(answer=value)


def test_all_are_scaled_together():
    scaled = cn.Timeouts(connect=5).scaled(0.1)
    assert (scaled.connect, scaled.reconnect_longest) == (0.5, 3.0)
    assert scaled.scaled(10).settle == pytest.approx(cn.Timeouts().settle)


async def test_a_call_that_gives_none_has_the_sessions():
    brief = cn.Timeouts(answer=0.1)
    async with (
        rogue(Socket.greet) as server,
        await cn.connect(server.url, KEY, timeouts=brief) as session,
    ):
        assert session.timeouts is brief
        with pytest.raises(ReplyTimeout, match=r"within 0\.1 s"):
            await session.say("Hello?")
        with pytest.raises(ReplyTimeout, match=r"within 0\.2 s"):
            await session.say("Hello?", timeout=0.2)
        with pytest.raises(RequestTimeout, match=r"within 0\.1 s"):
            await session.fetch_transcript()


async def test_a_branch_and_a_restart_have_the_same():
    given = cn.Timeouts(answer=7)
    async with await cn.demo(timeouts=given) as session:
        await session.restart()
        assert (await session.branch(-1)).timeouts == given


async def test_a_log_is_replayed_as_it_was_checked():
    async with await cn.demo(timeouts=cn.Timeouts(check=0.1)) as session:
        assert session.events[0].event.kind == CHECKED_AFTER
        assert session.conversation.deliveries.check == 0.1
        assert Conversation.replay(session.events).deliveries.check == 0.1
    async with await cn.demo() as session:
        assert session.events[0].type == "socket_connected"


@pytest.mark.parametrize("seconds", [None, "1", 0, -1, math.inf, {"a": 1}])
def test_a_note_of_no_time_changes_nothing(seconds: Any):
    conversation = Conversation()
    before = conversation.deliveries.check
    assert conversation.apply(Note(kind=CHECKED_AFTER, data={"seconds": seconds})) is None
    assert conversation.deliveries.check == before
