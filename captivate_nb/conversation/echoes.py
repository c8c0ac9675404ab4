"""Whose message it is that a server tells back: under the id it was sent with, or one of its own."""

from __future__ import annotations

from collections.abc import Sequence

from captivate_nb.protocol import events as e

from .delivery import Deliveries
from .message import Message
from .naming import Naming
from .reconcile import loosely

WHY = "the server told it back"


class Echoes:
    """The messages that were told back in one conversation."""

    def __init__(self, deliveries: Deliveries, naming: Naming) -> None:
        self._deliveries = deliveries
        self._naming = naming
        self._told: dict[str, str] = {}  # the message here, by the server's id

    def own(self, event: e.UserMessage, said: Message, here: Sequence[Message]) -> str | None:
        """Return the id of the message from here that is told back; None for one from elsewhere.

        Without an id that is known it is the oldest with these words that was not told back yet.
        """
        name = event.client_msg_id
        if name in self._deliveries:
            self._told[name] = name
        if name in self._told:
            return self._told[name]
        told = set(self._told.values())
        words = loosely(said.text)
        for message in here:
            if message.id in told or message.id not in self._deliveries:
                continue
            if words in (loosely(message.text), *self._naming.known[message.id].texts):
                self._told[name or message.id] = message.id
                self._naming.known[message.id].ids.update({name} - {""})
                return message.id
        return None
