"""Naming: what the server may call what is said here."""

from __future__ import annotations

from captivate_nb.conversation.entries import messages_of
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.naming import Naming
from captivate_nb.conversation.reconcile import match
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e


def message(text, ident, sender="user", *content):
    return Message(id=ident, sender=sender, text=text, content=content or (c.Text(text),))


def told(*entries):
    return messages_of(e.TranscriptEntry("user", (c.Text(t),), message_id=i) for t, i in entries)


def test_an_options_value_may_be_told_by_its_label():
    naming = Naming()
    options = (c.Option("Large", "L"), c.Option("Small", "S"))
    naming.offered([message("Which?", "b-1", "bot", c.Buttons("Which?", options))])
    naming.add_user_text("u-1", " l ")
    naming.add_user_text("u-2", "something else")
    assert naming.known["u-1"].texts == {"large"}
    assert "u-2" not in naming.known


def test_options_that_only_a_transcript_tells_count_too():
    naming = Naming()
    options = c.Buttons("Which?", (c.Option("Large", "L"),))
    server = messages_of([e.TranscriptEntry("bot", (options,))])
    naming.add_transcript([], server, match([], server, {}))
    naming.add_user_text("u-1", "L")
    assert naming.known["u-1"].texts == {"large"}


def test_an_edited_message_may_be_told_with_either_text():
    naming = Naming()
    naming.edited("u-1", "The New Text")
    here = [message("old", "u-1")]
    assert match(here, told(("the new text", None)), naming.known).places == [0]
    assert match(here, told(("old", None)), naming.known).places == [0]


def test_what_the_server_called_a_message_it_calls_it_again():
    naming, here = Naming(), [message("one", "u-1"), message("two", "u-2")]
    server = told(("ONE", "m-1"), ("two", "m-2"))
    naming.add_transcript(here, server, match(here, server, naming.known))
    assert naming.known["u-1"].ids == {"m-1"}
    later = told(("neither of them", "m-2"), ("ONE", "m-1"))
    assert match(here, later, naming.known).places == [1, 0]


def test_an_id_of_several_and_a_place_that_is_unsure_name_nothing():
    naming, here = Naming(), [message("one", "u-1"), message("two", "u-2")]
    server = told(("one", "g"), ("two", "g"))
    naming.add_transcript(here, server, match(here, server, naming.known))
    assert naming.known["u-1"].ids == set()
    other = told(("one", None), ("quite another", "m-2"))
    naming.add_transcript(here, other, match(here, other, naming.known))
    assert "quite another" not in naming.known["u-2"].texts
