"""Hostile content: what it becomes can neither run, load, restyle, nor pass itself off."""

from __future__ import annotations

import html
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from captivate_nb.rendering import sanitize as s
from support.attacks import ATTACKS
from support.markup import dangers, tags, words

LONG_HOST = f"http://{'a' * s.HOST_LIMIT}b/"


def test_a_url_is_not_read_whose_host_takes_seconds_to_read():
    assert s.safe_link(LONG_HOST.replace("b", "")) is not None
    assert s.safe_link(LONG_HOST) is None
    assert s.safe_image(LONG_HOST) is None
    assert s.safe_link(f"https://a.example/{'b' * 2000}") is not None
    for hidden in ("ht\ntp:/\t/", "//"):
        with pytest.raises(ValueError, match="more than 1000 characters"):
            s.split_url(f"{hidden}{'a' * 1001}")


# --- html and tables --------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_in_html_is_disarmed(attack):
    for source in (
        attack,
        f"<p>before</p>{attack}<p>after</p>",
        f"<table><tr><td>{attack}</table>",
    ):
        assert dangers(s.safe_html(source)) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_safe_html_is_the_same_when_made_safe_again(attack):
    once = s.safe_html(attack)
    again = s.safe_html(once)
    assert (tags(again), words(again)) == (tags(once), words(once))


@given(st.lists(st.sampled_from(ATTACKS) | st.text(max_size=5), max_size=5).map("".join))
def test_no_mixture_of_attacks_gets_through(source):
    assert dangers(s.safe_html(source)) == []
    assert dangers(s.markdown_html(source)) == []


def test_what_a_message_needs_stays():
    source = (
        "<h2>Prices</h2><p>See <b>bold</b>, <em>em</em>, <code>code</code><br>and</p>"
        '<ol start="3"><li>three</li></ol><ul><li>x</li></ul><blockquote>q</blockquote><hr>'
        '<table><thead><tr><th scope="col" align="right">a</th></tr></thead>'
        '<tbody><tr><td colspan="2">1</td></tr></tbody></table>'
    )
    assert tags(s.safe_html(source)) == tags(source)
    assert words(s.safe_html(source)) == words(source)


def test_a_link_opens_elsewhere_and_tells_nothing_of_here():
    ((_, link),) = tags(s.safe_html('<a href="https://ok.example/?a=1&amp;b=2" title="t">x</a>'))
    assert link == {
        "href": "https://ok.example/?a=1&b=2",
        "title": "t",
        "target": "_blank",
        "rel": "noopener noreferrer",
    }


def test_an_image_is_loaded_late_and_tells_nothing_of_here():
    ((_, image),) = tags(s.safe_html('<img src="https://ok.example/x.png" alt="x" width="5">'))
    assert image == {
        "src": "https://ok.example/x.png",
        "alt": "x",
        "width": "5",
        "loading": "lazy",
        "referrerpolicy": "no-referrer",
    }


@pytest.mark.parametrize("source", ["", ' src="x"', ' src="javascript:alert(1)"'])
def test_an_image_that_has_no_source_left_is_its_words(source):
    words_of_it = "a > <script>alert(1)</script> &lt; \u202e"
    image = f'<img{source} title=">" alt="{html.escape(words_of_it)}">'
    safe = s.safe_html(f"<p>{image}</p>")
    assert tags(safe) == [("p", {})]
    assert words(safe) == "a > <script>alert(1)</script> &lt; "
    assert s.safe_html(f"<img{source}>") == ""


def test_an_image_is_replaced_or_stays():
    safe = s.safe_html(
        '<img src="https://a.example/a.png" alt="&lt;a&gt;"> <img src="data:image/png,b">'
    )
    seen: list[dict[str, str]] = []

    def replace(image: dict[str, str]) -> str | None:
        seen.append(image)
        return None if image["src"].startswith("data:") else "<b>gone</b>"

    assert tags(s.replace_images(safe, replace))[0][0] == "b"
    assert tags(s.replace_images(safe, replace))[1][0] == "img"
    assert [image["alt"] for image in seen] == ["<a>", ""] * 2


def test_html_is_cut_at_a_limit():
    assert len(s.safe_html("x" * (s.TEXT_LIMIT + 10))) == s.TEXT_LIMIT


def test_half_a_character_is_replaced():
    assert s.safe_html("<b>a\ud800b</b>") == "<b>a?b</b>"


