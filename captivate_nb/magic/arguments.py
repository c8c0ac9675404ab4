"""The words of a `%captivate` line that are not free text: options, assignments, JSON."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from captivate_nb.errors import UsageError, did_you_mean

T = TypeVar("T")


def unquote(text: str) -> str:
    """Return text without the quotes that some put around a label or a path."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def fill_in(text: str, names: Mapping[str, Any]) -> str:
    """Put the values of `$name` and `$name.attribute` in their places, as IPython does elsewhere.

    What is no such thing is left as it is written.
    """

    def value(found: re.Match[str]) -> str:
        name, _, path = found[1].partition(".")
        try:
            return str(attrgetter(path)(names[name]) if path else names[name])
        except (KeyError, AttributeError):
            return found[0]

    return _VARIABLE.sub(value, text)


_VARIABLE = re.compile(r"\$((?!\d)\w+(?:\.(?!\d)\w+)*)")


def read_json(text: str, kind: type = object) -> Any:
    """Read JSON; raise `UsageError` with the position of what does not parse."""
    value = _decoded(_JSON.decode, text)
    if not isinstance(value, kind):
        raise UsageError(f'This must be a JSON object such as {{"plan": "vip"}}, not {text[:40]}.')
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


_JSON = json.JSONDecoder(parse_constant=_no_constant)


def _decoded(decode: Callable[[str], T], text: str) -> T:
    try:
        return decode(text)
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 10) : error.pos + 10]
        raise UsageError(
            f"This is not JSON: {error.msg} at character {error.pos + 1}, near “{near}”."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"This is not JSON: {error}.") from None


def parse(
    line: str,
    options: Sequence[str],
    *,
    flags: Sequence[str] = (),
    at_most: int | None = None,
    assignments: bool = False,
) -> tuple[list[Any], dict[str, str]]:
    """Split a line into its words and its `--options`.

    An option takes the next word, or whole JSON in braces or brackets, as its value; a flag takes
    none. With `assignments` a word is one JSON object, or `KEY=VALUE` whose value is JSON, a word, or
    quoted text, and a backslash is one; these come as a dict and as pairs. Raise `UsageError` for
    anything else, naming the nearest known option.
    """
    words: list[Any] = []
    found: dict[str, str] = {}
    rest = line.strip()
    while rest:
        if rest.startswith("--"):
            name, rest = _option_name(rest, (*options, *flags))
            found[name], rest = ("", rest) if name in flags else _value(rest, name)
        else:
            word, rest = _assignment(rest) if assignments else _word(rest, _ESCAPING)
            words.append(word)
    if at_most is not None and len(words) > at_most:
        raise UsageError(f"“{words[at_most]}” is one word too many. See %captivate help.")
    return words, found


def _option_name(rest: str, known: Sequence[str]) -> tuple[str, str]:
    word, _, after = rest.partition(" ")
    name, equals, value = word[2:].partition("=")
    if name in ("key", "api-key", "apikey", "api_key"):
        raise UsageError(
            "A key in a cell is saved with the notebook. Put it into an environment variable and"
            " name that with --key-env, or be asked for it."
        )
    if name not in known:
        hint = did_you_mean(f"--{name}", [f"--{option}" for option in known])
        raise UsageError(f"There is no option “--{name}”.{hint} See %captivate help.")
    return name, (f"{value} {after}" if equals else after).strip()


def _value(rest: str, name: str) -> tuple[str, str]:
    if not rest or rest.startswith("--"):
        raise UsageError(f"--{name} needs a value after it.")
    return _json_or_word(rest)


def _json_or_word(rest: str) -> tuple[str, str]:
    """Return the whole JSON, as text, or the word a line begins with, and what follows it."""
    return _json(rest) if rest.startswith(("{", "[")) else _word(rest, _ESCAPING)


def _json(rest: str) -> tuple[str, str]:
    _, end = _decoded(_JSON.raw_decode, rest)
    return rest[:end], rest[end:].strip()


_QUOTED = r'"(?P<double>(?:\\"|[^"])*)"' r"|'(?P<single>[^']*)'"
_ESCAPING = re.compile(_QUOTED + r"|\\(?P<escaped>[\s\"'])|(?P<plain>[^\s\"'\\]+|\\(?!$))")
"""The pieces of a word, where a backslash escapes a space or a quote, as in a path."""

_WRITTEN = re.compile(_QUOTED + r"|(?P<plain>[^\s\"']+)")
"""The pieces of a word, where a backslash is one."""


def _word(rest: str, pieces: re.Pattern[str]) -> tuple[str, str]:
    """Return the word a line begins with, without its quotes, and what follows it."""
    word, end = "", 0
    while end < len(rest) and not rest[end].isspace():
        piece = pieces.match(rest, end)
        if piece is None or piece.lastgroup is None:
            raise UsageError(f"A quote is not closed: {rest[:40]}")
        text = piece[piece.lastgroup]
        word += text.replace('\\"', '"') if piece.lastgroup == "double" else text
        end = piece.end()
    return word, rest[end:].strip()


def _assignment(rest: str) -> tuple[Any, str]:
    if rest.startswith("{"):
        text, after = _json(rest)
        return read_json(text), after
    key, equals, value = rest.partition("=")
    if not equals or not key.strip() or " " in key.strip():
        raise UsageError(
            f'“{rest.split(maxsplit=1)[0]}” is not KEY=VALUE. Example: plan=vip, or {{"plan": 1}}.'
        )
    if value.startswith(("{", "[")):
        text, after = _json(value)
        return (key.strip(), read_json(text)), after
    text, after = _word(value, _WRITTEN)
    quoted = {"'", '"'} & set(value.removesuffix(after))
    return (key.strip(), text if quoted else _number_or_text(text)), after


def _number_or_text(text: str) -> Any:
    """Return the JSON that an unquoted word is, such as a number or true, or else the word."""
    with contextlib.suppress(UsageError):
        return read_json(text)
    return text
