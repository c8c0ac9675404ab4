"""A conversation as it is here and as a server's transcript tells it, made one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from .entries import Told
from .message import Message, unlike
from .reconcile import Matches


def merge(
    here: Sequence[Message], told: Told, matches: Matches, *, older: bool = False
) -> list[Message]:
    """Return the messages here and those the server tells of, each once, in its order.

    What only this side knows (system lines, messages on their way) stays behind the message it
    came after, as far as each side's own messages keep their order. Of a transcript that is
    `older` than what is here, what is new at its end comes before the rest here.
    """
    after: dict[int | None, list[Message]] = defaultdict(list)
    for index, anchor in _anchors(here, matches.places):
        after[anchor].append(here[index])
    last = next((place for place in reversed(matches.places) if place is not None), None)
    newest = after.pop(last, []) if older else []
    taken = {message.id: 1 for message in here}
    merged = after[-1]
    for place, (_, message) in zip(matches.places, told, strict=True):
        merged.append(unlike(message, taken) if place is None else here[place])
        merged += after.get(place, ()) if place is not None else ()
    return merged + newest


def _anchors(here: Sequence[Message], places: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """Yield each message that is only here, and the matched one that it is to stand behind; or -1.

    It is the one it came after, unless what the same side said before stands later, or what it
    said afterwards stands earlier.
    """
    order = {place: number for number, place in enumerate(places) if place is not None} | {-1: -1}
    soonest = [len(places)] * len(here)  # where the next matched message of the same side stands
    following = {True: len(places), False: len(places)}
    for index in reversed(range(len(here))):
        own = here[index].sender == "user"
        soonest[index] = following[own]
        if index in order:
            following[own] = min(following[own], order[index])
    anchor, newest = -1, {True: -1, False: -1}
    for index, message in enumerate(here):
        own = message.sender == "user"
        if index in order:
            anchor = index
            newest[own] = max(newest[own], index, key=order.__getitem__)
        elif message.sender == "system":
            yield index, anchor
        else:
            if order[newest[own]] <= order[anchor] < soonest[index]:
                newest[own] = anchor
            yield index, newest[own]
