"""How a frame that is much to lay out is taken in: in slices, between which the loop turns."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable

from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Content
from captivate_nb.rendering.layout import MARKED, laid_out

SLICE = 0.02
"""Seconds after which the loop turns, be it in the middle of a transcript."""


async def lay_out(event: e.Event | None) -> None:
    """Lay out the messages that an event has, which costs nothing any more when it is applied.

    Each is bounded by itself, and a transcript may have thousands.
    """
    began = time.perf_counter()
    for content in messages_in(event):
        deque(laid_out(content), maxlen=0)
        if time.perf_counter() - began >= SLICE:
            await asyncio.sleep(0)
            began = time.perf_counter()


def is_much(event: e.Event | None) -> bool:
    """Whether there is anything to lay out in an event before it is applied."""
    for content in messages_in(event):
        for item in content:
            if isinstance(item, MARKED):
                return True
    return False


def messages_in(event: e.Event | None) -> Iterable[tuple[Content, ...]]:
    """Return what each message of an event holds."""
    match event:
        case e.BotMessage() | e.LivechatMessage():
            return (event.content,)
        case e.ConversationTranscript():
            return [entry.content for entry in event.entries]
    return ()
