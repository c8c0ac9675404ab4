"""The parts of a session, put together: each knows the ones it uses, and none knows the session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from captivate_nb.conversation.eventlog import Direction, EventLog
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.notes import DISCONNECTED, MISSED
from captivate_nb.conversation.problems import CONNECTION, Problem
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import CaptivateError, SessionClosed, Undelivered
from captivate_nb.protocol import events as e

from .channel import Channel
from .clock import Clock
from .connection import Connection, Status
from .intake import Intake
from .link import Link
from .listeners import Listeners
from .outbox import Outbox
from .queries import Queries
from .receiver import Receiver
from .recovery import Line, Recovery
from .starting import Starting
from .tasks import Tasks
from .timeouts import Timeouts
from .transport import Address
from .turns import Turns
from .waiting import Disconnected, Requests


class Parts:
    """What a session is made of, and what happens between them when the connection changes.

    `show(name, value)` shows what a session's reader can observe of the connection and the outbox;
    `tell(soon)` tells who observes the conversation's state what it is, now or before the loop turns.
    """

    connection: Connection
    """Made again whenever it breaks."""
    intake: Intake
    """Where everything that passes gets into log and conversation."""
    turns: Turns
    """The waits for replies."""
    channel: Channel
    """Sends, and asks."""
    recovery: Recovery
    """Finds out what got through."""
    outbox: Outbox
    """What the user says, on its way."""
    queries: Queries
    """What the server is asked."""
    starting: Starting
    """How conversations begin."""

    def __init__(
        self,
        events: EventLog,
        conversation: Conversation,
        listeners: Listeners,
        tasks: Tasks,
        show: Callable[[str, Any], None],
        tell: Callable[[bool], None],
        address: Address,
        link: Link,
        timeouts: Timeouts,
        start: e.ConversationStart,
        greet: str,
        trusted: Iterable[str],
    ) -> None:
        self._conversation = conversation
        self._listeners = listeners
        self._show = show
        self._tell = tell
        self._status: Status = "connecting"
        self._current: str | None = None  # the conversation
        self._requests = Requests()
        clock = Clock()
        self.connection = self._connect(address, link, timeouts)
        self.intake = Intake(events, conversation, listeners, clock, self._number, self._taken_in)
        self.turns = Turns(conversation, self._why_late)
        self.channel = Channel(
            self.connection, self.intake, self._requests, tasks, timeouts, self.turns.sending
        )
        self.recovery = Recovery(self._line(tasks, timeouts))
        here = (self.intake, self.turns, self.recovery, tasks)
        self.outbox = Outbox(self.connection, self.channel, *here, self._show_outbox)
        self._receiver = Receiver(self.connection, self._requests, *here, trusted)
        self.queries = Queries(self.channel, timeouts)
        self.starting = Starting(
            conversation, self.channel, self.recovery, self.turns, timeouts, start, greet
        )

    def _connect(self, address: Address, link: Link, timeouts: Timeouts) -> Connection:
        return Connection(
            address,
            link,
            received=self._receive,
            recover=self._recover,
            changed=self._changed,
            failed=self._reconnect_failed,
            timeouts=timeouts,
        )

    def _line(self, tasks: Tasks, timeouts: Timeouts) -> Line:
        return Line(
            conversation=self._conversation,
            now=self.intake.now,
            wait_open=self.connection.wait_open,
            alive=self.connection.check,
            too_large=lambda: self.connection.too_large,
            ask=self.channel.ask_transcript,
            send=self.channel.send_now,
            write=self.channel.write_message,
            missed=self._missed,
            spawn=tasks.spawn,
            timeouts=timeouts,
        )

    def _number(self) -> int:
        return self.connection.number

    # --- what one part brings about in others ------------------------------------------------

    def _receive(self, frame: str | bytes) -> Awaitable[e.Event | None]:
        return self._receiver.receive(frame)

    async def _recover(self) -> None:
        await self.recovery.recover()

    def _taken_in(self, direction: Direction, first: int | None, problems: list[Problem]) -> None:
        """Tell of what a frame has changed; of the state once for all that come in one go."""
        if self._conversation.id != self._current:
            self._current = self._conversation.id
            self.turns.leave()
        self._tell(direction == "in")
        self.outbox.look_again()
        self.turns.look_again()
        if first is not None:
            self._listeners.notify("transcript", first)
        for problem in problems:
            self._listeners.notify("error", problem)
            if problem.about and not problem.good:
                failed = Undelivered(f"{problem}{self.outbox.advice(problem.about)}")
                self.turns.fail(failed, problem.about)

    def _show_outbox(self, messages: tuple[Message, ...]) -> None:
        self._show("outbox", messages)

    def _changed(self, status: Status, error: CaptivateError | None) -> None:
        current = self._conversation.id
        if status == "reconnecting":
            self._requests.fail(Disconnected())
            if self._status == "open" and current is not None:
                self.intake.note(DISCONNECTED, current)
        if status != "reconnecting":
            self._show("reconnect_error", "")
        if error is not None:
            self.intake.problem(str(error))
        if status == "closed":
            self._closed(error or SessionClosed("The session was closed meanwhile."))
        self._status = status
        self._show("status", status)

    def _closed(self, error: CaptivateError) -> None:
        """End every wait, and say of what has no answer that it may not have arrived."""
        self._requests.fail(error)
        deliveries = self._conversation.deliveries
        doubted = deliveries.doubted
        if doubted or deliveries.unanswered:
            self.intake.note(DISCONNECTED, self._conversation.id, why="the session is closed")
        self.turns.fail(error, but=doubted)

    def _reconnect_failed(self) -> None:
        self._show("reconnect_error", self.connection.failure)
        self.intake.problem(self.connection.prospect, about=CONNECTION)

    def _missed(self, conversation_id: str, why: str) -> None:
        """Tell that what was said is not known, and show so in the transcript."""
        open_ = self._status == "open"
        missed = "could not be read" if open_ else "was said while disconnected"
        self.intake.problem(f"What {missed} is not known here: {why}")
        self.intake.note(MISSED, conversation_id)

    def _why_late(self, message_id: str | None, timeout: float) -> str:
        """Say why no reply may have come: the message was not sent, or nobody knows whether it was."""
        if message_id in self._conversation.deliveries.doubted:
            return (
                f"No reply within {timeout:g} s: the connection broke, and it is being found out"
                " whether the message arrived. Until then it is in session.outbox."
            )
        if self._status == "reconnecting" and message_id is None:
            return f"No connection for {timeout:g} s: nothing was sent. {self.connection.prospect}"
        if self._status == "reconnecting":
            return (
                f"No connection for {timeout:g} s: the message waits and goes out when it is back."
                f" {self.connection.prospect}"
            )
        if self.outbox.waits:
            return (
                f"Not sent for {timeout:g} s: the message waits until it is known whether the one"
                " before it arrived, and goes out then."
            )
        return ""
