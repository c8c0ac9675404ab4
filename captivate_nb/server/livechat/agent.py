"""The agent's side of the live chat, for Python to play; every call may come from any thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from captivate_nb.errors import InvalidFile
from captivate_nb.local_files import TooLarge, guess_type, read_regular
from captivate_nb.protocol import content as c
from captivate_nb.protocol.codec import whole
from captivate_nb.server.store.files import StoredFile

from .queue import Handoff, LiveChatQueue, QueueEvent, Watcher
from .snapshot import Overview, Snapshots, VisitorView

_log = logging.getLogger(__name__)

T = TypeVar("T")

Attachable = c.File | str | Path | tuple[str, bytes, str]
"""A file: of the protocol, by URL, by path, or as name, bytes and MIME type."""


class OnLoop(Protocol):
    """Runs work where the server's loop runs, and returns its result."""

    def __call__(self, work: Callable[[], T], /) -> T: ...


class Agent:
    """Plays the live agent of an embedded server.

    Until `take_over()` the flow's scripted agent does, and may be joined in. Where a conversation
    may be named and is not, `accept` and `refuse` take the one that waits longest, the others the
    one taken last. They raise `CaptivateError` when there is none.
    """

    def __init__(
        self,
        on_loop: OnLoop,
        queue: LiveChatQueue,
        snapshots: Snapshots,
        add_file: Callable[[StoredFile], c.File],
        largest_file: int,
    ) -> None:
        self._run = on_loop
        self._queue = queue
        self._snapshots = snapshots
        self._add_file = add_file
        self._largest_file = largest_file  # bytes

    @property
    def queue(self) -> tuple[VisitorView, ...]:
        """Who waits for an agent, the longest first."""
        return tuple(one for one in self.overview().visitors if one.agent is None)

    @property
    def chats(self) -> tuple[VisitorView, ...]:
        """Who is connected to an agent, in the order they were."""
        return tuple(one for one in self.overview().visitors if one.agent is not None)

    def overview(self, conversation_id: str | None = None) -> Overview:
        """Return all of the queue at once, and the transcript of a conversation.

        Also of one that is no longer in the queue; none where there is no such conversation.
        """
        return self._run(lambda: self._snapshots.overview(conversation_id or ""))

    @property
    def available(self) -> bool:
        """Whether an agent is free; while none is, whoever asks for one is refused."""
        return self._run(lambda: self._queue.available)

    @available.setter
    def available(self, free: bool) -> None:
        self._run(lambda: setattr(self._queue, "available", free))

    @property
    def scripted(self) -> bool:
        """Whether the flow's scripted agent answers."""
        return self._run(lambda: self._queue.scripted)

    def take_over(self) -> None:
        """Answer instead of the scripted agent from now on, also in chats that it has begun."""
        self._run(lambda: self._queue.play(scripted=False))

    def give_back(self) -> None:
        """Let the scripted agent answer again, those who wait included."""
        self._run(lambda: self._queue.play(scripted=True))

    def accept(self, conversation_id: str | None = None, *, name: str = "Maya") -> VisitorView:
        """Accept a waiting conversation, as an agent of this name."""
        return self._with(
            conversation_id, False, lambda queue, handoff: queue.accept(handoff, whole(name))
        )

    def refuse(self, conversation_id: str | None = None) -> VisitorView:
        """Let the bot tell a waiting conversation that no agent is free."""
        return self._with(conversation_id, False, lambda queue, handoff: queue.refuse(handoff))

    def say(self, text: str, conversation_id: str | None = None) -> VisitorView:
        """Say something to a connected conversation."""
        content = (c.Text(whole(text)),)
        return self._with(conversation_id, True, lambda queue, handoff: queue.say(handoff, content))

    def send_files(
        self,
        files: Sequence[Attachable],
        conversation_id: str | None = None,
        *,
        text: str | None = None,
    ) -> VisitorView:
        """Send files to a connected conversation, with a text if there is one.

        Paths and bytes the server serves then. Raise `InvalidFile` when a path cannot be read.
        """
        sent = c.Files(tuple(self._file(file) for file in files))
        content = (c.Text(whole(text)), sent) if text else (sent,)
        return self._with(conversation_id, True, lambda queue, handoff: queue.say(handoff, content))

    def leave(self, conversation_id: str | None = None) -> VisitorView:
        """End a live chat; the bot goes on."""
        return self._with(conversation_id, True, lambda queue, handoff: queue.leave(handoff))

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher(what, handoff)` on the server's thread for whatever happens in the queue.

        `what` is one of the words of `queue.QueueEvent`. Return a function that ends it.
        """

        def watch(what: QueueEvent, handoff: Handoff | None) -> None:
            try:
                watcher(what, handoff)
            except BaseException:  # noqa: BLE001  # a watcher may raise anything
                _log.exception("a watcher of the live chat queue failed")

        self._run(lambda: self._queue.watchers.append(watch))
        return lambda: self._run(lambda: self._queue.watchers.remove(watch))

    def _file(self, file: Attachable) -> c.File:
        if isinstance(file, c.File):
            return file
        if isinstance(file, tuple):
            named, data, mime = file
            return self._keep(StoredFile(whole(named), mime or guess_type(named), data))
        name = file.name if isinstance(file, Path) else file.partition("?")[0].rpartition("/")[2]
        if isinstance(file, str):
            return c.File(whole(file), whole(name), guess_type(name))
        try:
            stored = StoredFile(
                whole(name), guess_type(name), read_regular(file, self._largest_file)
            )
        except TooLarge as error:
            raise InvalidFile(
                f"{file} has {error.size:,} bytes, and at most {self._largest_file:,} can be sent."
            ) from None
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            reason = getattr(error, "strerror", None) or error
            raise InvalidFile(f"{file} cannot be read: {reason}.") from None
        return self._keep(stored)

    def _keep(self, stored: StoredFile) -> c.File:
        return self._run(lambda: self._add_file(stored))

    def _with(
        self,
        conversation_id: str | None,
        connected: bool,
        do: Callable[[LiveChatQueue, Handoff], None],
    ) -> VisitorView:
        def work() -> VisitorView:
            handoff = self._queue.find(conversation_id, connected=connected)
            do(self._queue, handoff)
            return self._snapshots.visitor(handoff)

        return self._run(work)
