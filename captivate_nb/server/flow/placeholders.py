"""Blanks in what a flow says: `{name}`, `{user.firstName}`, `{name|there}` when there is none.

A blank that names nothing known, and has no default, stays as it is written: a designer sees it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from captivate_nb.protocol import content as c

from .conditions import look_up

_BLANK = re.compile(r"\{([\w.]+)(?:\|([^{}]*))?\}")

Facts = Mapping[str, Any]
Show = Callable[[str], str]


def fill_text(text: str, facts: Facts) -> str:
    """Fill the blanks of a text."""

    def fill(blank: re.Match[str]) -> str:
        value = look_up(facts, blank[1])
        if value is None or value == "":
            return blank[0] if blank[2] is None else blank[2]
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()

    return _BLANK.sub(fill, text)


def fill_data(value: Any, facts: Facts) -> Any:
    """Fill the blanks of all texts in JSON-like data; a text that is one blank takes its value."""
    if isinstance(value, str):
        whole = _BLANK.fullmatch(value)
        found = look_up(facts, whole[1]) if whole else None
        return fill_text(value, facts) if found is None else found
    if isinstance(value, Mapping):
        return {key: fill_data(inner, facts) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill_data(inner, facts) for inner in value]
    return value


def fill_item(item: c.Content, facts: Facts, show: Show) -> c.Content:
    """Fill the blanks of an item; `show` turns the address of a picture into one to open.

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
            return c.Cards(tuple(_fill_card(card, facts, show) for card in cards))
        case c.Files(files, title):
            shown = tuple(msgspec.structs.replace(file, url=show(file.url)) for file in files)
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


def _fill_card(card: c.Card, facts: Facts, show: Show) -> c.Card:
    return c.Card(
        fill_text(card.text, facts),
        fill_text(card.description, facts),
        show(card.image_url) if card.image_url else None,
        card.link,
        _fill_options(card.options, facts),
    )


def _escaped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    return html.escape(value) if isinstance(value, str) else value
