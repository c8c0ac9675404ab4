"""A conversation as the live chat desk sees it, that keeps what it is told."""

from __future__ import annotations

from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.server.livechat.queue import Call


class Line:
    """Keeps updates, what the agent says, and how the call ended."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def agent_update(self, kind: str, data: dict[str, Any]) -> None:
        self.told.append((kind, data))

    def agent_says(self, name: str, content: tuple[c.Content, ...]) -> None:
        self.told.append((name, content))

    def agent_gone(self, *, busy: bool) -> None:
        self.told.append("busy" if busy else "gone")


def call_of(conversation_id: str = "c1") -> tuple[Call, Line]:
    """Return a call that asks for an agent, and its line."""
    line = Line()
    return Call(conversation_id, "ann", "a reason", line), line
