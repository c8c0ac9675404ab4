"""A message of a conversation, whoever sent it, and what a person reads of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.encoder import write_payload
from captivate_nb.rendering import html
from captivate_nb.rendering.labels import actions_line, is_seen, label_of, sender_line
from captivate_nb.rendering.layout import Markup, laid_out
from captivate_nb.rendering.sanitize import clean, clean_text

Delivery = Literal["queued", "sent", "confirmed", "failed", "unknown"]
"""How far a message of the user's is.

It waits to be sent; it was sent; it arrived; the server refused it and does not have it; or it
cannot be found out whether it arrived.
"""


class _Fields(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a message has; `text` may not be made yet."""

    id: str
    sender: Literal["user", "bot", "agent", "system"]
    text: str | None = None
    content: tuple[c.Content, ...] = ()
    actions: tuple[c.Action, ...] = ()
    time: float | None = None
    agent_name: str | None = None
    delivery: Delivery | None = None
    kind: str | None = None
    source: e.Event | dict[str, Any] = {}


_text = vars(_Fields)["text"]


class Message(_Fields, frozen=True, kw_only=True, gc=False):
    """One message of a conversation, whoever sent it.

    `text` is what a person reads of it, in order, titles of options and cards included; where it is
    not given, it is made of `content` when it is first read, and kept. `time` is in seconds since
    the epoch, when it was seen here, and None where only the server's transcript tells of it.
    `delivery` is set on the user's own messages, `kind` on system lines: the type of the update
    that the line tells of. `source` is the event that it came in, or the payload of one.
    """

    @property  # type: ignore[misc]  # in place of the field, which msgspec knows by its offset
    def text(self) -> str:
        """Return what a person reads of it."""
        made: str | None = _text.__get__(self)
        if made is None:
            made = readable(self.content)
            _text.__set__(self, made)
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.text == other.text and super().__eq__(other)

    def __hash__(self) -> int:
        return hash((self.id, self.sender))

    @property
    def choices(self) -> tuple[c.Option, ...]:
        """Return the options it offers, buttons and card buttons in order."""
        return c.options_of(self.content)

    @property
    def raw(self) -> dict[str, Any]:
        """Return its payload as the wire has it."""
        return write_payload(self.source)[1] if isinstance(self.source, e.Event) else self.source

    @property
    def files(self) -> tuple[c.File, ...]:
        """Return the files it carries."""
        return c.files_of(self.content)

    @property
    def who(self) -> str:
        """Return the sender as a reader is told: the agent by name."""
        name = clean(self.agent_name or "") if self.sender == "agent" else ""
        return name or self.sender

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 60 else self.text[:59] + "…"
        told = self.delivery in ("queued", "failed", "unknown")
        return f"<Message {self.who}: {text!r}{f' ({self.delivery})' if told else ''}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": plain([self]), "text/html": html.messages_html([self])}


def delivered(message: Message, delivery: Delivery) -> Message:
    """Return a message with its state of delivery; only the user's own have one."""
    if message.sender != "user" or message.delivery == delivery:
        return message
    return msgspec.structs.replace(message, delivery=delivery)


def unlike(message: Message, taken: dict[str, int]) -> Message:
    """Return a message with an id that is not taken yet, and take it.

    `taken` counts how many messages were to have each id.
    """
    ident, number = message.id, taken.get(message.id, 0)
    while ident in taken:
        number += 1
        ident = f"{message.id}-{number}"
    taken[message.id] = max(1, number)
    taken[ident] = taken.get(ident, 1)
    return message if ident == message.id else msgspec.structs.replace(message, id=ident)


def readable(content: Iterable[c.Content]) -> str:
    """Return what a person reads of content items, a line for each thing."""
    pairs = laid_out(content)
    return "\n".join(line for item, markup in pairs for line in _lines(item, markup) if line)


def _lines(item: c.Content, markup: Markup) -> list[str]:
    match item:
        case c.Text(text):
            return [text]
        case c.Buttons(title, options):
            return [title, *map(_label, options)]
        case c.Cards(cards):
            return [line for card in cards for line in _card_lines(card)]
        case c.Files(files, title):
            return [title, *(file.name or file.url for file in files)]
        case c.Html() | c.Markdown() | c.Table():
            return [markup.text]
        case c.Pause():
            return []
        case c.Unknown(kind):
            return [f"[{kind or 'unknown'}]"]


def _card_lines(card: c.Card) -> list[str]:
    return [card.text, card.description, *map(_label, card.options)]


def _label(option: c.Option) -> str:
    return option.label if is_seen(option.label) else label_of(option)


def plain(messages: Iterable[Message]) -> str:
    """Return messages as lines of `who: text`."""
    shown = ((sender_line(m.who, m.delivery), m.text or actions_line(m.actions)) for m in messages)
    said = ((f"{who}: ", clean_text(text)) for who, text in shown)
    return "\n".join(who + text.replace("\n", "\n" + " " * len(who)) for who, text in said)


def newest_latency(messages: Sequence[Message]) -> float | None:
    """Return the seconds between the two newest messages if the later one answers the other."""
    match messages[-2:]:
        case [Message(sender="user", time=float(asked)), Message(sender="bot", time=float(at))]:
            return at - asked if at >= asked else None  # a clock was set back
    return None
