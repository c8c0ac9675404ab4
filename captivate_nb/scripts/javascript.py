"""What BotiumScript has from JavaScript, in which it was written: text, case, numbers, patterns.

A script that ran there reads the same here only where these agree to the character.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from typing import Any

import regex

WHITE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What `\\s` is there, to stand inside a character class."""

LINE_ENDS = "\n\r\u2028\u2029"
"""What `.` leaves out there."""

_DOT = f"[^{LINE_ENDS}]"
_OUTSIDE = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[A-Za-z0-9_]",
    "W": "[^A-Za-z0-9_]",
    "s": f"[{WHITE}]",
    "S": f"[^{WHITE}]",
    "b": r"(?a:\b)",
    "B": r"(?a:\B)",
}
_INSIDE = {"d": "0-9", "w": "A-Za-z0-9_", "s": WHITE, "b": r"\x08"}
_KEPT = set("nrtvf0123456789DWSux")
"""Escapes that both languages have; those of other letters are the letters."""

_LENGTHS = re.compile(r"u\{([0-9a-fA-F]+)\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|k<\w+>")


def to_text(value: Any) -> str:
    """Return a JSON value as text, as botium-core writes one that it compares."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case list() | tuple():
            return ",".join(map(to_text, value))
        case dict():
            return compact(value)
    return str(value)


def compact(value: Any) -> str:
    """Return a value as `JSON.stringify` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def fold(text: str) -> str:
    """Return text for a comparison that ignores case, a character for a character."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


@functools.lru_cache(4096)
def _upper(char: str) -> str:
    upper = char.upper()
    return upper if len(upper) == 1 and (char.isascii() or not upper.isascii()) else char


def whole_number(text: str) -> float:
    """Return what `parseInt` reads at the beginning of text: a whole number, or NaN."""
    found = re.match(r"\s*([+-]?\d+)", text)
    return int(found[1]) if found else float("nan")


def number(text: str) -> float:
    """Return what `parseFloat` reads at the beginning of text: a number, or NaN."""
    found = re.match(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", text)
    return float(found[1]) if found else float("nan")


def formatted(template: str, values: Sequence[str]) -> str:
    """Return text with `%s` and its kin filled as `util.format` does; what is left over follows."""
    if not values:
        return template
    rest = list(values)

    def fill(found: re.Match[str]) -> str:
        kind = found[1]
        if kind == "%":
            return "%"
        if not rest:
            return found[0]
        return _as_kind(rest.pop(0), kind)

    return " ".join([re.sub(r"%([sdifjoOc%])", fill, template), *rest])


def _as_kind(value: str, kind: str) -> str:
    if kind in "sc":
        return value if kind == "s" else ""
    if kind in "jo":
        return compact(value)
    if kind == "O":
        return f"'{value}'"
    read = whole_number(value) if kind == "i" else number(value)
    return "NaN" if read != read else to_text(float(read))  # noqa: PLR0124  # NaN is not itself


@functools.lru_cache(256)
def pattern(source: str, *, ignore_case: bool) -> regex.Pattern[str]:
    """Return a JavaScript pattern compiled. Raise `regex.error` for one that is none."""
    return regex.compile(translated(source), regex.IGNORECASE if ignore_case else 0)


def translated(source: str) -> str:
    """Return a JavaScript pattern as one that means the same to `regex`."""
    out: list[str] = []
    at, inside = 0, False
    while at < len(source):
        char = source[at]
        if char == "\\" and at + 1 < len(source):
            taken, written = _escape(source[at + 1 :], inside=inside)
            out.append(written)
            at += 1 + taken
            continue
        if not inside and char == "[":
            empty = next((e for e in ("[^]", "[]") if source.startswith(e, at)), "")
            inside = not empty
            out.append({"[^]": r"[\s\S]", "[]": r"(?!)"}.get(empty, char))
            at += max(1, len(empty))
            if inside and source[at : at + 1] == "^":
                out.append("^")
                at += 1
            continue
        out.append(_inside(char) if inside else _outside(char))
        inside = inside and char != "]"
        at += 1
    return "".join(out)


def _inside(char: str) -> str:
    return "\\" + char if char in "[&~|" else char


def _outside(char: str) -> str:
    return {".": _DOT, "$": r"\Z", "^": r"\A"}.get(char, char)


def _escape(rest: str, *, inside: bool) -> tuple[int, str]:
    """Return how many characters an escape takes after its backslash, and how it is written."""
    char = rest[0]
    if found := _LENGTHS.match(rest):
        if found[1]:
            return len(found[0]), regex.escape(chr(int(found[1], 16)))
        return len(found[0]), f"(?P={found[0][2:-1]})" if char == "k" else f"\\{found[0]}"
    known = _INSIDE if inside else _OUTSIDE
    if char in known:
        return 1, known[char]
    if char.isascii() and char.isalpha() and char not in _KEPT:
        return 1, char
    return 1, f"\\{char}" if char.isascii() else char
