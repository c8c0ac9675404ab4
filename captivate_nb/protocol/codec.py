"""Frame text <-> event: the only place, with the four modules behind it, that knows the wire.

`items` has content, files and actions, `readers` each event's payload in, `writers` each event's
payload out; here is the envelope. `decode` is liberal: it reads every spelling that the document or
the vendor's clients show, and keeps what is good of a frame that is partly bad. `encode` writes the
one form that the document shows. `decode(encode(event)) == event` for every event that holds what
its types say.
"""

from __future__ import annotations

from typing import Any

import msgspec

from captivate_nb.errors import ProtocolError

from . import events as e
from .items import Data, first_text, need_dict
from .readers import reader_of
from .writers import write_payload

DEPTH_LIMIT = 100
"""Levels of objects and arrays that a frame may nest: many times what any event needs."""


def decode(frame: str | bytes, sender: e.Sender | None = None) -> e.Event:
    """Read one frame.

    `sender` says who sent it; None takes it from the envelope, and "server" for a frame without
    one. Raise `ProtocolError`, and nothing else, for what is not an event.
    """
    event = _open_envelope(_load(frame))
    sender = sender or ("client" if event.pop("__action") == "sendMessage" else "server")
    event = _unwrap_error(event)
    kind = first_text(event, "event_type")
    if not kind:
        raise ProtocolError("The frame has no “event_type”.", _shown(frame))
    payload = event.get("event_payload")
    problems: list[str] = []
    reader = reader_of(kind, sender)
    try:
        fields = need_dict({} if payload is None else payload, "event_payload")
        read = reader(fields, problems) if reader else e.UnknownEvent(type=kind, payload=fields)
    except ProtocolError as error:
        raise ProtocolError(f"The {kind} event cannot be read: {error}.", _shown(frame)) from None
    common: Data = {"event_id": first_text(event, "event_id"), "problems": tuple(problems)}
    if isinstance(read, e.ClientEvent):
        common["socket_id"] = first_text(event, "socket_id")
    return msgspec.structs.replace(read, **common)


def encode(event: e.Event) -> str:
    """Write an event as a frame in its envelope.

    Raise `ProtocolError` when a value in it has no JSON form (a lone surrogate, a Python object).
    """
    kind, payload = write_payload(event)
    inner: Data = {"event_type": kind, "event_payload": payload}
    if isinstance(event, e.ClientEvent):
        if event.socket_id is not None:
            inner["socket_id"] = event.socket_id
        return to_json({"action": "sendMessage", "event": inner})
    inner["event_id"] = event.event_id
    inner["accepts_response_payload"] = False
    if event.event_id is None:
        del inner["event_id"]
    return to_json({"action": "receiveMessage", "event": inner})


def to_json(value: Any) -> str:
    """Write any JSON value; raise `ProtocolError` for one that has no JSON form."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise ProtocolError(f"This cannot be sent as JSON: {error}.") from None


def _load(frame: str | bytes) -> Data:
    try:
        value = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        reason = str(error) or "it nests too deeply"
        raise ProtocolError(f"The frame is not JSON: {reason}.", _shown(frame)) from None
    if not isinstance(value, dict):
        raise ProtocolError("The frame is JSON, and not an object.", _shown(frame))
    text = _shown(frame)
    if text.count("[") + text.count("{") > DEPTH_LIMIT and _nests_deeper(value, DEPTH_LIMIT):
        raise ProtocolError(f"The frame nests more than {DEPTH_LIMIT} levels deep.", text)
    return value


def _nests_deeper(value: Data, limit: int) -> bool:
    """Tell it level by level: what reads, compares or shows the value may then recurse."""
    level: list[Any] = [value]
    for _ in range(limit):
        level = [
            inner
            for holder in level
            for inner in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _shown(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else bytes(frame).decode(errors="replace")


def _open_envelope(frame: Data) -> Data:
    """Return the event, wrapped or bare, with the wrapper's direction under `__action`."""
    inner = frame.get("event")
    if isinstance(inner, dict) and "event_type" in inner:
        return {**inner, "__action": frame.get("action")}
    return {**frame, "__action": None}


def _unwrap_error(event: Data) -> Data:
    """Take a whole event out of a `conversation_update`'s payload, however often it is wrapped."""
    inner = event.get("event_payload")
    while (
        event.get("event_type") == "conversation_update"
        and isinstance(inner, dict)
        and "event_type" in inner
    ):
        event, inner = inner, inner.get("event_payload")
    return event
