"""Flows written in a test, and a player that holds a conversation with the pure bot."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent
from typing import Any

from captivate_nb.protocol import content as c
from captivate_nb.server import FLOWS, effects
from captivate_nb.server.flow import bot
from captivate_nb.server.flow import model as flow
from captivate_nb.server.flow.loader import read_flow


def flow_of(source: str, folder: Path = FLOWS) -> flow.Flow:
    """Read a flow from YAML text; it may show the pictures of the shipped flows."""
    return read_flow(dedent(source).encode(), "test.yaml", folder)


class Player:
    """Carries out a bot's effects as the server does, and keeps them."""

    def __init__(self, source: str | flow.Flow, **metadata: Any) -> None:
        self.metadata = metadata
        self.flow = flow_of(source) if isinstance(source, str) else source
        self.memory = bot.Memory()
        self.bot = bot.Player(
            self.flow, self.memory, lambda: self.metadata, lambda url: f"at {url}"
        )

    def play(self, turn: Iterable[bot.Effect]) -> list[Any]:
        """Carry out a turn; return its effects, a message as its content."""
        played: list[Any] = []
        for effect in turn:
            if isinstance(effect, effects.SetMetadata):
                self.metadata |= effect.values
            played.append(effect.content if isinstance(effect, effects.SayEffect) else effect)
        return played

    def greet(self) -> list[Any]:
        return self.play(self.bot.greet())

    def hear(self, text: str, *, files: bool = False) -> list[Any]:
        return self.play(self.bot.answer(text, files=files))

    def told(self, text: str) -> list[str]:
        """Say something, and return what a person reads of the answer."""
        return said(self.hear(text))


def said(played: list[Any]) -> list[str]:
    """Return the texts of a turn, titles of buttons included."""
    items = [item for effect in played if isinstance(effect, tuple) for item in effect]
    return [
        item.text if isinstance(item, c.Text) else item.title
        for item in items
        if isinstance(item, c.Text | c.Buttons)
    ]
