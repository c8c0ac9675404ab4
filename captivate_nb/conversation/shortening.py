"""What a log keeps of an event that is too old to be kept whole: the beginning of everything in it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

LONG = 200
"""Characters that are kept of a text."""

MANY = 20
"""Entries that are kept of a list or an object."""

DEEP = 8
"""How deep lists and objects in one another are kept."""

T = TypeVar("T")


def shortened(value: T) -> T:
    """Return an event, or anything in one, with long texts and lists cut; itself if there are none."""
    short = _shortened(value, DEEP)
    return value if short == value else short


def _shortened(value: Any, depth: int) -> Any:
    match value:
        case str():
            return value if len(value) <= LONG else f"{value[:LONG]}…"
        case msgspec.Struct():
            fields = value.__struct_fields__
            short = {name: _shortened(getattr(value, name), depth) for name in fields}
            return msgspec.structs.replace(value, **short)
        case tuple() | list():
            return type(value)(_shortened(each, depth - 1) for each in value[: MANY * (depth > 0)])
        case dict():
            kept = list(value.items())[: MANY * (depth > 0)]
            return {_shortened(key, 1): _shortened(each, depth - 1) for key, each in kept}
        case _:
            return value
