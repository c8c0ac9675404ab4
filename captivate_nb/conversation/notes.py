"""What a session notes of itself in its log, so that a replay knows it.

A note is no event of the server's: what a server sends under such a name is an update like any other.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from captivate_nb.errors import ProtocolError
from captivate_nb.protocol.codec import from_json, to_json
from captivate_nb.protocol.events import Event

CHECKED_AFTER = "checked_after"
"""A transcript is believed after so many `seconds`, where that is not the default."""

MISSED = "missed"
"""Messages are missing; with `large` in its data, the large message of that event id is."""

ARRIVED = "arrived"
"""The user says that the `message` of its data arrived."""

DISCONNECTED = "disconnected"
"""The connection is over, and there is no other yet; with `why` in its data, there will be none."""

GIVEN_UP = "given_up"
"""What was asked to begin another conversation, or to show one, is waited for no more."""


class Note(Event, frozen=True, kw_only=True):
    """Something that the session itself knows, of a conversation or of all."""

    event_type: ClassVar[str] = "note"

    kind: str
    conversation_id: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


def encode_note(note: Note) -> str:
    """Return a note as a log's frame."""
    said = {"kind": note.kind, "conversation_id": note.conversation_id, "data": note.data}
    return to_json({"note": said})


def decode_note(frame: str) -> Note:
    """Return the note in a log's frame. Raise `ProtocolError` when there is none."""
    try:
        return msgspec.convert(from_json(frame), dict[str, Note])["note"]
    except (msgspec.ValidationError, KeyError) as error:
        raise ProtocolError(f"This is no note of a session: {error}.") from None
