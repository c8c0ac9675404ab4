"""The service behind the sockets: the bot, the live chat, the store, and what is live of each
conversation.

It knows no tornado. `dispatch` carries out what clients send, `routing` sends what they get.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from captivate_nb.errors import CaptivateError, UsageError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e

from .bots.bot import Bot
from .bots.records import Records
from .bots.watching import saves
from .dialogue import Dialogue
from .flow.model import PICTURE
from .limits import TokenBucket
from .livechat.queue import Handoff, LiveChatQueue
from .livechat.scripted_agent import ScriptedAgent
from .queries import Queries
from .routing import Router
from .serial_queue import Tasks
from .settings import Settings
from .store.base_journal import BaseJournal
from .store.conversations import ConversationStore, StoredConversation, StoreError
from .store.files import FileStore, StoredFile

SWEEP = 60.0  # seconds between looks for idle conversations


class Refusal(CaptivateError):
    """A client event that is refused; `event` is the `general_error` that says so."""

    def __init__(
        self, description: str, conversation_id: str | None = None, *, code: int = 400
    ) -> None:
        super().__init__(description)
        self.code = code
        self.event = e.GeneralError(
            code=code, description=description, conversation_id=conversation_id
        )


class Service:
    """One server's conversations. All of it runs on one loop.

    `reopen` reads a bot's file again, and raises `CaptivateError` for a faulty one.
    """

    def __init__(
        self,
        bot: Bot,
        settings: Settings,
        journal: BaseJournal | None,
        reopen: Callable[[Path], Bot],
    ) -> None:
        self._journal = journal or BaseJournal()
        self.bot = bot
        """Who answers; another takes over with the next turn."""
        self.settings = settings
        self.limits = settings.limits
        self.store = ConversationStore(self._journal)
        self.queue = LiveChatQueue()
        """Who waits for a live agent, and who has one."""
        self.router = Router(settings, self.queue)
        self.queries = Queries(self.store, settings)
        self.files = FileStore(self.limits.files, self._journal)
        """Uploaded files."""
        self.records = Records()
        """What happened in the bot's turns."""
        self.tasks = Tasks()
        """What runs of this service on its loop."""
        self._reopen = reopen
        self.reload_watchers: list[Callable[[str, str], None]] = []
        """Called with the bot's name and what is wrong, or "", when its file was saved."""
        self._watch: asyncio.Task[None] | None = None  # waits for saves of the bot's file
        self._dialogues: dict[str, Dialogue] = {}  # by conversation id
        self._bucket = TokenBucket(self.limits.rate, self.limits.burst)
        ScriptedAgent(
            self.queue, lambda: self.bot.script, self._agent_metadata, self.picture_url, self.tasks
        )

    def start(self) -> None:
        """Load what was stored, and run on the loop that is running.

        Raise `ServeError` or `StoreError` when the journal cannot be used.
        """
        try:
            self._journal.open()
            self.load()
        except BaseException:
            self._journal.close()
            raise
        self.queue.set_running(running=True)
        self._sweep = self.tasks.start(self._sweep_idle())
        self._watch = self.tasks.start(self._watch_source())

    def stop(self) -> None:
        """Begin nothing any more; its sockets are still open, for the router to close."""
        self._sweep.cancel()
        if self._watch is not None:
            self._watch.cancel()
        self.queue.set_running(running=False)

    def close(self) -> None:
        """Cancel what still runs, and close the journal."""
        self.tasks.cancel()
        self._journal.close()

    def load(self) -> None:
        """Load what the journal has, and finish what the bot and the agent had begun."""
        self.store.load()
        self.files.load()
        self._dialogues.clear()
        self.queue.handoffs.clear()
        self.evict()
        for conversation in self.store:
            self.bot.fit(conversation.memory)
            if conversation.unfinished and not conversation.deleted:
                self.dialogue_of(conversation).resume()

    def expire(self) -> None:
        """Forget the conversations and files that have not changed for too long."""
        before = time.time() - self.limits.idle
        for one in self.store.unchanged_since(before):
            self._evict(one, f"Nothing was said for {self.limits.idle:g} s")
        self.files.expire(before)
        self.router.messages.expire(before)
        self.store.commit()

    def evict(self, but: str | None = None) -> None:
        """While the store is too large, forget what has not changed for longest.

        The conversation with the id `but` stays.
        """
        while self.store.size > self.limits.kept and (one := self.store.oldest(but=but)):
            self._evict(one, f"The server keeps {self.limits.kept} bytes, and no more")

    def admit(self, conversation_id: str | None) -> None:
        """Count an event of a client; raise `Refusal` when the key has sent too many."""
        if wait := self._bucket.take():
            raise Refusal(
                f"A key may send {self.limits.rate:g} events a second: send this one again"
                f" in {wait:.3f} s",
                conversation_id,
                code=429,
            )

    def change_bot(self, bot: Bot) -> None:
        """Let another bot answer from the next turn on, with the memories of the one before."""
        self._take_over(bot)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = self.tasks.start(self._watch_source())

    def _take_over(self, bot: Bot) -> None:
        self.bot = bot
        for conversation in self.store:
            bot.fit(conversation.memory)

    def put_at(self, conversation_id: str, n: int) -> None:
        """Let the bot take a conversation for one that stands where another did before a turn."""
        memory = self.records.get(n).memory
        if memory is not None:
            conversation = self.find(conversation_id)
            conversation.memory = msgspec.structs.replace(memory, routes=dict(memory.routes))
            self.bot.fit(conversation.memory)

    def send_again(self, n: int) -> None:
        """Have the bot answer again what it had to answer in a turn; raise `UsageError`."""
        record = self.records.get(n)
        conversation = self.store.get(record.conversation_id)
        if record.turn.cue == "push":
            raise UsageError(f"Turn {n} is what the bot said by itself; nothing was sent.")
        if conversation is None or conversation.deleted:
            raise UsageError(f"The conversation of turn {n} was deleted; nothing was sent.")
        if conversation.id in self.queue.handoffs:
            raise UsageError("A live agent has the conversation, or is awaited; nothing was sent.")
        self.dialogue_of(conversation).take_again(record.turn)

    def picture_url(self, address: str) -> str:
        """Turn the address of a flow's own picture into a URL of this server."""
        if not address.startswith(PICTURE):
            return address
        return f"{self.settings.base_url}/pictures/{quote(address.removeprefix(PICTURE))}"

    def add_file(self, stored: StoredFile) -> c.File:
        """Keep a file, and return it with its address."""
        url = f"{self.settings.base_url}/files/{self.files.put(stored)}/{quote(stored.name)}"
        self.store.commit()
        return c.File(url, stored.name, stored.type, len(stored.body))

    def find(self, conversation_id: str, *, deleted: bool = False) -> StoredConversation:
        """Return a conversation; raise `Refusal` where there is none, or it was deleted.

        With `deleted`, one that was softly deleted is returned too.
        """
        conversation = self.store.get(conversation_id)
        if conversation is None or (conversation.deleted and not deleted):
            raise Refusal("Invalid conversation_id", conversation_id)
        return conversation

    def dialogue_of(self, conversation: StoredConversation) -> Dialogue:
        """Return the bot's and the agent's side of a conversation."""
        if conversation.id not in self._dialogues:
            self._dialogues[conversation.id] = Dialogue(self, conversation)
        return self._dialogues[conversation.id]

    def forget(self, conversation: StoredConversation, *, soft: bool) -> None:
        """Delete a conversation, and end what is live of it."""
        self.store.delete(conversation, soft=soft)
        self.queue.drop(conversation.id)
        self._dialogues.pop(conversation.id, None)
        self.router.detach(conversation)

    async def _watch_source(self) -> None:
        """Let the bot answer as its file is, each time that is saved; tell of it, or what is wrong."""
        path = self.bot.source
        if path is None:
            return
        async for _ in saves(path):
            error = ""
            try:
                self._take_over(self._reopen(path))
            except CaptivateError as problem:
                error = str(problem)
            for watcher in tuple(self.reload_watchers):
                watcher(self.bot.script.name, error)

    async def _sweep_idle(self) -> None:
        """Look for idle conversations, again and again."""
        while True:
            await asyncio.sleep(min(SWEEP, self.limits.idle / 2))
            with contextlib.suppress(StoreError):  # whoever sends something is told so
                self.expire()

    def _evict(self, one: StoredConversation, why: str) -> None:
        why = f"{why}: start a new conversation"
        error = e.GeneralError(code=410, description=why, conversation_id=one.id)
        self.router.emit(one, error)
        self.forget(one, soft=False)

    def _agent_metadata(self, handoff: Handoff) -> dict[str, Any]:
        conversation = self.store.get(handoff.conversation_id)
        return conversation.seen_by("live") if conversation else {}
