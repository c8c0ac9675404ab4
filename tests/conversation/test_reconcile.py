"""Merge: the messages here and the server's, each once, in the server's order."""

from __future__ import annotations

import html
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies  # noqa: F401  # sets Hypothesis up
from captivate_nb.conversation.entries import messages_of, shared_ids
from captivate_nb.conversation.merging import merge
from captivate_nb.conversation.message import Message, delivered
from captivate_nb.conversation.reconcile import BARE, CUT, NEAR, Matches, Names, loosely, match
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode
from support.odd_lines import RELABELS, SHAPES, Line, shown_as, told_in

CONV = "conv-1"
LONG = "a line of the user's which is as long as this"


def entry(text, ident=None, sender="bot"):
    return e.TranscriptEntry(sender, (c.Text(text),), message_id=ident)


def message(text, ident, sender="bot", **fields):
    return Message(id=ident, sender=sender, text=text, content=(c.Text(text),), **fields)


def mine(text, ident):
    return message(text, ident, "user", delivery="sent")


def ids(messages):
    return [m.id for m in messages]


def told_by(*entries):
    return messages_of(entries)


def matched(here, entries, names=None):
    return match(here, messages_of(entries), names or {})


def merged(here, entries, names=None):
    told = messages_of(entries)
    return merge(here, told, match(here, told, names or {}))


# --- known by id ------------------------------------------------------------------------------


def test_the_servers_ids_tell_equal_texts_apart():
    here = [message("yes", "3"), message("yes", "1")]
    told = [entry("yes", "1"), entry("yes", "2"), entry("yes", "3")]
    result = merged(here, told)
    assert ids(result) == ["1", "2", "3"]
    assert result[0] is here[1]
    assert result[2] is here[0]


def test_an_id_that_stands_for_another_text_is_not_believed():
    here = [message("one", "1"), message("two", "1")]
    assert merged(here, [entry("one", "1"), entry("two", "1")]) == here


def test_an_id_of_the_bots_with_another_text_is_another_message():
    assert matched([message("one", "1")], [entry("two", "1")]).places == [None]


def test_the_users_own_id_is_believed_whatever_the_text():
    here = [mine("one", "u-1"), mine("two", "u-2")]
    told = [entry("quite different", "u-2", "user"), entry("one", "u-1", "user")]
    assert matched(here, told) == Matches([1, 0], set(), reworded={0})


def test_an_id_of_the_others_is_believed_where_the_text_begins_alike():
    here = [message("Pick one:\n- Tea", "b-1")]
    assert matched(here, [entry("Pick one:", "b-1")]).places == [0]
    assert matched(here, [entry("Choose one:", "b-1")]).places == [None]
    here.append(message("Pick one:", "b-2"))
    assert matched(here, [entry("Pick one:", "b-1")]).places == [1]


@pytest.mark.parametrize(
    ("text", "known"), [("Two", True), ("two hund…", True), ("two\nthree", False), ("2", False)]
)
def test_words_under_an_id_that_were_never_its_own_are_told(text, known):
    here = [mine("one", "u-1"), mine("two hundred", "u-2")]
    names = {"u-2": Names(set(), {"two"})}
    matches = matched(here, [entry(text, "u-2", "user")], names)
    assert (matches.places, matches.reworded) == ([1], set() if known else {0})


def test_an_id_is_one_senders():
    assert matched([mine("one", "1")], [entry("one", "1")]).places == [None]


def test_an_id_that_the_server_gave_a_message_before_is_known():
    names = {"u-1": Names({"m-1"}, set())}
    here = [mine("one", "u-1"), mine("one", "u-2")]
    assert matched(here, [entry("edited elsewhere", "m-1", "user")], names).places == [0]


def test_an_id_that_counts_entries_is_not_believed_against_the_text():
    """Some number the entries of each answer, and tell the last of them only."""
    names = {"u-1": Names({"0"}, set()), "u-2": Names({"1"}, set())}
    here = [mine("one", "u-1"), mine("two", "u-2"), mine("three", "u-3")]
    told = [entry("two", "0", "user"), entry("three", "1", "user")]
    assert matched(here, told, names) == Matches([1, 2], set())


def test_an_id_that_several_entries_share_stands_for_none():
    entries = [entry("one", "g"), entry("two", "g"), entry("three", "3"), entry("four")]
    assert shared_ids(entries) == {"g"}
    here = [message("two", "g"), message("three", "3")]
    assert matched(here, entries).places == [None, 0, 1, None]


# --- known by text ----------------------------------------------------------------------------


