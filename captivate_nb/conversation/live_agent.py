"""The live agent in a conversation, and the lines that tell of agents."""

from __future__ import annotations

from typing import Any

import msgspec

JOINED = "livechatAgentConnected"
LEFT = "livechatAgentDisconnected"

_LINES = {
    JOINED: "{} joined the conversation",
    LEFT: "{} left the conversation",
    "failedAgentAssignment": "No agent is free right now",
}


class Agent(msgspec.Struct, frozen=True):
    """The live agent in the conversation; `data` is all that the server told of them."""

    name: str
    id: str | None = None
    data: dict[str, Any] = {}

    @classmethod
    def told(cls, data: dict[str, Any]) -> Agent:
        """Return the agent that an update's data tells of, under whichever names."""
        inner = next(
            (data[key] for key in ("agent", "agentInfo") if isinstance(data.get(key), dict)), data
        )
        names = (inner.get(key) for key in ("name", "agentName", "displayName", "firstName"))
        name = next((name for name in names if isinstance(name, str) and name), "An agent")
        ident = inner.get("id")
        return cls(name, str(ident) if isinstance(ident, str | int) else None, inner)


def update_line(kind: str, agent_name: str) -> str:
    """Return what an update of a conversation says to a reader."""
    line = _LINES.get(kind)
    return f"The conversation changed: {kind}" if line is None else line.format(agent_name)
