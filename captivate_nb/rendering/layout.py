"""How much of a message is laid out: so much that nothing a bot sends stops who reads it.

Markup may cost far more to lay out than to send: ten kilobytes of Markdown make 390,000 cells of
tables. A message's markup is laid out in order, up to `WORK_LIMIT`; the rest is shown as it was
written, under a line that says so. Of what it is made of, options and cards included, `PIECES` are
shown. What was laid out once is kept as long as its content.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import msgspec

from captivate_nb.protocol.content import (
    Buttons,
    Card,
    Cards,
    Content,
    Files,
    Html,
    Markdown,
    Table,
    Text,
    Unknown,
)

from .sanitize import (
    WORK_LIMIT,
    escape,
    html_work,
    markdown_html,
    safe_html,
    shows_nothing,
    too_much,
    words_of,
)

PIECES = 300
"""Items, options, cards and files shown of one message; an item of unknown type counts for 20."""

ITEM_WORK = 400
"""Work for one item of markup, whatever it holds, in the unit of `WORK_LIMIT`."""

TOO_MUCH = "What follows is too much to lay out here, and is shown as it was written:"

MORE = "… There is more of this message than is shown here."

_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
_COLUMNS = re.compile(r"[\s>]*[-:|][-:|\s]*\Z")
_OPENINGS = re.compile(r"(?<![^\s>])(?:[*+>-]|[0-9]+[.)])(?!\S)")
_MARKS = re.compile(r"[!#&<>*\[\\\]_`|~+-]")
_SIGNS = re.compile(r"[\"$%'()=.:@^{}]")

T = TypeVar("T")
_Marked: TypeAlias = Html | Markdown | Table
MARKED = (Html, Markdown, Table)
"""The kinds of content that are laid out."""


class Markup(NamedTuple):
    """An item of HTML, Markdown or a table as it is shown: safe `html`, and the `text` of it.

    `html` is empty when nothing of it can be seen.
    """

    html: str
    text: str
    work: int


_PLAIN = Markup("", "", 0)
_known: WeakKeyDictionary[_Marked, Markup] = WeakKeyDictionary()


def laid_out(content: Iterable[Content]) -> Iterator[tuple[Content, Markup]]:
    """Yield a message's items, those of HTML, Markdown or a table with what they are shown as."""
    left = WORK_LIMIT
    for item in content:
        if isinstance(item, MARKED):
            markup = _once(item) if left > 0 else _unlaid(item)
            left -= markup.work
            yield item, markup
        else:
            yield item, _PLAIN


def newest(parts: Iterable[T], size: Callable[[T], int], room: int) -> list[T]:
    """Return the first of `parts`, which come newest first, that have room together: at least one.

    They are returned oldest first.
    """
    taken: list[T] = []
    for part in parts:
        room -= size(part)
        if taken and room < 0:
            break
        taken.append(part)
    return taken[::-1]


def few(content: Iterable[Content]) -> Iterator[Content]:
    """Yield a message's first `PIECES` pieces, and a line if there are more.

    The items are those given, but for the one that is cut.
    """
    left = PIECES
    for item in content:
        pieces = _pieces(item)
        if pieces <= left:
            yield item
        elif left > 0:
            yield _first(item, left - 1)
        left -= pieces
        if left < 0:
            yield Text(MORE)
            return


def _once(item: _Marked) -> Markup:
    found = _known.get(item)
    if found is None:
        found = _known[item] = _markup(item)
    return found


def _markup(item: _Marked) -> Markup:
    if isinstance(item, Markdown):
        end, work = _markdown_end(item.text)
        return _with_rest(markdown_html(item.text[:end]), item.text[end:], work)
    if too_much(item.html):
        return _with_rest("", item.html, 0)
    return _with_rest(safe_html(item.html), "", html_work(item.html))


def _unlaid(item: _Marked) -> Markup:
    source = item.text if isinstance(item, Markdown) else item.html
    return Markup(_as_written(source), f"{TOO_MUCH}\n{source}", 0)


def _with_rest(html: str, rest: str, work: int) -> Markup:
    """Return what is laid out, and below it the rest as it was written."""
    text = words_of(html)
    if rest:
        html, text = html + _as_written(rest), f"{text}\n{TOO_MUCH}\n{rest}".lstrip()
    return Markup("" if shows_nothing(html) else html, text, ITEM_WORK + work)


def _as_written(source: str) -> str:
    return f"<p><em>{TOO_MUCH}</em></p><pre>{escape(source)}</pre>"


def _markdown_end(source: str) -> tuple[int, int]:
    """Return how many characters of Markdown are laid out, in whole lines, and the work for them."""
    end = work = columns = 0
    quotes: Counter[int] = Counter()
    for line in _LINE.finditer(source):
        text = line[0]
        if not text.strip():
            quotes.clear()
        if _COLUMNS.match(text):
            columns = max(columns, text.count("|") + 1)
        elif not text.strip(" \t\n>"):
            columns = 0
        depth = text.count(">")
        again = sum(lines for deeper, lines in quotes.items() if deeper > depth)
        quotes[depth] += 1
        more = _line_work(text) + 24 * columns + 2 * again
        if work + more > WORK_LIMIT:
            return end, work
        end, work = line.end(), work + more
    return end, work


def _line_work(line: str) -> int:
    """Return the work for a line by itself, as was measured of what takes longest."""
    opened = len(_OPENINGS.findall(line))
    marks, signs = len(_MARKS.findall(line)), len(_SIGNS.findall(line))
    return 20 + 24 * opened + 12 * line.count("[") + 6 * marks + signs


def _pieces(item: Content) -> int:
    match item:
        case Buttons(_, options):
            return 1 + len(options)
        case Cards(cards):
            return 1 + sum(1 + len(card.options) for card in cards)
        case Files(files):
            return 1 + len(files)
        case Unknown():
            return 20
    return 1


def _first(item: Content, left: int) -> Content:
    """Return the first `left` pieces of an item that has more."""
    match item:
        case Buttons(title, options):
            return Buttons(title, options[:left])
        case Cards(cards):
            return Cards(tuple(_first_cards(cards, left)))
        case Files(files, title):
            return Files(files[:left], title)
    return item


def _first_cards(cards: Iterable[Card], left: int) -> Iterator[Card]:
    for card in cards:
        left -= 1
        if left < 0:
            return
        cut = msgspec.structs.replace(card, options=card.options[:left])
        left -= len(cut.options)
        yield cut
