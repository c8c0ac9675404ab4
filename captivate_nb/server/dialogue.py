"""One live conversation: carries out what the bot yields, and gives way to a live agent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.server.livechat.queue import Call
from captivate_nb.server.store.conversations import Conversation, Talk, Turn, text_of

from .flow import bot
from .flow import model as flow
from .turn_queue import Turns

if TYPE_CHECKING:
    from .service import Hub

ESCALATE = "escalateToHuman"


class Chat:
    """The bot's and the agent's side of one conversation, one turn after another.

    A turn is in the store from when it is asked for until it is over, so that it comes to its end
    also when the server does not: what the bot had done of it then is not done again.
    """

    def __init__(self, hub: Hub, conversation: Conversation) -> None:
        self._hub = hub
        self._conversation = conversation
        self._turns = Turns(self._failed)
        self._busy: str | None = None  # where the flow goes when no agent is free

    def greet(self, lead: float = 0) -> None:
        """Greet, unless the bot has spoken before."""
        self._begin(Turn(0, "greet"), lead)

    def hear(self, text: str, files: tuple[c.File, ...], lead: float = 0) -> None:
        """Give the agent, or else the bot, what the user said."""
        self._begin(Turn(0, "hear", text, files), lead)

    def receive(self, action: c.Action, lead: float = 0) -> None:
        """Give the bot an action of the client; `escalateToHuman` works in every flow."""
        self._begin(Turn(0, "receive", action=action), lead)

    def agent_update(self, kind: str, data: dict[str, Any]) -> None:
        self._note_talk()
        self._emit(
            e.ConversationUpdate(type=kind, conversation_id=self._conversation.id, data=data)
        )

    def agent_says(self, name: str, content: tuple[c.Content, ...]) -> None:
        entry = self._hub.store.append(self._conversation, "agent", content, name=name)
        self._emit(
            e.LivechatMessage(
                content=content,
                message_id=entry.id,
                conversation_id=self._conversation.id,
                agent_name=name,
            ),
        )

    def agent_gone(self, *, busy: bool) -> None:
        """Let the bot go on, when an agent has left or none was free."""
        node = self._busy or self._hub.flow.busy
        self._begin(Turn(0, "busy", node) if busy else Turn(0, "left"))

    def resume(self) -> None:
        """Go on where a server has left off."""
        conversation = self._conversation
        pending = tuple(conversation.turns)
        if conversation.talk is not None:
            self._call_again(conversation.talk)
        elif not pending:
            self.agent_gone(busy=False)
        for turn in pending:
            self._take(turn)

    def _begin(self, cue: Turn, lead: float = 0) -> None:
        self._take(self._hub.store.begin(self._conversation, cue), lead)

    def _take(self, turn: Turn, lead: float = 0) -> None:
        async def play() -> None:
            await asyncio.sleep(lead)
            await self._play(turn)

        self._turns.add(play)

    async def _play(self, turn: Turn) -> None:
        """Play a turn to its end; the bot's memory changes only then, and all at once."""
        conversation, store = self._conversation, self._hub.store
        if conversation.deleted:
            return
        before = conversation.memory
        memory = msgspec.structs.replace(before, routes=dict(before.routes))
        try:
            for number, effect in enumerate(self._effects(turn, memory), 1):
                if number > turn.done:
                    store.go_on(conversation, turn)
                    await self._carry_out(effect)
                if conversation.deleted:
                    return
        except Exception:
            store.end(conversation, turn, None)
            store.commit()
            raise
        if not conversation.deleted:
            store.end(conversation, turn, memory)
            store.commit()

    def _effects(self, turn: Turn, memory: bot.Memory) -> Iterable[bot.Effect]:
        hub, conversation = self._hub, self._conversation
        player = bot.Bot(hub.flow, memory, lambda: conversation.seen_by("bot"), hub.show)
        match turn.cue:
            case "greet":
                return player.greet() if memory.node is None else ()
            case "hear":
                taken = hub.desk.hear(conversation.id, turn.text, turn.files)
                return () if taken else player.hear(turn.text, files=bool(turn.files))
            case "receive":
                return self._received(player, turn.action)
            case "busy":
                return player.go(turn.text, {})
            case "left":
                return player.resume()

    def _received(self, player: bot.Bot, action: c.Action | None) -> Iterable[bot.Effect]:
        if action is None or self._conversation.id in self._hub.desk.calls:
            return ()
        effects = player.receive(action)
        if effects is None and action.id == ESCALATE:
            self._call_agent(flow.HandOver(str(action.data.get("reason") or "")))
        return effects or ()

    async def _carry_out(self, effect: bot.Effect) -> None:
        conversation, hub = self._conversation, self._hub
        match effect:
            case bot.Message(content):
                self._say(content)
            case bot.Wait(seconds):
                await asyncio.sleep(seconds)
            case flow.Learn(values):
                hub.store.learn(conversation, values)
            case flow.Act(name, data):
                self._act(c.Action(name, dict(data)))
            case flow.HandOver():
                self._act(c.Action(ESCALATE))
                self._call_agent(effect)
            case flow.Raise(kind, payload):
                self._emit(
                    e.UnknownEvent(
                        type=kind, payload={"conversation_id": conversation.id, **payload}
                    )
                )
            case flow.Answer(request):
                self._emit(self._told(request))

    def _told(self, request: str) -> e.ServerEvent:
        """Return what a client would get that sent this request."""
        if request == "get_conversations":
            return self._hub.list_for(e.GetConversations(user_id=self._conversation.user_id))
        if request == "metadata_request":
            return self._hub.metadata_of(self._conversation)
        return self._hub.transcript_of(self._conversation)

    def _say(self, content: tuple[c.Content, ...]) -> None:
        name = self._hub.flow.bot
        entry = self._hub.store.append(self._conversation, "bot", content, name=name)
        self._emit(e.BotMessage(content=content, message_id=entry.id))

    def _act(self, action: c.Action) -> None:
        self._hub.store.append_action(self._conversation, action, self._hub.flow.bot)
        self._emit(e.ActionsReceived(actions=(action,), conversation_id=self._conversation.id))

    def _call_agent(self, over: flow.HandOver) -> None:
        self._busy = over.busy
        call = Call(self._conversation.id, self._conversation.user_id, over.reason, self)
        self._hub.desk.request(call)
        self._note_talk()

    def _call_again(self, talk: Talk) -> None:
        """Be at the desk again, with what the user has said since it asked for an agent."""
        self._busy = talk.busy
        one = self._conversation
        said = [entry for entry in one.entries if entry.sender == "user"]
        pending = sum(turn.cue == "hear" for turn in one.turns)
        heard = [
            (text_of(entry.content), c.files_of(entry.content))
            for entry in said[: len(said) - pending]
            if entry.time >= talk.since
        ]
        self._hub.desk.restore(
            Call(one.id, one.user_id, talk.reason, self, talk.agent, heard, talk.since, talk.joined)
        )

    def _note_talk(self) -> None:
        """Bring the store to what the desk has of this conversation."""
        call = self._hub.desk.calls.get(self._conversation.id)
        talk = Talk(call.reason, self._busy, call.agent, call.since, call.joined) if call else None
        self._hub.store.note_talk(self._conversation, talk)

    def _emit(self, event: e.ServerEvent | e.UnknownEvent) -> None:
        """Send an event to the client, once what it tells of is in the store."""
        self._hub.store.commit()
        self._hub.emit(self._conversation, event)

    def _failed(self) -> None:
        self._hub.emit(
            self._conversation,
            e.GeneralError(
                code=500,
                description="The bot failed; the server's log has the reason",
                conversation_id=self._conversation.id,
            ),
        )
