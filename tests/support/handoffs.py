"""A conversation as the live chat queue sees it, that keeps what it is sent."""

from __future__ import annotations

from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.server.livechat.queue import Handoff


class KeptConversation:
    """Keeps updates, what the agent says, and how the handoff ended."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def send_update(self, kind: str, data: dict[str, Any]) -> None:
        self.told.append((kind, data))

    def send_agent_message(self, name: str, content: tuple[c.Content, ...]) -> None:
        self.told.append((name, content))

    def agent_left(self, *, busy: bool) -> None:
        self.told.append("busy" if busy else "gone")


def handoff_of(conversation_id: str = "c1") -> tuple[Handoff, KeptConversation]:
    """Return a handoff that waits for an agent, and its conversation."""
    conversation = KeptConversation()
    return Handoff(conversation_id, "ann", "a reason", conversation), conversation
