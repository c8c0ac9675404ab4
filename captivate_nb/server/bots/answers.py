"""What a bot answered, whatever its form: Python's values to the hub's JSON, and that to effects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.protocol.content_decoder import as_list, read_action, read_content
from captivate_nb.server.effects import (
    ChangeMetadata,
    Effect,
    HandOver,
    SayEffect,
    SendAction,
    WaitEffect,
    gathered,
)

from .failures import BotFailed

Json = dict[str, Any]

ESCALATE = "escalateToHuman"
_ANSWER = {"response", "outgoing_action", "metadata", "session_id", "hasLivechat"}
_TAKEN = (
    "An answer is the hub's dict (with “response”), what has get_response(), a text, an item (a dict"
    " with “type”), a list of those, or None."
)


def plain(value: Any) -> list[Json]:
    """Return what a bot returned as answers in the hub's form; raise `BotFailed` for nonsense."""
    answers: list[Json] = []
    items: list[Any] = []
    for each in value if isinstance(value, list | tuple) else [value]:
        answer = _unwrapped(each)
        if answer is None:
            continue
        if _is_answer(answer):
            answers += [{"response": items}] if items else []
            answers.append(answer)
            items = []
        else:
            items.append(_item(answer))
    answers += [{"response": items}] if items else []
    return [_as_json(answer) for answer in answers]


def _unwrapped(value: Any) -> Any:
    """Return what an object of the vendor's package holds; anything else as it is."""
    if callable(getattr(value, "get_response", None)):
        held = value.get_response()
        return json.loads(held) if isinstance(held, str) else held
    return value.model_dump() if callable(getattr(value, "model_dump", None)) else value


def _is_answer(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return "response" in value or ("type" not in value and bool(_ANSWER & value.keys()))


def _item(value: Any) -> Any:
    if isinstance(value, str):
        return {"type": "text", "text": value}
    if isinstance(value, Mapping) and ("type" in value or "description" in value):
        return value
    if isinstance(value, Mapping):
        keys = ", ".join(map(repr, list(value)[:5]))
        raise BotFailed(f"The bot returned a dict with {keys or 'nothing in it'}. {_TAKEN}")
    raise BotFailed(f"The bot returned {_named(value)}. {_TAKEN}")


def _named(value: Any) -> str:
    kind = type(value)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return f"an object of type {name}"


def _as_json(answer: Json) -> Json:
    """Return a copy as it would come by HTTP; raise `BotFailed` for what JSON does not have."""
    try:
        text = json.dumps(answer, allow_nan=False, ensure_ascii=False, default=_dumped)
        text.encode()
    except UnicodeEncodeError as error:
        raise BotFailed(
            f"The bot's answer has half a character, {error.object[error.start]!a}."
        ) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise BotFailed(f"The bot's answer is no JSON: {str(error)[:200]}.") from None
    read: Json = json.loads(text)
    return read


def _dumped(value: Any) -> Any:
    if callable(dump := getattr(value, "model_dump", None)):
        return dump()
    raise TypeError(f"it has {_named(value)}")


def effects_of(answer: Json, before: Json, notes: list[str]) -> Iterator[Effect]:
    """Return what an answer has the server do; `notes` gets what could not be read of it.

    `before` is the conversation's metadata as the bot was told it, `custom` and `private`. Raise
    `BotFailed` for an answer that makes no sense.
    """
    items = read_content(list(map(_typed, _list(answer, "response"))), notes)
    actions = [_action(each) for each in _list(answer, "outgoing_action")]
    change = _change(answer, before)
    if change is not None:
        yield change
    yield from gathered(map(_said, items))
    yield from actions


def _typed(item: Any) -> Any:
    """Return a bare card or file, which the package takes for items too, as what the hub makes of it."""
    if not isinstance(item, dict):
        return item
    if "type" not in item and "description" in item:
        return {"type": "cards", **item}
    return {"type": "files", "files": [item]} if "/" in str(item.get("type")) else item


def _list(answer: Json, name: str) -> list[Any]:
    value = answer.get(name)
    if value is not None and not isinstance(value, list | dict | str):
        raise BotFailed(f"The answer's “{name}” is {value!r:.40}; it must be a list.")
    return as_list(value)


def _said(item: c.Content) -> Effect:
    return WaitEffect(item.ms / 1000) if isinstance(item, c.Pause) else SayEffect((item,))


def _action(value: Any) -> Effect:
    """Read `{id, payload}` or `{action, data}`, an older `{type, action}`, or a bare id."""
    given = (
        {**value, "id": value.get("id") or value.get("action")}
        if isinstance(value, dict)
        else value
    )
    try:
        action = read_action(given)
    except Exception as error:
        raise BotFailed(f"The outgoing action {value!r:.80} has no “id”.") from error
    data = action.data if action.data is not None else {}
    if action.id == ESCALATE:
        return HandOver(str(data.get("reason") or "") if isinstance(data, dict) else "")
    return SendAction(action.id, data)


def metadata_of(message: Json) -> Json:
    """Return `metadata.internal.channelMetadata` of a request or an answer; empty where there is none."""
    found: Any = message
    for name in ("metadata", "internal", "channelMetadata"):
        found = found.get(name)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise BotFailed(f"The answer's “{name}” is {found!r:.40}; it must be an object.")
    return dict(found)


def _change(answer: Json, before: Json) -> ChangeMetadata | None:
    """Return how an answer changes `custom` and `private`: only what the bot itself has changed.

    What the channel has set meanwhile stays.
    """
    after = metadata_of(answer)
    custom, private = (_differences(name, before, after) for name in ("custom", "private"))
    change = ChangeMetadata(*custom, *private)
    return change if any((*custom, *private)) else None


def _differences(name: str, before: Json, after: Json) -> tuple[Json, frozenset[str]]:
    old, new = before.get(name) or {}, after.get(name)
    if new is None:
        return {}, frozenset()
    if not isinstance(new, dict):
        raise BotFailed(f"The answer's “{name}” is {new!r:.40}; it must be an object.")
    changed = {key: value for key, value in new.items() if key not in old or old[key] != value}
    return changed, frozenset(old.keys() - new.keys())
