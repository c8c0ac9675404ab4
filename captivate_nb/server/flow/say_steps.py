"""What a node says, read into content items: text, options, cards, files, tables and the rest."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from captivate_nb.protocol import content as c

from . import model as flow
from .yaml_source import Fields, Spot, field, known

if TYPE_CHECKING:
    from .loader import Reader

LONGEST_TEXT = 1 << 20  # characters, `times` included


def read_text(_: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    text = spot.text("text")
    times = int(fields["times"][1].number("times")) if "times" in fields else 1
    if not 1 <= times * len(text) <= LONGEST_TEXT:
        spot.fail(
            f"This text has {times * len(text)} characters; 1 to {LONGEST_TEXT} are possible."
        )
    return [flow.Say(c.Text(text * times))]


def read_markdown(_: Reader, spot: Spot, __: Fields) -> Sequence[flow.Step]:
    return [flow.Say(c.Markdown(spot.text("md")))]


def read_html(_: Reader, spot: Spot, __: Fields) -> Sequence[flow.Step]:
    return [flow.Say(c.Html(spot.text("html")))]


def read_table(_: Reader, spot: Spot, __: Fields) -> Sequence[flow.Step]:
    """Read a table written as HTML, or as rows, the first of which is the heading."""
    if spot.is_text:
        return [flow.Say(c.Table(spot.text("table")))]
    rows = [
        [html.escape(cell.text("a cell")) for cell in row.items("a row")]
        for row in spot.items("table")
    ]
    if not rows:
        spot.fail("A table needs at least one row.")
    lines = [_table_row(row, "td") for row in rows[1:]]
    head = _table_row(rows[0], "th")
    return [
        flow.Say(c.Table(f"<table><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>"))
    ]


def _table_row(cells: list[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def read_pause(_: Reader, spot: Spot, __: Fields) -> Sequence[flow.Step]:
    return [flow.Say(c.Pause(round(spot.seconds("pause") * 1000)))]


def read_raw(_: Reader, spot: Spot, __: Fields) -> Sequence[flow.Step]:
    """Read an item of any type, sent as it is written."""
    data = {name: value.data() for name, (_, value) in spot.pairs("raw").items()}
    kind = data.pop("type", None)
    if not isinstance(kind, str) or not kind:
        spot.fail("A raw item needs a “type”.")
    return [flow.Say(c.Unknown(kind, data))]


def read_buttons(reader: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    title = "" if spot.is_empty else spot.text("buttons")
    options, routes = read_options(reader, fields)
    if not options:
        spot.fail("Buttons need “options”.")
    return [flow.Say(c.Buttons(title, options), routes)]


def read_options(reader: Reader, fields: Fields) -> tuple[tuple[c.Option, ...], dict[str, str]]:
    """Read options: `label: node` or a list of labels or of {label, value, url, go}."""
    if "options" not in fields:
        return (), {}
    listed = fields["options"][1]
    if listed.is_mapping:
        entries = [
            _short_option(reader, label, target)
            for label, (_, target) in listed.pairs("options").items()
        ]
    else:
        entries = [_long_option(reader, one) for one in listed.items("options")]
    routes = {option.value: node for option, node in entries if node is not None}
    return tuple(option for option, _ in entries), routes


def _short_option(reader: Reader, label: str, target: Spot) -> tuple[c.Option, str | None]:
    if target.is_empty:
        return c.Option(label, label), None
    if target.is_text and target.text("a link").startswith(("http://", "https://", "mailto:")):
        return c.Option(label, "", target.text("a link")), None
    return c.Option(label, label), reader.target(target)


def _long_option(reader: Reader, spot: Spot) -> tuple[c.Option, str | None]:
    if spot.is_text:
        label = spot.text("an option")
        return c.Option(label, label), None
    fields = known(spot, "an option", ("label", "value", "url", "go"))
    if "label" not in fields:
        spot.fail("An option needs a “label”.")
    label = field(fields, "label")
    url = field(fields, "url") or None
    value = field(fields, "value") or ("" if url else label)
    return c.Option(label, value, url), reader.target(fields["go"][1]) if "go" in fields else None


def read_cards(reader: Reader, spot: Spot, _: Fields) -> Sequence[flow.Step]:
    cards: list[c.Card] = []
    routes: dict[str, str] = {}
    for one in spot.items("cards"):
        fields = known(one, "a card", ("title", "text", "picture", "link", "options"))
        options, ways = read_options(reader, fields)
        picture = reader.file(fields["picture"][1]) if "picture" in fields else None
        link = field(fields, "link") or None
        cards.append(c.Card(field(fields, "title"), field(fields, "text"), picture, link, options))
        for value in ways.keys() & routes.keys():
            one.fail(f"Two cards have the option “{value}”; give each a “value” of its own.")
        routes |= ways
    if not cards:
        spot.fail("Cards need at least one card.")
    return [flow.Say(c.Cards(tuple(cards)), routes)]


def read_files(reader: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    spots = spot.items("files") if spot.is_list else [spot]
    files = tuple(_file(reader, one) for one in spots)
    if not files:
        spot.fail("Files need at least one file.")
    return [flow.Say(c.Files(files, field(fields, "title")))]


def _file(reader: Reader, spot: Spot) -> c.File:
    """Read `picture.svg`, or {url, name, type} of a file that is elsewhere."""
    if spot.is_text:
        return reader.described(spot)
    fields = known(spot, "a file", ("url", "name", "type"))
    if "url" not in fields:
        spot.fail("A file needs a “url”.")
    return c.File(field(fields, "url"), field(fields, "name"), field(fields, "type"))
