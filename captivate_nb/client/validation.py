"""What a caller gives, checked before anything is done with it."""

from __future__ import annotations

import json
import math
import operator
import re
import uuid
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from numbers import Real
from typing import Any, TypeVar

from captivate_nb.errors import InvalidMessage, ProtocolError, UsageError, did_you_mean
from captivate_nb.protocol.codec import to_json, whole
from captivate_nb.protocol.event_decoder import WIRE_NAMES

Json = TypeVar("Json")

EVENT_NAMES = (*WIRE_NAMES, "transcript", "error", "*")
"""What can be listened to: the wire's names, and the local ones."""


def text_of(text: str) -> str:
    """Return text that has a UTF-8 form: half a character, as a broken paste has, becomes U+FFFD.

    Raise `InvalidMessage` when it is no text.
    """
    if not isinstance(text, str):
        raise InvalidMessage(f"A message is text, not {text!r:.60}. Nothing was sent.")
    return str(whole(text))


def id_of(given: object, what: str) -> str:
    """Return what names a thing; raise `UsageError` when it is no text, or empty."""
    if not isinstance(given, str) or not given:
        raise UsageError(f"{what} is text, not {given!r:.60}. Nothing was sent.")
    return str(whole(given))


def object_of(given: dict[str, Any], what: str) -> dict[str, Any]:
    """Return what is to be sent as a JSON object, as `json_of` does.

    Raise `UsageError` when it is no dict, and what `json_of` raises.
    """
    if not isinstance(given, dict):
        raise UsageError(f"{what} is a dict such as {{...}}, not {given!r:.60}. Nothing was sent.")
    return json_of(given, what)


def json_of(given: Json, what: str) -> Json:
    """Return what is to be sent as JSON, half a character in its texts replaced as `text_of` does.

    Raise `UsageError` for a number that JSON has no form for, which would go out as null, and
    `ProtocolError` for anything else without one.
    """
    try:
        to_json(given)
    except ProtocolError as error:
        if not isinstance(error.__context__, UnicodeEncodeError):
            raise
        given = whole(given)
        to_json(given)
    try:
        json.dumps(given, allow_nan=False, default=str, skipkeys=True)
    except ValueError:
        raise UsageError(
            f"{what} holds NaN or infinity, and JSON has no such number. Nothing was sent; give"
            " None or a text instead."
        ) from None
    return given


def seconds_of(given: object, what: str) -> float:
    """Return a time; raise `UsageError` when it is no number of seconds."""
    if not isinstance(given, Real) or math.isnan(given):
        raise UsageError(f"{what} is a number of seconds, not {given!r:.60}. Nothing was sent.")
    return float(given)


def count_of(given: Any, what: str) -> int | None:
    """Return a number that counts from 1, or None; raise `UsageError` for any other."""
    if given is None:
        return None
    with suppress(TypeError):
        if (count := operator.index(given)) >= 1:
            return count
    raise UsageError(f"{what} is a whole number from 1, not {given!r:.60}. Nothing was sent.")


def event_name_of(given: object) -> str:
    """Return the name of events to listen to; warn of one that is nearly the name of some.

    A server may send events of its own, so other names stand. Raise `UsageError` for no text.
    """
    name = id_of(given, "An event's name")
    if name not in EVENT_NAMES and (meant := did_you_mean(name, EVENT_NAMES, alike=0.75)):
        warnings.warn(
            f"The Socket API has no event “{name}”.{meant}",
            stacklevel=3,  # where `on` is called
        )
    return name


def hosts_of(given: object) -> tuple[str, ...]:
    """Return the names of hosts, in lower case; raise `UsageError` for what is no list of names."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise UsageError(f"trusted_hosts is a list of names of hosts, not {given!r:.60}.")
    hosts = tuple(given)
    for host in hosts:
        if not isinstance(host, str) or not re.fullmatch(r"[\w.-]+", host):
            raise UsageError(
                "A trusted host is a name such as files.example.com, without scheme, port or path,"
                f" not {host!r:.60}."
            )
    return tuple(host.lower() for host in hosts)


def callback_of(given: Callable[..., Any]) -> Callable[..., Any]:
    """Return what is to be called; raise `UsageError` when it cannot be."""
    if not callable(given):
        raise UsageError(f"A callback is a function, not {given!r:.60}.")
    return given


def new_id() -> str:
    """Return an ID for something that is sent."""
    return str(uuid.uuid4())
