"""The connections between the server and its clients, with the faults and limits they are to have.

A `FaultyConnection` stands between one socket's handler and its frames; neither the service nor the
bot knows of it. All of it runs on the server's loop, but for `FaultyNetwork.faults`, which any
thread may set.
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

from .profiles import ConnectionLimits
from .spec import Faults, read

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


class Endpoint(Protocol):
    """The service's end of one connection, above its faults."""

    def receive(self, message: str | bytes) -> None:
        """Take in a message of the client's."""

    def write_frame(self, frame: str) -> None:
        """Write a message to the client."""

    def as_link(self, frame: str) -> str:
        """Return a message as one that is too large for the socket."""
        ...


class Wire(Protocol):
    """What carries one connection's messages, below its faults: a WebSocket, or a link in-process."""

    def write(self, frame: str, taken: Callable[[], None]) -> None:
        """Write a message, and call `taken` once the client has read it or is gone.

        Raise `ConnectionError` when the wire is closed.
        """

    def write_half(self, frame: str) -> None:
        """Write the beginning of a message, of which the rest will never come."""

    def silence(self) -> None:
        """Let nothing come or go any more, pings and closing included."""

    def close(self, code: int, reason: str) -> None:
        """Close as the protocol asks, from the server's side."""

    def abort(self) -> None:
        """Break the connection without the closing handshake, if it is still open."""


class FaultyNetwork:
    """All connections of one server."""

    def __init__(
        self, faults: str | Iterable[str] | Faults | None, profile: ConnectionLimits
    ) -> None:
        self.profile = profile
        self.connections: set[FaultyConnection] = set()
        """The open connections."""
        self.watchers: list[Callable[[], None]] = []
        """Called when the faults were set."""
        self._down_until = -math.inf  # in the loop's time, as `_broke_at`
        self._broke_at = -math.inf
        self._asked, self._opened = 0, 0  # how many handshakes, and how many let in
        self._loop: asyncio.AbstractEventLoop | None = None  # none before the first connection
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
            with contextlib.suppress(
                RuntimeError
            ):  # the loop has ended, and every connection with it
                self._loop.call_soon_threadsafe(self._apply_faults)
        for watcher in self.watchers[:]:
            watcher()

    def _apply_faults(self) -> None:
        for connection in self.connections:
            connection.apply_faults()

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

    def open(self, endpoint: Endpoint, wire: Wire) -> FaultyConnection:
        """Return the connection of an endpoint that was let in."""
        self._opened += 1
        self._loop = asyncio.get_running_loop()
        connection = FaultyConnection(self, endpoint, wire, self._opened)
        self.connections.add(connection)
        return connection

    def forget(self, connection: FaultyConnection, *, broken: bool) -> None:
        """Remove a connection; `broken` unless its client has closed it."""
        if broken and connection in self.connections:
            self._broke_at = asyncio.get_running_loop().time()
        self.connections.discard(connection)

    def restart(self) -> None:
        """Break every connection, and let nobody in for a moment."""
        self._down_until = asyncio.get_running_loop().time() + DOWN
        for connection in tuple(self.connections):
            connection.abort()


class MessageFaults:
    """The faults drawn for one message."""

    def __init__(self, faults: Faults, dice: random.Random) -> None:
        drawn = {name: dice.random() for name in _CHANCES}
        self.names = {name for name in _CHANCES if drawn[name] < getattr(faults, name)}
        self.early = dice.random() < 1 / 2  # whether a drop comes before the message
        self.cut = dice.random()  # the part of a truncated message that arrives
        self.garbage = dice.choice(_GARBAGE)
        self.late = (faults.delay + dice.random() * faults.jitter) / 1000