def test_without_ids_equal_texts_are_counted():
    here = [message("yes", "a"), message("yes", "b")]
    result = merged(here, [entry("yes"), entry("yes"), entry("yes")])
    assert ids(result) == ["a", "b", "bot-2"]


def test_an_equal_line_is_the_one_that_stands_where_it_stands():
    here = [message("yes", "a"), message("one", "b"), message("yes", "c")]
    assert matched(here, [entry("one"), entry("yes")]).places == [1, 2]
    assert matched(here, [entry("yes"), entry("one")]).places == [0, 1]


def test_what_a_transcript_leaves_out_keeps_its_order_whatever_it_reorders():
    here = [
        message("a", "b-1"),
        mine("one", "u-1"),
        message("b", "b-2"),
        mine("two", "u-2"),
        message("c", "b-3"),
        mine("three", "u-3"),
    ]
    told = [entry("b"), entry("a"), entry("c")]
    assert [m.id for m in merged(here, told) if m.sender == "user"] == ["u-1", "u-2", "u-3"]


@pytest.mark.parametrize("many", [NEAR, 3 * NEAR])
def test_the_last_of_many_equal_lines_are_known_from_the_end(many):
    yes = [mine("yes", f"u-{number}") for number in range(many)]
    here = [*yes, message("one", "b"), mine("yes", "u-last")]
    told = [entry("yes", None, "user"), entry("one"), entry("yes", None, "user")]
    assert matched(here, told).places[1:] == [many, many + 1]
    assert merged(here, told) == here


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("a < b", "a &amp;lt; b"),
        ("it's", "it&#39;s"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u212b", "\u00c5"),
        ("\ufb01ne", "fine"),
        ("\uff21\uff22", "AB"),
        ("Hello  There", "hello there\n"),
        ("a\u00a0b", "a b"),
        ("stra\u00dfe", "STRASSE"),
        ("\u0130", "i\u0307"),
        ("a\u200bb\ufeff", "ab"),
        ("\U0001f44d\ufe0f", "\U0001f44d"),
    ],
)
def test_a_text_is_known_again_whatever_servers_change_of_it(here, there):
    assert loosely(here) == loosely(there)
    assert matched([mine(here, "u")], [entry(there, None, "user")]) == Matches([0], set())
    assert matched([mine(there, "u")], [entry(here, None, "user")]) == Matches([0], set())


