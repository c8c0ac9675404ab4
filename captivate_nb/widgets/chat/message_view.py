"""Messages as the JSON items that the page draws. Pure: no widget, no session, no browser.

An item is `{"id", "from", "parts"}`, with `at` (seconds since the epoch), `name` (an agent's),
`delivery` (the user's own) and `answers` where they apply. A part says its `kind`. Nothing in an
item is trusted by the page but the `html` of an `html` part, which is sanitized here; links and
images are let through by scheme, here and in the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from captivate_nb.conversation.message import Message
from captivate_nb.protocol import content as c
from captivate_nb.rendering.labels import labels_of
from captivate_nb.rendering.layout import PIECES, Markup, few, laid_out, newest
from captivate_nb.rendering.sanitize import clean, clean_text, safe_image, safe_link

Item = dict[str, Any]

LOOK_BACK = 50
"""Messages before a user's message among which the question it answers is looked for."""

ROOM = 200_000
"""Characters of items that are sent at once."""

DATA_LIMIT = 4_000
"""Characters shown of the source of what cannot be drawn."""


def items(messages: Sequence[Message], start: int, stop: int) -> list[Item]:
    """Return the items of `messages[start:stop]`; costs nothing for the messages before.

    Of items that have more than `ROOM` characters together the newest are returned, at least one.
    """
    indices = range(min(stop, len(messages)) - 1, start - 1, -1)
    return newest((_item(messages, index) for index in indices), _size, ROOM)


def _item(messages: Sequence[Message], index: int) -> Item:
    item = message_item(messages[index])
    if (answered := answer(messages, index)) is not None:
        item["answers"] = answered
    return item


def _size(item: Item) -> int:
    """Return how much an item is to send: small parts cost more than their characters."""
    text = json.dumps(item["parts"], ensure_ascii=False)
    return len(text) + 100 * text.count("{")


def message_item(message: Message) -> Item:
    """Return one message as an item."""
    item: Item = {"id": message.id, "from": message.sender, "parts": list(_parts(message))}
    if message.time is not None:
        item["at"] = round(message.time, 3)
    if message.sender == "agent":
        item["name"] = clean(message.agent_name or "Agent")
    if message.delivery is not None:
        item["delivery"] = message.delivery
    return item


def answer(messages: Sequence[Message], index: int) -> list[int] | None:
    """Return `[message, option]` that a user's message chose, or None.

    The wire does not say what a text answers: it is the newest option before it whose value or
    label it repeats, among the last `LOOK_BACK` messages.
    """
    said = messages[index]
    if said.sender != "user" or said.files:
        return None
    for before in range(index - 1, max(-1, index - 1 - LOOK_BACK), -1):
        for number, option in enumerate(messages[before].choices):
            if said.text in (option.value, option.label):
                return [before, number]
    return None


def _parts(message: Message) -> Iterator[Item]:
    numbers = iter(range(len(message.choices)))
    for content, markup in laid_out(few(message.content)):
        yield _part(content, markup, numbers)
    if not message.content and message.text:
        yield _text(message.text)
    elif not message.content:
        for action in message.actions[:PIECES]:
            yield _source(f"Action “{clean(action.id)}”", _json(action.data))


def _part(content: c.Content, markup: Markup, numbers: Iterator[int]) -> Item:
    """Return one content item as a part; `numbers` counts options through the whole message."""
    match content:
        case c.Html(html) | c.Table(html) if not markup.html:
            return _source("HTML of which nothing is left when it is made safe", html)
        case c.Html() | c.Table() | c.Markdown():
            return {"kind": "html", "html": markup.html}
        case c.Text(text):
            return _text(text)
        case c.Buttons(title, options):
            numbered = _options(options, numbers)
            return {"kind": "options", "title": clean_text(title), "options": numbered}
        case c.Cards(cards):
            return {"kind": "cards", "cards": [_card(card, numbers) for card in cards]}
        case c.Files(files, title):
            listed = [_file(file) for file in files]
            return {"kind": "files", "title": clean_text(title), "files": listed}
        case c.Pause(ms):
            return {"kind": "pause", "ms": ms}
        case c.Unknown(kind, data):
            return _source(f"Content of unknown type “{clean(kind) or '?'}”", _json(data))


def _json(data: Any) -> str:
    line = json.dumps(data, ensure_ascii=False, default=str)
    try:
        return msgspec.json.format(line.encode(errors="replace"), indent=2).decode()
    except msgspec.DecodeError:  # NaN, which only Python calls JSON
        return line


def _source(title: str, data: str) -> Item:
    """Return the part that stands for what cannot be drawn: what it is, and its source."""
    return {"kind": "source", "title": title, "data": clean_text(data[:DATA_LIMIT])}


def _text(text: str) -> Item:
    return {"kind": "text", "text": clean_text(text)}


def _options(options: Iterable[c.Option], numbers: Iterator[int]) -> list[Item]:
    """Return the options of one group, equal labels told apart by their values."""
    listed = list(options)
    return [
        _given(n=next(numbers), label=label, url=safe_link(option.url))
        for option, label in zip(listed, labels_of(listed), strict=True)
    ]


def _card(card: c.Card, numbers: Iterator[int]) -> Item:
    return _given(
        title=clean(card.text),
        text=clean_text(card.description),
        image=safe_image(card.image_url),
        link=safe_link(card.link),
        options=_options(card.options, numbers),
    )


def _file(file: c.File) -> Item:
    picture = file.url if file.type.startswith("image") else None
    return _given(
        name=clean(file.name or _last_step(file.url)) or "file",
        type=clean(file.type),
        size=file.size,
        url=safe_link(file.url),
        image=safe_image(file.thumbnail) or safe_image(picture),
    )


def _last_step(url: str) -> str:
    """Return what a URL's path ends in, which is a file's name where it has no other."""
    if url.startswith("data:"):
        return ""
    return url.split("#", 1)[0].split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


def _given(**fields: Any) -> Item:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
