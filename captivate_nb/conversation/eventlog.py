"""Every frame of a session, in and out: the record that a conversation can be replayed from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, overload

import msgspec

from captivate_nb.errors import InvalidFile, ProtocolError, counted
from captivate_nb.local_files import TooLarge, read_regular
from captivate_nb.protocol.canonical import read_canonical
from captivate_nb.protocol.codec import decode, encode
from captivate_nb.protocol.events import Event
from captivate_nb.rendering.html import output
from captivate_nb.rendering.sanitize import clean, escape

from .notes import decode_note
from .shortening import shortened

Direction = Literal["in", "out", "note"]
"""Which way a frame went; a note is the session's own, and went nowhere."""

LARGEST = 256 << 20
"""Bytes of a saved log that are read, at most."""
HELD = 64 << 20
"""Characters of frames that a log keeps whole, at most; of older ones it keeps the beginnings."""
SMALL = 1000
"""Characters of a frame that is kept whole however old it is."""
SHOWN = 50
"""Records that a log's repr shows, the newest ones."""

_DECODERS: dict[Direction, Callable[[str], Event]] = {
    "in": partial(decode, sender="server"),
    "out": partial(decode, sender="client"),
    "note": decode_note,
}
_ELLIPSIS = r"\u2026"
"""How JSON may write it: as text of its own it would double the memory of what is ASCII else."""
_ARROWS: dict[Direction, str] = {"in": "↓", "out": "↑", "note": "·"}


