"""Timing: seconds until the bot begins, turn by turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.timing import TurnTiming, percentile, turn_timings
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.protocol.content import File


def test_turns_and_the_seconds_until_their_first_answer():
    log = EventLog()

    def said(at: float, text: str, *files: File) -> None:
        event = e.UserMessage(conversation_id="c", client_msg_id=str(at), text=text, files=files)
        log.record("out", encode(event), at)

    log.record("in", encode(e.BotMessage()), 0.5)
    said(1.0, "")
    log.record("in", encode(e.BotMessage()), 1.25)
    log.record("in", encode(e.BotMessage()), 9.0)
    said(10.0, "hello")
    log.record("in", encode(e.LivechatMessage()), 9.9)
    said(11.0, "", File("https://h/a.pdf", "a.pdf"))
    log.record("in", "no event at all", 12.0)

    assert turn_timings(log) == [
        TurnTiming(1, "(greeting)", 0.25),
        TurnTiming(4, "hello", 0.0),
        TurnTiming(6, "a.pdf", None),
    ]


def test_percentiles():
    assert percentile([], 0.5) is None
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([1, 2], 0.5) == 1
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([7], 0) == 7


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_that_enough_do_not_exceed(
    values: list[float], share: float
):
    found = percentile(values, share)
    assert found in values
    assert found is not None
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_what_is_sent_again_is_one_turn_and_timed_from_then():
    log = EventLog()
    event = e.UserMessage(conversation_id="c", client_msg_id="u-1", text="hello")
    for at in (1.0, 20.0):
        log.record("out", encode(event), at)
    log.record("in", encode(e.BotMessage()), 20.5)
    assert turn_timings(log) == [TurnTiming(0, "hello", 0.5)]
