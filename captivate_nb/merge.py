"""Two tellings of one conversation made one: the messages here, and the server's transcript.

The document's transcript carries no ids of ours. So a message is known again by the server's id
where both sides have it, and else by sender and text, equal ones counted in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

import msgspec

from .protocol import events as e
from .protocol.content import Text
from .transcript import Delivery, Message, readable

_Key = tuple[str, str]


def merge(
    here: Sequence[Message],
    entries: Iterable[e.TranscriptEntry],
    is_lost: Callable[[Message], bool],
) -> list[Message]:
    """Return the messages here and those the server tells of, each once, in its order.

    What only this side knows (system lines, messages on their way) stays behind the message it
    came after. A message for which `is_lost` holds is put at the end, to be sent again.
    """
    told = [(entry.message_id, message) for entry, message in messages_of(entries)]
    places = _places(here, told)
    matched = set(places)
    after: dict[int | None, list[Message]] = {}
    lost: list[Message] = []
    anchor = -1
    for index, message in enumerate(here):
        if index in matched:
            anchor = index
        elif is_lost(message):
            lost.append(delivered(message, "queued"))
        else:
            after.setdefault(anchor, []).append(message)
    merged = after.pop(-1, [])
    for place, (_, message) in zip(places, told, strict=True):
        merged.append(message if place is None else delivered(here[place], "confirmed"))
        merged += after.pop(place, []) if place is not None else []
    return merged + lost


def messages_of(
    entries: Iterable[e.TranscriptEntry],
) -> list[tuple[e.TranscriptEntry, Message]]:
    """Return a transcript's entries as messages; those that say nothing are left out."""
    made = [(entry, _from_entry(entry, number)) for number, entry in enumerate(entries)]
    return [(entry, message) for entry, message in made if message.content or message.actions]


def delivered(message: Message, delivery: Delivery) -> Message:
    """Return a message with its state of delivery; only the user's own have one."""
    if message.sender != "user" or message.delivery == delivery:
        return message
    return msgspec.structs.replace(message, delivery=delivery)


def _places(
    here: Sequence[Message], told: Sequence[tuple[str | None, Message]]
) -> list[int | None]:
    """Return where each message of the server's stands here, None for one that is new."""
    by_id = {(m.id, _key(m)): index for index, m in enumerate(here) if m.sender != "system"}
    places = [by_id.get((ident, _key(m))) if ident else None for ident, m in told]
    taken = set(places)
    waiting: dict[_Key, deque[int]] = {}
    for index, message in enumerate(here):
        if index not in taken and message.sender != "system":
            waiting.setdefault(_key(message), deque()).append(index)
    for number, (_, message) in enumerate(told):
        if places[number] is None and (same := waiting.get(_key(message))):
            places[number] = same.popleft()
    return places


def _key(message: Message) -> _Key:
    return message.sender, " ".join(message.text.split())


def _from_entry(entry: e.TranscriptEntry, number: int) -> Message:
    said = tuple(item for item in entry.content if item != Text(""))
    return Message(
        id=entry.message_id or f"{entry.sender}-{number}",
        sender=entry.sender,
        text=readable(said),
        content=said,
        actions=entry.actions,
        agent_name=entry.name if entry.sender == "agent" else None,
        delivery="confirmed" if entry.sender == "user" else None,
        raw=entry.raw,
    )
