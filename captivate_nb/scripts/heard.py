"""A message of the bot's as asserters look at it: its text, options, cards, files and payload."""

from __future__ import annotations

import functools
from typing import Any

from captivate_nb.conversation.message import Message, readable
from captivate_nb.protocol import content as c


class Heard:
    """One message that came from the bot or an agent, and how many milliseconds after the user's."""

    def __init__(self, message: Message, latency: float | None = None) -> None:
        self.message = message
        self.latency = latency
        self.extra_options: list[c.Option] = []
        """Options that a script reads out of the text."""

    @functools.cached_property
    def text(self) -> str:
        """Return its text without cards, files and the labels of options."""
        return readable(_said(self.message.content))

    @property
    def options(self) -> list[c.Option]:
        """Return the options below its text."""
        content = self.message.content
        own = [o for item in content if isinstance(item, c.Buttons) for o in item.options]
        return [*own, *self.extra_options]

    @property
    def cards(self) -> list[c.Card]:
        """Return its cards."""
        return [card for i in self.message.content if isinstance(i, c.Cards) for card in i.cards]

    @property
    def all_options(self) -> list[c.Option]:
        """Return its options, those on cards included."""
        return [*self.options, *(option for card in self.cards for option in card.options)]

    @property
    def files(self) -> list[str]:
        """Return the URLs, or names, of its files."""
        return [file.url or file.name for file in self.message.files]

    @property
    def all_files(self) -> list[str]:
        """Return its files, the pictures of cards included."""
        return [*self.files, *(card.image_url for card in self.cards if card.image_url)]

    @functools.cached_property
    def source(self) -> dict[str, Any]:
        """Return its payload as the wire has it."""
        return self.message.raw

    def as_botium(self) -> dict[str, Any]:
        """Return it as botium-core has a message, for JSONPath."""
        return {
            "sender": "bot",
            "messageText": self.text,
            "buttons": [_button(option) for option in self.options],
            "cards": [
                {
                    "text": card.text,
                    "subtext": card.description,
                    "image": {"mediaUri": card.image_url} if card.image_url else None,
                    "buttons": [_button(option) for option in card.options],
                }
                for card in self.cards
            ],
            "media": [{"mediaUri": file} for file in self.files],
            "sourceData": self.source,
        }


def _button(option: c.Option) -> dict[str, str]:
    return {"text": option.label, "payload": option.value}


def _said(content: tuple[c.Content, ...]) -> list[c.Content]:
    texts: list[c.Content] = []
    for item in content:
        if isinstance(item, c.Buttons | c.Files):
            texts.append(c.Text(item.title))
        elif not isinstance(item, c.Cards):
            texts.append(item)
    return texts
