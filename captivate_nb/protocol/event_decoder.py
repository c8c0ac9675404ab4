"""Each event's payload, from the wire: every spelling seen, read into one shape.

A reader takes the payload and a list to note what it had to skip; it raises `ProtocolError` when
the event makes no sense without what is missing.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from captivate_nb.errors import ProtocolError

from . import events as e
from .content_decoder import (
    Data,
    as_list,
    first_text,
    need_dict,
    need_text,
    read_action,
    read_content,
    read_each,
    read_user_content,
)
from .transcript_decoder import read_transcript

Reader = Callable[[Data, list[str]], e.Event]
N = TypeVar("N", int, None)


def reader_of(kind: str, sender: e.Sender) -> Reader | None:
    """Return the reader of an event type; one only the other side sends is read all the same."""
    mine, theirs = (_SERVER, _CLIENT) if sender == "server" else (_CLIENT, _SERVER)
    return mine.get(kind) or theirs.get(kind)


def _conversation_start(data: Data, _: list[str]) -> e.Event:
    given = (data.get(key) for key in ("userData", "userMetadata"))
    return e.ConversationStart(
        user_id=first_text(data, "userId"),
        user=_dict(data, "userBasicInfo"),
        user_data=next((value for value in given if isinstance(value, dict)), None),
        metadata=_dict(data, "metadata"),
    )


def _user_message(data: Data, problems: list[str]) -> e.Event:
    text, files = read_user_content(data, problems)
    return e.UserMessage(
        conversation_id=need_text(data, "conversation_id"),
        client_msg_id=first_text(data, "client_msg_id") or "",
        text=text,
        files=files,
    )


def _edit_message(data: Data, problems: list[str]) -> e.Event:
    text, files = read_user_content(data, problems)
    return e.EditMessage(
        conversation_id=need_text(data, "conversation_id"),
        client_msg_id=first_text(data, "client_msg_id") or "",
        message_id=need_text(data, "message_id"),
        text=text,
        files=files,
    )


def _metadata_set(data: Data, problems: list[str]) -> e.Event:
    target = first_text(data, "target") or "default"
    if target not in e.TARGETS:
        problems.append(f"target {target!r} is not one of {', '.join(e.TARGETS)}: default is taken")
        target = "default"
    return e.MetadataSet(
        conversation_id=need_text(data, "conversation_id"),
        client_msg_id=first_text(data, "client_msg_id") or "",
        metadata=need_dict(data.get("metadata"), "metadata"),
        target=target,  # type: ignore[arg-type]  # checked just above
    )


def _action_sent(data: Data, _: list[str]) -> e.Event:
    return e.ActionSent(
        conversation_id=need_text(data, "conversation_id"), action=read_action(data)
    )


def _transcript_request(data: Data, _: list[str]) -> e.Event:
    return e.TranscriptRequest(conversation_id=need_text(data, "conversation_id"))


def _metadata_request(data: Data, _: list[str]) -> e.Event:
    return e.MetadataRequest(conversation_id=need_text(data, "conversation_id"))


def _get_conversations(variant: Any) -> Reader:
    def read(data: Data, _: list[str]) -> e.Event:
        pages = _dict(data, "pagination")
        keys = data.get("apiKeys")
        return e.GetConversations(
            user_id=need_text(data, "userId"),
            variant=variant,
            filter=_dict(data, "filter"),
            search=_dict(data, "search"),
            page=_int(pages, "page", None),
            limit=_int(pages, "limit", None),
            api_keys=tuple(key for key in as_list(keys) if isinstance(key, str)),
        )

    return read


def _delete(variant: Any) -> Reader:
    def read(data: Data, _: list[str]) -> e.Event:
        soft = data.get("softdelete")
        event = e.DeleteConversation(
            conversation_id=first_text(data, "conversation_id"),
            user_id=first_text(data, "userId"),
            soft=soft if isinstance(soft, bool) else None,
            variant=variant,
        )
        if event.conversation_id is None and event.user_id is None:
            raise ProtocolError("it has neither “conversation_id” nor “userId”")
        return event

    return read


def _socket_connected(data: Data, _: list[str]) -> e.Event:
    return e.SocketConnected(
        socket_id=first_text(data, "socket_id") or "", upload_url=first_text(data, "upload_url")
    )


def _conversation_started(data: Data, _: list[str]) -> e.Event:
    return e.ConversationStarted(conversation_id=need_text(data, "conversation_id"))


def _bot_message(data: Data, problems: list[str]) -> e.Event:
    return e.BotMessage(
        content=read_content(data.get("content"), problems),
        message_id=first_text(data, "ch_msg_id", "message_id"),
        conversation_id=first_text(data, "conversation_id") or None,
        bot=_dict(data, "bot"),
    )


def _livechat_message(data: Data, problems: list[str]) -> e.Event:
    return e.LivechatMessage(
        content=read_content(data.get("content"), problems),
        message_id=first_text(data, "ch_msg_id", "message_id"),
        conversation_id=first_text(data, "conversation_id") or None,
        agent_name=first_text(data, "agent_name", "agentName")
        or first_text(_dict(data, "agent"), "name"),
    )


def _actions_received(data: Data, problems: list[str]) -> e.Event:
    listed = data.get("actions")
    values = listed if isinstance(listed, list) and (listed or "id" not in data) else [data]
    actions = read_each(values, read_action, "action", problems)
    if values and not actions:
        raise ProtocolError(problems[-1])
    return e.ActionsReceived(
        actions=actions, conversation_id=first_text(data, "conversation_id") or None
    )


def _user_conversations(data: Data, problems: list[str]) -> e.Event:
    pages = data.get("pagination")
    return e.UserConversations(
        conversations=read_each(
            as_list(data.get("conversations")), _summary, "conversation", problems
        ),
        pagination=_pagination(pages) if isinstance(pages, dict) else None,
        user_id=first_text(data, "userId"),
    )


def _summary(value: Any) -> e.ConversationSummary:
    if isinstance(value, str):
        return e.ConversationSummary(value)
    data = need_dict(value, "a conversation")
    return e.ConversationSummary(
        conversation_id=need_text(data, "conversation_id", "conversationId", "id"),
        metadata=_dict(data, "metadata"),
        api_key=first_text(data, "apiKey"),
    )


def _pagination(data: Data) -> e.Pagination:
    return e.Pagination(
        page=_int(data, "page", 1),
        page_size=_int(data, "pageSize", 0),
        total=_int(data, "total", 0),
        total_pages=_int(data, "totalPages", 1),
        has_next=bool(data.get("hasNextPage")),
        has_previous=bool(data.get("hasPrevPage")),
    )


def _conversation_deleted(data: Data, _: list[str]) -> e.Event:
    return e.ConversationDeleted(
        conversation_id=first_text(data, "conversation_id"), user_id=first_text(data, "userId")
    )


def _conversation_metadata(data: Data, _: list[str]) -> e.Event:
    content = data.get("content", data.get("metadata"))
    return e.ConversationMetadata(
        conversation_id=first_text(data, "conversation_id") or "",
        metadata=need_dict({} if content is None else content, "content"),
    )


def _metadata_updated(data: Data, _: list[str]) -> e.Event:
    return e.MetadataUpdated(conversation_id=first_text(data, "conversation_id") or "")


def _message_edited(data: Data, _: list[str]) -> e.Event:
    return e.MessageEdited(
        conversation_id=first_text(data, "conversation_id") or "",
        message_id=first_text(data, "message_id") or "",
    )


def _conversation_update(data: Data, _: list[str]) -> e.Event:
    return e.ConversationUpdate(
        type=need_text(data, "type"),
        conversation_id=first_text(data, "conversation_id") or None,
        data=_dict(data, "data"),
    )


def _general_error(data: Data, _: list[str]) -> e.Event:
    return e.GeneralError(
        code=_error_code(data),
        description=first_text(data, "error_desc", "message") or "",
        conversation_id=first_text(data, "conversation_id") or None,
        message_link=first_text(data, "message_link"),
        linked=first_text(data, "linked_event_type"),
    )


def _error_code(data: Data) -> int | str:
    text = need_text(data, "error_code", "code")
    return int(text) if len(text) < 20 and text.removeprefix("-").isdecimal() else text


def _dict(data: Data, key: str) -> Data:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _int(data: Data, key: str, default: N) -> int | N:
    text = first_text(data, key) or ""
    return int(text) if text.isdecimal() and len(text) < 10 else default


_CLIENT: dict[str, Reader] = {
    "conversation_start": _conversation_start,
    "user_message": _user_message,
    "metadata": _metadata_set,
    "action": _action_sent,
    "conversation_transcript_request": _transcript_request,
    "get_conversations": _get_conversations("get_conversations"),
    "get_user_conversations": _get_conversations("get_user_conversations"),
    "get_user_conversations_v2": _get_conversations("get_user_conversations_v2"),
    "delete_conversation": _delete("delete_conversation"),
    "delete_user_conversations": _delete("delete_user_conversations"),
    "metadata_request": _metadata_request,
    "edit_message": _edit_message,
}

_SERVER: dict[str, Reader] = {
    "socket_connected": _socket_connected,
    "conversation_start_success": _conversation_started,
    "bot_message": _bot_message,
    "livechat_message": _livechat_message,
    "action": _actions_received,
    "conversation_transcript": read_transcript,
    "user_conversations": _user_conversations,
    "get_conversations": _user_conversations,
    "get_user_conversations": _user_conversations,
    "get_user_conversations_v2": _user_conversations,
    "delete_conversation_success": _conversation_deleted,
    "metadata_request": _conversation_metadata,
    "conversation_metadata": _conversation_metadata,
    "metadata_update_success": _metadata_updated,
    "message_edited_success": _message_edited,
    "conversation_update": _conversation_update,
    "general_error": _general_error,
}

WIRE_NAMES = tuple({**_SERVER, **_CLIENT})
"""The names of all events, whoever sends them."""
