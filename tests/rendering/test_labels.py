"""Labels: what options are shown as, and how they may be written."""

from __future__ import annotations

import unicodedata

import pytest

from captivate_nb.protocol.content import Action, Option
from captivate_nb.rendering.labels import NAMELESS, actions_line, as_read, label_of, labels_of


@pytest.mark.parametrize(
    ("option", "label"),
    [
        (Option("Yes", "y"), "Yes"),
        (Option(" a\n\u202eb ", "y"), "a b"),
        (Option("", "back"), "back"),
        (Option("\u200b\ufe0f", "back"), "back"),
        (Option("", "", "https://ok.example"), "https://ok.example"),
        (Option("", ""), NAMELESS),
        (Option("\u202e", "\u200b"), NAMELESS),
        (Option("x" * 201, "y"), "x" * 199 + "…"),
    ],
)
def test_an_option_is_shown_as_its_label_or_what_else_tells_what_it_is(option: Option, label: str):
    assert label_of(option) == label


def test_equal_labels_are_told_apart_by_value():
    buy = [Option("Buy", "mug"), Option("Buy\u202e", "lamp"), Option("Buy", "Buy"), Option("Pay")]
    assert labels_of(buy) == ["Buy: mug", "Buy: lamp", "Buy", "Pay"]
    assert labels_of([]) == []


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  Chat TO  agent ", "chat to agent"),
        ("Café", "cafe\u0301"),
        ("STRASSE", "Straße"),
        ("Kranken\u00adkasse", "krankenkasse"),
        ("\u2067שלום\u2069", "שלום"),
        ("✔\ufe0f", "✔"),
        ("👩\u200d👧", "👩👧"),
        ("a\u3000b", "a b"),
        ("ｙｅｓ", "yes"),
        ("“Sure”", "“sure”"),
        ('"Sure"', "sure"),
    ],
)
def test_what_reads_the_same_is_the_same(text: str, same: str):
    assert as_read(text) == as_read(same)


def test_what_reads_otherwise_is_not():
    assert len({as_read(text) for text in ("yes", "no", "é", "e", "m2?", "m2", "שלום", "🙂")}) == 8


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\uff9e\u0301", "\u0344\u05b0"])
def test_no_message_of_marks_takes_ten_seconds_to_read(marks: str):
    long = as_read("a" + marks * 5000)
    kinds = "".join("m" if unicodedata.combining(char) else " " for char in long)
    assert max(map(len, kinds.split())) <= 64 * 3
    assert as_read("b" + "\u0301" * 40) == as_read("B" + "\u0301" * 40)


def test_actions_are_told_by_name():
    assert (
        actions_line([Action("open cart"), Action("go\u202e\n")])
        == "[action open cart] [action go]"
    )
    assert actions_line([]) == ""
