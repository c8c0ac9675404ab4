"""Which time of a conversation is shown: now, or as it stood after an event."""

from __future__ import annotations

from collections.abc import Sequence

from captivate_nb.client.session import Session
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.replay import Recording
from captivate_nb.conversation.state import Conversation
from captivate_nb.conversation.transcript import Transcript


class Snapshot:
    """The messages of a conversation as they stood, for the log to show."""

    def __init__(self, conversation: Conversation) -> None:
        self.transcript: Transcript = conversation.transcript
        self.outbox: Sequence[Message] = ()


class TimeTravel:
    """The time at which a live conversation, or a recorded one, is looked at."""

    def __init__(self, source: Session | Recording) -> None:
        self.source = source
        self.position: int | None = None
        """The number of the event after which it is shown; None for now."""
        self._then: Conversation | None = None

    @property
    def events(self) -> EventLog:
        """Return the events, of the past and since."""
        return self.source.events

    @property
    def conversation(self) -> Conversation:
        """Return the conversation as it is shown."""
        return self._then or self.source.conversation

    @property
    def messages(self) -> Session | Snapshot:
        """Return what the log shows: those of now, which go on, or as they stood."""
        if isinstance(self.source, Session) and self.position is None:
            return self.source
        return Snapshot(self.conversation)

    @property
    def label(self) -> str:
        """Say which time of the past it is; nothing for now."""
        if self.position is None:
            return ""
        record = self.events[self.position]
        return f"The past: after event {self.position}, {record.type or 'a skipped frame'}"

    def go(self, n: int | None) -> None:
        """Go to after event `n`, or with None to now; negative numbers count from the end.

        Raise `UsageError` when there is no such event.
        """
        self._then = None if n is None else self.source.at(n)
        self.position = n if n is None or n >= 0 else len(self.events) + n
