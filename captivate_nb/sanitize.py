"""What bot content may become: safe HTML, safe links, safe labels.

Everything a server sends is hostile. Text stays text; HTML, Markdown and tables pass through `nh3`
(the Rust `ammonia` sanitizer) with a short list of what may stay; links and images are allowed by
scheme.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt

LABEL_LIMIT = 200
"""Characters kept of a label, a name or a file name."""

TEXT_LIMIT = 200_000
"""Characters kept of one text: more than the service's largest message holds."""

NESTING_LIMIT = 500
"""Levels of tags; the sanitizer's time grows with their square, to seconds for one message."""

_NESTING_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ENDS_BY_ITSELF = {
    *("br", "col", "dd", "dt", "hr", "img", "input", "li", "option", "p", "tbody", "td", "tfoot"),
    *("th", "thead", "tr", "wbr"),
}
_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "dl", "dt", "em", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "i", "img", "ins", "li", "mark", "ol", "p", "pre", "s"),
    *("small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead"),
    *("tr", "u", "ul", "div"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "ol": {"start"},
}
_IMAGE = re.compile(r'<img(?: [a-z]+="[^"]*")*>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BLOCKS = {
    *("p", "div", "br", "li", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr"),
    *("blockquote", "ul", "ol", "dl", "dt", "dd", "caption"),
}


def safe_html(source: str) -> str:
    """Return the part of `source` that cannot run, load a script, or style the page.

    Source that nests its tags hundreds of levels deep is returned as the text it is.
    """
    source = source[:TEXT_LIMIT].encode(errors="replace").decode()
    if _nests_deeper(source, NESTING_LIMIT):
        return escape(source)
    safe = nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_safe_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={
            "a": {"target": "_blank"},
            "img": {"loading": "lazy", "referrerpolicy": "no-referrer"},
        },
    )
    return replace_images(safe, lambda image: None if "src" in image else escape(image["alt"]))


def replace_images(safe: str, replace: Callable[[dict[str, str]], str | None]) -> str:
    """Return HTML that `safe_html` returned, or is written as it is, with other HTML for images.

    `replace` gets an image's attributes, `alt` always among them, and returns None to keep it.
    """

    def one(image: re.Match[str]) -> str:
        given = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(image[0])}
        other = replace({"alt": "", **given})
        return image[0] if other is None else other

    return _IMAGE.sub(one, safe)


def shows_nothing(safe: str) -> bool:
    """Tell whether there is nothing to see in HTML that `safe_html` returned."""
    return not (re.search(r"<(img|hr)\b", safe) or re.sub(r"<[^>]*>", "", safe).strip())


def _nests_deeper(source: str, limit: int) -> bool:
    opened: Counter[str] = Counter()
    depth = 0
    for end, name in _NESTING_TAG.findall(source):
        tag = name.lower()
        step = -1 if end else 1
        if tag in _ENDS_BY_ITSELF or (end and not opened[tag]):
            continue
        opened[tag] += step
        depth += step
        if depth > limit:
            return True
    return False


def _safe_attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return safe_link(value)
    if name == "src":
        return safe_image(value)
    return value


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(
        ["table", "strikethrough"]
    )


def markdown_html(source: str) -> str:
    """Return Markdown as safe HTML; HTML inside it stays text."""
    return safe_html(_markdown().render(source[:TEXT_LIMIT]))


def safe_link(url: str | None) -> str | None:
    """Return the URL if a reader may follow it (http, https, mailto), else None."""
    return _with_scheme(url, ("http", "https", "mailto"))


def safe_image(url: str | None) -> str | None:
    """Return the URL if it may be drawn: http, https, or an image in a `data:` URL."""
    if url and re.match(r"data:image/(png|jpeg|gif|webp|avif|svg\+xml)[;,]", url, re.IGNORECASE):
        return url
    return _with_scheme(url, ("http", "https"))


def _with_scheme(url: str | None, schemes: tuple[str, ...]) -> str | None:
    text = (url or "").strip()
    if any(unicodedata.category(char) == "Cc" for char in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    addressed = parts.path if parts.scheme == "mailto" else parts.netloc
    return text if parts.scheme in schemes and addressed else None


def clean(text: str, limit: int = LABEL_LIMIT) -> str:
    """Return one line of at most `limit` characters, without control or bidi-override characters.

    For labels, names and titles: what they say cannot reorder or overdraw what stands beside them.
    """
    kept = "".join(
        " " if char in "\n\r\t" else char
        for char in text[: limit * 4]
        if char in "\n\r\t"
        or (char not in _BIDI and unicodedata.category(char) not in ("Cc", "Cs", "Co"))
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def clean_text(text: str) -> str:
    """Return text of many lines without control (but newline and tab) or bidi-override characters."""
    kept = "".join(
        char
        for char in text[:TEXT_LIMIT]
        if char in "\n\t" or (char not in _BIDI and unicodedata.category(char) not in ("Cc", "Cs"))
    )
    return kept if len(text) <= TEXT_LIMIT else kept + "…"


class _Reader(HTMLParser):
    """Collects what a person reads of some HTML: text, with a new line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append("\t")
        elif tag == "img":
            self.parts.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data))


def html_text(source: str) -> str:
    """Return what a person reads of some HTML: a line a block, a tab between cells."""
    reader = _Reader()
    reader.feed(safe_html(source))
    reader.close()
    lines = [
        "\t".join(cell.strip() for cell in line.split("\t") if cell.strip())
        for line in "".join(reader.parts).split("\n")
    ]
    return "\n".join(line for line in lines if line)


def escape(text: str) -> str:
    """Return text as HTML that shows just that text."""
    return html.escape(clean_text(text))
