"""The wire form of content items, files and actions: liberal to read, one form to write.

The document and the vendor's clients spell these in many ways (`button` and `buttons`, one card as
a dict or flat on its item, `payload` for `data`, ...). All of that is known here and in `codec`,
and nowhere else. Readers raise `ProtocolError` for what cannot be read.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from captivate_nb.errors import ProtocolError

from .content import (
    Action,
    Buttons,
    Card,
    Cards,
    Content,
    File,
    Files,
    Html,
    Markdown,
    Option,
    Pause,
    Table,
    Text,
    Unknown,
)

Data = dict[str, Any]
T = TypeVar("T")

PAUSE_LIMIT = 600_000
"""Milliseconds that one pause lasts at the most: as long as the service lets a socket be idle."""

PROBLEMS = 20
"""Problems that are told of one frame, each of which shows in the panel."""


def first_text(data: Data, *keys: str) -> str | None:
    """Return the first of `keys` that holds text, numbers written out; None when none does."""
    for key in keys:
        value = data.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def need_text(data: Data, *keys: str) -> str:
    """Like `first_text`, and raise `ProtocolError` when there is none."""
    text = first_text(data, *keys)
    if text is None:
        raise ProtocolError(f"it has no “{keys[0]}”")
    return text


def need_dict(value: Any, what: str) -> Data:
    """Return `value`, which must be a JSON object."""
    if not isinstance(value, dict):
        raise ProtocolError(f"{what} must be an object, not {_brief(value)}")
    return value


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, None as no values, anything else as the only value."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def read_each(
    values: list[Any], read: Callable[[Any], T], what: str, problems: list[str]
) -> tuple[T, ...]:
    """Read every value that can be read; say in `problems` which could not, of the first few."""
    good: list[T] = []
    for position, value in enumerate(values, 1):
        try:
            good.append(read(value))
        except ProtocolError as error:
            note_skipped(problems, f"{what} {position}", error)
    return tuple(good)


def note_skipped(problems: list[str], what: str, error: ProtocolError) -> None:
    """Note that something could not be read, if it is among the first few."""
    if len(problems) < PROBLEMS:
        problems.append(f"{what} was skipped: {error}")
    elif len(problems) == PROBLEMS:
        problems.append("there is more that was skipped")


def read_content(value: Any, problems: list[str]) -> tuple[Content, ...]:
    """Read a `content` array; a single item, or plain text, counts as an array of one."""
    return read_each(as_list(value), lambda item: _read_item(item, problems), "item", problems)


def _read_item(value: Any, problems: list[str]) -> Content:
    if isinstance(value, str):
        return Text(value)
    item = need_dict(value, "an item")
    kind = item.get("type")
    if not isinstance(kind, str):
        kind = next((key for key in _ITEM_READERS if key in item), "")
    read = _ITEM_READERS.get(kind.strip().lower())
    return read(item, problems) if read else Unknown(kind, item)


def _read_text(item: Data, _: list[str]) -> Content:
    return Text(need_text(item, "text"))


def _read_html(item: Data, _: list[str]) -> Content:
    return Html(need_text(item, "html", "text"))


def _read_markdown(item: Data, _: list[str]) -> Content:
    return Markdown(need_text(item, "md", "markdown", "text"))


def _read_table(item: Data, _: list[str]) -> Content:
    return Table(need_text(item, "table", "html", "text"))


def _read_pause(item: Data, _: list[str]) -> Content:
    try:
        ms = float(need_text(item, "time", "pause"))
    except ValueError:
        ms = math.nan
    if not (math.isfinite(ms) and ms >= 0):
        raise ProtocolError(f"a pause of {_brief(item.get('time'))} is not a number of ms")
    return Pause(int(min(ms, PAUSE_LIMIT)))


def _read_buttons(item: Data, problems: list[str]) -> Content:
    value = item.get("buttons", item.get("button"))
    if value is None:
        value = item
    group: Data = value if isinstance(value, dict) else {"options": as_list(value)}
    options = group.get("options")
    if options is None and first_text(group, "label", "value", "url", "link") is not None:
        return Buttons("", _read_options([group], problems))
    return Buttons(first_text(group, "title", "text") or "", _read_options(options, problems))


def _read_options(value: Any, problems: list[str]) -> tuple[Option, ...]:
    if isinstance(value, dict) and "options" in value:
        value = value["options"]
    return read_each(as_list(value), lambda one: _read_option(one, problems), "option", problems)


def _read_option(value: Any, problems: list[str]) -> Option:
    option = read_option(value)
    chosen = value.get("value", value.get("payload")) if isinstance(value, dict) else None
    if isinstance(chosen, dict | list) and len(problems) < PROBLEMS:
        problems.append(
            f"the option “{option.label[:40]}” has {_brief(chosen)} for a value, which is no text:"
            " choosing it says its label"
        )
    return option


def read_option(value: Any) -> Option:
    """Read `{label, value}`, `{title, url}` or plain text; true and false are text as any other."""
    if isinstance(value, bool):
        value = _said(value)
    if isinstance(value, str):
        return Option(value, value)
    given = need_dict(value, "an option")
    said = given.values()
    data = (
        {key: _said(f) if isinstance(f, bool) else f for key, f in given.items()}
        if (True in said or False in said)
        else given
    )
    url = first_text(given, "url", "link") or None
    label = need_text(data, "label", "title", "text", "value", "url", "link")
    chosen = first_text(data, "value", "payload") or ""
    return Option(label, chosen if chosen or url else label, url)


def _said(value: bool) -> str:
    return str(value).lower()


def _read_cards(item: Data, problems: list[str]) -> Content:
    value = item.get("cards", item.get("card"))
    if value is None:
        value = {key: field for key, field in item.items() if key != "type"}
    return Cards(
        read_each(as_list(value), lambda card: _read_card(card, problems), "card", problems)
    )


def _read_card(value: Any, problems: list[str]) -> Card:
    data = need_dict(value, "a card")
    card = Card(
        text=first_text(data, "text", "title") or "",
        description=first_text(data, "description", "subtitle") or "",
        image_url=first_text(data, "image_url", "imageUrl", "image") or None,
        link=first_text(data, "link", "url") or None,
        options=_read_options(data.get("options", data.get("buttons")), problems),
    )
    if card == Card():
        raise ProtocolError("it is empty")
    return card


def _read_files(item: Data, problems: list[str]) -> Content:
    value = item.get("files", item.get("file"))
    if value is None:
        value = {key: field for key, field in item.items() if key not in ("type", "title")}
    return Files(read_files(value, problems), first_text(item, "title") or "")


def read_files(value: Any, problems: list[str]) -> tuple[File, ...]:
    """Read an array of files, one inside `{"type": "files", "files": …}`, or one bare file."""
    if isinstance(value, dict) and "files" in value:
        value = value["files"]
    return read_each(as_list(value), read_file, "file", problems)


_FILE_FIELDS = {
    *("url", "type", "mimetype", "filename", "name", "size", "thumbnail"),
}


def read_file(value: Any) -> File:
    """Read a file of the document, the live chat or the newest client; a bare text is its URL."""
    data = need_dict({"url": value} if isinstance(value, str) else value, "a file")
    storage = data.get("storage")
    kept: Data = storage if isinstance(storage, dict) else {}
    url = first_text(data, "url") or first_text(kept, "presignedUrl") or ""
    name = first_text(data, "filename", "name") or ""
    if not (url or name):
        raise ProtocolError("it has neither “url” nor “filename”")
    sizes = (size for size in (data.get("size"), kept.get("fileSize")) if _is_size(size))
    return File(
        url=url,
        name=name,
        type=_file_type(data),
        size=next(sizes, None),
        thumbnail=first_text(data, "thumbnail"),
        extra={key: field for key, field in data.items() if key not in _FILE_FIELDS},
    )


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _file_type(data: Data) -> str:
    kinds = [kind for key in ("mimetype", "type") if (kind := first_text(data, key))]
    return next((kind for kind in kinds if "/" in kind), kinds[0] if kinds else "")


_ITEM_READERS: dict[str, Callable[[Data, list[str]], Content]] = {
    "text": _read_text,
    "button": _read_buttons,
    "buttons": _read_buttons,
    "cards": _read_cards,
    "card": _read_cards,
    "files": _read_files,
    "file": _read_files,
    "html": _read_html,
    "md": _read_markdown,
    "markdown": _read_markdown,
    "table": _read_table,
    "pause": _read_pause,
}


def read_action(value: Any) -> Action:
    """Read `{id, data}`, `{title}` of a transcript, or `payload` for `data`."""
    if isinstance(value, str):
        return Action(value)
    data = need_dict(value, "an action")
    given = (data[key] for key in ("data", "payload") if data.get(key) is not None)
    return Action(
        id=need_text(data, "id", "title", "name"),
        data=next(given, {}),
        type=first_text(data, "type") or "normal",
    )


def write_content(content: tuple[Content, ...]) -> list[Data]:
    """Write items as the document shows them."""
    return [_write_item(item) for item in content]


def _write_item(item: Content) -> Data:
    match item:
        case Text(text):
            return {"type": "text", "text": text}
        case Buttons(title, options):
            return {"type": "button", "buttons": {"title": title, "options": _options(options)}}
        case Cards(cards):
            return {"type": "cards", "cards": [_write_card(card) for card in cards]}
        case Files(files, title):
            named: Data = {"title": title} if title else {}
            return {"type": "files", **named, "files": [write_file(file) for file in files]}
        case Html(html):
            return {"type": "html", "html": html}
        case Markdown(text):
            return {"type": "md", "md": text}
        case Table(html):
            return {"type": "table", "table": html}
        case Pause(ms):
            return {"type": "pause", "time": ms}
        case Unknown(kind, data):
            return {**({"type": kind} if kind else {}), **data}


def _options(options: tuple[Option, ...]) -> list[Data]:
    return [_write_option(option) for option in options]


def _write_option(option: Option) -> Data:
    if option.url is None:
        return {"label": option.label, "value": option.value}
    said: Data = {"value": option.value} if option.value else {}
    return {"title": option.label, "url": option.url, **said}


def _write_card(card: Card) -> Data:
    fields = {
        "text": card.text,
        "description": card.description,
        "image_url": card.image_url,
        "link": card.link,
        "options": _options(card.options),
    }
    return {key: field for key, field in fields.items() if field}


def write_file(file: File) -> Data:
    """Write a file as the document shows it, with what else is known of it."""
    fields = {
        "url": file.url,
        "type": file.type,
        "filename": file.name,
        "size": file.size,
        "thumbnail": file.thumbnail,
    }
    return {**file.extra, **{key: field for key, field in fields.items() if field is not None}}


def write_action(action: Action) -> Data:
    """Write an action in the document's form."""
    return {"type": action.type, "id": action.id, "data": action.data}


def _brief(value: Any) -> str:
    return repr(value)[:40]


def read_user_content(data: Data, problems: list[str]) -> tuple[str, tuple[File, ...]]:
    """Read the text and the files that a user says; raise `ProtocolError` where there is neither."""
    content = data.get("content")
    if isinstance(content, str):
        return content, ()
    content = need_dict(content, "content")
    files = content.get("files")
    text = first_text(content, "text")
    if text is None and files is None:
        raise ProtocolError("its content has neither “text” nor “files”")
    return text or "", read_files(files, problems)
