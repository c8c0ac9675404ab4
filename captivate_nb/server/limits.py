"""The limits of one server, each with its default; and what counts events and bytes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable

import msgspec

from captivate_nb.errors import ServeError, UsageError, did_you_mean
from captivate_nb.server.store.files import LARGEST_FILE, LARGEST_STORE


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of an `EmbeddedServer`; raise `ServeError` for one that is not above zero."""

    message: int = 128 << 10
    """Bytes of one message, either way; a longer one of the bot, and a longer transcript, go as a
    link to them. Lists and metadata go whole."""
    queue: int = 8 << 20
    """Bytes that a client may leave unread before its socket is closed."""
    rate: float = 20_000.0
    """Events that a key may send in a second, all of its clients together: no crowd of
    people gets there, a loop that floods does. 500 scripted clients do send 5,000."""
    burst: int = 40_000
    """Events that a key may send at once, after a pause."""
    sockets: int = 2000
    """Sockets open at a time."""
    strangers: int = 500
    """Connections at a time that have not shown the key; the oldest goes."""
    handshake: float = 10.0
    """Seconds for the headers of a request, a WebSocket's handshake included, to come in, and
    until a connection without requests is closed."""
    upload: float = 120.0
    """Seconds for the body of a request to come in."""
    bodies: int = 64 << 20
    """Bytes of requests' bodies that come in at a time; the next wait."""
    conversations: int = 10_000
    """Conversations of a key, the softly deleted ones included."""
    messages: int = 10_000
    """Messages of one conversation, after which the user must start another."""
    transcript: int = 16 << 20
    """Bytes of one conversation, after which the user must start another."""
    kept: int = 256 << 20
    """Bytes of all conversations, in memory and in the store; those unchanged for longest go."""
    pending: int = 1000
    """Messages and actions of one conversation that wait for its bot."""
    metadata: int = 1 << 20
    """Bytes of one conversation's metadata, as JSON."""
    idle: float = 30 * 86400.0
    """Seconds without a change after which a conversation is forgotten; and a file, since it came."""
    agent_idle: float = 30.0
    """Seconds that an agent who has come may write nothing before the bot is told so."""
    file: int = LARGEST_FILE
    """Bytes of one uploaded file."""
    files: int = LARGEST_STORE
    """Bytes of all uploaded files; the oldest go."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not value > 0:
                raise ServeError(f"The limit {name} is {value:g}; it must be above 0.")

    @property
    def body(self) -> int:
        """Bytes of a request's body beyond which it is not even read to be refused."""
        return 2 * max(self.file, self.message)

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


class TokenBucket:
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


class ByteBudget:
    """Bytes that many share; whoever finds too few of them left waits."""

    def __init__(self, size: int) -> None:
        self._size, self._left = size, float(size)
        self._freed = asyncio.Event()

    async def take(self, size: int) -> int:
        """Take so many bytes, or all where there are never as many; return how many to give back."""
        size = min(size, self._size)
        while size > self._left:
            await self._freed.wait()
        self._left -= size
        return size

    def release(self, size: float) -> None:
        self._left += size
        self._freed.set()  # who waits now looks again
        self._freed.clear()

    def open(self) -> None:
        """Make everybody stop waiting."""
        self.release(math.inf)
