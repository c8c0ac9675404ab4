"""The entries of a server's transcript, as the messages that they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Text

from .message import Message, unlike

Told = Sequence[tuple[e.TranscriptEntry, Message]]
"""A server's entries, each with the message that it makes."""


def messages_of(
    entries: Iterable[e.TranscriptEntry],
) -> list[tuple[e.TranscriptEntry, Message]]:
    """Return a transcript's entries as messages, each with an id that no other has.

    Entries that say nothing are left out.
    """
    made = [(entry, _from_entry(entry, number)) for number, entry in enumerate(entries)]
    taken: dict[str, int] = {}
    return [(entry, unlike(message, taken)) for entry, message in made if _says(entry)]


def holes_in(transcript: e.ConversationTranscript) -> list[int]:
    """Return how many messages stand before each entry that may hide a turn of the user's.

    It cannot be read, or says nothing; before the user's first turn that is what asks for the
    greeting.
    """
    unread = Counter(transcript.holes)
    holes: list[int] = []
    told, spoken = 0, False
    for number, entry in enumerate(transcript.entries):
        holes += [told] * unread[number]
        if _says(entry):
            told += 1
            spoken |= entry.sender == "user"
        elif entry.sender == "user" and spoken:
            holes.append(told)
    return holes + [told] * unread[len(transcript.entries)]


def turned(transcript: e.ConversationTranscript) -> e.ConversationTranscript:
    """Return a transcript whose newest entry comes first as one whose oldest does."""
    entries = transcript.entries[::-1]
    holes = tuple(len(entries) - hole for hole in reversed(transcript.holes))
    return msgspec.structs.replace(transcript, entries=entries, holes=holes)


def shared_ids(entries: Iterable[e.TranscriptEntry]) -> set[str]:
    """Return the ids that several entries have, as those of one group do in the document's form."""
    counts = Counter(entry.message_id for entry in entries if entry.message_id is not None)
    return {ident for ident, count in counts.items() if count > 1}


def _says(entry: e.TranscriptEntry) -> bool:
    return bool(entry.actions) or any(item != Text("") for item in entry.content)


def _from_entry(entry: e.TranscriptEntry, number: int) -> Message:
    said = tuple(item for item in entry.content if item != Text(""))
    return Message(
        id=entry.message_id or f"{entry.sender}-{number}",
        sender=entry.sender,
        content=said,
        actions=entry.actions,
        agent_name=entry.name if entry.sender == "agent" else None,
        delivery="confirmed" if entry.sender == "user" else None,
        source=entry.raw,
    )
