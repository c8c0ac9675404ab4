"""The past of a conversation without its session: a log, saved or made of a transcript."""

from __future__ import annotations

import operator
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from captivate_nb.errors import UsageError, counted
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.protocol.content import Text

from .code import to_code
from .eventlog import Direction, EventLog, EventRecord
from .message import Message
from .state import Conversation
from .transcript import MessageSequence, Transcript

_ID = "transcript"


def state_at(log: EventLog, n: int) -> Conversation:
    """Return the conversation as it stood after event `n`; negative counts from the end.

    Raise `UsageError` when there is no such event.
    """
    return Conversation.replay(log_until(log, n))


def log_until(log: EventLog, n: int) -> EventLog:
    """Return a log up to event `n`, that one included; negative counts from the end.

    Raise `UsageError` when there is no such event.
    """
    last = len(log) - 1
    try:
        whole = operator.index(n)
    except TypeError:  # it is no whole number, so no event's
        whole = last + 1
    index = whole + last + 1 if whole < 0 else whole
    if not 0 <= index <= last:
        there = f"there are 0 to {last} so far" if log else "there are none so far"
        raise UsageError(f"There is no event {n!r:.60}: {there}.")
    return log[: index + 1]


class Recording:
    """A conversation that is over: its events, and what a session would have made of them."""

    def __init__(self, events: EventLog) -> None:
        self.events = events
        self.conversation = Conversation.replay(events)

    def __repr__(self) -> str:
        return f"<Recording of {counted(len(self.events), 'event')}>"

    @property
    def transcript(self) -> Transcript:
        """Return the messages of its newest conversation."""
        return self.conversation.transcript

    def at(self, n: int) -> Conversation:
        """Return the conversation as it stood after event `n`, as `Session.at` does."""
        return state_at(self.events, n)

    def to_code(self, form: str = "python") -> str:
        """Return its newest conversation as code: "python", "magic" or "botium"."""
        return to_code(self.events, form)


def recording(source: EventLog | MessageSequence | Iterable[EventRecord] | str | Path) -> Recording:
    """Return what a log, the path of a saved one, or a transcript tells of a conversation.

    Raise `InvalidFile` for a file that is no event log, `UsageError` for anything else.
    """
    if isinstance(source, str | Path):
        return Recording(EventLog.load(source))
    if isinstance(source, MessageSequence):
        return Recording(log_of(source))
    try:
        return Recording(EventLog(source))
    except (TypeError, AttributeError):
        raise UsageError(
            "A conversation is replayed from an event log (session.events), the file of one, or"
            f" a transcript; got {type(source).__name__}."
        ) from None


def log_of(messages: Iterable[Message]) -> EventLog:
    """Return a log that makes these messages again, an event each, after one that starts it.

    A message without a time gets the one before it.
    """
    said = list(messages)
    at = next((message.time for message in said if message.time is not None), time.time())
    log = EventLog()
    log.record("in", encode(e.ConversationStarted(conversation_id=_ID)), at)
    for message in said:
        at = at if message.time is None else message.time
        direction: Direction = "out" if message.sender == "user" else "in"
        for event in _events(message):
            log.record(direction, encode(event), at)
    return log


def _events(message: Message) -> Iterator[e.Event]:
    content = message.content or ((Text(message.text),) if message.text else ())
    match message.sender:
        case "user":
            said = "\n".join(item.text for item in content if isinstance(item, Text))
            yield e.UserMessage(
                conversation_id=_ID, client_msg_id=message.id, text=said, files=message.files
            )
        case "agent":
            yield e.LivechatMessage(
                conversation_id=_ID,
                message_id=message.id,
                content=content,
                agent_name=message.agent_name,
            )
        case "bot":
            yield e.BotMessage(conversation_id=_ID, message_id=message.id, content=content)
        case _:
            yield _update(message)
    if message.actions:
        yield e.ActionsReceived(conversation_id=_ID, actions=message.actions)


def _update(message: Message) -> e.ConversationUpdate:
    """Return the update that a system line tells of."""
    data = message.raw.get("data") or {}
    return e.ConversationUpdate(conversation_id=_ID, type=message.kind or message.text, data=data)
