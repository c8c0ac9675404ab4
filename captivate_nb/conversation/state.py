"""The live state of a conversation, built from events alone.

`Conversation.apply` is the one place where transcript, metadata, choices, agent, actions, updates
and errors change. It has no clock, socket or loop of its own, so the same events give the same
state: live, from a saved log, or in a test.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from typing import Any, ClassVar, Self

import msgspec

from captivate_nb.errors import counted
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Action, Content, Files, Text
from captivate_nb.protocol.encoder import write_payload
from captivate_nb.rendering.sanitize import clean, quoted

from .delivery import Deliveries, Sent, Verdict
from .eventlog import EventRecord
from .freshness import NO_TURNS, look_at
from .naming import Naming
from .private import without_private
from .problems import Problem, Problems, arrived_line, named, verdict_line
from .reconcile import Matches, Told, delivered, loosely, match, merge, messages_of, unlike
from .repeats import Repeats
from .transcript import Choices, Message, Transcript, readable

MISSED = "captivate_nb.missed"
"""The type of an update of our own, which the log keeps like the server's: messages are missing."""

ARRIVED = "captivate_nb.arrived"
"""The type of another: the user says that a message arrived."""

DISCONNECTED = "captivate_nb.disconnected"
"""The type of another: the connection is over, and there is no other yet."""

_OTHERS = ("bot", "agent")


class Agent(msgspec.Struct, frozen=True):
    """The live agent in the conversation; `data` is all that the server told of them."""

    name: str
    id: str | None = None
    data: dict[str, Any] = {}


