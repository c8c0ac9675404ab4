"""Turns of the user's that a transcript tells as one entry."""

from __future__ import annotations

from captivate_nb.conversation.joined_turns import parted
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e

PHOTO = c.Files((c.File("https://files.example/photo.png"),))


def told(*entries, holes=()):
    return e.ConversationTranscript(conversation_id="c", entries=entries, holes=holes)


def entry(*content, sender="user", message_id=None):
    said = tuple(c.Text(item) if isinstance(item, str) else item for item in content)
    return e.TranscriptEntry(sender, said, message_id=message_id)


def test_each_text_that_was_said_is_an_entry_again_with_what_came_with_it():
    joined = told(
        entry("hello", sender="bot"), entry("Yes", PHOTO, "no", message_id="m-1"), holes=(0, 1, 2)
    )
    assert parted(joined, {"yes", "no"}) == told(
        entry("hello", sender="bot"),
        entry("Yes", PHOTO, message_id="m-1"),
        entry("no"),
        holes=(0, 1, 3),
    )


def test_a_text_whose_end_is_cut_was_said_too():
    said = {"yes", "a line of some length"}
    assert len(parted(told(entry("yes", "a line of…")), said).entries) == 2
    for other in ("another line of…", "a line…of", "a l…"):
        assert len(parted(told(entry("yes", other)), said).entries) == 1


def test_what_comes_before_the_first_text_belongs_to_it():
    assert parted(told(entry(PHOTO, "yes", "no")), {"yes", "no"}) == told(
        entry(PHOTO, "yes"), entry("no")
    )


def test_what_was_not_said_here_or_by_the_user_stays_as_it_is():
    for one in (
        entry("yes", "of course"),
        entry("yes", "no", sender="bot"),
        entry("yes", PHOTO),
        entry("yes"),
    ):
        assert parted(told(one), {"yes", "no"}) == told(one)
