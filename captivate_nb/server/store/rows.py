"""How a conversation stands in the rows of a journal, and how it is read back.

What is read may have been damaged, or edited by hand: each row is checked by its types.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import msgspec

from captivate_nb.errors import CaptivateError
from captivate_nb.protocol import content_decoder
from captivate_nb.protocol import events as e
from captivate_nb.server.flow.bot import Memory

from .conversations import Cue, Entry, HandoffRecord, PendingTurn, Sender, StoredConversation
from .files import StoredFile

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    CaptivateError,
    msgspec.MsgspecError,
)
"""What reading a row raises that does not hold what it should."""


class _Conversation(msgspec.Struct):
    id: str
    user_id: str
    user: dict[str, Any]
    number: int
    changed: float
    metadata: dict[str, Any]
    private: dict[str, Any]
    targets: dict[str, e.Target]
    deleted: bool
    handoff: HandoffRecord | None
    memory: Memory


class _Entry(msgspec.Struct):
    id: str
    sender: Sender
    time: float
    name: str | None
    client_msg_id: str | None


class _File(msgspec.Struct):
    id: str
    name: str
    type: str
    body: bytes


class _Turn(msgspec.Struct):
    number: int
    cue: Cue
    text: str
    done: int


def _json(value: Any) -> str:
    """Write what came as JSON: also the numbers and texts that have no place in a column."""
    return json.dumps(value, separators=(",", ":"))


def row_of_conversation(one: StoredConversation) -> dict[str, Any]:
    return {
        "id": one.id,
        "user_id": one.user_id,
        "user": _json(one.user),
        "number": one.number,
        "changed": one.changed,
        "metadata": _json(one.metadata),
        "private": _json(one.private),
        "targets": _json(one.targets),
        "deleted": one.deleted,
        "talk": _json(msgspec.to_builtins(one.handoff)),
        "memory": _json(msgspec.to_builtins(one.memory)),
    }


def row_of_entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "sender": entry.sender,
        "time": entry.time,
        "name": entry.name,
        "client_msg_id": entry.client_msg_id,
        "content": _json(content_decoder.write_content(entry.content)),
        "actions": _json([content_decoder.write_action(action) for action in entry.actions]),
    }


def row_of_turn(turn: PendingTurn) -> dict[str, Any]:
    return {
        "number": turn.number,
        "cue": turn.cue,
        "text": turn.text,
        "files": _json([content_decoder.write_file(file) for file in turn.files]),
        "action": _json(content_decoder.write_action(turn.action)) if turn.action else None,
        "done": turn.done,
    }


def conversation(row: sqlite3.Row) -> StoredConversation:
    columns = {**dict(row), "deleted": bool(row["deleted"])}
    for name in ("user", "metadata", "private", "targets", "talk", "memory"):
        columns[name] = json.loads(row[name])
    columns["handoff"] = columns.pop("talk")
    return StoredConversation(**msgspec.structs.asdict(msgspec.convert(columns, _Conversation)))


def entry(row: sqlite3.Row) -> Entry:
    columns = msgspec.structs.asdict(msgspec.convert(dict(row), _Entry))
    actions = tuple(content_decoder.read_action(action) for action in json.loads(row["actions"]))
    return Entry(
        **columns,
        content=content_decoder.read_content(json.loads(row["content"]), []),
        actions=actions,
    )


def turn(row: sqlite3.Row) -> PendingTurn:
    columns = msgspec.structs.asdict(msgspec.convert(dict(row), _Turn))
    files = tuple(content_decoder.read_file(file) for file in json.loads(row["files"]))
    action = content_decoder.read_action(json.loads(row["action"])) if row["action"] else None
    return PendingTurn(**columns, files=files, action=action)


def file(row: sqlite3.Row) -> tuple[str, StoredFile]:
    read = msgspec.convert(dict(row), _File, builtin_types=(bytes,))
    return read.id, StoredFile(read.name, read.type, read.body)
