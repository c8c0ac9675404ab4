"""The live chat desk at one moment, as whoever plays the agent may keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.server.service import Hub
from captivate_nb.server.store.conversations import Who

from .queue import Call


@dataclass(frozen=True)
class Visitor:
    """One conversation at the desk, as it stood when asked.

    `name` is the user's, or its id; `agent` the name of who took it, None while it waits; `heard`
    what the user said since it asked for an agent; `since` and `joined` when it asked and when it
    was taken, in seconds since the epoch. `present` says whether the user is on the line.
    """

    conversation_id: str
    user_id: str
    name: str
    reason: str
    agent: str | None
    heard: tuple[str, ...]
    since: float
    joined: float | None
    present: bool


@dataclass(frozen=True)
class Said:
    """One message of a conversation; `time` in seconds since the epoch, `name` an agent's."""

    id: str
    sender: Who
    time: float
    content: tuple[c.Content, ...]
    name: str | None


@dataclass(frozen=True)
class Overview:
    """The desk at one moment: who is there, in the order they came, and what one of them said."""

    available: bool
    scripted: bool
    visitors: tuple[Visitor, ...]
    said: tuple[Said, ...]


def overview(hub: Hub, conversation_id: str) -> Overview:
    """Return the desk, and all that was said in a conversation, also in one that has left it."""
    conversation = hub.store.get(conversation_id)
    entries = conversation.entries if conversation else ()
    return Overview(
        available=hub.desk.available,
        scripted=hub.desk.scripted,
        visitors=tuple(visitor(hub, call) for call in hub.desk.calls.values()),
        said=tuple(Said(e.id, e.sender, e.time, e.content, e.name) for e in entries),
    )


def visitor(hub: Hub, call: Call) -> Visitor:
    conversation = hub.store.get(call.conversation_id)
    return Visitor(
        conversation_id=call.conversation_id,
        user_id=call.user_id,
        name=_full_name(conversation.user if conversation else {}) or call.user_id,
        reason=call.reason,
        agent=call.agent["name"] if call.agent else None,
        heard=tuple(text for text, _ in call.heard),
        since=call.since,
        joined=call.joined,
        present=hub.present(call.conversation_id),
    )


def _full_name(user: Mapping[str, Any]) -> str:
    names = (user.get(key) for key in ("firstName", "lastName"))
    return " ".join(name for name in names if isinstance(name, str) and name)
