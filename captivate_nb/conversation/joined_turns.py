"""Turns of the user's that a server's transcript tells in a row as one entry, made several again."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Content, Text

from .reconcile import beginning_of, loosely


def parted(transcript: e.ConversationTranscript, said: Collection[str]) -> e.ConversationTranscript:
    """Return it with an entry for each text of one whose texts were all `said` as messages of their own here.

    `said` are read loosely. What is no text belongs to the text before it. The first of them keeps the entry's id.
    """
    entries: list[e.TranscriptEntry] = []
    begins: list[int] = []
    for entry in transcript.entries:
        begins.append(len(entries))
        entries += _turns(entry, said)
    begins.append(len(entries))
    if len(entries) == len(transcript.entries):
        return transcript
    holes = tuple(begins[hole] for hole in transcript.holes)
    return msgspec.structs.replace(transcript, entries=tuple(entries), holes=holes)


def _turns(entry: e.TranscriptEntry, said: Collection[str]) -> Iterator[e.TranscriptEntry]:
    texts = [item.text for item in entry.content if isinstance(item, Text)]
    if entry.sender != "user" or len(texts) < 2 or not all(_was_said(t, said) for t in texts):
        yield entry
        return
    turns: list[list[Content]] = [[]]
    for item in entry.content:
        if isinstance(item, Text) and any(isinstance(other, Text) for other in turns[-1]):
            turns.append([])
        turns[-1].append(item)
    for number, content in enumerate(turns):
        name = entry.message_id if number == 0 else None
        yield msgspec.structs.replace(entry, content=tuple(content), message_id=name)


def _was_said(text: str, said: Collection[str]) -> bool:
    words = loosely(text)
    if words in said:
        return True
    beginning = beginning_of(words)
    return beginning is not None and any(other.startswith(beginning) for other in said)
