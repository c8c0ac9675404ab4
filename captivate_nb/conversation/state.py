"""The live state of a conversation, built from events alone.

`Conversation.apply` is the one place where transcript, metadata, choices, agent, actions, updates
and errors change. It has no clock, socket or loop of its own, so the same events give the same
state: live, from a saved log, or in a test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self

import msgspec

from captivate_nb.errors import counted
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Action
from captivate_nb.rendering.sanitize import clean

from . import echoes, notes
from .delivery import Deliveries
from .edits import Edits
from .event_messages import agent_message, bot_message, update_message, user_content, user_message
from .eventlog import EventRecord
from .large_messages import LargeMessages, gap_of
from .live_agent import JOINED, LEFT, Agent
from .message import Message, delivered
from .message_list import MessageList, first_change, first_of, gap_message
from .naming import Naming
from .outcomes import Outcomes
from .private import without_private
from .problems import Problem, Problems, unasked
from .repeats import Repeats
from .requested import Requested
from .server_transcripts import ServerTranscripts
from .transcript import Choices, Transcript, choices_of


class Conversation:
    """One conversation as it stands after the events applied so far."""

    def __init__(self) -> None:
        self.user_id = "anon"
        """Who the conversation is with."""
        self.errors = Problems()
        """What went wrong, in every conversation of the session, and what was decided of doubts."""
        self.socket_id: str | None = None
        """The socket of the newest connection."""
        self.upload_url: str | None = None
        """Where the server takes files, if it said so."""
        self._requested = Requested()
        self._edits = Edits()
        self._repeats = Repeats()
        self._large = LargeMessages(self._repeats)
        self.deliveries = Deliveries()
        """How far the user's messages are, and what is to be done about those in doubt."""
        self._transcripts = ServerTranscripts(self.deliveries, self._edits)
        self._open(None)

    def _open(self, conversation_id: str | None) -> None:
        self.id = conversation_id
        """The conversation's id; None before the first has started."""
        self.metadata: dict[str, Any] = {}
        """The metadata as last set here or told by the server."""
        self.agent: Agent | None = None
        """The live agent connected now."""
        self.actions: list[Action] = []
        """The actions received, in order."""
        self.updates: list[e.ConversationUpdate] = []
        """The conversation updates received, in order."""
        self.deleted = False
        """Whether the server has deleted it."""
        self._messages = MessageList()
        self.deliveries.begin()
        self._outcomes = Outcomes(self._messages, self.deliveries, self.errors.add)
        self._requested.opened()
        self._naming = Naming()
        self._echoes = echoes.Echoes(self.deliveries, self._naming)
        self._turns = 0
        self._transcripts.begin(self._messages, self._naming, self._outcomes)
        self.transcript = Transcript.view(self._messages.items)

    def __repr__(self) -> str:
        name = clean(self.id or "") or "not started"
        agent = f", with {clean(self.agent.name)}" if self.agent else ""
        return f"<Conversation {name}: {counted(len(self.transcript), 'message')}{agent}>"

    @classmethod
    def replay(cls, log: Iterable[EventRecord]) -> Self:
        """Return the state after a log's events: the same as the live session had."""
        conversation = cls()
        for record in log:
            conversation.apply_record(record)
        return conversation

    @property
    def choices(self) -> Choices:
        """Return the options of the newest message; none once the user has answered."""
        return choices_of(self.transcript)

    def apply_record(self, record: EventRecord) -> int | None:
        """Apply one record of a log; a frame that was no event becomes an error in `errors`."""
        broke = None
        if record.connection is not None and record.connection > self.deliveries.connection:
            broke = self._connected(record.connection)
        event = record.event
        if event is None:
            if record.direction != "out":  # of what is sent, the server says what is wrong
                told = f"A frame was skipped: {record.problem}"
                self.add_problem(told, record.frame, record.time)
                if record.unread == e.GeneralError.event_type:
                    self._refused("the server answered an error that cannot be read")
            return broke
        if record.direction == "in" and isinstance(event, e.UserMessage):
            return first_of(broke, self._echoed(event, record.time))
        counted = record.connection is not None
        return first_of(broke, self.apply(event, at=record.time, counted=counted))

    def apply(
        self, event: e.Event, *, at: float | None = None, counted: bool = False
    ) -> int | None:
        """Take in one event, sent or received, seen at `at` (seconds since the epoch; None: now).

        Return the index of the first message that is new or changed, or None. A message, action or
        update that was seen already and an event of another conversation change nothing. Where
        connections are not `counted` by who calls, each `SocketConnected` is a new one.
        """
        at = time.time() if at is None else at
        for problem in event.problems:
            self.add_problem(f"Part of a {event.event_type} was skipped: {problem}", "", at)
        broke = None
        if not counted and isinstance(event, e.SocketConnected):
            broke = self._connected(self.deliveries.connection + 1)
        links = isinstance(event, e.GeneralError) and event.message_link is not None
        if not links and self._repeats.note(event, self._turns):  # its message has the same id
            return None
        change = self._CHANGES.get(type(event))
        return first_of(broke, change(self, event, at) if change else None)

    @property
    def heard(self) -> int:
        """Return how much came of the other side, bot and agents: messages, actions and updates."""
        return self._messages.heard + len(self.actions) + len(self.updates)

    @property
    def undecided(self) -> list[Message]:
        """Return the user's messages that failed, or of which it is not known if they arrived.

        Those of which it is being found out are “queued”.
        """
        names = {*self.deliveries.undecided, *self.deliveries.doubted}
        return [m for m in self._messages.items if m.id in names] if names else []

    def add_problem(
        self, message: str, detail: str = "", at: float | None = None, *, about: str = ""
    ) -> Problem:
        """Note something that went wrong, and return the note."""
        return self.errors.add(Problem(message, detail, at, about))

    def _is_current(self, conversation_id: str | None) -> bool:
        return not conversation_id or conversation_id == self.id

    def _append(self, message: Message) -> int:
        self._naming.offered([message])
        return self._messages.append(message)

    def _connected(self, connection: int) -> int | None:
        """Begin another connection; return the index of the first message that may be lost."""
        self.deliveries.connected(connection)
        self._requested.connected()
        return self._outcomes.show_held()

    def _socket_connected(self, event: e.SocketConnected, _at: float) -> None:
        self.socket_id = event.socket_id
        self.upload_url = event.upload_url

    def _start(self, event: e.ConversationStart, _at: float) -> None:
        self._requested.start(event)

    def _started(self, event: e.ConversationStarted, at: float) -> int | None:
        late, start = self._requested.is_late(), self._requested.started()
        if late or (start is None and event.conversation_id == self.id):
            return None  # it came too late, or twice
        if start is None and self.id is not None:
            self.add_problem(unasked(event.conversation_id, self.id), "", at)
        start = start or e.ConversationStart()
        self._outcomes.leave(self.id, at)
        self._open(event.conversation_id)
        self.user_id = start.user_id or "anon"
        self._merge_metadata(start.metadata)
        return 0

    def _user_message(self, event: e.UserMessage, at: float) -> int | None:
        if not self._is_current(event.conversation_id) or not (event.text or event.files):
            return None
        known = self.deliveries.get(event.client_msg_id)
        if known is not None:
            return self._outcomes.send_again(known, at)
        name = event.client_msg_id or f"user-{len(self.transcript)}"
        message = user_message(event, at)
        index = self._append(msgspec.structs.replace(message, id=name))
        name = self.transcript[index].id
        self.deliveries.sent(msgspec.structs.replace(event, client_msg_id=name), at)
        self._turns += 1
        self._naming.add_user_text(name, event.text)
        return index

    def _echoed(self, event: e.UserMessage, at: float) -> int | None:
        """Take in what the server tells of a message of the user's, which may not be from here."""
        if not self._is_current(event.conversation_id):
            return None
        message = delivered(user_message(event, at), "confirmed")
        own = self._echoes.own(event, message, self._messages.items)
        if own is not None:
            return self._outcomes.show(self.deliveries.seen(own, at, echoes.WHY), at)
        if not message.content or self._messages.has(message):
            return None
        return self._append(message)

    def _bot_message(self, event: e.BotMessage, at: float) -> int | None:
        return self._hear(event, bot_message(event, at, len(self.transcript)), at)

    def _livechat_message(self, event: e.LivechatMessage, at: float) -> int | None:
        name = self.agent.name if self.agent else None
        return self._hear(event, agent_message(event, at, len(self.transcript), name), at)

    def _hear(
        self, event: e.BotMessage | e.LivechatMessage, message: Message, at: float
    ) -> int | None:
        """Take in what the other side says; what a transcript told before is not repeated."""
        if not self._is_current(event.conversation_id):
            return None
        known = event.message_id in self._transcripts.ids and self._messages.has(message)
        agent = message.sender == "agent"
        verdicts = [] if known else self.deliveries.heard(at, agent=agent)
        confirmed = self._outcomes.show(verdicts, at) if verdicts else None
        gap = self._large.gap_for(event.event_id, self._messages.gaps)
        if gap is not None:
            shown = self._fill(gap, None if known else message)
        else:
            shown = None if known else self._append(message)
        return first_of(confirmed, shown)

    def _fill(self, gap: str, message: Message | None) -> int | None:
        if message is not None:
            self._naming.offered([message])
        return self._messages.fill(gap, message)

    def _actions_received(self, event: e.ActionsReceived, at: float) -> int | None:
        if not self._is_current(event.conversation_id):
            return None
        self.actions.extend(event.actions)
        return self._outcomes.show(self.deliveries.heard(at), at)

    def _metadata_set(self, event: e.MetadataSet, _at: float) -> None:
        if self._is_current(event.conversation_id):
            self._merge_metadata(event.metadata)

    def _merge_metadata(self, metadata: dict[str, Any]) -> None:
        self.metadata = {**self.metadata, **without_private(metadata)}

    def _metadata_told(self, event: e.ConversationMetadata, _at: float) -> None:
        if self._is_current(event.conversation_id):
            self.metadata = without_private(event.metadata)

    def _deleted(self, event: e.ConversationDeleted, at: float) -> int | None:
        of_user = (None, self.user_id)  # in whose place all of a user's are told of
        all_of_user = event.user_id == self.user_id and event.conversation_id in of_user
        if self.id is not None and (event.conversation_id == self.id or all_of_user):
            self.deleted = True
            self.agent = None
            return self._outcomes.show(self.deliveries.give_up("its conversation was deleted"), at)
        return None

    def _update(self, event: e.ConversationUpdate, at: float) -> int | None:
        if not self._is_current(event.conversation_id):
            return None
        self.updates.append(event)
        before = self.agent
        if event.type == JOINED:
            self.agent = Agent.told(event.data)
        elif event.type == LEFT:
            self.agent = None
        agent = self.agent or before or Agent.told(event.data)
        return self._messages.append(update_message(event, at, len(self.transcript), agent.name))

    def _noted(self, note: notes.Note, at: float) -> int | None:
        if not self._is_current(note.conversation_id):
            return None
        match note.kind:
            case notes.CHECKED_AFTER:
                self.deliveries.be_checked_after(note.data.get("seconds"))
            case notes.MISSED:
                return self._missed(note, at)
            case notes.ARRIVED:
                return self._outcomes.believe(str(note.data.get("message")), at)
            case notes.DISCONNECTED:
                return self._disconnected(note.data.get("why"), at)
            case notes.GIVEN_UP:
                self._requested.give_up()
        return None

    def _disconnected(self, why: object, at: float) -> int | None:
        self.deliveries.disconnected()
        ended = self._outcomes.show(self.deliveries.give_up(str(why)), at) if why else None
        return first_of(ended, self._outcomes.show_held())

    def _missed(self, note: notes.Note, at: float) -> int | None:
        """Show that messages are missing, so that nobody takes what is here for all there was."""
        large = note.data.get("large")
        if large is not None:
            text = "A large message came, and could not be shown here"
            return self._fill(gap_of(large), gap_message(text, at, f"missed-{large}"))
        verdicts = self.deliveries.give_up("the server does not tell what it has")
        changed = self._outcomes.show(verdicts, at)
        gap = self._messages.append_gap("Messages may be missing here", at)
        return gap if changed is None else changed

    def _general_error(self, event: e.GeneralError, at: float) -> int | None:
        if event.message_link is not None:
            return self._too_large(event, at)
        told = f"The server answered error {event.code}: {event.description}"
        if self._is_current(event.conversation_id):
            self._refused(told[0].lower() + told[1:])
        if self._requested.resuming == event.conversation_id:
            self._requested.resuming = None
        self.add_problem(told, event.conversation_id or "", at)
        return None

    def large_key(self, event: e.GeneralError) -> str:
        """Return the event id with which a large message is taken in, once it is fetched."""
        return self._large.key_of(event)

    def _refused(self, why: str) -> None:
        """Take an error to be about whatever waits: a message, and a transcript asked for after it."""
        self._requested.refused(self.deliveries.last_sent)
        self.deliveries.refused(why)

    def _too_large(self, event: e.GeneralError, at: float) -> int | None:
        """Keep a place for a message that has to be fetched."""
        mine = self.id is not None and self._is_current(event.conversation_id)
        if not mine or event.linked is not None:
            return None
        if (event.message_link or "") in self._large:
            return None
        gap = self._large.note(event)
        return self._messages.append_gap("A large message is on its way", at, gap)

    def _edit(self, event: e.EditMessage, _at: float) -> None:
        if self._is_current(event.conversation_id):
            self._edits.ask(event)
            self._naming.edited(event.message_id, event.text)

    def _edited(self, event: e.MessageEdited, at: float) -> int | None:
        edit = self._edits.confirm(event.message_id)
        if edit is None:
            return None
        why = "the server has changed it as you asked"
        self._outcomes.show(self.deliveries.seen(event.message_id, at, why), at)
        content = user_content(edit.text, edit.files)
        return self._messages.rewrite(edit.message_id, content)

    def _transcript_requested(self, event: e.TranscriptRequest, at: float) -> None:
        name = event.conversation_id
        self._requested.transcript(name, at, current=name == self.id)

    def _transcript(self, event: e.ConversationTranscript, at: float) -> int | None:
        known = self._messages.items[:]
        told = event.conversation_id or self._requested.resuming
        asked = told == self._requested.resuming
        if not self._is_current(told):
            if not asked:
                return None
            self._outcomes.leave(self.id, at)
            self._open(told)
        if asked:
            self._requested.resuming = None
        self._transcripts.take_in(event, self._requested.told(), at)
        return first_change(known, self._messages.items)

    _CHANGES: ClassVar[dict[type[e.Event], Callable[[Any, Any, float], int | None]]] = {
        e.SocketConnected: _socket_connected,
        e.ConversationStart: _start,
        e.ConversationStarted: _started,
        e.UserMessage: _user_message,
        e.BotMessage: _bot_message,
        e.LivechatMessage: _livechat_message,
        e.ActionsReceived: _actions_received,
        e.MetadataSet: _metadata_set,
        e.ConversationMetadata: _metadata_told,
        e.ConversationDeleted: _deleted,
        e.ConversationUpdate: _update,
        e.GeneralError: _general_error,
        notes.Note: _noted,
        e.EditMessage: _edit,
        e.MessageEdited: _edited,
        e.TranscriptRequest: _transcript_requested,
        e.ConversationTranscript: _transcript,
    }
