"""The list of events: complete, each name once a side, frozen, and shown by its wire name."""

from __future__ import annotations

import pytest

from captivate_nb.protocol import events as e
from strategies import FIELDS

CLIENT = {
    "conversation_start",
    "user_message",
    "metadata",
    "action",
    "conversation_transcript_request",
    "get_conversations",
    "delete_conversation",
    "metadata_request",
    "edit_message",
}
SERVER = {
    "socket_connected",
    "conversation_start_success",
    "bot_message",
    "livechat_message",
    "action",
    "conversation_transcript",
    "user_conversations",
    "delete_conversation_success",
    "conversation_metadata",
    "metadata_update_success",
    "message_edited_success",
    "conversation_update",
    "general_error",
}


def test_every_event_of_the_service_has_one_class_on_its_side():
    assert sorted(event.event_type for event in e.CLIENT_EVENTS) == sorted(CLIENT)
    assert sorted(event.event_type for event in e.SERVER_EVENTS) == sorted(SERVER)


def test_sides_are_told_apart_by_class():
    assert {event.sender for event in e.CLIENT_EVENTS} == {"client"}
    assert {event.sender for event in (*e.SERVER_EVENTS, e.UnknownEvent)} == {"server"}


def test_the_strategies_make_every_event():
    assert set(FIELDS) == {*e.CLIENT_EVENTS, *e.SERVER_EVENTS, e.UnknownEvent}


@pytest.mark.parametrize("event", FIELDS)
def test_an_event_is_told_by_keyword_and_frozen(event):
    assert event.__doc__
    with pytest.raises(TypeError):
        event("conv-1")


def test_what_the_wire_leaves_out_is_none_or_empty():
    event = e.BotMessage()
    assert (event.event_id, event.message_id, event.conversation_id) == (None, None, None)
    assert (event.content, event.bot, event.problems) == ((), {}, ())
    with pytest.raises(AttributeError):
        event.content = ()
    assert e.ConversationStart().user_id is None
    assert e.MetadataSet(conversation_id="c", client_msg_id="m", metadata={}).target == "default"


def test_the_metadata_targets_are_the_documents_four():
    assert e.TARGETS == ("default", "bot", "live", "bot_live")


def test_an_event_with_several_names_goes_by_the_one_it_is_sent_with():
    assert e.BotMessage().wire_name == "bot_message"
    assert e.GetConversations(user_id="a", variant="get_user_conversations").wire_name == (
        "get_user_conversations"
    )
    assert e.DeleteConversation(user_id="a", variant="delete_user_conversations").wire_name == (
        "delete_user_conversations"
    )
    assert e.UnknownEvent(type="confetti").wire_name == "confetti"
