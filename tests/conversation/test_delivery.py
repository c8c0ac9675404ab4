"""Delivery: what counts as evidence that a message arrived, and what is done about a doubt.

Times are in seconds; most messages go out at 0, on the first connection. `test_delivery_model`
tries all of it together.
"""

from __future__ import annotations

import itertools
from unittest.mock import ANY

import pytest

from captivate_nb.conversation.delivery import (
    AGAIN,
    CHECK,
    LOOKS,
    PATIENCE,
    QUIET,
    RESENT,
    SECOND_LOOK,
    SPOKEN_AFTER,
    STRANGE,
    Deliveries,
)
from captivate_nb.conversation.evidence import Ask, Look, Send, Verdict
from captivate_nb.protocol import events as e

FIRST = CHECK
SECOND = CHECK + SECOND_LOOK


def message(name):
    return e.UserMessage(conversation_id="c", client_msg_id=name, text=name)


def sent(*names, at=0.0):
    """Deliveries of which these were sent on the first connection, all at once."""
    deliveries = Deliveries()
    deliveries.connected(1)
    for name in names:
        deliveries.sent(message(name), at)
    return deliveries


def in_doubt(*names, at=0.0):
    """The same, and the connection broke, and there is another."""
    deliveries = sent(*names, at=at)
    deliveries.connected(2)
    return deliveries


def look(deliveries, at, **shows):
    return deliveries.looked(Look(at, **shows))


def lose(deliveries):
    """Look until nothing is in doubt, and never find anything."""
    verdicts = []
    while isinstance(step := deliveries.step(), Ask):
        verdicts += look(deliveries, step.at)
    return verdicts


def states(deliveries, *names):
    return [deliveries.get(name).state for name in names]


# --- nothing in doubt -------------------------------------------------------------------------


def test_without_messages_there_is_nothing_to_do():
    deliveries = Deliveries()
    assert deliveries.step() is None
    assert not deliveries.holds
    assert deliveries.get("a") is None
    assert deliveries.last_sent == float("-inf")
    assert deliveries.heard(1.0) == []
    assert deliveries.seen("a", 1.0, "why") == []
    assert look(deliveries, 1.0, found=["a"]) == []
    deliveries.decide("a", "failed")
    assert deliveries.undecided == {}


def test_a_message_on_a_connection_that_holds_is_not_in_doubt():
    deliveries = sent("a")
    assert deliveries.step() is None
    assert not deliveries.holds
    assert states(deliveries, "a") == ["sent"]
    assert deliveries.last_sent == 0.0


def test_another_conversation_begins_with_what_is_known_of_the_server():
    deliveries = in_doubt("a")
    look(deliveries, 1.0, behind=3.0, flaw="cut off")
    deliveries.begin()
    assert (deliveries.step(), deliveries.undecided, deliveries.get("a")) == (None, {}, None)
    assert (deliveries.connection, deliveries.lag, deliveries.flawed) == (2, 3.0, True)


# --- arrived, for good ------------------------------------------------------------------------


def test_an_answer_shows_that_a_message_arrived():
    deliveries = sent("a")
    assert deliveries.heard(1.0) == [Verdict("a", "confirmed", "")]
    assert deliveries.get("a").known == 1.0
    deliveries.connected(2)
    assert deliveries.step() is None


def test_an_answer_on_a_later_connection_does_too_and_says_so():
    deliveries = in_doubt("a")
    assert deliveries.heard(1.0) == [Verdict("a", "confirmed", "it was answered")]
    assert not deliveries.holds
    assert deliveries.step() is None


def test_what_the_server_told_of_itself_has_arrived():
    deliveries = in_doubt("a")
    assert deliveries.seen("a", 1.0, "it said so") == [Verdict("a", "confirmed", "it said so")]
    assert deliveries.seen("a", 2.0, "it said so again") == []
    assert deliveries.get("a").known == 1.0


def test_any_transcript_that_has_a_message_shows_that_it_arrived():
    deliveries = in_doubt("a", "b")
    why = "it is in the server's transcript"
    assert look(deliveries, 0.5, found=["a"]) == [Verdict("a", "confirmed", why)]
    early = Look(0.5, found=["b"])
    assert deliveries.looked(early, conclusive=False) == [Verdict("b", "confirmed", why)]
    assert deliveries.step() is None


