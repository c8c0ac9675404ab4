"""The scripted agent: accepts every handoff, greets, answers by the flow's script, and leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from captivate_nb.server import effects
from captivate_nb.server.flow import bot, model
from captivate_nb.server.flow.placeholders import Facts, PictureUrl
from captivate_nb.server.serial_queue import SerialQueue, Tasks

from .queue import Handoff, LiveChatQueue, QueueEvent


class ScriptedAgent:
    """Plays the agent while `queue.scripted` is true, by the same methods anyone else would use."""

    def __init__(
        self,
        queue: LiveChatQueue,
        script: Callable[[], model.Flow],
        metadata: Callable[[Handoff], Facts],
        picture_url: PictureUrl,
        tasks: Tasks,
    ) -> None:
        self._queue = queue
        self._script = script
        self._metadata = metadata
        self._picture_url = picture_url
        self._tasks = tasks
        self._jobs: dict[str, SerialQueue] = {}  # by conversation id
        queue.watchers.append(self._on_queue_event)

    def _on_queue_event(self, what: QueueEvent, handoff: Handoff | None) -> None:
        if what == "changed":
            for waiting in [one for one in self._queue.handoffs.values() if one.agent is None]:
                self._on_queue_event("waiting", waiting)
        elif handoff is None:
            return
        elif what in ("left", "refused", "gone"):
            self._jobs.pop(handoff.conversation_id, None)
        elif self._queue.scripted and what == "waiting":
            self._jobs_of(handoff).add(lambda: self._join(handoff))
        elif self._queue.scripted and what == "heard" and handoff.agent is not None:
            text, _ = handoff.heard[-1]
            self._jobs_of(handoff).add(lambda: self._answer(handoff, text))

    def _jobs_of(self, handoff: Handoff) -> SerialQueue:
        return self._jobs.setdefault(handoff.conversation_id, SerialQueue(self._tasks))

    async def _join(self, handoff: Handoff) -> None:
        script = self._script().agent
        await asyncio.sleep(script.joins_after)
        if not self._is_mine(handoff) or handoff.agent is not None:
            return
        before = tuple(handoff.heard)
        self._queue.accept(handoff, script.name)
        await self._play(handoff, script.greets, "")
        for text, _ in before:
            await self._answer(handoff, text)

    async def _answer(self, handoff: Handoff, text: str) -> None:
        script = self._script().agent
        node, groups = bot.match(script.rules, text) or (script.otherwise, {})
        await self._play(handoff, node, text, groups)

    async def _play(
        self, handoff: Handoff, node: str, said: str, groups: Facts | None = None
    ) -> None:
        player = bot.Player(
            self._script(), bot.Memory(), lambda: self._metadata(handoff), self._picture_url
        )
        extra = {"said": said, "agent": self._script().agent.name, **(groups or {})}
        for effect in player.go(node, extra):
            if not self._is_mine(handoff):
                return
            match effect:
                case effects.SayEffect(content):
                    self._queue.say(handoff, content)
                case effects.WaitEffect(seconds):
                    await asyncio.sleep(seconds)
                case model.Leave():
                    self._queue.leave(handoff)

    def _is_mine(self, handoff: Handoff) -> bool:
        """Whether the script still answers this handoff."""
        return self._queue.scripted and self._queue.handoffs.get(handoff.conversation_id) is handoff
