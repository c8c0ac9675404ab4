"""Choosing: the option that a label means."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from captivate_nb.conversation.code import quote
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.options import NAMED, offered, said_by
from captivate_nb.errors import UnknownChoice
from captivate_nb.magic.arguments import unquote
from captivate_nb.protocol.content import Buttons, Option
from captivate_nb.rendering.labels import NAMELESS, labels_of

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


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("\u200fכן", "כן"),
        ("\u2066X\u2069 plan", "X plan"),
        (unicodedata.normalize("NFD", "Café crème"), "café crème"),
        ("Kranken\u00adversicherung", "Krankenversicherung"),
        ("Sign\u200bUp", "SignUp"),
        ("✔\ufe0f Yes", "✔ yes"),
        ("Yes", "✔\ufe0f Yes".removeprefix("✔\ufe0f")),
        ("L" * 250, "L" * 199 + "…"),
        ("a\xa0b", "a b"),
        ('"Sure"', "Sure"),
    ],
)
def test_a_label_as_it_is_read(label: str, wanted: str):
    option = Option(label, "v")
    assert offered(wanted, [said(NO, option)]) is option


def test_what_an_option_is_shown_as_goes_before_its_label_and_that_before_a_value():
    one, two = Option("A", "B"), Option("B", "A")
    assert offered("B", [said(one, two)]) is two
    mug, lamp = Option("Buy", "mug"), Option("Buy", "lamp")
    assert offered("Buy: lamp", [said(mug, lamp)]) is lamp
    assert offered("Buy", [said(mug, lamp)]) is mug
    back, nothing = Option("", "back"), Option("", "")
    assert offered("back", [said(nothing, back)]) is back
    assert offered(NAMELESS, [said(back, nothing)]) is nothing


LABELS = st.text(
    st.sampled_from("ab AB\\\"'\u200b\u202e\u00ad\ufe0f\n\u0301é") | st.characters(), max_size=12
) | st.just("x" * 250)


@given(st.lists(st.builds(Option, LABELS, LABELS), min_size=1, max_size=4))
@example([Option("x" * 250), Option("x" * 250, " ")])
@example([Option("x" * 250), Option("x" * 250, "\x1b")])
def test_whatever_tab_offers_and_the_panel_shows_can_be_clicked(options: list[Option]):
    shown = labels_of(options)
    for name in shown:
        for wanted in (name, unquote(quote(name))):
            assert shown[options.index(offered(wanted, [said(*options)]))] == name


# --- what choosing says -----------------------------------------------------------------------


def test_an_option_says_its_value_or_its_label():
    assert said_by(YES) == "yes"
    assert said_by(Option("Yes")) == "Yes"
    assert said_by(Option("Read", "r", "https://ok.example")) == "r"


def test_an_option_that_says_nothing_is_refused():
    with pytest.raises(UnknownChoice, match="opens the link https://ok.example and sends nothing"):
        said_by(Option("Read", "", "https://ok.example"))
    with pytest.raises(UnknownChoice, match="neither a label nor a value.* Nothing was sent"):
        said_by(Option("", ""))


# --- what is not on offer ---------------------------------------------------------------------


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


def test_a_label_of_an_earlier_message_tells_how_to_click_it_there():
    fallback = Message(id="f", sender="bot", text="I only know about tea.")
    asked = [said(NO), said(NO, YES), said(sender="user"), fallback]
    told = (
        r"no options are on offer now. session.transcript\[1\] offered it, “.*”: to choose it there,"
        r" session.click\(session.transcript\[1\].choices\[1\]\)\.$"
    )
    with pytest.raises(UnknownChoice, match=told):
        offered("yes, please", asked)
    with pytest.raises(UnknownChoice, match=r"“no”\. session.transcript\[1\] offered it"):
        offered("no", [*asked, said(Option("Else", "e"))])


def test_an_error_names_so_many_labels():
    many = [Option(f"{number}", f"v{number}") for number in range(NAMED + 5)]
    with pytest.raises(UnknownChoice, match=r"There are: 0, 1, .*, 9 and 5 more\.$"):
        offered("zzzzz", [said(*many)])
