"""How a conversation begins: with whom, with which metadata, and who speaks first.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from captivate_nb.conversation.private import PRIVATE
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import UsageError, did_you_mean
from captivate_nb.protocol import events as e

from .channel import Channel
from .recovery import Recovery
from .secrets import Hidden
from .timeouts import Timeouts
from .turns import Turns
from .validation import id_of, new_id, object_of

GREETING_WAIT = 5.0
"""Seconds that opening waits for a greeting at the most; none is no error."""

SELF_GREETING_WAIT = 2.0
"""Seconds that `greet="auto"` gives a server to greet by itself."""

_GREETERS = ("bot", "auto", "user", "ask")


class Starting:
    """Begins the conversations of one session, as the same user until told otherwise.

    Raise `UsageError` for what cannot be meant.
    """

    def __init__(
        self,
        conversation: Conversation,
        channel: Channel,
        recovery: Recovery,
        turns: Turns,
        timeouts: Timeouts,
        start: e.ConversationStart,
        greet: str,
    ) -> None:
        if greet not in _GREETERS:
            raise UsageError(
                f"greet={greet!r} is not known: it is “bot”, “auto”, “user” or “ask”."
                + did_you_mean(str(greet), _GREETERS)
            )
        self._conversation = conversation
        self._channel = channel
        self._recovery = recovery
        self._turns = turns
        self._timeouts = timeouts
        self._start = Hidden(_valid(start))  # its metadata may be private
        self._greet = greet
        self.alone = asyncio.Lock()
        """Held while another conversation is begun or resumed: what a bot says does not name its own."""

    def as_given(self) -> dict[str, Any]:
        """Return what the newest conversation was begun with, as a session's arguments."""
        start = self._start.reveal()
        return {
            "user_id": start.user_id or "anon",
            "user": start.user,
            "metadata": start.metadata,
            "user_data": start.user_data,
            "greet": self._greet,
        }

    async def begin(self) -> None:
        """Start a conversation and wait for its greeting; a bot need not greet."""
        with self._turns.begin() as turn:
            started = await self._channel.request(self._start.reveal(), e.ConversationStarted)
            if self._greet == "user":
                return
            now = asyncio.get_running_loop().time
            if self._greet == "auto":
                await turn.wait(self._timeouts.settle, now() + SELF_GREETING_WAIT)
                if self._conversation.transcript:
                    return
            current = started.conversation_id
            greeting = e.UserMessage(conversation_id=current, client_msg_id=new_id())
            if self._greet == "ask":
                await self._channel.send(greeting)
                return
            self._recovery.greeting = greeting
            try:
                await self._channel.send(greeting)
                await turn.wait(self._timeouts.settle, now() + GREETING_WAIT)
            finally:
                self._recovery.greeting = None

    async def begin_anew(
        self,
        user_id: str | None,
        user: dict[str, Any] | None,
        metadata: dict[str, Any] | None,
    ) -> None:
        """Begin another conversation, with what is given in the place of what was.

        What was asked to begin before is waited for, and its greeting.
        """
        async with self.alone:
            self._change_start(user_id, user, metadata)
            await self.begin()

    def _change_start(
        self,
        user_id: str | None,
        user: dict[str, Any] | None,
        metadata: dict[str, Any] | None,
    ) -> None:
        given = {"user_id": user_id, "user": user, "metadata": metadata}
        changes: dict[str, Any] = {k: value for k, value in given.items() if value is not None}
        before = self._start.reveal()
        if user_id is not None or user is not None:
            changes["user_data"] = None  # it was the other user's
        elif metadata is not None and PRIVATE in before.metadata:
            kept = {PRIVATE: before.metadata[PRIVATE]}
            changes["metadata"] = kept | object_of(metadata, "Metadata")
        self._start = Hidden(_valid(msgspec.structs.replace(before, **changes)))


def _valid(start: e.ConversationStart) -> e.ConversationStart:
    id_of(start.user_id, "A user's ID")
    object_of(start.user, "A user")
    if start.user_data is not None:
        object_of(start.user_data, "User data")
    metadata = object_of(start.metadata, "Metadata")
    return msgspec.structs.replace(start, metadata=metadata.copy())  # the caller may change theirs
