"""What a caller gives to be sent."""

from __future__ import annotations

from typing import Any

import pytest

from captivate_nb.errors import InvalidMessage, UsageError
from captivate_nb.given import object_of, text_of


@pytest.mark.parametrize("text", ["", "plain", "Grüße 😀", "a\nb\0"])
def test_a_text_is_sent_as_it_is(text: str):
    assert text_of(text) == text


def test_half_a_character_is_replaced():
    assert text_of("half a \ud83d character") == "half a \ufffd character"
    assert text_of("\udc00") == "\ufffd"
    assert text_of("\ud83d\ude00") == "😀", "two halves are a whole"


@pytest.mark.parametrize("given", [None, 5, b"bytes", ["a"], "x" * 100])
def test_what_is_none_is_named_and_refused(given: Any):
    if not isinstance(given, str):
        with pytest.raises(InvalidMessage) as refused:
            text_of(given)
        assert str(refused.value) == f"A message is text, not {given!r}. Nothing was sent."
    with pytest.raises(UsageError) as refused_object:
        object_of(given, "Metadata")
    assert str(refused_object.value).startswith("Metadata is a dict such as {...}, not ")
    assert len(str(refused_object.value)) < 130


def test_a_dict_is_an_object():
    given = {"a": 1}
    assert object_of(given, "An event") is given