@pytest.mark.parametrize("evidence", ["answer", "transcript", "told", "user"])
def test_what_arrived_is_never_sent_again_whatever_later_transcripts_lack(evidence):
    deliveries = in_doubt("a")
    if evidence == "answer":
        deliveries = sent("a")
        deliveries.heard(1.0)
    elif evidence == "transcript":
        look(deliveries, 0.5, found=["a"])
    elif evidence == "told":
        deliveries.seen("a", 0.5, "it said so")
    else:
        deliveries.decide("a", "confirmed")
    for connection in range(3, 8):
        deliveries.connected(connection)
        for at in (10.0, 20.0, 30.0):
            assert look(deliveries, connection * 100 + at) == []
        assert deliveries.step() is None
    assert states(deliveries, "a") == ["confirmed"]


def test_what_the_user_says_arrived_need_not_be_in_a_transcript():
    deliveries = in_doubt("a")
    deliveries.give_up("no transcript")
    deliveries.decide("a", "confirmed")
    assert deliveries.undecided == {}
    assert deliveries.get("a").known == float("inf")


def test_one_found_shows_that_what_was_sent_before_it_on_its_connection_is_not_lost():
    deliveries = sent("a", at=0.0)
    deliveries.sent(message("b"), 1.0)
    deliveries.connected(2)
    look(deliveries, 1.5, found=["b"])
    verdicts = lose(deliveries)
    assert [(v.id, v.state) for v in verdicts] == [("a", "unknown")]
    assert deliveries.step() is None


def test_lines_sent_at_one_reading_of_the_clock_keep_their_order():
    deliveries = in_doubt("a", "b")
    look(deliveries, 0.5, found=["b"])
    assert lose(deliveries) == [Verdict("a", "unknown", ANY)]


def test_one_found_says_nothing_of_other_connections_or_of_later_ones():
    deliveries = sent("a", at=0.0)
    deliveries.connected(2)
    deliveries.sent(message("b"), 1.0)
    deliveries.sent(message("c"), 2.0)
    deliveries.connected(3)
    look(deliveries, 2.5, found=["b"])
    lose(deliveries)
    assert deliveries.step() == Send(message("a"))
    deliveries.sent(message("a"), 9.0)
    assert deliveries.step() == Send(message("c"))


# --- whose answer it is -----------------------------------------------------------------------


def test_an_answer_to_one_of_several_decides_nothing():
    deliveries = sent("a", "b")
    assert deliveries.heard(1.0) == []
    assert deliveries.heard(2.0) == []
    assert states(deliveries, "a", "b") == ["sent", "sent"]


def test_an_answer_that_may_be_an_earlier_ones_decides_nothing():
    deliveries = in_doubt("a", "b")
    look(deliveries, 0.5, found=["a"])
    assert deliveries.heard(1.0) == []
    assert deliveries.heard(1.3) == []
    assert states(deliveries, "a", "b") == ["confirmed", "sent"]


def test_an_answer_that_a_transcript_has_is_not_waited_for():
    deliveries = in_doubt("a", "b")
    look(deliveries, 0.5, found=["a"], answered=["a"])
    assert deliveries.heard(1.0) == [Verdict("b", "confirmed", "it was answered")]


def sent_again_by_the_user(at):
    deliveries = in_doubt("a")
    deliveries.give_up("no transcript")
    deliveries.sent(message("a"), at)
    return deliveries


def test_a_transcripts_answer_may_be_that_to_an_earlier_copy():
    deliveries = sent_again_by_the_user(2 * PATIENCE)
    deliveries.sent(message("b"), 2 * PATIENCE + 1)
    look(deliveries, 2 * PATIENCE + 2, found=["a"], answered=["a"])
    deliveries.heard(2 * PATIENCE + 3)
    assert states(deliveries, "a", "b") == ["confirmed", "sent"]


@pytest.mark.parametrize(("at", "state"), [(4.0, "sent"), (2 * PATIENCE, "confirmed")])
def test_what_the_user_sent_again_may_be_answered_twice(at, state):
    deliveries = sent_again_by_the_user(at)
    deliveries.heard(at + 0.1)
    look(deliveries, at + 1, found=["a"])
    deliveries.sent(message("b"), at + 2)
    deliveries.heard(at + 3)
    assert states(deliveries, "a", "b") == ["confirmed", state]


