"""Placeholders in what a flow says: `{name}`, `{user.firstName}`, `{name|there}` when there is none.

One that names nothing known, and has no default, stays as it is written, for a designer to see.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from captivate_nb.protocol import content as c

from .conditions import look_up

_PLACEHOLDER = re.compile(r"\{([\w.]+)(?:\|([^{}]*))?\}")

Facts = Mapping[str, Any]
"""What placeholders and conditions can name: metadata, and what belongs to one turn."""
PictureUrl = Callable[[str], str]


def fill_text(text: str, facts: Facts) -> str:
    """Fill the placeholders of a text."""

    def fill(found: re.Match[str]) -> str:
        value = look_up(facts, found[1])
        if value is None or value == "":
            return found[0] if found[2] is None else found[2]
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()

    return _PLACEHOLDER.sub(fill, text)


def fill_data(value: Any, facts: Facts) -> Any:
    """Fill the placeholders of all texts in JSON-like data.

    A text that is one placeholder, and nothing else, becomes its value, of whatever type.
    """
    if isinstance(value, str):
        whole = _PLACEHOLDER.fullmatch(value)
        found = look_up(facts, whole[1]) if whole else None
        return fill_text(value, facts) if found is None else found
    if isinstance(value, Mapping):
        return {key: fill_data(inner, facts) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill_data(inner, facts) for inner in value]
    return value


def fill_item(item: c.Content, facts: Facts, picture_url: PictureUrl) -> c.Content:
    """Fill the placeholders of an item; `picture_url` turns a picture's address into one to open.

    What is put into HTML is escaped, as it may be what a user wrote.
    """
    match item:
        case c.Text(text):
            return c.Text(fill_text(text, facts))
        case c.Markdown(text):
            return c.Markdown(fill_text(text, facts))
        case c.Html(text):
            return c.Html(fill_text(text, _escaped(facts)))
        case c.Table(text):
            return c.Table(fill_text(text, _escaped(facts)))
        case c.Buttons(title, options):
            return c.Buttons(fill_text(title, facts), _fill_options(options, facts))
        case c.Cards(cards):
            return c.Cards(tuple(_fill_card(card, facts, picture_url) for card in cards))
        case c.Files(files, title):
            shown = tuple(
                msgspec.structs.replace(file, url=picture_url(file.url)) for file in files
            )
            return c.Files(shown, fill_text(title, facts))
        case c.Unknown(kind, data):
            return c.Unknown(kind, fill_data(data, facts))
        case _:
            return item


def _fill_options(options: tuple[c.Option, ...], facts: Facts) -> tuple[c.Option, ...]:
    return tuple(
        c.Option(fill_text(option.label, facts), fill_text(option.value, facts), option.url)
        for option in options
    )


def _fill_card(card: c.Card, facts: Facts, picture_url: PictureUrl) -> c.Card:
    return c.Card(
        fill_text(card.text, facts),
        fill_text(card.description, facts),
        picture_url(card.image_url) if card.image_url else None,
        card.link,
        _fill_options(card.options, facts),
    )


def _escaped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    return html.escape(value) if isinstance(value, str) else value
