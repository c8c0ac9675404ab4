"""What the user says, on its way: sent once, in order, and kept where it cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, cast

import msgspec

from captivate_nb.conversation.event_messages import user_message
from captivate_nb.conversation.message import Delivery, Message, delivered
from captivate_nb.conversation.notes import ARRIVED
from captivate_nb.conversation.problems import named
from captivate_nb.errors import SessionClosed, Undelivered, UsageError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from captivate_nb.rendering.sanitize import quoted

from .channel import Channel
from .connection import CLOSED, Connection
from .intake import Intake
from .recovery import Recovery
from .secrets import Hidden, redact_frame
from .tasks import Tasks
from .turns import Turns


class Queued(NamedTuple):
    """What the user said that waits to be sent, and how it shows."""

    event: Hidden[e.UserMessage]
    message: Message


class Outbox:
    """The user's messages that wait, failed, or of which it is not known whether they arrived.

    `show(messages)` is called with them whenever they are others.
    """

    def __init__(
        self,
        connection: Connection,
        channel: Channel,
        intake: Intake,
        turns: Turns,
        recovery: Recovery,
        tasks: Tasks,
        show: Callable[[tuple[Message, ...]], None],
    ) -> None:
        self._conversation = intake.conversation
        self._connection = connection
        self._channel = channel
        self._recovery = recovery
        self._intake = intake
        self._turns = turns
        self._tasks = tasks
        self._show = show
        self._queued: dict[str, Queued] = {}  # by message id
        self._shown: tuple[Message, ...] = ()  # as told last
        self._again: set[str] = set()  # messages that the user sends again just now
        self._speaking = asyncio.Lock()  # held by the message that is sent next

    @property
    def waits(self) -> bool:
        """Whether anything waits to be sent for the first time."""
        return bool(self._queued)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Return what is open: first what is in the transcript, then what waits."""
        open_ = [m for m in self._conversation.undecided if m.id not in self._queued]
        return (*open_, *(queued.message for queued in self._queued.values()))

    def share(self) -> None:
        """Have it shown as it is now."""
        self._shown = self.messages
        self._show(self._shown)

    def look_again(self) -> None:
        """Have it shown as a frame may have left it: not where it was empty, and nothing is open."""
        deliveries = self._conversation.deliveries
        if self._shown or self._queued or deliveries.undecided or deliveries.doubted:
            self.share()

    async def send(self, event: e.UserMessage) -> None:
        """Send what the user says, once; while it cannot be sent it waits.

        Cancelling stops the wait and not the sending. Raise `Undelivered` when another conversation
        was begun meanwhile, `SessionClosed` when the session is closed.
        """
        try:
            await self._tasks.shielded(self._deliver(event))
        except SessionClosed as error:
            name = event.client_msg_id
            if name not in self._queued and name not in self._conversation.deliveries:
                self._queue(event, "failed")
                self._list_unsent(event, error)
            raise

    async def send_again(self, event: e.UserMessage) -> None:
        """Send what `undecided` returned, as `send` does."""
        self._again.add(event.client_msg_id)
        try:
            await self.send(event)
        finally:
            self._again.discard(event.client_msg_id)

    def mark_arrived(self, event: e.UserMessage) -> None:
        """Settle what `undecided` returned: it arrived, or need not be sent any more."""
        if self._queued.pop(event.client_msg_id, None) is not None:
            self.share()
        else:
            self._intake.note(ARRIVED, self._conversation.id, message=event.client_msg_id)

    def undecided(self, name: str, shown_as: str, conversation_id: str) -> e.UserMessage:
        """Return a message of this ID, to be sent again or said to have arrived.

        Raise `UsageError` where there is nothing to decide.
        """
        waiting = self._queued.get(name)
        sent = self._conversation.deliveries.get(name)
        if name not in self._again:
            if waiting is not None and waiting.message.delivery == "failed":
                event = waiting.event.reveal()
                return msgspec.structs.replace(event, conversation_id=conversation_id)
            if sent is not None and name in self._conversation.deliveries.undecided:
                return sent.event
        open_ = [
            m.text for m in self.messages if m.delivery != "queued" and m.id not in self._again
        ]
        raise UsageError(
            f"{quoted(shown_as)} {self._why_settled(name)}: there is nothing to decide about it. In"
            f" session.outbox, to be decided about: {named(open_) or 'nothing now'}."
        )

    def advice(self, message_id: str) -> str:
        """Return what to do about a message that is to be decided on, if that can be done here."""
        places = [n for n, message in enumerate(self.messages) if message.id == message_id]
        if not places or self._connection.is_closed:
            return ""
        it = f"session.outbox[{places[0]}]"
        return f" session.send_again({it}) sends it again, session.mark_arrived({it}) settles it."

    async def _deliver(self, event: e.UserMessage) -> None:
        name, deliveries = event.client_msg_id, self._conversation.deliveries
        if not self._connection.is_open or deliveries.holds or self._speaking.locked():
            self._queue(event, "queued")
        try:
            async with self._speaking:
                await self._connection.wait_open()
                await self._recovery.settled()
                if deliveries.has_arrived(name):
                    self._turns.stop(name)
                elif why := self._why_not(event):
                    raise Undelivered(
                        f"{quoted(event.text)} was not sent: {why}. It is in session.outbox."
                    )
                else:
                    await self._channel.send_message(event)
        except BaseException as error:
            if name in self._queued:
                self._queue(event, "failed")
                self._list_unsent(event, error)
            raise
        self._queued.pop(name, None)
        self.share()

    def _why_not(self, event: e.UserMessage) -> str:
        """Say why a message that waited cannot be sent any more; "" where it can."""
        if event.conversation_id != self._conversation.id:
            return "another conversation was begun meanwhile"
        return "its conversation was deleted" if self._conversation.deleted else ""

    def _queue(self, event: e.UserMessage, delivery: Delivery) -> None:
        """Keep what is not sent yet, or will not be."""
        shown = decode(redact_frame(encode(event), self._connection.address.secrets), "client")
        message = user_message(cast("e.UserMessage", shown), self._intake.now())
        self._queued[event.client_msg_id] = Queued(Hidden(event), delivered(message, delivery))
        self.share()

    def _list_unsent(self, event: e.UserMessage, error: BaseException) -> None:
        """List that a message which waited is not sent after all, and why."""
        if isinstance(error, Undelivered):
            line = str(error)
        else:
            ended = isinstance(error, SessionClosed) and str(error) != CLOSED
            why = str(error) if ended else "The session was closed."
            line = f"{quoted(event.text)} was not sent. {why} It is in session.outbox."
        self._intake.problem(line, about=event.client_msg_id)

    def _why_settled(self, name: str) -> str:
        deliveries = self._conversation.deliveries
        if name in self._again:
            return "is being sent again already"
        if name in self._queued:
            return "waits to be sent for the first time, and goes out by itself"
        if deliveries.has_arrived(name):
            return "has arrived"
        if name in deliveries.doubted:
            return "is being checked, and is sent again by itself if it did not arrive"
        if name in deliveries:
            return "was sent, and nothing says that it did not arrive"
        return "is no message that was sent in this conversation"
