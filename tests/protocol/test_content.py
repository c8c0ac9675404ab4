"""Content values: frozen, equal by value, and what they offer and carry in order."""

from __future__ import annotations

import typing

import pytest

from captivate_nb.protocol import content as c
from support.contents import BUY, CONTENT, MORE, NO, PAPER, PICTURE, YES


def test_options_are_those_of_buttons_and_cards_in_order():
    assert c.options_of(CONTENT) == (YES, NO, MORE, BUY, YES)
    assert c.options_of(()) == ()


def test_files_are_those_of_all_file_items_in_order():
    assert c.files_of(CONTENT) == (PICTURE, PAPER)
    assert c.files_of(()) == ()


def test_the_sample_has_every_kind_of_content():
    assert {type(item) for item in CONTENT} == set(typing.get_args(c.Content))


@pytest.mark.parametrize("item", CONTENT)
def test_content_is_frozen_and_equal_by_value(item):
    name = item.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(item, name, None)
    fields = {name: getattr(item, name) for name in item.__struct_fields__}
    assert type(item)(**fields) == item


def test_defaults_are_not_shared():
    first, second = c.File("a"), c.File("b")
    assert first.extra == {}
    assert first.extra is not second.extra
    assert c.Action("x").data is not c.Action("x").data
    assert c.Action("x") == c.Action("x", {}, "normal")
