"""What the server knows of each conversation, and the only ways to change it.

All of it is in memory. A journal writes each change down, so that another run can continue.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from captivate_nb.errors import CaptivateError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.server.effects import ChangeMetadata
from captivate_nb.server.flow.bot import Memory

Sender = Literal["user", "bot", "agent"]

Cue = Literal["greet", "hear", "receive", "left", "busy", "idle", "push"]

BARE = 400  # bytes of a message, a turn or a conversation with nothing in it
NESTED = 60  # bytes of a list or an object with nothing in it


class Entry(msgspec.Struct):
    """One message of a transcript. `time` is in seconds since the epoch."""

    id: str
    sender: Sender
    time: float
    content: tuple[c.Content, ...] = ()
    actions: tuple[c.Action, ...] = ()
    name: str | None = None  # the bot's or the agent's
    client_msg_id: str | None = None

    def as_transcript(self) -> e.TranscriptEntry:
        return e.TranscriptEntry(self.sender, self.content, self.actions, self.id, self.name)


class PendingTurn(msgspec.Struct):
    """Something that the bot has to answer; it is pending until the bot has done so."""

    number: int
    cue: Cue
    """What it is: "greet", what the user said ("hear"), an action of the client ("receive"), the
    agent who has "left", that none was free ("busy"), or that the one who came is silent ("idle");
    a "push" is what the bot says by itself."""
    text: str = ""
    """What the user said; or what the bot named for when no agent is free."""
    files: tuple[c.File, ...] = ()
    action: c.Action | None = None
    done: int = 0
    """How many effects of the bot's answer were carried out so far."""


class HandoffRecord(msgspec.Struct, frozen=True):
    """A live chat asked for, for a reason; `agent` is who accepted it, None while it waits.

    `busy` is the node to go to when no agent is free; `since` and `joined` are when it was asked
    for and taken, in seconds since the epoch.
    """

    reason: str
    busy: str | None
    agent: dict[str, Any] | None
    since: float
    joined: float | None


class StoredConversation(msgspec.Struct):
    """One conversation. `private` is metadata that no client gets back.

    `memory` is the bot's after its last whole turn; `turns` are those that are still to come, the
    one that is going on included.
    """

    id: str
    user_id: str
    user: dict[str, Any]
    number: int = 0  # counts up: the order in which conversations last changed
    changed: float = 0.0  # seconds since the epoch
    metadata: dict[str, Any] = {}
    private: dict[str, Any] = {}
    targets: dict[str, e.Target] = {}  # of metadata that was set for one side only
    deleted: bool = False
    handoff: HandoffRecord | None = None
    memory: Memory = msgspec.field(default_factory=Memory)
    entries: list[Entry] = []
    turns: list[PendingTurn] = []

    @property
    def unfinished(self) -> bool:
        """Whether the bot or an agent is at something here."""
        return bool(self.turns or self.handoff or self.memory.waits == "agent")

    def seen_by(self, side: Literal["bot", "live"]) -> dict[str, Any]:
        """Return what the bot or the live agent knows: metadata meant for it, and the user."""
        return {**self.shown_to(side), "private": self.private, "user": self.user}

    def shown_to(self, side: Literal["bot", "live"]) -> dict[str, Any]:
        """Return the metadata that is meant for the bot or the live agent."""
        hidden = "live" if side == "bot" else "bot"
        return {k: v for k, v in self.metadata.items() if self.targets.get(k) != hidden}


class StoreError(CaptivateError):
    """What happened could not be written down, and so it does not count."""


class Journal:
    """Where a store writes each change, before it is answered; this one writes nothing.

    What is written counts with the next `commit`. All of them raise `StoreError` when it cannot be.
    """

    def load(self) -> list[StoredConversation] | None:
        """Return all conversations, the first changed first; None for nothing ever."""
        return None

    def put(self, conversation: StoredConversation) -> None:
        """Write all of a conversation but its entries and turns."""

    def touch(self, conversation: StoredConversation) -> None:
        """Write when a conversation changed."""

    def put_entry(self, conversation: StoredConversation, place: int) -> None:
        """Write the entry at this place, new or changed."""

    def put_turn(self, conversation: StoredConversation, turn: PendingTurn) -> None:
        """Write a turn, new or advanced."""

    def drop_turn(self, turn: PendingTurn) -> None: ...

    def drop(self, conversation: StoredConversation) -> None: ...

    def commit(self) -> None: ...