def test_an_answer_is_not_waited_for_when_both_sides_were_silent_for_long():
    deliveries = sent("a")
    look(deliveries, 1.0, found=["a"])
    deliveries.sent(message("b"), PATIENCE - 0.1)
    assert deliveries.heard(PATIENCE) == []
    deliveries.seen("b", PATIENCE, "it said so")
    deliveries.sent(message("c"), 3 * PATIENCE)
    assert deliveries.heard(3 * PATIENCE + 1) == [Verdict("c", "confirmed", "")]


def suspect(*, at=0.0, quiet=False, agent=False):
    """A message that seemed to be answered, perhaps by the rest of an earlier answer."""
    deliveries = Deliveries()
    deliveries.connected(1)
    deliveries.heard(at - (QUIET if quiet else QUIET / 2))
    deliveries.sent(message("a"), at)
    deliveries.heard(at + 0.1, agent=agent)
    assert states(deliveries, "a") == ["confirmed"]
    return deliveries


def test_an_answer_after_a_quiet_time_is_believed_for_good():
    deliveries = suspect(quiet=True)
    deliveries.connected(2)
    assert lose(deliveries) == look(deliveries, 10.0) == look(deliveries, 20.0) == []
    assert deliveries.step() is None


@pytest.mark.parametrize("why", ["not quiet", "an agent"])
def test_what_may_have_been_the_rest_of_an_earlier_answer_is_looked_for_once_there_is_a_break(why):
    deliveries = suspect(quiet=why == "an agent", agent=why == "an agent")
    assert look(deliveries, 10.0) == look(deliveries, 20.0) == []
    deliveries.connected(2)
    assert deliveries.step() is None
    assert not deliveries.holds
    look(deliveries, 30.0)
    assert deliveries.step() == Ask(30.0 + SECOND_LOOK)
    told = "something came after it, and yet the server's transcript lacks it"
    assert lose(deliveries) == [Verdict("a", "unknown", told)]
    assert list(deliveries.undecided) == ["a"]


def test_a_suspect_that_a_transcript_has_is_none():
    deliveries = suspect()
    deliveries.connected(2)
    look(deliveries, 0.5)
    assert deliveries.step() == Ask(CHECK)
    assert look(deliveries, CHECK, found=["a"]) == []
    assert deliveries.step() is None
    assert look(deliveries, 10.0) == look(deliveries, 20.0) == []


def test_a_suspect_stays_confirmed_when_it_cannot_be_found_out():
    deliveries = suspect()
    deliveries.connected(2)
    look(deliveries, 0.5)
    assert deliveries.give_up("no transcript") == []
    assert (states(deliveries, "a"), deliveries.step()) == (["confirmed"], None)
    look(deliveries, 10.0)
    assert deliveries.step() == Ask(10.0 + SECOND_LOOK)


def test_a_suspect_stays_confirmed_when_the_transcript_is_cut_off_behind_it():
    deliveries = suspect()
    deliveries.connected(2)
    for at in (10.0, 20.0):
        assert look(deliveries, at, flaw="cut off") == []
    assert (states(deliveries, "a"), deliveries.step()) == (["confirmed"], None)


def said_in_haste(bubbles):
    """A line said right after the first words of an answer; the bot was seen to say `bubbles` in a row."""
    deliveries = sent("a")
    for number in range(bubbles):
        deliveries.heard(10.0 + number / 10)
    deliveries.sent(message("b"), 20.0)
    deliveries.heard(21.0)
    deliveries.sent(message("c"), 21.1)
    deliveries.connected(2)
    return deliveries


@pytest.mark.parametrize(("bubbles", "state"), [(1, "confirmed"), (2, "unknown"), (3, "unknown")])
def test_what_may_have_had_the_rest_of_an_answer_only_is_unknown_where_transcripts_lack_turns(
    bubbles, state
):
    deliveries = said_in_haste(bubbles)
    deliveries.heard(21.3)
    assert states(deliveries, "c") == ["confirmed"]
    for at in (30.0, 40.0):
        look(deliveries, at, flaw="no turns")
    assert states(deliveries, "a", "b", "c") == ["confirmed", "confirmed", state]


def test_more_words_than_could_be_the_rest_of_an_answer_are_one():
    deliveries = said_in_haste(2)
    deliveries.heard(21.3)
    deliveries.heard(21.4)
    for at in (30.0, 40.0):
        assert look(deliveries, at, flaw="no turns") == []
    assert states(deliveries, "c") == ["confirmed"]


