"""What a caller gives to be sent."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from captivate_nb.client.validation import (
    callback_of,
    count_of,
    event_name_of,
    hosts_of,
    id_of,
    json_of,
    object_of,
    seconds_of,
    text_of,
)
from captivate_nb.errors import InvalidMessage, ProtocolError, UsageError
from captivate_nb.protocol import events as e


@pytest.mark.parametrize("text", ["", "plain", "Grüße 😀", "a\nb\0"])
def test_a_text_is_sent_as_it_is(text: str):
    assert text_of(text) == text


def test_half_a_character_is_replaced():
    assert text_of("half a \ud83d character") == "half a \ufffd character"
    assert text_of("\udc00") == "\ufffd"
    assert text_of("\ud83d\ude00") == "😀", "two halves are a whole"


def test_half_a_character_in_what_is_sent_as_json_is_replaced():
    given = {"a\ud83d": ["\udc00", {"b": ("c\ud83d", 1)}], "d": "\ud83d\ude00"}
    kept = {"a\ufffd": ["\ufffd", {"b": ["c\ufffd", 1]}], "d": "😀"}
    assert object_of(given, "Metadata") == kept
    assert json_of("\ud83d", "An action's data") == "\ufffd"
    assert id_of("an id\ud83d", "An action's ID") == "an id\ufffd"
    with pytest.raises(ProtocolError, match="cannot be sent as JSON"):
        json_of(["\ud83d", object()], "It")


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


@pytest.mark.parametrize("given", [None, 5, "", b"id", ["a"]])
def test_an_id_is_text(given: Any):
    assert id_of("a-1", "A user's ID") == "a-1"
    with pytest.raises(UsageError) as refused:
        id_of(given, "A user's ID")
    assert str(refused.value) == f"A user's ID is text, not {given!r}. Nothing was sent."


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: [n], lambda n: {"a": {"b": [1, n]}}])
def test_a_number_that_json_has_no_form_for_is_refused(number: float, wrap: Any):
    with pytest.raises(
        UsageError, match=r"An action's data holds NaN or infinity.*Nothing was sent"
    ):
        json_of(wrap(number), "An action's data")


def test_what_has_a_json_form_is_sent_as_it_is():
    for given in (None, 1.5, "NaN", [1, {"a": [10**30]}], {1: {2, 3}}, {"at": date(2026, 1, 1)}):
        assert json_of(given, "It") is given


def test_what_has_no_json_form_is_refused():
    circle: list[Any] = []
    circle.append(circle)
    for given in (object(), {"a": object()}, {(1, 2): 3}, circle):
        with pytest.raises(ProtocolError, match="cannot be sent as JSON"):
            json_of(given, "It")


@pytest.mark.parametrize("given", [None, "1", [1], float("nan")])
def test_seconds_are_a_number(given: Any):
    for number in (0, 1.5, float("inf"), Fraction(1, 2)):
        assert seconds_of(number, "timeout") == number
    with pytest.raises(UsageError, match="timeout is a number of seconds, not"):
        seconds_of(given, "timeout")


class Whole:
    """A whole number of another library's, as NumPy's are."""

    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize("given", [0, -1, 1.0, "1"])
def test_a_count_is_a_whole_number_from_one(given: Any):
    assert [count_of(each, "A page") for each in (None, 1, 20)] == [None, 1, 20]
    assert count_of(Whole(), "A page") == 7
    with pytest.raises(UsageError, match="A page is a whole number from 1, not"):
        count_of(given, "A page")


def test_hosts_are_names_in_lower_case():
    assert hosts_of(["Files.Mine.example", "localhost"]) == ("files.mine.example", "localhost")
    assert hosts_of(iter(())) == ()


@pytest.mark.parametrize("given", ["files.example.com", b"files", 5, None])
def test_hosts_are_a_list(given: Any):
    with pytest.raises(UsageError, match="trusted_hosts is a list of names of hosts, not"):
        hosts_of(given)


@pytest.mark.parametrize("host", ["https://files.example", "files.example:443", "a/b", "", 5])
def test_a_host_is_a_name(host: Any):
    with pytest.raises(UsageError, match="without scheme, port or path, not"):
        hosts_of([host])


def test_a_callback_can_be_called():
    assert callback_of(print) is print
    with pytest.raises(UsageError, match="A callback is a function, not None"):
        callback_of(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [*e.SERVER_EVENTS, *e.CLIENT_EVENTS])
def test_every_event_can_be_listened_to_by_its_name(given: type[e.Event]):
    assert event_name_of(given.event_type) == given.event_type


@pytest.mark.parametrize(
    "given", ["*", "transcript", "error", "get_user_conversations_v2", "order", "x"]
)
def test_local_names_and_a_servers_own_stand(given: str):
    assert event_name_of(given) == given


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("bot_mesage", "bot_message"),
        ("Bot_Message", "bot_message"),
        ("message", "bot_message"),
        ("conversation_updated", "conversation_update"),
        ("errors", "error"),
    ],
)
def test_a_name_that_is_nearly_one_is_warned_of_and_stands(given: str, meant: str):
    with pytest.warns(UserWarning, match=f"no event “{given}”. Did you mean “{meant}”?"):
        assert event_name_of(given) == given


def test_a_name_is_text():
    with pytest.raises(UsageError, match="An event's name is text, not 5"):
        event_name_of(5)
