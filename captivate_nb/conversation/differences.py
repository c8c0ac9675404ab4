"""Where two conversations part, in which the user did the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from captivate_nb.rendering.sanitize import quoted

from .message import Message


def difference(before: Sequence[Message], after: Sequence[Message]) -> tuple[int | None, str]:
    """Return the index of the first message of `after` that is another, and a line that says so.

    Only what is said counts, and by whom; not the IDs and times.
    """
    for index, (old, new) in enumerate(zip_longest(before, after)):
        if _said(old) != _said(new):
            turn = sum(message.sender == "user" for message in after[: index + 1])
            was, now = _quoted(old), _quoted(new)
            return index, f"Turn {turn} is the first that differs: it was {was}, and is {now}."
    return None, "Done again, and nothing differs."


def _said(message: Message | None) -> object:
    return message and (message.sender, message.content, tuple(message.actions))


def _quoted(message: Message | None) -> str:
    return "nothing" if message is None else quoted(message.text)
