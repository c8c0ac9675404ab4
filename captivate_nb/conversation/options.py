"""Which option a person means by a label, and what choosing it says."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

from captivate_nb.errors import UnknownChoice, did_you_mean
from captivate_nb.protocol.content import Option
from captivate_nb.rendering.labels import as_read, label_of, labels_of
from captivate_nb.rendering.sanitize import clean

from .message import Message

NAMED = 10
"""Labels that an error names."""


def offered(wanted: str, transcript: Sequence[Message]) -> Option:
    """Return the option of the newest turn with that label or value.

    An exact match goes before one of a label as it is shown, and that before one that only reads the
    same; a newer message's option goes before an older one's. Raise `UnknownChoice`, naming the
    nearest, or the earlier message that offered it, when there is none.
    """
    turn = _newest_turn(transcript)
    options = [(option, name) for message in turn for option, name in _shown(message)]
    found = _meant(wanted, options)
    if found is not None:
        return options[found][0]
    earlier = _offered_before(wanted, transcript)
    if not options:
        raise UnknownChoice(
            f"“{wanted}” cannot be clicked: no options are on offer now."
            + (earlier or " Say it instead.")
        )
    labels = list(dict.fromkeys(label_of(option) for option, _ in options))
    raise UnknownChoice(f"No option is called “{wanted}”.{earlier or _hint(wanted, labels)}")


def said_by(option: Option) -> str:
    """Return what choosing an option says; raise `UnknownChoice` for one that says nothing."""
    if option.url is not None and not option.value:
        raise UnknownChoice(
            f"“{label_of(option)}” opens the link {option.url} and sends nothing to the bot."
        )
    said = option.value or option.label
    if not said:
        raise UnknownChoice(
            "This option has neither a label nor a value, so it says nothing. Nothing was sent."
        )
    return said


def _newest_turn(transcript: Sequence[Message]) -> list[Message]:
    """Return what came since the user last spoke, the newest message first."""
    since = itertools.takewhile(lambda message: message.sender != "user", reversed(transcript))
    return list(since)


def _shown(message: Message) -> Iterator[tuple[Option, str]]:
    """Return a message's options, each with what it is shown as."""
    return zip(message.choices, labels_of(message.choices), strict=True)


def _meant(wanted: str, options: Iterable[tuple[Option, str]]) -> int | None:
    """Return which option is meant: by what it is shown as, by its label, or by its value."""
    listed = list(options)
    names = (
        [name for _, name in listed],
        [option.label for option, _ in listed],
        [option.value for option, _ in listed],
    )
    readings: tuple[Callable[[str], str], ...] = (str, clean, as_read)
    for same in readings:
        sought = same(wanted)
        for called in names:
            found = [index for index, name in enumerate(called) if sought and same(name) == sought]
            if found:
                return found[0]
    return None


def _offered_before(wanted: str, transcript: Sequence[Message]) -> str:
    """Return which message offered an option that is not on offer now, and how to choose it there."""
    for index in range(len(transcript) - 1, -1, -1):
        message = transcript[index]
        found = _meant(wanted, _shown(message)) if message.choices else None
        if found is not None:
            place = f"session.transcript[{index}]"
            return (
                f" {place} offered it, “{clean(message.text, 40)}”: to choose it there,"
                f" session.click({place}.choices[{found}])."
            )
    return ""


def _hint(wanted: str, labels: Sequence[str]) -> str:
    more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    return did_you_mean(wanted, labels) or f" There are: {', '.join(labels[:NAMED])}{more}."
