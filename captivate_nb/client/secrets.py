"""Secrets that never show: what holds one, and what takes it out of all that is shown or kept.

Our own words (an address, an error, a log line) lose every key in use here, and whatever stands
where a key would stand: `redact`. A frame loses its own session's secrets, what its fields for keys
hold, and metadata that is private, value by value; what else a bot or a user said stays as it was
said: `redact_frame`.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import html
import json
import logging
import re
import string
import weakref
from collections.abc import Collection, Iterable
from typing import Any, Generic, TypeVar
from urllib.parse import unquote, unquote_plus, urlsplit

from captivate_nb.conversation.private import PRIVATE
from captivate_nb.errors import InvalidKey, ProtocolError, UsageError
from captivate_nb.protocol.codec import from_json, to_json
from captivate_nb.protocol.words import NAMES, SENDERS, TARGETS, VALUES

T = TypeVar("T")

HIDDEN = "•••"
"""What stands where a secret was."""

REDACTED_LENGTH = 8
"""Characters from which on a secret is looked for in any text; a shorter one might be a word."""

_KEY_NAME = re.compile(r"(?i)(?:x-)?api[_-]?keys?")
_STRUCTURE = {
    **dict.fromkeys(("event_type", "linked_event_type", "type", "action"), VALUES),
    "from": SENDERS,
    "target": TARGETS,
}
_OWN_WORDS = "error_desc"  # what a server says of itself may quote the URL it was called with
_METADATA = frozenset({"metadata", "content"})  # what an object of metadata is called in frames
_WORTH_A_LOOK = re.compile(rf"(?i)api[_-]?key|{_OWN_WORDS}|{PRIVATE}")

_BEFORE_KEY = r"""(?i:(?<=apikey=)|(?<=api_key=)|(?<=api-key=)|(?<=x-api-key: ))"""
_URL_FIELD = (
    r"(?:api[_-]?key|[?&;][\w.-]*"
    r"(?:token|secret|passw(?:or)?d|pwd|key|auth|signature|sig|credentials?|jwt))="
)
_NAMED = re.compile(
    rf"""(?ix)
      ( {_URL_FIELD} | x-api-key['"]?\s*[:,]\s*['"]? | authorization['"]?\s*[:,]\s*['"]?(?:\w+\s+)? )
      [^&\s'"<>\\,] [^&\s'"<>\\]*
    | ( (['"]) api[_-]?keys? \3 \s*:\s* )  (?: "(?:[^"\\]|\\.)*"? | '(?:[^'\\]|\\.)*'? | (\[)[^\]]*\]? )
    """
)
_USER = re.compile(r"(?<=://)[^/?#\s'\"<>]+(?=@)")


class Secret:
    """A key, a password or a token, which shows in no repr.

    Raise `UsageError` for what is no text, `InvalidKey` for text that UTF-8 cannot write.
    """

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise UsageError(f"A key is text, not {type(value).__name__}.")
        self._value = value
        self._marks = (value, "%", "\\", "&", *("+" if " " in value else ""))
        """One of which stands in every text that holds it."""
        try:
            self._pattern = _spelled(value)
        except UnicodeEncodeError:
            del value  # a traceback may show what this function knows
            raise InvalidKey("A key is text in UTF-8, and this one is not. Set it anew.") from None
        if len(value) >= REDACTED_LENGTH:
            _live.add(weakref.ref(self, _live.discard))

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def hide_in(self, text: str) -> str:
        """Return `text` without this secret, be it plain or escaped for JSON, Markdown, a URL or HTML.

        One of fewer than 8 characters is taken out where a URL or header names it as the key.
        """
        if self._value:
            for mark in self._marks:
                if mark in text:
                    return self._pattern.sub(HIDDEN, text)
        return text

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"<Secret {HIDDEN}>"

    def __reduce__(self) -> str:
        raise TypeError("a secret is never pickled")


class Hidden(Generic[T]):
    """Holds a value, such as an event with private metadata, that shows in no repr."""

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"<Hidden {HIDDEN}>"


_live: set[weakref.ref[Secret]] = set()


def redact(text: str) -> str:
    """Return words of our own without any secret in use here, nor what `hide_named` hides."""
    known = [secret for ref in _live.copy() if (secret := ref()) is not None]
    return hide_named(_hide(text, known))


def hide_named(text: str) -> str:
    """Return `text` without what is named as a secret: a URL's user and password, and the values of
    its fields such as `apiKey=` and `token=`; headers that hold a key; JSON fields for keys.
    """
    return _NAMED.sub(_hide_field, _USER.sub(HIDDEN, text))


def secrets_in(url: str) -> tuple[Secret, ...]:
    """Return a URL's password, and the values that `hide_named` hides in its query."""
    password = unquote(urlsplit(url).password or "")
    values = re.findall(rf"(?i){_URL_FIELD}([^&#]*)", url)
    return tuple(Secret(value) for value in (password, *map(unquote_plus, values)) if value)


def _hide(text: str, secrets: Iterable[Secret]) -> str:
    for secret in secrets:
        text = secret.hide_in(text)
    return text


def _hide_field(match: re.Match[str]) -> str:
    if match[1]:
        return match[1] + HIDDEN
    return f'{match[2]}["{HIDDEN}"]' if match[4] else f"{match[2]}{match[3]}{HIDDEN}{match[3]}"


def redact_frame(frame: str, secrets: Collection[Secret], *, named: bool = True) -> str:
    """Return a frame whose values hold none of these secrets, nor any key or private metadata.

    One that is not `named` is known to have no field for a key, for words of the server's own or
    for metadata.

    It is the same text where there is nothing to hide, and else reads as the same event but for
    what is hidden: names and words of the protocol stay, should a key be one of them. What is not
    JSON is redacted as text.
    """
    plain = "\\" not in frame and not (named and _is_worth_a_look(frame))
    if plain and _hide(frame, secrets) == frame:
        return frame  # no text in it is escaped, so none holds more than the frame does
    given = [secret for secret in secrets if secret]
    try:
        value = from_json(frame)
        shown = _redact_value(value, "", given)
        return frame if shown == value else to_json(shown)
    except (ProtocolError, RecursionError):
        return hide_named(_hide(frame, given))


def _is_worth_a_look(frame: str) -> bool:
    """Whether a frame may have a field for a key, words of the server's own, or private metadata."""
    if not frame.isascii():
        return _WORTH_A_LOOK.search(frame) is not None
    lower = frame.lower()
    if _OWN_WORDS in lower or PRIVATE in lower:
        return True
    return "api" in lower and _WORTH_A_LOOK.search(frame) is not None


def _redact_value(value: Any, name: str, secrets: list[Secret]) -> Any:
    """Return a JSON value, which stands under `name`, without secrets."""
    match value:
        case str():
            return _redact_words(value, name, secrets)
        case list():
            within = name if name not in _METADATA else ""
            return [_redact_value(each, within, secrets) for each in value]
        case dict():
            return {
                key if key in NAMES else _hide(key, secrets): HIDDEN
                if key == PRIVATE and name in _METADATA
                else _redact_value(inner, key, secrets)
                for key, inner in value.items()
            }
        case int() | float() if not isinstance(value, bool):
            told = _redact_words(str(value), name, secrets)
            return value if told == str(value) else told
        case _:
            return value


def _redact_words(text: str, name: str, secrets: list[Secret]) -> str:
    if _KEY_NAME.fullmatch(name):
        return text and HIDDEN
    if text.strip() in _STRUCTURE.get(name, ()):
        return text
    hidden = _hide(text, secrets)
    return hide_named(hidden) if name == _OWN_WORDS else hidden


def _spelled(secret: str) -> re.Pattern[str]:
    """Return a pattern of a secret: plain, or escaped for JSON, Markdown, a URL or HTML."""
    ways = [re.escape(secret), *("".join(map(way, secret)) for way in (_backslashed, _url, _html))]
    either = f"(?:{'|'.join(ways)})"
    long = len(secret) >= REDACTED_LENGTH
    return re.compile(either if long else rf"{_BEFORE_KEY}{either}(?!\w)")


def _backslashed(char: str) -> str:
    """Return a pattern of a character as JSON and Markdown write it."""
    also = {json.dumps(char)[1:-1]} | ({f"\\{char}"} if char in string.punctuation else set())
    return _one_of(char if char not in '\\"' else "", also, f"\\u{ord(char):04x}")


def _url(char: str) -> str:
    also = {"+"} if char == " " else set()
    return _one_of(char if char != "%" else "", also, "".join(f"%{b:02x}" for b in char.encode()))


def _html(char: str) -> str:
    also = {"&apos;"} if char == "'" else {html.escape(char)}
    numbers = (f"&#{ord(char)};", f"&#x{ord(char):x};")
    return _one_of(char if char != "&" else "", also, *numbers)


def _one_of(plain: str, also: set[str], *coded: str) -> str:
    """Return a pattern of one character: plain, if it may be, or escaped; codes are of any case.

    Each way but the plain one begins with what its syntax escapes by, so that none begins another.
    """
    ways = [plain, *sorted(also - {plain})] if plain else sorted(also)
    return f"(?:{'|'.join([*map(re.escape, ways), *(f'(?i:{re.escape(c)})' for c in coded)])})"


class Redacting(logging.Filter):
    """Takes secrets out of a logger's lines and of the tracebacks beneath them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record, and let it pass."""
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True
