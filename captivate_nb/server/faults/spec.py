"""What may go wrong between a server and its clients: `delay=200, drop=0.05`, or “hotel wifi”.

    EmbeddedServer(faults="hotel wifi")         captivate-nb serve --fault slow --fault drop=0.01
    server.faults = "duplicate=0.1, seed=42"    at any time, from any thread; "off" ends it

`connection` injects the faults of a connection, `transcripts` those of the server's transcripts.
Here are the words, and nothing that runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from captivate_nb.errors import UsageError, did_you_mean


class Unit(NamedTuple):
    """What a word's value is: how it is read, the `most` it can be, and that in words."""

    read: Callable[[str], float]
    most: float
    wanted: str


CHANCE = Unit(float, 1, "a chance from 0 to 1")
MILLISECONDS = Unit(float, 600_000, "milliseconds, 600000 at the most")
SECONDS = Unit(float, 3600, "seconds, 3600 at the most")
RATE = Unit(float, 100, "how many a second, 100 at the most")
COUNT = Unit(int, 1 << 63, "a whole number from 0")
SWITCH = Unit(int, 1, "1 for yes or 0 for no")


class Faults(msgspec.Struct, frozen=True):
    """How bad the network is. A chance is from 0 to 1, and drawn for each message by itself.

    `delay`, `jitter` and `slow_handshake` are in milliseconds, `refuse`, `stale` and
    `store_late` in seconds, `heartbeats` so many a second. `seed` makes a run repeatable: the
    same messages on the same connection meet the same faults. Its `str` is the spec it can be
    made from again.
    """

    delay: float = 0
    jitter: float = 0
    drop: float = 0
    drop_after: int = 0
    drop_mid_message: float = 0
    half_open: float = 0
    duplicate: float = 0
    reorder: float = 0
    truncate: float = 0
    garbage: float = 0
    too_large: float = 0
    wrong_key: float = 0
    slow_handshake: float = 0
    restart: float = 0
    refuse: float = 0
    heartbeats: float = 0
    stale: float = 0
    store_late: float = 0
    last: int = 0
    relabel: float = 0
    same_ids: int = 0
    seed: int | None = None

    def __str__(self) -> str:
        kinds = {kind.field: word for word, kind in KINDS.items()}
        words = ((kinds[name], getattr(self, name)) for name in self.__struct_fields__)
        return ", ".join(f"{word}={value:.12g}" for word, value in words if value) or "off"


class Kind(NamedTuple):
    """A word of the language; `alone` is its value where none is given."""

    field: str
    unit: Unit
    alone: float
    about: str


KINDS = {
    "delay": Kind("delay", MILLISECONDS, 200, "every message takes so long, each way"),
    "jitter": Kind("jitter", MILLISECONDS, 100, "up to so much longer, by chance; the order stays"),
    "drop": Kind("drop", CHANCE, 0.05, "the connection breaks, before or after the message"),
    "drop-after": Kind("drop_after", COUNT, 5, "each connection breaks after so many messages"),
    "drop-mid-message": Kind(
        "drop_mid_message", CHANCE, 0.05, "it breaks when half of a message is out"
    ),
    "half-open": Kind("half_open", CHANCE, 0.02, "nothing comes or goes any more, pings included"),
    "duplicate": Kind("duplicate", CHANCE, 0.1, "the client gets the message twice"),
    "reorder": Kind("reorder", CHANCE, 0.1, "the client gets the message after the next one"),
    "truncate": Kind("truncate", CHANCE, 0.02, "the end of the message is cut off, either way"),
    "garbage": Kind("garbage", CHANCE, 0.02, "the client gets nonsense before the message"),
    "413": Kind("too_large", CHANCE, 0.1, "what the bot says comes as a link, as too large"),
    "wrong-key": Kind("wrong_key", CHANCE, 1, "the key is refused, when a client connects"),
    "slow-handshake": Kind("slow_handshake", MILLISECONDS, 2000, "connecting takes so long"),
    "restart": Kind("restart", CHANCE, 0.01, "all connections break; none for half a second"),
    "refuse": Kind("refuse", SECONDS, 3, "after a break the key is refused for so long"),
    "heartbeats": Kind("heartbeats", RATE, 4, "“ping” and the like come between the messages"),
    "stale": Kind(
        "stale", SECONDS, 2, "transcripts lack what was said in the last so many seconds"
    ),
    "store-late": Kind(
        "store_late", SECONDS, 1, "what the user says is stored so long after it was received"
    ),
    "last": Kind("last", COUNT, 6, "transcripts hold only so many messages, the newest"),
    "relabel": Kind(
        "relabel",
        CHANCE,
        1,
        "transcripts show what the user said in another form, such as its label",
    ),
    "same-ids": Kind("same_ids", SWITCH, 1, "all events have one and the same event_id"),
    "seed": Kind("seed", COUNT, 0, "repeats a run"),
}
"""The words of a spec."""


