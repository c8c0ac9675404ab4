"""What bot content may become: safe HTML, safe links, safe labels.

Everything a server sends is hostile. Text stays text; HTML, Markdown and tables pass through `nh3`
(the Rust `ammonia` sanitizer) with a short list of what may stay; links and images are allowed by
scheme.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

LABEL_LIMIT = 200
"""Characters kept of a label, a name or a file name."""

QUOTED = 60
"""Characters of a message that a line about it quotes."""

TEXT_LIMIT = 200_000
"""Characters kept of one text: more than the service's largest message holds."""

NESTING_LIMIT = 100
"""Levels of tags; the sanitizer's time grows with their square, to seconds for one message."""

WORK_LIMIT = 30_000
"""Work for one message, in microseconds or so: a “<” of HTML is 2, an entity 1."""

WORDS_LIMIT = 16_000
"""Words of HTML with tags: they may all be attributes of one, each compared with each."""

COPIES_LIMIT = 50_000
"""Elements that HTML may become: tags that format text are opened again in every paragraph."""

HOST_LIMIT = 1000
"""Characters of the host in a URL, a user and password included; names end at 253."""

_LONG_HOST = re.compile(rf"[^/?#]*//[^/?#]{{{HOST_LIMIT + 1}}}")
_NESTING_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_FORMATTING_TAG = re.compile(
    r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^>]*>?", re.IGNORECASE
)
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
_ALIGNED = re.compile(r'<(t[dh]) style="text-align:(\w+)">')
_IMAGE = re.compile(r'<img(?: [a-z]+="[^"]*")*>')
_SPACE = re.compile(r"(?:\s|&nbsp;)+")
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_PRIVATE = r"\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_ANY_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_IN_TEXT = re.compile(rf"[{_CONTROL}{_BIDI}\ud800-\udfff]")
_NOT_IN_LABELS = re.compile(rf"[{_CONTROL}{_BIDI}{_PRIVATE}\ud800-\udfff]")
_REST = r'(?: [a-z]+="[^"]*")*>'
_BLOCK_TAG = re.compile(
    "</?(?:p|div|br|li|tr|table|h[1-6]|pre|hr|blockquote|ul|ol|dl|dt|dd|caption)" + _REST
)
_CELL_TAG = re.compile("<t[dh]" + _REST)
_ANY_TAG = re.compile("</?[a-z0-9]+" + _REST)


def safe_html(source: str) -> str:
    """Return the part of `source` that cannot run, load a script, or style the page.

    Source that is `too_much` is returned as the text it is.
    """
    source = source[:TEXT_LIMIT].encode(errors="replace").decode()
    return escape(source) if too_much(source) else _sanitized(_FORMATTING_TAG.sub(r"<\1>", source))


def _sanitized(source: str) -> str:
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


def html_work(source: str) -> int:
    """Return about how many microseconds it takes to lay out HTML, before what is `too_much`."""
    return 2 * source.count("<") + source.count("&")


def too_much(source: str) -> bool:
    """Tell whether HTML would become far more than it is, or take far longer than it looks."""
    formats = {tag.lower() for tag in _FORMATTING_TAG.findall(source)}
    return (
        html_work(source) > WORK_LIMIT
        or source.count("<") * (1 + 3 * len(formats)) > COPIES_LIMIT  # of each, three are kept open
        or ("<" in source and len(re.findall(r"[\s/\"']+", source)) > WORDS_LIMIT)
        or _nests_deeper(source, NESTING_LIMIT)
    )


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
    from markdown_it import MarkdownIt  # when it is first used: most chats have none

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(
        ["table", "strikethrough"]
    )


def markdown_html(source: str) -> str:
    """Return Markdown as safe HTML; HTML inside it stays text."""
    source = source[:TEXT_LIMIT].encode(errors="replace").decode()
    return _sanitized(_ALIGNED.sub(r'<\1 align="\2">', _markdown().render(source)))


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
    if _ANY_CONTROL.search(text):
        return None
    try:
        parts = split_url(text)
    except ValueError:
        return None
    addressed = parts.path if parts.scheme == "mailto" else parts.netloc
    return text if parts.scheme in schemes and addressed else None


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL that somebody else gave.

    Raise `ValueError` when it is none, and when it names a host of more than `HOST_LIMIT`
    characters: to read one of many combining marks takes seconds.
    """
    if _LONG_HOST.match(url.replace("\t", "").replace("\r", "").replace("\n", "")):
        raise ValueError(f"its host has more than {HOST_LIMIT} characters")
    return urlsplit(url)


def clean(text: str, limit: int = LABEL_LIMIT) -> str:
    """Return one line of at most `limit` characters, without control or bidi-override characters.

    For labels, names and titles: what they say cannot reorder or overdraw what stands beside them.
    """
    kept = _NOT_IN_LABELS.sub("", re.sub(r"[\n\r\t]", " ", text[: limit * 4]))
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quoted(text: str) -> str:
    """Return the beginning of what somebody wrote, in quotes, as a line names it."""
    return f"“{clean(text, QUOTED)}”"


def clean_text(text: str) -> str:
    """Return text of many lines without control (but newline and tab) or bidi-override characters."""
    kept = _NOT_IN_TEXT.sub("", text[:TEXT_LIMIT])
    return kept if len(text) <= TEXT_LIMIT else kept + "…"


def html_text(source: str) -> str:
    """Return what a person reads of some HTML: a line a block, a tab between cells."""
    return words_of(safe_html(source))


def words_of(safe: str) -> str:
    """Return what a person reads of HTML that `safe_html` returned."""
    text = _IMAGE.sub(_alt, _SPACE.sub(" ", safe))
    for tags, said in ((_BLOCK_TAG, "\n"), (_CELL_TAG, "\t"), (_ANY_TAG, "")):
        text = tags.sub(said, text)
    lines = [
        "\t".join(cell.strip() for cell in line.split("\t") if cell.strip())
        for line in html.unescape(text).split("\n")
    ]
    return "\n".join(line for line in lines if line)


def _alt(image: re.Match[str]) -> str:
    attributes: dict[str, str] = dict(_ATTRIBUTE.findall(image[0]))
    return attributes.get("alt", "")


def escape(text: str) -> str:
    """Return text as HTML that shows just that text."""
    return html.escape(clean_text(text))
