"""What a message may hold: the items of a `content` array, typed.

Every class is frozen and compares by value; those without `gc` hold nothing that could hold them. The wire's many spellings of the same thing are read
by `codec`; here each thing has one shape.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Option(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One thing a user can choose.

    `value` is the text that choosing it sends. An option with a `url` opens that link instead,
    and sends nothing.
    """

    label: str
    value: str = ""
    url: str | None = None


class Text(msgspec.Struct, frozen=True, gc=False):
    """Plain text. It is never markup."""

    text: str


class Buttons(msgspec.Struct, frozen=True, gc=False):
    """A question with options (wire: `button` or `buttons`)."""

    title: str = ""
    options: tuple[Option, ...] = ()


class Card(msgspec.Struct, frozen=True):
    """One card of a carousel: `text` is its title, the rest may be empty."""

    text: str = ""
    description: str = ""
    image_url: str | None = None
    link: str | None = None
    options: tuple[Option, ...] = ()


class Cards(msgspec.Struct, frozen=True):
    """A carousel."""

    cards: tuple[Card, ...] = ()


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file by address. `type` is a MIME type or a bare kind such as "image"; `size` in bytes.

    `url` may be empty where a server keeps the file elsewhere; `extra` keeps what else the wire
    said of it (`storage`, `textContent`).
    """

    url: str = ""
    name: str = ""
    type: str = ""
    size: int | None = None
    thumbnail: str | None = None
    extra: dict[str, Any] = {}


class Files(msgspec.Struct, frozen=True):
    """Files, with an optional title above them."""

    files: tuple[File, ...] = ()
    title: str = ""


class Html(msgspec.Struct, frozen=True, weakref=True):
    """HTML as the bot wrote it: hostile until sanitized."""

    html: str


class Markdown(msgspec.Struct, frozen=True, weakref=True):
    """Markdown source (wire: `md`)."""

    text: str


class Table(msgspec.Struct, frozen=True, weakref=True):
    """A table, written as HTML: hostile until sanitized."""

    html: str


class Pause(msgspec.Struct, frozen=True):
    """The bot waits for `ms` milliseconds before what follows."""

    ms: int


class Unknown(msgspec.Struct, frozen=True):
    """An item of a type we do not know, with everything it said."""

    type: str
    data: dict[str, Any]


Content = Text | Buttons | Cards | Files | Html | Markdown | Table | Pause | Unknown


class Action(msgspec.Struct, frozen=True):
    """A signal to the other side, such as `escalateToHuman`. `data` is any JSON, mostly a dict."""

    id: str
    data: Any = {}
    type: str = "normal"


def options_of(content: tuple[Content, ...]) -> tuple[Option, ...]:
    """Return every option the items offer, card options included, in order."""
    found: list[Option] = []
    for item in content:
        if isinstance(item, Buttons):
            found += item.options
        elif isinstance(item, Cards):
            found += [option for card in item.cards for option in card.options]
    return tuple(found)


def files_of(content: tuple[Content, ...]) -> tuple[File, ...]:
    """Return every file the items carry, in order."""
    return tuple(file for item in content if isinstance(item, Files) for file in item.files)
