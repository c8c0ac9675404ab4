"""What a step is checked against: what came, what is remembered, and how texts are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from captivate_nb.protocol.content import Action

from .functions import Place
from .heard import Heard
from .library import Library
from .matching import DEFAULT_MODE, MODES, CannotMatch, Match, normalized
from .memory import Memory, applied


@dataclass
class Turn:
    """What came since the user's step, besides messages."""

    actions: list[Action] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)


@dataclass
class Situation:
    """Where a script stands when something of it is checked.

    `waiting` tells how many messages have come that no step has taken yet.
    """

    library: Library
    memory: Memory
    script: str = ""
    heard: Heard | None = None
    turn: Turn = field(default_factory=Turn)
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    agent: str | None = None
    waiting: Callable[[], int] = int
    match: Match = MODES[DEFAULT_MODE]
    """How texts are compared where an asserter does not say."""

    @property
    def message(self) -> Heard:
        """Return the message at hand. Raise `CannotMatch` where there is none."""
        if self.heard is None:
            raise CannotMatch("There is no message here to look at.")
        return self.heard

    def place(self) -> Place:
        """Return where functions are called from."""
        return Place(self.script, self.heard.as_botium() if self.heard else None)

    def filled(self, text: str) -> str:
        """Return a text with its variables and functions filled in."""
        return applied(text, self.memory, self.place()) if "$" in text else text

    def args(self, args: Sequence[str]) -> list[str]:
        """Return arguments with their variables and functions filled in."""
        return [self.filled(arg) for arg in args]

    def expected(self, text: str) -> list[str]:
        """Return what a text, or the utterances that it names, must be compared with."""
        plain = normalized(text)
        return [self.filled(normalized(each)) for each in self.library.variants(plain)]