@pytest.mark.parametrize("tag", ["div", "DL", "ul", "pre", "span"])
def test_html_that_nests_beyond_any_message_is_shown_as_text(tag):
    deep = f"<{tag}>" * (s.NESTING_LIMIT + 1)
    assert tags(s.safe_html(deep)) == []
    assert words(s.safe_html(deep)) == deep
    just = s.safe_html(f"<{tag}>" * s.NESTING_LIMIT)
    assert len(tags(just)) == s.NESTING_LIMIT


def test_long_html_that_nests_little_is_shown_as_html():
    rows = "<tr><td><b>a</b></td><td>b<p>c<p>d<br></td></i></tr>" * 1000
    assert len(tags(s.safe_html(f"<table>{rows}</table>"))) == 2 + 1000 * 7


def test_formats_that_every_paragraph_opens_again_are_bounded():
    """Each paragraph gets the open formats before it anew, three of a kind: attributes make no more."""
    open_formats = "".join(f"<b id='>{number}'>" for number in range(90))
    html = s.safe_html(f"<p>{open_formats}" + "<p>x" * 1000)
    assert html.count("<b>") <= 90 + 3 * 1000
    assert tags(s.safe_html("<p><b><i><u><s><tt>" + "<p>x" * 4000)) == []


@pytest.mark.parametrize(
    "source",
    [
        "<br>" * 15_001,
        "&amp;" * 30_001,
        "<a " + " ".join(f"a{number}" for number in range(16_001)) + ">x</a>",
        "<a " + "/".join(f"a{number}" for number in range(16_001)) + ">x</a>",
        "<a " + "".join(f"a{number}=''" for number in range(16_001)) + ">x</a>",
    ],
)
def test_html_that_takes_far_longer_than_it_looks_is_shown_as_text(source):
    assert s.too_much(source)
    assert tags(s.safe_html(source)) == []
    assert not s.too_much(source[: len(source) // 2])


def test_long_text_without_tags_is_not_too_much():
    assert not s.too_much("word " * 40_000)


# --- Markdown ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        *ATTACKS,
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:msgbox(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](file:///etc/passwd)",
        "[x](//xss.example)",
        "[x](/lab/tree)",
        "![x](javascript:alert(1))",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        '![x"onerror=alert(1)](https://ok.example/x.png)',
        '![x](https://ok.example/x.png "t\\" onerror=alert(1) \\"")',
        "<javascript:alert(1)>",
        "[x]\n\n[x]: javascript:alert(1)",
        "`<script>alert(1)</script>`",
        "```html\n<script>alert(1)</script>\n```",
        "| a |\n|---|\n| <script>alert(1)</script> |",
        "# <img src=x onerror=alert(1)>",
        "[![x](javascript:alert(1))](javascript:alert(1))",
    ],
)  # fmt: skip
def test_an_attack_in_markdown_is_disarmed(attack):
    assert dangers(s.markdown_html(attack)) == []


def test_markdown_becomes_html():
    html = s.markdown_html("# T\n\n*a* **b** ~~c~~ `d`\n\n| a |\n|---|\n| 1 |\n")
    assert [tag for tag, _ in tags(html)] == [
        *("h1", "p", "em", "strong", "s", "code"),
        *("table", "thead", "tr", "th", "tbody", "tr", "td"),
    ]
    ((_, _paragraph), (_, link)) = tags(s.markdown_html("[x](https://ok.example)"))
    assert link["href"] == "https://ok.example"


def test_columns_of_a_markdown_table_are_aligned():
    html = s.markdown_html("|a|b|c|d|\n|:--|--:|:-:|---|\n|1|2|3|4|\n")
    aligned = [fields.get("align") for tag, fields in tags(html) if tag in ("th", "td")]
    assert aligned == ["left", "right", "center", None] * 2
    code = '`<td style="text-align:right">`'
    assert words(s.markdown_html(code)) == code[1:-1] + "\n"


def test_html_in_markdown_stays_text():
    assert words(s.markdown_html("a <b>b</b>")) == "a <b>b</b>\n"


# --- links and images -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://ok.example",
        "http://ok.example/a?b=c#d",
        "HTTPS://OK.EXAMPLE/",
        "mailto:a@ok.example",
        "https://user@ok.example:8080/",
        "https://ok.example/ü",
    ],
)
def test_a_link_that_may_be_followed(url):
    assert s.safe_link(url) == url
    assert s.safe_link(f"  {url}\n") == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        " ",
        "ok.example",
        "/relative",
        "#fragment",
        "//ok.example",
        "https:",
        "https://",
        "https:///path",
        "https:ok.example",
        "mailto:",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "java\nscript:alert(1)",
        "java\x00script:alert(1)",
        "\x01javascript:alert(1)",
        "https://ok.example/\x7f",
        "https://ok.example/a\nb",
        "vbscript:x",
        "data:text/html,x",
        "data:image/png;base64,AA==",
        "file:///etc/passwd",
        "ftp://ok.example",
        "blob:https://ok.example/1",
        "jar:https://ok.example!/x",
        "http://[::1",
        "https://[not an address]/",
        "view-source:https://ok.example",
    ],
)
def test_a_link_that_may_not(url):
    assert s.safe_link(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://ok.example/x.png",
        "http://127.0.0.1:8000/x.png",
        *(f"data:image/{kind};base64,AA==" for kind in ("png", "jpeg", "gif", "webp", "avif")),
        "data:image/svg+xml,<svg/>",
        "DATA:IMAGE/PNG,x",
    ],
)
def test_an_image_that_may_be_drawn(url):
    assert s.safe_image(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "mailto:a@ok.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "data:image/png",
        "data:image/x-icon,x",
        "data:application/pdf,x",
        "x data:image/png,x",
        "file:///x.png",
        "x.png",
    ],
)
def test_an_image_that_may_not(url):
    assert s.safe_image(url) is None


