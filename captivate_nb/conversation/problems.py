"""What went wrong in a conversation and did not end it, and the lines that say so."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import msgspec

from captivate_nb.errors import counted
from captivate_nb.rendering.html import output
from captivate_nb.rendering.sanitize import clean, escape, quoted

LINE = 1000
"""Characters of an error."""

DETAIL = 10_000
"""Characters that are kept of what a problem was found in."""

KEPT = 1000
"""Problems that are kept."""

SHOWN = 50
"""Problems that a cell shows."""

NAMED = 5
"""Messages that one line quotes."""

CONNECTION = "the connection"
"""What a problem is about that says why reconnecting fails."""


class Problem(msgspec.Struct, frozen=True):
    """Something that went wrong and did not end the session. `time` is in seconds since the epoch.

    `about` is the ID of the user's message it is about, or `CONNECTION`, if it is about either;
    `good` tells that it is well after all, and nothing is to be done. `turn` is the number of the bot's
    turn that went wrong, which `session.server.send_again(turn)` sends again; 0 where it is no turn.
    `restart` tells that `session.restart()` is what may come next, as when the bot was changed.
    """

    message: str
    detail: str = ""
    time: float | None = None
    about: str = ""
    good: bool = False
    turn: int = 0
    restart: bool = False

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"<Problem {self.line}>"

    @property
    def line(self) -> str:
        """Return the message with the local time of day before it."""
        at = "" if self.time is None else time.strftime("%H:%M:%S ", time.localtime(self.time))
        return f"{at}{self.message}"


class Problems(list[Problem]):
    """The newest `KEPT` of a session's problems, the oldest first; a cell shows the newest of them."""

    noted = 0
    """How many there were so far."""

    def add(self, problem: Problem) -> Problem:
        """Keep a problem, of which the texts are cut to their limits, and return it as kept."""
        kept = msgspec.structs.replace(
            problem, message=clean(problem.message, LINE), detail=problem.detail[:DETAIL]
        )
        self.noted += 1
        self.append(kept)
        del self[:-KEPT]
        return kept

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        lines = [problem.line for problem in self[-SHOWN:]] or ["Nothing went wrong."]
        if (more := len(self) - SHOWN) > 0:
            lines.insert(0, f"… {counted(more, 'earlier line')}")
        shown = "".join(f'<div dir="auto">{escape(line)}</div>' for line in lines)
        return {"text/plain": "\n".join(lines), "text/html": output(shown)}


def named(texts: Iterable[str]) -> str:
    """Return messages by their text, the first `NAMED` of them."""
    listed = [quoted(text) for text in texts]
    more = len(listed) - NAMED
    return ", ".join(listed[:NAMED]) + (f" and {more} more" if more > 0 else "")


def unasked(begun: str, before: str) -> str:
    """Return what is said of a conversation that the server began, and nobody asked for."""
    return (
        f"The server began conversation {clean(begun)} by itself. session.resume({before!r:.100}) goes"
        " back."
    )