def test_what_answers_a_later_line_says_nothing_of_one_before_it():
    deliveries = said_in_haste(3)
    deliveries.heard(21.3)
    deliveries.sent(message("d"), 25.0)
    for number in range(3):
        deliveries.heard(26.0 + number / 10)
    for at in (30.0, 40.0):
        look(deliveries, at, found=["d"], flaw="cut off")
    assert states(deliveries, "c", "d") == ["unknown", "confirmed"]


def test_an_agents_words_do_not_make_the_bots_answers_longer():
    deliveries = sent("a")
    for number in range(5):
        deliveries.heard(10.0 + number / 10, agent=True)
    deliveries.heard(15.0)
    deliveries.sent(message("b"), 15.1)
    deliveries.connected(2)
    deliveries.heard(15.3)
    for at in (30.0, 40.0):
        assert look(deliveries, at, flaw="no turns") == []
    assert states(deliveries, "b") == ["confirmed"]


def test_a_suspect_is_unknown_when_the_transcript_goes_on_without_it():
    deliveries = suspect()
    deliveries.connected(2)
    assert look(deliveries, 10.0, flaw="cut off", passed=["a"]) == []
    (verdict,) = look(deliveries, 20.0, flaw="cut off", passed=["a"])
    assert (verdict.id, verdict.state) == ("a", "unknown")


def test_a_suspect_that_a_transcript_went_on_without_is_unknown_when_the_next_begins_behind_it():
    deliveries = suspect()
    deliveries.connected(2)
    assert look(deliveries, 10.0, flaw="cut off", passed=["a"]) == []
    (verdict,) = look(deliveries, 20.0, flaw="cut off")
    assert (verdict.id, verdict.state) == ("a", "unknown")


def test_a_suspect_stays_confirmed_when_other_words_stand_in_its_place():
    deliveries = suspect()
    deliveries.connected(2)
    for at in (10.0, 20.0):
        assert look(deliveries, at, placed=["a"]) == []
    assert (states(deliveries, "a"), deliveries.step()) == (["confirmed"], None)


def test_a_suspect_is_unknown_when_the_transcript_has_fewer_of_equal_lines():
    deliveries = suspect()
    deliveries.connected(2)
    assert look(deliveries, 10.0, placed=["a"], disputed=["a"]) == []
    (verdict,) = look(deliveries, 20.0, placed=["a"], disputed=["a"])
    assert (verdict.id, verdict.state) == ("a", "unknown")


# --- not arrived ------------------------------------------------------------------------------


def test_a_message_is_sent_again_after_two_fresh_and_whole_transcripts_without_it():
    deliveries = in_doubt("a")
    assert deliveries.step() == Ask(FIRST)
    assert look(deliveries, FIRST) == []
    assert deliveries.step() == Ask(SECOND)
    assert deliveries.holds
    assert look(deliveries, SECOND) == []
    assert deliveries.step() == Send(message("a"))
    assert (deliveries.holds, deliveries.doubted) == (True, ["a"])
    deliveries.sent(message("a"), 4.0)
    assert (deliveries.step(), deliveries.holds) == (None, False)
    assert states(deliveries, "a") == ["sent"]


def test_a_connection_that_is_over_leaves_what_waits_in_doubt_before_there_is_another():
    deliveries = sent("a")
    deliveries.disconnected()
    assert deliveries.doubted == ["a"]
    assert deliveries.step() == Ask(FIRST)
    deliveries.connected(2)
    assert deliveries.step() == Ask(FIRST)


@pytest.mark.parametrize("at", [0.0, 0.1, FIRST - 0.01])
def test_a_transcript_that_was_asked_for_early_proves_nothing(at):
    deliveries = in_doubt("a")
    for _ in range(5):
        assert look(deliveries, at) == []
    assert deliveries.step() == Ask(FIRST)


def test_a_transcript_that_nobody_asked_for_proves_nothing_by_what_it_lacks():
    deliveries = in_doubt("a")
    for at in (10.0, 20.0, 30.0):
        assert deliveries.looked(Look(at, behind=5.0, flaw="none"), conclusive=False) == []
    assert (deliveries.step(), deliveries.lag, deliveries.flawed) == (Ask(FIRST), 0.0, False)


