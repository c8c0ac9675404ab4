"""A flow as a bot."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import cast

from captivate_nb.protocol.content import Action
from captivate_nb.server import FLOWS
from captivate_nb.server.effects import Effect
from captivate_nb.server.flow import bot
from captivate_nb.server.flow.advice import advise
from captivate_nb.server.flow.model import Flow

from .bot import Turn
from .requests import SILENT_AGENT


class FlowBot:
    """Answers by a flow."""

    def __init__(self, script: Flow, source: Path | None = None) -> None:
        self.script = script
        self.source = source if source and source.parent != FLOWS else None

    def advice(self) -> list[str]:
        """Return what looks wrong in a flow of one's own; those that come with the package are well."""
        where = self.source or self.script.name
        return [f"{where}:{each.line}: {each.told}" for each in advise(self.script)]

    def takes(self, action_id: str) -> bool:
        return action_id in self.script.actions

    def fit(self, memory: bot.Memory) -> None:
        bot.fit(memory, self.script)

    async def answer(self, turn: Turn) -> AsyncGenerator[Effect, None]:
        for effect in self._play(turn):
            yield cast("Effect", effect)  # only the agent's script leaves

    def _play(self, turn: Turn) -> Iterator[bot.Effect]:
        player = bot.Player(
            self.script,
            turn.memory,
            lambda: turn.conversation.seen_by("bot"),
            turn.picture_url,
            turn.record.note,
        )
        match turn.cue:
            case "greet":
                yield from player.greet() if turn.memory.node is None else ()
            case "hear":
                yield from player.answer(turn.text, files=bool(turn.files))
            case "receive":
                yield from (turn.action and player.answer_action(turn.action)) or ()
            case "busy":
                yield from player.go(turn.text or self.script.busy, {})
            case "idle":
                yield from player.answer_action(Action(SILENT_AGENT)) or ()
            case "left":
                yield from player.resume()
