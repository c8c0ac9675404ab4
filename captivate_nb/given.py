"""What a caller gives to be sent, checked before anything is."""

from __future__ import annotations

from typing import Any

from .errors import InvalidMessage, UsageError


def text_of(text: str) -> str:
    """Return text that has a UTF-8 form: half a character, as a broken paste has, becomes U+FFFD.

    Raise `InvalidMessage` when it is no text.
    """
    if not isinstance(text, str):
        raise InvalidMessage(f"A message is text, not {text!r:.60}. Nothing was sent.")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def object_of(given: dict[str, Any], what: str) -> dict[str, Any]:
    """Return what is to be sent as a JSON object; raise `UsageError` when it is no dict."""
    if not isinstance(given, dict):
        raise UsageError(f"{what} is a dict such as {{...}}, not {given!r:.60}. Nothing was sent.")
    return given
