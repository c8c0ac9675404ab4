"""Frames made to stop a notebook: 128 KiB each, of what costs most to read, lay out, match or show.

`frames` are shapes known to be hard, `mixtures` random ones. Each is a function of a number, so that
no two are the same: what was laid out once is kept.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

ROOM = 128 * 1024 - 512
"""Bytes of a frame's content; the envelope has the rest."""

ENTRIES = 50
"""Messages of a dense transcript."""

Item = dict[str, Any]
Make = Callable[[int], str]


def to_json(value: Any) -> str:
    """JSON with no byte more than needed, as the dearest characters are not ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def cost(value: Any) -> int:
    return len(to_json(value).encode())


def wire(event_type: str, payload: Item) -> str:
    return to_json({"event": {"event_type": event_type, "event_payload": payload}})


def filled(unit: str, before: str = "") -> str:
    """Return text of a whole message's room, as it is in JSON."""
    return before + unit * ((ROOM - 100 - cost(before)) // (cost(unit) - 2))


def many(item: Any) -> list[Any]:
    """A list of an item, with room for a number on each that can hold one."""
    return [item] * ((ROOM - 200) // (cost(item) + (4 if isinstance(item, dict) else 1)))


def table(columns: int, rows: int) -> str:
    return "|" * (columns + 1) + "\n" + "|-" * columns + "|\n" + "|\n" * rows


MARKDOWN = {
    "tables of 256 x 255 cells": filled(table(256, 255) + "\n"),
    "small tables": filled("|a|b|\n|-|-|\n|c|d|\n\n"),
    "one table of many rows": filled("|a|b|c|\n", "|a|b|c|\n|-|-|-|\n"),
    "nested quotes": filled(">" * 60 + " a\n"),
    "quotes that go on": filled("a\n> ```\n"),
    "nested lists": "".join("  " * n + "- a\n" for n in range(350)),
    "lists in a line": filled("- " * 30 + "a\n"),
    "list items": filled("1. a\n"),
    "headings": filled("# a\n"),
    "lines": filled("a\n"),
    "emphasis": filled("*a **b "),
    "closed emphasis": filled("**a** "),
    "underscores": filled("_a"),
    "open brackets": filled("["),
    "open images": filled("!["),
    "open links": filled("[a]("),
    "links": filled("[a](b) "),
    "images": filled("![a](http://a)"),
    "references": filled("[a]: b\n") + "[a]",
    "uses of a reference": filled("[a] ", "[a]: b\n\n"),
    "backticks": filled("`a "),
    "growing backticks": "".join("`" * n + " " for n in range(1, 480)),
    "entities": filled("&amp;"),
    "escapes": filled("\\*"),
    "quotation marks": filled('"'),
    "addresses": filled("<http://a.b> "),
    "one long word": filled("a"),
    "prose": filled("The quick brown fox jumps over **the** lazy dog. " * 9 + "\n\n"),
}
HTML = {
    "bold": filled("<b>x</b>"),
    "paragraphs": filled("<p>x"),
    "nested divisions": filled("<div>"),
    "hidden nesting": filled("<div><!--</div>-->"),
    "nested tables": filled("<table><tr><td>"),
    "table cells": filled("<td>x", "<table><tr>"),
    "text astray in tables": filled("<table>x"),
    "formats opened again": filled("<p>x", "<p>" + "".join(f"<b id={n}>" for n in range(90))),
    "fewer of them": "<p>" + "".join(f"<b id='>{n}'>" for n in range(90)) + "<p>x" * 12_000,
    "crossed tags": filled("<b><p></b>"),
    "images": filled("<img src=http://a>"),
    "links": filled("<a href=http://a>"),
    "attributes": "<a " + " ".join(f"a{n}" for n in range(18_000)) + ">x</a>",
    "open comments": filled("<!--"),
    "less-than signs": filled("<"),
    "ampersands": filled("&"),
    "entities": filled("&nbsp;"),
    "end tags": filled("</p>"),
    "drawings": filled("<svg>"),
}
OPTION = {"label": "a", "value": "b"}
FILE = {"url": "http://a/b.png", "type": "image/png"}
ITEMS: dict[str, list[Item]] = {
    "text of one line": [{"type": "text", "text": filled("a ")}],
    "text of many lines": [{"type": "text", "text": filled("\n")}],
    "text that hides": [{"type": "text", "text": filled("\u202e")}],
    "addresses in text": [{"type": "text", "text": filled("http://a.b ")}],
    "options": [{"type": "button", "buttons": {"title": "", "options": many(OPTION)}}],
    "links to click": [
        {"type": "button", "buttons": {"options": many({"title": "a", "url": "http://a"})}}
    ],
    "long labels": [
        {"type": "button", "buttons": {"options": many({"label": "a" * 500, "value": "b" * 500})}}
    ],
    "cards": [{"type": "cards", "cards": many({"text": "a"})}],
    "pictures on cards": [{"type": "cards", "cards": many({"image_url": "http://a/b.png"})}],
    "cards with options": [{"type": "cards", "cards": many({"text": "a", "options": [OPTION]})}],
    "files": [{"type": "files", "files": many(FILE)}],
    "text items": many({"type": "text", "text": "a"}),
    "Markdown items": many({"type": "md", "md": "*a*"}),
    "full Markdown items": [{"type": "md", "md": "![" * 1000 + "\n"}] * 60,
    "HTML items": many({"type": "html", "html": "<p>"}),
    "table items": many({"type": "table", "table": "<td>a"}),
    "unknown items": many({"type": "x"}),
    "one unknown item": [{"type": "x", "data": [0] * 40_000}],
    "deep unknown item": [{"type": "x", "data": json.loads("[" * 90 + "]" * 90)}] * 500,
    "broken items": many(0),
    "plain text for items": many("a"),
    "nothing for items": many(""),
    "plain text for options": [{"type": "button", "buttons": {"options": many("a")}}],
    "broken options": [{"type": "button", "buttons": {"options": many(0)}}],
    "cards of plain options": [{"type": "cards", "cards": [{"options": ["a"] * 200}] * 150}],
    "addresses for files": [{"type": "files", "files": many("a")}],
    "files with more to them": [{"type": "files", "files": many({**FILE, "x": {"y": [0]}})}],
    "long numbers for text": [{"type": "text", "text": 9.0**300}] * 2800,
    "tables of Markdown items": many({"type": "md", "md": "|a|\n|-|\n|b|\n"}),
    "lists in HTML items": many({"type": "html", "html": "<ul><li><ul><li>"}),
    "pauses": many({"type": "pause", "time": 0}),
}


MARKS = "\u0301\u0323"
LETTERS = {
    "combining marks": filled(MARKS, "a"),
    "marks of katakana": filled("\uff9e\u0301"),
    "long ligatures": filled("\ufdfa"),
    "letters with dots": filled("\u0130"),
    "joiners": filled("\u200d"),
    "marks of direction": filled("\u202e"),
    "emoji": filled("\U0001f600"),
    "syllables in parts": filled("\u1100\u1161"),
    "wide spaces": filled("\u3000"),
    "entities of entities": filled("&amp;amp;"),
    "broken entities": filled("&" + "a" * 32),
    "backslashes": filled("\\"),
    "what may be the key": filled("k&#107;"),
    "escapes that may be the key": filled("k\\u006"),
}


def places(text: str) -> dict[str, str]:
    """Frames that have a text in every place where a text may stand."""
    host, half = f"http://{text}/", text[: len(text) // 2]
    option = {"label": text, "value": "a"}
    return {
        "a text": said([{"type": "text", "text": text}]),
        "Markdown": said([{"type": "md", "md": text}]),
        "HTML": said([{"type": "html", "html": text}]),
        "a label": said([{"type": "button", "buttons": {"options": [option]}}]),
        "a value": said(
            [{"type": "button", "buttons": {"options": [{"label": "", "value": text}]}}]
        ),
        "a card's link": said([{"type": "cards", "cards": [{"text": "a", "link": host}]}]),
        "a Markdown link": said([{"type": "md", "md": f"<{host}>"}]),
        "an HTML link": said([{"type": "html", "html": f"<a href='{host}'>a</a>"}]),
        "a transcript": told([{"from": "bot", "text": text}]),
        "a transcript of the user's": told([{"from": "user", "text": text}]),
        "two that begin alike": told(
            [{"from": "bot", "text": half}, {"from": "bot", "text": half + "…"}]
        ),
        "metadata": wire("conversation_metadata", {"content": {half: half}}),
        "an agent's name": wire(
            "conversation_update",
            {"type": "livechatAgentConnected", "data": {"agent": {"name": text}}},
        ),
        "an update's type": wire("conversation_update", {"type": text}),
        "an error": wire("general_error", {"error_code": 1, "error_desc": text}),
        "an action": wire("action", {"id": half, "data": half}),
        "no JSON": text,
        "a stray message": to_json({"message": text}),
        "an unknown event": wire(half, {"a": half}),
    }


PATTERNS = [
    *("://", "a=", "?a=", "?token", "?token=", "authorization: ", "x-api-key:", "'apikey':["),
    *('"api_key": "', "api-key=", "-token", "'apikey' ", "authorization" + " " * 1000, "\ue000"),
    *(
        '"event_type"',
        '"event_type" ',
        '"event_type":"' + "a" * 90,
        "\\ud800",
        "&#",
        "…",
        "...",
        "<",
    ),
    *("<a ", "</", "&", "error ", "http ", "ping", "4", "<title>", "a-", '<img a="', "- ", "> "),
    *("![a](b ", "`", "*_", "~", "\n\n", "[a][", "<!-- ", "| ", "1. "),
]
"""What the project's patterns, and those of what it reads Markdown and HTML with, begin to match."""


SEARCHED = (
    *("a text", "Markdown", "HTML", "a transcript", "metadata", "an error", "no JSON"),
    *("a stray message", "a label"),
)
"""The places where a text meets a pattern."""


def said(items: list[Any]) -> str:
    return wire("bot_message", {"content": items})


def told(entries: list[Any]) -> str:
    return wire("conversation_transcript", {"messages": entries})


def dense(kind: str, source: str) -> list[Any]:
    """The entries of a transcript in which each has a part of what fills a message."""
    part = source[: int(len(source) * 0.9) // ENTRIES]
    return [{"from": "bot", "messages": [{"type": kind, kind: part}]}] * ENTRIES


def deep(levels: int, name: str, inner: Any) -> Item:
    for _ in range(levels):
        inner = {name: inner}
    assert isinstance(inner, dict)
    return inner


SAYS = "The quick brown fox jumps over **the** lazy dog, and `code` [link](http://a.b/c). "
CHAT = {"from": "bot", "messages": [{"type": "md", "md": f"{SAYS * 24}\n\n- a\n- b\n"}]}
OTHERS: dict[str, list[Any] | str] = {
    "entries": many({"from": "bot", "text": "a"}),
    "entries of the user's": many({"from": "user", "text": "a"}),
    "entries of one id": many({"from": "bot", "text": "a", "id": "x"}),
    "entries with ids": [{"from": "bot", "text": "a", "id": f"i{n}"} for n in range(3200)],
    "entries that are cut": many({"from": "bot", "text": "abcdabcd…"}),
    "entries with options": many(
        {"from": "bot", "messages": [{"type": "button", "buttons": ["a"]}]}
    ),
    "entries with actions": many({"from": "bot", "actions": ["a"]}),
    "broken entries": many(0),
    "empty entries": many({}),
    "an ordinary one of 5 MB": [CHAT] * 2400,
}
EVENTS: dict[str, str] = {
    "actions": wire("action", {"actions": many("a")}),
    "an action with much": wire("action", {"id": "a", "data": [0] * 60_000}),
    "many names": wire("conversation_metadata", {"content": {f"k{n}": n for n in range(10_000)}}),
    "a long list": wire("conversation_metadata", {"content": {"a": [0] * 60_000}}),
    "deep metadata": wire(
        "conversation_metadata", {"content": deep(80, "a" * 1000, {str(n): 0 for n in range(4000)})}
    ),
    "wide metadata": wire(
        "conversation_metadata", {"content": {f"k{n}": deep(3, "a", n) for n in range(4000)}}
    ),
    "an update with much": wire("conversation_update", {"type": "x", "data": {"a": [0] * 60_000}}),
    "conversations": wire("user_conversations", {"conversations": many("a")}),
    "an unknown event with much": wire("x", {"a": [0] * 60_000}),
    "an object of many fields": to_json({f"a{n}": "a" for n in range(10_000)}),
    "open brackets": "[" * ROOM,
    "open objects": '{"a":' * (ROOM // 5),
    "brackets": to_json([[]] * 40_000),
    "a long number": '{"event_type":"a","event_payload":{"a":' + "9" * 120_000 + "}}",
    "halves of pairs": '{"a":"' + "\\ud800" * 20_000 + '"}',
    "a page of HTML": "<html><p>" + "<p>a" * 30_000,
}


def frames() -> Iterator[tuple[str, Make]]:
    """Yield every shape by its name."""
    yield from _marked_up()
    for name, items in ITEMS.items():
        yield name, _items(items)
    for name, entries in OTHERS.items():
        yield f"transcript: {name}", _entries(list(entries))
    for name, text in EVENTS.items():
        yield name, _same(text)
    yield from _texts()


def _marked_up() -> Iterator[tuple[str, Make]]:
    for kind, sources in (("md", MARKDOWN), ("html", HTML)):
        for name, source in sources.items():
            yield f"{kind}: {name}", _items([{"type": kind, kind: source}])
            yield f"{kind}: a transcript of {name}", _entries(dense(kind, source))


def _texts() -> Iterator[tuple[str, Make]]:
    for name, text in LETTERS.items():
        for place, frame in places(text).items():
            yield f"{name} in {place}", _same(frame)
    for pattern in PATTERNS:
        for place in SEARCHED:
            yield f"{pattern[:16]!r} in {place}", _same(places(filled(pattern))[place])


def _items(items: list[Any]) -> Make:
    return lambda number: said(again(items, number))


def _entries(entries: list[Any]) -> Make:
    def make(number: int) -> str:
        return told([_entry_again(entry, f"{number} {n}") for n, entry in enumerate(entries)])

    return make


def _entry_again(entry: Any, number: str) -> Any:
    items = entry.get("messages") if isinstance(entry, dict) else None
    return {**entry, "messages": again(items, number)} if items else entry


def _same(frame: str) -> Make:
    return lambda _: frame


_BITS = [
    *(
        "*",
        "**",
        "_",
        "`",
        "``",
        "[",
        "]",
        "](",
        "(",
        ")",
        "![",
        "<",
        ">",
        "&amp;",
        "&",
        "\\",
        "\n",
    ),
    *(
        "\n\n",
        "- ",
        "1. ",
        "# ",
        "> ",
        "|",
        "|-|-|\n",
        "~~",
        "```\n",
        "a",
        "b c",
        " ",
        "    ",
        "\t",
    ),
    *("---\n", "[a]: b\n", "<http://a.b>", '"', "'", "$", "{", "<b>", "<p>", "</p>", "<table>"),
    *("<td>", "<div>", "</div>", "<a href=x>", "<img src=http://a>", "<!--", "<li>", "<i a=1>"),
]


def mixtures(count: int, seed: int) -> Iterator[tuple[str, Make]]:
    """Yield messages that repeat a few random pieces of markup, or string them together at random."""
    dice = random.Random(seed)
    for number in range(count):
        some = dice.sample(_BITS, dice.randint(1, 7))
        unit = "".join(some if number % 2 else dice.choices(some, k=2000))
        kind = dice.choice(["md", "html", "table"])
        shown = json.dumps("".join(some))
        items = [{"type": kind, kind: filled(unit)}]
        dense_ones = _entries(dense(kind, items[0][kind]))
        yield f"{kind} of {shown}", dense_ones if number % 4 == 0 else _items(items)


def again(items: list[Any], number: object) -> list[Any]:
    """Return a message that is laid out anew, and not known from the last try."""
    return [
        {**item, item["type"]: f"{item[item['type']]} {number}"}
        if isinstance(item, dict) and item.get("type") in ("md", "html", "table")
        else item
        for item in items
    ]


def scrambled(dice: random.Random) -> str:
    """Make a frame of up to 128 KiB at random: any event, of a few large or many small pieces."""
    pieces = dice.choice([1, 1, 3, 30, 300, 3000])
    kind = dice.choice([*_PAYLOADS, "bot_message", "bot_message", "conversation_transcript"])
    room = max(1, ROOM // pieces - 60)
    while True:
        frame = wire(kind, _PAYLOADS[kind]([_PIECES[kind](dice, room) for _ in range(pieces)]))
        if cost(frame) <= ROOM + 400:
            return frame
        room, pieces = max(1, room // 2), max(1, pieces * 3 // 4)


def _text(dice: random.Random, room: int) -> str:
    some = dice.choices([*_BITS, *PATTERNS, *_LETTERS], k=dice.randint(1, 6))
    unit = "".join(some if dice.random() < 0.5 else dice.choices(some, k=50))
    return unit * max(1, room // cost(unit))


def _item(dice: random.Random, room: int) -> Any:
    kind = dice.choice(
        ["text", "md", "md", "html", "html", "table", "button", "cards", "files", "x"]
    )
    text = _text(dice, room // 2)
    match kind:
        case "button":
            return {"type": kind, "buttons": {"title": text[:9], "options": _options(dice, room)}}
        case "cards":
            card = {
                "text": text[:60],
                "link": f"http://{text}",
                "options": _options(dice, room // 2),
            }
            return {"type": kind, "cards": [card]}
        case "files":
            return {"type": kind, "files": [text[:9]] * max(1, room // (1 + cost(text[:9])))}
    return {"type": kind, kind: text * 2 if dice.random() < 0.9 else [text]}


def _options(dice: random.Random, room: int) -> list[Any]:
    label = _text(dice, dice.choice([2, 20, room]))
    return [label] * max(1, room // (cost(label) + 1))


def _entry(dice: random.Random, room: int) -> Any:
    sender = dice.choice(["bot", "user", "agent"])
    named = {"id": dice.choice(["a", str(dice.random())])} if dice.random() < 0.5 else {}
    return {"from": sender, "messages": [_item(dice, room)], **named}


def _pair(dice: random.Random, room: int) -> Any:
    return [_text(dice, room // 2), deep(dice.randint(1, 30), "a", _text(dice, room // 3))]


_LETTERS = [*MARKS, "\uff9e", "\ufdfa", "\u0130", "\u200d", "\u202e", "\U0001f600", "\u3000"]
_PIECES: dict[str, Callable[[random.Random, int], Any]] = {
    "bot_message": _item,
    "livechat_message": _item,
    "conversation_transcript": _entry,
    "action": lambda dice, room: {"id": _text(dice, room // 2), "data": _text(dice, room // 2)},
    "conversation_metadata": _pair,
    "conversation_update": _pair,
    "general_error": _text,
    "user_conversations": _text,
    "unheard_of": _pair,
}
_PAYLOADS: dict[str, Callable[[list[Any]], Item]] = {
    "bot_message": lambda items: {"content": items},
    "livechat_message": lambda items: {"content": items},
    "conversation_transcript": lambda entries: {"messages": entries},
    "action": lambda actions: {"actions": actions},
    "conversation_metadata": lambda pairs: {"content": dict(pairs)},
    "conversation_update": lambda pairs: {"type": pairs[0][0], "data": dict(pairs)},
    "general_error": lambda texts: {"error_code": 1, "error_desc": "".join(texts)},
    "user_conversations": lambda texts: {"conversations": texts},
    "unheard_of": dict,
}
