"""Conversations made of events by hand, and what they show."""

from __future__ import annotations

from typing import Any, Literal

from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.evidence import Ask, Send
from captivate_nb.conversation.notes import Note
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode

CONV = "conv-1"
Sender = Literal["user", "bot", "agent"]


def started(conversation_id: str = CONV, **start: Any) -> Conversation:
    """A conversation that has just begun."""
    conversation = Conversation()
    conversation.apply(e.SocketConnected(socket_id="s-1"))
    conversation.apply(e.ConversationStart(**start))
    conversation.apply(e.ConversationStarted(conversation_id=conversation_id))
    return conversation


def bot(text: str, *options: c.Option, **fields: Any) -> e.BotMessage:
    content = (c.Text(text), *((c.Buttons("", options),) if options else ()))
    return e.BotMessage(content=content, **fields)


def say(text: str, msg: str = "", conversation_id: str = CONV, **fields: Any) -> e.UserMessage:
    return e.UserMessage(
        conversation_id=conversation_id, client_msg_id=msg or f"id of {text}", text=text, **fields
    )


def entry(sender: Sender, text: str, **fields: Any) -> e.TranscriptEntry:
    return e.TranscriptEntry(sender, (c.Text(text),), **fields)


def told(*entries: e.TranscriptEntry, conversation_id: str = CONV) -> e.ConversationTranscript:
    return e.ConversationTranscript(conversation_id=conversation_id, entries=entries)


def update(kind: str, data: dict[str, Any] | None = None, **fields: Any) -> e.ConversationUpdate:
    return e.ConversationUpdate(type=kind, data=data or {}, **fields)


def note(kind: str, data: dict[str, Any] | None = None, **fields: Any) -> Note:
    return Note(kind=kind, data=data or {}, **fields)


def lines(conversation: Conversation) -> list[str]:
    return [f"{message.sender}: {message.text}" for message in conversation.transcript]


def states(conversation: Conversation) -> list[str | None]:
    """How far the user's messages are."""
    return [m.delivery for m in conversation.transcript.where(sender="user")]


def problems(conversation: Conversation) -> list[str]:
    return [str(problem) for problem in conversation.errors]


def state(conversation: Conversation) -> dict[str, Any]:
    """All that a conversation shows, and what it would have done next."""
    return {
        "id": conversation.id,
        "user_id": conversation.user_id,
        "messages": list(conversation.transcript),
        "choices": conversation.choices,
        "metadata": conversation.metadata,
        "agent": conversation.agent,
        "actions": list(conversation.actions),
        "updates": list(conversation.updates),
        "errors": list(conversation.errors),
        "deleted": conversation.deleted,
        "socket_id": conversation.socket_id,
        "upload_url": conversation.upload_url,
        "undecided": conversation.undecided,
        "step": conversation.deliveries.step(),
        "holds": conversation.deliveries.holds,
        "connection": conversation.deliveries.connection,
        "lag": conversation.deliveries.lag,
    }


def reconnect(conversation: Conversation) -> None:
    conversation.apply(e.SocketConnected(socket_id="s-2"))
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))


def look(conversation: Conversation, at: float, *entries: e.TranscriptEntry) -> int | None:
    """Ask for a transcript at a time, and get these entries in answer."""
    conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=at)
    return conversation.apply(told(*entries), at=at)


def find_out(conversation: Conversation, *entries: e.TranscriptEntry) -> Send | None:
    """Look at a transcript of these entries as often as is said; return what is left to do."""
    while isinstance(step := conversation.deliveries.step(), Ask):
        look(conversation, step.at, *entries)
    return step


def echo(conversation: Conversation, event: e.UserMessage, at: float = 9.0) -> int | None:
    """Take in what a server tells of a user's message by itself."""
    return conversation.apply_record(EventLog().record("in", encode(event), at))