class Conversation:
    """One conversation as it stands after the events applied so far."""

    def __init__(self) -> None:
        self.user_id = "anon"
        """Who the conversation is with."""
        self.errors = Problems()
        """What went wrong, in every conversation of the session, and what was decided of doubts."""
        self.noted = 0
        """How many errors there were so far."""
        self.socket_id: str | None = None
        """The socket of the newest connection."""
        self.upload_url: str | None = None
        """Where the server takes files, if it said so."""
        self._starts: deque[e.ConversationStart] = deque()
        self._edits: dict[str, e.EditMessage] = {}
        self._repeats = Repeats()
        self._large: dict[str, str] = {}  # by its link, the event id of a large message
        self._resuming: str | None = None
        self._tells_turns = False  # whether a transcript ever had turns of the user
        self.deliveries = Deliveries()
        """How far the user's messages are, and what is to be done about those in doubt."""
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
        self._messages: list[Message] = []
        self._ids: dict[str, int] = {}  # how many messages were to have each
        self.deliveries.begin()
        self._asked: deque[float] = deque()  # when each transcript that is due was asked for
        self._naming = Naming()
        self._turns = 0
        self._gaps: set[str] = set()
        self._told: set[str] = set()
        self.heard = 0
        """How many messages of the other side there are, bot and agents."""
        self.transcript = Transcript.view(self._messages)

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
        for message in reversed(self._messages):
            if message.sender != "system":
                return Choices(() if message.sender == "user" else message.choices)
        return Choices()

    def apply_record(self, record: EventRecord) -> int | None:
        """Apply one record of a log; a frame that was no event becomes an error in `errors`."""
        broke = None
        if record.connection is not None and record.connection > self.deliveries.connection:
            broke = self._connected(record.connection)
        if record.event is None:
            if record.direction == "in":  # of what is sent, the server says what is wrong
                self.add_problem(
                    f"A frame was skipped: {record.problem}", record.frame, record.time
                )
            return broke
        if record.direction == "in" and isinstance(record.event, e.UserMessage):
            return _first(broke, self._echoed(record.event, record.time))
        counted = record.connection is not None
        return _first(broke, self.apply(record.event, at=record.time, counted=counted))

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
        if isinstance(event, e.SocketConnected) and not counted:
            broke = self._connected(self.deliveries.connection + 1)
        links = isinstance(event, e.GeneralError) and event.message_link is not None
        if not links and self._repeats.note(event, self._turns):  # its message has the same id
            return None
        change = self._CHANGES.get(type(event))
        return _first(broke, change(self, event, at) if change else None)

    @property
    def undecided(self) -> list[Message]:
        """Return the user's messages that failed, or of which it is not known if they arrived.

        Those that may still turn out to be lost, and then are sent again, are “queued”.
        """
        names = {*self.deliveries.undecided, *self.deliveries.held}
        return [m for m in self._messages if m.id in names] if names else []

    def add_problem(
        self,
        message: str,
        detail: str = "",
        at: float | None = None,
        *,
        about: str = "",
        good: bool = False,
    ) -> Problem:
        """Note something that went wrong, and return the note."""
        self.noted += 1
        return self.errors.add(Problem(message, detail, at, about, good))

    def _is_current(self, conversation_id: str | None) -> bool:
        return not conversation_id or conversation_id == self.id

    def _append(self, message: Message) -> int:
        """Put a message at the end, and return its index; servers may give several the same id."""
        self._messages.append(unlike(message, self._ids))
        self.heard += message.sender in _OTHERS
        self._naming.offered([message])
        return len(self._messages) - 1

    def _system(self, text: str, event: e.Event, at: float) -> int:
        number = len(self._messages)
        return self._append(
            Message(id=event.event_id or f"system-{number}", sender="system", text=text, time=at)
        )

    def _connected(self, connection: int) -> int | None:
        """Begin another connection; return the index of the first message that may be lost."""
        self.deliveries.connected(connection)
        self._starts.clear()
        self._asked.clear()
        return self._show_held()

    def _show_held(self) -> int | None:
        places = self._places(self.deliveries.held)
        for index in places.values():
            self._messages[index] = delivered(self._messages[index], "queued")
        return min(places.values(), default=None)

    def _socket_connected(self, event: e.SocketConnected, _at: float) -> None:
        self.socket_id = event.socket_id
        self.upload_url = event.upload_url

    def _start(self, event: e.ConversationStart, _at: float) -> None:
        self._starts.append(event)

    def _started(self, event: e.ConversationStarted, _at: float) -> int | None:
        if not self._starts and event.conversation_id == self.id:
            return None  # it came twice
        start = self._starts.popleft() if self._starts else e.ConversationStart()
        if self._resuming == self.id:
            self._resuming = None
        self._leave(_at)
        self._open(event.conversation_id)
        self.user_id = start.user_id or "anon"
        self._merge_metadata(start.metadata)
        return 0

    def _leave(self, at: float) -> None:
        """Tell what is in doubt in the conversation that is left, and what was never settled."""
        unsettled = self._places(self.deliveries.undecided).values()
        if unsettled:
            texts = named(self._messages[index].text for index in unsettled)
            self.add_problem(
                f"{texts} had not been settled when this conversation was left;"
                f" session.resume({self.id!r}) shows what the server has of it.",
                at=at,
            )
        self._carry_out(self.deliveries.give_up("another conversation was begun"), at)

    def _user_message(self, event: e.UserMessage, at: float) -> int | None:
        if not self._is_current(event.conversation_id) or not (event.text or event.files):
            return None
        known = self.deliveries.get(event.client_msg_id)
        if known is not None:
            return self._sent_again(known, at)
        name = event.client_msg_id or f"user-{len(self._messages)}"
        message = user_message(event, at)
        index = self._append(msgspec.structs.replace(message, id=name))
        name = self._messages[index].id
        self.deliveries.sent(msgspec.structs.replace(event, client_msg_id=name), at)
        self._turns += 1
        self._naming.said(name, event.text)
        return index

    def _sent_again(self, sent: Sent, at: float) -> int | None:
        if not sent.lost and sent.state not in ("unknown", "failed"):
            return None
        index = self._index(sent.id)
        message = self._messages.pop(index)
        why = "had not arrived, and was sent again" if sent.lost else "was sent again, as you asked"
        self.add_problem(f"{quoted(message.text)} {why}.", at=at, about=message.id, good=True)
        message = msgspec.structs.replace(message, time=at)
        self.deliveries.sent(sent.event, at)
        self._messages.append(delivered(message, "sent"))
        return index

    def _echoed(self, event: e.UserMessage, at: float) -> int | None:
        """Take in what the server tells of a message of the user's, which may not be from here."""
        if not self._is_current(event.conversation_id):
            return None
        if self.deliveries.get(event.client_msg_id) is not None:
            verdicts = self.deliveries.seen(event.client_msg_id, at, "the server told it back")
            return self._carry_out(verdicts, at)
        message = delivered(user_message(event, at), "confirmed")
        if not message.content or any(_same(one, message) for one in self._messages):
            return None
        return self._append(message)

    def _carry_out(self, verdicts: Collection[Verdict], at: float) -> int | None:
        """Show what was decided of messages, and return the index of the first that changed."""
        changed: list[int] = []
        arrived: defaultdict[str, list[Message]] = defaultdict(list)
        places = self._places(verdict.id for verdict in verdicts)
        for verdict in verdicts:
            index = places[verdict.id]
            message = self._messages[index] = delivered(self._messages[index], verdict.state)
            changed.append(index)
            if verdict.why and verdict.state == "confirmed":
                arrived[verdict.why].append(message)
            elif verdict.why:
                self.add_problem(verdict_line(message.text, verdict), at=at, about=message.id)
        for why, messages in arrived.items():
            about = messages[0].id if len(messages) == 1 else ""
            line = arrived_line([message.text for message in messages], why)
            self.add_problem(line, at=at, about=about, good=True)
        return min(changed, default=None)

    def _places(self, message_ids: Iterable[str]) -> dict[str, int]:
        """Return the index of each of these messages."""
        names = set(message_ids)
        found = enumerate(self._messages) if names else ()
        return {message.id: index for index, message in found if message.id in names}

    def _index(self, message_id: str) -> int:
        newest = range(len(self._messages) - 1, -1, -1)
        return next(index for index in newest if self._messages[index].id == message_id)

    def _bot_message(self, event: e.BotMessage, at: float) -> int | None:
        return self._hear(
            event,
            Message(
                id=event.message_id or event.event_id or f"bot-{len(self._messages)}",
                sender="bot",
                text=readable(event.content),
                content=event.content,
                time=at,
                raw=_payload(event),
            ),
            at,
        )

    def _livechat_message(self, event: e.LivechatMessage, at: float) -> int | None:
        return self._hear(
            event,
            Message(
                id=event.message_id or event.event_id or f"agent-{len(self._messages)}",
                sender="agent",
                text=readable(event.content),
                content=event.content,
                time=at,
                agent_name=event.agent_name or (self.agent.name if self.agent else None),
                raw=_payload(event),
            ),
            at,
        )

    def _hear(
        self, event: e.BotMessage | e.LivechatMessage, message: Message, at: float
    ) -> int | None:
        """Take in what the other side says; what a transcript told before is not repeated."""
        if not self._is_current(event.conversation_id):
            return None
        known = event.message_id in self._told and any(
            _same(one, message) for one in reversed(self._messages)
        )
        agent = message.sender == "agent"
        verdicts = [] if known else self.deliveries.heard(at, agent=agent)
        confirmed = self._carry_out(verdicts, at)
        own = event.event_id is not None and self._repeats.trusts(event.event_id)
        gap = f"large-{event.event_id}" in self._gaps
        if event.event_id in self._large.values() and (own or gap):
            shown = self._fill(f"large-{event.event_id}", None if known else message)
        else:
            shown = None if known else self._append(message)
        return _first(confirmed, shown)

    def _fill(self, gap: str, message: Message | None) -> int | None:
        """Put a message, None for nothing, in a gap; one that is closed already stays closed."""
        if gap not in self._gaps:
            return None
        self._gaps.discard(gap)
        index = self._index(gap)
        self._messages[index : index + 1] = [unlike(message, self._ids)] if message else []
        if message:
            self._naming.offered([message])
        self.heard += message is not None and message.sender in _OTHERS
        return index

    def _actions_received(self, event: e.ActionsReceived, at: float) -> int | None:
        if not self._is_current(event.conversation_id):
            return None
        self.actions.extend(event.actions)
        return self._carry_out(self.deliveries.heard(at), at)

    def _metadata_set(self, event: e.MetadataSet, _at: float) -> None:
        if self._is_current(event.conversation_id):
            self._merge_metadata(event.metadata)

    def _merge_metadata(self, metadata: dict[str, Any]) -> None:
        """Merge at the top level."""
        self.metadata = {**self.metadata, **without_private(metadata)}

    def _metadata_told(self, event: e.ConversationMetadata, _at: float) -> None:
        if self._is_current(event.conversation_id):
            self.metadata = without_private(event.metadata)

    def _deleted(self, event: e.ConversationDeleted, _at: float) -> None:
        all_of_user = event.user_id == self.user_id and event.conversation_id in (
            None,
            self.user_id,
        )
        if self.id is not None and (event.conversation_id == self.id or all_of_user):
            self.deleted = True
            self.agent = None

    def _update(self, event: e.ConversationUpdate, at: float) -> int | None:
        if not self._is_current(event.conversation_id):
            return None
        if event.type == MISSED:
            return self._missed(event, at)
        if event.type == ARRIVED:
            return self._said_to_have_arrived(event, at)
        if event.type == DISCONNECTED:
            self.deliveries.disconnected()
            why = event.data.get("why")
            ended = self._carry_out(self.deliveries.give_up(str(why)), at) if why else None
            return _first(ended, self._show_held())
        self.updates.append(event)
        match event.type:
            case "livechatAgentConnected":
                self.agent = _agent(event.data)
                return self._system(f"{self.agent.name} joined the conversation", event, at)
            case "livechatAgentDisconnected":
                name = self.agent.name if self.agent else _agent(event.data).name
                self.agent = None
                return self._system(f"{name} left the conversation", event, at)
            case "failedAgentAssignment":
                return self._system("No agent is free right now", event, at)
            case other:
                return self._system(f"The conversation changed: {other}", event, at)

    def _missed(self, event: e.ConversationUpdate, at: float) -> int | None:
        """Show that messages are missing, so that nobody takes what is here for all there was."""
        large = event.data.get("large")
        if large is not None:
            text = "A large message came, and could not be shown here"
            line = Message(id=f"missed-{large}", sender="system", text=text, time=at)
            return self._fill(f"large-{large}", line)
        verdicts = self.deliveries.give_up("the server does not tell what it has")
        changed = self._carry_out(verdicts, at)
        gap = self._gap("Messages may be missing here", at)
        return gap if changed is None else changed

    def _said_to_have_arrived(self, event: e.ConversationUpdate, at: float) -> int | None:
        message_id = str(event.data.get("message"))
        if self.deliveries.get(message_id) is None:
            return None
        self.deliveries.decide(message_id, "confirmed")
        index = self._index(message_id)
        message = self._messages[index] = delivered(self._messages[index], "confirmed")
        line = f"{quoted(message.text)} arrived: you said so."
        self.add_problem(line, at=at, about=message_id, good=True)
        return index

    def _gap(self, text: str, at: float, name: str | None = None) -> int:
        """Show a line where messages may be missing, until the server tells what was said."""
        name = name or f"missed-{len(self._messages)}"
        index = self._append(Message(id=name, sender="system", text=text, time=at))
        self._gaps.add(self._messages[index].id)
        return index

    def _general_error(self, event: e.GeneralError, at: float) -> int | None:
        if event.message_link is not None:
            return self._too_large(event, at)
        told = f"The server answered error {event.code}: {event.description}"
        if self._is_current(event.conversation_id):
            self._refused(told[0].lower() + told[1:])
        if self._resuming == event.conversation_id:
            self._resuming = None
        self.add_problem(told, event.conversation_id or "", at)
        return None

    def large_key(self, event: e.GeneralError) -> str:
        """Return the event id with which a large message is taken in, once it is fetched.

        It is that of the error that links to it, and the link where another large message has that.
        """
        link = event.message_link or ""
        own = event.event_id or link
        taken = own in self._large.values() or not self._repeats.trusts(own)
        return self._large.get(link, link if taken else own)

    def _refused(self, why: str) -> None:
        """Take an error to be about what went out last: a request for a transcript, or a message."""
        if self._asked and self._asked[-1] >= self.deliveries.last_sent:
            self._asked.pop()
        else:
            self.deliveries.refused(why)

    def _too_large(self, event: e.GeneralError, at: float) -> int | None:
        """Keep a place for a message that has to be fetched."""
        mine = self.id is not None and self._is_current(event.conversation_id)
        if not mine or event.linked is not None:
            return None
        if event.message_link in self._large:
            return None
        key = self._large[event.message_link or ""] = self.large_key(event)
        return self._gap("A large message is on its way", at, f"large-{key}")

    def _edit(self, event: e.EditMessage, _at: float) -> None:
        if self._is_current(event.conversation_id):
            self._edits[event.message_id] = event
            self._naming.edited(event.message_id, event.text)

    def _edited(self, event: e.MessageEdited, at: float) -> int | None:
        edit = self._edits.pop(event.message_id, None)
        if edit is None:
            return None
        why = "the server has changed it as you asked"
        self._carry_out(self.deliveries.seen(event.message_id, at, why), at)
        return self._change(edit)

    def _change(self, edit: e.EditMessage) -> int | None:
        """Give a message the text of its edit, and return its index."""
        for index, message in enumerate(self._messages):
            if message.id == edit.message_id:
                content = _user_content(edit.text, edit.files)
                self._messages[index] = msgspec.structs.replace(
                    message, content=content, text=readable(content)
                )
                return index
        return None

    def _transcript_requested(self, event: e.TranscriptRequest, at: float) -> None:
        self._resuming = event.conversation_id
        if event.conversation_id == self.id:
            self._asked.append(at)

    def _transcript(self, event: e.ConversationTranscript, at: float) -> int | None:
        known = self._messages[:]
        told = event.conversation_id or self._resuming
        asked = told == self._resuming
        if not self._is_current(told):
            if not asked:
                return None
            self._leave(at)
            self._open(told)
        if asked:
            self._resuming = None
        self._take_in(event, at)
        self.heard = sum(message.sender in _OTHERS for message in self._messages)
        pairs = enumerate(zip(known, self._messages, strict=False))
        shorter, longer = sorted((len(known), len(self._messages)))
        first = next((index for index, (old, new) in pairs if old is not new), shorter)
        return first if first < longer else None

    def _take_in(self, event: e.ConversationTranscript, at: float) -> None:
        """Bring together what is here and what the server tells, and see what it proves."""
        here = [message for message in self._messages if message.id not in self._gaps]
        told = messages_of(event.entries)
        matches = match(here, told, self._naming.known, self.deliveries.doubtful)
        asked = self._asked.popleft() if self._asked else None
        look = look_at(at if asked is None else asked, here, told, matches, self._known_since)
        self._messages[:] = merge(here, told, matches, older=look.older)
        self._ids = dict.fromkeys((message.id for message in self._messages), 1)
        self._naming.told(here, told, matches)
        self._take_edits(here, told, matches)
        self._told = {entry.message_id for entry in event.entries if entry.message_id}
        verdicts = []
        self._tells_turns |= any(message.sender == "user" for _, message in told)
        news = told and matches.places[-1] is None and not self._gaps
        if news and look.flaw == NO_TURNS and not self._tells_turns:
            verdicts += self.deliveries.heard(look.asked)
        self._gaps.clear()
        verdicts += self.deliveries.looked(look, conclusive=asked is not None)
        self._carry_out(verdicts, at)

    def _take_edits(self, here: list[Message], told: Told, matches: Matches) -> None:
        """Take in the edits that a transcript shows, though nothing else told of them."""
        for place, (_, message) in zip(matches.places, told, strict=True):
            if place is None or here[place].id not in self._edits:
                continue
            edit, before = self._edits[here[place].id], here[place].text
            if loosely(message.text) == loosely(edit.text) != loosely(before):
                self._change(self._edits.pop(here[place].id))

    def _known_since(self, message: Message) -> float | None:
        """Return since when the server is known to have a message; None where it may not."""
        if message.sender == "system":
            return None
        sent = self.deliveries.get(message.id)
        if sent is not None:
            return sent.known
        return float("-inf") if message.time is None else message.time

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
        e.EditMessage: _edit,
        e.MessageEdited: _edited,
        e.TranscriptRequest: _transcript_requested,
        e.ConversationTranscript: _transcript,
    }


