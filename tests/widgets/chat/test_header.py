"""The panel's header."""

from __future__ import annotations

import pytest

from captivate_nb.widgets.chat.header import HeaderWidget
from support.front_end import FrontEnd


def test_it_asks_for_a_restart_and_is_told_of_its_end(monkeypatch: pytest.MonkeyPatch):
    front_end = FrontEnd(monkeypatch)
    asked: list[int] = []
    header = HeaderWidget(lambda: asked.append(1), name="Bot", status="open", facts=["c-1"])
    front_end.say(header, {"kind": "restart"})
    front_end.say(header, {"kind": "other"})
    assert asked == [1]
    header.settled()
    assert front_end.custom(header) == [{"kind": "settled"}]
    assert front_end.sent[-2].data["state"]["facts"] == ["c-1"]
