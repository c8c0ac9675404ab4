"""The live chat queue at one moment, as whoever plays the agent may keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.server.store.conversations import ConversationStore, Sender

from .queue import Handoff, LiveChatQueue


@dataclass(frozen=True)
class VisitorView:
    """One conversation in the queue, as it stood when asked."""

    conversation_id: str
    user_id: str
    name: str
    """The user's, or else its id."""
    reason: str
    agent: str | None
    """The name of the agent; None while the visitor waits for one."""
    heard: tuple[str, ...]
    """What the user said since it asked for an agent."""
    since: float
    """When it asked for an agent, in seconds since the epoch."""
    joined: float | None
    """When an agent accepted it, in seconds since the epoch."""
    present: bool
    """Whether the user is connected."""


@dataclass(frozen=True)
class VisitorMessage:
    """One message of a conversation; `time` in seconds since the epoch, `name` an agent's."""

    id: str
    sender: Sender
    time: float
    content: tuple[c.Content, ...]
    name: str | None


@dataclass(frozen=True)
class Overview:
    """The queue at one moment: its visitors in the order they came, and one's transcript."""

    available: bool
    """Whether an agent is free."""
    scripted: bool
    """Whether the flow's scripted agent answers."""
    visitors: tuple[VisitorView, ...]
    said: tuple[VisitorMessage, ...]


class Snapshots:
    """Makes snapshots of one queue, on the server's loop."""

    def __init__(
        self,
        queue: LiveChatQueue,
        store: ConversationStore,
        is_present: Callable[[str], bool],
    ) -> None:
        self._queue = queue
        self._store = store
        self._is_present = is_present

    def overview(self, conversation_id: str) -> Overview:
        """Return the queue, and the transcript of a conversation, be it in the queue or not."""
        conversation = self._store.get(conversation_id)
        entries = conversation.entries if conversation else ()
        return Overview(
            available=self._queue.available,
            scripted=self._queue.scripted,
            visitors=tuple(map(self.visitor, self._queue.handoffs.values())),
            said=tuple(VisitorMessage(e.id, e.sender, e.time, e.content, e.name) for e in entries),
        )

    def visitor(self, handoff: Handoff) -> VisitorView:
        conversation = self._store.get(handoff.conversation_id)
        return VisitorView(
            conversation_id=handoff.conversation_id,
            user_id=handoff.user_id,
            name=_full_name(conversation.user if conversation else {}) or handoff.user_id,
            reason=handoff.reason,
            agent=handoff.agent["name"] if handoff.agent else None,
            heard=tuple(text for text, _ in handoff.heard),
            since=handoff.since,
            joined=handoff.joined,
            present=self._is_present(handoff.conversation_id),
        )


def _full_name(user: Mapping[str, Any]) -> str:
    names = (user.get(key) for key in ("firstName", "lastName"))
    return " ".join(name for name in names if isinstance(name, str) and name)
