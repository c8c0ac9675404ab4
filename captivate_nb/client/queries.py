"""What the server keeps of conversations, and what a session asks it for and has it do there.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, NamedTuple

from captivate_nb.conversation.metadata import title_of
from captivate_nb.errors import (
    RequestTimeout,
    ServerError,
    UsageError,
    counted,
    did_you_mean,
)
from captivate_nb.protocol import events as e
from captivate_nb.rendering.html import output
from captivate_nb.rendering.sanitize import clean, clean_text, escape

from .channel import Channel
from .timeouts import Timeouts
from .validation import count_of, id_of, new_id, object_of

SHOWN = 50
"""Conversations shown in a cell."""

METADATA_SHOWN = 200
"""Characters shown of the metadata of each."""

EMPTY = "There are no conversations."


class ConversationRecord(NamedTuple):
    """One of a user's conversations."""

    id: str
    metadata: dict[str, Any]

    @property
    def title(self) -> str:
        """Return the title that the bot has given it, or ""."""
        return title_of(self.metadata)


class Conversations(list[ConversationRecord]):
    """A user's conversations in the server's order; a cell shows the first of them as a table."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        said = [(_named(record), _clipped(record.metadata)) for record in self[:SHOWN]]
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


def _named(record: ConversationRecord) -> str:
    title = clean(record.title, 60)
    return f"{clean(record.id)} “{title}”" if title else clean(record.id)


def _clipped(metadata: dict[str, Any]) -> str:
    text = clean_text(json.dumps(metadata, ensure_ascii=False, default=str))
    return text if len(text) <= METADATA_SHOWN else f"{text[:METADATA_SHOWN]}…"


class Queries:
    """Asks one server: for metadata, for lists of conversations, and to delete some.

    All raise what `Channel.request` does. Cancelling stops the wait.
    """

    def __init__(self, channel: Channel, timeouts: Timeouts) -> None:
        self._channel = channel
        self._unsure = timeouts.unsure  # seconds for an answer that not every server gives

    async def set_metadata(
        self, conversation_id: str, metadata: dict[str, Any], target: str
    ) -> None:
        """Merge metadata into a conversation's. Raise `UsageError` for an unknown target."""
        given = object_of(metadata, "Metadata")
        if target not in e.TARGETS:
            raise UsageError(
                f"There is no metadata target {target!r}: it is one of {', '.join(e.TARGETS)}."
                + did_you_mean(str(target), e.TARGETS)
            )
        event = e.MetadataSet(
            conversation_id=conversation_id,
            client_msg_id=new_id(),
            metadata=given,
            target=target,
        )
        with contextlib.suppress(RequestTimeout):  # not every server confirms it
            await self._channel.request(event, e.MetadataUpdated, conversation_id, self._unsure)

    async def metadata(self, conversation_id: str) -> dict[str, Any]:
        """Return a conversation's metadata."""
        request = e.MetadataRequest(conversation_id=conversation_id)
        answer = await self._channel.request(request, e.ConversationMetadata, conversation_id)
        return answer.metadata

    async def transcript(self, conversation_id: str) -> e.ConversationTranscript:
        """Return a conversation's transcript as the server tells it."""
        request = e.TranscriptRequest(conversation_id=conversation_id)
        return await self._channel.request(request, e.ConversationTranscript, conversation_id)

    async def conversations(
        self,
        user_id: str,
        filtered: dict[str, Any] | None,
        search: dict[str, Any] | None,
        page: int | None,
        limit: int | None,
    ) -> Conversations:
        """Return a user's conversations.

        Without a filter, a search or a page the document's event is sent, and the older clients'
        one after an error or `Timeouts.unsure` seconds of silence.
        """
        if filtered or search or page is not None or limit is not None:
            answer = await self._channel.request(
                e.GetConversations(
                    user_id=user_id,
                    variant="get_user_conversations_v2",
                    filter=object_of(filtered or {}, "A filter"),
                    search=object_of(search or {}, "A search"),
                    page=count_of(page, "A page"),
                    limit=count_of(limit, "A limit"),
                ),
                e.UserConversations,
            )
        else:
            answer = await self._all_conversations(user_id)
        return Conversations(
            ConversationRecord(c.conversation_id, c.metadata) for c in answer.conversations
        )

    async def delete(self, which: str, soft: bool | None = None) -> None:
        """Delete a conversation, or all of the user with that ID."""
        id_of(which, "An ID")
        event = e.DeleteConversation(conversation_id=which, soft=soft)
        await self._channel.request(event, e.ConversationDeleted, which)

    async def _all_conversations(self, user_id: str) -> e.UserConversations:
        asked = e.GetConversations(user_id=user_id)
        try:
            return await self._channel.request(asked, e.UserConversations, timeout=self._unsure)
        except (RequestTimeout, ServerError):
            older = e.GetConversations(user_id=user_id, variant="get_user_conversations")
            return await self._channel.request(older, e.UserConversations)