def test_all_that_are_in_doubt_are_looked_for_at_once():
    deliveries = sent("a", at=0.0)
    deliveries.sent(message("b"), 1.0)
    deliveries.connected(2)
    assert deliveries.step() == Ask(1.0 + FIRST)
    look(deliveries, 1.0 + FIRST)
    assert deliveries.step() == Ask(1.0 + SECOND)


def test_what_is_lost_goes_out_in_its_order_once_nothing_is_in_doubt():
    deliveries = in_doubt("a", "b", "c")
    look(deliveries, FIRST)
    look(deliveries, SECOND)
    for name in "abc":
        assert deliveries.step() == Send(message(name))
        deliveries.sent(message(name), 4.0)
    assert deliveries.step() is None


def test_what_is_lost_again_while_it_is_sent_again_keeps_its_place():
    deliveries = in_doubt("a", "b")
    lose(deliveries)
    deliveries.sent(message("a"), 4.0)
    assert deliveries.step() == Send(message("b"))
    deliveries.connected(3)
    assert deliveries.step() == Ask(4.0 + CHECK)
    lose(deliveries)
    for name in "ab":
        assert deliveries.step() == Send(message(name))
        deliveries.sent(message(name), 9.0)


def test_what_breaks_its_connection_each_time_is_not_sent_for_ever():
    deliveries = in_doubt("a", "b")
    times, at = 0, 0.0
    while lose(deliveries) == [] or deliveries.step() is not None:
        at += 100.0
        for event in iter(deliveries.step, None):
            deliveries.sent(event.event, at)
            times += event.event.client_msg_id == "a"
        deliveries.disconnected()
        deliveries.connected(deliveries.connection + 1)
    assert times == RESENT
    assert states(deliveries, "a", "b") == ["unknown", "unknown"]
    assert not deliveries.holds
    deliveries.sent(message("a"), at + 100.0)  # as the user asks for
    assert deliveries.get("a").again == 0


def test_what_is_lost_and_yet_found_is_not_sent_again():
    deliveries = in_doubt("a")
    lose(deliveries)
    (verdict,) = look(deliveries, 5.0, found=["a"])
    assert verdict == Verdict("a", "confirmed", "it is in the server's transcript")
    assert (deliveries.step(), deliveries.holds) == (None, False)


def test_what_is_lost_and_not_sent_yet_is_not_looked_for():
    deliveries = in_doubt("a")
    lose(deliveries)
    assert look(deliveries, 10.0) == look(deliveries, 20.0) == []
    assert deliveries.step() == Send(message("a"))


def test_an_answer_to_several_is_none_on_a_server_whose_transcripts_are_good():
    deliveries = sent("a", "b")
    deliveries.heard(0.1)
    deliveries.connected(2)
    look(deliveries, 0.5, found=["a"])
    assert lose(deliveries) == []
    assert deliveries.step() == Send(message("b"))


@pytest.mark.parametrize("was", [{"behind": 0.5}, {"flaw": "cut off"}])
def test_an_answer_to_several_leaves_a_doubt_on_a_server_whose_transcripts_are_not(was):
    deliveries = sent("a", "b")
    deliveries.heard(0.1)
    deliveries.connected(2)
    look(deliveries, 0.5, found=["a"], **was)
    told = "what came after it may have been its answer"
    assert lose(deliveries) == [Verdict("b", "unknown", told)]


# --- refused ----------------------------------------------------------------------------------


def test_what_the_server_refused_and_does_not_have_has_failed():
    deliveries = sent("a")
    deliveries.refused("error 429")
    assert not deliveries.holds
    assert deliveries.doubtful == {"a"}
    assert lose(deliveries) == [Verdict("a", "failed", "error 429")]
    assert (list(deliveries.undecided), deliveries.step()) == (["a"], None)


def test_what_seemed_to_be_refused_and_was_answered_has_arrived():
    deliveries = sent("a")
    deliveries.refused("error 500")
    assert deliveries.heard(0.5) == [Verdict("a", "confirmed", "it was answered")]
    assert deliveries.step() is None


def test_a_suspect_that_may_have_been_refused_is_looked_for():
    deliveries = sent("a")
    deliveries.refused("error 500")
    deliveries.heard(0.5)
    look(deliveries, CHECK)
    assert deliveries.step() == Ask(SECOND)
    (verdict,) = look(deliveries, SECOND)
    assert (verdict.id, verdict.state) == ("a", "unknown")


