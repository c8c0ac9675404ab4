"""What became of scripts that were run: a report, its results, and the failures among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.errors import counted
from captivate_nb.rendering.sanitize import clean_text, escape

from .outcomes import Played
from .syntax import Script
from .telling import shortened


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a script failed. `message` alone is enough to mend it; `trace` is a page that shows it."""

    path: str
    line: int
    message: str
    trace: Path | None = None

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case of a script; `seconds` is how long it took."""

    name: str
    path: str
    seconds: float = 0.0
    failure: Failure | None = None
    played: tuple[Played, ...] = ()
    script: Script | None = field(default=None, repr=False)
    log: EventLog | None = field(default=None, repr=False)

    @property
    def passed(self) -> bool:
        """Whether everything in it held."""
        return self.failure is None


class Report(Sequence[Result]):
    """The results of scripts, in the order in which they were given.

    `planned` is how many there were to be: more than there are, where it was interrupted.
    """

    def __init__(self, results: Sequence[Result], planned: int | None = None) -> None:
        self.results = tuple(results)
        self.planned = len(self.results) if planned is None else planned

    def __getitem__(self, index: Any) -> Any:
        return self.results[index]

    def __len__(self) -> int:
        return len(self.results)

    @property
    def passed(self) -> bool:
        """Whether all of them were run, and passed."""
        return not self.failures and len(self.results) == self.planned

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Return why scripts failed, in order."""
        return tuple(r.failure for r in self.results if r.failure is not None)

    @property
    def summary(self) -> str:
        """Return how it went in one line."""
        failed, run = len(self.failures), len(self.results)
        told = [f"{run - failed} passed", f"{failed} failed"]
        if run < self.planned:
            told.append(f"{self.planned - run} not run")
        return f"{counted(self.planned, 'script')}: {', '.join(told)}"

    def __str__(self) -> str:
        return "\n\n".join([self.summary, *(failure.message for failure in self.failures)])

    def __repr__(self) -> str:
        return f"<Report of {self.summary}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": clean_text(str(self)), "text/html": self._html()}

    def _html(self) -> str:
        rows = "".join(map(_row, sorted(self.results, key=lambda result: result.passed)[:200]))
        head = "".join(_cell(text, "th") for text in ("", "script", "seconds", "why"))
        table = f'<table style="margin:0"><tr>{head}</tr>{rows}</table>'
        return f"<p><b>{escape(self.summary)}</b></p>{table}"


def _cell(html: str, tag: str = "td") -> str:
    style = "text-align:left;white-space:pre-wrap;vertical-align:top"
    return f'<{tag} style="{style}">{html}</{tag}>'


def _row(result: Result) -> str:
    why = escape(clean_text(result.failure.message)) if result.failure else ""
    cells = ("✓" if result.passed else "✗", escape(result.name), f"{result.seconds:.2f}", why)
    return f"<tr>{''.join(map(_cell, cells))}</tr>"


def told(script: Script, line: int, what: str, path: str, played: Sequence[Played]) -> str:
    """Return a failure as a text that is enough to mend it: where, what, and the turn before."""
    at = f"{path or script.name}:{line}"
    before = _turn_before(played)
    return "\n".join(filter(None, [f"{at}: {script.name}", f"  {what}", before]))


def _turn_before(played: Sequence[Played]) -> str:
    over = list(played)
    if over and over[-1].wrong:
        over.pop()
    since = [index for index, each in enumerate(over) if each.step.sender == "me"]
    lines: list[str] = []
    for each in over[since[-1] if since else 0 :]:
        said = (
            each.said if each.step.sender == "me" else each.heard.message.text if each.heard else ""
        )
        mark = " (skipped)" if each.skipped else ""
        lines.append(f"    #{each.step.sender} line {each.step.line}{mark}: “{shortened(said)}”")
    return "\n".join(["  the turn before:", *lines]) if lines else ""
