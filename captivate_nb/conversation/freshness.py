"""What a server's transcript proves of the user's messages: whether it is fresh, and whole.

A transcript that is neither proves nothing of what it lacks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from .entries import Told
from .evidence import Look
from .message import Message
from .reconcile import Matches, loosely

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
    holes: Sequence[int] = (),
) -> Look:
    """Return what a transcript that was asked for at `asked` shows.

    `here` is what was known before, `matches` where it stands in the transcript. `since` gives the
    time since which the server is known to have a message, None for one that it may not have.
    `holes` are as `holes_in` tells them.
    """
    places = {place for place in matches.places if place is not None}
    turns = [number for number, (entry, _) in enumerate(told) if entry.sender == "user"]
    expected = [
        None if message.sender == "user" and not turns else since(message) for message in here
    ]
    behind, flaw, older = _lacks(asked, here, places, expected)
    own = {place: message.id for place, message in enumerate(here) if message.sender == "user"}
    sure = places - matches.unsure
    lacked = [(place, ident) for place, ident in own.items() if place not in places]
    first = min(places, default=math.inf)
    joined, spoken, hidden = _may_be_there(here, told, matches, lacked, holes)
    return Look(
        asked=asked,
        found=[ident for place, ident in own.items() if place in sure],
        answered=_answered(told, matches, own),
        placed={here[place].id for place in matches.unsure} | joined,
        disputed={here[place].id for place in matches.disputed},
        passed={ident for place, ident in lacked if turns and place > first},
        spoken_after=spoken,
        hidden=hidden,
        behind=0.0 if flaw == CUT_OFF else behind,
        older=(older or behind > 0) and not _may_hide_newest(matches, holes),
        flaw=flaw or (NO_TURNS if own and not turns else ""),
        strangers=any(matches.places[turn] is None for turn in turns),
    )


def _may_hide_newest(matches: Matches, holes: Sequence[int]) -> bool:
    """Whether something that cannot be read stands behind all that is known."""
    known = [number for number, place in enumerate(matches.places) if place is not None]
    return max(holes, default=-1) > max(known, default=-1)


def _answered(told: Told, matches: Matches, own: Mapping[int, str]) -> set[str]:
    """Return the user's messages right after which the other side speaks."""
    return {
        own[place]
        for place, (after, _) in zip(matches.places, told[1:], strict=False)
        if place is not None and place in own and after.sender != "user"
    }


def _may_be_there(
    here: Sequence[Message],
    told: Told,
    matches: Matches,
    lacked: Iterable[tuple[int, str]],
    holes: Sequence[int],
) -> tuple[set[str], set[str], set[str]]:
    """Return those that are lacking, and whose words stand among another's; those after which the
    bot says something new to no turn that is shown; those that an unreadable entry may hide.
    """
    words = [loosely(told[number][1].text) for number in matches.reworded]
    spoken = _before(matches, _unprompted(told, matches))
    hidden = _before(matches, max(holes, default=None))
    joined = set()
    for place, ident in lacked:
        text = loosely(here[place].text)
        if text and any(text in other for other in words):
            joined.add(ident)
    return (
        joined,
        {ident for place, ident in lacked if place < spoken},
        {ident for place, ident in lacked if place < hidden},
    )


def _unprompted(told: Told, matches: Matches) -> int | None:
    """Return the last entry that the bot says, is new, and follows no turn of the user's."""
    numbers = [
        number
        for number, (entry, _) in enumerate(told)
        if matches.places[number] is None and entry.sender == "bot"
    ]
    news = [n for n in numbers if n == 0 or told[n - 1][0].sender != "user"]
    return max(news, default=None)


def _before(matches: Matches, number: int | None) -> float:
    """Return the place here before which what stands at an entry's number may belong; -1 for none."""
    if number is None:
        return -1
    after = (place for place in matches.places[number:] if place is not None)
    return min(after, default=math.inf)


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