class Preset(NamedTuple):
    """A network to rehearse on, for a menu."""

    name: str
    about: str
    spec: str


PRESETS = (
    Preset("off", "A network without faults", ""),
    Preset("slow", "Every message takes its time, each way", "delay=400, jitter=300"),
    Preset(
        "hotel wifi",
        "Slow and uneven; now and then the connection breaks, or only seems to be there",
        "delay=120, jitter=400, slow-handshake=800, drop=0.02, half-open=0.005",
    ),
    Preset("drops", "The connection breaks every few messages", "drop=0.1, drop-mid-message=0.05"),
    Preset("silence", "The connection seems to be there, and nothing comes", "half-open=0.1"),
    Preset("echoes", "Messages come twice, and one after the next", "duplicate=0.2, reorder=0.1"),
    Preset("restarts", "The server is restarted while one talks", "restart=0.05"),
    Preset(
        "noise", "Broken messages and nonsense among the good ones", "truncate=0.05, garbage=0.1"
    ),
    Preset(
        "gateway",
        "Heartbeats between the messages, and the same id on every event",
        "heartbeats=4, same-ids=1",
    ),
    Preset(
        "deploys",
        "The server is deployed anew while one talks, and refuses the key for a moment",
        "restart=0.05, refuse=3",
    ),
    Preset(
        "lagging transcripts",
        "The connection breaks, and transcripts lack what was said last",
        "drop=0.1, stale=2, store-late=2",
    ),
    Preset(
        "odd transcripts",
        "The connection breaks, and transcripts are short and show what the user said otherwise",
        "drop=0.1, last=6, relabel=1",
    ),
)
"""Named networks. A preset's name can stand in a spec, before words that change it."""


def read(spec: str | Iterable[str] | Faults | None) -> Faults:
    """Read a spec: words with commas between, or several such. None is no faults.

    Raise `UsageError`, one line that names the nearest known word.
    """
    if isinstance(spec, Faults):
        return spec
    specs = [spec or ""] if spec is None or isinstance(spec, str) else list(spec)
    values: dict[str, float | None] = {}
    for part in ",".join(specs).split(","):
        if part.strip():
            values |= _part(part.strip())
    return Faults(**values)  # type: ignore[arg-type]  # _value gives each field its own type


def _part(part: str) -> dict[str, float | None]:
    word, given, value = (side.strip() for side in part.partition("="))
    word = re.sub(r"[\s_]+", "-", word.lower())
    for preset in PRESETS:
        if word == preset.name.replace(" ", "-") and not given:
            cleared: dict[str, float | None] = dict.fromkeys(Faults.__struct_fields__, 0)
            return {**cleared, "seed": None, **_preset(preset)}
    kind = KINDS.get(word)
    if kind is None:
        names = [preset.name for preset in PRESETS]
        hint = did_you_mean(word, [*KINDS, *names]) or f" There are {', '.join([*KINDS, *names])}."
        raise UsageError(f"“{part}” is not a fault.{hint}")
    return {kind.field: _value(word, kind, value) if given else kind.alone}


def _preset(preset: Preset) -> dict[str, float | None]:
    parts = (part.strip() for part in preset.spec.split(",") if part.strip())
    return {name: value for part in parts for name, value in _part(part).items()}


def _value(word: str, kind: Kind, text: str) -> float:
    unit = kind.unit
    try:
        number = unit.read(text)
    except ValueError:
        number = -1
    if not 0 <= number <= unit.most:
        raise UsageError(
            f"“{word}={text}” cannot be: {word} takes {unit.wanted}, as in {word}={kind.alone:g}."
        )
    return number
