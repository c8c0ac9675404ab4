"""The sequences of messages that a person works with: `Transcript`, `Reply`, and `Choices`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Self, overload

import msgspec

from captivate_nb.errors import MissingExtra, counted
from captivate_nb.protocol.content import Action, Content, Option
from captivate_nb.rendering import html
from captivate_nb.rendering.labels import labels_of
from captivate_nb.rendering.layout import newest

from .message import Message, plain

SHOWN = 50
"""Messages that a repr of a longer sequence shows, the newest ones."""

ROOM = 200_000
"""Characters of text that one shows."""

_PLAIN = ("id", "sender", "text", "time", "agent_name", "delivery", "kind")
"""What of a message is a plain value."""


class Choices(tuple[Option, ...]):
    """Options on offer; in a notebook they show as buttons that can be clicked."""

    __slots__ = ()

    @property
    def labels(self) -> list[str]:
        """Return their labels."""
        return [option.label for option in self]

    def __repr__(self) -> str:
        return f"<Choices {' | '.join(labels_of(self)) or 'none'}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": html.options_html(self)}


class MessageSequence(Sequence[Message]):
    """Messages in order. Slices and `where` give a sequence of their own."""

    _empty: ClassVar[str] = "No messages yet."

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._messages = list(messages)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> Transcript: ...
    def __getitem__(self, index: int | slice) -> Message | Transcript:
        if isinstance(index, slice):
            return Transcript(self._messages[index])
        return self._messages[index]

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages)

    def __reversed__(self) -> Iterator[Message]:
        return reversed(self._messages)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MessageSequence) and self._messages == other._messages

    __hash__ = None  # type: ignore[assignment]  # it grows

    def where(
        self,
        test: Callable[[Message], bool] | None = None,
        /,
        *,
        contains: str | None = None,
        **fields: Any,
    ) -> Transcript:
        """Return the messages that meet every condition given.

        `test` is a function of a message; `contains` is looked for in the text, whatever its case;
        any other keyword is a field and the value it must have: `where(sender="agent")`. An
        unknown field raises `AttributeError`.
        """
        part = contains.casefold() if contains is not None else ""
        return Transcript(
            message
            for message in self._messages
            if part in message.text.casefold()
            and (test is None or test(message))
            and all(getattr(message, name) == value for name, value in fields.items())
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {counted(len(self), 'message')}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = self._messages[-SHOWN:]
        left = len(self) - len(shown)
        return {
            "text/plain": _newest_plain(shown, left) if shown else repr(self),
            "text/html": html.messages_html(shown, earlier=left, empty=self._empty),
        }


class Transcript(MessageSequence):
    """A conversation's messages. `session.transcript` grows as the conversation goes on."""

    @classmethod
    def view(cls, messages: list[Message]) -> Self:
        """Return a transcript that shows `messages` as they are at any time, not a copy."""
        transcript = cls()
        transcript._messages = messages
        return transcript

    @property
    def text(self) -> str:
        """Return the conversation as lines of `who: text`, fit to be printed."""
        return plain(self)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return every message as plain JSON values, with `choices` and `files`."""
        told = [
            {
                **{name: getattr(message, name) for name in _PLAIN},
                "raw": message.raw,
                "content": [_tagged(item) for item in message.content],
                "actions": msgspec.to_builtins(message.actions),
                "choices": msgspec.to_builtins(message.choices),
                "files": msgspec.to_builtins(message.files),
            }
            for message in self
        ]
        values: list[dict[str, Any]] = json.loads(json.dumps(told))  # with lists for tuples
        return values

    def to_json(self) -> str:
        """Return the transcript as indented JSON."""
        return json.dumps(self.to_dicts(), indent=2, ensure_ascii=False)

    def to_html(self) -> str:
        """Return a page of its own that shows the whole transcript; all bot content is made safe."""
        return html.page_html(list(self))

    def to_dataframe(self) -> Any:
        """Return a `pandas.DataFrame`, a row a message; needs the extra `pandas`."""
        try:
            import pandas as pd
        except ImportError:
            raise MissingExtra("A data frame", "pandas") from None
        return pd.DataFrame(self.to_dicts())


class Reply(MessageSequence):
    """What came back to one thing the user did.

    `latency` is in seconds from the sending to the first sign of a reply, None when none came.
    `actions` are those received meanwhile.
    """

    _empty = "No messages in this reply."

    def __init__(
        self,
        messages: Iterable[Message] = (),
        *,
        latency: float | None = None,
        actions: Iterable[Action] = (),
    ) -> None:
        super().__init__(messages)
        self.latency = latency
        self.actions = tuple(actions)

    @property
    def text(self) -> str:
        """Return the text of all its messages, a blank line never between."""
        return "\n".join(message.text for message in self if message.text)

    @property
    def choices(self) -> Choices:
        """Return every option it offers, in order."""
        return Choices(option for message in self for option in message.choices)


def _newest_plain(messages: Sequence[Message], earlier: int) -> str:
    shown = newest((plain([message]) for message in reversed(messages)), len, ROOM)
    earlier += len(messages) - len(shown)
    above = [f"… {counted(earlier, 'earlier message')}"] if earlier else []
    return "\n".join([*above, *shown])


def _tagged(item: Content) -> dict[str, Any]:
    return {"type": type(item).__name__.lower(), **msgspec.to_builtins(item)}


def choices_of(transcript: Transcript) -> Choices:
    """Return the options of the newest message that anybody said; none where the user did."""
    said = (message for message in reversed(transcript) if message.sender != "system")
    newest = next(said, None)
    return Choices() if newest is None or newest.sender == "user" else Choices(newest.choices)
