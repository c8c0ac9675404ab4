"""What an agent's panel shows of a visitor. Pure: no widget, no server, no browser.

The live chat desk is known here by what it looks like, and by nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from captivate_nb.conversation.live_agent import JOINED, update_line
from captivate_nb.conversation.message import Message, readable
from captivate_nb.protocol.content import Content
from captivate_nb.rendering.sanitize import clean

LINE = 120
"""Characters of what a visitor said last, as its line in the queue shows it."""


class VisitorView(Protocol):
    """One conversation that has asked for an agent; times in seconds since the epoch."""

    @property
    def conversation_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def agent(self) -> str | None: ...
    @property
    def heard(self) -> tuple[str, ...]: ...
    @property
    def since(self) -> float: ...
    @property
    def joined(self) -> float | None: ...
    @property
    def present(self) -> bool: ...


class Said(Protocol):
    """One message of a conversation."""

    @property
    def id(self) -> str: ...
    @property
    def sender(self) -> Literal["user", "bot", "agent"]: ...
    @property
    def time(self) -> float: ...
    @property
    def content(self) -> tuple[Content, ...]: ...
    @property
    def name(self) -> str | None: ...


class Overview(Protocol):
    """The desk at one moment, and what was said in one of its conversations."""

    @property
    def available(self) -> bool: ...
    @property
    def scripted(self) -> bool: ...
    @property
    def visitors(self) -> Sequence[VisitorView]: ...
    @property
    def said(self) -> Sequence[Said]: ...


class LiveAgent(Protocol):
    """Plays the agent, from any thread: an embedded server's `agent` is one."""

    available: bool

    @property
    def scripted(self) -> bool: ...
    def overview(self, conversation_id: str | None = None) -> Overview: ...
    def take_over(self) -> None: ...
    def give_back(self) -> None: ...
    def accept(self, conversation_id: str | None = None, *, name: str = "Maya") -> VisitorView: ...
    def refuse(self, conversation_id: str | None = None) -> VisitorView: ...
    def say(self, text: str, conversation_id: str | None = None) -> VisitorView: ...
    def send_files(
        self, files: Any, conversation_id: str | None = None, *, text: str | None = None
    ) -> VisitorView: ...
    def leave(self, conversation_id: str | None = None) -> VisitorView: ...
    def watch(self, watcher: Callable[[Any, Any], None]) -> Callable[[], None]: ...


class VisitorTranscript:
    """One visitor's conversation, as a log shows it: what was said, and when who came."""

    outbox: tuple[Message, ...] = ()

    def __init__(self) -> None:
        self.transcript: list[Message] = []
        self._known: dict[str, tuple[Said, Message]] = {}
        self._visitor: VisitorView | None = None

    def update(
        self, visitor: VisitorView | None, said: Sequence[Said], end: float | None = None
    ) -> int | None:
        """Take what is known now; return the first message that is another one, None for none.

        What was said after `end` is not the agent's to see: the user is with the bot again.
        """
        if visitor is None and not said:
            return None  # it was deleted; what is shown stays
        self._visitor = visitor or self._visitor
        before = self.transcript
        lines = [self._message(one) for one in said if end is None or one.time <= end]
        lines += _came(self._visitor) if self._visitor is not None else []
        self.transcript = sorted(lines, key=lambda message: message.time or 0)
        for index, message in enumerate(self.transcript):
            if index >= len(before) or (before[index] is not message and before[index] != message):
                return index
        return None if len(before) == len(self.transcript) else len(self.transcript)

    def _message(self, said: Said) -> Message:
        """Return a message, the same object as long as it is the same message."""
        before = self._known.get(said.id)
        if before is not None and before[0] == said:
            return before[1]
        message = Message(
            id=said.id,
            sender=said.sender,
            text=readable(said.content),
            content=said.content,
            time=said.time,
            agent_name=said.name if said.sender == "agent" else None,
        )
        self._known[said.id] = (said, message)
        return message


def _came(visitor: VisitorView) -> list[Message]:
    """Return the lines that say when a visitor asked for an agent, and when one came."""
    asked = f"{visitor.name} asked for an agent"
    lines = [Message(id="asked", sender="system", text=asked, time=visitor.since)]
    if visitor.joined is not None:
        joined = update_line(JOINED, visitor.agent or "")
        lines.append(Message(id="joined", sender="system", text=joined, time=visitor.joined))
    return lines


def row(visitor: VisitorView, unread: int) -> dict[str, Any]:
    """Return a visitor as the page lists it."""
    last = next((text for text in reversed(visitor.heard) if text), "")
    return {
        "id": visitor.conversation_id,
        "name": clean(visitor.name),
        "reason": clean(visitor.reason),
        "since": round(visitor.since, 3),
        "agent": None if visitor.agent is None else clean(visitor.agent),
        "present": visitor.present,
        "last": clean(last)[:LINE],
        "unread": unread,
    }
