"""Which message here is which entry of the server's transcript.

A message is known again by the server's id where both sides have it, and else by its place and a
loose reading of its text: servers show an option's label for its value, escape HTML, normalise
Unicode, change case and spaces, and cut long texts. Equal lines are counted in order.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from captivate_nb.rendering.labels import folded

from .entries import Told, shared_ids
from .message import Message

CUT = 4
"""Characters of a text by which it is known again when it was cut, and ends in an ellipsis."""

BARE = 40
"""Characters by which it is when nothing shows that it was cut."""

NEAR = 32
"""How many of many equal lines before and after it a line may be, counted from either end."""

APART = 1.0
"""Seconds between two messages that did not pass each other on their way."""

_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe0e\ufe0f\ufeff]"
)
_CUT_OFF = ("…", "...")
_END = re.compile(r"(?:&#?\w*)?\s*(?:…|\.{3})$")


class Names(NamedTuple):
    """What else a message may be called by the server: its ids there, and texts read loosely."""

    ids: set[str]
    texts: set[str]


class Matches(NamedTuple):
    """Which message here is which entry of the server's.

    `places` has for each entry the index of its message here, None for one that is new. Those in
    `unsure` are the user's that it may have or not: by their place alone, or as one of the
    `disputed`, equal lines of which it has fewer. `reworded` are the numbers of the user's entries
    that have a message with words that it never had here.
    """

    places: list[int | None]
    unsure: set[int]
    disputed: Collection[int] = frozenset()
    reworded: Collection[int] = frozenset()


def loosely(text: str) -> str:
    """Return a text without what servers change of it: entities, Unicode forms, case and spaces."""
    plain = html.unescape(html.unescape(text))
    return folded(plain if plain.isascii() else _INVISIBLE.sub("", plain))


def match(
    here: Sequence[Message],
    told: Told,
    names: Mapping[str, Names],
    doubtful: Collection[str] = (),
) -> Matches:
    """Return which of the messages here the server tells of; system lines are not the server's.

    `names` has the other names of a message here, by its id. The text of those whose id is
    `doubtful` may be any equal one's: they are taken for what nothing else is.
    """
    matching = _Matching(here, told, names, doubtful)
    matching.by_id()
    matching.by_text()
    matching.bybeginning_of()
    unsure = matching.by_place() | matching.disputed
    return Matches(matching.places, unsure, matching.disputed, matching.reworded)


def is_newest_first(here: Sequence[Message], matches: Matches) -> bool | None:
    """Whether a server tells most of what each side said the wrong way round.

    None where that cannot be told: one pair alone may have passed each other on their way, if they
    are not `APART`. Of equal lines it is not known which is which.
    """
    lines = Counter((message.sender, loosely(message.text)) for message in here)
    places = [
        place
        for place in matches.places
        if place is not None and lines[here[place].sender, loosely(here[place].text)] == 1
    ]
    sides = [[p for p in places if (here[p].sender == "user") is own] for own in (True, False)]
    pairs = [pair for side in sides for pair in pairwise(side)]
    turned = [(a, b) for a, b in pairs if a > b]
    if not pairs or (len(pairs) == 1 and turned and not _are_apart(here, *turned[0])):
        return None
    return 2 * len(turned) > len(pairs)


def _are_apart(here: Sequence[Message], one: int, other: int) -> bool:
    first, second = here[one].time, here[other].time
    return first is not None and second is not None and abs(first - second) >= APART


class _Matching:
    """The work of `match`: each step takes up what those before it have left."""

    def __init__(
        self,
        here: Sequence[Message],
        told: Told,
        names: Mapping[str, Names],
        doubtful: Collection[str],
    ) -> None:
        self.places: list[int | None] = [None] * len(told)
        self._here = here
        self._told = told
        self._keys = [(message.sender, loosely(message.text)) for _, message in told]
        self._names = names
        self._doubtful = doubtful
        self.disputed: set[int] = set()
        self.reworded: set[int] = set()
        self._free = {i: None for i, message in enumerate(here) if message.sender != "system"}
        self._read: dict[int, set[str]] = {}

    def by_id(self) -> None:
        """Take an id that stands for one message on each side, and not for another text."""
        index: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place in self._free:
            for ident in self._ids(place):
                index[self._here[place].sender, ident].append(place)
        said = self._lines(self._free)
        shared = shared_ids(entry for entry, _ in self._told)
        for number, (entry, _) in enumerate(self._told):
            if entry.message_id is None or entry.message_id in shared:
                continue
            places = index.get((self._keys[number][0], entry.message_id), [])
            free = len(places) == 1 and places[0] in self._free
            if free and self._may_be(places[0], number, said):
                self._take(number, places[0])
                self._note_words(places[0], number)

    def by_text(self) -> None:
        """Take equal texts, those of what is doubtful last."""
        certain = [place for place in self._free if self._here[place].id not in self._doubtful]
        for places in (certain, self._free):
            self._by_text(list(places))

    def _by_text(self, places: list[int]) -> None:
        """Take equal texts: as many in order as there can be, then those out of order.

        How the two sides mix may differ here and there, and each side's own order not: where it
        makes a difference which of the two is gone by, the user's lines are `unsure`.
        """
        lines = self._lines(places)
        candidates = self._candidates(lines)
        everybody = range(len(self._keys))
        sides = [
            [n for n in everybody if (self._keys[n][0] == "user") is own] for own in (True, False)
        ]
        chosen = self._assigned(candidates, lines, [everybody])
        apart = self._assigned(candidates, lines, sides)
        disputed = set(chosen.values()) ^ set(apart.values())
        self.disputed |= {place for place in disputed if self._here[place].sender == "user"}
        for number, place in chosen.items():
            self._take(number, place)

    def _assigned(
        self,
        candidates: Sequence[Sequence[int]],
        lines: Mapping[tuple[str, str], Iterable[int]],
        parts: Iterable[Sequence[int]],
    ) -> dict[int, int]:
        """Return the place of each entry that is left, where each part of all is in order."""
        chosen: dict[int, int] = {}
        for part in parts:
            found = _in_order([candidates[number] for number in part])
            chosen |= {n: p for n, p in zip(part, found, strict=True) if p in self._free}
        unused, rest = self._free.keys() - chosen.values(), {k: iter(p) for k, p in lines.items()}
        for number in self._left():
            if number in chosen:
                continue
            place = next((p for p in rest.get(self._keys[number], ()) if p in unused), None)
            if place is not None:
                chosen[number] = place
                unused.discard(place)
        return chosen

    def _candidates(self, lines: Mapping[tuple[str, str], Sequence[int]]) -> list[Sequence[int]]:
        """Return the places that each entry may have, ascending: its own, or of near equal lines."""
        totals, seen = Counter(self._keys[number] for number in self._left()), Counter[Any]()
        candidates: list[Sequence[int]] = []
        for key, place in zip(self._keys, self.places, strict=True):
            if place is not None:
                candidates.append([place])
                continue
            places = lines.get(key, ())
            if not places:
                candidates.append(places)
                continue
            rank, seen[key] = seen[key], seen[key] + 1
            ranks = {rank, rank + len(places) - totals[key]}
            near = {other for one in ranks for other in range(one - NEAR, one + NEAR + 1)}
            candidates.append([places[n] for n in sorted(near) if 0 <= n < len(places)])
        return candidates

    def bybeginning_of(self) -> None:
        """Take the beginning of a text that the server has cut."""
        texts = sorted(
            (*key, place) for key, places in self._lines(self._free).items() for place in places
        )
        for number in list(self._left()):
            sender, whole = self._keys[number]
            beginning = beginning_of(whole)
            if beginning is None:
                continue
            index = bisect_left(texts, (sender, beginning, -1))
            while index < len(texts) and _begins(texts[index], sender, beginning):
                *_, place = texts.pop(index)
                if place in self._free:
                    self._take(number, place)
                    break

    def by_place(self) -> set[int]:
        """Take what stands between the same two messages on both sides, as many on each.

        Before the first that both have, and behind the last, there may be news: only the user's
        are taken there. What others say has to begin alike, too.
        """
        here, there = self._gaps_here(), self._gaps_there()
        unsure = set()
        for gap, numbers in there.items():
            places = here.get(gap, [])
            if len(places) != len(numbers):
                continue
            for number, place in zip(numbers, places, strict=True):
                if gap[0] == "user":
                    unsure.add(place)
                    self._take(number, place)
                    self._note_words(place, number)
                elif None not in gap and self._begin_alike(number, place):
                    self._take(number, place)
        return unsure

    def _gaps_here(self) -> dict[Any, list[int]]:
        """Return what is left here by sender and the two messages around it."""
        taken = sorted(place for place in self.places if place is not None)
        gaps: dict[Any, list[int]] = defaultdict(list)
        for place in self._free:
            after = bisect_left(taken, place)
            before = taken[after - 1] if after else None
            end = taken[after] if after < len(taken) else None
            gaps[self._here[place].sender, before, end].append(place)
        return gaps

    def _gaps_there(self) -> dict[Any, list[int]]:
        """Return the entries that are left, by sender and the two messages around them."""
        ends: list[int | None] = []
        end = None
        for place in reversed(self.places):
            ends.append(end)
            end = end if place is None else place
        gaps: dict[Any, list[int]] = defaultdict(list)
        before = None
        for number, (place, end) in enumerate(zip(self.places, reversed(ends), strict=True)):
            if place is None:
                gaps[self._keys[number][0], before, end].append(number)
            else:
                before = place
        return gaps

    def _left(self) -> Iterator[int]:
        return (number for number, place in enumerate(self.places) if place is None)

    def _take(self, number: int, place: int) -> None:
        self.places[number] = place
        del self._free[place]

    def _begin_alike(self, number: int, place: int) -> bool:
        _, there = self._keys[number]
        return any(one.startswith(there) or there.startswith(one) for one in self._texts(place))

    def _lines(self, places: Iterable[int]) -> dict[tuple[str, str], list[int]]:
        """Return these places in order, by sender and text."""
        lines: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place in places:
            for text in self._texts(place):
                lines[self._here[place].sender, text].append(place)
        return dict(lines)

    def _ids(self, place: int) -> set[str]:
        message = self._here[place]
        known = self._names.get(message.id)
        return {message.id} | known.ids if known else {message.id}

    def _texts(self, place: int) -> set[str]:
        if place not in self._read:
            message = self._here[place]
            known = self._names.get(message.id)
            own = {loosely(message.text)}
            self._read[place] = own | known.texts if known else own
        return self._read[place]

    def _may_be(self, place: int, number: int, said: Container[tuple[str, str]]) -> bool:
        """Whether an id is to be believed, where the text is another, too.

        What a server calls a message may count its entries: it is believed only where nothing else
        that is `said` has that text, and of what others say only as far as it begins alike.
        """
        sender, text = self._keys[number]
        own = self._told[number][0].message_id == self._here[place].id
        if self._is_known(place, number):
            return True
        other = (sender, text) not in said
        return own or other if sender == "user" else other and self._begin_alike(number, place)

    def _is_known(self, place: int, number: int) -> bool:
        """Whether an entry has the words of the message at this place."""
        return self._keys[number][1] in self._texts(place)

    def _note_words(self, place: int, number: int) -> None:
        known = self._is_known(place, number) or self._is_cut(place, number)
        if self._keys[number][0] == "user" and not known:
            self.reworded.add(number)

    def _is_cut(self, place: int, number: int) -> bool:
        """Whether an entry has the beginning of these words."""
        beginning = beginning_of(self._keys[number][1])
        return beginning is not None and any(
            text.startswith(beginning) for text in self._texts(place)
        )


def beginning_of(text: str) -> str | None:
    """Return what is left of a text that was cut; None where it is too short to tell."""
    beginning = _END.sub("", text) if text.endswith(_CUT_OFF) else text
    return None if len(beginning) < (BARE if beginning == text else CUT) else beginning


def _begins(line: tuple[str, str, int], sender: str, beginning: str) -> bool:
    return line[0] == sender and line[1].startswith(beginning)


def _in_order(candidates: Sequence[Sequence[int]]) -> list[int | None]:
    """Return one of each entry's candidates, so that as many as possible of them ascend.

    It is the longest common subsequence as Hunt and Szymanski find it; of several it is one that
    stands early. Each entry's candidates ascend.
    """
    ends: list[int] = []
    chains: list[tuple[int, int, Any]] = []
    for number, places in enumerate(candidates):
        for place in reversed(places):
            length = bisect_left(ends, place)
            if ends[length : length + 1] == [place]:
                continue
            chain = (number, place, chains[length - 1] if length else None)
            ends[length : length + 1] = [place]
            chains[length : length + 1] = [chain]
    chosen: list[int | None] = [None] * len(candidates)
    link = chains[-1] if chains else None
    while link is not None:
        number, place, link = link
        chosen[number] = place
    return chosen
