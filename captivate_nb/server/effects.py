"""What a bot does in a turn, one thing after another; its dialogue carries each out.

Whatever kind of bot it is, these are all that the rest of the server sees of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from captivate_nb.protocol import content as c


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Something that a flow's file has on a line; 0 for what has none."""

    line: int = field(default=0, compare=False, repr=False)

    @property
    def told(self) -> str:
        """Return what it does, for people."""
        first = next((f.name for f in fields(self) if f.name != "line"), "told")
        value = "" if first == "told" else f"{getattr(self, first)!s:.80}"
        name = "".join(f" {c.lower()}" if c.isupper() else c for c in type(self).__name__).strip()
        return f"{name} {value}".strip()


@dataclass(frozen=True)
class SayEffect:
    """Send these items, one or more, as one message."""

    content: tuple[c.Content, ...]


@dataclass(frozen=True)
class WaitEffect:
    """Wait so many seconds before going on."""

    seconds: float


@dataclass(frozen=True)
class SetMetadata(Placed):
    """Set metadata."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class ChangeMetadata:
    """Set metadata, take some away, and the same of what no client gets back."""

    values: Mapping[str, Any]
    gone: frozenset[str]
    private: Mapping[str, Any]
    private_gone: frozenset[str]


@dataclass(frozen=True)
class SendAction(Placed):
    """Send an action to the page around the chat."""

    id: str
    data: Any


@dataclass(frozen=True)
class HandOver(Placed):
    """Ask for a live agent, for a reason.

    `busy` is what the bot is told when no agent is free: a flow's node, None for its own.
    """

    reason: str
    busy: str | None = None


@dataclass(frozen=True)
class SendEvent(Placed):
    """Send the client an event as the bot has it."""

    event_type: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Answer(Placed):
    """Send what the server would answer if the client sent this request."""

    request: str


Effect = (
    SayEffect
    | WaitEffect
    | SetMetadata
    | ChangeMetadata
    | SendAction
    | HandOver
    | SendEvent
    | Answer
)

T = TypeVar("T")


def gathered(played: Iterator[T | Effect]) -> Iterator[T | Effect]:
    """Make one message of items that follow each other; a pause is announced at its end.

    Setting metadata between them does not separate them.
    """
    said: list[c.Content] = []
    for effect in played:
        if isinstance(effect, SayEffect):
            said += effect.content
            continue
        if isinstance(effect, SetMetadata):
            yield effect
            continue
        if isinstance(effect, WaitEffect):
            said.append(c.Pause(round(effect.seconds * 1000)))
        if said:
            yield SayEffect(tuple(said))
            said = []
        yield effect
    if said:
        yield SayEffect(tuple(said))
