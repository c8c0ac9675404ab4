"""Problems: what they say, how many are kept, and how they show."""

from __future__ import annotations

import pytest

from captivate_nb.conversation.problems import (
    DETAIL,
    KEPT,
    LINE,
    NAMED,
    SHOWN,
    Problem,
    Problems,
    named,
)
from support.markup import words


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> Problems:
    monkeypatch.setattr("time.localtime", lambda _: (2026, 1, 2, 3, 4, 5, 0, 2, 0))
    problems = Problems()
    problems.add(Problem("<b>odd</b>\nthing", time=1.0))
    problems.add(Problem("and more"))
    return problems


def test_they_show_as_lines_with_the_time_of_day(problems: Problems):
    shown = problems._repr_mimebundle_()
    assert shown["text/plain"] == "03:04:05 <b>odd</b> thing\nand more"
    assert words(shown["text/html"]) == "03:04:05 <b>odd</b> thingand more"
    assert repr(problems[1:]) == "[<Problem and more>]"
    assert str(problems[0]) == "<b>odd</b> thing"


def test_none_is_said_to_be_none():
    assert Problems()._repr_mimebundle_()["text/plain"] == "Nothing went wrong."


def test_a_cell_shows_the_newest():
    problems = Problems()
    for number in range(SHOWN + 2):
        problems.add(Problem(f"line {number}"))
    lines = problems._repr_mimebundle_()["text/plain"].split("\n")
    assert lines[:2] == ["… 2 earlier lines", "line 2"]
    assert (len(lines), lines[-1]) == (SHOWN + 1, f"line {SHOWN + 1}")


def test_what_is_kept_is_bounded():
    problems = Problems()
    for number in range(KEPT + 1):
        problems.add(Problem(f"{number} " + "x" * LINE, "y" * (DETAIL + 1)))
    assert len(problems) == KEPT
    assert problems[0].message.startswith("1 ")
    assert {(len(p.message), len(p.detail)) for p in problems} == {(LINE, DETAIL)}


def test_a_line_names_a_few_messages_by_their_beginnings():
    texts = ["a" * 100, *("b" * n for n in range(1, NAMED + 1))]
    assert named(texts[:2]) == f"“{'a' * 59}…”, “b”"
    assert named(texts).endswith("“bbbb” and 1 more")
