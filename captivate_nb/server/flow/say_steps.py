"""What a node says, read into content items: text, options, cards, files, tables and the rest."""

from __future__ import annotations

import html
from collections.abc import Sequence

from captivate_nb.protocol import content as c

from . import model
from .context import ReadContext
from .yaml_source import Fields, YamlNode, field, known

LONGEST_TEXT = 1 << 20  # characters, `times` included


def read_text(_: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    text = node.text("text")
    times = int(fields["times"][1].number("times")) if "times" in fields else 1
    if not 1 <= times * len(text) <= LONGEST_TEXT:
        node.fail(
            f"This text has {times * len(text)} characters; 1 to {LONGEST_TEXT} are possible."
        )
    return [model.Say(c.Text(text * times))]


def read_markdown(_: ReadContext, node: YamlNode, __: Fields) -> Sequence[model.Step]:
    return [model.Say(c.Markdown(node.text("md")))]


def read_html(_: ReadContext, node: YamlNode, __: Fields) -> Sequence[model.Step]:
    return [model.Say(c.Html(node.text("html")))]


def read_table(_: ReadContext, node: YamlNode, __: Fields) -> Sequence[model.Step]:
    """Read a table written as HTML, or as rows, the first of which is the heading."""
    if node.is_text:
        return [model.Say(c.Table(node.text("table")))]
    rows = [
        [html.escape(cell.text("a cell")) for cell in row.items("a row")]
        for row in node.items("table")
    ]
    if not rows:
        node.fail("A table needs at least one row.")
    lines = [_table_row(row, "td") for row in rows[1:]]
    head = _table_row(rows[0], "th")
    return [
        model.Say(c.Table(f"<table><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>"))
    ]


def _table_row(cells: list[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def read_pause(_: ReadContext, node: YamlNode, __: Fields) -> Sequence[model.Step]:
    return [model.Say(c.Pause(round(node.seconds("pause") * 1000)))]


def read_raw(_: ReadContext, node: YamlNode, __: Fields) -> Sequence[model.Step]:
    """Read an item of any type, sent as it is written."""
    data = {name: value.data() for name, (_, value) in node.pairs("raw").items()}
    kind = data.pop("type", None)
    if not isinstance(kind, str) or not kind:
        node.fail("A raw item needs a “type”.")
    return [model.Say(c.Unknown(kind, data))]


def read_buttons(context: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    title = "" if node.is_empty else node.text("buttons")
    options, routes = read_options(context, fields)
    if not options:
        node.fail("Buttons need “options”.")
    return [model.Say(c.Buttons(title, options), routes)]


def read_options(
    context: ReadContext, fields: Fields
) -> tuple[tuple[c.Option, ...], dict[str, str]]:
    """Read options: `label: node` or a list of labels or of {label, value, url, go}."""
    if "options" not in fields:
        return (), {}
    listed = fields["options"][1]
    if listed.is_mapping:
        entries = [
            _short_option(context, label, target)
            for label, (_, target) in listed.pairs("options").items()
        ]
    else:
        entries = [_long_option(context, one) for one in listed.items("options")]
    routes = {option.value: node for option, node in entries if node is not None}
    return tuple(option for option, _ in entries), routes


def _short_option(
    context: ReadContext, label: str, target: YamlNode
) -> tuple[c.Option, str | None]:
    if target.is_empty:
        return c.Option(label, label), None
    if target.is_text and target.text("a link").startswith(("http://", "https://", "mailto:")):
        return c.Option(label, "", target.text("a link")), None
    return c.Option(label, label), context.target(target)


def _long_option(context: ReadContext, node: YamlNode) -> tuple[c.Option, str | None]:
    if node.is_text:
        label = node.text("an option")
        return c.Option(label, label), None
    fields = known(node, "an option", ("label", "value", "url", "go"))
    if "label" not in fields:
        node.fail("An option needs a “label”.")
    label = field(fields, "label")
    url = field(fields, "url") or None
    value = field(fields, "value") or ("" if url else label)
    return c.Option(label, value, url), context.target(fields["go"][1]) if "go" in fields else None


def read_cards(context: ReadContext, node: YamlNode, _: Fields) -> Sequence[model.Step]:
    cards: list[c.Card] = []
    routes: dict[str, str] = {}
    for one in node.items("cards"):
        fields = known(one, "a card", ("title", "text", "picture", "link", "options"))
        options, ways = read_options(context, fields)
        picture = context.file(fields["picture"][1]) if "picture" in fields else None
        link = field(fields, "link") or None
        cards.append(c.Card(field(fields, "title"), field(fields, "text"), picture, link, options))
        for value in ways.keys() & routes.keys():
            one.fail(f"Two cards have the option “{value}”; give each a “value” of its own.")
        routes |= ways
    if not cards:
        node.fail("Cards need at least one card.")
    return [model.Say(c.Cards(tuple(cards)), routes)]


def read_files(context: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    nodes = node.items("files") if node.is_list else [node]
    files = tuple(_file(context, one) for one in nodes)
    if not files:
        node.fail("Files need at least one file.")
    return [model.Say(c.Files(files, field(fields, "title")))]


def _file(context: ReadContext, node: YamlNode) -> c.File:
    """Read `picture.svg`, or {url, name, type} of a file that is elsewhere."""
    if node.is_text:
        return context.described(node)
    fields = known(node, "a file", ("url", "name", "type"))
    if "url" not in fields:
        node.fail("A file needs a “url”.")
    return c.File(field(fields, "url"), field(fields, "name"), field(fields, "type"))
