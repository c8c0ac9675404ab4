"""What the hub tells a bot of a turn: the JSON that it posts to a bot's endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.protocol.content_decoder import write_file

from .bot import Turn

Json = dict[str, Any]

NO_AGENT, SILENT_AGENT = "failedAgentAssignment", "agentIdleTimeout"
"""The hub's own incoming actions: nobody was free, and who was assigned has not written."""

CHANNEL = {"channel": "custom-channel", "channelData": {}}


def request_of(turn: Turn) -> Json:
    """Return a turn as the hub posts it: `user_input` is "" for the greeting, null for no text."""
    files = [_file(file) for file in turn.files]
    return {
        "session_id": turn.conversation.id,
        "endpoint": "action",
        "user_input": _input(turn),
        "files": files or None,
        "incoming_action": _actions(turn),
        "metadata": {"internal": {"channelMetadata": _metadata(turn)}},
        "hasLivechat": turn.has_livechat,
    }


def _input(turn: Turn) -> str | None:
    return "" if turn.cue == "greet" else (turn.text or None) if turn.cue == "hear" else None


def _actions(turn: Turn) -> list[Json] | None:
    match turn.cue:
        case "busy":
            return [{"id": NO_AGENT, "payload": {}}]
        case "idle":
            return [{"id": SILENT_AGENT, "payload": {}}]
        case "receive" if turn.action is not None:
            return [{"id": turn.action.id, "payload": turn.action.data}]
    return None


def _metadata(turn: Turn) -> Json:
    one = turn.conversation
    said = one.entries[0].time if one.entries else one.changed
    return {
        "user": _user(one.user),
        "channelMetadata": CHANNEL,
        "custom": one.shown_to("bot"),
        "private": one.private,
        "conversationCreatedAt": _iso(said),
        "conversationUpdatedAt": _iso(one.changed),
    }


def _user(user: Json) -> Json | None:
    return {"firstName": None, "lastName": None, "email": None, **user} if user else None


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _file(file: c.File) -> Json:
    named = {"filename": file.name, "type": file.type, "file": {}}
    return {**named, **{k: v for k, v in write_file(file).items() if k not in named}}
