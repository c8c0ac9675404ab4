"""How long the bot took to begin each reply."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from captivate_nb.protocol import events as e

from .eventlog import EventRecord


class TurnTiming(msgspec.Struct, frozen=True):
    """One turn: the event it was said with, what was said, and the seconds until a first answer.

    `seconds` is None for a turn that has had none.
    """

    n: int
    text: str
    seconds: float | None = None


class TurnTimer:
    """The turns of a log that is read as it grows, one record at a time."""

    def __init__(self) -> None:
        self._waiting: TurnTiming | None = None
        self._said_at = 0.0
        self._turns: dict[str, TurnTiming] = {}

    def take(self, record: EventRecord) -> TurnTiming | None:
        """Return the turn that a record begins, or gives its first answer to, or None.

        A message that is sent again begins no other turn; its answer is timed from then.
        """
        match record.event:
            case e.UserMessage() as said:
                text = said.text or ", ".join(file.name for file in said.files) or "(greeting)"
                turn = TurnTiming(record.n, text)
                name = said.client_msg_id or f"event {record.n}"
                self._waiting = self._turns.setdefault(name, turn)
                self._said_at = record.time
                return self._waiting
            case e.BotMessage() | e.LivechatMessage() if self._waiting is not None:
                answered, self._waiting = self._waiting, None
                seconds = max(0.0, record.time - self._said_at)
                return msgspec.structs.replace(answered, seconds=seconds)
        return None


def turn_timings(log: Iterable[EventRecord]) -> list[TurnTiming]:
    """Return the turns of a log in order; the request for the greeting counts as the first."""
    turns = TurnTimer()
    found = [turn for record in log if (turn := turns.take(record)) is not None]
    return list({turn.n: turn for turn in found}.values())


def percentile(seconds: Iterable[float], share: float) -> float | None:
    """Return the smallest value that at least `share` (0 to 1) of them do not exceed."""
    ordered = sorted(seconds)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
