"""Blanks in what a flow says."""

from __future__ import annotations

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server.flow.placeholders import fill_data, fill_item, fill_text

FACTS = {
    "name": "Ann",
    "empty": "",
    "count": 3,
    "vip": True,
    "price": 14.5,
    "user": {"firstName": "Ann", "tags": ["a"]},
    "evil": "<script>alert('x')</script>",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {name}!", "Hello Ann!"),
        ("{user.firstName}{user.firstName}", "AnnAnn"),
        ("{count} {price} {vip}", "3 14.5 true"),
        ("{user}", '{"firstName":"Ann","tags":["a"]}'),
        ("{missing}", "{missing}"),
        ("{missing|there}", "there"),
        ("{empty|there}", "there"),
        ("{empty}", "{empty}"),
        ("{missing|}", ""),
        ("{ name }", "{ name }"),
        ("{}", "{}"),
        ("{evil}", "<script>alert('x')</script>"),
    ],
)
def test_text(text: str, filled: str):
    assert fill_text(text, FACTS) == filled


def test_data_keeps_the_type_of_a_lone_blank():
    data = {"who": "{name}", "many": "{count}", "list": ["{vip}", "x{count}", 7], "no": "{missing}"}
    assert fill_data(data, FACTS) == {
        "who": "Ann",
        "many": 3,
        "list": [True, "x3", 7],
        "no": "{missing}",
    }


def show(url: str) -> str:
    return f"shown/{url}"


@pytest.mark.parametrize(
    ("item", "filled"),
    [
        (c.Text("{name}"), c.Text("Ann")),
        (c.Markdown("**{name}**"), c.Markdown("**Ann**")),
        (
            c.Html("<p>{evil}</p>"),
            c.Html("<p>&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;</p>"),
        ),
        (c.Table("<td>{user.firstName} {count}</td>"), c.Table("<td>Ann 3</td>")),
        (
            c.Buttons("{name}?", (c.Option("Yes, {name}", "yes {name}"), c.Option("Go", "", "u"))),
            c.Buttons("Ann?", (c.Option("Yes, Ann", "yes Ann"), c.Option("Go", "", "u"))),
        ),
        (
            c.Cards((c.Card("{name}", "{count}", "p.png", "l", (c.Option("{name}", "v"),)),)),
            c.Cards((c.Card("Ann", "3", "shown/p.png", "l", (c.Option("Ann", "v"),)),)),
        ),
        (c.Cards((c.Card("x"),)), c.Cards((c.Card("x"),))),
        (
            c.Files((c.File("p.png", "p.png"),), "{name}"),
            c.Files((c.File("shown/p.png", "p.png"),), "Ann"),
        ),
        (c.Unknown("x", {"a": "{name}"}), c.Unknown("x", {"a": "Ann"})),
        (c.Pause(5), c.Pause(5)),
    ],
)
def test_items(item: c.Content, filled: c.Content):
    assert fill_item(item, FACTS, show) == filled
