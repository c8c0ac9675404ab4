"""What passes is logged, applied to the conversation, and told to who listens: in this order, here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar, cast

import msgspec

from captivate_nb.conversation.eventlog import (
    HELD,
    DecodedFrame,
    Direction,
    EventLog,
    EventRecord,
)
from captivate_nb.conversation.notes import Note, encode_note
from captivate_nb.conversation.problems import Problem
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode

from .clock import Clock
from .listeners import Listeners
from .secrets import Hidden, Redacting, Secret, redact_frame

SHORTENED = (
    f"The event log has grown beyond {HELD >> 20} MiB: of its oldest large frames only the beginnings"
    " are kept. The transcript is whole. session.events.save(path) writes what there is."
)

_frames = logging.getLogger("captivate_nb.frames")
_frames.addFilter(Redacting())

E = TypeVar("E", bound=e.Event)


def log_without(secrets: Collection[Secret]) -> EventLog:
    """Return an event log that keeps none of these secrets, nor any key or private metadata."""
    return EventLog(
        redact=partial(redact_frame, secrets=secrets),
        redact_words=partial(redact_frame, secrets=secrets, named=False),
    )


class Intake:
    """The one way by which anything gets into a session's log and conversation.

    `number` is the connection's. `changed(direction, first, problems)` is called after each frame,
    with the index of the first message that is new or changed, or None, and what went wrong.
    """

    def __init__(
        self,
        events: EventLog,
        conversation: Conversation,
        listeners: Listeners,
        clock: Clock,
        number: Callable[[], int],
        changed: Callable[[Direction, int | None, list[Problem]], None],
    ) -> None:
        self._events = events
        self.conversation = conversation
        """The state that what was taken in makes."""
        self._listeners = listeners
        self.now = clock.now
        """Returns seconds since the epoch that never go back."""
        self._number = number
        self._changed = changed
        self._shortened = False  # whether it was told that the log has grown too large
        self._originals: dict[str, Hidden[e.Event]] = {}
        """What was sent, by its client_msg_id, where the log hides a part of it."""

    def take(self, direction: Direction, frame: str | bytes) -> EventRecord:
        """Take in a frame."""
        decoded = self.decode(direction, frame)
        if direction == "out" and decoded.frame != frame:
            self._keep_original(decoded.event, frame)
        return self.keep(decoded)

    def decode(self, direction: Direction, frame: str | bytes) -> DecodedFrame:
        """Decode a frame for `keep`: between the two, what it holds may be laid out."""
        return self._events.decode(direction, frame)

    def keep(self, decoded: DecodedFrame) -> EventRecord:
        """Take in a decoded frame."""
        now = self.now()
        record = self._events.keep(decoded, now, self._number())
        if _frames.isEnabledFor(logging.DEBUG) and decoded.direction != "note":
            _frames.debug("%s %s", "<" if decoded.direction == "in" else ">", record.frame)
        problems = self.conversation.errors
        known = problems.noted
        if self._events.shortened and not self._shortened:
            self._shortened = True
            self.conversation.add_problem(SHORTENED, "", now)
        first = self.conversation.apply_record(record)
        new = problems.noted - known
        self._changed(record.direction, first, problems[-new:] if new else [])
        event = decoded.event
        if event is not None:
            self._listeners.notify(event.wire_name, event)
            self._listeners.notify("*", event)
        return record

    def note(self, kind: str, conversation_id: str | None, **data: Any) -> None:
        """Note something of our own in the log, so that it is known when the log is replayed."""
        self.take("note", encode_note(Note(kind=kind, conversation_id=conversation_id, data=data)))

    def problem(self, text: str, about: str = "") -> None:
        """List that something went wrong, and tell who listens for errors."""
        self.list(Problem(text, "", self.now(), about))

    def list(self, problem: Problem) -> None:
        """List a problem, and tell who listens for errors."""
        self._listeners.notify("error", self.conversation.errors.add(problem))

    def original(self, event: E) -> E:
        """Return what was sent as the user gave it; `event` may have a part of it hidden."""
        kept = self._originals.get(getattr(event, "client_msg_id", ""))
        return cast("E", kept.reveal()) if kept else event

    def as_given(self, record: EventRecord) -> EventRecord:
        """Return a record with its event as the user gave it."""
        if record.event is None:
            return record
        return msgspec.structs.replace(record, event=self.original(record.event))

    def _keep_original(self, event: e.Event | None, frame: str | bytes) -> None:
        if name := getattr(event, "client_msg_id", ""):
            self._originals[name] = Hidden(decode(cast("str", frame), "client"))
