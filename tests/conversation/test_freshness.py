"""Looking: whether a transcript is fresh, whole, and what it has of the user's messages."""

from __future__ import annotations

import pytest

from captivate_nb.conversation.entries import messages_of
from captivate_nb.conversation.freshness import (
    CUT_OFF,
    INCOMPLETE,
    MOST_BEHIND,
    NO_TURNS,
    look_at,
)
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.reconcile import match
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e

ASKED = 100.0


def message(sender, text, known=0.0):
    """A message here, which the server is known to have since `known`; None for one it may not."""
    return Message(id=text, sender=sender, text=text, content=(c.Text(text),), time=known)


def look(here, *told):
    entries = [e.TranscriptEntry(sender, (c.Text(text),)) for sender, text in told]
    server = messages_of(entries)
    since = lambda m: None if m.sender == "system" else m.time  # noqa: E731
    return look_at(ASKED, here, server, match(here, server, {}), since)


HERE = [message("bot", "hello"), message("user", "one"), message("bot", "answer")]
TOLD = [("bot", "hello"), ("user", "one"), ("bot", "answer")]


def test_one_that_has_all_is_fresh_and_whole():
    seen = look([*HERE, message("user", "two", None)], *TOLD)
    assert (seen.behind, seen.older, seen.flaw, seen.strangers) == (0.0, False, "", False)
    assert set(seen.found) == {"one"}
    assert set(seen.answered) == {"one"}
    assert set(seen.passed) == {"two"}


def test_one_that_lacks_the_newest_is_behind_by_its_age():
    seen = look([*HERE, message("bot", "newest", ASKED - 1.5)], *TOLD)
    assert (seen.behind, seen.older, seen.flaw) == (1.5, True, "")


def test_what_is_missing_for_too_long_is_no_lag():
    seen = look([*HERE, message("bot", "newest", ASKED - MOST_BEHIND - 1)], *TOLD)
    assert (seen.behind, seen.flaw) == (0.0, INCOMPLETE)


def test_what_was_heard_after_it_was_asked_for_makes_it_old_and_not_behind():
    seen = look([*HERE, message("bot", "newest", ASKED + 1)], *TOLD)
    assert (seen.behind, seen.older, seen.flaw) == (0.0, True, "")


def test_one_without_its_beginning_or_with_a_gap_is_not_whole():
    assert look(HERE, *TOLD[1:]).flaw == CUT_OFF
    assert look(HERE, TOLD[0], ("user", "one"), ("bot", "other")).flaw == INCOMPLETE
    assert look([*HERE, message("user", "two")], *TOLD[:2], ("user", "two")).flaw == INCOMPLETE


def test_one_without_turns_of_the_user_is_not_whole_once_there_are_any():
    assert look(HERE, TOLD[0], TOLD[2]).flaw == NO_TURNS
    assert look(HERE[:1], TOLD[0]).flaw == ""


def test_lines_of_our_own_are_not_looked_for():
    assert look([*HERE, message("system", "Maya joined")], *TOLD).flaw == ""


def test_other_words_in_a_messages_place_and_turns_from_elsewhere_are_told():
    here = [*HERE, message("user", "two", None)]
    seen = look(here, *TOLD, ("user", "quite another"))
    assert (set(seen.placed), seen.strangers) == ({"two"}, False)
    seen = look(here, *TOLD, ("user", "quite another"), ("user", "and one more"))
    assert (set(seen.placed), seen.strangers) == (set(), True)
    assert "two" not in seen.found


@pytest.mark.parametrize(
    ("told", "spoken_after"),
    [
        ([("user", "three"), ("bot", "new")], set()),
        ([("bot", "new")], {"two", "four"}),
        ([("user", "three"), ("bot", "new"), ("bot", "more")], {"two", "four"}),
        ([("user", "three"), ("bot", "new"), ("agent", "more")], set()),
        ([("agent", "new")], set()),
    ],
)
def test_what_is_new_there_and_to_no_turn_may_be_the_answer_to_what_is_missing(told, spoken_after):
    here = [*HERE, *(message("user", text, None) for text in ("two", "three", "four"))]
    assert set(look(here, *TOLD, *told).spoken_after) - {"three"} == spoken_after


def test_what_is_new_before_a_message_is_not_the_answer_to_it():
    here = [*HERE, message("user", "two", None)]
    seen = look(here, ("bot", "new"), *TOLD)
    assert set(seen.spoken_after) == set()


def test_a_turn_with_more_words_under_its_id_may_hold_what_is_missing():
    one = message("user", "one")
    here = [HERE[0], one, message("user", "two", None)]
    entries = [
        e.TranscriptEntry("bot", (c.Text("hello"),)),
        e.TranscriptEntry("user", (c.Text("one\ntwo"),), message_id=one.id),
    ]
    server = messages_of(entries)
    matches = match(here, server, {})
    seen = look_at(ASKED, here, server, matches, lambda m: m.time)
    assert (set(seen.found), set(seen.placed)) == ({"one"}, {"two"})


def test_a_turn_with_more_words_in_its_place_may_hold_what_is_missing():
    here = [*HERE, message("user", "two", None), message("user", "three", None)]
    seen = look(here, TOLD[0], ("user", "one\ntwo"), TOLD[2])
    assert set(seen.placed) == {"one", "two"}
    seen = look(here, TOLD[0], ("user", "another"), TOLD[2])
    assert set(seen.placed) == {"one"}


@pytest.mark.parametrize(("hole", "hidden"), [(0, set()), (2, set()), (3, {"two"}), (4, {"two"})])
def test_what_cannot_be_read_may_be_what_is_missing_where_that_would_stand(hole, hidden):
    here = [*HERE, message("user", "two", None), message("user", "three")]
    entries = [e.TranscriptEntry(sender, (c.Text(text),)) for sender, text in TOLD]
    server = messages_of([*entries, e.TranscriptEntry("user", (c.Text("three"),))])
    matches = match(here, server, {})
    seen = look_at(ASKED, here, server, matches, lambda m: m.time, [hole])
    assert set(seen.hidden) == hidden


def test_a_message_that_another_follows_at_once_has_no_answer_there():
    here = [HERE[0], message("user", "one"), message("user", "two"), HERE[2]]
    seen = look(here, TOLD[0], ("user", "one"), ("user", "two"), TOLD[2])
    assert set(seen.answered) == {"two"}