def user_message(event: e.UserMessage, at: float | None) -> Message:
    """Return the `Message` that a user's event shows as."""
    content = _user_content(event.text, event.files)
    return Message(
        id=event.client_msg_id,
        sender="user",
        text=readable(content),
        content=content,
        time=at,
        delivery="sent",
        raw=_payload(event),
    )


def transcript_of(event: e.ConversationTranscript) -> Transcript:
    """Return a server's transcript as the same `Message`s that a live conversation has."""
    return Transcript(message for _, message in messages_of(event.entries))


def _same(known: Message, message: Message) -> bool:
    return (known.id, known.sender, known.text) == (message.id, message.sender, message.text)


def _first(*indexes: int | None) -> int | None:
    """Return the lowest index there is."""
    return min((index for index in indexes if index is not None), default=None)


def _user_content(text: str, files: tuple[Any, ...]) -> tuple[Content, ...]:
    said: tuple[Content, ...] = (Text(text),) if text else ()
    return (*said, Files(files)) if files else said


def _agent(data: dict[str, Any]) -> Agent:
    inner = next(
        (data[key] for key in ("agent", "agentInfo") if isinstance(data.get(key), dict)), data
    )
    names = (inner.get(key) for key in ("name", "agentName", "displayName", "firstName"))
    name = next((name for name in names if isinstance(name, str) and name), "An agent")
    ident = inner.get("id")
    return Agent(name, str(ident) if isinstance(ident, str | int) else None, inner)


def _payload(event: e.Event) -> dict[str, Any]:
    return write_payload(event)[1]
