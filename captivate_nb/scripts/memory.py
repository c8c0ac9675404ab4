"""Scripting memory: the `$variables` of one conversation, captured from texts and put into others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import regex

from .functions import FUNCTIONS, Place
from .javascript import to_text
from .matching import PATTERN_SECONDS, CannotMatch

Memory = dict[str, Any]
"""Values by the variable's name, with its `$`."""

VARIABLE = re.compile(r"\$[A-Za-z]\w*", re.ASCII)

_PIECE = re.compile(r"\$[A-Za-z]\w*|\*", re.ASCII)


def variables(text: str) -> list[str]:
    """Return the names of the variables and functions in a text, each as often as it stands there."""
    return VARIABLE.findall(text)


def captured(expected: str, response: str, *, is_pattern: bool = False) -> Memory:
    """Return what the variables of an expected text stand for in a response: a word each.

    Nothing where the response is another; case does not count. With `is_pattern` the text around
    them is a regular expression.
    """
    names = variables(expected)
    if not names or not response:
        return {}
    sought = "".join(_sought(expected, is_pattern=is_pattern))
    try:
        found = regex.search(sought, response, regex.IGNORECASE, timeout=PATTERN_SECONDS)
    except (regex.error, TimeoutError):
        return {}  # the matching itself tells of it
    if found is None:
        return {}
    values = zip(names, found.groups(), strict=False)
    return {name: value for name, value in values if name not in FUNCTIONS}


def _sought(expected: str, *, is_pattern: bool) -> Iterator[str]:
    at = 0
    for piece in _PIECE.finditer(expected):
        before = expected[at : piece.start()]
        yield before if is_pattern else regex.escape(before)
        if piece[0] == "*":
            yield "*" if is_pattern else ".*?"
        else:
            yield r"(\S+)"
        at = piece.end()
    yield expected[at:] if is_pattern else regex.escape(expected[at:])


def applied(text: str, memory: Memory, place: Place = Place()) -> str:  # noqa: B008  # it is frozen
    """Return a text with what its variables and functions stand for, the longest names first.

    Raise `CannotMatch` where a function cannot be called so.
    """
    if "$" not in text:
        return text
    for name in sorted({*FUNCTIONS, *memory}, key=len, reverse=True):
        if name not in text:
            continue
        if name in memory:
            value = "null" if memory[name] is None else to_text(memory[name])
            text = text.replace(name, value)
        else:
            text = _called(text, name, memory, place)
    return text


def _called(text: str, name: str, memory: Memory, place: Place) -> str:
    function = FUNCTIONS[name]

    def call(found: re.Match[str]) -> str:
        inner = found[1]
        if inner is None:
            return str(function.call(place, []))
        inner = inner[1:-1].replace("\\)", ")")
        given = inner.split(",") if function.arguments > 1 else [inner]
        args = [_unquoted(arg.strip()) for arg in given]
        args = [to_text(memory.get(arg) or arg) if arg.startswith("$") else arg for arg in args]
        return str(function.call(place, args))

    return re.sub(rf"{re.escape(name)}(\(.+?(?<!\\)\))?", call, text)


def _unquoted(arg: str) -> str:
    return arg[1:-1] if len(arg) > 1 and arg[0] == arg[-1] == '"' else arg


def name_of(given: str) -> str:
    """Return a variable's name as memory has it, from one that is written with or without `$`."""
    if not given.strip():
        raise CannotMatch("A variable's name is missing.")
    return given if given.startswith("$") else f"${given}"
