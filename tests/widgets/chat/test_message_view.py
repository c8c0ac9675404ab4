"""Messages as the JSON items of the page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from captivate_nb.conversation.message import Message
from captivate_nb.protocol.content import (
    Action,
    Buttons,
    Card,
    Cards,
    Content,
    File,
    Files,
    Html,
    Markdown,
    Option,
    Pause,
    Table,
    Text,
    Unknown,
)
from captivate_nb.rendering.labels import NAMELESS
from captivate_nb.rendering.layout import MORE, PIECES
from captivate_nb.widgets.chat.message_view import (
    DATA_LIMIT,
    LOOK_BACK,
    ROOM,
    answer,
    items,
    message_item,
)
from captivate_nb.widgets.common.assets import WIDGETS
from support.contents import CONTENT


def message(*content: Content, sender: str = "bot", text: str = "", **fields: Any) -> Message:
    return Message(id="m", sender=sender, text=text, content=content, **fields)


def parts(*content: Content) -> list[dict[str, Any]]:
    return message_item(message(*content))["parts"]


def user(text: str, *content: Content) -> Message:
    return message(*content, sender="user", text=text)


def asking(*labels: str) -> Message:
    return message(Buttons("Which?", tuple(Option(label, label.lower()) for label in labels)))


def test_a_text_is_a_small_item():
    item = message_item(message(Text("Hello"), time=1700000000.12345))
    assert item == {
        "id": "m",
        "from": "bot",
        "parts": [{"kind": "text", "text": "Hello"}],
        "at": 1700000000.123,
    }


def test_what_only_has_text_shows_it():
    assert message_item(message(sender="system", text="Maya joined"))["parts"] == [
        {"kind": "text", "text": "Maya joined"}
    ]
    assert message_item(message())["parts"] == []


def test_a_message_of_actions_alone_shows_them():
    actions = (Action("open\u202e", {"n": 1}), Action("go"))
    told = message_item(message(actions=actions))["parts"]
    assert told == [
        {"kind": "source", "title": "Action “open”", "data": '{\n  "n": 1\n}'},
        {"kind": "source", "title": "Action “go”", "data": "{}"},
    ]
    [said] = message_item(message(Text("a"), actions=actions))["parts"]
    assert said["kind"] == "text"


def test_an_agent_has_a_name():
    assert message_item(message(sender="agent", agent_name="Maya\u202e"))["name"] == "Maya"
    assert message_item(message(sender="agent"))["name"] == "Agent"


def test_the_users_own_say_how_far_they_got():
    assert message_item(message(sender="user", delivery="queued"))["delivery"] == "queued"


def test_html_markdown_and_tables_are_made_safe():
    hostile = "<p>a</p><img src=x onerror=alert(1)><script>alert(1)</script>"
    for content in (Html(hostile), Table(hostile), Markdown(f"*a* {hostile}")):
        [part] = parts(content)
        assert part["kind"] == "html"
        assert "<script" not in part["html"]
        assert "<img src=x" not in part["html"]
        assert "onerror=alert" not in part["html"].replace("&lt;img src=x onerror=alert", "")
    assert parts(Markdown("*a*"))[0]["html"].strip() == "<p><em>a</em></p>"


def test_html_of_which_nothing_is_left_shows_its_source():
    for content in (Html("<script>a()</script>"), Table("<style>b {}</style> <p></p>\n"), Html("")):
        [part] = parts(content)
        assert part["kind"] == "source"
        assert part["title"] == "HTML of which nothing is left when it is made safe"
        assert part["data"] == content.html
    for html in ("<p>a</p>", "<hr>", '<img src="https://ok.example/a.png">'):
        assert parts(Html(html))[0]["kind"] == "html"


def test_options_are_numbered_through_the_whole_message():
    said = parts(
        Buttons("One?", (Option("A", "a"), Option("B", "b"))),
        Cards((Card("Card", options=(Option("C", "c"),)), Card("Empty"))),
        Buttons("", (Option("D\u0007", "d"),)),
    )
    assert said[0] == {
        "kind": "options",
        "title": "One?",
        "options": [{"n": 0, "label": "A"}, {"n": 1, "label": "B"}],
    }
    assert said[1]["cards"] == [
        {"title": "Card", "options": [{"n": 2, "label": "C"}]},
        {"title": "Empty"},
    ]
    assert said[2]["options"] == [{"n": 3, "label": "D"}]


def test_an_option_without_a_label_is_drawn_with_what_else_it_has():
    unnamed = (Option("", "back"), Option("", "", "https://ok.example"), Option("", ""))
    [part] = parts(Buttons("", unnamed))
    labels = [option["label"] for option in part["options"]]
    assert labels == ["back", "https://ok.example", NAMELESS]


def test_equal_labels_of_a_group_are_told_apart_by_value():
    group = Buttons("Buy", (Option("Buy", "mug"), Option("Buy", "lamp"), Option("No", "no")))
    other = Buttons("Sure?", (Option("No", "never"),))
    labels = [[option["label"] for option in part["options"]] for part in parts(group, other)]
    assert labels == [["Buy: mug", "Buy: lamp", "No"], ["No"]]


def test_links_and_pictures_are_let_through_by_scheme():
    [part] = parts(
        Cards(
            (
                Card("A", "about", "https://x.test/a.png", "mailto:a@x.test"),
                Card("B", "", "javascript:alert(1)", "javascript:alert(1)"),
            )
        )
    )
    assert part["cards"] == [
        {"title": "A", "text": "about", "image": "https://x.test/a.png", "link": "mailto:a@x.test"},
        {"title": "B"},
    ]
    [buttons] = parts(
        Buttons("", (Option("in", url="https://x.test"), Option("no", url="javascript:alert(1)")))
    )
    assert buttons["options"] == [
        {"n": 0, "label": "in", "url": "https://x.test"},
        {"n": 1, "label": "no"},
    ]


@pytest.mark.parametrize(
    ("file", "item"),
    [
        (
            File("https://x.test/a/guide.pdf?x=1", type="application/pdf", size=0),
            {
                "name": "guide.pdf",
                "type": "application/pdf",
                "size": 0,
                "url": "https://x.test/a/guide.pdf?x=1",
            },
        ),
        (
            File("https://x.test/p", "p.png", "image"),
            {
                "name": "p.png",
                "type": "image",
                "url": "https://x.test/p",
                "image": "https://x.test/p",
            },
        ),
        (
            File("data:image/png;base64,AA", type="image/png"),
            {"name": "file", "type": "image/png", "image": "data:image/png;base64,AA"},
        ),
        (
            File("javascript:alert(1)", "x.mp4", "video/mp4", thumbnail="https://x.test/t.jpg"),
            {"name": "x.mp4", "type": "video/mp4", "image": "https://x.test/t.jpg"},
        ),
        (File(), {"name": "file"}),
    ],
)
def test_files(file: File, item: dict[str, Any]):
    assert parts(Files((file,), "Here:")) == [{"kind": "files", "title": "Here:", "files": [item]}]


def test_pauses_and_what_is_unknown():
    assert parts(Pause(1500)) == [{"kind": "pause", "ms": 1500}]
    [part] = parts(Unknown("carousel3d", {"a": "é"}))
    title = "Content of unknown type “carousel3d”"
    assert part == {"kind": "source", "title": title, "data": '{\n  "a": "é"\n}'}
    assert parts(Unknown("\u202e", {}))[0]["title"] == "Content of unknown type “?”"
    [large] = parts(Unknown("x", {"a": "b" * 100_000}))
    assert len(large["data"]) == DATA_LIMIT


def test_an_answer_is_found_by_value_or_label():
    messages = [asking("Yes", "No"), user("no"), asking("Yes"), user("Yes"), user("what?")]
    assert [answer(messages, index) for index in range(5)] == [None, [0, 1], None, [2, 0], None]
    assert [item.get("answers") for item in items(messages, 1, 9)] == [[0, 1], None, [2, 0], None]


def test_an_answer_is_looked_for_near_by_and_is_a_text():
    far = [asking("Yes"), *(user("hm") for _ in range(LOOK_BACK)), user("Yes")]
    assert answer(far, len(far) - 1) is None
    assert answer(far[1:], len(far) - 2) is None
    near = [asking("Yes"), user("Yes", Files((File("https://x.test/a"),)))]
    assert answer(near, 1) is None


def test_items_are_json():
    message_ = message(Text("é"), Unknown("x", {"a": {1, 2}}), time=None)
    assert json.loads(json.dumps(message_item(message_)))["id"] == "m"


def test_of_items_that_have_no_room_together_the_newest_are_returned():
    long = [message(Text(f"{number} " + "a" * (ROOM // 4))) for number in range(6)]
    found = items(long, 0, 6)
    assert [item["parts"][0]["text"][0] for item in found] == ["3", "4", "5"]
    assert len(items([message(Text("a" * 2 * ROOM))], 0, 1)) == 1
    assert items(long, 2, 2) == items([], 0, 5) == []
    paused = [message(*[Pause(1)] * PIECES)] * 50
    assert 2 < len(items(paused, 0, 50)) < 8


def test_of_many_options_the_first_are_drawn_numbered_as_they_are():
    many = tuple(Option(f"{number}") for number in range(PIECES))
    first, second, line = parts(Buttons("a", many[:200]), Buttons("b", many))
    assert [option["n"] for option in first["options"]] == list(range(200))
    assert [option["n"] for option in second["options"]] == list(range(200, PIECES - 2))
    assert line == {"kind": "text", "text": MORE}


def test_what_is_unknown_shows_so_much_of_its_source():
    [part] = parts(Unknown("x", {"type": "x", "deep": [["a"]], "n": 1}))
    assert json.loads(part["data"]) == {"type": "x", "deep": [["a"]], "n": 1}
    assert part["data"].startswith('{\n  "type": "x"')
    [part] = parts(Unknown("x", {"n": float("nan")}))
    assert part["data"] == '{"n": NaN}'
    [part] = parts(Unknown("x", {"n": ["a"] * DATA_LIMIT}))
    assert len(part["data"]) == DATA_LIMIT


def test_every_kind_of_part_is_known_to_the_page():
    page = (WIDGETS / "chat" / "message.js").read_text()
    known = set(re.findall(r'\{ kind: "(\w+)"', page))
    made = {part["kind"] for content in CONTENT for part in parts(content)}
    assert made == known
