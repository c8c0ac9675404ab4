"""The live chat queue: who waits for an agent, who has one, and what is said on both sides.

It knows neither sockets nor the script of the scripted agent: it calls its watchers with what
happens, and whoever plays the agent uses its methods. All of it runs on the server's loop.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from captivate_nb.errors import CaptivateError, did_you_mean
from captivate_nb.protocol import content as c

QueueEvent = Literal[
    "waiting",
    "connected",
    "heard",
    "said",
    "edited",
    "away",
    "back",
    "left",
    "refused",
    "gone",
    "changed",
    "stopped",
]
"""What watchers are called with. After "left", "refused" and "gone" the handoff is no longer in the
queue; "heard" is a message of the user, "said" one of the agent; "away" is a user who is not
connected for now; "changed" and "stopped" come without a handoff."""


class LiveConversation(Protocol):
    """What the queue needs of a conversation: to send to its client, and to give it back to the bot."""

    def send_update(self, kind: str, data: dict[str, Any]) -> None: ...
    def send_agent_message(self, name: str, content: tuple[c.Content, ...]) -> None: ...
    def agent_left(self, *, busy: bool) -> None: ...


@dataclass
class Handoff:
    """One conversation that asked for a live agent."""

    conversation_id: str
    user_id: str
    reason: str
    conversation: LiveConversation
    agent: dict[str, Any] | None = None
    """The agent's `id` and `name`; None while the conversation waits for one."""
    heard: list[tuple[str, tuple[c.File, ...]]] = field(default_factory=list)
    """What the user said since it asked for an agent."""
    since: float = field(default_factory=time.time)
    """When it asked for an agent, in seconds since the epoch."""
    joined: float | None = None
    """When an agent accepted it, in seconds since the epoch."""


Watcher = Callable[[QueueEvent, Handoff | None], None]


class LiveChatQueue:
    """The handoffs that wait for an agent, and those that have one."""

    def __init__(self) -> None:
        self.handoffs: dict[str, Handoff] = {}
        """By conversation id, in the order they came."""
        self.watchers: list[Watcher] = []
        self.scripted = True
        """Whether the flow's scripted agent answers."""
        self._available = True  # whether agents take visitors

    @property
    def available(self) -> bool:
        return self._available

    @available.setter
    def available(self, free: bool) -> None:
        """Say whether an agent is free; when not, those who wait are refused."""
        self._available = free
        self._notify("changed", None)
        for handoff in (
            [] if free else [handoff for handoff in self.handoffs.values() if handoff.agent is None]
        ):
            self.refuse(handoff)

    def play(self, *, scripted: bool) -> None:
        """Set who plays the agent: the flow's script, or whoever calls these methods."""
        self.scripted = scripted
        self._notify("changed", None)

    def request(self, handoff: Handoff) -> None:
        """Ask for an agent; a conversation that has asked before keeps its place."""
        if handoff.conversation_id in self.handoffs:
            return
        self.handoffs[handoff.conversation_id] = handoff
        if self._available:
            self._notify("waiting", handoff)
        else:
            self.refuse(handoff)

    def restore(self, handoff: Handoff) -> None:
        """Add a handoff that was in the queue when the server ended."""
        self.handoffs[handoff.conversation_id] = handoff
        self._notify("connected" if handoff.agent else "waiting", handoff)

    def accept(self, handoff: Handoff, name: str) -> None:
        handoff.agent = {"id": str(uuid.uuid4()), "name": name}
        handoff.joined = time.time()
        handoff.conversation.send_update("livechatAgentConnected", {"agent": handoff.agent})
        self._notify("connected", handoff)

    def refuse(self, handoff: Handoff) -> None:
        del self.handoffs[handoff.conversation_id]
        handoff.conversation.send_update(
            "failedAgentAssignment", {"reason": "No agent is available."}
        )
        handoff.conversation.agent_left(busy=True)
        self._notify("refused", handoff)

    def say(self, handoff: Handoff, content: tuple[c.Content, ...]) -> None:
        assert handoff.agent is not None
        handoff.conversation.send_agent_message(handoff.agent["name"], content)
        self._notify("said", handoff)

    def leave(self, handoff: Handoff) -> None:
        del self.handoffs[handoff.conversation_id]
        handoff.conversation.send_update("livechatAgentDisconnected", {"agent": handoff.agent})
        handoff.conversation.agent_left(busy=False)
        self._notify("left", handoff)

    def receive(self, conversation_id: str, text: str, files: tuple[c.File, ...]) -> bool:
        """Give the agent what the user said; False when the conversation is not in the queue."""
        handoff = self.handoffs.get(conversation_id)
        if handoff is None:
            return False
        handoff.heard.append((text, files))
        self._notify("heard", handoff)
        return True

    def drop(self, conversation_id: str) -> None:
        """Remove the handoff of a conversation that was deleted."""
        if (handoff := self.handoffs.pop(conversation_id, None)) is not None:
            self._notify("gone", handoff)

    def note(self, what: QueueEvent, conversation_id: str) -> None:
        """Notify the watchers of something about a conversation, if it is in the queue."""
        if (handoff := self.handoffs.get(conversation_id)) is not None:
            self._notify(what, handoff)

    def set_running(self, *, running: bool) -> None:
        """Notify the watchers that the server runs, or that it stops."""
        self._notify("changed" if running else "stopped", None)

    def find(self, conversation_id: str | None, *, connected: bool) -> Handoff:
        """Return a handoff by its conversation; without one, the longest waiting or the last accepted.

        Raise `CaptivateError` when there is none such.
        """
        fitting = [
            handoff
            for handoff in self.handoffs.values()
            if (handoff.agent is not None) == connected
        ]
        if conversation_id is not None:
            fitting = [handoff for handoff in fitting if handoff.conversation_id == conversation_id]
        if not fitting:
            who = f"Conversation {conversation_id}" if conversation_id else "No conversation"
            has = "has no agent" if conversation_id else "has an agent"
            waits = "does not wait for an agent" if conversation_id else "waits for an agent"
            hint = did_you_mean(conversation_id or "", self.handoffs)
            raise CaptivateError(f"{who} {has if connected else waits}.{hint}")
        return fitting[-1 if connected else 0]

    def _notify(self, what: QueueEvent, handoff: Handoff | None) -> None:
        for watcher in tuple(self.watchers):
            watcher(what, handoff)