class _Fields(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a record has; `event` is kept as long as it is not `shortened`."""

    n: int
    direction: Direction
    time: float
    size: int
    frame: str
    connection: int | None = None
    event: Event | None = None
    problem: str | None = None
    cut: bool = False
    unread: str = ""
    shortened: bool = False


_event = vars(_Fields)["event"]


class EventRecord(_Fields, frozen=True, kw_only=True, gc=False):
    """One frame: `n` counts from 0, `time` is in seconds since the epoch, `size` in bytes.

    `connection` counts the session's connections from 1, the one it passed on; None where a log
    does not tell. `event` is None for a frame that is no event; `problem` then says why, `cut` that
    it ends too early, and `unread` which event it would be, where it says so. `shortened` says that
    only the beginnings of what it said are kept.
    """

    @property  # type: ignore[misc]  # in place of the field, which msgspec knows by its offset
    def event(self) -> Event | None:
        """Return the event that the frame is; that of a shortened one is read anew each time."""
        kept: Event | None = _event.__get__(self)
        if kept is None and self.shortened and self.problem is None:
            return _DECODERS[self.direction](self.frame)
        return kept

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventRecord) or self.event != other.event:
            return False
        one, two = (msgspec.structs.replace(record, event=None) for record in (self, other))
        return _Fields.__eq__(one, two)

    def __hash__(self) -> int:
        return hash((self.n, self.frame))

    @property
    def type(self) -> str:
        """Return the event's wire name; empty for a frame that is no event."""
        return self.event.wire_name if self.event else ""

    @property
    def clock(self) -> str:
        """Return its time of day, UTC, to the millisecond."""
        return datetime.fromtimestamp(self.time, UTC).strftime("%H:%M:%S.%f")[:-3]

    def __repr__(self) -> str:
        what = clean(self.type or f"skipped: {self.problem}")
        return f"<{self.n} {self.clock} {self.direction} {what} ({self.size} B)>"


class DecodedFrame(msgspec.Struct, frozen=True):
    """A frame as a log keeps it, and its event, or why it has none; see `EventRecord`."""

    direction: Direction
    size: int
    frame: str
    event: Event | None = None
    problem: str | None = None
    cut: bool = False
    unread: str = ""


class EventLog(Sequence[EventRecord]):
    """The frames of a session in the order in which they passed. A slice is a log too.

    `redact` is applied to every frame before it is kept, so that no secret gets into the log; in its
    place, where that is given, `redact_words` to one that has no fields but those of a bot's message
    in the usual form. Frames of more than `held` characters are not kept whole: the oldest are
    shortened.
    """

    def __init__(
        self,
        records: Iterable[EventRecord] = (),
        *,
        redact: Callable[[str], str] = lambda frame: frame,
        redact_words: Callable[[str], str] | None = None,
        held: int = HELD,
    ) -> None:
        self._records = list(records)
        self._redact = redact
        self._redact_words = redact_words or redact
        self._limit = held
        self._held = sum(len(record.frame) for record in self._records)
        self._oldest = 0  # the record that is shortened next
        self.shortened = sum(record.shortened for record in self._records)
        """How many records are kept in part only."""

    def record(
        self, direction: Direction, frame: str | bytes, at: float, connection: int | None = None
    ) -> EventRecord:
        """Decode a frame, keep it, and return its record; a frame that is no event is kept too."""
        return self.keep(self.decode(direction, frame), at, connection)

    def decode(self, direction: Direction, frame: str | bytes) -> DecodedFrame:
        """Decode a frame, and do not keep it yet.

        What is decoded is the text that is kept, so that a saved log has the same events.
        """
        text, size = _as_text(frame)
        usual = read_canonical(text) if direction == "in" else None
        named = usual is None or usual.bot
        shown = self._redact(text) if named else self._redact_words(text)
        if usual is not None and shown == text:
            return DecodedFrame(direction, size, text, usual)
        try:
            return DecodedFrame(direction, size, shown, _DECODERS[direction](shown))
        except ProtocolError as error:
            why = (str(error), error.cut, error.event_type)
            return DecodedFrame(direction, size, shown, None, *why)

    def keep(self, frame: DecodedFrame, at: float, connection: int | None = None) -> EventRecord:
        """Keep a decoded frame as the newest, and return its record."""
        entry = EventRecord(
            n=len(self._records),
            direction=frame.direction,
            time=at,
            size=frame.size,
            frame=frame.frame,
            connection=connection,
            event=frame.event,
            problem=frame.problem,
            cut=frame.cut,
            unread=frame.unread,
        )
        self._records.append(entry)
        self._held += len(entry.frame)
        while self._held > self._limit and self._oldest < entry.n:
            self._shorten(self._oldest)
            self._oldest += 1
        return entry

    def _shorten(self, n: int) -> None:
        """Keep of a record only the beginnings of what it said."""
        record = self._records[n]
        if len(record.frame) <= SMALL or record.direction == "note":
            return
        event = shortened(record.event)
        frame = encode(event).replace("…", _ELLIPSIS) if event else shortened(record.frame)
        if event is not None and _DECODERS[record.direction](frame) == event:
            event = None
        self._held -= len(record.frame) - len(frame)
        self.shortened += not record.shortened
        self._records[n] = msgspec.structs.replace(record, event=event, frame=frame, shortened=True)

    @overload
    def __getitem__(self, index: int) -> EventRecord: ...
    @overload
    def __getitem__(self, index: slice) -> EventLog: ...
    def __getitem__(self, index: int | slice) -> EventRecord | EventLog:
        if isinstance(index, slice):
            return EventLog(self._records[index])
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[EventRecord]:
        return iter(self._records)

    def where(self, *, type: str | None = None, direction: Direction | None = None) -> EventLog:  # noqa: A002  # the field's own word
        """Return the records of one event type, that went one way, or both."""
        return EventLog(
            record
            for record in self._records
            if type in (None, record.type) and direction in (None, record.direction)
        )

    def save(self, path: str | Path) -> Path:
        """Write the log as JSON lines, a frame a line, and return the path."""
        target = Path(path)
        lines = (
            json.dumps(
                {
                    "n": record.n,
                    "direction": record.direction,
                    "time": record.time,
                    "size": record.size,
                    "connection": record.connection,
                    "type": record.type,
                    "frame": record.frame,
                    **({"shortened": True} if record.shortened else {}),
                },
                ensure_ascii=False,
            )
            for record in self._records
        )
        try:
            target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InvalidFile(f"The event log cannot be written to {target}: {error}.") from None
        return target

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved log. Raise `InvalidFile` that names the line which is not of a log."""
        try:
            text = read_regular(Path(path), LARGEST).decode("utf-8-sig")
        except TooLarge as error:
            raise InvalidFile(
                f"The event log {path} has {error.size:,} bytes, and at most {LARGEST:,} are read."
                " Keep only its last lines."
            ) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InvalidFile(f"The event log {path} cannot be read: {reason}.") from None
        log = cls()
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                log._load_line(line, f"{path}, line {number}")
        return log

    def _load_line(self, line: str, where: str) -> None:
        try:
            saved = json.loads(line)
            direction, at, frame = saved["direction"], float(saved["time"]), saved["frame"]
            datetime.fromtimestamp(at, UTC)
            if direction not in _DECODERS or not isinstance(frame, str):
                raise ValueError(direction)
        except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
            raise InvalidFile(f"{where} is not a line of an event log.") from None
        connection = saved.get("connection")
        entry = self.record(
            direction, frame, at, connection if isinstance(connection, int) else None
        )
        size = saved.get("size")  # as it was before a key was taken out, or it was shortened
        short = saved.get("shortened") is True
        self.shortened += short
        self._records[-1] = msgspec.structs.replace(
            entry, size=size if isinstance(size, int) else entry.size, shortened=short
        )

    def __repr__(self) -> str:
        short = f", {self.shortened:,} of them shortened" if self.shortened else ""
        return f"<EventLog of {counted(len(self), 'event')}{short}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        newest = self._records[-SHOWN:]
        lines = "\n".join(map(repr, newest))
        rows = "".join(map(_row, newest))
        return {
            "text/plain": f"{self!r}\n{lines}" if newest else repr(self),
            "text/html": output(
                '<table style="margin:0"><tr><th>n</th><th>time (UTC)</th><th></th>'
                f'<th style="text-align:left">event</th><th>size</th></tr>{rows}</table>'
            ),
        }


def _as_text(frame: str | bytes) -> tuple[str, int]:
    """Return a frame as text that UTF-8 can write, and its size in bytes."""
    if isinstance(frame, str) and frame.isascii():
        return frame, len(frame)
    data = frame.encode(errors="replace") if isinstance(frame, str) else frame
    return data.decode(errors="replace"), len(data)


def _row(record: EventRecord) -> str:
    what = escape(record.type or f"skipped: {record.problem}")
    return (
        f"<tr><td>{record.n}</td><td>{record.clock}</td><td>{_ARROWS[record.direction]}</td>"
        f'<td style="text-align:left">{what}</td><td>{record.size} B</td></tr>'
    )