@given(st.text())
@example("https://[")
def test_a_link_is_safe_or_none(url):
    link = s.safe_link(url)
    assert link is None or link.lower().startswith(("http://", "https://", "mailto:"))


# --- labels and text --------------------------------------------------------------------------

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Chat to Agent", "Chat to Agent"),
        ("  a \n b\r\n\tc  ", "a b c"),
        ("a\u2028b\u2029c", "a b c"),
        ("pay \u202e001\u202c now", "pay 001 now"),
        (f"a{BIDI}b", "ab"),
        ("\x00a\x07\x1b[31mb\x7f\x85\x9b", "a[31mb"),
        ("\ud800a\ue000", "a"),
        ("Größe 日本語 שלום 👩‍👩‍👧", "Größe 日本語 שלום 👩‍👩‍👧"),
        ("<b>", "<b>"),
        ("", ""),
        ("\u202e", ""),
    ],
)
def test_a_label_is_one_clean_line(label, shown):
    assert s.clean(label) == shown


def test_a_long_label_is_cut():
    assert s.clean("x" * 200) == "x" * 200
    assert s.clean("x" * 201) == "x" * 199 + "…"
    assert s.clean("abcdef", limit=4) == "abc…"


@given(st.text(st.characters() | st.sampled_from(BIDI + "\n\t\x1b\ud800"), max_size=300))
def test_a_label_can_neither_break_its_line_nor_reorder_what_is_beside_it(label):
    shown = s.clean(label)
    assert len(shown) <= s.LABEL_LIMIT
    assert len(shown.splitlines()) <= 1
    assert not set(shown) & set(BIDI)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co") for char in shown)


def test_text_keeps_its_lines_and_tabs_and_nothing_a_terminal_acts_on():
    assert s.clean_text("a\r\n\tb\x1b[2J\x00\u202ec\ud800") == "a\n\tb[2Jc"
    assert s.clean_text("x" * (s.TEXT_LIMIT + 5)) == "x" * s.TEXT_LIMIT + "…"


@pytest.mark.parametrize("attack", ATTACKS)
def test_escaped_text_shows_as_it_is(attack):
    html = s.escape(attack)
    assert tags(html) == []
    assert words(html) == s.clean_text(attack)
    ((_, attributes),) = tags(f'<p title="{html}">')
    assert attributes == {"title": s.clean_text(attack)}


# --- what a person reads of it ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("a<br>b", "a\nb"),
        ("<b>a</b> <i>b</i>", "a b"),
        ("<p>\n  a \n b\n</p>", "a b"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        (
            "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea</td><td></td><td>2</td></tr></table>",
            "Item\tPrice\nTea\t2",
        ),
        ('<p>See <img src="https://ok.example/x.png" alt="a cat"> <img src="x"></p>', "See a cat"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<script>alert(1)</script>", ""),
        ("<style>x</style>a", "a"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_text_of_html_is_what_a_person_reads(html, text):
    assert s.html_text(html) == text


@pytest.mark.parametrize(
    ("html", "nothing"),
    [
        ("", True),
        ("<p> </p>\n<br>", True),
        ("<script>a()</script><style>b{}</style>", True),
        ("<p>a</p>", False),
        ("a", False),
        ("<hr>", False),
        ('<img src="https://ok.example/a.png">', False),
    ],
)
def test_html_that_shows_nothing(html, nothing):
    assert s.shows_nothing(s.safe_html(html)) is nothing
