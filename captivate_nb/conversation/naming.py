"""What the server may call the messages of a conversation: other ids, and other words for them.

It shows an option's label where its value was said, and a new text where one was edited; and what
it called a message once, it will call it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from captivate_nb.protocol.content import Option

from .entries import Told, shared_ids
from .message import Message
from .reconcile import Matches, Names, loosely

MANY = 10_000
"""Options that are read at a time, which takes a few hundredths of a second."""


class Naming:
    """The names known so far."""

    def __init__(self) -> None:
        self.known: defaultdict[str, Names] = defaultdict(lambda: Names(set(), set()))
        """The other names of a message, by its id here."""
        self._label: dict[str, str] = {}  # of each option's value, the first
        self._others: defaultdict[str, list[str]] = defaultdict(list)  # and further ones
        self._unread: list[Option] = []  # options of which that is not noted yet

    def offered(self, messages: Iterable[Message]) -> None:
        """Note the options of messages."""
        for message in messages:
            self._unread += message.choices
        if len(self._unread) > MANY:
            self._read()

    def add_user_text(self, message_id: str, text: str) -> None:
        """Note what the user said: it may be the value of an option."""
        self._read()
        value = loosely(text)
        if value in self._label:
            labels = {self._label[value], *self._others.get(value, ())}
            self.known[message_id].texts.update(map(loosely, labels))

    def _read(self) -> None:
        """Read what was offered; most of it is never said."""
        unread, self._unread = self._unread, []
        values = {value: loosely(value) for value in {option.value for option in unread}}
        for option in unread:
            value = values[option.value]
            if self._label.setdefault(value, option.label) != option.label:
                self._others[value].append(option.label)

    def users_words(self, here: Iterable[Message]) -> set[str]:
        """Return all that the user said, read loosely, and what else it may be shown as."""
        own = [message for message in here if message.sender == "user"]
        others = [self.known[message.id].texts for message in own]
        return {loosely(message.text) for message in own}.union(*others)

    def edited(self, message_id: str, text: str) -> None:
        """Note that a message is to have another text."""
        self.known[message_id].texts.add(loosely(text))

    def add_transcript(self, here: Sequence[Message], told: Told, matches: Matches) -> None:
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
