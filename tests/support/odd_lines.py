"""How an odd server's transcripts show a conversation: every shape and every way to relabel."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Shape = Literal["flat", "groups", "one group", "messages", "bodies"]
Ids = Literal["none", "server", "client"]
Relabel = Literal["as sent", "label", "escaped", "nfc", "case", "spaces", "ends"]

RELABELS: tuple[Relabel, ...] = ("label", "escaped", "nfc", "case", "spaces", "ends")
SHAPES: tuple[Shape, ...] = ("flat", "groups", "one group", "messages", "bodies")

SHOWN_END = 12
"""Characters that are left of a longer text whose end is cut."""


HOLES: tuple[dict[str, Any], ...] = (
    {"from": "user", "messages": []},
    {"from": "user", "messages": 7},
    {"from": "chatbot", "messages": [{"type": "text"}]},
    {"what": "?"},
)
"""Entries that cannot be read, or have nothing in them."""


@dataclass(frozen=True)
class Line:
    """Something that was said: `client_id` is the id it went by on its way, `server_id` another.

    It gets into transcripts at `stored_at`, in seconds of the loop's clock.
    """

    sender: Literal["user", "bot"]
    items: list[dict[str, Any]]
    client_id: str
    server_id: str
    stored_at: float

    @property
    def text(self) -> str:
        """Return its first item's text."""
        return str(self.items[0].get("text", ""))

    def saying(self, text: str) -> Line:
        """Return it with another text."""
        rest = [item for item in self.items if item["type"] != "text"]
        return replace(self, items=[*([{"type": "text", "text": text}] if text else []), *rest])


def relabelled(text: str, how: Relabel, labels: Mapping[str, str]) -> str:
    """Return the text as a server shows it that relabels."""
    match how:
        case "as sent":
            return text
        case "label":
            return labels.get(text, text)
        case "escaped":
            return html.escape(text)
        case "nfc":
            return unicodedata.normalize("NFC", text)
        case "case":
            return text.upper()
        case "spaces":
            return f" {'  '.join(text.split())}\n"
        case "ends":
            return text if len(text) <= SHOWN_END else text[:SHOWN_END] + "…"


def shown_as(line: Line, how: Relabel, labels: Mapping[str, str]) -> Line:
    """Return a line as a transcript shows it: only what the user said is relabelled."""
    return line.saying(relabelled(line.text, how, labels)) if line.sender == "user" else line


def joined(lines: Sequence[Line]) -> list[Line]:
    """Return them with what the user said in a row as one line."""
    told: list[Line] = []
    for line in lines:
        if told and told[-1].sender == line.sender == "user":
            told[-1] = replace(told[-1], items=told[-1].items + line.items)
        else:
            told.append(line)
    return told


def told_in(
    shape: Shape,
    lines: Sequence[Line],
    ids: Ids,
    *,
    same: bool,
    holes: Mapping[int, dict[str, Any]],
    overlap: int = 0,
) -> dict[str, Any]:
    """Return the part of a transcript's payload that holds its entries.

    What stands at the numbers of `holes` is shown as that; of groups with an id of their own the
    last `overlap` stand there twice, as on two pages.
    """
    names = [_name(line, ids, same=same) for line in lines]
    entries = [holes.get(number, _entry(line, shape)) for number, line in enumerate(lines)]
    match shape:
        case "flat":
            return {"transcript": [e | _id("message_id", n) for e, n in _pairs(entries, names)]}
        case "groups":
            groups = [{"messages": [e]} | _id("event_id", n) for e, n in _pairs(entries, names)]
            twice = min(overlap, len(groups) - 1) if ids != "none" and not same else 0
            return {"transcript": groups + groups[len(groups) - max(0, twice) :]}
        case "one group":
            group = {"messages": entries}
            return {"transcript": [group | _id("event_id", None if ids == "none" else "g-1")]}
        case "messages" | "bodies":
            return {"messages": [e | _id("event_id", n) for e, n in _pairs(entries, names)]}


def _pairs(entries: list[dict[str, Any]], names: list[str | None]) -> Any:
    return zip(entries, names, strict=True)


def _id(key: str, name: str | None) -> dict[str, Any]:
    return {} if name is None else {key: name}


def _name(line: Line, ids: Ids, *, same: bool) -> str | None:
    if ids == "none":
        return None
    if same:
        return "e-1"
    return line.client_id if ids == "client" else line.server_id


def _entry(line: Line, shape: Shape) -> dict[str, Any]:
    """Return an entry; in “bodies” the bot's are dicts, as in the document's second example."""
    body: Any = line.items
    if shape == "bodies" and line.sender == "bot":
        body = {"idChat": "c-1", "messages": line.items, "actions": []}
    sender = line.sender if shape in ("messages", "bodies") or line.sender == "user" else "chatbot"
    return {"from": sender, "messages": body, "channelName": "odd", "chatbotName": "Echo"}
