"""How a failure is told: what was expected and what came, near names, and words that differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from captivate_nb.errors import did_you_mean

MOST_LISTED = 10
"""Names that one line has."""

LONGEST = 200
"""Characters of one name that a line has."""


def listed(texts: Sequence[str]) -> str:
    """Return texts in quotes, or the word “none”."""
    shown = [f"“{shortened(text)}”" for text in texts[:MOST_LISTED]]
    more = [f"and {len(texts) - MOST_LISTED} more"] if len(texts) > MOST_LISTED else []
    return ", ".join([*shown, *more]) or "none"


def shortened(text: str, most: int = LONGEST) -> str:
    """Return a text as one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def nearest(wanted: str, known: Iterable[str]) -> str:
    """Return a hint at the nearest of the names that there are, or nothing."""
    return did_you_mean(wanted, known)


def some(what: str, found: Sequence[str], negated: bool) -> str:
    """Return the complaint of an asserter without arguments: there must be some, or none."""
    if negated:
        return f"no {what} expected, and there is {listed(found)}" if found else ""
    return "" if found else f"some {what} expected, and there is none"


def word_diff(expected: str, came: str) -> str:
    """Return two texts as one: what only the first has as [-…-], what only the second has as {+…+}.

    Nothing where they have too little in common to be compared so.
    """
    wanted, found = expected.split()[:LONGEST], came.split()[:LONGEST]
    matcher = difflib.SequenceMatcher(None, wanted, found, autojunk=False)
    if matcher.ratio() < 0.3:
        return ""
    parts: list[str] = []
    for kind, i, j, k, n in matcher.get_opcodes():
        if kind == "equal":
            parts += wanted[i:j]
            continue
        if j > i:
            parts.append(f"[-{' '.join(wanted[i:j])}-]")
        if n > k:
            parts.append(f"{{+{' '.join(found[k:n])}+}}")
    return " ".join(parts)
