"""One live conversation: carries out what the bot yields, and hands over to a live agent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
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

from .bots.bot import Bot, Turn
from .bots.failures import BotFailed
from .bots.program import checked
from .bots.records import Records, TurnRecord
from .effects import (
    Answer,
    ChangeMetadata,
    Effect,
    HandOver,
    SayEffect,
    SendAction,
    SendEvent,
    SetMetadata,
    WaitEffect,
)
from .flow.bot import Memory
from .limits import Limits
from .queries import Queries
from .routing import Router
from .serial_queue import SerialQueue, Tasks

ESCALATE = "escalateToHuman"
JOINED = "livechatAgentConnected"


class Backend(Protocol):
    """What a dialogue needs of the service that it is part of."""

    store: ConversationStore
    queue: LiveChatQueue
    router: Router
    queries: Queries
    records: Records
    tasks: Tasks
    limits: Limits

    @property
    def bot(self) -> Bot: ...
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
        self._pushes = SerialQueue(service.tasks, self._failed)
        self._silence: asyncio.Task[None] | None = None  # waits for the agent's first word
        self._busy: str | None = None  # what the bot is told when no agent is free

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
        self._await_agent(connected=kind == JOINED)
        self._emit(
            e.ConversationUpdate(type=kind, conversation_id=self._conversation.id, data=data)
        )

    def send_agent_message(self, name: str, content: tuple[c.Content, ...]) -> None:
        self._await_agent(connected=False)
        entry = self._service.store.append(self._conversation, "agent", content, name=name)
        self._emit(
            e.LivechatMessage(
                content=content,
                message_id=entry.id,
                conversation_id=self._conversation.id,
                agent_name=name,
            ),
        )

    def _await_agent(self, *, connected: bool) -> None:
        """Tell the bot when the agent who has come writes nothing for `agent_idle` seconds."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if connected:
            self._silence = self._service.tasks.start(self._note_silence())

    async def _note_silence(self) -> None:
        await asyncio.sleep(self._service.limits.agent_idle)
        if not self._conversation.deleted:
            self._begin_turn(PendingTurn(0, "idle"))

    def agent_left(self, *, busy: bool) -> None:
        """Let the bot go on, when an agent has left or none was free."""
        told = PendingTurn(0, "busy", self._busy or "") if busy else PendingTurn(0, "left")
        self._begin_turn(told)

    def push(self, answer: dict[str, Any]) -> None:
        """Carry out what the bot says by itself, at any time; raise `BotFailed`.

        It does not wait for the turn that goes on, which may be what pushes it.
        """
        one, service = self._conversation, self._service
        record = service.records.begin(one.id, PendingTurn(0, "push"))
        before = {"custom": one.shown_to("bot"), "private": one.private}
        try:
            effects = checked(answer, before, record, service.limits)
        except BotFailed as failure:
            record.fail(failure)
            raise
        finally:
            service.records.end(record)

        async def play() -> None:
            for effect in effects:
                if not one.deleted:
                    await self._carry_out(effect)
            service.store.commit()

        self._pushes.add(play)

    def take_again(self, turn: PendingTurn) -> None:
        """Have the bot answer again what it had to answer in a turn that is over."""
        self._begin_turn(msgspec.structs.replace(turn, number=0, done=0))

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
        before, bot = conversation.memory, self._service.bot
        memory = msgspec.structs.replace(before, routes=dict(before.routes))
        try:
            await self._carry_out_all(turn, memory)
        except Exception:
            store.end_turn(conversation, turn, None)
            store.commit()
            raise
        if not conversation.deleted:
            if self._service.bot is not bot:  # another has taken over meanwhile
                self._service.bot.fit(memory)
            store.end_turn(conversation, turn, memory)
            store.commit()

    async def _carry_out_all(self, turn: PendingTurn, memory: Memory) -> None:
        if self._goes_to_agent(turn):
            return
        service = self._service
        record = service.records.begin(self._conversation.id, turn)
        one, record.memory = self._conversation, msgspec.structs.replace(memory)
        record.metadata = {**one.metadata, "private": one.private}
        try:
            await self._carry_out_answer(turn, memory, record)
        except Exception as error:
            record.fail(BotFailed(f"The server could not go on with this turn: {error!r:.500}"))
            raise
        finally:
            service.records.end(record)

    async def _carry_out_answer(
        self, turn: PendingTurn, memory: Memory, record: TurnRecord
    ) -> None:
        number = 0
        async with contextlib.aclosing(self._answer(turn, memory, record)) as effects:
            async for effect in effects:
                number += 1
                if number > turn.done:
                    self._service.store.advance_turn(self._conversation, turn)
                    await self._carry_out(effect)
                if self._conversation.deleted:
                    return

    def _goes_to_agent(self, turn: PendingTurn) -> bool:
        """Whether a turn is not for the bot, but for a live agent; if so, hand it to the queue."""
        service, conversation = self._service, self._conversation
        if turn.cue == "hear":
            return service.queue.receive(conversation.id, turn.text, turn.files)
        if turn.cue != "receive" or turn.action is None:
            return False
        if conversation.id in service.queue.handoffs:
            return True
        if turn.action.id != ESCALATE or service.bot.takes(ESCALATE):
            return False
        self._request_agent(HandOver(_reason(turn.action.data)))
        return True

    def _answer(
        self, turn: PendingTurn, memory: Memory, record: TurnRecord
    ) -> AsyncGenerator[Effect, None]:
        return self._service.bot.answer(
            Turn(
                turn.cue,
                turn.text,
                turn.files,
                turn.action,
                self._conversation,
                memory,
                record,
                self._service.queue.available,
                self._service.picture_url,
            )
        )

    async def _carry_out(self, effect: Effect) -> None:
        conversation, service = self._conversation, self._service
        match effect:
            case SayEffect(content):
                self._say(content)
            case WaitEffect(seconds):
                await asyncio.sleep(seconds)
            case SetMetadata(values):
                service.store.set_metadata(conversation, values)
            case ChangeMetadata():
                service.store.change_metadata(conversation, effect)
            case SendAction(name, data):
                self._send_action(c.Action(name, data))
            case HandOver():
                self._send_action(c.Action(ESCALATE))
                self._request_agent(effect)
            case SendEvent(kind, payload):
                self._emit(
                    e.UnknownEvent(
                        type=kind, payload={"conversation_id": conversation.id, **payload}
                    )
                )
            case Answer(request):
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
        name = self._service.bot.script.bot
        entry = self._service.store.append(self._conversation, "bot", content, name=name)
        self._emit(e.BotMessage(content=content, message_id=entry.id))

    def _send_action(self, action: c.Action) -> None:
        self._service.store.append_action(self._conversation, action, self._service.bot.script.bot)
        self._emit(e.ActionsReceived(actions=(action,), conversation_id=self._conversation.id))

    def _request_agent(self, over: HandOver) -> None:
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


def _reason(data: Any) -> str:
    return str(data.get("reason") or "") if isinstance(data, dict) else ""
