"""Static HTML of messages: all of a message shows, and nothing a bot says does more than that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.conversation.message import Message
from captivate_nb.protocol import content as c
from captivate_nb.rendering import html as render
from captivate_nb.rendering.layout import MORE, PIECES, TOO_MUCH
from strategies import HOSTILE, contents, text
from support.markup import dangers, tags, typeset, words

AGENT = c.Option("Chat to Agent", "agent")
SITE = c.Option("Our site", "", "https://ok.example/?a=1&b=2")
ATTACKS = [*HOSTILE, "javascript:alert(1)", "https://ok.example/\"onmouseover='alert(1)", "</div>"]


def said(*content, sender="bot", **fields):
    return Message(id="1", sender=sender, text="", content=content, **fields)


def body(html):
    """The HTML behind our own style sheet."""
    before, style, after = html.partition("</style>")
    assert before.startswith('<div class="cnb-static tex2jax_ignore mathjax_ignore"><style>')
    assert style
    return after


def shown(*content, **fields):
    return body(render.messages_html([said(*content, **fields)]))


def test_messages_stand_in_order_each_on_its_senders_side():
    html = body(
        render.messages_html(
            [
                said(c.Text("hi")),
                said(c.Text("yes"), sender="user"),
                said(c.Text("joined"), sender="system"),
                said(c.Text("hello"), sender="agent", agent_name="Grace"),
                said(c.Text("hello"), sender="agent"),
            ]
        )
    )
    sides = [
        fields["class"] for _, fields in tags(html) if fields.get("class", "").startswith("m ")
    ]
    assert sides == ["m bot", "m user", "m system", "m agent", "m agent"]
    assert words(html) == "bothiuseryesjoinedGracehelloagenthello"


def test_a_message_without_content_shows_its_text():
    html = body(render.messages_html([Message(id="1", sender="system", text="Grace <left>")]))
    assert words(html) == "Grace <left>"
    assert words(body(render.messages_html([Message(id="1", sender="bot", text="")]))) == "bot"


def test_a_message_of_actions_alone_names_them():
    message = Message(id="1", sender="bot", text="", actions=(c.Action("open cart", {"n": 1}),))
    assert words(body(render.messages_html([message]))) == "bot[action open cart]"


def test_columns_show_as_they_are_aligned():
    html = render.messages_html([said(c.Markdown("|a|\n|--:|\n|1|\n"))])
    assert ".cnb-static [align=right]{text-align:right}" in html
    assert html.count('align="right"') == 2


def test_what_stands_above_is_counted_and_nothing_is_said_to_be_nothing():
    assert words(body(render.messages_html([said(c.Text("x"))], earlier=3))).startswith(
        "… 3 earlier messages"
    )
    assert words(body(render.messages_html([]))) == "No messages yet."


@pytest.mark.parametrize(
    ("item", "read"),
    [
        (c.Text("a\nb"), "a\nb"),
        (c.Text(""), ""),
        (c.Buttons("Sure?", (AGENT, SITE)), "Sure?Chat to AgentOur site"),
        (c.Buttons("", ()), ""),
        (c.Buttons("", (c.Option("", "back"), c.Option("", ""))), "back(no label)"),
        (c.Cards((c.Card("Tea", "Hot", options=(AGENT,)), c.Card("Pie"))), "TeaHotChat to AgentPie"),
        (c.Files((c.File("https://x/a.pdf", "a.pdf"),), "Read"), "Read📎 a.pdf"),
        (c.Html("<p>a<b>b</b></p>"), "ab"),
        (c.Table("<table><tr><td>a</td></tr></table>"), "a"),
        (c.Html("<script>a</script>"), "html"),
        (c.Markdown("*a* <b>"), "a <b>\n"),
        (c.Pause(5), ""),
        (c.Unknown("sticker", {}), "sticker"),
        (c.Unknown("", {}), "unknown"),
    ],
)  # fmt: skip
def test_every_kind_of_content_shows(item, read):
    assert words(shown(item)) == f"bot{read}"


def links(html):
    return [fields for tag, fields in tags(html) if tag == "a"]


def images(html):
    return [fields for tag, fields in tags(html) if tag == "img"]


def test_an_option_with_a_link_leads_there():
    (link,) = links(shown(c.Buttons("", (SITE, AGENT))))
    assert link == {
        "href": "https://ok.example/?a=1&b=2",
        "target": "_blank",
        "rel": "noopener noreferrer",
    }
    assert links(shown(c.Buttons("", (c.Option("x", "", "javascript:alert(1)"),)))) == []


def test_a_card_shows_its_picture_and_leads_where_it_says():
    html = shown(c.Cards((c.Card("Tea", "", "https://ok.example/t.png", "https://ok.example"),)))
    (image,) = images(html)
    assert (image["src"], image["alt"]) == ("https://ok.example/t.png", "Tea")
    assert (image["loading"], image["referrerpolicy"]) == ("lazy", "no-referrer")
    assert [link["href"] for link in links(html)] == ["https://ok.example"]
    bad = shown(c.Cards((c.Card("Tea", "", "javascript:1", "data:text/html,x"),)))
    assert (images(bad), links(bad)) == ([], [])


@pytest.mark.parametrize(
    ("file", "pictures", "leads", "read"),
    [
        (c.File("https://x/a.png", "a.png", "image/png"), ["https://x/a.png"], [], ""),
        (c.File("https://x/a.png", "", "image"), ["https://x/a.png"], [], ""),
        (c.File("data:image/png;base64,AA", "a", "image/png"), ["data:image/png;base64,AA"], [], ""),
        (c.File("javascript:1", "a.png", "image/png"), [], [], "📎 a.png"),
        (c.File("https://x/a.pdf", "a.pdf", "application/pdf"), [], ["https://x/a.pdf"], "📎 a.pdf"),
        (c.File("https://x/a.png"), [], ["https://x/a.png"], "📎 https://x/a.png"),
        (c.File("", "a.pdf"), [], [], "📎 a.pdf"),
        (c.File("", "\u202e"), [], [], "📎 file"),
    ],
)  # fmt: skip
def test_a_file_shows_as_picture_or_link_or_name(file, pictures, leads, read):
    html = shown(c.Files((file,)))
    assert [image["src"] for image in images(html)] == pictures
    assert [link["href"] for link in links(html)] == leads
    assert words(html) == f"bot{read}"


def test_options_show_as_pills():
    html = body(render.options_html([AGENT, SITE]))
    assert [words(html), len(links(html))] == ["Chat to AgentOur site", 1]
    assert words(body(render.options_html([]))) == "No options."


def test_a_page_lets_nothing_run_even_if_something_got_in():
    page = render.page_html([said(c.Text("hi"))], title="A <b>")
    policy = dict(tags(page)[3][1])
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert policy["content"].startswith("default-src 'none';")
    assert "script" not in policy["content"]
    assert "<title>A &lt;b&gt;</title>" in page
    assert [tag for tag, _ in tags(page)].count("html") == 1


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_anywhere_in_a_message_is_disarmed(attack):
    option = c.Option(attack, attack, attack)
    html = shown(
        c.Text(attack),
        c.Buttons(attack, (option,)),
        c.Cards((c.Card(attack, attack, attack, attack, (option,)),)),
        c.Files((c.File(attack, attack, attack), c.File(attack, attack, "image/png")), attack),
        c.Html(attack),
        c.Markdown(attack),
        c.Table(attack),
        c.Unknown(attack, {"type": attack}),
        sender="agent",
        agent_name=attack,
    )
    assert dangers(html) == []
    assert dangers(body(render.options_html([option]))) == []
    assert html.count("<div") + 1 == html.count("</div>")


@given(contents, st.none() | text)
def test_no_content_gets_out_of_its_bubble(content, name):
    html = shown(*content, sender="agent", agent_name=name)
    assert dangers(html) == []
    assert html.endswith("</div></div></div>")
    assert html.count("<div") + 1 == html.count("</div>")  # the outermost stands before the style


def test_remote_images_are_said_in_words():
    picture = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
    content = (
        c.Html(f'<p>a<img src="https://x.test/1.png" alt="a > b"> <img src="{picture}"></p>'),
        c.Cards((c.Card(text="Mug", image_url="https://x.test/mug.png"),)),
    )
    html = render.without_remote_images(
        render.messages_html([Message(id="1", sender="bot", text="", content=content)])
    )
    images = [given for name, given in tags(html) if name == "img"]
    assert [image["src"] for image in images] == [picture]
    assert "🖼 a > b (not loaded from x.test)" in words(html)
    assert "🖼 Mug (not loaded from x.test)" in words(html)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://[", "(not loaded from [)"),
        ("https://ann:pass@x.test?a", "(not loaded from x.test)"),
        ("next-to-the-notebook.png", "(not loaded)"),
        ("//x.test/a.png", "(not loaded)"),
    ],
)
def test_no_image_is_loaded_whatever_its_address(url: str, said: str):
    html = render.without_remote_images(f'<p><img src="{url}" alt="a"></p>')
    assert html == f'<p><span class="w">🖼 a {said}</span></p>'


def test_what_is_said_takes_the_direction_of_its_text():
    for item in (
        c.Text("مرحبا"),
        c.Buttons("", (AGENT,)),
        c.Cards((c.Card("Tea"),)),
        c.Files((c.File("", "a.pdf"),)),
        c.Html("<ul><li>x</li></ul>"),
        c.Markdown("x"),
        c.Table("<table><tr><td>a</td></tr></table>"),
    ):
        outermost = tags(shown(item).split('<div class="b">')[1])[0]
        assert outermost[1].get("dir") == "auto", item
    assert tags(body(render.options_html([AGENT])))[0] == ("div", {"dir": "auto"})


PRICES = r"It costs $5 a month or $50 a year, \(as\) \[ever\], $$really$$"
PRICED = c.Option(PRICES, "p", "https://ok.example")


@pytest.mark.parametrize(
    "html",
    [
        render.messages_html(
            [
                said(
                    c.Text(PRICES),
                    c.Buttons(PRICES, (PRICED,)),
                    c.Cards((c.Card(PRICES, PRICES, options=(PRICED,)),)),
                    c.Files((c.File("https://ok.example/a.pdf", PRICES),), PRICES),
                    c.Html(f"<p>{PRICES}</p>"),
                    c.Markdown(PRICES),
                    c.Table(f"<table><tr><td>{PRICES}</td></tr></table>"),
                    c.Unknown(PRICES, {}),
                    sender="agent",
                    agent_name=PRICES,
                ),
                Message(id="2", sender="system", text=PRICES),
            ],
            earlier=1,
        ),
        render.options_html([PRICED]),
        render.page_html([said(c.Text(PRICES))], title="Prices").partition("<body>")[2][:-14],
        render.output(PRICES),
    ],
)
def test_a_price_is_no_formula(html):
    assert "$5 a month or $50" in html
    assert typeset(html) == ""
    assert typeset("<p>$5</p>") == "$5"


# --- bounds -----------------------------------------------------------------------------------


def test_of_much_the_newest_is_shown_and_a_page_has_all():
    long = [said(c.Text(f"{number} " + "a" * (render.ROOM // 4))) for number in range(6)]
    shown = words(body(render.messages_html(long, earlier=2)))
    assert shown.startswith("… 5 earlier messages")
    assert [f"bot{number} a" in shown for number in range(6)] == [False] * 3 + [True] * 3
    one = words(body(render.messages_html([said(c.Text("a" * 2 * render.ROOM))])))
    assert len(one) > render.ROOM / 2
    page = words(render.page_html(long))
    assert [f"bot{number} a" in page for number in range(6)] == [True] * 6
    assert "No messages yet." in render.page_html([])


def test_of_a_message_of_many_pieces_the_first_are_shown():
    many = (AGENT,) * (PIECES + 1)
    for html in (shown(c.Buttons("", many)), body(render.options_html(many))):
        assert words(html).count("Chat to Agent") == PIECES - 1
        assert words(html).endswith(MORE)


def test_markup_that_is_too_much_is_said_to_be():
    html = shown(c.Markdown("one\n" * 5000), c.Html("<p>" * 20_000))
    assert words(html).count(TOO_MUCH) == 2
    assert "<p>" * 20_000 in words(html)
