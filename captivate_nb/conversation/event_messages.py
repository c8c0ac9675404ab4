"""The messages that events make."""

from __future__ import annotations

from typing import Any

from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Content, Files, Text

from .entries import messages_of
from .live_agent import update_line
from .message import Message
from .transcript import Transcript


def user_message(event: e.UserMessage, at: float | None) -> Message:
    """Return what the user said."""
    content = user_content(event.text, event.files)
    return Message(
        id=event.client_msg_id,
        sender="user",
        content=content,
        time=at,
        delivery="sent",
        source=event,
    )


def bot_message(event: e.BotMessage, at: float, number: int) -> Message:
    """Return what the bot said; `number` is how many messages there were before."""
    return Message(
        id=event.message_id or event.event_id or f"bot-{number}",
        sender="bot",
        content=event.content,
        time=at,
        source=event,
    )


def agent_message(
    event: e.LivechatMessage, at: float, number: int, connected: str | None
) -> Message:
    """Return what an agent said: the one named, or else the one that is `connected`."""
    return Message(
        id=event.message_id or event.event_id or f"agent-{number}",
        sender="agent",
        content=event.content,
        time=at,
        agent_name=event.agent_name or connected,
        source=event,
    )


def update_message(event: e.ConversationUpdate, at: float, number: int, agent_name: str) -> Message:
    """Return the line that tells of an update; `agent_name` is whom one of an agent is about."""
    return Message(
        id=event.event_id or f"system-{number}",
        sender="system",
        text=update_line(event.type, agent_name),
        kind=event.type,
        time=at,
        source=event,
    )


def user_content(text: str, files: tuple[Any, ...]) -> tuple[Content, ...]:
    """Return what the user said as content items."""
    said: tuple[Content, ...] = (Text(text),) if text else ()
    return (*said, Files(files)) if files else said


def transcript_of(event: e.ConversationTranscript) -> Transcript:
    """Return a server's transcript as the same `Message`s that a live conversation has."""
    return Transcript(message for _, message in messages_of(event.entries))
