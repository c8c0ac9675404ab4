"""Shortening: an event of the same kind and structure, small whatever was in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from captivate_nb.conversation.shortening import DEEP, LONG, MANY, shortened
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from strategies import events


def deep(levels: int) -> Any:
    return "end" if levels == 0 else {"in": deep(levels - 1)}


@pytest.mark.parametrize(
    ("value", "short"),
    [
        ("a" * (LONG + 1), "a" * LONG + "…"),
        (tuple(range(MANY + 5)), tuple(range(MANY))),
        ([["b" * 300]], [["b" * LONG + "…"]]),
        ({str(n): n for n in range(MANY + 5)}, {str(n): n for n in range(MANY)}),
        ({"k" * 300: 1}, {"k" * LONG + "…": 1}),
    ],
)
def test_what_is_long_is_cut(value: Any, short: Any):
    assert shortened(value) == short


def test_what_is_deep_is_cut():
    found = shortened(deep(DEEP + 5))
    for _ in range(DEEP):
        found = found["in"]
    assert found == {}


def test_what_is_short_stays_itself():
    event = e.BotMessage(content=(c.Text("hi"), c.Buttons("a", (c.Option("b", "c"),))))
    assert shortened(event) is event
    assert shortened(None) is None


@given(event=events())
def test_a_shortened_event_is_one_of_its_kind_that_can_be_sent(event: e.Event):
    short = shortened(event)
    assert type(decode(encode(short), event.sender)) is type(event)
    assert (
        shortened(short) == short
    )  # read anew, a transcript's entry has what it was read from, too
