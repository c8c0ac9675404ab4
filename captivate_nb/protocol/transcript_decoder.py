"""A server's transcript, from the wire: grouped or flat, read into one list of entries.

What cannot be read, or has nothing in it, is a hole: something may stand there that is not known.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from captivate_nb.errors import ProtocolError

from . import events as e
from .content import Action, Content, Files, Text
from .content_decoder import (
    Data,
    as_list,
    first_text,
    need_dict,
    need_text,
    note_skipped,
    read_action,
    read_content,
    read_each,
    read_files,
    read_user_content,
)

_FROM = {
    "user": "user",
    "bot": "bot",
    "chatbot": "bot",
    "agent": "agent",
    "livechat": "agent",
}


def read_transcript(data: Data, problems: list[str]) -> e.Event:
    """Read a `conversation_transcript`."""
    key = "transcript" if "transcript" in data else "messages"
    entries: list[e.TranscriptEntry] = []
    holes: list[int] = []
    for position, value in enumerate(_values(as_list(data.get(key))), 1):
        if value is _NOTHING:
            holes.append(len(entries))
            continue
        try:
            entries.append(_entry(value, problems))
        except ProtocolError as error:
            note_skipped(problems, f"entry {position}", error)
            holes.append(len(entries))
    return e.ConversationTranscript(
        conversation_id=first_text(data, "conversation_id") or "",
        entries=tuple(entries),
        holes=tuple(holes),
        variant="messages" if key == "messages" else "transcript",
    )


_NOTHING = object()
"""Stands for a group without entries."""


def _values(groups: list[Any]) -> Iterator[Any]:
    """Yield the entries of all groups; a group that comes twice, as pages overlap, comes once."""
    repeated = _repeated(groups)
    for number, group in enumerate(groups):
        if number in repeated:
            continue
        if not isinstance(group, dict) or "from" in group:
            yield group
            continue
        values = as_list(group.get("messages"))
        if not values:
            yield _NOTHING
        for value in values:
            known = isinstance(value, dict) and "event_id" in group
            yield {"event_id": group["event_id"], **value} if known else value


def _repeated(groups: list[Any]) -> set[int]:
    """Return the numbers of the groups that stand there before, under the same id.

    An id under which two different groups stand is none, nor is one that all have: some servers
    give everything the same.
    """
    first: dict[str, Data] = {}
    ambiguous: set[str] = set()
    again: dict[int, str] = {}
    for number, group in enumerate(groups):
        if not isinstance(group, dict):
            continue
        ident = first_text(group, "message_id" if "from" in group else "event_id")
        if not ident:
            continue
        if ident not in first:
            first[ident] = group
            continue
        again[number] = ident
        if first[ident] != group:
            ambiguous.add(ident)
    if len(first) < 2:
        return set()
    return {number for number, ident in again.items() if ident not in ambiguous}


def _entry(value: Any, problems: list[str]) -> e.TranscriptEntry:
    data = need_dict(value, "an entry")
    who = need_text(data, "from").strip().lower()
    sender = _FROM.get(who, "bot")
    if who not in _FROM:
        problems.append(f"an entry from {who[:40]!r} is taken as the bot's")
    body = data.get("messages")
    inner: Data = {"messages": body}
    if isinstance(body, dict) and body.keys() & {"messages", "actions", "idChat"}:
        inner = body
    items = inner.get("messages")
    if items is None:
        items = data.get("content")
    content = _entry_content(items, first_text(data, "text"), problems)
    files = read_files(data.get("files"), problems)
    if files and not any(isinstance(item, Files) for item in content):
        content += (Files(files),)
    return e.TranscriptEntry(
        sender=sender,  # type: ignore[arg-type]  # a value of _FROM
        content=content,
        actions=_entry_actions(data, inner, problems),
        message_id=first_text(data, "message_id", "event_id", "id") or None,
        name=_entry_name(sender, data),
        raw=data,
    )


def _entry_content(items: Any, text: str | None, problems: list[str]) -> tuple[Content, ...]:
    """Read an entry's items; a user's own `{text, files}` counts as one item of each."""
    if isinstance(items, dict) and "text" in items and "files" in items:
        said, files = read_user_content({"content": items}, problems)
        return (*((Text(said),) if said else ()), *((Files(files),) if files else ()))
    content = read_content(items, problems)
    empty = all(item == Text("") for item in content)
    return (Text(text),) if text and empty else content


def _entry_actions(data: Data, inner: Data, problems: list[str]) -> tuple[Action, ...]:
    values = as_list(data.get("actions")) or as_list(inner.get("actions"))
    return read_each(values, read_action, "action", problems)


def _entry_name(sender: str, data: Data) -> str | None:
    keys = {"bot": ("chatbotName",), "agent": ("agentName", "livechatName"), "user": ()}
    return first_text(data, *keys[sender]) or None
