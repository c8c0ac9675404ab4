"""What options and actions are called: as they are shown, and as a person may write it.

Labels that read the same may be spelled in many ways: marks of direction, soft hyphens and spaces
of no width cannot be seen, and an accent may be a letter of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from captivate_nb.protocol.content import Action, Option

from .sanitize import clean

NAMELESS = "(no label)"

_DOUBTS = {
    "queued": "waiting",
    "failed": "not delivered",
    "unknown": "not known whether it arrived",
}

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)

_MARKS = re.compile(r"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){64}")
"""A run that may be of combining marks: no letter or number, but for two marks of katakana."""


def label_of(option: Option) -> str:
    """Return what an option is shown as, in one line: its label, or what else tells what it is."""
    known = (clean(text) for text in (option.label, option.value, option.url or ""))
    return next((text for text in known if is_seen(text)), NAMELESS)


def labels_of(options: Iterable[Option]) -> list[str]:
    """Return what options are shown as beside each other: with their values where labels are the same."""
    listed = list(options)
    labels = [label_of(option) for option in listed]
    values = [clean(option.value) for option in listed]
    times = Counter(labels)
    return [
        f"{label}: {value}"
        if times[label] > 1 and is_seen(value) and option.value != option.label
        else label
        for label, value, option in zip(labels, values, listed, strict=True)
    ]


def sender_line(who: str, delivery: str | None) -> str:
    """Return who wrote a message, and what is to be known about its delivery."""
    doubt = _DOUBTS.get(delivery or "")
    return f"{clean(who)} ({doubt})" if doubt else clean(who)


def actions_line(actions: Iterable[Action]) -> str:
    """Return what a message that only carries actions is shown as."""
    return " ".join(f"[action {clean(action.id)}]" for action in actions)


def as_read(text: str) -> str:
    """Return text as a person recalls it: without case, spacing, quotes, and what cannot be seen."""
    return folded(_UNSEEN.sub("", text)).strip("\"'")


def is_seen(text: str) -> bool:
    """Whether a person sees anything of a text, quotes aside: whether `as_read` has anything."""
    return bool(text.strip().strip("\"'")) if text.isascii() else bool(as_read(text))


def folded(text: str) -> str:
    """Return text without case and spacing, each character in the one form that Unicode has for it.

    Marks are put in order in a time that grows with the square of how many follow each other, so
    that one message of them would take ten seconds: a long run of them is divided, as the
    Stream-Safe Text Process of Unicode does.
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    divided = _MARKS.sub("\\g<0>\u034f", text)
    composed = unicodedata.normalize("NFKC", divided).casefold()
    return " ".join(unicodedata.normalize("NFKC", composed).split())
