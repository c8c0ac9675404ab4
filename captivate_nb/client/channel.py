"""Sending on a session's connection, and asking for answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import cast

from captivate_nb.conversation.notes import GIVEN_UP
from captivate_nb.errors import ProtocolError, RequestTimeout, ServerError, Undelivered
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.rendering.sanitize import quoted

from .connection import Connection
from .intake import Intake
from .recovery import ATTEMPTS, delays
from .tasks import Tasks
from .timeouts import Timeouts
from .transport import check_size
from .waiting import Answer, Disconnected, Garbled, Pending, Requests

_READS = (e.ConversationTranscript, e.ConversationMetadata, e.UserConversations)


class Channel:
    """Frames go out in order, as soon as there is a connection; requests wait for their answers.

    `sending(message_id)` is called right before a message of the user's is sent, each time.
    """

    def __init__(
        self,
        connection: Connection,
        intake: Intake,
        requests: Requests,
        tasks: Tasks,
        timeouts: Timeouts,
        sending: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._intake = intake
        self._requests = requests
        self._tasks = tasks
        self._timeouts = timeouts
        self._sending_message = sending
        self._sending = asyncio.Lock()  # held while a frame is sent
        self._probing: asyncio.Task[None] | None = None  # asks whether the connection is alive
        self._unprobed = False  # whether something was sent since the newest ping

    # --- sending -----------------------------------------------------------------------------

    async def send(self, event: e.ClientEvent, sending: Callable[[], None] | None = None) -> None:
        """Send an event, as `send_frame` does."""
        await self.send_frame(encode(event), sending)

    async def send_frame(self, frame: str, sending: Callable[[], None] | None = None) -> None:
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
                    await self._tasks.shielded(self._write_frame(frame))
                except ConnectionError:
                    if sending is not None:
                        raise
                    await asyncio.sleep(0)
                else:
                    return

    async def send_message(self, event: e.UserMessage) -> None:
        """Send what the user says after all that is being sent; see `write_message`."""
        async with self._sending:
            await self.write_message(event)

    async def write_message(self, event: e.UserMessage) -> None:
        """Note it as sent before it is: if the connection breaks here, recovery finds out."""
        self._sending_message(event.client_msg_id)
        frame = encode(self._intake.original(event))
        self._intake.take("out", frame)
        with contextlib.suppress(ConnectionError):
            await self._connection.send(frame)
            self._probe()

    async def send_action(self, event: e.ActionSent) -> None:
        """Send an action, and return once the other side has read it.

        Raise `Undelivered` when the connection breaks meanwhile: no transcript has actions, so that
        nothing tells whether it arrived.
        """
        await self.send(event)
        try:
            await self._connection.check()
        except ConnectionError:
            line = (
                f"It is not known whether the action {quoted(event.action.id)} arrived: the"
                " connection broke right after it was sent."
            )
            self._intake.problem(line)
            raise Undelivered(f"{line} Nothing sends it again by itself.") from None

    async def send_now(
        self, event: e.ClientEvent, sending: Callable[[], None] = lambda: None
    ) -> None:
        """Send on the connection there is, be it open for others or not.

        Raise `ConnectionError` when it is broken or breaks.
        """
        frame = encode(event)
        sending()
        await self._connection.send(frame)
        self._intake.take("out", frame)

    async def _write_frame(self, frame: str) -> None:
        await self._connection.send(frame)
        self._intake.take("out", frame)
        self._probe()

    def _probe(self) -> None:
        """Find a connection that only seems to be there, as soon as something is sent on it."""
        self._unprobed = True
        if self._probing is None or self._probing.done():
            self._probing = self._tasks.spawn(self._check_connection())

    async def _check_connection(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self._unprobed:
                self._unprobed = False
                await self._connection.check()

    # --- asking ------------------------------------------------------------------------------

    async def request(
        self,
        event: e.ClientEvent,
        answer: type[Answer],
        conversation_id: str | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send a request and return its answer, which may take `timeout` seconds, or `answer`'s.

        It is asked again when the connection breaks meanwhile, or when what may be its answer
        cannot be read; ever later, and `ATTEMPTS` times at the most. Raise `RequestTimeout` when
        none comes, `ProtocolError` when none can be read, `ServerError` for one that is an error.
        """
        try:
            return await self._request(
                event,
                answer,
                conversation_id,
                self._timeouts.answer if timeout is None else timeout,
            )
        except BaseException as error:
            if not isinstance(error, ServerError):  # then it is given up already
                self._give_up(answer)
            raise

    def _give_up(self, answer: type[e.ServerEvent]) -> None:
        """Wait no more for what would move the session to another conversation."""
        if answer in (e.ConversationStarted, e.ConversationTranscript):
            self._intake.note(GIVEN_UP, self._intake.conversation.id)

    async def _request(
        self,
        event: e.ClientEvent,
        answer: type[Answer],
        conversation_id: str | None,
        timeout: float,
    ) -> Answer:
        problem: Disconnected | None = None
        try:
            async with asyncio.timeout(timeout):
                for delay in delays(self._timeouts.reconnect_first):
                    await asyncio.sleep(delay)
                    try:
                        return await self._ask(
                            lambda sending: self.send(event, sending),
                            answer,
                            conversation_id,
                            lambda: self._give_up(answer),
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

    async def ask_transcript(self, conversation_id: str) -> None:
        """Ask for a transcript on the connection there is, and return once it came.

        Raise `Disconnected` or `ConnectionError` when the connection breaks.
        """
        request = e.TranscriptRequest(conversation_id=conversation_id)
        await self._ask(
            lambda sending: self.send_now(request, sending),
            e.ConversationTranscript,
            conversation_id,
        )

    async def _ask(
        self,
        send: Callable[[Callable[[], None]], Awaitable[None]],
        answer: type[Answer],
        conversation_id: str | None,
        refused: Callable[[], None] = lambda: None,
    ) -> Answer:
        """Send a request and wait for its answer, from when it goes out: others may wait before."""

        def matches(event: e.Event) -> bool:
            told = getattr(event, "conversation_id", None) or conversation_id
            about = (None, told, getattr(event, "user_id", None))  # or all of a user's were deleted
            return isinstance(event, answer) and conversation_id in about

        pending = Pending(
            matches,
            conversation_id,
            answer.event_type,
            reads=answer in _READS,
            refused=refused,
        )
        try:
            await send(lambda: self._requests.add(pending))
            return cast("Answer", await pending.answer)
        finally:
            self._requests.remove(pending)

    def _unanswered(self, event_type: str, timeout: float) -> str:
        if self._connection.is_open:
            return f"The server did not answer {event_type} within {timeout:g} s."
        return (
            f"There is no connection, so {event_type} was not answered within {timeout:g} s."
            f" {self._connection.prospect}"
        )
