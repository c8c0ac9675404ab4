"""What one server bears: every limit with its default, and the rate at which a key may send."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import msgspec

from captivate_nb.errors import ServeError, UsageError, did_you_mean

from .shelf import LARGEST_FILE, LARGEST_SHELF


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of an `EmbeddedServer`; raise `ServeError` for one that is not above zero."""

    message: int = 128 << 10
    """Bytes of one message, either way; a longer one of the bot, and a longer transcript, go as a
    link to them. Lists and metadata go whole."""
    queue: int = 8 << 20
    """Bytes that a client may leave unread before its socket is closed."""
    rate: float = 20_000.0
    """Events that a key may send in a second, all of its clients together: no crowd's worth of
    people gets there, a loop that floods does. 500 scripted clients do send 5,000."""
    burst: int = 40_000
    """Events that a key may send at once, after a pause."""
    sockets: int = 2000
    """Sockets open at a time."""
    conversations: int = 10_000
    """Conversations of a key, the softly deleted ones included."""
    messages: int = 10_000
    """Messages of one conversation, after which the user must start another."""
    pending: int = 1000
    """Messages and actions of one conversation that wait for its bot."""
    metadata: int = 1 << 20
    """Bytes of one conversation's metadata, as JSON."""
    idle: float = 30 * 86400.0
    """Seconds without a change after which a conversation is forgotten."""
    file: int = LARGEST_FILE
    """Bytes of one uploaded file."""
    files: int = LARGEST_SHELF
    """Bytes of all uploaded files; the oldest go."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not value > 0:
                raise ServeError(f"The limit {name} is {value:g}; it must be above 0.")

    @classmethod
    def parse(cls, given: Iterable[str]) -> Limits:
        """Read `name=value` texts, the last of a name counts. Raise `UsageError`."""
        values: dict[str, float] = {}
        for text in given:
            name, equals, value = text.partition("=")
            if name not in cls.__struct_fields__:
                known = ", ".join(cls.__struct_fields__)
                hint = did_you_mean(name, cls.__struct_fields__) or f" There are: {known}."
                raise UsageError(f"There is no limit “{name}”.{hint}")
            if not equals:
                raise UsageError(f"A limit is given with its value: {name}=NUMBER.")
            values[name] = _number(name, value)
        return cls(**values)  # type: ignore[arg-type]  # whole where they must be


def _number(name: str, text: str) -> float:
    whole = isinstance(getattr(Limits(), name), int)
    try:
        return int(text) if whole else float(text)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise UsageError(f"The limit {name} is “{text}”; it must be {kind}.") from None


class Bucket:
    """A rate with a burst: `capacity` tokens at first, and `rate` new ones in a second."""

    def __init__(
        self, rate: float, capacity: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._capacity = capacity
        self._clock = clock
        self._tokens = capacity
        self._then = clock()

    def take(self) -> float:
        """Take a token and return 0, or the seconds until there is one."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._then) * self._rate)
        self._then = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return (1 - self._tokens) / self._rate
