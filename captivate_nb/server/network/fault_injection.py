"""The way between the server and its clients, with the faults and limits it is told to have.

A `Link` stands between one socket's handler and its frames; neither the hub nor the bot knows of
it. All of it runs on the server's loop, but for `Network.faults`, which any thread may set.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal, Protocol, TypeVar

import msgspec

from .faults import Faults, read
from .profiles import Profile

Text = TypeVar("Text", str, str | bytes)

DOWN = 0.5  # seconds for which a restart lets nobody in
HELD = 0.1  # seconds that a message waits at the most for one to go before it

_CHANCES = (
    "drop",
    "drop_mid_message",
    "half_open",
    "duplicate",
    "reorder",
    "truncate",
    "garbage",
    "too_large",
    "restart",
)
_GARBAGE = ("{", "\x00\x01\x02", "null", "[1, 2", '{"event": 5}', "<html>502 Bad Gateway</html>")

_REFUSALS = (
    (401, "The API key is missing or wrong"),
    (403, "Forbidden"),
    (1008, "Invalid API key"),
)
_HEARTBEATS = ("ping", "", '{"type":"ping"}', "2", "h", "\n")
"""What gateways, Engine.IO, SockJS and STOMP keep a connection alive with."""


class End(Protocol):
    """What a link needs of its socket's handler."""

    def hear(self, message: str | bytes) -> None: ...
    def put(self, frame: str) -> None: ...
    def put_half(self, frame: str) -> None: ...
    def as_link(self, frame: str) -> str: ...
    def silence(self) -> None: ...
    def part(self, code: int, reason: str) -> None: ...
    def abort(self) -> None: ...


class Network:
    """The network of one server."""

    def __init__(self, faults: str | Iterable[str] | Faults | None, profile: Profile) -> None:
        self.profile = profile
        self.links: set[Link] = set()
        self._down_until = -math.inf
        self._broke_at = -math.inf
        self._asked, self._opened = 0, 0
        self._loop: asyncio.AbstractEventLoop | None = None  # none before the first link
        self.faults = faults

    @property
    def faults(self) -> Faults:
        """The faults there are now, with the seed that repeats them."""
        return self._faults

    @faults.setter
    def faults(self, spec: str | Iterable[str] | Faults | None) -> None:
        faults = read(spec)
        if faults.seed is None and faults != Faults():
            faults = msgspec.structs.replace(faults, seed=random.randrange(1 << 32))
        self._faults = faults
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and every link with it
                self._loop.call_soon_threadsafe(self._heed)

    def _heed(self) -> None:
        for link in self.links:
            link.heed()

    async def handshake(self) -> tuple[int, str] | None:
        """Let a client in, or return the HTTP status or close code, and the words, of a refusal."""
        faults, self._asked = self._faults, self._asked + 1
        dice = random.Random(f"{faults.seed} {self._asked} handshake")
        await asyncio.sleep(faults.slow_handshake / 1000)
        now = asyncio.get_running_loop().time()
        if now < self._down_until:
            return 503, "The server restarts"
        if dice.random() < faults.wrong_key:
            return _REFUSALS[0]
        if now < self._broke_at + faults.refuse:
            return dice.choice(_REFUSALS)
        return None

    def open(self, end: End) -> Link:
        """Return the link of a socket that was let in."""
        self._opened += 1
        self._loop = asyncio.get_running_loop()
        link = Link(self, end, self._opened)
        self.links.add(link)
        return link

    def forget(self, link: Link, *, broken: bool) -> None:
        """Count a link no more; `broken` unless its client has closed it."""
        if broken and link in self.links:
            self._broke_at = asyncio.get_running_loop().time()
        self.links.discard(link)

    def restart(self) -> None:
        """Break every connection, and let nobody in for a moment."""
        self._down_until = asyncio.get_running_loop().time() + DOWN
        for link in tuple(self.links):
            link.abort()


class Fate:
    """What happens to one message."""

    def __init__(self, faults: Faults, dice: random.Random) -> None:
        thrown = {name: dice.random() for name in _CHANCES}
        self.hits = {name for name in _CHANCES if thrown[name] < getattr(faults, name)}
        self.early = dice.random() < 1 / 2
        self.cut = dice.random()
        self.garbage = dice.choice(_GARBAGE)
        self.late = (faults.delay + dice.random() * faults.jitter) / 1000


