"""Merge: the messages here and the server's, each once, in the server's order."""

from __future__ import annotations

from captivate_nb.merge import delivered, merge, messages_of
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.transcript import Message


def entry(text, ident=None, sender="bot"):
    return e.TranscriptEntry(sender, (c.Text(text),), message_id=ident)


def message(text, ident, sender="bot", **fields):
    return Message(id=ident, sender=sender, text=text, content=(c.Text(text),), **fields)


def ids(messages):
    return [m.id for m in messages]


def never(_):
    return False


def test_the_servers_ids_tell_equal_texts_apart():
    here = [message("yes", "3"), message("yes", "1")]
    told = [entry("yes", "1"), entry("yes", "2"), entry("yes", "3")]
    merged = merge(here, told, never)
    assert ids(merged) == ["1", "2", "3"]
    assert merged[0] is here[1]
    assert merged[2] is here[0]


def test_an_id_that_stands_for_another_text_is_not_believed():
    here = [message("one", "1"), message("two", "1")]
    assert merge(here, [entry("one", "1"), entry("two", "1")], never) == here


def test_without_ids_equal_texts_are_counted():
    here = [message("yes", "a"), message("yes", "b")]
    merged = merge(here, [entry("yes"), entry("yes"), entry("yes")], never)
    assert ids(merged) == ["a", "b", "bot-2"]


def test_the_order_is_the_servers_and_our_own_lines_stay_where_they_were():
    line = message("Maya joined", "s", "system")
    here = [message("one", "1"), line, message("two", "2"), message("mine", "u", "user")]
    merged = merge(here, [entry("two", "2"), entry("one", "1")], never)
    assert ids(merged) == ["2", "u", "1", "s"]


def test_what_is_lost_goes_to_the_end_to_be_sent_again():
    lost = message("lost", "u", "user", delivery="sent")
    merged = merge([lost, message("one", "1")], [entry("one", "1")], lambda m: m is lost)
    assert ids(merged) == ["1", "u"]
    assert merged[1].delivery == "queued"


def test_only_the_users_messages_have_a_state_of_delivery():
    bots = message("one", "1")
    assert delivered(bots, "confirmed") is bots
    mine = message("one", "u", "user", delivery="sent")
    assert delivered(mine, "sent") is mine
    assert delivered(mine, "confirmed").delivery == "confirmed"


def test_entries_that_say_nothing_are_left_out():
    entries = [e.TranscriptEntry("bot", (c.Text(""),)), entry("one"), entry("mine", None, "user")]
    assert [(m.id, m.delivery) for _, m in messages_of(entries)] == [
        ("bot-1", None),
        ("user-2", "confirmed"),
    ]
