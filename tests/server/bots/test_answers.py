"""What a bot may answer, and what is no answer."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server.bots.answers import effects_of, metadata_of, plain
from captivate_nb.server.bots.failures import BotFailed
from captivate_nb.server.effects import (
    ChangeMetadata,
    HandOver,
    SayEffect,
    SendAction,
    WaitEffect,
)

TEXT = {"type": "text", "text": "Hi"}


class Package:
    """What a package's object looks like."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def get_response(self) -> Any:
        return self.held


@pytest.mark.parametrize(
    ("returned", "answers"),
    [
        (None, []),
        ([], []),
        ("Hi", [{"response": [TEXT]}]),
        (TEXT, [{"response": [TEXT]}]),
        (["Hi", None, TEXT], [{"response": [TEXT, TEXT]}]),
        ({"response": [TEXT]}, [{"response": [TEXT]}]),
        (["Hi", {"response": [TEXT]}], [{"response": [TEXT]}, {"response": [TEXT]}]),
        (Package({"response": [TEXT]}), [{"response": [TEXT]}]),
        (Package('{"response": []}'), [{"response": []}]),
        (Package(None), []),
        ({"outgoing_action": [{"id": "x"}]}, [{"outgoing_action": [{"id": "x"}]}]),
        ({"type": "custom", "metadata": 1}, [{"response": [{"type": "custom", "metadata": 1}]}]),
        (
            ("a", "b"),
            [{"response": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
        ),
    ],
)
def test_what_is_an_answer(returned: Any, answers: list[Any]):
    assert plain(returned) == answers


def circle() -> Any:
    around: dict[str, Any] = {"response": []}
    around["response"].append(around)
    return around


@pytest.mark.parametrize(
    ("returned", "why"),
    [
        (42, "an object of type int"),
        (object(), "an object of type object"),
        (b"Hi", "an object of type bytes"),
        ({"text": "Hi"}, "a dict with 'text'"),
        ({}, "a dict with nothing in it"),
        (
            {"response": [{"type": "text", "text": datetime(2026, 1, 1, tzinfo=UTC)}]},
            "type datetime.datetime",
        ),
        ({"response": [{"type": "custom", "n": math.nan}]}, "no JSON"),
        ({"response": [{"type": "text", "text": "\ud83d"}]}, "half a character, '\\ud83d'"),
        (circle(), "Circular"),
    ],
)
def test_nonsense_is_told_with_its_type(returned: Any, why: str):
    with pytest.raises(BotFailed) as error:
        plain(returned)
    assert why in error.value.message


def effects(answer: dict[str, Any], before: dict[str, Any] | None = None) -> list[Any]:
    notes: list[str] = []
    found = list(effects_of(answer, before or {}, notes))
    return [*found, *notes]


def test_items_are_one_message_and_a_pause_parts_it():
    items = ["A", {"type": "html", "html": "<b>B</b>"}, {"type": "pause", "time": 50}, "C"]
    assert effects({"response": items}) == [
        SayEffect((c.Text("A"), c.Html("<b>B</b>"), c.Pause(50))),
        WaitEffect(0.05),
        SayEffect((c.Text("C"),)),
    ]


def test_a_bare_card_and_a_bare_file_are_items_too():
    card = {"text": "Mug", "description": "Blue", "image_url": "http://x/m.png", "link": "http://x"}
    file = {"type": "application/pdf", "url": "http://x/a.pdf", "filename": "a.pdf"}
    assert effects({"response": [card, file]}) == [
        SayEffect(
            (
                c.Cards((c.Card("Mug", "Blue", "http://x/m.png", "http://x"),)),
                c.Files((c.File("http://x/a.pdf", "a.pdf", "application/pdf"),)),
            )
        )
    ]


def test_an_item_that_cannot_be_read_is_noted():
    said, note = effects({"response": ["A", {"type": "text"}]})
    assert said == SayEffect((c.Text("A"),))
    assert note.startswith("item 2 was skipped")


@pytest.mark.parametrize(
    "action",
    [
        {"id": "go", "payload": {"a": 1}},
        {"id": "go", "data": {"a": 1}},
        {"action": "go", "payload": {"a": 1}, "data": {"a": 1}},
        {"id": "go", "payload": {"a": 1}, "data": None},
        {"type": "normal", "action": "go", "data": {"a": 1}},
    ],
)
def test_both_forms_of_an_action(action: dict[str, Any]):
    assert effects({"response": [], "outgoing_action": [action]}) == [SendAction("go", {"a": 1})]


def test_escalating_calls_an_agent_with_the_reason():
    action = {"id": "escalateToHuman", "payload": {"reason": "angry"}, "data": {"reason": "angry"}}
    assert effects({"outgoing_action": [action]}) == [HandOver("angry")]
    assert effects({"outgoing_action": [{"id": "escalateToHuman", "payload": None}]}) == [
        HandOver("")
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"response": 3}, "“response” is 3"),
        ({"outgoing_action": [{"payload": {}}]}, "has no “id”"),
        ({"metadata": []}, "“metadata” is []"),
        ({"metadata": {"internal": 1}}, "“internal” is 1"),
        ({"metadata": {"internal": {"channelMetadata": {"custom": []}}}}, "“custom” is []"),
    ],
)
def test_an_answer_of_another_shape_is_told(answer: dict[str, Any], why: str):
    with pytest.raises(BotFailed) as error:
        effects(answer, {"custom": {"a": 1}})
    assert why in error.value.message


def answer_with(**channel: Any) -> dict[str, Any]:
    return {"metadata": {"internal": {"channelMetadata": channel}}}


def test_metadata_is_changed_where_the_bot_has_changed_it():
    before = {"custom": {"a": 1, "b": 2}, "private": {"p": 1}}
    answer = answer_with(custom={"a": 1, "c": 3}, private={"p": 2})
    assert effects(answer, before) == [
        ChangeMetadata({"c": 3}, frozenset({"b"}), {"p": 2}, frozenset())
    ]
    assert effects(answer_with(custom={"a": 1, "b": 2}), before) == []
    assert effects(answer_with(custom=None), before) == []
    assert metadata_of({}) == {}
