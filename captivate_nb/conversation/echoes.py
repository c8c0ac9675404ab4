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

        Without an id that is known it is the oldest with these words that was not told back yet, of
        those that were sent on this connection, or else of all.
        """
        name = event.client_msg_id
        if name in self._deliveries:
            self._told[name] = name
        if name in self._told:
            return self._told[name]
        told = set(self._told.values())
        words = loosely(said.text)
        named = [
            message.id
            for message in here
            if message.id in self._deliveries
            and message.id not in told
            and words in (loosely(message.text), *self._naming.known[message.id].texts)
        ]
        own = next(filter(self._is_on_this_connection, named), next(iter(named), None))
        if own is not None:
            self._told[name or own] = own
            self._naming.known[own].ids.update({name} - {""})
        return own

    def _is_on_this_connection(self, message_id: str) -> bool:
        sent = self._deliveries.get(message_id)
        return sent is not None and sent.connection == self._deliveries.connection