def test_an_error_is_about_what_was_sent_on_this_connection():
    deliveries = in_doubt("a")
    deliveries.sent(message("b"), 1.0)
    deliveries.refused("error 429")
    assert (deliveries.get("a").refused, deliveries.get("b").refused) == (None, "error 429")
    deliveries.disconnected()
    deliveries.refused("error 500")
    assert deliveries.get("b").refused == "error 429"


def test_a_message_on_a_connection_that_holds_which_a_transcript_lacks_is_unknown_in_the_end():
    deliveries = sent("a")
    look(deliveries, 1.0)
    assert deliveries.step() == Ask(FIRST)
    assert not deliveries.holds
    told = "the server's transcript lacks it"
    assert lose(deliveries) == [Verdict("a", "unknown", told)]


# --- else unknown -----------------------------------------------------------------------------


def test_a_transcript_that_is_not_whole_leaves_it_unknown_after_two():
    deliveries = in_doubt("a")
    assert look(deliveries, FIRST, flaw="cut off") == []
    assert deliveries.step() == Ask(2 * CHECK)
    assert look(deliveries, 2 * CHECK, flaw="cut off") == [Verdict("a", "unknown", "cut off")]
    assert (deliveries.step(), list(deliveries.undecided)) == (None, ["a"])


def test_a_flaw_in_one_of_two_transcripts_leaves_it_unknown():
    deliveries = in_doubt("a")
    look(deliveries, FIRST)
    assert look(deliveries, SECOND, flaw="cut off") == [Verdict("a", "unknown", "cut off")]


def test_a_flaw_in_the_first_is_made_good_by_two_that_are_whole():
    deliveries = in_doubt("a")
    look(deliveries, FIRST, flaw="a line left out")
    look(deliveries, 2 * CHECK)
    assert deliveries.step() == Ask(3 * CHECK)
    look(deliveries, 3 * CHECK)
    assert deliveries.step() == Send(message("a"))


@pytest.mark.parametrize(
    ("shows", "why"),
    [
        ({"placed": ["a"]}, STRANGE),
        ({"strangers": True}, STRANGE),
        ({"spoken_after": ["a"]}, SPOKEN_AFTER),
    ],
)
def test_what_may_be_it_or_its_answer_leaves_it_unknown(shows, why):
    deliveries = in_doubt("a")
    look(deliveries, 0.5, **shows)
    assert lose(deliveries) == [Verdict("a", "unknown", why)]


def test_other_words_of_the_users_say_more_than_what_may_be_an_answer():
    deliveries = in_doubt("a")
    look(deliveries, 0.5, strangers=True)
    look(deliveries, 0.6, spoken_after=["a"])
    assert lose(deliveries) == [Verdict("a", "unknown", STRANGE)]


def test_what_cannot_be_found_out_is_unknown():
    deliveries = in_doubt("a", "b")
    deliveries.sent(message("c"), 1.0)
    lost = in_doubt("a")
    lose(lost)
    for one, names in ((deliveries, ["a", "b"]), (lost, ["a"])):
        verdicts = one.give_up("no transcript")
        assert verdicts == [Verdict(name, "unknown", "no transcript") for name in names]
        assert list(one.undecided) == names
        assert (one.step(), one.holds) == (None, False)
    assert states(deliveries, "c") == ["sent"]


def test_what_is_unknown_and_found_later_has_arrived():
    deliveries = in_doubt("a")
    deliveries.give_up("no transcript")
    assert deliveries.doubtful == {"a"}
    (verdict,) = deliveries.looked(Look(99.0, found=["a"]), conclusive=False)
    assert verdict == Verdict("a", "confirmed", "it is in the server's transcript")
    assert (deliveries.undecided, deliveries.doubtful) == ({}, set())


def test_what_is_unknown_is_not_looked_for_and_holds_nothing():
    deliveries = in_doubt("a")
    deliveries.give_up("no transcript")
    deliveries.connected(3)
    assert look(deliveries, 10.0) == look(deliveries, 20.0) == []
    assert (deliveries.step(), deliveries.holds) == (None, False)


