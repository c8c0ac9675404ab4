"""What a server's transcript proves of the user's messages: whether it is fresh, and whole.

A transcript that is neither proves nothing of what it lacks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

from .entries import Told
from .evidence import Look
from .message import Message
from .reconcile import Matches

MOST_BEHIND = 10.0
"""Seconds by which a transcript may be behind; what is missing for longer, it does not have."""

NO_TURNS = "the server's transcript has none of your messages"
CUT_OFF = "the server's transcript does not begin where the conversation did"
INCOMPLETE = "the server's transcript lacks what was said before"


def look_at(
    asked: float,
    here: Sequence[Message],
    told: Told,
    matches: Matches,
    since: Callable[[Message], float | None],
) -> Look:
    """Return what a transcript that was asked for at `asked` shows.

    `here` is what was known before, `matches` where it stands in the transcript. `since` gives the
    time since which the server is known to have a message, None for one that it may not have.
    """
    places = {place for place in matches.places if place is not None}
    turns = [number for number, (entry, _) in enumerate(told) if entry.sender == "user"]
    expected = [
        None if message.sender == "user" and not turns else since(message) for message in here
    ]
    behind, flaw, older = _lacks(asked, here, places, expected)
    own = {place: message.id for place, message in enumerate(here) if message.sender == "user"}
    sure = places - matches.unsure
    answered = {
        own[place]
        for place, (after, _) in zip(matches.places, told[1:], strict=False)
        if place in own and after.sender != "user"
    }
    lacked = [(place, ident) for place, ident in own.items() if place not in places]
    first, before = min(places, default=math.inf), _spoken_before(told, matches)
    return Look(
        asked=asked,
        found=[ident for place, ident in own.items() if place in sure],
        answered=answered,
        placed={here[place].id for place in matches.unsure},
        disputed={here[place].id for place in matches.disputed},
        passed={ident for place, ident in lacked if turns and place > first},
        spoken_after={ident for place, ident in lacked if place < before},
        behind=0.0 if flaw == CUT_OFF else behind,
        older=older or behind > 0,
        flaw=flaw or (NO_TURNS if own and not turns else ""),
        strangers=bool(matches.reworded) or any(matches.places[turn] is None for turn in turns),
    )


def _spoken_before(told: Told, matches: Matches) -> float:
    """Return before which message here the bot says something new there, to no turn that is shown.

    It is -1 where it does not. What stands right behind a turn of the user's is said to that.
    """
    before, prompted = -1.0, False
    for place, (entry, _) in zip(matches.places, told, strict=True):
        if place is not None:
            before = min(before, place)
        elif entry.sender == "bot" and not prompted:
            before = math.inf
        prompted = entry.sender == "user"
    return before


def _lacks(
    asked: float,
    here: Sequence[Message],
    places: Collection[int],
    expected: Sequence[float | None],
) -> tuple[float, str, bool]:
    """Return what a transcript with only those `places` of what is `here` lacks of the `expected`.

    By how many seconds it is behind, why it cannot be the whole, and whether something was heard
    since it was asked for.
    """
    first, last = min(places, default=-1), max(places, default=-1)
    behind, flaw, older = 0.0, "", False
    for place, (message, known) in enumerate(zip(here, expected, strict=True)):
        if known is None or place in places:
            continue
        if known >= asked:
            older |= place > last and message.sender != "user"
        elif place > last and asked - known <= MOST_BEHIND:
            behind = max(behind, asked - known)
        else:
            flaw = CUT_OFF if place < first else flaw or INCOMPLETE
    return behind, flaw, older
