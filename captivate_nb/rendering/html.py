"""Messages as static HTML: for reprs in a cell's output, exports, and a frozen panel.

Nothing here runs, loads a script, or takes a style from a bot: text is escaped, HTML sanitized,
links and images allowed by scheme. What is said takes the direction of its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from captivate_nb.errors import counted
from captivate_nb.protocol import content as c

from .labels import actions_line, label_of, sender_line
from .layout import Markup, few, laid_out, newest
from .sanitize import clean, escape, replace_images, safe_image, safe_link

ROOM = 200_000
"""Characters of HTML in one output."""

_AS_WRITTEN = "tex2jax_ignore mathjax_ignore"
"""What MathJax, 2 and since 3, leaves alone: a price such as $5 begins no formula."""

_STYLE = """
.cnb-static{font:14px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);
 color:var(--jp-ui-font-color1,#1b1f24);max-width:46rem;overflow-wrap:anywhere}
.cnb-static .m{display:flex;flex-direction:column;align-items:flex-start;margin:3px 0}
.cnb-static .m.user{align-items:flex-end}.cnb-static .m.system{align-items:center}
.cnb-static .w{font-size:11px;color:var(--jp-ui-font-color2,#57606a);margin:6px 12px 2px}
.cnb-static .b{padding:8px 12px;border-radius:14px;max-width:85%;
 background:var(--jp-layout-color2,#eef1f5)}
.cnb-static .user .b{background:#0b63ce;color:#fff}.cnb-static .agent .b{background:#e6f4ea;color:#16301f}
.cnb-static .system .b{background:none;font-size:12px;color:var(--jp-ui-font-color2,#57606a)}
.cnb-static .t{white-space:pre-wrap}.cnb-static img{max-width:100%;max-height:14rem;border-radius:8px}
.cnb-static .o{display:inline-block;border:1px solid #0b63ce;border-radius:999px;padding:2px 10px;
 margin:4px 0 0;margin-inline-end:4px;font-size:13px}
.cnb-static .c{display:inline-block;vertical-align:top;width:176px;margin:6px 0 0;margin-inline-end:8px;padding:8px;
 border:1px solid var(--jp-border-color2,#d0d7de);border-radius:10px;box-sizing:border-box}
.cnb-static table{border-collapse:collapse}.cnb-static td,.cnb-static th{padding:3px 8px;
 border:1px solid var(--jp-border-color2,#d0d7de);text-align:start}
.cnb-static [align=center]{text-align:center}.cnb-static [align=right]{text-align:right}
.cnb-static .b :is(ul,ol){padding:0;padding-inline-start:1.6em}
.cnb-static .b :is(p,li,dt,dd,h1,h2,h3,h4,h5,h6,pre){text-align:start}
.cnb-static :is(.t,.o,.c div,a,code,p,li,dt,dd,td,th,h1,h2,h3,h4,h5,h6,pre){unicode-bidi:plaintext}
.cnb-static .system .t{direction:ltr;unicode-bidi:isolate}
"""


class Readable(Protocol):
    """What is read of a message."""

    @property
    def sender(self) -> str:
        """Return which side sent it: "user", "bot", "agent" or "system"."""

    @property
    def who(self) -> str:
        """Return who sent it, as a reader is told."""

    @property
    def text(self) -> str:
        """Return what a person reads of it."""

    @property
    def content(self) -> tuple[c.Content, ...]:
        """Return its content items."""

    @property
    def actions(self) -> tuple[c.Action, ...]:
        """Return the actions that it carries."""

    @property
    def delivery(self) -> str | None:
        """Return how far a message of the user's is."""


def messages_html(
    messages: Sequence[Readable], earlier: int = 0, empty: str = "No messages yet."
) -> str:
    """Return messages as one block of HTML, or `empty`; `earlier` stand above them, unshown.

    Of more than `ROOM` characters the newest are shown.
    """
    shown = newest(map(_message, reversed(messages)), len, ROOM)
    earlier += len(messages) - len(shown)
    above = f'<div class="w">… {counted(earlier, "earlier message")}</div>' if earlier else ""
    return _styled(above + ("".join(shown) or f'<div class="w">{empty}</div>'))


def page_html(messages: Sequence[Readable], title: str = "Transcript") -> str:
    """Return a whole HTML page of messages, under a policy that lets nothing run."""
    shown = _styled("".join(map(_message, messages)) or '<div class="w">No messages yet.</div>')
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title></head><body>{shown}</body></html>"
    )


def without_remote_images(html: str) -> str:
    """Return HTML of this module with words in the place of each image that is on another host."""

    def said(image: dict[str, str]) -> str | None:
        url = image.get("src", "")
        if url.startswith("data:"):
            return None
        host = re.split(r"[/?#]", url.partition("://")[2])[0].rpartition("@")[2]
        from_host = f" from {escape(clean(host))}" if host else ""
        return (
            f'<span class="w">🖼 {escape(image["alt"] or "picture")} (not loaded{from_host})</span>'
        )

    return replace_images(html, said)


def options_html(options: Iterable[c.Option]) -> str:
    """Return options as HTML pills."""
    shown = laid_out(few([c.Buttons("", tuple(options))]))
    pills = "".join(_item(*pair) for pair in shown) or '<span class="w">No options.</span>'
    return _styled(pills)


def output(html: str, *classes: str) -> str:
    """Return HTML as a cell shows it. All HTML that holds text of others goes through here."""
    return f'<div class="{" ".join((*classes, _AS_WRITTEN))}">{html}</div>'


def _styled(html: str) -> str:
    return output(f"<style>{_STYLE}</style>{html}", "cnb-static")


def _message(message: Readable) -> str:
    name = f'<div class="w" dir="auto">{escape(sender_line(message.who, message.delivery))}</div>'
    who = "" if message.sender == "system" else name
    items = laid_out(few(message.content))
    parts = "".join(_item(*pair) for pair in items)
    parts = parts or _text(message.text or actions_line(message.actions))
    return f'<div class="m {message.sender}">{who}<div class="b">{parts}</div></div>'


def _item(item: c.Content, markup: Markup) -> str:
    match item:
        case c.Text(text):
            return _text(text)
        case c.Buttons(title, options):
            return _text(title) + _options(options)
        case c.Cards(cards):
            return _directed("".join(_card(card) for card in cards))
        case c.Files(files, title):
            return _text(title) + "".join(_file(file) for file in files)
        case c.Html() | c.Table():
            return _directed(markup.html) or "<code>html</code>"
        case c.Markdown():
            return _directed(markup.html)
        case c.Pause():
            return ""
        case c.Unknown(kind):
            return f"<code>{escape(clean(kind) or 'unknown')}</code>"


def _directed(html: str) -> str:
    """Return HTML that begins at the left or at the right, as its text does."""
    return f'<div dir="auto">{html}</div>' if html else ""


def _text(text: str) -> str:
    return f'<div class="t" dir="auto">{escape(text)}</div>' if text else ""


def _options(options: Iterable[c.Option]) -> str:
    return _directed("".join(_option(option) for option in options))


def _option(option: c.Option) -> str:
    label = escape(label_of(option))
    url = safe_link(option.url)
    return f'<span class="o">{_link(url, label) if url else label}</span>'


def _card(card: c.Card) -> str:
    image = safe_image(card.image_url)
    link = safe_link(card.link)
    title = escape(clean(card.text))
    return (
        '<div class="c">'
        + (_image(image, clean(card.text)) if image else "")
        + f"<div><strong>{_link(link, title) if link else title}</strong></div>"
        + f"<div>{escape(card.description)}</div>"
        + "".join(_option(option) for option in card.options)
        + "</div>"
    )


def _file(file: c.File) -> str:
    name = clean(file.name or file.url) or "file"
    if file.type.startswith("image") and (image := safe_image(file.url)):
        return _image(image, name)
    link = safe_link(file.url)
    return _directed(f"📎 {_link(link, escape(name)) if link else escape(name)}")


def _link(url: str, label: str) -> str:
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{label}</a>'


def _image(url: str, alt: str) -> str:
    return (
        f'<img src="{escape(url)}" alt="{escape(alt)}" loading="lazy" referrerpolicy="no-referrer">'
    )
