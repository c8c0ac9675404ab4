"""The scripted agent: takes every call, greets, answers by the flow's script, and leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from captivate_nb.server.flow import bot
from captivate_nb.server.flow import model as flow
from captivate_nb.server.flow.placeholders import Facts, Show
from captivate_nb.server.turn_queue import Turns

from .queue import Call, Desk, What


class ScriptedAgent:
    """Plays the agent while `desk.scripted` is true, by the same methods anyone else would use."""

    def __init__(
        self, desk: Desk, script: flow.Flow, facts: Callable[[Call], Facts], show: Show
    ) -> None:
        self._desk = desk
        self._flow = script
        self._facts = facts
        self._show = show
        self._turns: dict[str, Turns] = {}
        desk.watchers.append(self._on_desk)

    def _on_desk(self, what: What, call: Call | None) -> None:
        if what == "changed":
            for waiting in [one for one in self._desk.calls.values() if one.agent is None]:
                self._on_desk("waiting", waiting)
        elif call is None:
            return
        elif what in ("left", "refused", "gone"):
            self._turns.pop(call.conversation_id, None)
        elif self._desk.scripted and what == "waiting":
            self._turns_of(call).add(lambda: self._join(call))
        elif self._desk.scripted and what == "heard" and call.agent is not None:
            text, _ = call.heard[-1]
            self._turns_of(call).add(lambda: self._answer(call, text))

    def _turns_of(self, call: Call) -> Turns:
        return self._turns.setdefault(call.conversation_id, Turns())

    async def _join(self, call: Call) -> None:
        script = self._flow.agent
        await asyncio.sleep(script.joins_after)
        if not self._mine(call) or call.agent is not None:
            return
        before = tuple(call.heard)
        self._desk.accept(call, script.name)
        await self._play(call, script.greets, "")
        for text, _ in before:
            await self._answer(call, text)

    async def _answer(self, call: Call, text: str) -> None:
        script = self._flow.agent
        node, groups = bot.match(script.rules, text) or (script.otherwise, {})
        await self._play(call, node, text, groups)

    async def _play(self, call: Call, node: str, said: str, groups: Facts | None = None) -> None:
        player = bot.Bot(self._flow, bot.Memory(), lambda: self._facts(call), self._show)
        extra = {"said": said, "agent": self._flow.agent.name, **(groups or {})}
        for effect in player.go(node, extra):
            if not self._mine(call):
                return
            match effect:
                case bot.Message(content):
                    self._desk.say(call, content)
                case bot.Wait(seconds):
                    await asyncio.sleep(seconds)
                case flow.Leave():
                    self._desk.leave(call)

    def _mine(self, call: Call) -> bool:
        """Whether the script still plays this call."""
        return self._desk.scripted and self._desk.calls.get(call.conversation_id) is call
