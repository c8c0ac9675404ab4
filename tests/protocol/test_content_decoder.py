"""Content items, files and actions: every spelling seen is read, one form is written."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.errors import ProtocolError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import content_decoder as i
from strategies import actions, contents, file, wire_json

YES, NO = c.Option("Yes", "y"), c.Option("No", "No")
SITE = c.Option("Site", "", "https://example.com")
TEA = c.Card("Tea", "Hot", "https://a/tea.png", "https://a/tea")
TEA_WIRE = {
    "text": "Tea",
    "description": "Hot",
    "image_url": "https://a/tea.png",
    "link": "https://a/tea",
}
PDF = c.File("https://a/x.pdf", "x.pdf", "application/pdf")
PDF_WIRE = {"url": "https://a/x.pdf", "type": "application/pdf", "filename": "x.pdf"}


def read(value):
    """The items of a `content`, which must all be good."""
    problems: list[str] = []
    content = i.read_content(value, problems)
    assert problems == []
    return content


@pytest.mark.parametrize(
    ("item", "meant"),
    [
        # text, html, md, table, pause
        ({"type": "text", "text": "hi"}, c.Text("hi")),
        ({"type": " Text ", "text": "hi"}, c.Text("hi")),
        ({"text": "hi"}, c.Text("hi")),
        ("hi", c.Text("hi")),
        ({"type": "text", "text": 7}, c.Text("7")),
        ({"type": "html", "html": "<b>x</b>"}, c.Html("<b>x</b>")),
        ({"type": "html", "text": "<b>x</b>"}, c.Html("<b>x</b>")),
        ({"html": "<b>x</b>"}, c.Html("<b>x</b>")),
        ({"type": "md", "md": "*x*"}, c.Markdown("*x*")),
        ({"type": "md", "text": "*x*"}, c.Markdown("*x*")),
        ({"type": "markdown", "markdown": "*x*"}, c.Markdown("*x*")),
        ({"type": "table", "table": "<table>"}, c.Table("<table>")),
        ({"type": "table", "html": "<table>"}, c.Table("<table>")),
        ({"type": "pause", "time": 1500}, c.Pause(1500)),
        ({"type": "pause", "time": "1500"}, c.Pause(1500)),
        ({"type": "pause", "time": 99.9}, c.Pause(99)),
        ({"type": "pause", "pause": 5}, c.Pause(5)),
        ({"type": "pause", "time": 1e308}, c.Pause(i.PAUSE_LIMIT)),
        # buttons
        (
            {"type": "button", "buttons": {"title": "Sure?", "options": [{"label": "Yes", "value": "y"}]}},
            c.Buttons("Sure?", (YES,)),
        ),
        (
            {"type": "buttons", "buttons": {"title": "Sure?", "options": [{"label": "Yes", "value": "y"}]}},
            c.Buttons("Sure?", (YES,)),
        ),
        ({"type": "button", "button": {"options": ["No"]}}, c.Buttons("", (NO,))),
        ({"buttons": [{"title": "Site", "url": "https://example.com"}]}, c.Buttons("", (SITE,))),
        ({"buttons": {"title": "Site", "url": "https://example.com"}}, c.Buttons("", (SITE,))),
        ({"type": "button", "buttons": {"label": "Yes", "value": "y"}}, c.Buttons("", (YES,))),
        ({"type": "button", "title": "Site", "url": "https://example.com"}, c.Buttons("", (SITE,))),
        ({"type": "buttons", "title": "Sure?", "options": ["No"]}, c.Buttons("Sure?", (NO,))),
        ({"type": "buttons", "buttons": {"text": "Sure?", "options": "No"}}, c.Buttons("Sure?", (NO,))),
        ({"type": "buttons", "buttons": {"title": "Sure?"}}, c.Buttons("Sure?")),
        ({"type": "buttons", "buttons": {}}, c.Buttons()),
        ({"type": "buttons"}, c.Buttons()),
        # cards
        ({"type": "cards", "cards": [TEA_WIRE, {"text": "Cake"}]}, c.Cards((TEA, c.Card("Cake")))),
        ({"type": "cards", "cards": TEA_WIRE}, c.Cards((TEA,))),
        ({"type": "cards", **TEA_WIRE}, c.Cards((TEA,))),
        ({"type": "card", "card": TEA_WIRE}, c.Cards((TEA,))),
        ({"cards": []}, c.Cards()),
        (
            {"cards": {"title": "Tea", "subtitle": "Hot", "imageUrl": "https://a/tea.png", "url": "https://a/tea"}},
            c.Cards((TEA,)),
        ),
        (
            {"cards": {"text": "Tea", "image": "https://a/tea.png", "link": ""}},
            c.Cards((c.Card("Tea", image_url="https://a/tea.png"),)),
        ),
        (
            {"cards": {"text": "Tea", "options": [{"label": "Yes", "value": "y"}]}},
            c.Cards((c.Card("Tea", options=(YES,)),)),
        ),
        (
            {"cards": {"text": "Tea", "buttons": [{"title": "Site", "url": "https://example.com"}]}},
            c.Cards((c.Card("Tea", options=(SITE,)),)),
        ),
        (
            {"cards": {"text": "Tea", "buttons": {"title": "Sure?", "options": ["No"]}}},
            c.Cards((c.Card("Tea", options=(NO,)),)),
        ),
        (
            {"cards": {"text": "Tea", "buttons": {"label": "Yes", "value": "y"}}},
            c.Cards((c.Card("Tea", options=(YES,)),)),
        ),
        # files
        ({"type": "files", "title": "Read", "files": [PDF_WIRE]}, c.Files((PDF,), "Read")),
        ({"type": "files", "files": PDF_WIRE}, c.Files((PDF,))),
        ({"type": "files", "files": {"type": "files", "files": [PDF_WIRE]}}, c.Files((PDF,))),
        ({"type": "file", "file": PDF_WIRE}, c.Files((PDF,))),
        (
            {"type": "file", "url": "https://a/x.pdf", "mimetype": "application/pdf", "filename": "x.pdf"},
            c.Files((PDF,)),
        ),
        ({"files": ["https://a/x"]}, c.Files((c.File("https://a/x"),))),
        # what nobody knows
        ({"type": "sticker", "id": 5}, c.Unknown("sticker", {"type": "sticker", "id": 5})),
        ({"type": "a || b", "text": "x"}, c.Unknown("a || b", {"type": "a || b", "text": "x"})),
        ({"colour": "red"}, c.Unknown("", {"colour": "red"})),
        ({"type": None, "colour": "red"}, c.Unknown("", {"type": None, "colour": "red"})),
        ({}, c.Unknown("", {})),
    ],
)  # fmt: skip
def test_an_item_is_read_in_every_spelling(item, meant):
    assert read([item]) == (meant,)
    again = i.write_content((meant,))
    assert read(again) == (meant,)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (None, ()),
        ([], ()),
        ("hi", (c.Text("hi"),)),
        ({"type": "text", "text": "hi"}, (c.Text("hi"),)),
    ],
)
def test_content_need_not_be_an_array(value, meant):
    assert read(value) == meant


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (5, "item 2 was skipped: an item must be an object, not 5"),
        (None, "item 2 was skipped: an item must be an object, not None"),
        (["x"], "item 2 was skipped: an item must be an object, not ['x']"),
        ({"type": "text"}, "item 2 was skipped: it has no “text”"),
        ({"type": "text", "text": {}}, "item 2 was skipped: it has no “text”"),
        ({"type": "html"}, "item 2 was skipped: it has no “html”"),
        ({"type": "md", "md": None}, "item 2 was skipped: it has no “md”"),
        ({"type": "table", "table": []}, "item 2 was skipped: it has no “table”"),
        ({"type": "pause"}, "item 2 was skipped: it has no “time”"),
        ({"type": "pause", "time": True}, "item 2 was skipped: it has no “time”"),
        (
            {"type": "pause", "time": "soon"},
            "item 2 was skipped: a pause of 'soon' is not a number of ms",
        ),
        ({"type": "pause", "time": -1}, "item 2 was skipped: a pause of -1 is not a number of ms"),
        (
            {"type": "pause", "time": "inf"},
            "item 2 was skipped: a pause of 'inf' is not a number of ms",
        ),
    ],
)
def test_a_bad_item_is_skipped_and_named_and_the_good_ones_stay(bad, problem):
    problems: list[str] = []
    good = {"type": "text", "text": "hi"}
    assert i.read_content([good, bad, good], problems) == (c.Text("hi"), c.Text("hi"))
    assert problems == [problem]


@pytest.mark.parametrize(
    ("item", "kept", "problem"),
    [
        (
            {"buttons": {"options": ["No", 5]}},
            c.Buttons("", (NO,)),
            "option 2 was skipped: an option must be an object, not 5",
        ),
        (
            {"buttons": {"options": [{"value": []}, "No"]}},
            c.Buttons("", (NO,)),
            "option 1 was skipped: it has no “label”",
        ),
        (
            {"cards": [TEA_WIRE, {}]},
            c.Cards((TEA,)),
            "card 2 was skipped: it is empty",
        ),
        (
            {"cards": ["Tea", TEA_WIRE]},
            c.Cards((TEA,)),
            "card 1 was skipped: a card must be an object, not 'Tea'",
        ),
        (
            {"cards": [TEA_WIRE | {"buttons": [None]}]},
            c.Cards((TEA,)),
            "option 1 was skipped: an option must be an object, not None",
        ),
        (
            {"files": [PDF_WIRE, {"type": "image"}]},
            c.Files((PDF,)),
            "file 2 was skipped: it has neither “url” nor “filename”",
        ),
        ({"files": [7, PDF_WIRE]}, c.Files((PDF,)), "file 1 was skipped: a file must be an object, not 7"),
        ({"files": [""]}, c.Files(), "file 1 was skipped: it has neither “url” nor “filename”"),
    ],
)  # fmt: skip
def test_a_bad_part_of_an_item_is_skipped_and_named_and_the_rest_stays(item, kept, problem):
    problems: list[str] = []
    assert i.read_content([item], problems) == (kept,)
    assert problems == [problem]


@pytest.mark.parametrize(
    ("value", "option"),
    [
        ("Yes", c.Option("Yes", "Yes")),
        ({"label": "Yes", "value": "y"}, YES),
        ({"label": "Yes"}, c.Option("Yes", "Yes")),
        ({"label": "Yes", "value": ""}, c.Option("Yes", "Yes")),
        ({"label": "Yes", "value": 1}, c.Option("Yes", "1")),
        ({"title": "Yes", "payload": "y"}, YES),
        ({"text": "Yes", "value": "y"}, YES),
        ({"value": "y"}, c.Option("y", "y")),
        ({"title": "Site", "url": "https://example.com"}, SITE),
        ({"title": "Site", "link": "https://example.com"}, SITE),
        ({"link": "https://a"}, c.Option("https://a", "", "https://a")),
        ({"title": "Yes", "value": "y", "url": "https://a"}, c.Option("Yes", "y", "https://a")),
        ({"label": "Yes", "value": "y", "url": ""}, YES),
        ({"label": True, "value": True}, c.Option("true", "true")),
        ({"label": False}, c.Option("false", "false")),
        ({"label": "Sure?", "value": False}, c.Option("Sure?", "false")),
        ({"title": None, "value": True}, c.Option("true", "true")),
        (True, c.Option("true", "true")),
        ({"label": "", "value": "back"}, c.Option("", "back")),
        ({"label": "", "value": ""}, c.Option("", "")),
    ],
)
def test_an_option_is_read_in_every_spelling(value, option):
    assert i.read_option(value) == option


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (PDF_WIRE, PDF),
        ("https://a/x.pdf", c.File("https://a/x.pdf")),
        (
            {"type": "image", "url": "https://a/x", "mimetype": "image", "filename": None},
            c.File("https://a/x", "", "image"),
        ),
        (
            {"type": "image", "url": "https://a/x", "mimetype": "image/png"},
            c.File("https://a/x", "", "image/png"),
        ),
        (
            {"type": "image/png", "url": "https://a/x", "mimetype": "image"},
            c.File("https://a/x", "", "image/png"),
        ),
        ({"name": "x.pdf"}, c.File("", "x.pdf")),
        (
            {"url": "u", "size": 12, "thumbnail": "t"},
            c.File("u", size=12, thumbnail="t"),
        ),
        ({"url": "u", "size": "12"}, c.File("u")),
        ({"url": "u", "size": -1}, c.File("u")),
        ({"url": "u", "size": True}, c.File("u")),
        (
            {"filename": "x", "textContent": "hello", "storage": {"presignedUrl": "u", "fileSize": 3}},
            c.File(
                "u",
                "x",
                size=3,
                extra={"textContent": "hello", "storage": {"presignedUrl": "u", "fileSize": 3}},
            ),
        ),
        (
            {"url": "u", "size": None, "storage": {"fileSize": 3}},
            c.File("u", size=3, extra={"storage": {"fileSize": 3}}),
        ),
        ({"url": "u", "storage": "s3"}, c.File("u", extra={"storage": "s3"})),
    ],
)  # fmt: skip
def test_a_file_is_read_in_every_spelling(value, meant):
    assert i.read_file(value) == meant
    assert i.read_file(i.write_file(meant)) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (None, ()),
        ([PDF_WIRE], (PDF,)),
        (PDF_WIRE, (PDF,)),
        ({"type": "files", "files": [PDF_WIRE]}, (PDF,)),
        ({"type": "files", "files": PDF_WIRE}, (PDF,)),
        ("https://a/x", (c.File("https://a/x"),)),
    ],
)
def test_files_come_as_an_array_as_an_item_or_as_one_bare_file(value, meant):
    problems: list[str] = []
    assert i.read_files(value, problems) == meant
    assert problems == []


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"type": "normal", "id": "go", "data": {"a": 1}}, c.Action("go", {"a": 1})),
        ({"id": "go", "payload": {"a": 1}}, c.Action("go", {"a": 1})),
        ({"id": "go", "data": None, "payload": [1]}, c.Action("go", [1])),
        ({"id": "go", "data": False, "payload": [1]}, c.Action("go", data=False)),
        ({"type": "normal", "title": "escalateToHuman"}, c.Action("escalateToHuman")),
        ({"name": "go", "type": "silent", "data": "x"}, c.Action("go", "x", "silent")),
        ("go", c.Action("go")),
    ],
)
def test_an_action_is_read_in_every_spelling(value, meant):
    assert i.read_action(value) == meant
    assert i.read_action(i.write_action(meant)) == meant


@pytest.mark.parametrize("value", [None, 5, {}, {"data": {}}])
def test_an_action_needs_a_name(value):
    with pytest.raises(ProtocolError):
        i.read_action(value)


def test_items_are_written_as_the_document_shows_them():
    assert i.write_content(
        (
            c.Text("hi"),
            c.Buttons("Sure?", (YES, SITE, c.Option("Both", "b", "https://b"))),
            c.Cards((TEA, c.Card("Cake", options=(YES,)))),
            c.Files((PDF, c.File("u", "n", size=3, thumbnail="t", extra={"k": 1})), "Read"),
            c.Files(()),
            c.Html("<b>"),
            c.Markdown("*x*"),
            c.Table("<table>"),
            c.Pause(9),
            c.Unknown("sticker", {"id": 5}),
        )
    ) == [
        {"type": "text", "text": "hi"},
        {
            "type": "button",
            "buttons": {
                "title": "Sure?",
                "options": [
                    {"label": "Yes", "value": "y"},
                    {"title": "Site", "url": "https://example.com"},
                    {"title": "Both", "url": "https://b", "value": "b"},
                ],
            },
        },
        {
            "type": "cards",
            "cards": [TEA_WIRE, {"text": "Cake", "options": [{"label": "Yes", "value": "y"}]}],
        },
        {
            "type": "files",
            "title": "Read",
            "files": [
                PDF_WIRE,
                {"k": 1, "url": "u", "type": "", "filename": "n", "size": 3, "thumbnail": "t"},
            ],
        },
        {"type": "files", "files": []},
        {"type": "html", "html": "<b>"},
        {"type": "md", "md": "*x*"},
        {"type": "table", "table": "<table>"},
        {"type": "pause", "time": 9},
        {"type": "sticker", "id": 5},
    ]


@given(contents)
def test_what_is_written_reads_the_same(content):
    assert read(i.write_content(content)) == content


@given(file)
def test_a_written_file_reads_the_same(given_file):
    assert i.read_file(i.write_file(given_file)) == given_file


@given(actions)
def test_a_written_action_reads_the_same(action):
    assert i.read_action(i.write_action(action)) == action


@given(wire_json)
def test_no_value_breaks_the_reading_of_content(value):
    problems: list[str] = []
    content = i.read_content(value, problems)
    assert read(i.write_content(content)) == content
    skipped = [problem for problem in problems if problem.startswith("item ")]
    assert len(content) + len(skipped) == len(i.as_list(value))


@given(wire_json, st.sampled_from([i.read_action, i.read_file, i.read_option]))
def test_no_value_breaks_a_reader(value, reader):
    with contextlib.suppress(ProtocolError):
        reader(value)


@pytest.mark.parametrize(
    ("value", "shown"), [({"plan": "pro"}, "{'plan': 'pro'}"), (["a"], r"\['a'\]")]
)
def test_a_value_that_is_no_text_is_told(value, shown):
    problems: list[str] = []
    item = {"buttons": {"options": [{"label": "Pro", "value": value}, "No"]}}
    assert i.read_content([item], problems) == (c.Buttons("", (c.Option("Pro", "Pro"), NO)),)
    [problem] = problems
    assert re.fullmatch(f"the option “Pro” has {shown} for a value, .* says its label", problem)


def test_of_many_problems_the_first_are_told():
    problems: list[str] = []
    assert i.read_content([5] * 100 + ["a"], problems) == (c.Text("a"),)
    assert problems[:2] == [
        f"item {n} was skipped: an item must be an object, not 5" for n in (1, 2)
    ]
    assert problems[i.PROBLEMS :] == ["there is more that was skipped"]


def test_first_text_takes_numbers_for_text_and_no_other_kind():
    data = {"a": None, "b": True, "c": [], "d": 1.5, "e": "x"}
    assert i.first_text(data, "a", "b", "c", "e", "d") == "x"
    assert i.first_text(data, "a", "d") == "1.5"
    assert i.first_text(data, "a", "b", "c", "nowhere") is None
    with pytest.raises(ProtocolError, match="it has no “a”"):
        i.need_text(data, "a", "b")


def test_as_list_and_need_dict():
    assert (i.as_list(None), i.as_list([1]), i.as_list({})) == ([], [1], [{}])
    assert i.need_dict({"a": 1}, "it") == {"a": 1}
    with pytest.raises(ProtocolError, match="it must be an object, not 'xxx"):
        i.need_dict("x" * 500, "it")
