"""What servers, and the gateways before them, send that is no event of the Socket API.

Heartbeats are told from errors by what they say: a word or nothing, against a text for people.
Only the beginning of a long text is looked at.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator
from typing import Any

from . import events as e
from .content_decoder import Data, first_text

GATEWAY = "gateway"
"""The code of an error that tells no number of its own."""

TEXT_LIMIT = 500
"""Characters of an error's description."""

READ_LIMIT = 64 * 1024
"""Characters of a text, and fields of an object, that are looked at."""

_WORD_LIMIT = 32
_NESTED = 3
_BEAT = re.compile(r"(?:ping|pong|heart[ _-]?beat|keep[ _-]?alive|hb|ka)", re.IGNORECASE)
_TIMED_BEAT = re.compile(rf"{_BEAT.pattern}\W*[\d.:TZ+-]*", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]")
_WORDS = re.compile(r"[^\W\d_]+")
_TAG = re.compile(r"<[!?/a-z]", re.IGNORECASE)
_STATUS = re.compile(r"(?:error\W*|http\S*\s+|status\W*)*([45]\d\d)\b", re.IGNORECASE)

_KINDS = ("type", "event", "op", "action", "kind", "cmd", "command", "method", "msg", "message")
_CODES = ("statuscode", "status", "code", "errorcode")
_TEXTS = (
    *("message", "errormessage", "errordescription", "errordesc", "error", "errors"),
    *("detail", "details", "description", "reason", "msg"),
)


def read_stray(value: Any, text: str) -> e.Heartbeat | e.GeneralError | None:
    """Return what a frame without an event type is, or None when it is neither.

    `value` is its JSON value, and the text itself where it is no JSON.
    """
    if isinstance(value, str):
        error = _text_error(value[:READ_LIMIT])
        beats = error is None and _is_word(value)
    elif isinstance(value, dict):
        fields = _fields(value)
        beats = _names_beat(fields)
        error = None if beats else _object_error(fields)
        beats = beats or (error is None and _says_nothing(fields))
    else:
        error, beats = None, not isinstance(value, list) or not value
    return e.Heartbeat(text=text) if beats else error


def _fields(value: Data) -> Data:
    """Return an object with its names written one way: `error_message` as `errorMessage`."""
    first = itertools.islice(value.items(), READ_LIMIT)
    return {key.replace("_", "").replace("-", "").lower(): field for key, field in first}


def _is_word(text: str) -> bool:
    word = text.strip(" \t\r\n")
    if len(word) > _WORD_LIMIT or _CONTROL.search(word):
        return False
    return bool(_TIMED_BEAT.fullmatch(word)) or not re.search(r'[\s{}\[\]"<>]', word)


def _names_beat(fields: Data) -> bool:
    """Tell whether an object says ping: in its kind, or as the name of a field."""
    if any(_BEAT.fullmatch(key) for key in fields):
        return True
    kinds = (fields.get(kind) for kind in _KINDS)
    return any(isinstance(kind, str) and _is_beat(kind[:READ_LIMIT]) for kind in kinds)


def _is_beat(kind: str) -> bool:
    """Tell it of a kind such as "keep-alive" or "connection.ping"."""
    parts = [] if re.search(r"\s", kind) else re.split(r"[\W_]", kind)
    return any(map(_BEAT.fullmatch, [kind, *parts]))


def _says_nothing(fields: Data) -> bool:
    """Tell whether an object holds nothing but a time or a count, which is no status either."""
    return _code(fields) is None and all(
        _is_number(field) or field is None or field in ("", [], {}) for field in fields.values()
    )


def _text_error(text: str) -> e.GeneralError | None:
    told = text.strip()
    if _CONTROL.search(told):
        return None
    if _TAG.match(told):
        told = _page_text(told) or "a page without text"
    elif _is_word(told) or not _is_prose(told):
        return None
    status = _STATUS.match(told)
    return _error(int(status[1]) if status else None, told)


def _is_prose(text: str) -> bool:
    """Tell a text for people from a piece of JSON."""
    words = itertools.islice(_WORDS.finditer(text), 2)
    return text[:1] not in {"[", '"'} and not re.search("[{}]", text) and len(list(words)) == 2


def _page_text(page: str) -> str:
    """Return what a page of HTML or XML says, each line once."""
    lines: dict[str, None] = {}
    hidden = ""
    for piece in page.split("<")[1:]:
        tag, _, said = piece.partition(">")
        name = tag.split(maxsplit=1)[0].lower() if tag.strip() else ""
        if not hidden and name in {"script", "style"}:
            hidden = name
        elif name == f"/{hidden}":
            hidden = ""
        if not hidden:
            lines[html.unescape(said).strip()] = None
    return " ".join(filter(None, lines))


def _object_error(fields: Data) -> e.GeneralError | None:
    told = "; ".join(itertools.islice(_texts(fields, _NESTED), _NESTED))
    return _error(_code(fields), told) if told else None


def _texts(value: Any, depth: int) -> Iterator[str]:
    """Yield what an error tells: a text, an object with one, or a list of either."""
    if isinstance(value, str) and value.strip():
        yield value[:READ_LIMIT].strip()
    elif isinstance(value, list) and depth:
        for inner in value[:_NESTED]:
            yield from _texts(inner, depth - 1)
    elif isinstance(value, dict) and depth:
        fields = _fields(value)
        told = ([*_texts(fields.get(key), depth - 1)] for key in _TEXTS)
        yield from next(filter(None, told), [])


def _code(fields: Data) -> int | None:
    """Return the number that an object tells, or the error in it."""
    inner = fields.get("error")
    inner = _fields(inner) if isinstance(inner, dict) else {}
    for told in (first_text(holder, key) for holder in (fields, inner) for key in _CODES):
        if told is not None and len(told) < 10 and told.isdecimal():
            return int(told)
    return None


def _is_number(field: Any) -> bool:
    return isinstance(field, int | float) and not isinstance(field, bool)


def _error(code: int | None, told: str) -> e.GeneralError:
    line = " ".join(told.split())
    if len(line) > TEXT_LIMIT:
        line = line[: TEXT_LIMIT - 1] + "…"
    return e.GeneralError(code=GATEWAY if code is None else code, description=line)
