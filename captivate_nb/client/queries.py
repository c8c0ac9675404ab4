"""What the server keeps of conversations, and what a session asks it for and has it do there."""

from __future__ import annotations

import contextlib
import json
from typing import Any, NamedTuple

from captivate_nb.conversation.event_messages import transcript_of
from captivate_nb.conversation.transcript import Transcript
from captivate_nb.errors import (
    NoConversation,
    RequestTimeout,
    ServerError,
    UsageError,
    counted,
    did_you_mean,
)
from captivate_nb.protocol import events as e
from captivate_nb.rendering.html import output
from captivate_nb.rendering.sanitize import clean, clean_text, escape

from .history import Recall
from .http import fetch_file
from .live import new_id, on_own_loop
from .validation import count_of, id_of, object_of

FALLBACK_AFTER = 3.0
"""Seconds of silence after which a request's other wire name is tried."""

SHOWN = 50
"""Conversations shown in a cell."""

METADATA_SHOWN = 200
"""Characters shown of the metadata of each."""

EMPTY = "There are no conversations."


class ConversationRecord(NamedTuple):
    """One of a user's conversations."""

    id: str
    metadata: dict[str, Any]


class Conversations(list[ConversationRecord]):
    """A user's conversations in the server's order; a cell shows the first of them as a table."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        said = [(clean(record.id), _clipped(record.metadata)) for record in self[:SHOWN]]
        more = len(self) - len(said)
        below = f"… {counted(more, 'more conversation')}" if more else ""
        lines = [f"{ident}  {metadata}" for ident, metadata in said]
        rows = "".join(
            f'<tr><td style="text-align:left"><code>{escape(ident)}</code></td>'
            f'<td style="text-align:left">{escape(metadata)}</td></tr>'
            for ident, metadata in said
        )
        head = "".join(f'<th style="text-align:left">{each}</th>' for each in ("id", "metadata"))
        table = output(f'<table style="margin:0"><tr>{head}</tr>{rows}</table>')
        return {
            "text/plain": "\n".join([*lines, below]).rstrip() or EMPTY,
            "text/html": table + below if self else f"<p>{EMPTY}</p>",
        }


def _clipped(metadata: dict[str, Any]) -> str:
    text = clean_text(json.dumps(metadata, ensure_ascii=False, default=str))
    return text if len(text) <= METADATA_SHOWN else f"{text[:METADATA_SHOWN]}…"


class Records(Recall):
    """A wire whose server can be asked: metadata, transcripts, lists, deletion, files."""

    @on_own_loop
    async def set_metadata(
        self, metadata: dict[str, Any], target: str = "default"
    ) -> dict[str, Any]:
        """Merge metadata into the conversation's, and return all of it as the server has it.

        `target` is default, bot, live or bot_live; what is under `private` is never returned.
        """
        object_of(metadata, "Metadata")
        if target not in e.TARGETS:
            raise UsageError(
                f"There is no metadata target {target!r}: it is one of {', '.join(e.TARGETS)}."
                + did_you_mean(str(target), e.TARGETS)
            )
        current = self._current()
        event = e.MetadataSet(
            conversation_id=current,
            client_msg_id=new_id(),
            metadata=metadata,
            target=target,
        )
        with contextlib.suppress(RequestTimeout):  # not every server confirms it
            await self._request(event, e.MetadataUpdated, current, FALLBACK_AFTER)
        return await self.fetch_metadata()

    @on_own_loop
    async def fetch_metadata(self) -> dict[str, Any]:
        """Ask the server for the conversation's metadata."""
        current = self._current()
        request = e.MetadataRequest(conversation_id=current)
        return (await self._request(request, e.ConversationMetadata, current)).metadata

    @on_own_loop
    async def fetch_transcript(self) -> Transcript:
        """Ask the server for the conversation's transcript, as the same `Message`s."""
        current = self._current()
        request = e.TranscriptRequest(conversation_id=current)
        return transcript_of(await self._request(request, e.ConversationTranscript, current))

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

        Pages count from 1. Without any of these the document's event is sent, and the older
        clients' one after an error or 3 s of silence.
        """
        self._check_open()
        who = id_of(user_id or self.user_id, "A user's ID")
        if filter or search or page is not None or limit is not None:
            answer = await self._request(
                e.GetConversations(
                    user_id=who,
                    variant="get_user_conversations_v2",
                    filter=object_of(filter or {}, "A filter"),
                    search=object_of(search or {}, "A search"),
                    page=count_of(page, "A page"),
                    limit=count_of(limit, "A limit"),
                ),
                e.UserConversations,
            )
        else:
            answer = await self._all_conversations(who)
        return Conversations(
            ConversationRecord(c.conversation_id, c.metadata) for c in answer.conversations
        )

    async def _all_conversations(self, user_id: str) -> e.UserConversations:
        asked = e.GetConversations(user_id=user_id)
        try:
            return await self._request(asked, e.UserConversations, timeout=FALLBACK_AFTER)
        except (RequestTimeout, ServerError):
            older = e.GetConversations(user_id=user_id, variant="get_user_conversations")
            return await self._request(older, e.UserConversations)

    @on_own_loop
    async def delete(self, conversation_id: str | None = None, *, soft: bool | None = None) -> None:
        """Delete a conversation, by default the current one; `soft` None leaves it to the server."""
        which = id_of(conversation_id or self._current(), "A conversation's ID")
        await self._request(
            e.DeleteConversation(conversation_id=which, soft=soft), e.ConversationDeleted, which
        )

    @on_own_loop
    async def delete_all(self, user_id: str | None = None) -> None:
        """Delete all conversations of a user, by default the current one."""
        self._check_open()
        who = id_of(user_id or self.user_id, "A user's ID")
        await self._request(e.DeleteConversation(conversation_id=who), e.ConversationDeleted, who)

    @on_own_loop
    async def fetch_file(self, url: str) -> tuple[str, bytes]:
        """Fetch a file that the session's server on this machine serves: its MIME type and bytes.

        For a reader whose browser is on another machine and cannot reach it. At most 16 MiB; the
        key is not sent. Raise `InvalidFile` for any other URL, and when it cannot be had.
        Cancelling drops the request.
        """
        return await fetch_file(self._connection.link, url, self._connection.address)

    def _current(self) -> str:
        """Return the conversation to speak in."""
        self._check_open()
        if self.conversation.id is None or self.conversation.deleted:
            raise NoConversation(
                f"The conversation {self.conversation.id or ''} was deleted. Start a new one with"
                " session.restart(), or go on in another with session.resume(ID)."
            )
        return self.conversation.id
