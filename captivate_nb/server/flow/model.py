"""A flow as data: nodes of steps, and the rules that lead from what a user says to a node.

`loader` makes these from a YAML file and guarantees that every node named in them exists; `bot`
runs them. Everything here is frozen, so one flow serves any number of conversations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from captivate_nb.protocol.content import Content
from captivate_nb.server.effects import Answer, HandOver, Placed, SendAction, SendEvent, SetMetadata

from .checks import Check
from .conditions import Condition
from .patterns import Pattern

PICTURE = "picture:"  # scheme of a file beside the flow, until the server puts its address there


@dataclass(frozen=True)
class Say(Placed):
    """Say one item. `routes` leads from an option's value, as it is written, to a node."""

    content: Content
    routes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask(Placed):
    """Wait for an answer, store it as metadata `save`, and go on with the next step.

    An answer that `check` refuses gets `retry` and another chance.
    """

    save: str
    check: Check
    retry: str


@dataclass(frozen=True)
class Branch(Placed):
    """Go on with the next step when `condition` holds, else with step `otherwise`."""

    condition: Condition
    otherwise: int


@dataclass(frozen=True)
class Jump(Placed):
    """Go on with step `index` of the same node."""

    index: int


@dataclass(frozen=True)
class Go(Placed):
    """Go on in another node."""

    node: str


@dataclass(frozen=True)
class Leave(Placed):
    """The agent ends the live chat."""


Plain = Say | SetMetadata | SendAction | SendEvent | Answer | Leave  # done, and on to the next step
Step = Plain | Ask | Branch | Jump | Go | HandOver


@dataclass(frozen=True)
class Rule(Placed):
    """A pattern to look for in what the user says, and the node to go to.

    `words` is how it is written in the file.
    """

    pattern: Pattern
    node: str
    words: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Node:
    """Steps in order, and the rules that hold while the conversation stands here.

    An `aside` was written in place of a node's name: after it the conversation stands where it
    stood before.
    """

    name: str
    steps: tuple[Step, ...]
    rules: tuple[Rule, ...] = ()
    aside: bool = False


@dataclass(frozen=True)
class AgentScript:
    """How the scripted agent behaves: joins after so many seconds, greets, answers by `rules`."""

    name: str
    joins_after: float
    greets: str
    rules: tuple[Rule, ...]
    otherwise: str


@dataclass(frozen=True)
class Flow:
    """A whole flow. `pictures` are the files beside it that it shows, by the names it uses."""

    name: str
    about: str
    bot: str
    start: str
    nodes: Mapping[str, Node]
    rules: tuple[Rule, ...]
    actions: Mapping[str, str]
    files: str | None
    fallback: str
    busy: str
    agent: AgentScript
    pictures: Mapping[str, Path]


def plain(text: str) -> str:
    """Return text with its spaces and quotation marks made equal."""
    for fancy, simple in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"')):
        text = text.replace(fancy, simple)
    return " ".join(text.split())


def fold(text: str) -> str:
    """Return text in the form in which labels are compared: case does not count either."""
    return plain(text).casefold()