def test_what_the_user_sends_again_is_a_new_message_behind_the_others():
    deliveries = in_doubt("a", "b")
    deliveries.give_up("no transcript")
    deliveries.sent(message("a"), 5.0)
    assert list(deliveries.undecided) == ["b"]
    assert (states(deliveries, "a"), deliveries.step()) == (["sent"], None)
    deliveries.connected(3)
    assert deliveries.step() == Ask(5.0 + CHECK)
    deliveries.sent(message("b"), 6.0)
    deliveries.connected(4)
    lose(deliveries)
    assert deliveries.step() == Send(message("a"))


def test_what_is_lost_is_doubtful_until_it_is_sent_again():
    deliveries = in_doubt("a", "b")
    lose(deliveries)
    deliveries.sent(message("a"), 5.0)
    assert deliveries.doubtful == {"b"}


# --- a transcript that is behind --------------------------------------------------------------


def test_a_transcript_that_is_behind_proves_nothing_and_the_lag_prolongs_the_rest():
    deliveries = in_doubt("a")
    assert look(deliveries, FIRST, behind=1.5) == []
    assert deliveries.lag == 1.5
    assert deliveries.step() == Ask(FIRST + 1.5)
    look(deliveries, FIRST + 1.5)
    assert deliveries.step() == Ask(FIRST + 1.5 + CHECK + 1.5)
    look(deliveries, FIRST + 1.5 + CHECK + 1.5)
    assert deliveries.step() == Send(message("a"))


def test_a_lag_that_was_seen_before_prolongs_what_comes_after():
    deliveries = sent()
    look(deliveries, 1.0, behind=3.0)
    deliveries.sent(message("a"), 10.0)
    deliveries.connected(2)
    assert deliveries.step() == Ask(10.0 + CHECK + 3.0)
    look(deliveries, 10.0 + CHECK)
    assert deliveries.step() == Ask(10.0 + CHECK + 3.0)


def test_a_lag_is_measured_by_what_a_transcript_lacked_and_a_later_one_has():
    deliveries = in_doubt("a", "b")
    look(deliveries, 2.5)
    look(deliveries, 4.0, found=["a"])
    assert deliveries.lag == 2.5
    for at in (CHECK + 2.5, 2 * (CHECK + 2.5)):
        assert deliveries.step() == Ask(at)
        look(deliveries, at)
    assert deliveries.step() == Send(message("b"))


def test_what_may_have_stood_there_unread_tells_nothing_of_a_lag():
    deliveries = in_doubt("a", "b")
    look(deliveries, 2.5, hidden=["a"])
    look(deliveries, 90.0, found=["a"])
    assert deliveries.lag == 0.0


def test_a_server_that_stays_behind_is_asked_ever_later_and_not_for_ever():
    deliveries = in_doubt("a")
    asked, verdicts = [], []
    while isinstance(step := deliveries.step(), Ask):
        asked.append(step.at)
        verdicts += look(deliveries, step.at, behind=0.2)
    waits = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert waits == [pytest.approx(AGAIN * 2**n) for n in range(1, LOOKS)]
    told = "the server's transcript is 0.2 s behind"
    assert verdicts == [Verdict("a", "unknown", told)]


def test_a_server_that_falls_ever_further_behind_is_not_asked_all_the_time():
    """What was heard last is known a moment before the look, and lacking in it ever since."""
    deliveries = in_doubt("a")
    looks = 0
    while isinstance(step := deliveries.step(), Ask):
        look(deliveries, step.at, behind=step.at - FIRST + 0.01)
        looks += 1
    assert looks == LOOKS
    assert states(deliveries, "a") == ["unknown"]


def test_a_transcript_that_was_behind_once_takes_two_that_are_not():
    deliveries = in_doubt("a")
    look(deliveries, FIRST)
    look(deliveries, SECOND, behind=0.5)
    look(deliveries, 10.0)
    assert isinstance(deliveries.step(), Ask)
    look(deliveries, 20.0)
    assert deliveries.step() == Send(message("a"))


def test_a_message_is_known_once_it_was_sent_and_has_arrived_once_that_is_decided():
    deliveries = Deliveries()
    assert "u-1" not in deliveries
    assert not deliveries.has_arrived("u-1")
    deliveries.sent(e.UserMessage(conversation_id="c", client_msg_id="u-1", text="hi"), 1.0)
    assert "u-1" in deliveries
    assert not deliveries.has_arrived("u-1")
    deliveries.decide("u-1", "confirmed")
    assert deliveries.has_arrived("u-1")
