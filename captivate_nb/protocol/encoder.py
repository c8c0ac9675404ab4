"""Each event's payload, to the wire: the one form that the document shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import events as e
from .content import File
from .content_decoder import Data, write_action, write_content, write_file


def write_payload(event: e.Event) -> tuple[str, Data]:
    """Return an event's wire name and payload."""
    payload = event.payload if isinstance(event, e.UnknownEvent) else _WRITERS[type(event)](event)
    return event.wire_name, payload


def _write_start(event: e.ConversationStart) -> Data:
    payload: Data = {"userBasicInfo": event.user, "metadata": event.metadata}
    if event.user_id is not None:
        payload["userId"] = event.user_id
    if event.user_data is not None:
        payload["userData"] = event.user_data
    return payload


def _write_user_content(text: str, files: tuple[File, ...]) -> Data:
    if not files:
        return {"type": "text", "text": text}
    said: Data = {"text": text} if text else {}
    return {**said, "files": [write_file(file) for file in files]}


def _write_user_message(event: e.UserMessage) -> Data:
    return {
        "type": "message_create",
        "client_msg_id": event.client_msg_id,
        "conversation_id": event.conversation_id,
        "content": _write_user_content(event.text, event.files),
    }


def _write_edit(event: e.EditMessage) -> Data:
    return {
        "type": "message_create",
        "client_msg_id": event.client_msg_id,
        "conversation_id": event.conversation_id,
        "message_id": event.message_id,
        "content": _write_user_content(event.text, event.files),
    }


def _write_metadata_set(event: e.MetadataSet) -> Data:
    return {
        "metadata": event.metadata,
        "target": event.target,
        "client_msg_id": event.client_msg_id,
        "conversation_id": event.conversation_id,
    }


def _write_action_sent(event: e.ActionSent) -> Data:
    return {**write_action(event.action), "conversation_id": event.conversation_id}


def _write_conversation_id(event: Any) -> Data:
    return {"conversation_id": event.conversation_id}


def _write_get_conversations(event: e.GetConversations) -> Data:
    pages = _present({"page": event.page, "limit": event.limit})
    fields = {
        "filter": event.filter,
        "search": event.search,
        "pagination": pages,
        "apiKeys": list(event.api_keys),
    }
    return {"userId": event.user_id, **{key: field for key, field in fields.items() if field}}


def _write_delete(event: e.DeleteConversation) -> Data:
    return _present(
        {
            "conversation_id": event.conversation_id,
            "userId": event.user_id,
            "softdelete": event.soft,
        }
    )


def _write_socket_connected(event: e.SocketConnected) -> Data:
    return _present({"socket_id": event.socket_id, "upload_url": event.upload_url})


def _write_bot_message(event: e.BotMessage) -> Data:
    return {
        "type": "message_create",
        **_present({"ch_msg_id": event.message_id, "conversation_id": event.conversation_id}),
        "bot": event.bot,
        "content": write_content(event.content),
    }


def _write_livechat_message(event: e.LivechatMessage) -> Data:
    return {
        "type": "message_create",
        "conversation_id": event.conversation_id or "",
        **_present({"message_id": event.message_id, "agent_name": event.agent_name}),
        "content": write_content(event.content),
    }


def _write_actions(event: e.ActionsReceived) -> Data:
    """Write both forms at once, as different clients read one or the other."""
    actions = [write_action(action) for action in event.actions]
    return {
        **(actions[0] if actions else {}),
        "actions": actions,
        **_present({"conversation_id": event.conversation_id}),
    }


def _write_transcript(event: e.ConversationTranscript) -> Data:
    grouped = event.variant == "transcript"
    entries = [write_transcript_entry(entry, grouped=grouped) for entry in event.entries]
    if grouped:
        entries = [
            {"event_id": entry.get("message_id", ""), "messages": [entry]} for entry in entries
        ]
    return {"conversation_id": event.conversation_id, event.variant: entries}


def write_transcript_entry(entry: e.TranscriptEntry, *, grouped: bool) -> Data:
    """Write one message of a transcript: `grouped` as in the schema, else as in the example."""
    names = (
        {"user": "user", "bot": "chatbot", "agent": "livechat"}
        if grouped
        else {"user": "user", "bot": "bot", "agent": "agent"}
    )
    key = {"user": "userName", "bot": "chatbotName", "agent": "agentName"}[entry.sender]
    return {
        "from": names[entry.sender],
        **_present({"message_id": entry.message_id, key: entry.name}),
        "messages": write_content(entry.content),
        "actions": [write_action(action) for action in entry.actions],
        "files": [],
    }


def _write_conversations(event: e.UserConversations) -> Data:
    payload: Data = {
        "conversations": [
            {"conversation_id": line.conversation_id, "metadata": line.metadata}
            | _present({"apiKey": line.api_key})
            for line in event.conversations
        ],
        **_present({"userId": event.user_id}),
    }
    if (pages := event.pagination) is not None:
        payload["pagination"] = {
            "hasNextPage": pages.has_next,
            "hasPrevPage": pages.has_previous,
            "page": pages.page,
            "pageSize": pages.page_size,
            "total": pages.total,
            "totalPages": pages.total_pages,
        }
    return payload


def _write_deleted(event: e.ConversationDeleted) -> Data:
    return _present({"userId": event.user_id, "conversation_id": event.conversation_id})


def _write_conversation_metadata(event: e.ConversationMetadata) -> Data:
    return {"conversation_id": event.conversation_id, "content": event.metadata}


def _write_message_edited(event: e.MessageEdited) -> Data:
    return {"conversation_id": event.conversation_id, "message_id": event.message_id}


def _write_update(event: e.ConversationUpdate) -> Data:
    return {
        "type": event.type,
        **_present({"conversation_id": event.conversation_id}),
        "data": event.data,
    }


def _write_general_error(event: e.GeneralError) -> Data:
    return {
        **_present({"conversation_id": event.conversation_id}),
        "error_code": event.code,
        "error_desc": event.description,
        **_present({"message_link": event.message_link, "linked_event_type": event.linked}),
    }


def _present(fields: Data) -> Data:
    return {key: field for key, field in fields.items() if field is not None}


_WRITERS: dict[type[e.Event], Callable[[Any], Data]] = {
    e.ConversationStart: _write_start,
    e.UserMessage: _write_user_message,
    e.EditMessage: _write_edit,
    e.MetadataSet: _write_metadata_set,
    e.ActionSent: _write_action_sent,
    e.TranscriptRequest: _write_conversation_id,
    e.MetadataRequest: _write_conversation_id,
    e.GetConversations: _write_get_conversations,
    e.DeleteConversation: _write_delete,
    e.SocketConnected: _write_socket_connected,
    e.ConversationStarted: _write_conversation_id,
    e.BotMessage: _write_bot_message,
    e.LivechatMessage: _write_livechat_message,
    e.ActionsReceived: _write_actions,
    e.ConversationTranscript: _write_transcript,
    e.UserConversations: _write_conversations,
    e.ConversationDeleted: _write_deleted,
    e.ConversationMetadata: _write_conversation_metadata,
    e.MetadataUpdated: _write_conversation_id,
    e.MessageEdited: _write_message_edited,
    e.ConversationUpdate: _write_update,
    e.GeneralError: _write_general_error,
}
