"""Choosing: the option that a label means."""

from __future__ import annotations

import pytest

from captivate_nb.choosing import offered
from captivate_nb.errors import UnknownChoice
from captivate_nb.protocol.content import Buttons, Option
from captivate_nb.transcript import Message

YES, NO = Option("Yes, please", "yes"), Option("No", "no")


def said(*options: Option, sender: str = "bot") -> Message:
    content = (Buttons("?", options),) if options else ()
    return Message(id="m", sender=sender, text="", content=content)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [("Yes, please", YES), ("yes", YES), ("  yes,  PLEASE ", YES), ("NO", NO)],
)
def test_a_label_or_a_value_in_any_case_and_spacing(wanted: str, meant: Option):
    assert offered(wanted, [said(YES, NO)]) is meant


def test_an_exact_match_goes_first_and_a_newer_message_before_an_older():
    lower, upper = Option("go", "lower"), Option("GO", "upper")
    assert offered("GO", [said(lower, upper)]) is upper
    assert offered("Go", [said(lower, upper)]) is lower
    older, newer = Option("go", "older"), Option("go", "newer")
    assert offered("go", [said(older), said(), said(newer)]) is newer
    assert offered("go", [said(older), said(sender="system")]) is older


def test_what_was_offered_before_the_user_spoke_is_not_on_offer():
    with pytest.raises(UnknownChoice, match="no options are on offer"):
        offered("No", [said(YES, NO), said(sender="user"), said()])
    with pytest.raises(UnknownChoice, match="no options are on offer"):
        offered("No", [])


def test_a_label_that_none_has():
    with pytest.raises(UnknownChoice, match="“yes pls”. Did you mean “Yes, please”"):
        offered("yes pls", [said(YES, NO)])
    with pytest.raises(UnknownChoice, match="There are: No, Yes, please"):
        offered("zzzzz", [said(NO, YES), said(NO)])
