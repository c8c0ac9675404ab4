"""The transcript as a client gets it: the store's entries, with the faults that are injected.

A service keeps its transcripts behind its sockets, where they may lag. What is returned here is
made anew each time; what the store has does not change.
"""

from __future__ import annotations

import html
import random
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from captivate_nb.protocol import content as c
from captivate_nb.server.store.conversations import Entry, text_of

from .spec import Faults

LONG = 60  # letters of a text, of which a service that cuts shows no more


def visible_entries(entries: Sequence[Entry], faults: Faults, now: float) -> list[Entry]:
    """Return what a transcript has of these entries at `now`, in seconds since the epoch."""
    shown = _relabelled(entries, faults) if faults.relabel else entries
    known = [entry for entry in shown if _is_known(entry, faults, now)]
    return known[-faults.last :] if faults.last else known


def _is_known(entry: Entry, faults: Faults, now: float) -> bool:
    wait = max(faults.stale, faults.store_late if entry.sender == "user" else 0)
    return not wait or now - entry.time >= wait


def _relabelled(entries: Sequence[Entry], faults: Faults) -> list[Entry]:
    """Show what the user said in other forms, by chance; a turn is shown alike each time."""
    shown = list(entries)
    for place, entry in enumerate(entries):
        dice = random.Random(f"{faults.seed} {place} relabel")
        text = text_of(entry.content)
        if entry.sender == "user" and text and dice.random() < faults.relabel:
            said = c.Text(dice.choice(_forms(text, entries[:place])))
            content = tuple(said if isinstance(item, c.Text) else item for item in entry.content)
            shown[place] = msgspec.structs.replace(entry, content=content)
    return shown


def _forms(text: str, before: Sequence[Entry]) -> list[str]:
    """Return how else a service shows a text: as what it is, or in other case or spaces."""
    as_what_it_is = (
        _label(text, before),
        html.escape(text),
        unicodedata.normalize("NFC", text),
        text if len(text) <= LONG else f"{text[: LONG - 1]}…",
    )
    plain = (
        text.upper() if text != text.upper() else text.lower(),
        f" {'  '.join(text.split())} ",
    )
    changed = ([form for form in forms if form != text] for forms in (as_what_it_is, plain))
    return next(filter(None, changed), [text])


def _label(value: str, before: Iterable[Entry]) -> str:
    """Return the label under which a value was last offered, or the value itself."""
    offered = [option for entry in before for option in c.options_of(entry.content)]
    labels = (option.label for option in reversed(offered) if option.value == value)
    return next(filter(None, labels), value)
