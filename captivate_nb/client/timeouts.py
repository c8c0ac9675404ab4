"""For how long a session waits for what."""

from __future__ import annotations

import math

import msgspec

from captivate_nb.conversation.delivery import CHECK
from captivate_nb.errors import UsageError


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session waits, in seconds. Raise `UsageError` for what is not above zero."""

    connect: float = 10.0
    """For a connection to be made, the server's `socket_connected` included."""
    answer: float = 10.0
    """For a reply to what the user does, or the answer to a request, where a call does not say."""
    settle: float = 0.3
    """For how long it is quiet when a reply is complete, where a call does not say."""
    greeting: float = 5.0
    """For the greeting that a session asks for; a bot need not greet."""
    self_greeting: float = 2.0
    """For a server to greet by itself before that, with `greet="auto"`."""
    action: float = 1.0
    """For a reply to an action that `branch` or `rerun` does again; it need not have one."""
    unsure: float = 3.0
    """For an answer that not every server gives: to metadata, and to the newest list event."""
    reconnect_first: float = 0.25
    """Before the first attempt to connect again, or to ask again for an answer that could not be
    read; each later one waits twice as long."""
    reconnect_longest: float = 30.0
    """Between two attempts at the most."""
    refused: float = 60.0
    """For how long a key that was accepted may be refused while reconnecting."""
    close: float = 1.0
    """For the other side to close a connection, too."""
    ping: float = 20.0
    """Between two pings to a connection, and for the answer to one."""
    alive: float = 5.0
    """For the answer when it is asked at once whether a connection is alive."""
    check: float = CHECK
    """Until a message that arrived stands in the server's transcript, if the server keeps up."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UsageError(f"Timeouts({name}={value!r}): seconds are a number.")
            if not 0 < value < math.inf:
                raise UsageError(f"Timeouts({name}={value!r}): seconds are above zero, and finite.")

    def scaled(self, factor: float) -> Timeouts:
        """Return all of them multiplied by `factor`, for tests that should not wait."""
        return Timeouts(**{name: getattr(self, name) * factor for name in self.__struct_fields__})
