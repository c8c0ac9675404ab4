"""The seam between a dialogue and whatever answers in it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from captivate_nb.protocol import content as c
from captivate_nb.server.effects import Effect
from captivate_nb.server.flow.bot import Memory
from captivate_nb.server.flow.model import Flow
from captivate_nb.server.flow.placeholders import PictureUrl
from captivate_nb.server.store.conversations import Cue, StoredConversation

from .records import TurnRecord


@dataclass(frozen=True)
class Turn:
    """What a bot has to answer, and all that it knows of the conversation."""

    cue: Cue
    text: str
    """What the user said; or what the bot named, in a `HandOver`, for when no agent is free."""
    files: tuple[c.File, ...]
    action: c.Action | None
    conversation: StoredConversation
    """The conversation as it is; to be read only."""
    memory: Memory
    """The bot's own, to be changed; it counts when the turn comes to its end."""
    record: TurnRecord
    """Where the bot notes what happened, for who writes it."""
    has_livechat: bool
    picture_url: PictureUrl


class Bot(Protocol):
    """What a dialogue asks of a bot. All of it is called on the server's loop."""

    @property
    def script(self) -> Flow:
        """The flow whose bot's name, agent and pictures the server uses."""
        ...

    @property
    def source(self) -> Path | None:
        """The file that it was read from, to be read again when it is saved."""
        ...

    def advice(self) -> list[str]:
        """Return what looks wrong in it, a line each, with what to do."""
        ...

    def takes(self, action_id: str) -> bool:
        """Whether the bot has an answer of its own to this action of the client."""
        ...

    def fit(self, memory: Memory) -> None:
        """Make a memory one that this bot can go on from: it may be another bot's."""

    def answer(self, turn: Turn) -> AsyncGenerator[Effect, None]:
        """Answer a turn; each effect is carried out before the next is asked for.

        It is closed when the turn is not to come to its end.
        """
        ...
