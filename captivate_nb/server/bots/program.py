"""A bot that somebody programs: it gets the hub's JSON for each turn, and answers with JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Protocol

from captivate_nb.protocol.content import Text
from captivate_nb.server.effects import ChangeMetadata, Effect, SayEffect
from captivate_nb.server.flow.bot import Memory
from captivate_nb.server.flow.loader import read_flow
from captivate_nb.server.limits import Limits

from .answers import ESCALATE, Json, effects_of, metadata_of
from .bot import Turn
from .failures import BotFailed
from .prints import Prints
from .records import TurnRecord
from .requests import request_of

FAILED = "Sorry, something went wrong here, and I cannot answer that."
MOST_ANSWERS = 1000  # of one turn
GREETED = "(greeted)"  # where a conversation is, for a bot that keeps its own place


class Caller(Protocol):
    """How a program is called, and what it is called for people."""

    name: str

    def call(self, request: Json, prints: Prints) -> AsyncGenerator[list[Json], None]:
        """Yield the answers to a request as they come; raise `BotFailed`."""
        ...


class ProgramBot:
    """Asks a program for its answer to each turn."""

    def __init__(self, caller: Caller, limits: Limits) -> None:
        self.source = None
        self._caller = caller
        self._limits = limits
        self.script = read_flow(b"nodes: {start: [Hello.]}", caller.name, Path())

    def advice(self) -> list[str]:
        return []

    def takes(self, action_id: str) -> bool:
        return action_id != ESCALATE

    def fit(self, memory: Memory) -> None:
        """Keep that it has greeted, whoever has: the rest is the other bot's."""
        memory.node = memory.node and GREETED
        memory.step, memory.routes = 0, {}
        memory.waits = "agent" if memory.waits == "agent" else ""

    async def answer(self, turn: Turn) -> AsyncGenerator[Effect, None]:
        if turn.cue == "left" or (turn.cue == "greet" and turn.memory.node is not None):
            return
        turn.memory.node = GREETED
        turn.record.request = request = request_of(turn)
        try:
            async with contextlib.aclosing(self._answers(request, turn.record)) as answers:
                async for answer in answers:
                    told = metadata_of(request)
                    for effect in checked(answer, told, turn.record, self._limits):
                        yield effect
        except BotFailed as failure:
            turn.record.fail(failure)
            yield SayEffect((Text(FAILED),))

    async def _answers(self, request: Json, record: TurnRecord) -> AsyncGenerator[Json, None]:
        told: Json = json.loads(json.dumps(request))  # the bot's own, to be changed
        async with contextlib.aclosing(self._caller.call(told, record.prints)) as calls:
            async for answers in calls:
                for answer in answers:
                    if len(record.answers) >= MOST_ANSWERS:
                        raise BotFailed(f"The bot has answered {MOST_ANSWERS:,} times in one turn.")
                    yield answer


def checked(answer: Json, before: Json, record: TurnRecord, limits: Limits) -> Sequence[Effect]:
    """Return what an answer has the server do, and record it; raise `BotFailed`."""
    size = len(json.dumps(answer))
    record.answers.append(answer)
    if size > (most := limits.transcript):
        raise BotFailed(f"The bot's answer has {size:,} bytes as JSON, and at most {most:,} fit.")
    named = answer.get("session_id", record.conversation_id)
    if named != record.conversation_id:
        raise BotFailed(
            f"The bot answered for the conversation {named!r:.80}, and was asked by"
            f" {record.conversation_id!r}: its “session_id” must be the request's."
        )
    told = len(json.dumps(metadata_of(answer)))
    if told > (most := limits.metadata):
        raise BotFailed(f"The bot's metadata has {told:,} bytes, and at most {most:,} fit.")
    effects = tuple(effects_of(answer, before, record.notes))
    record.changed |= any(isinstance(effect, ChangeMetadata) for effect in effects)
    return effects
