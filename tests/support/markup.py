"""Reading HTML as a browser would, to tell whether anything in it could run, load or restyle."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

VISIBLE_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt"),
    *("em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "mark", "ol", "p"),
    *("pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "u", "ul"),
}
QUIET_ATTRIBUTES = {
    *("align", "alt", "class", "colspan", "height", "href", "loading", "referrerpolicy", "rel"),
    *("rowspan", "scope", "src", "start", "target", "title", "width"),
}
VOID_TAGS = {"br", "hr", "img", "meta"}
CODE_TAGS = {"code", "pre", "script", "style", "textarea"}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.others.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.others.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.others.append(f"<![{data}]>")


def _read(html: str) -> _Tags:
    tags = _Tags()
    tags.feed(html)
    tags.close()
    return tags


def tags(html: str) -> list[tuple[str, dict[str, str]]]:
    """The tags that a browser would see, each with its attributes."""
    return _read(html).found


def words(html: str) -> str:
    """The text that a browser would show."""
    return "".join(_read(html).words)


def dangers(html: str) -> list[str]:
    """What in the HTML is not known to be harmless, a line each; none in safe HTML.

    Known are the tags and attributes that a message may have, among them that its direction is
    its text's, links of http, https and mailto, and images of http, https and `data:image/`.
    """
    read = _read(html)
    found = [f"markup {other}" for other in read.others]
    for tag, attributes in read.found:
        if tag not in VISIBLE_TAGS:
            found.append(f"tag <{tag}>")
        for name, value in attributes.items():
            if name not in QUIET_ATTRIBUTES and (name, value) != ("dir", "auto"):
                found.append(f"attribute {name} of <{tag}>")
            elif name == "href" and urlsplit(value).scheme not in ("http", "https", "mailto"):
                found.append(f"link {value}")
            elif name == "src" and not value.startswith(("http://", "https://", "data:image/")):
                found.append(f"image {value}")
    return found


class _Typeset(_Tags):
    """Reads what MathJax does: no code, and nothing inside an element that says to leave it alone."""

    def __init__(self) -> None:
        super().__init__()
        self.left_alone: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID_TAGS:
            classes = (dict(attrs).get("class") or "").split()
            ignored = tag in CODE_TAGS or {"tex2jax_ignore", "mathjax_ignore"} <= set(classes)
            self.left_alone.append(ignored or self.left_alone[-1:] == [True])

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID_TAGS:
            self.left_alone.pop()

    def handle_data(self, data: str) -> None:
        if self.left_alone[-1:] != [True]:
            super().handle_data(data)


def typeset(html: str) -> str:
    """The text of well-formed HTML in which the MathJax of a notebook looks for formulas."""
    found = _Typeset()
    found.feed(html)
    found.close()
    return "".join(found.words)
