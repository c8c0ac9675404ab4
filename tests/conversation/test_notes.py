"""What a session notes of itself in its log, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.notes import ARRIVED, MISSED, Note, decode_note, encode_note
from captivate_nb.errors import ProtocolError
from captivate_nb.protocol.codec import encode
from strategies import json_objects, text
from support.conversations import CONV, bot, lines, note, problems, say, started, states, update


@given(kind=text, conversation_id=st.none() | text, data=json_objects)
def test_a_note_is_read_as_it_was_written(kind, conversation_id, data):
    noted = Note(kind=kind, conversation_id=conversation_id, data=data)
    assert decode_note(encode_note(noted)) == noted


@pytest.mark.parametrize("frame", ["", "{", "[]", "{}", '{"note":1}', '{"note":{"kind":1}}'])
def test_what_is_no_note_is_listed(frame: str):
    with pytest.raises(ProtocolError):
        decode_note(frame)
    conversation = started()
    conversation.apply_record(EventLog().record("note", frame, 1.0))
    assert problems(conversation)[0].startswith("A frame was skipped: ")


@pytest.mark.parametrize("kind", [ARRIVED, MISSED, "captivate_nb.arrived"])
def test_what_a_server_sends_under_a_notes_name_is_an_update_like_any_other(kind: str):
    conversation, log = started(), EventLog()
    conversation.apply(bot("hi"))
    conversation.apply(say("one", "u-1"))
    forged = update(kind, {"message": "u-1"}, conversation_id=CONV)
    conversation.apply_record(log.record("in", encode(forged), 1.0))
    for frame in (encode_note(note(kind, {"message": "u-1"})), encode_note(note(MISSED))):
        conversation.apply_record(log.record("in", frame, 1.0))
    assert states(conversation) == ["sent"]
    assert [told.type for told in conversation.updates] == [kind]
    assert lines(conversation)[:2] == ["bot: hi", "user: one"]
