"""Messages too large for a frame: their place, and how they are filled in."""

from __future__ import annotations

from captivate_nb.conversation.notes import MISSED
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import events as e
from support.conversations import (
    CONV,
    bot,
    entry,
    lines,
    note,
    started,
    told,
)

LARGE = e.GeneralError(code=413, message_link="https://a/1", event_id="e-1", conversation_id=CONV)


def test_a_large_message_has_its_place_before_it_is_fetched():
    conversation = started()
    assert conversation.apply(LARGE) == 0
    assert conversation.apply(LARGE) is None
    conversation.apply(bot("next"))
    assert lines(conversation) == ["system: A large message is on its way", "bot: next"]
    assert conversation.heard == 1
    assert conversation.apply(bot("large", event_id="e-1")) == 0
    assert conversation.apply(bot("large", event_id="e-1")) is None
    assert (lines(conversation), conversation.heard) == (["bot: large", "bot: next"], 2)


def test_a_large_message_that_a_transcript_told_first_is_not_repeated():
    conversation = started()
    conversation.apply(LARGE)
    conversation.apply(told(entry("bot", "large"), entry("bot", "next")))
    assert conversation.apply(bot("large", event_id="e-1")) is None
    assert lines(conversation) == ["bot: large", "bot: next"]


def test_a_large_message_that_a_transcript_told_before_its_error_came_leaves_no_gap():
    conversation = started()
    conversation.apply(told(entry("bot", "large", message_id="b-1"), entry("bot", "next")))
    conversation.apply(LARGE)
    assert conversation.apply(bot("large", event_id="e-1", message_id="b-1")) == 2
    assert (lines(conversation), conversation.heard) == (["bot: large", "bot: next"], 2)


def test_what_follows_a_large_message_under_the_same_id_is_not_taken_for_it():
    conversation = Conversation()
    conversation.apply(e.SocketConnected(event_id="e"))
    conversation.apply(e.ConversationStarted(conversation_id=CONV, event_id="e"))
    link = "https://h/1"
    error = e.GeneralError(code=413, event_id="e", conversation_id=CONV, message_link=link)
    conversation.apply(error)
    conversation.apply(bot("large", event_id=conversation.large_key(error)))
    conversation.apply(bot("next", event_id="e"))
    assert lines(conversation) == ["bot: large", "bot: next"]


def test_large_messages_of_a_server_that_gives_all_events_one_id_are_kept_apart():
    conversation = started()
    errors = [
        e.GeneralError(code=413, event_id="e", conversation_id=CONV, message_link=f"https://h/{n}")
        for n in range(2)
    ]
    keys = []
    for error in errors:
        conversation.apply(error)
        keys.append(conversation.large_key(error))
    assert len(set(keys)) == 2
    for key, text in zip(reversed(keys), ("second", "first"), strict=True):
        conversation.apply(bot(text, event_id=key))
    assert lines(conversation) == ["bot: first", "bot: second"]


def test_a_large_message_that_cannot_be_had_leaves_a_line():
    conversation = started()
    conversation.apply(LARGE)
    assert conversation.apply(note(MISSED, {"large": "e-1"})) == 0
    assert conversation.apply(note(MISSED, {"large": "e-2"})) is None
    assert lines(conversation) == ["system: A large message came, and could not be shown here"]
