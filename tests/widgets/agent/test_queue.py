"""The agent's desk in the page: what it asks for."""

from __future__ import annotations

import pytest

from captivate_nb.widgets.agent.queue import DeskWidget
from support.front_end import FrontEnd


def test_what_the_page_asks_for(monkeypatch: pytest.MonkeyPatch):
    front_end = FrontEnd(monkeypatch)
    asked: list[tuple[str, str]] = []
    desk = DeskWidget(lambda *what: asked.append(what), name="Maya")
    for kind in ("show", "accept", "refuse", "leave"):
        front_end.say(desk, {"kind": kind, "id": "c-1"})
    for on in (False, True):
        front_end.say(desk, {"kind": "available", "on": on})
    front_end.say(desk, {"kind": "close"})
    assert asked == [
        ("show", "c-1"),
        ("accept", "c-1"),
        ("refuse", "c-1"),
        ("leave", "c-1"),
        ("available", ""),
        ("available", "on"),
        ("close", ""),
    ]
    for nonsense in ({}, {"kind": "accept"}, {"kind": "available", "on": 1}, {"kind": "x"}):
        front_end.say(desk, nonsense)
    assert len(asked) == 7
    desk.settled()
    assert front_end.custom(desk) == [{"kind": "settled"}]
