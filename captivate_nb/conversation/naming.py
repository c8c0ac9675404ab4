"""What the server may call the messages of a conversation: other ids, and other words for them.

It shows an option's label where its value was said, and a new text where one was edited; and what
it called a message once, it will call it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from .entries import Told, shared_ids
from .message import Message
from .reconcile import Matches, Names, loosely


class Naming:
    """The names known so far."""

    def __init__(self) -> None:
        self.known: defaultdict[str, Names] = defaultdict(lambda: Names(set(), set()))
        """The other names of a message, by its id here."""
        self._labels: defaultdict[str, set[str]] = defaultdict(set)  # of each option's value

    def offered(self, messages: Iterable[Message]) -> None:
        """Note the options of messages."""
        for message in messages:
            for option in message.choices:
                self._labels[loosely(option.value)].add(loosely(option.label))

    def said(self, message_id: str, text: str) -> None:
        """Note what the user said: it may be the value of an option."""
        if labels := self._labels.get(loosely(text)):
            self.known[message_id].texts.update(labels)

    def edited(self, message_id: str, text: str) -> None:
        """Note that a message is to have another text."""
        self.known[message_id].texts.add(loosely(text))

    def told(self, here: Sequence[Message], told: Told, matches: Matches) -> None:
        """Note what a transcript calls the messages that it has for sure."""
        shared = shared_ids(entry for entry, _ in told)
        for place, (entry, message) in zip(matches.places, told, strict=True):
            if place is None:
                self.offered([message])
            elif place not in matches.unsure:
                names = self.known[here[place].id]
                names.texts.add(loosely(message.text))
                if entry.message_id and entry.message_id not in shared:
                    names.ids.add(entry.message_id)
