"""What a session tells of the turns of its own server's bot: that one failed, and why.

It comes from the server object and never by the channel, whose other end could be anybody's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from captivate_nb.conversation.problems import Problem

from .parts import Parts
from .tasks import Tasks

SHOWN = 3000
"""Characters of a traceback, a request and of prints, in the details of a problem."""


ADVICE = 10
"""Findings in a flow that are listed."""


class Server(Protocol):
    """An embedded server in this process."""

    @property
    def advice(self) -> list[str]: ...

    def on_turn(self, callback: Callable[[Any], None], /) -> Callable[[], None]: ...
    def on_reload(self, callback: Callable[[str, str], None], /) -> Callable[[], None]: ...


class BotTurns:
    """Takes each turn of the bot in the session's conversation to its problems and metadata."""

    def __init__(
        self, server: Server, parts: Parts, tasks: Tasks, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._parts = parts
        self._tasks = tasks
        self._loop = loop
        self._server = server
        self._stops = (server.on_turn(self._on_turn), server.on_reload(self._on_reload))

    async def stop(self) -> None:
        """Take no turns any more."""
        for stop in self._stops:
            stop()

    def _on_turn(self, record: Any) -> None:
        """Take a turn from the server's thread to the session's loop."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._take, record)

    def _on_reload(self, name: str, error: str) -> None:
        told = (
            f"{error} The flow as it was stays."
            if error
            else f"The flow {name} was saved, and answers from now on. To begin anew, restart."
        )
        problem = Problem(told, good=not error, restart=not error)
        with contextlib.suppress(RuntimeError):
            if not error:
                self._loop.call_soon_threadsafe(self.advise)
            self._loop.call_soon_threadsafe(self._list, problem)

    def advise(self) -> None:
        """List what looks wrong in the flow."""
        for told in self._server.advice[:ADVICE]:
            self._list(Problem(told, good=True))

    def _list(self, problem: Problem) -> None:
        intake = self._parts.intake
        intake.list(msgspec.structs.replace(problem, time=intake.now()))

    def _take(self, record: Any) -> None:
        intake, connection = self._parts.intake, self._parts.connection
        if connection.is_closed or record.conversation_id != intake.conversation.id:
            return
        if record.error:
            intake.list(Problem(record.error, _detail(record), intake.now(), turn=record.n))
        for note in record.notes:
            told = f"Part of the bot's answer was skipped: {note}"
            intake.list(Problem(told, _detail(record), intake.now(), turn=record.n))
        if record.changed:
            self._tasks.spawn(self._fetch_metadata(record.conversation_id))

    async def _fetch_metadata(self, conversation_id: str) -> None:
        await self._parts.queries.metadata(conversation_id)


def _detail(record: Any) -> str:
    """Return what is known of a turn beside its error; what is private is not told in it."""
    parts = [_end(record.trace.rstrip())]
    if record.request is not None:
        told = json.dumps(_without_private(record.request), indent=2, ensure_ascii=False)
        parts.append(f"Turn {record.n}, the request:\n{_cut(told)}")
    if record.printed:
        parts.append(f"It printed:\n{_cut(record.printed)}")
    return "\n\n".join(part for part in parts if part)


def _without_private(request: dict[str, Any]) -> dict[str, Any]:
    channel = request["metadata"]["internal"]["channelMetadata"]
    hidden = {**channel, "private": dict.fromkeys(channel["private"], "…")}
    return {**request, "metadata": {"internal": {"channelMetadata": hidden}}}


def _end(text: str) -> str:
    return text if len(text) <= SHOWN else f"…{text[-SHOWN:]}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
