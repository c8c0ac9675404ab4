"""The agent's desk in the page: what it asks for."""

from __future__ import annotations

from captivate_nb.widgets.agent.queue import DeskWidget
from captivate_nb.widgets.messages import Accept, Available, Close, FromDesk, Leave, Refuse, Show
from support.front_end import FrontEnd


def test_what_the_page_asks_for(front_end: FrontEnd):
    asked: list[FromDesk] = []
    desk = DeskWidget(asked.append, name="Maya")
    for kind in ("show", "accept", "refuse", "leave"):
        front_end.say(desk, {"kind": kind, "id": "c-1"})
    for on in (False, True):
        front_end.say(desk, {"kind": "available", "on": on})
    front_end.say(desk, {"kind": "close"})
    assert asked == [
        Show(id="c-1"),
        Accept(ask="q", id="c-1"),
        Refuse(ask="q", id="c-1"),
        Leave(ask="q", id="c-1"),
        Available(ask="q", on=False),
        Available(ask="q", on=True),
        Close(),
    ]
    for nonsense in ({}, {"kind": "accept"}, {"kind": "available", "on": 1}, {"kind": "x"}):
        front_end.say(desk, nonsense)
    assert len(asked) == 7