@given(st.text(st.characters(exclude_characters="&")))
def test_any_text_is_known_again_escaped_spaced_and_in_any_form_of_unicode(text):
    shown = [html.escape(text), f" {'  '.join(text.split())}\n"]
    shown += [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert {loosely(one) for one in shown} == {loosely(text)}


def test_what_is_doubtful_is_taken_for_an_equal_line_that_nothing_else_is():
    here = [mine("yes", "u-1"), mine("yes", "u-2")]
    yes = entry("yes", None, "user")
    for doubtful, first in (((), 0), (["u-1"], 1), (["u-2"], 0), (["u-1", "u-2"], 0)):
        assert match(here, told_by(yes), {}, doubtful).places == [first]
        assert sorted(match(here, told_by(yes, yes), {}, doubtful).places) == [0, 1]


def test_another_text_or_another_sender_is_another_message():
    here = [mine("one", "u")]
    assert matched(here, [entry("one"), entry("one!", None, "agent")]).places == [None, None]


def test_a_label_stands_for_its_value():
    here = [message("Well?", "b"), mine("agent", "u-1"), mine("leave", "u-2")]
    names = {"u-1": Names(set(), {"chat to agent"}), "u-2": Names(set(), {"leave details"})}
    told = [entry("Well?"), entry("Chat to Agent", None, "user"), entry("leave", None, "user")]
    assert matched(here, told, names) == Matches([0, 1, 2], set())


@pytest.mark.parametrize(
    ("shown", "known"),
    [
        (LONG[:CUT] + "…", True),
        (LONG[:CUT].upper() + "...", True),
        (LONG[: CUT - 2] + "…", False),
        (LONG[:BARE], True),
        (LONG[: BARE - 2], False),
        ("another line of the user's…", False),
    ],
)
def test_a_text_whose_end_was_cut_is_known_by_its_beginning(shown, known):
    here = [mine("first", "u-0"), mine(LONG, "u-1")]
    matches = matched(here, [entry("first", None, "user"), entry(shown, None, "user")])
    assert matches.places == [0, 1]
    assert (matches.unsure == set()) is known


def test_several_texts_with_the_same_beginning_are_taken_one_by_one():
    here = [mine(f"{LONG} {number}", f"u-{number}") for number in range(3)]
    cut = entry(f"{LONG}…", None, "user")
    assert matched(here, [cut, cut]) == Matches([0, 1], set())
    assert matched(here, [cut] * 4) == Matches([0, 1, 2, None], set())


def test_a_message_of_several_texts_is_taken_once():
    names = {"u": Names(set(), {loosely(f"{LONG} b")})}
    cut = entry(f"{LONG}…", None, "user")
    assert matched([mine(f"{LONG} a", "u")], [cut, cut], names).places == [0, None]
    both = [entry(f"{LONG} a", None, "user"), entry(f"{LONG} b", None, "user")]
    assert matched([mine(f"{LONG} a", "u")], both, names).places == [0, None]


def test_a_text_that_is_there_whole_is_taken_before_one_that_was_cut():
    here = [mine(f"{LONG} and more", "u-1"), mine(LONG, "u-2")]
    told = [entry(LONG, None, "user"), entry(f"{LONG} and…", None, "user")]
    assert matched(here, told) == Matches([1, 0], set())


# --- known by place ---------------------------------------------------------------------------


def test_what_stands_between_the_same_two_messages_is_the_same():
    here = [message("one", "1"), mine("agent", "u"), message("two", "2")]
    told = [entry("one"), entry("talk to a person", None, "user"), entry("two")]
    assert matched(here, told) == Matches([0, 1, 2], {1}, reworded={1})


def test_the_bots_words_between_two_messages_are_the_same_if_they_begin_alike():
    here = [mine("one", "u-1"), message("a\nYes\nNo", "b"), mine("two", "u-2")]
    one, two = entry("one", None, "user"), entry("two", None, "user")
    assert matched(here, [one, entry("A"), two]) == Matches([0, 1, 2], set())
    assert matched(here, [one, entry("missed"), two]).places == [0, None, 2]


def test_the_bots_words_at_either_end_are_news():
    here = [message("a\nYes\nNo", "1"), mine("one", "u"), message("b\nYes\nNo", "2")]
    told = [entry("a"), entry("one", None, "user"), entry("b")]
    assert matched(here, told).places == [None, 1, None]


def test_a_message_of_several_ids_is_taken_once():
    names = {"b": Names({"1", "2"}, set())}
    told = [entry("hi", "1"), entry("hi", "2")]
    assert matched([message("hi", "b")], told, names).places == [0, None]


def test_a_place_with_another_number_of_messages_tells_nothing():
    here = [message("one", "1"), mine("agent", "u-1"), mine("leave", "u-2"), message("two", "2")]
    told = [entry("one"), entry("talk to a person", None, "user"), entry("two")]
    assert matched(here, told).places == [0, None, 3]


def test_a_place_is_one_senders():
    here = [message("one", "1"), mine("agent", "u"), message("two", "2")]
    told = [entry("one"), entry("please wait", None, "agent"), entry("two")]
    assert matched(here, told).places == [0, None, 2]


def test_the_users_last_words_are_known_by_their_place_and_not_for_sure():
    here = [message("one", "1"), mine("agent", "u")]
    assert matched(here, [entry("one"), entry("a person", None, "user")]) == Matches(
        [0, 1], {1}, reworded={1}
    )
    assert matched(here[1:], [entry("a person", None, "user")]) == Matches([0], {0}, reworded={0})


# --- the merged conversation ------------------------------------------------------------------


def test_the_order_is_the_servers_and_our_own_lines_stay_where_they_were():
    line = message("Maya joined", "s", "system")
    here = [message("one", "1"), line, message("two", "2"), message("mine", "u", "user")]
    result = merged(here, [entry("two", "2"), entry("one", "1")])
    assert ids(result) == ["2", "u", "1", "s"]


def test_what_crossed_on_its_way_stands_in_the_servers_order():
    here = [mine("one", "u-1"), mine("two", "u-2"), message("to one", "b")]
    told = [entry("one", None, "user"), entry("to one"), entry("two", None, "user")]
    assert ids(merged(here, told)) == ["u-1", "b", "u-2"]


def test_what_only_this_side_has_keeps_the_order_of_its_own_side():
    here = [mine("one", "u-1"), message("to zero", "b"), mine("lost", "u-2")]
    told = [entry("to zero"), entry("one", None, "user")]
    assert ids(merged(here, told)) == ["b", "u-1", "u-2"]


def test_what_the_server_does_not_have_stays_where_it_was():
    lost = message("lost", "u", "user", delivery="sent")
    result = merged([lost, message("one", "1")], [entry("one", "1")])
    assert ids(result) == ["u", "1"]
    assert result[0] is lost


def test_a_line_of_our_own_is_never_the_servers():
    line = message("Maya joined", "s", "system")
    assert matched([line], [entry("Maya joined")]).places == [None]


def test_no_two_messages_get_the_same_id():
    here = [message("a", "1"), message("b", "bot-1")]
    told = [entry("x", "1"), entry("y"), entry("z", "1"), entry("z", "1-2")]
    result = ids(merged(here, told))
    assert result[:2] == ["1", "bot-1"]
    assert len(set(result)) == 6


def test_only_the_users_messages_have_a_state_of_delivery():
    bots = message("one", "1")
    assert delivered(bots, "confirmed") is bots
    sent = message("one", "u", "user", delivery="sent")
    assert delivered(sent, "sent") is sent
    assert delivered(sent, "confirmed").delivery == "confirmed"


def test_entries_that_say_nothing_are_left_out():
    entries = [e.TranscriptEntry("bot", (c.Text(""),)), entry("one"), entry("mine", None, "user")]
    assert [(m.id, m.delivery) for _, m in messages_of(entries)] == [
        ("bot-1", None),
        ("user-2", "confirmed"),
    ]


def test_an_entry_that_only_acts_is_a_message_without_words():
    ((_, silent),) = messages_of([e.TranscriptEntry("bot", (), (c.Action("go"),))])
    assert (silent.text, silent.actions) == ("", (c.Action("go"),))


# --- any conversation -------------------------------------------------------------------------

TEXTS = st.sampled_from(["yes", "no", "", "Yes ", LONG, LONG[:20] + "…", "caf\u00e9", "cafe\u0301"])
SENDERS = st.sampled_from(["user", "bot", "agent"])
IDENTS = st.none() | st.sampled_from([*"12345"])
ENTRIES = st.lists(st.builds(entry, TEXTS, IDENTS, SENDERS), max_size=8)
HERE = st.lists(
    st.builds(
        message, TEXTS, st.sampled_from([*"12345", "user-0", "bot-1"]), SENDERS | st.just("system")
    ),
    max_size=8,
    unique_by=lambda message: message.id,
)


@given(HERE, ENTRIES)
def test_every_message_stands_once_in_the_servers_order_under_an_id_of_its_own(here, entries):
    told = messages_of(entries)
    matches = match(here, told, {})
    taken = [place for place in matches.places if place is not None]
    assert len(set(taken)) == len(taken)
    result = merge(here, told, matches)
    assert len(result) == len(here) + len(told) - len(taken)
    assert len(set(ids(result))) == len(result)
    assert all(sum(one is old for one in result) == 1 for old in here)
    kept = [
        one for one in result if all(one is not here[i] or i in taken for i in range(len(here)))
    ]
    places = [None if place is None else here[place].id for place in matches.places]
    assert [one.id if one in here else None for one in kept] == places


@given(HERE, ENTRIES)
def test_merging_twice_is_merging_once(here, entries):
    """Once it is remembered how the server calls each, as a conversation does."""
    conversation = Conversation()
    conversation.apply(e.ConversationStarted(conversation_id=CONV))
    kinds = {"user": user_said, "bot": bot_said, "agent": agent_said, "system": line_told}
    for one in here:
        conversation.apply(kinds[one.sender](one), at=1.0)
    told = e.ConversationTranscript(conversation_id=CONV, entries=tuple(entries))
    conversation.apply(told, at=2.0)
    once = list(conversation.transcript)
    conversation.apply(told, at=3.0)
    assert list(conversation.transcript) == once


def user_said(one):
    return e.UserMessage(conversation_id=CONV, client_msg_id=one.id, text=one.text)


def bot_said(one):
    return e.BotMessage(content=one.content, message_id=one.id)


def agent_said(one):
    return e.LivechatMessage(content=one.content, message_id=one.id)


def line_told(one):
    return e.ConversationUpdate(type=one.text, event_id=one.id)


@given(HERE, st.data())
def test_a_transcript_that_lacks_some_of_it_changes_nothing(here, data):
    """One that is behind, that has the last entries only, or that lacks a line here and there."""
    said = [one for one in here if one.sender != "system" and one.content != (c.Text(""),)]
    kept = data.draw(st.lists(st.booleans(), min_size=len(said), max_size=len(said)))
    told = [entry(m.text, m.id, m.sender) for m, keep in zip(said, kept, strict=True) if keep]
    assert merged(here, told) == here


STORY = st.lists(
    st.tuples(st.sampled_from(["say", "hear", "miss", "lose"]), st.integers(0, 7)), max_size=12
)
SAID = ("yes", "no", "agent", "a < b & c", "Caf\u00e9", "yes, please, do that for me", "no", "yes")
BUTTONS = ({"label": "Chat to Agent", "value": "agent"}, {"label": "Go & see", "value": "no"})
OPTIONS = {"type": "buttons", "buttons": {"title": "", "options": list(BUTTONS)}}
LABELS = {option["value"]: option["label"] for option in BUTTONS}


def frame(kind, **payload):
    event = {"event_type": kind, "event_payload": {"conversation_id": CONV, **payload}}
    return decode(json.dumps({"action": "receiveMessage", "event": event}))


def talked(story):
    """Return a conversation and the lines that its server has of it."""
    conversation, lines = Conversation(), []
    conversation.apply(e.SocketConnected())
    conversation.apply(e.ConversationStarted(conversation_id=CONV))
    for number, (step, chosen) in enumerate([("hear", 0), *story]):
        said = step in ("say", "lose")
        items = [{"type": "text", "text": SAID[chosen] if said else f"line {chosen}"}]
        items += [] if said or chosen else [OPTIONS]
        line = Line("user" if said else "bot", items, f"u-{number}", f"s-{number}", 0.0)
        if said:
            conversation.apply(
                e.UserMessage(conversation_id=CONV, client_msg_id=f"u-{number}", text=SAID[chosen]),
                at=float(number),
            )
        elif step == "hear":
            conversation.apply(frame("bot_message", content=items), at=float(number))
        if step != "lose":
            lines.append(line)
    return conversation, lines


@given(
    STORY,
    st.sampled_from(SHAPES),
    st.sampled_from(["none", "server", "client"]),
    st.booleans(),
    st.sampled_from(["as sent", *RELABELS]),
    st.integers(0, 3),
)
def test_every_shape_of_a_transcript_is_merged_once(story, shape, whose, same, relabel, left_out):
    """Whatever the ids are, and however the user's words are shown: what is here stands once.

    Of equal lines, one of them lost, nobody can say which the last entries alone have.
    """
    conversation, lines = talked(story)
    lines = [shown_as(line, relabel, LABELS) for line in lines]
    whole = told_in(shape, lines, whose, same=same, holes={})
    lost = any(step == "lose" for step, _ in story)
    part = whole if lost else told_in(shape, lines[left_out:], whose, same=same, holes={})
    known = len(conversation.transcript)
    conversation.apply(frame("conversation_transcript", **whole), at=20.0)
    missed = sum(step == "miss" for step, _ in story)
    assert len(conversation.transcript) == known + missed
    once = list(conversation.transcript)
    assert len(set(ids(once))) == len(once)
    for told in (whole, part, whole):
        conversation.apply(frame("conversation_transcript", **told), at=20.0)
        assert ids(conversation.transcript) == ids(once)
        assert [m.text for m in conversation.transcript] == [m.text for m in once]


# --- hostile sizes ----------------------------------------------------------------------------

MANY = 10_000


@pytest.mark.parametrize("sizes", [(MANY, MANY), (MANY, 2 * MANY), (2 * MANY, MANY)])
def test_ten_thousand_equal_lines_are_counted(sizes):
    here, there = sizes
    known = [message("yes", str(number)) for number in range(here)]
    result = merged(known, [entry("yes")] * there)
    assert len(result) == max(sizes)
    assert result[:here] == known


def test_ten_thousand_different_lines_are_known_again():
    known = [mine(f"line {number}", str(number)) for number in range(MANY)]
    told = [entry(f"LINE  {number}", None, "user") for number in range(MANY)]
    assert merged(known, told) == known
    assert matched(known, told[::-1]).places == list(range(MANY))[::-1]


def test_ten_thousand_lines_that_are_all_unlike_end_too():
    known = [mine(f"here {number}", str(number)) for number in range(MANY)]
    told = [entry(f"there {number}", None, "user") for number in range(MANY - 1)]
    assert len(merged(known, told)) == 2 * MANY - 1


def test_ten_thousand_lines_that_begin_alike_end_too():
    known = [mine(f"{LONG} {number}", str(number)) for number in range(MANY)]
    told = [entry(f"{LONG}…", None, "user")] * (MANY + 1)
    assert len(merged(known, told)) == MANY + 1


def test_ten_thousand_messages_of_one_id_get_one_each():
    told = [entry(f"line {number}", "the same") for number in range(MANY)]
    assert len(set(ids(merged([], told)))) == MANY
