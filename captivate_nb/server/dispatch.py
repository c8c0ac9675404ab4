"""What the service answers to each event of a client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.server.store.conversations import Conversation, StoreError

from .service import Hub, Refusal, Socket


def handle(
    hub: Hub, event: e.Event, socket: Socket | None, *, lead: float = 0
) -> e.ServerEvent | None:
    """Carry out a client event that came by `socket`, and return its answer, if it has one.

    What it has changed is in the store then. What the bot says follows by itself, after `lead`
    seconds at the earliest. Raise `Refusal`.
    """
    named = getattr(event, "conversation_id", None)
    hub.admit(named)
    carry_out = _ANSWERS.get(type(event))
    if carry_out is None:
        kind = event.type if isinstance(event, e.UnknownEvent) else event.event_type
        raise Refusal(f"“{kind}” is not an event that a client sends")
    if isinstance(event, e.UserMessage | e.ActionSent | e.MetadataSet | e.EditMessage):
        hub.attach(hub.find(event.conversation_id), socket)
    try:
        hub.make_room(named)
        answered = carry_out(hub, event, socket, lead)
        hub.store.commit()
    except StoreError as error:
        raise Refusal(str(error), named, code=500) from None
    return answered


def _start(
    hub: Hub, event: e.ConversationStart, socket: Socket | None, lead: float
) -> e.ServerEvent:
    most = hub.limits.conversations
    if len(hub.store) >= most:
        raise Refusal(f"This key has {most} conversations, and no more: delete some", code=429)
    _check_metadata(hub, None, event.metadata)
    user = {**event.user, **(event.user_data or {})}
    conversation = hub.store.create(event.user_id or "anon", user, event.metadata)
    hub.attach(conversation, socket)
    if hub.settings.greet == "start":
        hub.chat_of(conversation).greet(lead)
    return e.ConversationStarted(conversation_id=conversation.id)


def _hear(hub: Hub, event: e.UserMessage, _: Socket | None, lead: float) -> None:
    conversation = hub.find(event.conversation_id)
    _check_room(hub, conversation)
    chat = hub.chat_of(conversation)
    if not event.text and not event.files:
        chat.greet(lead)
        return
    hub.store.append(
        conversation,
        "user",
        _content(event.text, event.files),
        client_msg_id=event.client_msg_id or None,
    )
    chat.hear(event.text, event.files, lead)


def _receive(hub: Hub, event: e.ActionSent, _: Socket | None, lead: float) -> None:
    conversation = hub.find(event.conversation_id)
    _check_room(hub, conversation)
    hub.chat_of(conversation).receive(event.action, lead)


def _set_metadata(hub: Hub, event: e.MetadataSet, *_: Any) -> e.ServerEvent:
    conversation = hub.find(event.conversation_id)
    _check_metadata(hub, conversation, event.metadata)
    hub.store.learn(conversation, event.metadata, event.target)
    return e.MetadataUpdated(conversation_id=event.conversation_id)


def _edit(hub: Hub, event: e.EditMessage, *_: Any) -> e.ServerEvent:
    conversation = hub.find(event.conversation_id)
    _check_size(hub, conversation)
    if not hub.store.edit(conversation, event.message_id, _content(event.text, event.files)):
        raise Refusal("Invalid message_id", conversation.id)
    hub.desk.note("edited", conversation.id)
    return e.MessageEdited(conversation_id=conversation.id, message_id=event.message_id)


def _get_metadata(hub: Hub, event: e.MetadataRequest, *_: Any) -> e.ServerEvent:
    return hub.metadata_of(hub.find(event.conversation_id, deleted=True))


def _get_transcript(
    hub: Hub, event: e.TranscriptRequest, socket: Socket | None, _: float
) -> e.ServerEvent:
    """Tell what was said; whoever asks for it is who goes on with it, after a reconnect too."""
    conversation = hub.find(event.conversation_id, deleted=True)
    if not conversation.deleted:
        hub.attach(conversation, socket)
    return hub.transcript_of(conversation)


def _get_conversations(hub: Hub, event: e.GetConversations, *_: Any) -> e.ServerEvent:
    return hub.list_for(event)


def _delete(hub: Hub, event: e.DeleteConversation, *_: Any) -> e.ServerEvent:
    """Delete one, or all of a user's: the user's id may stand where a conversation's should."""
    named = event.conversation_id
    one = hub.store.get(named) if named is not None else None
    if one is not None and not one.deleted:
        hub.forget(one, soft=bool(event.soft))
        return e.ConversationDeleted(conversation_id=one.id, user_id=one.user_id)
    user = event.user_id or named or ""
    theirs = hub.store.of_user(user)
    if not theirs and event.user_id is None:
        raise Refusal("Invalid conversation_id", named)
    for conversation in theirs:
        hub.forget(conversation, soft=bool(event.soft))
    return e.ConversationDeleted(conversation_id=user, user_id=user)


def _check_room(hub: Hub, conversation: Conversation) -> None:
    """Raise `Refusal` where a conversation, or its bot, can take no more."""
    most, pending = hub.limits.messages, hub.limits.pending
    if len(conversation.entries) >= most:
        why = f"This conversation has {most} messages, and no more: start a new one"
        raise Refusal(why, conversation.id, code=429)
    _check_size(hub, conversation)
    if len(conversation.turns) >= pending:
        why = f"The bot has {pending} messages to answer, and no more: wait for it"
        raise Refusal(why, conversation.id, code=429)


def _check_size(hub: Hub, conversation: Conversation) -> None:
    most = hub.limits.transcript
    if hub.store.size_of(conversation) >= most:
        why = f"This conversation has {most} bytes, and no more: start a new one"
        raise Refusal(why, conversation.id, code=429)


def _check_metadata(hub: Hub, known: Conversation | None, news: Mapping[str, Any]) -> None:
    most = hub.limits.metadata
    before = (known.metadata, known.private) if known else ()
    if len(json.dumps((*before, news))) > most:
        why = f"A conversation's metadata has {most} bytes, and no more: set less"
        raise Refusal(why, known.id if known else None, code=413)


def _content(text: str, files: tuple[c.File, ...]) -> tuple[c.Content, ...]:
    return (*((c.Text(text),) if text else ()), *((c.Files(files),) if files else ()))


_ANSWERS: dict[type[e.Event], Callable[..., e.ServerEvent | None]] = {
    e.ConversationStart: _start,
    e.UserMessage: _hear,
    e.ActionSent: _receive,
    e.MetadataSet: _set_metadata,
    e.EditMessage: _edit,
    e.MetadataRequest: _get_metadata,
    e.TranscriptRequest: _get_transcript,
    e.GetConversations: _get_conversations,
    e.DeleteConversation: _delete,
}