class FaultyConnection:
    """One connection, on which messages meet the network's faults both ways."""

    def __init__(self, network: FaultyNetwork, endpoint: Endpoint, wire: Wire, number: int) -> None:
        self._network = network
        self._endpoint = endpoint
        self._wire = wire
        self._number = number
        self._loop = asyncio.get_running_loop()
        self._out, self._in = Delayed(), Delayed()
        self._held: list[str] = []
        self._closed = False
        self._idle: asyncio.TimerHandle | None = None
        self._life: asyncio.TimerHandle | None = None
        self._heartbeat = Heartbeat(self._beat)
        if network.profile.life < math.inf:
            self._life = self._loop.call_later(network.profile.life, self._close_going_away)
        self._use(network.faults)
        self._restart_idle_timer()

    def send(self, frame: str) -> None:
        """Send a message to the client."""
        if self._closed:
            return
        drawn = self._draw_faults("out")
        self._out.add(partial(self._deliver, frame, drawn), drawn.late)

    def receive(self, message: str | bytes) -> None:
        """Take a message from the client; what tornado still reads of a broken one is lost."""
        if self._closed:
            return
        drawn = self._draw_faults("in")
        self._in.add(partial(self._take_in, message, drawn), drawn.late)

    def abort(self) -> None:
        """Break the connection; what is on its way is lost."""
        self.close()
        self._wire.abort()

    def close(self, *, broken: bool = True) -> None:
        """Forget the connection, and what is on its way: it is closed, or broken."""
        self._stop_delivery()
        self._network.forget(self, broken=broken)
        for timer in (self._idle, self._life):
            if timer is not None:
                timer.cancel()

    def _stop_delivery(self) -> None:
        """Let nothing arrive any more, either way."""
        self._closed = True
        self._out.clear()
        self._in.clear()
        self._held.clear()
        self._heartbeat.set_rate(0)

    def apply_faults(self) -> None:
        """Use the network's faults, if they have changed."""
        if not self._closed and self._network.faults is not self._faults:
            self._use(self._network.faults)

    def _use(self, faults: Faults) -> None:
        """Use other faults: count messages, and draw, anew."""
        self._faults = faults
        self._passed = 0
        self._dice = {
            way: random.Random(f"{faults.seed} {self._number} {way}") for way in ("in", "out")
        }
        self._heartbeat.set_rate(faults.heartbeats)

    def _beat(self, heartbeat: str) -> None:
        self._restart_idle_timer()
        self._endpoint.write_frame(heartbeat)

    def _draw_faults(self, way: Literal["in", "out"]) -> MessageFaults:
        self.apply_faults()
        drawn = MessageFaults(self._faults, self._dice[way])
        self._passed += 1
        if self._passed == self._faults.drop_after:
            drawn.names.add("drop")
        return drawn

    def _deliver(self, frame: str, drawn: MessageFaults) -> None:
        if self._is_lost(drawn):
            return
        if "drop_mid_message" in drawn.names:
            self._wire.write_half(frame)
            self.abort()
            return
        self._write(self._with_faults(frame, drawn), hold="reorder" in drawn.names)
        if "drop" in drawn.names:
            self.abort()

    def _take_in(self, message: str | bytes, drawn: MessageFaults) -> None:
        if self._is_lost(drawn):
            return
        self._restart_idle_timer()
        self._endpoint.receive(_cut(message, drawn) if "truncate" in drawn.names else message)
        if "drop" in drawn.names:
            self.abort()

    def _is_lost(self, drawn: MessageFaults) -> bool:
        """Carry out what keeps a message from arriving at all."""
        if "restart" in drawn.names:
            self._network.restart()
        elif "half_open" in drawn.names:
            self._stop_delivery()
            self._wire.silence()
        elif "drop" in drawn.names and drawn.early:
            self.abort()
        else:
            return False
        return True

    def _with_faults(self, frame: str, drawn: MessageFaults) -> list[str]:
        """Return what arrives in place of a message."""
        if "too_large" in drawn.names:
            frame = self._endpoint.as_link(frame)
        if "truncate" in drawn.names:
            frame = _cut(frame, drawn)
        frames = [frame] * (2 if "duplicate" in drawn.names else 1)
        return [drawn.garbage, *frames] if "garbage" in drawn.names else frames

    def _write(self, frames: list[str], *, hold: bool) -> None:
        if hold and not self._held:
            self._held = frames
            self._loop.call_later(HELD, partial(self._write, [], hold=False))
            return
        held, self._held = self._held, []
        for frame in (*frames, *held):
            self._restart_idle_timer()
            self._endpoint.write_frame(frame)

    def _restart_idle_timer(self) -> None:
        """Begin the time without messages anew."""
        idle = self._network.profile.idle
        if self._idle is not None:
            self._idle.cancel()
        if idle < math.inf:
            self._idle = self._loop.call_later(idle, self._close_going_away)

    def _close_going_away(self) -> None:
        """Close as a service does that will have the client connect again."""
        self._wire.close(1001, "Going away")


class Heartbeat:
    """Sends heartbeats, one kind after the other."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._kinds = itertools.cycle(_HEARTBEATS)
        self._rate = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def set_rate(self, rate: float) -> None:
        """Send so many a second from now on; 0 is none any more."""
        self._rate = rate
        if self._timer is not None:
            self._timer.cancel()
        if rate:
            self._timer = asyncio.get_running_loop().call_later(1 / rate, self._beat)

    def _beat(self) -> None:
        self.set_rate(self._rate)
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
        now = loop.time()
        self._due = max(self._due, now + seconds)
        self._waiting.append(work)
        loop.call_later(self._due - now, self._next)

    def clear(self) -> None:
        """Do nothing of it any more."""
        self._waiting.clear()

    def _next(self) -> None:
        if self._waiting:
            self._waiting.popleft()()


def _cut(message: Text, drawn: MessageFaults) -> Text:
    return message[: max(1, int(len(message) * drawn.cut))]
