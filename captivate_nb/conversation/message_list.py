"""The messages of one conversation, in order, and the gaps among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from captivate_nb.protocol.content import Content

from .message import Delivery, Message, delivered, unlike
from .notes import MISSED

_OTHERS = ("bot", "agent")


class MessageList:
    """Messages, each with an id of its own; servers may give several the same.

    A gap is a line that stands where something is missing, until the server tells what was said.
    """

    def __init__(self) -> None:
        self.items: list[Message] = []
        """The messages; the same list as long as the conversation lasts."""
        self.heard = 0
        """How many of them are the other side's, the bot's and agents'."""
        self.gaps: set[str] = set()
        """The ids of the gaps among them."""
        self._ids: dict[str, int] = {}  # how many messages were to have each

    def append(self, message: Message) -> int:
        """Put a message at the end, and return its index."""
        self.items.append(unlike(message, self._ids))
        self.heard += message.sender in _OTHERS
        return len(self.items) - 1

    def append_gap(self, text: str, at: float, ident: str | None = None) -> int:
        """Put a gap at the end, and return its index."""
        index = self.append(gap_message(text, at, ident or f"missed-{len(self.items)}"))
        self.gaps.add(self.items[index].id)
        return index

    def fill(self, gap: str, message: Message | None) -> int | None:
        """Put a message, None for nothing, in a gap; one that is closed already stays closed.

        Return the index of what changed.
        """
        if gap not in self.gaps:
            return None
        self.gaps.discard(gap)
        index = self.index(gap)
        self.items[index : index + 1] = [unlike(message, self._ids)] if message else []
        self.heard += message is not None and message.sender in _OTHERS
        return index

    def replace_all(self, messages: Sequence[Message]) -> None:
        """Have these messages instead, and no gaps."""
        self.items[:] = messages
        self._ids = dict.fromkeys((message.id for message in messages), 1)
        self.heard = sum(message.sender in _OTHERS for message in messages)
        self.gaps.clear()

    def move_to_end(self, message_id: str, at: float) -> int:
        """Put a message that was sent again at the end; return the index where it was."""
        index = self.index(message_id)
        message = msgspec.structs.replace(self.items.pop(index), time=at)
        self.items.append(delivered(message, "sent"))
        return index

    def deliver(self, index: int, delivery: Delivery) -> Message:
        """Give a message of the user's a state of delivery, and return it."""
        message = self.items[index] = delivered(self.items[index], delivery)
        return message

    def rewrite(self, message_id: str, content: tuple[Content, ...]) -> int | None:
        """Give a message other content, and return its index; None where there is no such message."""
        index = self.places([message_id]).get(message_id)
        if index is not None:
            self.items[index] = msgspec.structs.replace(
                self.items[index], content=content, text=None
            )
        return index

    def index(self, message_id: str) -> int:
        """Return where a message stands; raise `StopIteration` where there is none."""
        newest = range(len(self.items) - 1, -1, -1)
        return next(index for index in newest if self.items[index].id == message_id)

    def places(self, message_ids: Iterable[str]) -> dict[str, int]:
        """Return the index of each of these messages."""
        names = set(message_ids)
        found = enumerate(self.items) if names else ()
        return {message.id: index for index, message in found if message.id in names}

    def has(self, message: Message) -> bool:
        """Whether one stands here that has the same id, sender and text."""
        return any(_same(one, message) for one in reversed(self.items))


def gap_message(text: str, at: float, ident: str) -> Message:
    """Return a line that says that something is missing."""
    return Message(id=ident, sender="system", text=text, kind=MISSED, time=at)


def first_change(before: Sequence[Message], after: Sequence[Message]) -> int | None:
    """Return the first index at which another message stands, or one more; None where there is none."""
    pairs = enumerate(zip(before, after, strict=False))
    shorter, longer = sorted((len(before), len(after)))
    first = next((index for index, (old, new) in pairs if old is not new), shorter)
    return first if first < longer else None


def first_of(one: int | None, other: int | None) -> int | None:
    """Return the lower index; None where there is neither."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _same(known: Message, message: Message) -> bool:
    return (known.id, known.sender, known.text) == (message.id, message.sender, message.text)
