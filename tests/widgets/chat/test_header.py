"""The panel's header."""

from __future__ import annotations

from captivate_nb.widgets.chat.header import HeaderWidget
from captivate_nb.widgets.messages import FromHeader, Network, Now, Restart
from support.front_end import FrontEnd


def test_what_its_reader_asks_for_is_handed_on(front_end: FrontEnd):
    asked: list[FromHeader] = []
    header = HeaderWidget(asked.append, name="Bot", status="open", facts=["c-1"])
    front_end.say(header, {"kind": "restart", "user": "new"})
    front_end.say(header, {"kind": "now"})
    front_end.say(header, {"kind": "network", "name": "hotel wifi"})
    for nonsense in ({"kind": "other"}, {"kind": "restart", "user": "old"}, {"kind": "network"}):
        front_end.say(header, nonsense)
    assert asked == [Restart(ask="q", user="new"), Now(), Network(name="hotel wifi")]
    opened = [sent.data["state"] for sent in front_end.sent if sent.model_id == header.model_id]
    assert opened[0]["facts"] == ["c-1"]
