"""What happened in each turn of a server's bots, for who writes them."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from captivate_nb.errors import UsageError
from captivate_nb.server.flow.bot import Memory
from captivate_nb.server.store.conversations import PendingTurn, weigh

from .failures import BotFailed
from .prints import Prints

KEPT = 500  # turns
MOST_STEPS = 200  # of one turn
SHOWN = 20  # turns in a cell
WEIGHT = 64 << 20  # bytes of all of them, about

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class TurnRecord:
    """One turn of a bot: what it was asked, what it answered, what it printed, and what went wrong."""

    n: int
    conversation_id: str
    turn: PendingTurn
    """What was to be answered."""
    began: float = field(default_factory=time.time)
    """When, in seconds since the epoch."""
    request: dict[str, Any] | None = None
    """The hub's JSON; None for a flow, which gets none."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """The hub's JSON, as it came."""
    prints: Prints = field(default_factory=Prints, repr=False)
    notes: list[str] = field(default_factory=list)
    """What of the answers could not be read."""
    changed: bool = False
    """Whether it changed metadata."""
    steps: list[tuple[str, int, str]] = field(default_factory=list, repr=False)
    """Of a flow: each step's node, line and what it did."""
    metadata: dict[str, Any] = field(default_factory=dict, repr=False)
    """The conversation's metadata before it, with what is `private`."""
    memory: Memory | None = field(default=None, repr=False)
    """Where the bot was before it."""
    seconds: float | None = None
    """How long it took; None while it goes on."""
    error: str = ""
    """What went wrong, and what to do; empty when nothing did."""
    trace: str = ""
    """The traceback, of the bot's own code."""

    @property
    def printed(self) -> str:
        """Return what was printed, cut to its beginning."""
        return self.prints.text

    def note(self, node: str, line: int, what: str) -> None:
        """Note a step of a flow, of which the first are kept."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append((node, line, what))

    def fail(self, failure: BotFailed) -> None:
        self.error, self.trace = failure.message, failure.trace

    def __repr__(self) -> str:
        took = "goes on" if self.seconds is None else f"{self.seconds * 1000:.0f} ms"
        return f"<Turn {self.n} {self.turn.cue} {took}{': ' + self.error if self.error else ''}>"


class Records:
    """The newest turns, and who is told of each when it is over."""

    def __init__(self) -> None:
        self.watchers: list[Callable[[TurnRecord], None]] = []
        self._turns: deque[tuple[TurnRecord, int]] = deque()
        self._numbered = 0
        self._weight = 0

    def __iter__(self) -> Iterator[TurnRecord]:
        return iter([record for record, _ in tuple(self._turns)])

    def begin(self, conversation_id: str, turn: PendingTurn) -> TurnRecord:
        self._numbered += 1
        return TurnRecord(self._numbered, conversation_id, turn)

    def end(self, record: TurnRecord) -> None:
        """Keep a turn that is over, and tell of it."""
        record.seconds = time.time() - record.began
        weight = weigh((record.request, record.answers))
        self._turns.append((record, weight))
        self._weight += weight
        while len(self._turns) > KEPT or (self._weight > WEIGHT and len(self._turns) > 1):
            self._weight -= self._turns.popleft()[1]
        for watcher in tuple(self.watchers):
            try:
                watcher(record)
            except Exception:  # noqa: BLE001  # somebody's own
                _log.exception("a watcher of the bot's turns failed")

    def __len__(self) -> int:
        return len(self._turns)

    def get(self, n: int) -> TurnRecord:
        """Return the turn with this number; raise `UsageError` when it is not kept."""
        for record in self:
            if record.n == n:
                return record
        known = ", ".join(str(record.n) for record in list(self)[-5:]) or "none"
        raise UsageError(f"Turn {n} of the bot is not kept; the newest are {known}.")


class Turns(tuple[TurnRecord, ...]):
    """Turns of a bot, the oldest first; a cell shows the newest of them, a line each."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(repr, self[-SHOWN:])) or "No turns yet."
