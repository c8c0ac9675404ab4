"""What a session asks its server for, and has it do, beside the chat."""

from __future__ import annotations

import asyncio
from typing import Any

from captivate_nb.conversation.event_messages import transcript_of
from captivate_nb.conversation.state import Conversation
from captivate_nb.conversation.transcript import Transcript
from captivate_nb.errors import NoConversation, SessionClosed

from .connection import CLOSED
from .http import fetch_file
from .listeners import Listeners
from .own_loop import on_own_loop
from .parts import Parts
from .queries import Conversations
from .validation import id_of


class ServerCalls:
    """The calls of a session that its server answers.

    What each raises is a `CaptivateError`: `SessionClosed`; `NoConversation` where the current
    conversation was deleted; `RequestTimeout` when it is not answered for `timeouts.answer`
    seconds; `ServerError` for the server's own error; `ProtocolError` for an answer that cannot be
    read. Cancelling stops the wait; what was sent stays sent.
    """

    loop: asyncio.AbstractEventLoop
    _listeners: Listeners
    conversation: Conversation
    _parts: Parts

    @on_own_loop
    async def set_metadata(
        self, metadata: dict[str, Any], target: str = "default"
    ) -> dict[str, Any]:
        """Merge metadata into the conversation's, and return all of it as the server has it.

        `target` is default, bot, live or bot_live; what is under `private` is never returned. Raise
        `UsageError` for another target or no dict, `ProtocolError` for what has no JSON form, and
        `NoConversation`, `RequestTimeout` or `ServerError`. Cancelling stops the wait: what was sent
        is merged all the same.
        """
        current = self._current()
        await self._parts.queries.set_metadata(current, metadata, target)
        return await self._parts.queries.metadata(current)

    @on_own_loop
    async def fetch_metadata(self) -> dict[str, Any]:
        """Ask the server for the conversation's metadata.

        Raise `NoConversation`, `RequestTimeout` or `ServerError`. Cancelling stops the wait.
        """
        return await self._parts.queries.metadata(self._current())

    @on_own_loop
    async def fetch_transcript(self) -> Transcript:
        """Ask the server for the conversation's transcript, as the same `Message`s.

        Raise `NoConversation`, `RequestTimeout` or `ServerError`. Cancelling stops the wait.
        """
        return transcript_of(await self._parts.queries.transcript(self._current()))

    @on_own_loop
    async def conversations(
        self,
        user_id: str | None = None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # the wire's own name
        search: dict[str, Any] | None = None,
        page: int | None = None,
        limit: int | None = None,
    ) -> Conversations:
        """Return a user's conversations; `filter` matches metadata exactly, `search` a part of it.

        Pages count from 1, and have `limit` conversations. Raise `UsageError` for another page or
        limit, `RequestTimeout` or `ServerError`. Cancelling stops the wait.
        """
        self._check_open()
        who = id_of(user_id or self.conversation.user_id, "A user's ID")
        return await self._parts.queries.conversations(who, filter, search, page, limit)

    @on_own_loop
    async def delete(self, conversation_id: str | None = None, *, soft: bool | None = None) -> None:
        """Delete a conversation, by default the current one; `soft` None leaves it to the server.

        Raise `NoConversation`, `RequestTimeout` or `ServerError`. Cancelling stops the wait: a
        deletion that was sent is not taken back.
        """
        await self._parts.queries.delete(conversation_id or self._current(), soft)

    @on_own_loop
    async def delete_all(self, user_id: str | None = None) -> None:
        """Delete all conversations of a user, by default the current one.

        Raise `RequestTimeout` or `ServerError`. Cancelling is as with `delete`.
        """
        self._check_open()
        await self._parts.queries.delete(user_id or self.conversation.user_id)

    @on_own_loop
    async def fetch_file(self, url: str) -> tuple[str, bytes]:
        """Fetch a file that the session's server on this machine serves: its MIME type and bytes.

        For a reader whose browser is on another machine and cannot reach it. At most 16 MiB; the
        key is not sent. Raise `InvalidFile` for any other URL, and when it cannot be had.
        Cancelling drops the request.
        """
        connection = self._parts.connection
        return await fetch_file(connection.link, url, connection.address)

    def _check_open(self) -> None:
        if self._parts.connection.is_closed:
            raise SessionClosed(CLOSED)

    def _current(self) -> str:
        """Return the conversation to speak in."""
        self._check_open()
        if self.conversation.id is None or self.conversation.deleted:
            raise NoConversation(
                f"The conversation {self.conversation.id or ''} was deleted. Start a new one with"
                " session.restart(), or go on in another with session.resume(ID)."
            )
        return self.conversation.id
