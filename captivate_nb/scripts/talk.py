"""The conversation that a script is played in, on a session: what is said, and what has come."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable
from pathlib import Path
from typing import Any

from captivate_nb.client.session import Session
from captivate_nb.protocol import events as e

from .heard import Heard
from .matching import CannotMatch
from .situation import Turn


class Talk:
    """Messages in the order in which they came, each taken once; what else came since the user spoke.

    A message is there the moment that its frame was taken in: nothing waits for quiet.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.turn = Turn()
        self._queue: collections.deque[Heard] = collections.deque()
        self._seen: set[str] = set()
        self._came = asyncio.Event()
        self._said_at: float | None = None
        self._count = 0
        self._stops: list[Callable[[], None]] = [
            session.on("transcript", self._take),
            session.on(e.ActionsReceived.event_type, self._act),
            session.on(e.ConversationUpdate.event_type, self._update),
            session.on("*", lambda _event: self._came.set()),
        ]
        self._closed = False
        session.observe(self._status, "status")
        self._take(0)

    def close(self) -> None:
        """Listen no longer."""
        for stop in self._stops:
            stop()
        self.session.unobserve(self._status, "status")

    # --- what has come -----------------------------------------------------------------------

    def waiting(self) -> int:
        """Return how many messages have come that nobody took."""
        return len(self._queue)

    @property
    def came(self) -> int:
        """Return how many messages have come in all."""
        return self._count

    def take(self) -> Heard | None:
        """Take the oldest message that nobody took, if there is one."""
        return self._queue.popleft() if self._queue else None

    def forget(self) -> None:
        """Drop the messages that nobody took."""
        self._queue.clear()

    async def something(self) -> None:
        """Wait until anything comes. Cancelling stops the wait."""
        if self._closed:
            raise CannotMatch("The connection was closed, and nothing can come any more.")
        self._came.clear()
        await self._came.wait()

    # --- what is said ------------------------------------------------------------------------

    async def say(self, text: str) -> None:
        """Say a text; what comes from now on answers it."""
        self._begin()
        await self.session.say(text, wait=False)

    async def send(self, files: list[str | Path], text: str) -> None:
        """Send files, with a text or without."""
        self._begin()
        await self.session.send_files(files, text or None, wait=False)

    async def act(self, ident: str, data: Any) -> None:
        """Send an action."""
        self._begin()
        await self.session.act(ident, data)

    async def set_metadata(self, metadata: dict[str, Any], target: str) -> None:
        """Set metadata."""
        await self.session.set_metadata(metadata, target=target)

    async def restart(self) -> None:
        """Begin another conversation; what came in this one is gone."""
        await self.session.delete()
        self._queue.clear()
        self._begin()
        await self.session.restart()

    def network(self, preset: str) -> None:
        """Have the network be as a preset has it. Raise `CannotMatch` without an embedded server."""
        if self.session.server is None:
            raise CannotMatch(
                "NETWORK needs the embedded server: run the script on a flow, not on a URL."
            )
        self.session.server.faults = preset

    # --- what the session tells --------------------------------------------------------------

    def _begin(self) -> None:
        self.turn = Turn()
        self._said_at = self.session.loop.time()

    def _take(self, first: int) -> None:
        transcript = self.session.transcript
        for index in range(first, len(transcript)):
            message = transcript[index]
            if message.sender in ("bot", "agent") and message.id not in self._seen:
                self._seen.add(message.id)
                self._count += 1
                self._queue.append(Heard(message, self._latency()))
                self.turn.actions += message.actions
        self._came.set()

    def _latency(self) -> float | None:
        if self._said_at is None:
            return None
        return (self.session.loop.time() - self._said_at) * 1000

    def _act(self, event: e.ActionsReceived) -> None:
        self.turn.actions += event.actions

    def _update(self, event: e.ConversationUpdate) -> None:
        self.turn.updates.append(event.type)

    def _status(self, change: Any) -> None:
        self._closed = change.new == "closed"
        self._came.set()
