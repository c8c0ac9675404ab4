"""Frame text <-> event: the only place, with the modules beside it, that knows the wire.

`content_decoder` has content, files and actions, `event_decoder` each event's payload in, `encoder`
each payload out, `strays` what servers send that is no event, `canonical` a short way for the usual;
here is the envelope. `decode` is liberal: it reads every spelling that the document or the vendor's
clients show, and keeps what is good of a frame that is partly bad. `encode` writes the one form that
the document shows. `decode(encode(event)) == event` for every event that holds what its types say.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from captivate_nb.errors import ProtocolError

from . import events as e
from .canonical import read_canonical
from .content_decoder import Data, first_text, need_dict
from .encoder import write_payload
from .event_decoder import reader_of
from .strays import read_stray

DEPTH_LIMIT = 100
"""Levels of objects and arrays that a frame may nest: many times what any event needs."""

BOM = "\ufeff"
_ESCAPE = re.compile(
    r"""(?ix) \\ (?: u d[89ab][0-9a-f]{2} \\u d[c-f][0-9a-f]{2} | (?P<lone> u d[89a-f][0-9a-f]{2} )
    | . )"""
)
_TYPE = re.compile(r'"event_type"\s*:\s*"([^"\\]{1,100})"')


def decode(frame: str | bytes, sender: e.Sender | None = None) -> e.Event:
    """Read one frame.

    `sender` says who sent it; None takes it from the envelope, and "server" for a frame without
    one. What a server sends and is no event is a `Heartbeat`, or a `GeneralError` as gateways tell
    them. Raise `ProtocolError`, and nothing else, for what is none of these.
    """
    text = frame if isinstance(frame, str) else _text(frame)
    if sender != "client" and (read := read_canonical(text)) is not None:
        return read
    try:
        value = from_json(text)
        problem = _what_is_wrong(value, text)
    except ProtocolError as error:
        value, problem = text.removeprefix(BOM), error
    wrapped = isinstance(value, dict) and value.get("action") == "sendMessage"
    sender = sender or ("client" if wrapped else "server")
    event = _open_envelope(value) if isinstance(value, dict) else {}
    if sender == "server" and "event_type" not in event:
        stray = read_stray(value, text)
        if stray is not None:
            return stray
    if problem is not None:
        raise problem
    return _read_event(_unwrap_error(event), sender, text)


def _read_event(event: Data, sender: e.Sender, text: str) -> e.Event:
    kind = first_text(event, "event_type")
    if not kind:
        raise ProtocolError("The frame has no “event_type”.", text)
    payload = event.get("event_payload")
    problems: list[str] = []
    reader = reader_of(kind, sender)
    try:
        fields = need_dict({} if payload is None else payload, "event_payload")
        read = reader(fields, problems) if reader else e.UnknownEvent(type=kind, payload=fields)
    except ProtocolError as error:
        reason = f"The {kind} event cannot be read: {error}."
        raise ProtocolError(reason, text, event_type=kind) from None
    common: Data = {"event_id": first_text(event, "event_id"), "problems": tuple(problems)}
    if isinstance(read, e.ClientEvent):
        common["socket_id"] = first_text(event, "socket_id")
    return msgspec.structs.replace(read, **common)


def encode(event: e.Event) -> str:
    """Write an event as a frame in its envelope.

    Raise `ProtocolError` when a value in it has no JSON form (a lone surrogate, a Python object).
    """
    if isinstance(event, e.Heartbeat):
        return event.text
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


def from_json(frame: str | bytes) -> Any:
    """Read a frame as any JSON value; raise `ProtocolError` for one that is not JSON.

    Half a surrogate pair, as JavaScript writes a cut emoji, is read as U+FFFD.
    """
    text = _text(frame)
    body = text.removeprefix(BOM)
    try:
        return _parse(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        reason = str(error) or "it nests too deeply"
        cut = _begins(body) and _ends_early(reason, body)
        raise _unreadable(reason, text, cut=cut) from None


def whole(value: Any) -> Any:
    """Return a JSON value with U+FFFD for every half of a surrogate pair, which has no form as UTF-8."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list() | tuple():
            return [whole(each) for each in value]
        case dict():
            return {whole(name): whole(inner) for name, inner in value.items()}
    return value


def _text(frame: str | bytes) -> str:
    if isinstance(frame, str):
        return frame
    try:
        return bytes(frame).decode()
    except UnicodeDecodeError as error:
        shown = bytes(frame).decode(errors="replace")
        cut = error.reason == "unexpected end of data" and _begins(shown)
        raise _unreadable(str(error), shown, cut=cut) from None


def _parse(body: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        whole = _ESCAPE.sub(lambda match: "\\ufffd" if match["lone"] else match[0], body)
        if whole == body:
            raise
        return msgspec.json.decode(whole)


def _what_is_wrong(value: Any, text: str) -> ProtocolError | None:
    """Tell why a JSON value is no event, whatever it says."""
    if not isinstance(value, dict):
        return ProtocolError("The frame is JSON, and not an object.", text)
    if text.count("[") + text.count("{") > DEPTH_LIMIT and _nests_deeper(value, DEPTH_LIMIT):
        reason = f"The frame nests more than {DEPTH_LIMIT} levels deep."
        return ProtocolError(reason, text, event_type=_named_type(text))
    return None


def _unreadable(reason: str, text: str, *, cut: bool) -> ProtocolError:
    kind = _named_type(text)
    return ProtocolError(f"The frame is not JSON: {reason}.", text, cut=cut, event_type=kind)


def _begins(text: str) -> bool:
    return text.lstrip().startswith("{")


def _ends_early(reason: str, text: str) -> bool:
    """Tell whether reading failed for want of more text: a number, too, may end in its middle."""
    end = len(text.encode(errors="replace"))
    return "truncated" in reason or reason.endswith(f"invalid number (byte {end})")


def _named_type(text: str) -> str:
    """Return the type that a frame names which cannot be read."""
    found = _TYPE.search(text)
    return found[1] if found else ""


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


def _open_envelope(frame: Data) -> Data:
    """Return the event, wrapped or bare."""
    inner = frame.get("event")
    return inner if isinstance(inner, dict) and "event_type" in inner else frame


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
