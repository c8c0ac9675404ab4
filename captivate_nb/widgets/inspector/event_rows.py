"""Event records as the JSON rows that the inspector draws. Pure: no widget, no session, no browser.

A row is `{"n", "out", "at", "type", "about", "size", "chat"}`, `chat` counting the conversations of
the log, with `problem` (a skipped frame), `id` (of the message it made or changed), `changes` (of
the metadata), `actions` (sent or received) and `turn` where they apply.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from captivate_nb.conversation.eventlog import EventRecord
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.metadata import MISSING, differences
from captivate_nb.conversation.notes import ARRIVED, CHECKED_AFTER, DISCONNECTED, MISSED, Note
from captivate_nb.conversation.state import Conversation
from captivate_nb.conversation.timing import TurnTimer
from captivate_nb.errors import UsageError, counted
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Action, Content, Unknown
from captivate_nb.rendering.sanitize import clean

Row = dict[str, Any]

ABOUT_LIMIT = 120
"""Characters of what a row says of its event."""

VALUE_LIMIT = 80
"""Characters of a value, old or new, in a change of the metadata."""

CHANGES_LIMIT = 50
"""Changes of the metadata that one row tells of."""

ACTIONS_LIMIT = 50
"""Actions that one row tells of."""

FRAME_LIMIT = 100_000
"""Characters shown of a frame."""

_UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


class EventRows:
    """Follows a log from its first record, each in a time that does not grow with the log."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.seconds: list[float] = []
        """How long each answered turn waited, in order."""
        self._conversation = Conversation()
        self._turns = TurnTimer()
        self._chat = 0  # conversations begun so far

    def take(self, record: EventRecord) -> None:
        """Append the row of the next record."""
        now = self._conversation
        before, metadata = now.id, now.metadata
        known = len(now.actions)
        changed = now.apply_record(record)
        if now.id != before:
            self._chat += 1
            metadata, known = {}, 0
        row = {
            "n": record.n,
            "out": record.direction == "out",
            "at": round(record.time, 3),
            "type": clean(record.type),
            "about": about(record.event) if record.event else "",
            "size": record.size,
            "chat": self._chat,
        }
        if record.problem:
            row["problem"] = clean(f"{record.problem} {record.frame}", ABOUT_LIMIT)
        if changed is not None and changed < len(now.transcript):
            row["id"] = _made(record.event, now.transcript[changed:]).id
        if now.metadata is not metadata and (found := _changes(metadata, now.metadata)):
            row["changes"] = found
        sent = [record.event.action] if isinstance(record.event, e.ActionSent) else []
        if actions := [*sent, *now.actions[known:]]:
            row["actions"] = _actions(actions)
        if turn := self._turns.take(record):
            row["turn"] = [turn.n, clean(turn.text, ABOUT_LIMIT), turn.seconds]
            self.seconds += [] if turn.seconds is None else [turn.seconds]
        self.rows.append(row)


def _made(event: e.Event | None, changed: Sequence[Message]) -> Message:
    """Return the message that an event made, or else the first it changed.

    An answer confirms the messages that it answers, too.
    """
    if not isinstance(event, e.BotMessage | e.LivechatMessage):
        return changed[0]
    ident = event.message_id or event.event_id
    return next((message for message in reversed(changed) if message.id == ident), changed[-1])


def _changes(old: dict[str, Any], new: dict[str, Any]) -> list[list[str | None]]:
    """Return `[path, old, new]` of each change; None stands for what is not there."""
    found = [[clean(path), _value(a), _value(b)] for path, a, b in differences(old, new)]
    return found[:CHANGES_LIMIT]


def _value(value: Any) -> str | None:
    return None if value is MISSING else clean(to_text(value, indent=None), VALUE_LIMIT)


def _actions(actions: Sequence[Action]) -> list[list[str]]:
    more = len(actions) - ACTIONS_LIMIT
    shown = list(map(_action, actions[:ACTIONS_LIMIT]))
    return [*shown, [f"… {counted(more, 'more action')}", ""]] if more > 0 else shown


def _action(action: Action) -> list[str]:
    return [clean(action.id), to_text(action.data, indent=None)[:ABOUT_LIMIT]]


def about(event: e.Event) -> str:
    """Return in a few words what an event holds, for beside its type."""
    return clean(_about(event), ABOUT_LIMIT)


_NOTED = {
    DISCONNECTED: "noted here: the connection is over",
    CHECKED_AFTER: "noted here: how long messages are checked",
    MISSED: "noted here: messages may be missing",
    ARRIVED: "noted here: you said that a message arrived",
}


def _about(event: e.Event) -> str:  # noqa: C901  # a table of the events
    match event:
        case e.UserMessage():
            return event.text or _names(event.files) or "(asks for the greeting)"
        case e.BotMessage() | e.LivechatMessage():
            return ", ".join(map(_kind, event.content))
        case e.ActionSent():
            return event.action.id
        case e.ActionsReceived():
            return ", ".join(action.id for action in event.actions)
        case e.MetadataSet() | e.ConversationMetadata():
            return ", ".join(event.metadata)
        case e.ConversationUpdate():
            return event.type
        case Note():
            return _NOTED.get(event.kind, event.kind)
        case e.ConversationStart():
            return event.user_id or "anon"
        case e.ConversationTranscript():
            return counted(len(event.entries), "message")
        case e.UserConversations():
            return f"{len(event.conversations)} conversations"
        case e.GeneralError():
            return f"{event.code} {event.description}"
        case e.EditMessage():
            return event.text
    return ""


def _names(files: Iterable[Any]) -> str:
    return ", ".join(file.name or file.url for file in files)


def _kind(content: Content) -> str:
    return content.type if isinstance(content, Unknown) else type(content).__name__.lower()


def to_text(value: Any, indent: int | None = 2) -> str:
    """Return a value as JSON for people; characters that hide or reorder text are escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def frame_text(record: EventRecord) -> str:
    """Return a frame laid out for reading, its first `FRAME_LIMIT` characters."""
    try:
        text = to_text(json.loads(record.frame))
    except (ValueError, RecursionError):
        text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", record.frame)
    left = len(text) - FRAME_LIMIT
    return text if left <= 0 else f"{text[:FRAME_LIMIT]}\n… and {left} more characters"


def template(record: EventRecord) -> str:
    """Return an event that was sent, ready to be sent again: what must be new in it is new."""
    frame = json.loads(record.frame)
    event = frame.get("event", frame)
    payload = event.get("event_payload") or {}
    if "client_msg_id" in payload:
        payload = {**payload, "client_msg_id": str(uuid.uuid4())}
    return to_text({"event_type": event.get("event_type"), "event_payload": payload})


def read_object(text: str) -> dict[str, Any]:
    """Read a JSON object that a person wrote. Raise `UsageError` that names line and column."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"This is not JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError:
        raise UsageError("This JSON nests too deeply.") from None
    if not isinstance(value, dict):
        raise UsageError('This is JSON, and not an object: write {"name": value}.')
    return value


def position(error: Exception) -> int | None:
    """Return where in the text, in characters from 0, `read_object` found its error."""
    cause = error.__cause__
    return cause.pos if isinstance(cause, json.JSONDecodeError) else None
