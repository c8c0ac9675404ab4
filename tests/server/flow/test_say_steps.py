"""What a node says, read into content items."""

from __future__ import annotations

import pytest

from captivate_nb.errors import FlowError
from captivate_nb.protocol import content as c
from captivate_nb.server.flow.model import Say
from support.contents import CONTENT
from support.flows import flow_of


def says(step: str) -> Say:
    indented = step.replace("\n", "\n            ")
    flow = flow_of(f"nodes:\n  a:\n    - {indented.strip()}\n  b: x\n  c: y\n")
    (said,) = flow.nodes["a"].steps
    assert isinstance(said, Say)
    return said


def problem(step: str) -> str:
    with pytest.raises(FlowError) as caught:
        says(step)
    return str(caught.value)


@pytest.mark.parametrize(
    ("step", "item"),
    [
        ("Hello", c.Text("Hello")),
        ("'{name}: x'", c.Text("{name}: x")),
        ("text: Hello", c.Text("Hello")),
        ("{text: ab, times: 3}", c.Text("ababab")),
        ("md: '**x**'", c.Markdown("**x**")),
        ("html: <b>x</b>", c.Html("<b>x</b>")),
        ("table: <table></table>", c.Table("<table></table>")),
        (
            "table: [[A, <B>], [1, yes]]",
            c.Table(
                "<table><thead><tr><th>A</th><th>&lt;B&gt;</th></tr></thead>"
                "<tbody><tr><td>1</td><td>yes</td></tr></tbody></table>"
            ),
        ),
        ("pause: 1.5", c.Pause(1500)),
        ("raw: {type: map, at: [1, 2.5]}", c.Unknown("map", {"at": [1, 2.5]})),
        (
            "files: https://example.org/a/b.pdf",
            c.Files((c.File("https://example.org/a/b.pdf", "b.pdf", "application/pdf"),)),
        ),
        (
            "{files: [{url: u, name: n, type: t}, {url: v}], title: T}",
            c.Files((c.File("u", "n", "t"), c.File("v")), "T"),
        ),
        (
            "files: price-list.csv",
            c.Files((c.File("picture:price-list.csv", "price-list.csv", "text/csv", 91),)),
        ),
    ],
)
def test_items(step: str, item: c.Content):
    assert says(step) == Say(item)


def test_buttons_in_the_short_form():
    said = says("{buttons: Well, options: {Yes: b, No: c, Web: 'https://example.org/', Hm: }}")
    assert said.content == c.Buttons(
        "Well",
        (
            c.Option("Yes", "Yes"),
            c.Option("No", "No"),
            c.Option("Web", "", "https://example.org/"),
            c.Option("Hm", "Hm"),
        ),
    )
    assert said.routes == {"Yes": "b", "No": "c"}


def test_buttons_in_the_long_form():
    said = says(
        "{buttons: , options: [Yes, {label: No, value: n, go: c}, {label: W, url: u}, {label: L}]}"
    )
    assert said.content == c.Buttons(
        "",
        (c.Option("Yes", "Yes"), c.Option("No", "n"), c.Option("W", "", "u"), c.Option("L", "L")),
    )
    assert said.routes == {"n": "c"}


def test_an_option_may_hold_steps_of_its_own():
    flow = flow_of("nodes: {a: [{buttons: x, options: {Yes: [Good., {pause: 1}]}}]}")
    said = flow.nodes["a"].steps[0]
    assert isinstance(said, Say)
    aside = flow.nodes[said.routes["Yes"]]
    assert aside.aside
    assert aside.steps == (Say(c.Text("Good.")), Say(c.Pause(1000)))


def test_cards():
    said = says(
        "cards: [{title: T, text: D, picture: mug.svg, link: l, options: {Buy: b}},"
        " {title: U, options: [{label: Buy, value: Buy U, go: c}]}, {text: only text}]"
    )
    assert said.content == c.Cards(
        (
            c.Card("T", "D", "picture:mug.svg", "l", (c.Option("Buy", "Buy"),)),
            c.Card("U", options=(c.Option("Buy", "Buy U"),)),
            c.Card("", "only text"),
        )
    )
    assert said.routes == {"Buy": "b", "Buy U": "c"}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("text: ''", "This text has 0 characters"),
        ("{text: ab, times: 999999999}", "This text has 1999999998 characters"),
        ("{text: ab, times: 0}", "This text has 0 characters"),
        ("{text: ab, time: 3}", "In “text”, the word “time” is not known. Did you mean “times”?"),
        ("pause: soon", "pause must be a number, not “soon”"),
        ("pause: 100", "pause takes 0 to 60 seconds, not 100"),
        ("raw: {a: 1}", "A raw item needs a “type”"),
        ("raw: {type: 3}", "A raw item needs a “type”"),
        ("table: []", "A table needs at least one row"),
        ("table: [a]", "a row must be a list, not “a”"),
        ("buttons: x", "Buttons need “options”"),
        ("{buttons: x, options: []}", "Buttons need “options”"),
        ("{buttons: x, options: [{value: v}]}", "An option needs a “label”"),
        ("{buttons: x, options: [{lable: v}]}", "Did you mean “label”"),
        ("{buttons: x, options: {Yes: bb}}", "The node “bb” is not known. Did you mean “b”?"),
        ("cards: []", "Cards need at least one card"),
        ("cards: x", "cards must be a list"),
        ("cards: [{image: x}]", "In a card, the word “image” is not known"),
        ("cards: [{options: {Buy: b}}, {options: {Buy: c}}]", "Two cards have the option “Buy”"),
        ("files: []", "Files need at least one file"),
        ("files: [{name: x}]", "A file needs a “url”"),
        ("files: mugg.svg", "no file “mugg.svg” beside the flow. Did you mean “mug.svg”?"),
        ("files: ../embedded.py", "is not in the flow's folder"),
    ],
)
def test_what_is_wrong(step: str, words: str):
    assert words in problem(step)
    assert problem(step).startswith("test.yaml:3: ")


def test_a_flow_can_say_every_kind_of_content():
    """Under the words that `docs/flows.md` lists."""
    steps = [
        "text: x",
        "md: x",
        "html: x",
        "table: x",
        "{buttons: x, options: [y]}",
        "cards: [{title: x}]",
        "files: https://example.org/a.pdf",
        "pause: 1",
        "raw: {type: x}",
    ]
    assert {type(says(step).content) for step in steps} == {type(item) for item in CONTENT}
