"""What changed in the metadata, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from .eventlog import EventRecord
from .state import Conversation


class Missing:
    """Stands for a value that is not there; there is one, `MISSING`."""

    def __repr__(self) -> str:
        return "<missing>"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class MetadataChange(msgspec.Struct, frozen=True):
    """One value that changed with event `n`. `path` is dotted: `cart.total`."""

    n: int
    path: str
    old: Any
    new: Any


def value_at(metadata: dict[str, Any], path: str) -> Any:
    """Return the value at a dotted path, `MISSING` where there is none; "" is all of it."""
    value: Any = metadata
    for key in filter(None, path.split(".")):
        if not isinstance(value, dict) or key not in value:
            return MISSING
        value = value[key]
    return value


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield `(path, old, new)` for every value that differs, as deep as both sides are objects."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            here = f"{path}.{key}" if path else str(key)
            yield from differences(old.get(key, MISSING), new.get(key, MISSING), here)
    elif old != new or type(old) is not type(new):
        yield path, old, new


def metadata_changes(log: Iterable[EventRecord]) -> list[MetadataChange]:
    """Return what changed in a conversation's metadata, in the order of the log."""
    conversation = Conversation()
    found: list[MetadataChange] = []
    for record in log:
        before = conversation.metadata
        conversation.apply_record(record)
        if conversation.metadata is not before:
            changed = differences(before, conversation.metadata)
            found += [MetadataChange(record.n, *change) for change in changed]
    return found


def title_of(metadata: Mapping[str, Any]) -> str:
    """Return the title that a bot has given the conversation, in either of its forms, or ""."""
    title = metadata.get("conversation_title") or value_at(dict(metadata), "title.title")
    return title if isinstance(title, str) else ""
