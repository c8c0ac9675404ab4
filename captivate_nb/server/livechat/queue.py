"""The live chat desk: who waits for an agent, who has one, and what is said on both sides.

It knows neither sockets nor the script of the scripted agent: it tells its watchers what happens,
and whoever plays the agent answers by its methods. All of it runs on the server's loop.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from captivate_nb.errors import CaptivateError, did_you_mean
from captivate_nb.protocol import content as c

What = Literal[
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
"""What watchers are told. Behind "left", "refused" and "gone" the call is no longer at the desk;
"away" is a user who is not on the line for now; "changed" and "stopped" come without a call."""


class Line(Protocol):
    """What the desk needs of a conversation: to tell its client, and to give it back."""

    def agent_update(self, kind: str, data: dict[str, Any]) -> None: ...
    def agent_says(self, name: str, content: tuple[c.Content, ...]) -> None: ...
    def agent_gone(self, *, busy: bool) -> None: ...


@dataclass
class Call:
    """One conversation that asked for an agent; `agent` is who took it, None while it waits.

    `since` and `joined` are when it asked and when it was taken, in seconds since the epoch.
    """

    conversation_id: str
    user_id: str
    reason: str
    line: Line
    agent: dict[str, Any] | None = None
    heard: list[tuple[str, tuple[c.File, ...]]] = field(default_factory=list)
    since: float = field(default_factory=time.time)
    joined: float | None = None


Watcher = Callable[[What, Call | None], None]


class Desk:
    """Waiting and connected calls. `scripted` leaves them to the flow's own agent."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.watchers: list[Watcher] = []
        self.scripted = True
        self._available = True

    @property
    def available(self) -> bool:
        return self._available

    @available.setter
    def available(self, free: bool) -> None:
        """Say whether an agent is free; when not, those who wait are refused."""
        self._available = free
        self._tell("changed", None)
        for call in [] if free else [call for call in self.calls.values() if call.agent is None]:
            self.refuse(call)

    def play(self, *, scripted: bool) -> None:
        """Say who plays the agent: the script, or whoever calls these methods."""
        self.scripted = scripted
        self._tell("changed", None)

    def request(self, call: Call) -> None:
        """Ask for an agent; a conversation that has asked before keeps its place."""
        if call.conversation_id in self.calls:
            return
        self.calls[call.conversation_id] = call
        if self._available:
            self._tell("waiting", call)
        else:
            self.refuse(call)

    def restore(self, call: Call) -> None:
        """Take up a call that was here when the server ended."""
        self.calls[call.conversation_id] = call
        self._tell("connected" if call.agent else "waiting", call)

    def accept(self, call: Call, name: str) -> None:
        call.agent = {"id": str(uuid.uuid4()), "name": name}
        call.joined = time.time()
        call.line.agent_update("livechatAgentConnected", {"agent": call.agent})
        self._tell("connected", call)

    def refuse(self, call: Call) -> None:
        del self.calls[call.conversation_id]
        call.line.agent_update("failedAgentAssignment", {"reason": "No agent is available."})
        call.line.agent_gone(busy=True)
        self._tell("refused", call)

    def say(self, call: Call, content: tuple[c.Content, ...]) -> None:
        assert call.agent is not None
        call.line.agent_says(call.agent["name"], content)
        self._tell("said", call)

    def leave(self, call: Call) -> None:
        del self.calls[call.conversation_id]
        call.line.agent_update("livechatAgentDisconnected", {"agent": call.agent})
        call.line.agent_gone(busy=False)
        self._tell("left", call)

    def hear(self, conversation_id: str, text: str, files: tuple[c.File, ...]) -> bool:
        """Give the agent what the user said; False when the conversation has no call."""
        call = self.calls.get(conversation_id)
        if call is None:
            return False
        call.heard.append((text, files))
        self._tell("heard", call)
        return True

    def drop(self, conversation_id: str) -> None:
        """Forget the call of a conversation that was deleted."""
        if (call := self.calls.pop(conversation_id, None)) is not None:
            self._tell("gone", call)

    def note(self, what: What, conversation_id: str) -> None:
        """Tell the watchers of something about a conversation, if it has a call."""
        if (call := self.calls.get(conversation_id)) is not None:
            self._tell(what, call)

    def serve(self, *, running: bool) -> None:
        """Tell the watchers that the server runs, or that it stops."""
        self._tell("changed" if running else "stopped", None)

    def find(self, conversation_id: str | None, *, connected: bool) -> Call:
        """Return a call by its conversation; without one, the longest waiting or the last taken.

        Raise `CaptivateError` when there is none such.
        """
        fitting = [call for call in self.calls.values() if (call.agent is not None) == connected]
        if conversation_id is not None:
            fitting = [call for call in fitting if call.conversation_id == conversation_id]
        if not fitting:
            who = f"Conversation {conversation_id}" if conversation_id else "No conversation"
            has = "has no agent" if conversation_id else "has an agent"
            waits = "does not wait for an agent" if conversation_id else "waits for an agent"
            hint = did_you_mean(conversation_id or "", self.calls)
            raise CaptivateError(f"{who} {has if connected else waits}.{hint}")
        return fitting[-1 if connected else 0]

    def _tell(self, what: What, call: Call | None) -> None:
        for watcher in tuple(self.watchers):
            watcher(what, call)
