"""Which option a person means by a label."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .errors import UnknownChoice, did_you_mean
from .protocol.content import Option
from .transcript import Message


def offered(wanted: str, transcript: Sequence[Message]) -> Option:
    """Return the option of the newest turn with that label or value.

    An exact match goes before one in other case or spacing, and a newer message's option before
    an older one's. Raise `UnknownChoice`, naming the nearest, when there is none.
    """
    options = _of_newest_turn(transcript)
    readings: tuple[Callable[[str], str], ...] = (str, _loosely)
    for same in readings:
        for option in options:
            if same(wanted) in (same(option.label), same(option.value)):
                return option
    if not options:
        raise UnknownChoice(
            f"“{wanted}” cannot be clicked: no options are on offer now. Say it instead."
        )
    labels = list(dict.fromkeys(option.label for option in options))
    hint = did_you_mean(wanted, labels) or f" There are: {', '.join(labels)}."
    raise UnknownChoice(f"No option is called “{wanted}”.{hint}")


def _of_newest_turn(transcript: Sequence[Message]) -> list[Option]:
    """Return what was offered since the user last spoke, the newest message's options first."""
    options: list[Option] = []
    for message in reversed(transcript):
        if message.sender == "user":
            break
        options += message.choices
    return options


def _loosely(text: str) -> str:
    """Return text without case and spacing, as a person recalls a label."""
    return " ".join(text.casefold().split())