class ConversationStore:
    """All conversations. A change counts with the next `commit`, which may raise `StoreError`."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal or Journal()
        # by id, those changed last at the end
        self._conversations: OrderedDict[str, StoredConversation] = OrderedDict()
        self._counter = itertools.count(1)
        self._turns = itertools.count(1)
        self._sizes: dict[str, int] = {}  # bytes, by conversation id
        self.size = 0
        """Bytes of all conversations, about."""

    def __iter__(self) -> Iterator[StoredConversation]:
        return iter(tuple(self._conversations.values()))

    def __len__(self) -> int:
        return len(self._conversations)

    def load(self) -> None:
        """Load what the journal has."""
        kept = self._journal.load()
        if kept is None:
            return
        self._conversations = OrderedDict((one.id, one) for one in kept)
        self._sizes, self.size = {}, 0
        for one in self:
            weights = (*map(_weigh_entry, one.entries), *map(_weigh_turn, one.turns))
            self._grow(one, _weigh_facts(one) + sum(weights))
        numbers = [one.number for one in self]
        self._counter = itertools.count(max(numbers, default=0) + 1)
        turns = [turn.number for one in self for turn in one.turns]
        self._turns = itertools.count(max(turns, default=0) + 1)

    def commit(self) -> None:
        """Make all changes so far count, or none of them."""
        self._journal.commit()

    def get(self, conversation_id: str) -> StoredConversation | None:
        return self._conversations.get(conversation_id)

    def create(
        self, user_id: str, user: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> StoredConversation:
        new = StoredConversation(id=f"{user_id}-{uuid.uuid4()}", user_id=user_id, user=dict(user))
        self._conversations[new.id] = new
        self._grow(new, _weigh_facts(new))
        self.set_metadata(new, metadata)
        return new

    def append(
        self,
        conversation: StoredConversation,
        sender: Sender,
        content: tuple[c.Content, ...],
        *,
        name: str | None = None,
        client_msg_id: str | None = None,
    ) -> Entry:
        entry = Entry(
            id=str(uuid.uuid4()),
            sender=sender,
            time=time.time(),
            content=content,
            name=name,
            client_msg_id=client_msg_id,
        )
        conversation.entries.append(entry)
        self._grow(conversation, _weigh_entry(entry))
        self._put_entry(conversation, len(conversation.entries) - 1)
        return entry

    def append_action(self, conversation: StoredConversation, action: c.Action, name: str) -> None:
        """Store an action with the bot's last message, or by itself where the bot said none."""
        last = conversation.entries[-1] if conversation.entries else None
        if last is None or last.sender != "bot":
            last = self.append(conversation, "bot", (), name=name)
        before = _weigh_entry(last)
        last.actions += (action,)
        self._grow(conversation, _weigh_entry(last) - before)
        self._put_entry(conversation, len(conversation.entries) - 1)

    def set_metadata(
        self,
        conversation: StoredConversation,
        metadata: Mapping[str, Any],
        target: e.Target = "default",
    ) -> None:
        """Merge metadata at the top level; what is under `private` is merged and kept apart."""
        before = _weigh_facts(conversation)
        public = dict(metadata)
        private = public.pop("private", {})
        if isinstance(private, dict):
            conversation.private |= private
        conversation.metadata |= public
        conversation.targets |= dict.fromkeys(public, target)
        self._grow(conversation, _weigh_facts(conversation) - before)
        self._touch(conversation)
        self._journal.put(conversation)

    def change_metadata(self, conversation: StoredConversation, change: ChangeMetadata) -> None:
        """Set metadata and take some away, what is private apart."""
        before = _weigh_facts(conversation)
        public, private = conversation.metadata, conversation.private
        conversation.metadata = {k: v for k, v in public.items() if k not in change.gone} | dict(
            change.values
        )
        conversation.private = {
            k: v for k, v in private.items() if k not in change.private_gone
        } | dict(change.private)
        self._grow(conversation, _weigh_facts(conversation) - before)
        self._touch(conversation)
        self._journal.put(conversation)

    def edit(
        self, conversation: StoredConversation, message_id: str, content: tuple[c.Content, ...]
    ) -> bool:
        """Replace a message of the user, known by our id or the client's; False if there is none."""
        for place in reversed(range(len(conversation.entries))):
            entry = conversation.entries[place]
            if entry.sender == "user" and message_id in (entry.id, entry.client_msg_id):
                before = _weigh_entry(entry)
                entry.content = content
                self._grow(conversation, _weigh_entry(entry) - before)
                self._put_entry(conversation, place)
                return True
        return False

    def note_handoff(self, conversation: StoredConversation, handoff: HandoffRecord | None) -> None:
        """Store that a live chat was asked for, was accepted, or is over."""
        conversation.handoff = handoff
        self._journal.put(conversation)

    def begin_turn(self, conversation: StoredConversation, cue: PendingTurn) -> PendingTurn:
        """Store what the bot has to answer; `cue` gets its number here."""
        cue.number = next(self._turns)
        conversation.turns.append(cue)
        self._grow(conversation, _weigh_turn(cue))
        self._journal.put_turn(conversation, cue)
        return cue

    def advance_turn(self, conversation: StoredConversation, turn: PendingTurn) -> None:
        """Count one more thing that the bot does in a turn; commit it with that thing."""
        turn.done += 1
        self._journal.put_turn(conversation, turn)

    def end_turn(
        self, conversation: StoredConversation, turn: PendingTurn, memory: Memory | None
    ) -> None:
        """End a turn; `memory` is what the bot has made of the conversation's, if it has."""
        conversation.turns.remove(turn)
        self._grow(conversation, -_weigh_turn(turn))
        self._journal.drop_turn(turn)
        if memory is not None:
            before = _weigh_facts(conversation)
            conversation.memory = memory
            self._grow(conversation, _weigh_facts(conversation) - before)
            self._journal.put(conversation)

    def delete(self, conversation: StoredConversation, *, soft: bool) -> None:
        """Hide a conversation from lists and refuse it new messages; not `soft`: forget it."""
        conversation.deleted = True
        if soft:
            self._journal.put(conversation)
        else:
            del self._conversations[conversation.id]
            self.size -= self._sizes.pop(conversation.id)
            self._journal.drop(conversation)

    def of_user(self, user_id: str) -> list[StoredConversation]:
        """Return a user's conversations that are not deleted, the last changed first."""
        found = [one for one in self if one.user_id == user_id and not one.deleted]
        return sorted(found, key=lambda one: one.number, reverse=True)

    def unchanged_since(self, moment: float) -> list[StoredConversation]:
        """Return the conversations whose last change was before `moment`."""
        before = itertools.takewhile(lambda one: one.changed < moment, self._conversations.values())
        return list(before)

    def size_of(self, conversation: StoredConversation) -> int:
        """Return the bytes of one conversation, about."""
        return self._sizes[conversation.id]

    def oldest(self, *, but: str | None = None) -> StoredConversation | None:
        """Return the conversation that has not changed for longest; not the one with the id `but`."""
        return next((one for one in self._conversations.values() if one.id != but), None)

    def _grow(self, conversation: StoredConversation, by: int) -> None:
        if conversation.id not in self._conversations:  # it was forgotten meanwhile
            return
        self._sizes[conversation.id] = self._sizes.get(conversation.id, 0) + by
        self.size += by

    def _put_entry(self, conversation: StoredConversation, place: int) -> None:
        self._journal.put_entry(conversation, place)
        self._touch(conversation)
        self._journal.touch(conversation)

    def _touch(self, conversation: StoredConversation) -> None:
        conversation.number = next(self._counter)
        conversation.changed = time.time()
        self._conversations.move_to_end(conversation.id)


def weigh(value: Any) -> int:
    """Return the bytes that JSON-like data takes, as JSON and, within a few times, in memory."""
    try:
        written = msgspec.json.encode(value)
    except (OverflowError, ValueError):  # numbers and texts that only Python can have
        written = repr(value).encode("utf-8", "replace")
    return len(written) + NESTED * (written.count(b"{") + written.count(b"["))


def _weigh_facts(one: StoredConversation) -> int:
    return BARE + weigh((one.id, one.user_id, one.user, one.metadata, one.private, one.memory))


def _weigh_entry(entry: Entry) -> int:
    return BARE + weigh((entry.client_msg_id, entry.content, entry.actions))


def _weigh_turn(turn: PendingTurn) -> int:
    return BARE + weigh((turn.text, turn.files, turn.action))


def text_of(content: tuple[c.Content, ...]) -> str:
    """Return the plain texts of a message, a line each."""
    return "\n".join(item.text for item in content if isinstance(item, c.Text))
