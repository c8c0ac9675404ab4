"""One live conversation: carries out what the bot yields, and hands over to a live agent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.server.livechat.queue import Handoff, LiveChatQueue
from captivate_nb.server.store.conversations import (
    ConversationStore,
    HandoffRecord,
    PendingTurn,
    StoredConversation,
    text_of,
)

from .flow import bot, model
from .queries import Queries
from .routing import Router
from .serial_queue import SerialQueue, Tasks

ESCALATE = "escalateToHuman"


class Backend(Protocol):
    """What a dialogue needs of the service that it is part of."""

    flow: model.Flow
    store: ConversationStore
    queue: LiveChatQueue
    router: Router
    queries: Queries
    tasks: Tasks

    def picture_url(self, address: str) -> str: ...


class Dialogue:
    """The bot's and the agent's side of one conversation, one turn after another.

    A turn is in the store from when it is asked for until it is over, so that it comes to its end
    also when the server does not: what the bot had done of it then is not done again.
    """

    def __init__(self, service: Backend, conversation: StoredConversation) -> None:
        self._service = service
        self._conversation = conversation
        self._jobs = SerialQueue(service.tasks, self._failed)
        self._busy: str | None = None  # where the flow goes when no agent is free

    def greet(self, lead: float = 0) -> None:
        """Greet, unless the bot has spoken before."""
        self._begin_turn(PendingTurn(0, "greet"), lead)

    def receive_message(self, text: str, files: tuple[c.File, ...], lead: float = 0) -> None:
        """Give the agent, or else the bot, what the user said."""
        self._begin_turn(PendingTurn(0, "hear", text, files), lead)

    def receive_action(self, action: c.Action, lead: float = 0) -> None:
        """Give the bot an action of the client; `escalateToHuman` works in every flow."""
        self._begin_turn(PendingTurn(0, "receive", action=action), lead)

    def send_update(self, kind: str, data: dict[str, Any]) -> None:
        self._note_handoff()
        self._emit(
            e.ConversationUpdate(type=kind, conversation_id=self._conversation.id, data=data)
        )

    def send_agent_message(self, name: str, content: tuple[c.Content, ...]) -> None:
        entry = self._service.store.append(self._conversation, "agent", content, name=name)
        self._emit(
            e.LivechatMessage(
                content=content,
                message_id=entry.id,
                conversation_id=self._conversation.id,
                agent_name=name,
            ),
        )

    def agent_left(self, *, busy: bool) -> None:
        """Let the bot go on, when an agent has left or none was free."""
        node = self._busy or self._service.flow.busy
        self._begin_turn(PendingTurn(0, "busy", node) if busy else PendingTurn(0, "left"))

    def resume(self) -> None:
        """Go on where a server has left off."""
        conversation = self._conversation
        pending = tuple(conversation.turns)
        if conversation.handoff is not None:
            self._restore_handoff(conversation.handoff)
        elif not pending:
            self.agent_left(busy=False)
        for turn in pending:
            self._schedule(turn)

    def _begin_turn(self, cue: PendingTurn, lead: float = 0) -> None:
        self._schedule(self._service.store.begin_turn(self._conversation, cue), lead)

    def _schedule(self, turn: PendingTurn, lead: float = 0) -> None:
        async def play() -> None:
            await asyncio.sleep(lead)
            await self._play(turn)

        self._jobs.add(play)

    async def _play(self, turn: PendingTurn) -> None:
        """Play a turn to its end; the bot's memory changes only then, and all at once."""
        conversation, store = self._conversation, self._service.store
        if conversation.deleted:
            return
        before = conversation.memory
        memory = msgspec.structs.replace(before, routes=dict(before.routes))
        try:
            for number, effect in enumerate(self._effects(turn, memory), 1):
                if number > turn.done:
                    store.advance_turn(conversation, turn)
                    await self._carry_out(effect)
                if conversation.deleted:
                    return
        except Exception:
            store.end_turn(conversation, turn, None)
            store.commit()
            raise
        if not conversation.deleted:
            store.end_turn(conversation, turn, memory)
            store.commit()

    def _effects(self, turn: PendingTurn, memory: bot.Memory) -> Iterable[bot.Effect]:
        service, conversation = self._service, self._conversation
        player = bot.Bot(
            service.flow, memory, lambda: conversation.seen_by("bot"), service.picture_url
        )
        match turn.cue:
            case "greet":
                return player.greet() if memory.node is None else ()
            case "hear":
                taken = service.queue.receive(conversation.id, turn.text, turn.files)
                return () if taken else player.answer(turn.text, files=bool(turn.files))
            case "receive":
                return self._answer_action(player, turn.action)
            case "busy":
                return player.go(turn.text, {})
            case "left":
                return player.resume()

    def _answer_action(self, player: bot.Bot, action: c.Action | None) -> Iterable[bot.Effect]:
        if action is None or self._conversation.id in self._service.queue.handoffs:
            return ()
        effects = player.answer_action(action)
        if effects is None and action.id == ESCALATE:
            self._request_agent(model.HandOver(str(action.data.get("reason") or "")))
        return effects or ()

    async def _carry_out(self, effect: bot.Effect) -> None:
        conversation, service = self._conversation, self._service
        match effect:
            case bot.SayEffect(content):
                self._say(content)
            case bot.WaitEffect(seconds):
                await asyncio.sleep(seconds)
            case model.SetMetadata(values):
                service.store.set_metadata(conversation, values)
            case model.SendAction(name, data):
                self._send_action(c.Action(name, dict(data)))
            case model.HandOver():
                self._send_action(c.Action(ESCALATE))
                self._request_agent(effect)
            case model.SendEvent(kind, payload):
                self._emit(
                    e.UnknownEvent(
                        type=kind, payload={"conversation_id": conversation.id, **payload}
                    )
                )
            case model.Answer(request):
                self._emit(self._answer_request(request))

    def _answer_request(self, request: str) -> e.ServerEvent:
        """Return what a client would get that sent this request."""
        if request == "get_conversations":
            return self._service.queries.conversations(
                e.GetConversations(user_id=self._conversation.user_id)
            )
        if request == "metadata_request":
            return self._service.queries.metadata(self._conversation)
        return self._service.queries.transcript(self._conversation)

    def _say(self, content: tuple[c.Content, ...]) -> None:
        name = self._service.flow.bot
        entry = self._service.store.append(self._conversation, "bot", content, name=name)
        self._emit(e.BotMessage(content=content, message_id=entry.id))

    def _send_action(self, action: c.Action) -> None:
        self._service.store.append_action(self._conversation, action, self._service.flow.bot)
        self._emit(e.ActionsReceived(actions=(action,), conversation_id=self._conversation.id))

    def _request_agent(self, over: model.HandOver) -> None:
        self._busy = over.busy
        handoff = Handoff(self._conversation.id, self._conversation.user_id, over.reason, self)
        self._service.queue.request(handoff)
        self._note_handoff()

    def _restore_handoff(self, handoff: HandoffRecord) -> None:
        """Join the queue again, with what the user has said since it asked for an agent."""
        self._busy = handoff.busy
        one = self._conversation
        said = [entry for entry in one.entries if entry.sender == "user"]
        pending = sum(turn.cue == "hear" for turn in one.turns)
        heard = [
            (text_of(entry.content), c.files_of(entry.content))
            for entry in said[: len(said) - pending]
            if entry.time >= handoff.since
        ]
        self._service.queue.restore(
            Handoff(
                one.id,
                one.user_id,
                handoff.reason,
                self,
                handoff.agent,
                heard,
                handoff.since,
                handoff.joined,
            )
        )

    def _note_handoff(self) -> None:
        """Bring the store to what the queue has of this conversation."""
        current = self._service.queue.handoffs.get(self._conversation.id)
        record = (
            HandoffRecord(current.reason, self._busy, current.agent, current.since, current.joined)
            if current
            else None
        )
        self._service.store.note_handoff(self._conversation, record)

    def _emit(self, event: e.ServerEvent | e.UnknownEvent) -> None:
        """Send an event to the client, once what it is about is in the store."""
        self._service.store.commit()
        self._service.router.emit(self._conversation, event)

    def _failed(self) -> None:
        self._service.router.emit(
            self._conversation,
            e.GeneralError(
                code=500,
                description="The bot failed; the server's log has the reason",
                conversation_id=self._conversation.id,
            ),
        )
