"""How much of a message is laid out: all that a person can want, and no more than a page can bear."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captivate_nb.protocol import content as c
from captivate_nb.rendering.layout import ITEM_WORK, MORE, PIECES, TOO_MUCH, few, laid_out, newest
from captivate_nb.rendering.sanitize import WORK_LIMIT, markdown_html, safe_html
from support.markup import dangers, tags, words

ROOM = 128 * 1024
OPTION = c.Option("a", "a")


def markup(item):
    [(same, found)] = laid_out([item])
    assert same is item
    return found


def written(item):
    """What of an item is shown as it was written, None when all of it is laid out."""
    _, rest, after = markup(item).html.partition(f"<p><em>{TOO_MUCH}</em></p><pre>")
    assert after.endswith("</pre>") or not rest
    return words(after) if rest else None


# --- what is laid out -------------------------------------------------------------------------


def test_what_people_write_is_laid_out_whole():
    answer = (
        "## Plans\n\nAs **of today**, see [the page](https://ok.example/a_b) and `x = [1]`:\n\n"
        "| Plan | Month | Year |\n|---|--:|--:|\n| Free | $0 | $0 |\n| Pro | $5 | $50 |\n\n"
        "1. First, *this*\n2. then\n   - that\n   - and that\n\n> Quoted\n\n```py\nprint('a', b)\n```\n"
    )
    many = answer * 20
    assert markup(c.Markdown(many)).html == markdown_html(many)
    rows = "<tr><td>a</td><td><b>b</b></td></tr>" * 1000
    assert markup(c.Table(f"<table>{rows}</table>")).html == safe_html(f"<table>{rows}</table>")
    prose = "The quick brown fox. " * 6000
    assert markup(c.Html(prose)).text == markup(c.Markdown(prose)).text == prose.strip()


def test_what_is_no_markup_is_passed_on():
    content = [c.Text("a"), c.Buttons("b", (OPTION,)), c.Pause(1), c.Unknown("x", {})]
    assert [item for item, _ in laid_out(content)] == content
    assert {found for _, found in laid_out(content)} == {("", "", 0)}


def test_markup_is_laid_out_once_for_all_who_show_it():
    for kind in (c.Html, c.Markdown, c.Table):
        item = kind("some <i>words</i>")
        assert markup(item) is markup(item) is markup(kind("some <i>words</i>"))
    assert markup(c.Html("*a*")).html != markup(c.Markdown("*a*")).html


def test_markup_of_which_nothing_can_be_seen_has_no_html():
    assert markup(c.Html("<script>a</script>")) == ("", "", ITEM_WORK + 4)
    assert markup(c.Markdown("[a]: b")).html == ""


# --- what is not ------------------------------------------------------------------------------


def test_tables_of_empty_cells_are_laid_out_up_to_a_bound():
    table = "|" * 257 + "\n" + "|-" * 256 + "|\n" + "|\n" * 255 + "\n"
    shown = markup(c.Markdown(table * 6))
    cells = [tag for tag, _ in tags(shown.html) if tag in ("td", "th")]
    assert len(cells) < 1500
    assert TOO_MUCH in shown.text
    assert shown.text.endswith(table)


def test_markdown_is_cut_between_lines_and_nothing_of_it_is_lost():
    lines = [f"**line {number}**  \n" for number in range(2000)]
    item = c.Markdown("".join(lines))
    rest = written(item)
    assert rest is not None
    assert rest in ["".join(lines[number:]) for number in range(200, 1800)]
    assert (
        len(tags(markup(item).html.partition("<p><em>")[0]))
        == 1 + 2 * (2000 - rest.count("\n")) - 1
    )  # a paragraph of strong lines, a break between any two


def test_one_line_that_is_too_much_is_shown_as_it_was_written():
    line = "![" * 20_000
    assert markup(c.Markdown(line)).text == f"{TOO_MUCH}\n{line}"
    assert written(c.Markdown(line)) == line
    assert tags(markup(c.Markdown(line)).html) == [("p", {}), ("em", {}), ("pre", {})]


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "![",
        "*a ",
        "_a",
        "- a\n",
        "1. a\n",
        "- - - - a\n",
        "# a\n",
        "a\n",
        "a\n> ```\n",
        "> a\n> > ```\n",
        "|a|b|\n|-|-|\n|c|d|\n\n",
        "[a]: b\n",
        "&amp;",
        '"',
        "a:",
        "`a ",
        "<http://a.b> ",
    ],
)
def test_what_takes_long_is_cut(unit):
    """The lines that follow a quote are read again for each such quote: they count that often."""
    rest = written(c.Markdown(unit * (ROOM // len(unit))))
    assert rest is not None
    assert len(rest) > ROOM / 2


def test_html_that_is_too_much_is_shown_as_it_was_written():
    for source in (
        "<p>x" * 20_000,
        "&amp;" * 31_000,
        "<div>" * 101,
        "<a " + " ".join(f"a{number}" for number in range(17_000)) + ">x</a>",
        "<p><b><i><u><s>" + "<p>x" * 4_000,
    ):
        assert written(c.Html(source)) == written(c.Table(source)) == source


def test_one_message_has_so_much_laid_out_however_it_is_cut_up():
    items = [c.Markdown(f"{number} " + "*a* " * 1000) for number in range(20)]
    found = [shown for _, shown in laid_out(items)]
    rests = [TOO_MUCH in shown.text for shown in found]
    assert rests == sorted(rests)
    assert 0 < rests.count(False) < 10
    assert found[-1].text == f"{TOO_MUCH}\n{items[-1].text}"
    assert sum(shown.work for shown in found[: rests.index(True) - 1]) < WORK_LIMIT
    small = [c.Html(f"<b>{number}</b>") for number in range(500)]
    assert 0 < sum(TOO_MUCH not in shown.text for _, shown in laid_out(small)) < 100


BITS = [
    *("*", "**", "_", "`", "[", "]", "](", ")", "![", "<", ">", "&amp;", "&", "\\", "\n", "\n\n"),
    *(
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
        "<b>",
        "<p>",
    ),
    *("</p>", "<table>", "<td>", "<div>", "</div>", "<a href=x>", "<img src=http://a>", "<!--"),
]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(BITS), min_size=1, max_size=6).map("".join),
    st.sampled_from([c.Html, c.Markdown, c.Table]),
)
def test_no_message_becomes_more_than_a_page_can_bear(unit, kind):
    shown = markup(kind(unit * (ROOM // len(unit))))
    assert shown.html.count("<") < 2 * 50_000
    assert len(shown.html) < 10 * ROOM
    assert dangers(shown.html) == []


# --- pieces -----------------------------------------------------------------------------------


def test_a_message_of_few_pieces_is_itself():
    content = (
        c.Text("a"),
        c.Buttons("b", (OPTION,) * 40),
        c.Cards((c.Card("c", options=(OPTION,)),) * 40),
        c.Files((c.File("https://x/a.pdf"),) * 40),
        c.Unknown("x", {}),
    )
    assert [shown is item for shown, item in zip(few(content), content, strict=True)] == [True] * 5
    exact = (c.Buttons("b", (OPTION,) * (PIECES - 1)),)
    assert tuple(few(exact)) == exact


@pytest.mark.parametrize(
    ("item", "cut"),
    [
        (c.Buttons("b", (OPTION,) * 900), c.Buttons("b", (OPTION,) * (PIECES - 2))),
        (
            c.Files((c.File("https://x/a.pdf"),) * 900, "t"),
            c.Files((c.File("https://x/a.pdf"),) * (PIECES - 2), "t"),
        ),
        (c.Cards((c.Card("c"),) * 900), c.Cards((c.Card("c"),) * (PIECES - 2))),
        (
            c.Cards((c.Card("c", options=(OPTION,) * 3),) * 900),
            c.Cards((*((c.Card("c", options=(OPTION,) * 3),) * 74), c.Card("c", options=(OPTION,)))),
        ),
    ],
)  # fmt: skip
def test_of_many_pieces_the_first_are_shown_and_that_there_are_more(item, cut):
    assert list(few([c.Text("a"), item, c.Text("never")])) == [c.Text("a"), cut, c.Text(MORE)]


def test_many_items_are_cut_too():
    shown = list(few([c.Text("a")] * (PIECES + 1)))
    assert (shown[:-1], shown[-1]) == ([c.Text("a")] * PIECES, c.Text(MORE))
    assert len(list(few([c.Unknown("x", {})] * 500))) == PIECES / 20 + 1


def test_the_newest_parts_that_have_room():
    assert newest(["ccc", "bb", "a"], len, 6) == ["a", "bb", "ccc"]
    assert newest(["ccc", "bb", "a"], len, 5) == ["bb", "ccc"]
    assert newest(["ccc", "bb", "a"], len, 0) == ["ccc"]
    assert newest([], len, 5) == []
    assert len(newest(itertools.repeat("a"), len, 5)) == 5
