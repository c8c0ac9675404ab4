"""What clients may ask of the store: a transcript, metadata, a user's conversations."""

from __future__ import annotations

import time

from captivate_nb.protocol import events as e

from .faults import transcripts
from .settings import Settings
from .store import listing
from .store.conversations import ConversationStore, Entry, StoredConversation


class Queries:
    """Answers from one store, with the faults that its transcripts are to have."""

    def __init__(self, store: ConversationStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def entries(self, conversation: StoredConversation) -> list[Entry]:
        """Return the entries of a conversation that a client gets."""
        return transcripts.visible_entries(
            conversation.entries, self._settings.faults(), time.time()
        )

    def transcript(self, conversation: StoredConversation) -> e.ConversationTranscript:
        return e.ConversationTranscript(
            conversation_id=conversation.id,
            entries=tuple(entry.as_transcript() for entry in self.entries(conversation)),
            variant=self._settings.transcript,
        )

    def metadata(self, conversation: StoredConversation) -> e.ConversationMetadata:
        """Return a conversation's metadata without what is private."""
        return e.ConversationMetadata(
            conversation_id=conversation.id, metadata=conversation.metadata
        )

    def conversations(self, request: e.GetConversations) -> e.UserConversations:
        return listing.page(request, self._store.of_user(request.user_id))
