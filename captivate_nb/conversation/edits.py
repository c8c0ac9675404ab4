"""Edits of the user's messages that were asked for, until the server shows that it made them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from captivate_nb.protocol import events as e

from .entries import Told
from .message import Message
from .reconcile import Matches, loosely


class Edits:
    """The edits under way, by the message's id."""

    def __init__(self) -> None:
        self._asked: dict[str, e.EditMessage] = {}

    def ask(self, edit: e.EditMessage) -> None:
        """Note that an edit was asked for."""
        self._asked[edit.message_id] = edit

    def confirm(self, message_id: str) -> e.EditMessage | None:
        """Return the edit that is made now; None where none was asked for."""
        return self._asked.pop(message_id, None)

    def shown(
        self, here: Sequence[Message], told: Told, matches: Matches
    ) -> Iterator[e.EditMessage]:
        """Yield those that a transcript shows as made, though nothing else told of them."""
        for place, (_, message) in zip(matches.places, told, strict=True):
            edit = None if place is None else self._asked.get(here[place].id)
            if edit is None or place is None:
                continue
            if loosely(message.text) == loosely(edit.text) != loosely(here[place].text):
                del self._asked[edit.message_id]
                yield edit
