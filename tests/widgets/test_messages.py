"""Page and Python mean the same messages, and a widget takes no other."""

from __future__ import annotations

import inspect
import logging
from typing import Any, get_args

import msgspec
import pytest

from captivate_nb.widgets import messages
from captivate_nb.widgets.common.page_widget import PageWidget
from captivate_nb.widgets.messages import Answer, FromHeader, Inspect, Restart, State
from support.front_end import FrontEnd
from support.typedefs import PATH, typedefs


class Page(PageWidget):
    """A widget that keeps what it hears."""

    hears = FromHeader
    _esm = "export default {}"

    def __init__(self) -> None:
        self.kept: list[Any] = []
        super().__init__()

    def heard(self, message: Any, buffers: Any) -> None:
        self.kept.append(message)


def test_the_pages_types_are_pythons():
    """`make format` writes them."""
    assert PATH.read_text(encoding="utf-8") == typedefs()


def test_every_message_is_one_that_some_widget_says_or_hears():
    kinds = {
        kind
        for kind in vars(messages).values()
        if inspect.isclass(kind)
        and issubclass(kind, messages.FromPage | messages.ToPage)
        and not kind.__subclasses__()
    }
    unions = [value for name, value in vars(messages).items() if name.startswith(("From", "To"))]
    named = {kind for union in unions for kind in get_args(union) or (union,)}
    assert kinds <= named


def test_what_it_hears_is_of_its_kinds(front_end: FrontEnd, caplog: pytest.LogCaptureFixture):
    page = Page()
    front_end.say(page, {"kind": "inspect"})
    front_end.say(page, {"kind": "restart", "metadata": "{}"})
    with caplog.at_level(logging.WARNING, "captivate_nb.widgets"):
        for other in ({}, {"kind": "raw"}, {"kind": "restart", "user": 5}, None, "x", [1]):
            front_end.say(page, other)
    assert page.kept == [Inspect(), Restart(ask="q", metadata="{}")]
    assert len(caplog.records) == 6


def test_it_tells_what_is_set(front_end: FrontEnd):
    page = Page()
    state = State(past=None, chat=0, agent=None, errors=0, median=None, p95=None)
    page.tell(state)
    page.answer(Restart(ask="r"), b"data", error="It is wrong.", at=None)
    told, answer = front_end.custom(page)
    assert told == {"kind": "state", **{f: getattr(state, f) for f in told if f != "kind"}}
    assert "metadata" not in told
    assert answer == {"kind": "answer", "ask": "r", "error": "It is wrong.", "at": None}
    assert msgspec.convert(answer, Answer).error == "It is wrong."


def test_what_it_does_not_deal_with_is_an_error():
    with pytest.raises(NotImplementedError):
        PageWidget.heard(Page(), Inspect(), ())
