"""What the service answers to each event of a client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.server.store.conversations import StoredConversation, StoreError

from .bots.failures import BotFailed
from .routing import Socket
from .service import Refusal, Service


def handle(
    service: Service, event: e.Event, socket: Socket | None, *, lead: float = 0
) -> e.ServerEvent | None:
    """Carry out a client event that came by `socket`, and return its answer, if it has one.

    What it has changed is in the store then. What the bot says follows by itself, after `lead`
    seconds at the earliest. Raise `Refusal`.
    """
    named = getattr(event, "conversation_id", None)
    service.admit(named)
    carry_out = _ANSWERS.get(type(event))
    if carry_out is None:
        kind = event.type if isinstance(event, e.UnknownEvent) else event.event_type
        raise Refusal(f"“{kind}” is not an event that a client sends")
    if isinstance(event, e.UserMessage | e.ActionSent | e.MetadataSet | e.EditMessage):
        service.router.attach(service.find(event.conversation_id), socket)
    try:
        service.evict(named)
        answered = carry_out(service, event, socket, lead)
        service.store.commit()
    except StoreError as error:
        raise Refusal(str(error), named, code=500) from None
    return answered


def _start(
    service: Service, event: e.ConversationStart, socket: Socket | None, lead: float
) -> e.ServerEvent:
    most = service.limits.conversations
    if len(service.store) >= most:
        raise Refusal(f"This key has {most} conversations, and no more: delete some", code=429)
    _check_metadata(service, None, event.metadata)
    user = {**event.user, **(event.user_data or {})}
    conversation = service.store.create(event.user_id or "anon", user, event.metadata)
    service.router.attach(conversation, socket)
    if service.settings.greet == "start":
        service.dialogue_of(conversation).greet(lead)
    return e.ConversationStarted(conversation_id=conversation.id)


def _receive_message(service: Service, event: e.UserMessage, _: Socket | None, lead: float) -> None:
    conversation = service.find(event.conversation_id)
    _check_room(service, conversation)
    dialogue = service.dialogue_of(conversation)
    if not event.text and not event.files:
        dialogue.greet(lead)
        return
    service.store.append(
        conversation,
        "user",
        _content(event.text, event.files),
        client_msg_id=event.client_msg_id or None,
    )
    dialogue.receive_message(event.text, event.files, lead)


def _receive_action(service: Service, event: e.ActionSent, _: Socket | None, lead: float) -> None:
    conversation = service.find(event.conversation_id)
    _check_room(service, conversation)
    service.dialogue_of(conversation).receive_action(event.action, lead)


def _set_metadata(service: Service, event: e.MetadataSet, *_: Any) -> e.ServerEvent:
    conversation = service.find(event.conversation_id)
    _check_metadata(service, conversation, event.metadata)
    service.store.set_metadata(conversation, event.metadata, event.target)
    return e.MetadataUpdated(conversation_id=event.conversation_id)


def _edit(service: Service, event: e.EditMessage, *_: Any) -> e.ServerEvent:
    conversation = service.find(event.conversation_id)
    _check_size(service, conversation)
    if not service.store.edit(conversation, event.message_id, _content(event.text, event.files)):
        raise Refusal("Invalid message_id", conversation.id)
    service.queue.note("edited", conversation.id)
    return e.MessageEdited(conversation_id=conversation.id, message_id=event.message_id)


def _get_metadata(service: Service, event: e.MetadataRequest, *_: Any) -> e.ServerEvent:
    return service.queries.metadata(service.find(event.conversation_id, deleted=True))


def _get_transcript(
    service: Service, event: e.TranscriptRequest, socket: Socket | None, _: float
) -> e.ServerEvent:
    """Tell what was said; whoever asks for it is who goes on with it, after a reconnect too."""
    conversation = service.find(event.conversation_id, deleted=True)
    if not conversation.deleted:
        service.router.attach(conversation, socket)
    return service.queries.transcript(conversation)


def _get_conversations(service: Service, event: e.GetConversations, *_: Any) -> e.ServerEvent:
    return service.queries.conversations(event)


def _delete(service: Service, event: e.DeleteConversation, *_: Any) -> e.ServerEvent:
    """Delete one, or all of a user's: the user's id may stand where a conversation's should."""
    named = event.conversation_id
    one = service.store.get(named) if named is not None else None
    if one is not None and not one.deleted:
        service.forget(one, soft=bool(event.soft))
        return e.ConversationDeleted(conversation_id=one.id, user_id=one.user_id)
    user = event.user_id or named or ""
    theirs = service.store.of_user(user)
    if not theirs and event.user_id is None:
        raise Refusal("Invalid conversation_id", named)
    for conversation in theirs:
        service.forget(conversation, soft=bool(event.soft))
    return e.ConversationDeleted(conversation_id=user, user_id=user)


def push(service: Service, conversation_id: str, answer: dict[str, Any]) -> None:
    """Carry out what the bot says by itself; raise `Refusal` where it cannot be, or makes no sense."""
    service.admit(conversation_id)
    conversation = service.find(conversation_id)
    _check_room(service, conversation)
    try:
        service.dialogue_of(conversation).push(answer)
    except BotFailed as failure:
        raise Refusal(failure.message, conversation_id) from None


def _check_room(service: Service, conversation: StoredConversation) -> None:
    """Raise `Refusal` where a conversation, or its bot, can take no more."""
    most, pending = service.limits.messages, service.limits.pending
    if len(conversation.entries) >= most:
        why = f"This conversation has {most} messages, and no more: start a new one"
        raise Refusal(why, conversation.id, code=429)
    _check_size(service, conversation)
    if len(conversation.turns) >= pending:
        why = f"The bot has {pending} messages to answer, and no more: wait for it"
        raise Refusal(why, conversation.id, code=429)


def _check_size(service: Service, conversation: StoredConversation) -> None:
    most = service.limits.transcript
    if service.store.size_of(conversation) >= most:
        why = f"This conversation has {most} bytes, and no more: start a new one"
        raise Refusal(why, conversation.id, code=429)


def _check_metadata(
    service: Service, known: StoredConversation | None, news: Mapping[str, Any]
) -> None:
    most = service.limits.metadata
    before = (known.metadata, known.private) if known else ()
    if len(json.dumps((*before, news))) > most:
        why = f"A conversation's metadata has {most} bytes, and no more: set less"
        raise Refusal(why, known.id if known else None, code=413)


def _content(text: str, files: tuple[c.File, ...]) -> tuple[c.Content, ...]:
    return (*((c.Text(text),) if text else ()), *((c.Files(files),) if files else ()))


_ANSWERS: dict[type[e.Event], Callable[..., e.ServerEvent | None]] = {
    e.ConversationStart: _start,
    e.UserMessage: _receive_message,
    e.ActionSent: _receive_action,
    e.MetadataSet: _set_metadata,
    e.EditMessage: _edit,
    e.MetadataRequest: _get_metadata,
    e.TranscriptRequest: _get_transcript,
    e.GetConversations: _get_conversations,
    e.DeleteConversation: _delete,
}