class Link:
    """One connection's way."""

    def __init__(self, network: Network, end: End, number: int) -> None:
        self._network = network
        self._end = end
        self._number = number
        self._loop = asyncio.get_running_loop()
        self._out, self._in = Delayed(), Delayed()
        self._held: list[str] = []
        self._closed = False
        self._idle: asyncio.TimerHandle | None = None
        self._life: asyncio.TimerHandle | None = None
        self._pulse = Pulse(self._beat)
        if network.profile.life < math.inf:
            self._life = self._loop.call_later(network.profile.life, self._part)
        self._begin(network.faults)
        self._touch()

    def send(self, frame: str) -> None:
        """Take a message to the client."""
        if self._closed:
            return
        fate = self._fate("out")
        self._out.add(partial(self._put, frame, fate), fate.late)

    def receive(self, message: str | bytes) -> None:
        """Take a message from the client; what tornado still reads of a broken one is lost."""
        if self._closed:
            return
        fate = self._fate("in")
        self._in.add(partial(self._hear, message, fate), fate.late)

    def abort(self) -> None:
        """Break the connection; what is on its way is lost."""
        self.close()
        self._end.abort()

    def close(self, *, broken: bool = True) -> None:
        """Forget the connection, and what is on its way: it is closed, or broken."""
        self._forget()
        self._network.forget(self, broken=broken)
        for timer in (self._idle, self._life):
            if timer is not None:
                timer.cancel()

    def _forget(self) -> None:
        """Let nothing arrive any more, either way."""
        self._closed = True
        self._out.clear()
        self._in.clear()
        self._held.clear()
        self._pulse.keep(0)

    def heed(self) -> None:
        """Look whether the faults have changed."""
        if not self._closed and self._network.faults is not self._faults:
            self._begin(self._network.faults)

    def _begin(self, faults: Faults) -> None:
        """Count and throw anew, as the faults have changed."""
        self._faults = faults
        self._passed = 0
        self._dice = {
            way: random.Random(f"{faults.seed} {self._number} {way}") for way in ("in", "out")
        }
        self._pulse.keep(faults.heartbeats)

    def _beat(self, heartbeat: str) -> None:
        self._touch()
        self._end.put(heartbeat)

    def _fate(self, way: Literal["in", "out"]) -> Fate:
        self.heed()
        fate = Fate(self._faults, self._dice[way])
        self._passed += 1
        if self._passed == self._faults.drop_after:
            fate.hits.add("drop")
        return fate

    def _put(self, frame: str, fate: Fate) -> None:
        if self._is_lost(fate):
            return
        if "drop_mid_message" in fate.hits:
            self._end.put_half(frame)
            self.abort()
            return
        self._write(self._spoilt(frame, fate), hold="reorder" in fate.hits)
        if "drop" in fate.hits:
            self.abort()

    def _hear(self, message: str | bytes, fate: Fate) -> None:
        if self._is_lost(fate):
            return
        self._touch()
        self._end.hear(_cut(message, fate) if "truncate" in fate.hits else message)
        if "drop" in fate.hits:
            self.abort()

    def _is_lost(self, fate: Fate) -> bool:
        """Carry out what keeps a message from arriving at all."""
        if "restart" in fate.hits:
            self._network.restart()
        elif "half_open" in fate.hits:
            self._forget()
            self._end.silence()
        elif "drop" in fate.hits and fate.early:
            self.abort()
        else:
            return False
        return True

    def _spoilt(self, frame: str, fate: Fate) -> list[str]:
        """Return what arrives in place of a message."""
        if "too_large" in fate.hits:
            frame = self._end.as_link(frame)
        if "truncate" in fate.hits:
            frame = _cut(frame, fate)
        frames = [frame] * (2 if "duplicate" in fate.hits else 1)
        return [fate.garbage, *frames] if "garbage" in fate.hits else frames

    def _write(self, frames: list[str], *, hold: bool) -> None:
        if hold and not self._held:
            self._held = frames
            self._loop.call_later(HELD, partial(self._write, [], hold=False))
            return
        held, self._held = self._held, []
        for frame in (*frames, *held):
            self._touch()
            self._end.put(frame)

    def _touch(self) -> None:
        """Begin the time without messages anew."""
        idle = self._network.profile.idle
        if self._idle is not None:
            self._idle.cancel()
        if idle < math.inf:
            self._idle = self._loop.call_later(idle, self._part)

    def _part(self) -> None:
        """Close as a service does that will have the client connect again."""
        self._end.part(1001, "Going away")


class Pulse:
    """Sends heartbeats, one kind after the other."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._kinds = itertools.cycle(_HEARTBEATS)
        self._rate = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, rate: float) -> None:
        """Send so many a second from now on; 0 is none any more."""
        self._rate = rate
        if self._timer is not None:
            self._timer.cancel()
        if rate:
            self._timer = asyncio.get_running_loop().call_later(1 / rate, self._beat)

    def _beat(self) -> None:
        self.keep(self._rate)
        self._send(next(self._kinds))


class Delayed:
    """Does things later, in the order they were added."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._due = 0.0

    def add(self, work: Callable[[], None], seconds: float) -> None:
        """Do `work` in so many seconds, and not before what was added before; 0 may be now."""
        if not self._waiting and seconds <= 0:
            work()
            return
        loop = asyncio.get_running_loop()
        self._due = max(self._due, loop.time() + seconds)
        self._waiting.append(work)
        loop.call_at(self._due, self._next)

    def clear(self) -> None:
        """Do nothing of it any more."""
        self._waiting.clear()

    def _next(self) -> None:
        if self._waiting:
            self._waiting.popleft()()


def _cut(message: Text, fate: Fate) -> Text:
    return message[: max(1, int(len(message) * fate.cut))]
