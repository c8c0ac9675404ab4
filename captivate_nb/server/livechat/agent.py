"""The agent's side of the live chat, for Python to play; every call may come from any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from captivate_nb.errors import InvalidFile
from captivate_nb.local_files import TooLarge, guess_type, read_regular
from captivate_nb.protocol import content as c
from captivate_nb.server.service import Hub
from captivate_nb.server.store.files import Stored

from .queue import Call, Desk, Watcher
from .snapshot import Overview, Visitor, overview, visitor

T = TypeVar("T")

Attachable = c.File | str | Path | tuple[str, bytes, str]
"""A file: of the protocol, by URL, by path, or as name, bytes and MIME type."""


class OnThread(Protocol):
    """Runs work on the server's thread, and returns its result."""

    def __call__(self, work: Callable[[], T], /) -> T: ...


class Agent:
    """Plays the live agent of an embedded server.

    Until `take_over()` the flow's scripted agent does, and may be joined in. Where a conversation
    may be named and is not, `accept` and `refuse` take the one that waits longest, the others the
    one taken last. They raise `CaptivateError` when there is none.
    """

    def __init__(self, on_thread: OnThread, hub: Hub) -> None:
        self._run = on_thread
        self._hub = hub
        self._desk = hub.desk

    @property
    def queue(self) -> tuple[Visitor, ...]:
        """Who waits for an agent, the longest first."""
        return tuple(one for one in self.overview().visitors if one.agent is None)

    @property
    def chats(self) -> tuple[Visitor, ...]:
        """Who is connected to an agent, in the order they were."""
        return tuple(one for one in self.overview().visitors if one.agent is not None)

    def overview(self, conversation_id: str | None = None) -> Overview:
        """Return all of the desk at once, and all that was said in a conversation.

        Also in one that has left the desk; nothing where there is no such conversation.
        """
        return self._run(lambda: overview(self._hub, conversation_id or ""))

    @property
    def available(self) -> bool:
        """Whether an agent is free; while not, whoever asks for one is refused."""
        return self._run(lambda: self._desk.available)

    @available.setter
    def available(self, free: bool) -> None:
        self._run(lambda: setattr(self._desk, "available", free))

    @property
    def scripted(self) -> bool:
        """Whether the flow's scripted agent plays."""
        return self._run(lambda: self._desk.scripted)

    def take_over(self) -> None:
        """Play the agent from now on, also in the chats that the script has begun."""
        self._run(lambda: self._desk.play(scripted=False))

    def give_back(self) -> None:
        """Leave the agent's part to the script again, those who wait included."""
        self._run(lambda: self._desk.play(scripted=True))

    def accept(self, conversation_id: str | None = None, *, name: str = "Maya") -> Visitor:
        """Take a conversation from the queue, as an agent of this name."""
        return self._with(conversation_id, False, lambda desk, call: desk.accept(call, name))

    def refuse(self, conversation_id: str | None = None) -> Visitor:
        """Let the bot tell a waiting conversation that no agent is free."""
        return self._with(conversation_id, False, lambda desk, call: desk.refuse(call))

    def say(self, text: str, conversation_id: str | None = None) -> Visitor:
        """Say something to a connected conversation."""
        content = (c.Text(text),)
        return self._with(conversation_id, True, lambda desk, call: desk.say(call, content))

    def send_files(
        self,
        files: Sequence[Attachable],
        conversation_id: str | None = None,
        *,
        text: str | None = None,
    ) -> Visitor:
        """Send files to a connected conversation, with a text if there is one.

        Paths and bytes the server serves then. Raise `InvalidFile` when a path cannot be read.
        """
        sent = c.Files(tuple(self._file(file) for file in files))
        content = (c.Text(text), sent) if text else (sent,)
        return self._with(conversation_id, True, lambda desk, call: desk.say(call, content))

    def leave(self, conversation_id: str | None = None) -> Visitor:
        """End a live chat; the bot goes on."""
        return self._with(conversation_id, True, lambda desk, call: desk.leave(call))

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher(what, call)` on the server's thread for whatever happens at the desk.

        `what` is one of the words of `desk.What`. Return a function that ends it.
        """
        self._run(lambda: self._desk.watchers.append(watcher))
        return lambda: self._run(lambda: self._desk.watchers.remove(watcher))

    def _file(self, file: Attachable) -> c.File:
        if isinstance(file, c.File):
            return file
        if isinstance(file, tuple):
            named, data, mime = file
            return self._keep(Stored(named, mime or guess_type(named), data))
        name = file.name if isinstance(file, Path) else file.partition("?")[0].rpartition("/")[2]
        if isinstance(file, str):
            return c.File(file, name, guess_type(name))
        try:
            stored = Stored(name, guess_type(name), read_regular(file, self._hub.limits.file))
        except TooLarge as error:
            raise InvalidFile(
                f"{file} has {error.size:,} bytes, and at most {self._hub.limits.file:,} can be sent."
            ) from None
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            reason = getattr(error, "strerror", None) or error
            raise InvalidFile(f"{file} cannot be read: {reason}.") from None
        return self._keep(stored)

    def _keep(self, stored: Stored) -> c.File:
        return self._run(lambda: self._hub.keep(stored))

    def _with(
        self, conversation_id: str | None, connected: bool, do: Callable[[Desk, Call], None]
    ) -> Visitor:
        def work() -> Visitor:
            call = self._desk.find(conversation_id, connected=connected)
            do(self._desk, call)
            return visitor(self._hub, call)

        return self._run(work)
