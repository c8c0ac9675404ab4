"""The plumbing of a session: connection, event log, state, and everybody who listens.

Frames come in, are logged, applied to the `Conversation` and told to listeners; frames go out in
order, once there is a connection, and wait for their answers. What a user means by all that is
`session`'s business.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import logging
import signal
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

import msgspec
from traitlets import Dict, HasTraits, Instance, Tuple, Unicode

from captivate_nb.conversation.event_messages import user_message
from captivate_nb.conversation.eventlog import (
    HELD,
    DecodedFrame,
    Direction,
    EventLog,
    EventRecord,
)
from captivate_nb.conversation.live_agent import Agent
from captivate_nb.conversation.message import Delivery, Message, delivered
from captivate_nb.conversation.notes import DISCONNECTED, MISSED
from captivate_nb.conversation.problems import CONNECTION, Problem
from captivate_nb.conversation.state import Conversation
from captivate_nb.conversation.transcript import Choices, Transcript
from captivate_nb.errands import Errand
from captivate_nb.errors import (
    CaptivateError,
    ConnectError,
    ProtocolError,
    RequestTimeout,
    SessionClosed,
    Undelivered,
    UsageError,
)
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from captivate_nb.protocol.content import Action
from captivate_nb.rendering.sanitize import quoted

from .calls import says_await
from .clock import Clock
from .connection import CLOSED, Connection, Status
from .http import fetch_large_message
from .link import Link
from .pacing import lay_out
from .recovery import ATTEMPTS, Line, Recovery, delays
from .secrets import Hidden, Redacting, redact, redact_frame
from .transport import Address, check_size
from .validation import callback_of, event_name_of
from .waiting import Answer, Disconnected, Garbled, Pending, Requests, Turn, error_of

TIMEOUT = 10.0
"""Seconds that a reply or an answer may take."""

_frames = logging.getLogger("captivate_nb.frames")
_frames.addFilter(Redacting())

_READS = (e.ConversationTranscript, e.ConversationMetadata, e.UserConversations)

_SAID = tuple(
    kind.event_type
    for kind in (e.BotMessage, e.LivechatMessage, e.ActionsReceived, e.ConversationUpdate)
)

SHORTENED = (
    f"The event log has grown beyond {HELD >> 20} MiB: of its oldest large frames only the beginnings"
    " are kept. The transcript is whole. session.events.save(path) writes what there is."
)

P = ParamSpec("P")
R = TypeVar("R")
W = TypeVar("W", bound="Wire")
E = TypeVar("E", bound=e.Event)


def on_own_loop(
    method: Callable[Concatenate[W, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[W, P], Coroutine[Any, Any, R]]:
    """Run a method on the session's loop, whichever loop it is awaited on.

    Shown instead of awaited, its call says what to write.
    """

    @says_await("session")
    @functools.wraps(method)
    async def bridged(self: W, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if asyncio.get_running_loop() is self.loop:
            self._check_free()
            return await method(self, *args, **kwargs)
        if not self.loop.is_running():
            raise SessionClosed(
                "The event loop this session was opened on no longer runs. Open another session."
            )
        return await Errand(method(self, *args, **kwargs), self.loop).result()

    return bridged


def new_id() -> str:
    """Return an ID for something that is sent."""
    return str(uuid.uuid4())


class Queued(NamedTuple):
    """What the user said that waits to be sent, and how it shows."""

    event: Hidden[e.UserMessage]
    message: Message


class Wire(HasTraits):
    """A connection, the state that its events make, and its listeners.

    `status`, `reconnect_error`, `conversation_id`, `metadata`, `agent`, `choices` and `outbox` can
    be observed (`session.observe(callback, "status")`); nobody else writes them.
    """

    status = Unicode("connecting", read_only=True, help="connecting, open, reconnecting or closed")
    reconnect_error = Unicode(
        read_only=True, help="why the newest attempt to reconnect failed; empty while connected"
    )
    conversation_id = Unicode(None, allow_none=True, read_only=True)
    metadata = Dict(read_only=True)
    agent = Instance(Agent, allow_none=True, read_only=True)
    choices = Tuple(read_only=True, help="the options of the newest message")
    outbox = Tuple(
        read_only=True,
        help="the user's messages that wait to be sent, or of which it is not known if they arrived",
    )

    def __init__(self, address: Address, link: Link, trusted_hosts: Iterable[str] = ()) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.conversation = Conversation()
        self.events = EventLog(redact=lambda frame: redact_frame(frame, address.secrets))
        self._shortened = False  # whether it was told that the log has grown too large
        self._trusted = tuple(trusted_hosts)
        self._requests = Requests()
        self._turns: list[Turn] = []
        self._clock = Clock()
        self._queued: dict[str, Queued] = {}  # what the user said that waits to be sent
        self._originals: dict[str, Hidden[e.Event]] = {}
        """What was sent, by its client_msg_id, where the log hides a part of it."""
        self._speaking = asyncio.Lock()  # held by the message that is sent next
        self._sending = asyncio.Lock()  # held while a frame is sent
        self._listeners: dict[str, list[Callable[[Any], Any]]] = {}
        self._calling: str | None = None  # what the callback that is being called is for
        self._tasks: set[asyncio.Task[Any]] = set()
        self._fetching: set[str] = set()
        self._probing: asyncio.Task[None] | None = None
        self._unprobed = False  # whether something was sent since the newest ping
        self.set_trait("choices", Choices())
        self._connection = Connection(
            address,
            link,
            received=self._received,
            recover=self._recover,
            changed=self._set_status,
            failed=self._reconnect_failed,
        )
        self._recovery = Recovery(
            Line(
                conversation=self.conversation,
                now=self._clock.now,
                wait_open=self._connection.wait_open,
                alive=self._connection.check,
                too_large=lambda: self._connection.too_large,
                ask=self._ask_transcript,
                send=self._send_now,
                write=self._write_message,
                missed=self._missed,
                spawn=self._spawn,
            )
        )

    @property
    def url(self) -> str:
        """Return the server's address, without the key."""
        return str(self._connection.address)

    @property
    def user_id(self) -> str:
        """Return who the conversation is with."""
        return self.conversation.user_id

    @property
    def transcript(self) -> Transcript:
        """Return the conversation's messages; it grows as the conversation goes on."""
        return self.conversation.transcript

    @property
    def actions(self) -> list[Action]:
        """Return the actions received."""
        return self.conversation.actions

    @property
    def updates(self) -> list[e.ConversationUpdate]:
        """Return the conversation updates received."""
        return self.conversation.updates

    @property
    def errors(self) -> list[Problem]:
        """Return what went wrong without ending the session."""
        return self.conversation.errors

    def on(self, event_type: str, callback: Callable[[Any], Any]) -> Callable[[], None]:
        """Call `callback(event)` for each event of a wire type; "*" is all of them.

        Two names are local: "transcript" gives the index of the first message that is new or
        changed, "error" a `Problem`. A callback may be a coroutine function; what it raises is
        listed in `errors`. A name nearly that of an event is warned of. Return a function that
        stops it.
        """
        listeners = self._listeners.setdefault(event_name_of(event_type), [])
        listeners.append(callback_of(callback))

        def stop() -> None:
            if callback in self._listeners[event_type]:
                self._listeners[event_type].remove(callback)

        return stop

    def _check_open(self) -> None:
        if self.status == "closed":
            raise SessionClosed(CLOSED)

    def _check_free(self) -> None:
        """Refuse what a callback waits for: only a nested loop gets here while one is called."""
        if self._calling is not None:
            raise UsageError(
                f"A callback for {self._calling} waits here, and until it returns the session hears"
                " nothing. Make the callback `async def`, and write `await` in it."
            )

    # --- sending -----------------------------------------------------------------------------

    async def _send_message(self, event: e.UserMessage) -> None:
        """Send what the user says, once; while it cannot be sent it waits in the outbox.

        Cancelling stops the wait and not the sending.
        """
        await self._see_through(self._deliver(event))

    async def _deliver(self, event: e.UserMessage) -> None:
        waits = self.status != "open" or self.conversation.deliveries.holds
        if waits or self._speaking.locked():
            self._queue(event, "queued")
        try:
            async with self._speaking:
                await self._connection.wait_open()
                await self._recovery.settled()
                if self.conversation.deliveries.has_arrived(event.client_msg_id):
                    self._end_turn(event.client_msg_id)
                elif event.conversation_id != self.conversation.id:
                    raise Undelivered(
                        f"{quoted(event.text)} was not sent: another conversation was begun"
                        " meanwhile. It is in session.outbox."
                    )
                else:
                    async with self._sending:
                        await self._write_message(event)
        except BaseException as error:
            if event.client_msg_id in self._queued:
                self._queue(event, "failed")
                self._list_unsent(event, error)
            raise
        self._queued.pop(event.client_msg_id, None)
        self._share_outbox()

    def _list_unsent(self, event: e.UserMessage, error: BaseException) -> None:
        """List that a message which waited is not sent after all, and why."""
        if isinstance(error, Undelivered):
            line = str(error)
        else:
            ended = isinstance(error, SessionClosed) and str(error) != CLOSED
            why = str(error) if ended else "The session was closed."
            line = f"{quoted(event.text)} was not sent. {why} It is in session.outbox."
        self._problem(line, about=event.client_msg_id)

    def _end_turn(self, message_id: str) -> None:
        """End the wait for a reply to what need not be sent again: it had arrived."""
        for turn in self._turns:
            if turn.message_id == message_id:
                turn.stop()

    def _queue(self, event: e.UserMessage, delivery: Delivery) -> None:
        """Keep in the outbox what is not sent yet, or will not be as the session is closed."""
        shown = decode(redact_frame(encode(event), self._connection.address.secrets), "client")
        message = user_message(cast("e.UserMessage", shown), self._clock.now())
        self._queued[event.client_msg_id] = Queued(Hidden(event), delivered(message, delivery))
        self._share_outbox()

    def _share_outbox(self) -> None:
        """Bring the outbox to what is open: first what is in the transcript, then what waits."""
        open_ = [m for m in self.conversation.undecided if m.id not in self._queued]
        self._set("outbox", (*open_, *(queued.message for queued in self._queued.values())))

    async def _write_message(self, event: e.UserMessage) -> None:
        """Note it as sent before it is: if the connection breaks here, recovery finds out."""
        frame = encode(self._original(event))
        self._take("out", frame)
        with contextlib.suppress(ConnectionError):
            await self._connection.send(frame)
            self._probe()

    def _original(self, event: E) -> E:
        """Return what was sent as the user gave it; `event` may have a part of it hidden."""
        kept = self._originals.get(getattr(event, "client_msg_id", ""))
        return cast("E", kept.reveal()) if kept else event

    def _as_given(self, record: EventRecord) -> EventRecord:
        """Return a record with its event as the user gave it."""
        if record.event is None:
            return record
        return msgspec.structs.replace(record, event=self._original(record.event))

    def _probe(self) -> None:
        """Find a connection that only seems to be there, as soon as something is sent on it."""
        self._unprobed = True
        if self._probing is None or self._probing.done():
            self._probing = self._spawn(self._check_connection())

    async def _check_connection(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self._unprobed:
                self._unprobed = False
                await self._connection.check()

    async def _send(self, event: e.ClientEvent, sending: Callable[[], None] | None = None) -> None:
        await self._send_frame(encode(event), sending)

    async def _send_frame(self, frame: str, sending: Callable[[], None] | None = None) -> None:
        """Send in order, as soon as there is a connection; `sending` is called right before.

        Cancelling never breaks a frame, and one that waits for a connection is not sent then. Where
        `sending` is given, raise `ConnectionError` when the connection breaks; else try again.
        """
        check_size(frame)
        async with self._sending:
            while True:
                await self._connection.wait_open()
                if sending is not None:
                    sending()
                try:
                    await self._see_through(self._write_frame(frame))
                except ConnectionError:
                    if sending is not None:
                        raise
                    await asyncio.sleep(0)
                else:
                    return

    async def _write_frame(self, frame: str) -> None:
        await self._connection.send(frame)
        self._take("out", frame)
        self._probe()

    async def _see_through(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` to its end, even when who awaits it is cancelled."""
        task = self._spawn(work)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self.status == "closed":
                raise SessionClosed("The session was closed meanwhile.") from None
            raise

    async def _request(
        self,
        event: e.ClientEvent,
        answer: type[Answer],
        conversation_id: str | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send a request and return its answer, which may take `TIMEOUT` seconds or those given.

        It is asked again when the connection breaks meanwhile, or when what may be its answer
        cannot be read; ever later, and `ATTEMPTS` times at the most.
        """
        timeout = TIMEOUT if timeout is None else timeout
        problem: Disconnected | None = None
        try:
            async with asyncio.timeout(timeout):
                for delay in delays():
                    await asyncio.sleep(delay)
                    try:
                        return await self._ask(
                            lambda sending: self._send(event, sending), answer, conversation_id
                        )
                    except Disconnected as error:
                        problem = error
                    except ConnectionError:
                        problem = Disconnected()
        except TimeoutError:
            if not isinstance(problem, Garbled):
                raise RequestTimeout(self._unanswered(event.event_type, timeout)) from None
        if isinstance(problem, Garbled):
            raise ProtocolError(
                f"The server's answer to {event.event_type} cannot be read, however often it is"
                f" asked. {problem}"
            )
        raise RequestTimeout(
            f"The connection broke {ATTEMPTS + 1} times before {event.event_type} was answered."
        )

    def _unanswered(self, event_type: str, timeout: float) -> str:
        if self.status == "open":
            return f"The server did not answer {event_type} within {timeout:g} s."
        return (
            f"There is no connection, so {event_type} was not answered within {timeout:g} s."
            f" {self._prospect()}"
        )

    def _prospect(self) -> str:
        """Say what becomes of a connection that is broken."""
        return (
            f"Reconnecting failed and is tried again: {self.reconnect_error}"
            if (self.reconnect_error)
            else "Reconnecting is under way."
        )

    async def _ask_transcript(self, conversation_id: str) -> None:
        request = e.TranscriptRequest(conversation_id=conversation_id)
        await self._ask(
            lambda sending: self._send_now(request, sending),
            e.ConversationTranscript,
            conversation_id,
        )

    async def _ask(
        self,
        send: Callable[[Callable[[], None]], Awaitable[None]],
        answer: type[Answer],
        conversation_id: str | None,
    ) -> Answer:
        """Send a request and wait for its answer, from when it goes out: others may wait before."""

        def matches(event: e.Event) -> bool:
            told = getattr(event, "conversation_id", None) or conversation_id
            about = (None, told, getattr(event, "user_id", None))  # or all of a user's were deleted
            return isinstance(event, answer) and conversation_id in about

        pending = Pending(matches, conversation_id, answer.event_type, reads=answer in _READS)
        try:
            await send(lambda: self._requests.add(pending))
            return cast("Answer", await pending.answer)
        finally:
            self._requests.remove(pending)

    # --- receiving ---------------------------------------------------------------------------

    async def _received(self, frame: str | bytes) -> e.Event | None:
        """Take in a frame once what it holds is laid out; who calls waits, so that none overtakes."""
        decoded = self.events.decode("in", frame)
        await lay_out(decoded.event)
        heard = self.conversation.heard
        record = self._keep(decoded)
        event = record.event
        if event is None:
            problem = ProtocolError(record.problem or "", cut=record.cut, event_type=record.unread)
            again = self._requests.garble(problem)
            said = (
                record.unread in ("", *_SAID) and e.ConversationTranscript.event_type not in again
            )
            if record.cut and said:
                self._recovery.cut_short()
        elif isinstance(event, e.GeneralError):
            self._received_error(event)
        else:
            self._requests.settle(event)
            self._sign(event, heard)
        if isinstance(event, e.GeneralError | e.ConversationTranscript):
            self._recovery.check()
        return event

    def _sign(self, event: e.Event, heard: int) -> None:
        """Tell those who wait for a reply of a sign of one; it may come in a transcript, too."""
        for turn in self._turns:
            if not isinstance(event, e.ConversationTranscript):
                turn.note(event)
            elif self.conversation.heard > heard:
                turn.sign()

    def _received_error(self, event: e.GeneralError) -> None:
        if event.message_link is not None:
            if event.message_link not in self._fetching or event.linked is not None:
                self._fetching.add(event.message_link)
                key = self.conversation.large_key(event)
                self._spawn(self._fetch_large(event, key, event.message_link))
            return
        if not self._requests.settle(event):
            self._fail_turns(error_of(event))

    def _fail_turns(self, error: CaptivateError) -> None:
        for turn in self._turns:
            turn.fail(error)

    def _take(self, direction: Direction, frame: str | bytes) -> EventRecord:
        """Log a frame, apply its event, and tell those who listen."""
        decoded = self.events.decode(direction, frame)
        if direction == "out" and decoded.frame != frame:
            self._keep_original(decoded.event, frame)
        return self._keep(decoded)

    def _keep(self, decoded: DecodedFrame) -> EventRecord:
        now, connection = self._clock.now(), self._connection.number
        record = self.events.keep(decoded, now, connection)
        _frames.debug("%s %s", "<" if record.direction == "in" else ">", record.frame)
        known = self.conversation.errors.noted
        if self.events.shortened and not self._shortened:
            self._shortened = True
            self.conversation.add_problem(SHORTENED, "", now)
        changed = self.conversation.apply_record(record)
        self._share(changed, known)
        if record.event is not None:
            self._tell(record.type, record.event)
            self._tell("*", record.event)
        return record

    def _keep_original(self, event: e.Event | None, frame: str | bytes) -> None:
        """Keep what the log hides a part of, to send it once more as it was."""
        if name := getattr(event, "client_msg_id", ""):
            self._originals[name] = Hidden(decode(cast("str", frame), "client"))

    def _share(self, changed: int | None, known: int) -> None:
        """Bring the traits to the conversation's state, and tell of new messages and errors."""
        now = self.conversation
        problems = now.errors[max(0, len(now.errors) - (now.errors.noted - known)) :]
        self._set("conversation_id", now.id)
        self._set("metadata", now.metadata)
        self._set("agent", now.agent)
        self._set("choices", now.choices)
        self._share_outbox()
        if changed is not None:
            self._tell("transcript", changed)
        for problem in problems:
            self._tell("error", problem)
            self._fail_undelivered(problem)

    def _fail_undelivered(self, problem: Problem) -> None:
        """End the wait for the reply to a message that may never have arrived."""
        for turn in self._turns:
            if problem.about and problem.about == turn.message_id and not problem.good:
                turn.fail(Undelivered(f"{problem}{self._advice(problem.about)}"))

    def _advice(self, message_id: str) -> str:
        """Return what to do about a message that is to be decided on, if that can be done here."""
        places = [n for n, message in enumerate(self.outbox) if message.id == message_id]
        if not places or self.status == "closed":
            return ""
        it = f"session.outbox[{places[0]}]"
        return f" session.send_again({it}) sends it again, session.mark_arrived({it}) settles it."

    def _set(self, name: str, value: Any) -> None:
        """Set a trait; what an observer raises is listed, and does not end the session."""
        try:
            with self._calling_back(name):
                self.set_trait(name, value)
        except BaseException as error:  # noqa: BLE001  # an observer may raise anything
            self._blame(name, error)

    def _tell(self, name: str, value: Any) -> None:
        for callback in self._listeners.get(name, [])[:]:
            try:
                with self._calling_back(name):
                    result = callback(value)
                if inspect.isawaitable(result):
                    self._spawn(self._watched(name, result))
            except BaseException as error:  # noqa: BLE001  # a callback may raise anything
                self._blame(name, error)

    @contextlib.contextmanager
    def _calling_back(self, name: str) -> Iterator[None]:
        before, self._calling = self._calling, name
        try:
            yield
        finally:
            self._calling = before

    async def _watched(self, name: str, result: Awaitable[Any]) -> None:
        task = asyncio.current_task()
        try:
            await result
        except BaseException as error:  # a callback may raise anything
            if task is None or task.cancelling() or not _is_running(task):
                raise  # it is ended from outside
            self._blame(name, error)

    def _blame(self, name: str, error: BaseException) -> None:
        """List an error of somebody's callback; one of an error callback is not told to it again.

        Where it is Ctrl-C, which Python raises in whatever runs, what waits for the loop is
        interrupted, and not who reads the socket.
        """
        text = redact(f"A callback for {name} raised {_named(error)}")
        problem = self.conversation.add_problem(text, "", self._clock.now())
        if name != "error":
            self._tell("error", problem)
        main = threading.current_thread() is threading.main_thread()
        if (
            isinstance(error, KeyboardInterrupt)
            and main
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self.loop.call_soon(signal.raise_signal, signal.SIGINT)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        """Forget a task; whoever awaits it gets its error, and a closed session has none to list."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _fetch_large(self, error: e.GeneralError, key: str, link: str) -> None:
        """Fetch a message too large for the socket, and take it in as if it had come by it."""
        try:
            at = self._connection
            event = await fetch_large_message(at.link, link, at.address, self._trusted)
        except CaptivateError as failed:
            self._large_missed(error, key, failed)
            return
        finally:
            self._fetching.discard(link)
        if isinstance(event, e.BotMessage):
            event = msgspec.structs.replace(event, conversation_id=error.conversation_id)
        await self._received(encode(msgspec.structs.replace(event, event_id=key)))

    def _large_missed(self, error: e.GeneralError, key: str, failed: CaptivateError) -> None:
        """Tell that something large could not be had: whoever asked for it, or all who read."""
        self._problem(str(failed))
        if error.linked is not None:
            self._requests.refuse(error.linked, failed)
            return
        self._note(MISSED, error.conversation_id, large=key)
        self._fail_turns(failed)

    def _missed(self, conversation_id: str, why: str) -> None:
        """Tell that what was said is not known, and show so in the transcript."""
        missed = "was said while disconnected" if self.status != "open" else "could not be read"
        self._problem(f"What {missed} is not known here: {why}")
        self._note(MISSED, conversation_id)

    def _note(self, kind: str, conversation_id: str | None, **data: str) -> None:
        """Note something of our own in the log, so that it is known when the log is replayed."""
        told = e.ConversationUpdate(type=kind, conversation_id=conversation_id, data=data)
        self._take("in", encode(told))

    def _problem(self, text: str, about: str = "") -> None:
        self._tell("error", self.conversation.add_problem(text, "", self._clock.now(), about=about))

    # --- the connection ----------------------------------------------------------------------

    def _set_status(self, status: Status, error: CaptivateError | None) -> None:
        if status == "reconnecting":
            self._requests.fail(Disconnected())
            if self.status == "open" and self.conversation.id is not None:
                self._note(DISCONNECTED, self.conversation.id)
        if status == "closed":
            closed = error or SessionClosed("The session was closed meanwhile.")
            self._requests.fail(closed)
            for turn in self._turns:
                turn.fail(closed)
        if status != "reconnecting":
            self._set("reconnect_error", "")
        if error is not None:
            self._problem(str(error))
        if status == "closed" and self.conversation.deliveries.held:
            self._note(DISCONNECTED, self.conversation.id, why="the session is closed")
        self._set("status", status)

    def _reconnect_failed(self, error: ConnectError) -> None:
        """List why reconnecting failed; one reason is listed once, however often it is tried."""
        if error.reason != self.reconnect_error:
            self._set("reconnect_error", error.reason)
            self._problem(self._prospect(), about=CONNECTION)

    async def _send_now(
        self, event: e.ClientEvent, sending: Callable[[], None] = lambda: None
    ) -> None:
        """Send on the connection there is, be it open for others or not."""
        frame = encode(event)
        sending()
        await self._connection.send(frame)
        self._take("out", frame)

    async def _recover(self) -> None:
        await self._recovery.recover()


def _is_running(task: asyncio.Task[Any]) -> bool:
    """Whether this is called by a task itself; it is not where its coroutine is closed."""
    with contextlib.suppress(RuntimeError):
        return asyncio.current_task() is task
    return False


def _named(error: BaseException) -> str:
    """Return an error's name and what it says, whatever it does when it is asked."""
    try:
        said = str(error)
    except BaseException:  # noqa: BLE001  # it is somebody's own
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
