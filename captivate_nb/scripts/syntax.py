"""What a script is, once it has been read: sections, with their texts and keywords, and where from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from captivate_nb.conversation.metadata import MISSING

from .keywords import Kind

SENDERS = ("begin", "me", "bot", "include", "end")
"""The tags of a script, without their `#`."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword with its arguments; `line` and `column` begin at 1."""

    name: str
    args: tuple[str, ...]
    kind: Kind
    line: int
    column: int = 1
    negated: bool = False
    optional: bool = False

    def __str__(self) -> str:
        mark = "?" * self.optional + "!" * self.negated
        args = "|".join(arg.replace("|", "\\|") for arg in self.args)
        return f"{mark}{self.name} {args}".rstrip()


@dataclass(frozen=True, slots=True)
class Expected:
    """A text to be said, or that is expected; a negated one must not come."""

    text: str
    line: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A section of a script.

    `texts` of a `#me` are one, or none where nothing is said. `data` is the JSON that the section
    holds instead. `path` and `line` are where it stands, which is in another file after an include;
    `included` names the partials by which it came.
    """

    sender: str
    line: int
    path: str = ""
    channel: str = ""
    texts: tuple[Expected, ...] = ()
    data: Any = MISSING
    keywords: tuple[Keyword, ...] = ()
    optional: bool = False
    included: tuple[str, ...] = ()

    def of(self, kind: Kind) -> Iterator[Keyword]:
        """Return its keywords of one kind, in order."""
        return (keyword for keyword in self.keywords if keyword.kind == kind)

    @property
    def text(self) -> str | None:
        """Return its first text, or None where it has none."""
        return self.texts[0].text if self.texts else None

    @property
    def includes(self) -> tuple[Keyword, ...]:
        """Return the partials that it names, in order."""
        return tuple(k for k in self.keywords if k.name == "INCLUDE")

    @property
    def is_empty(self) -> bool:
        """Whether it does nothing besides including others."""
        alone = all(k.name == "INCLUDE" for k in self.keywords)
        return alone and not self.text and self.data is MISSING

    def __str__(self) -> str:
        said = self.text.replace("\n", " ") if self.text else ""
        return " ".join([f"#{self.sender}", *filter(None, [said]), *map(str, self.keywords)])


@dataclass(frozen=True, slots=True)
class Script:
    """A script, or a partial one, as its file has it: `sections` in order, includes not yet followed.

    `name` is its first line, or its file's name where that is empty.
    """

    name: str
    path: str
    description: str = ""
    sections: tuple[Step, ...] = ()
    memory: dict[str, str] = field(default_factory=dict)
    """What a memory table's row sets before it begins."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return what is said and expected: the sections of `#me` and `#bot`."""
        return tuple(step for step in self.sections if step.sender in ("me", "bot"))

    def of(self, sender: str) -> Iterator[Step]:
        """Return its sections of one kind."""
        return (step for step in self.sections if step.sender == sender)

    def __repr__(self) -> str:
        return f"<Script {self.name!r}: {len(self.steps)} steps, {self.path or 'no file'}>"
