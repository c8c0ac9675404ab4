"""What becomes of a frame that comes: who waits for it, what it asks for, what it leaves open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from captivate_nb.conversation.notes import MISSED
from captivate_nb.errors import CaptivateError, ProtocolError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode

from .connection import Connection
from .http import fetch_large_message
from .intake import Intake
from .pacing import is_much, lay_out
from .recovery import Recovery
from .tasks import Tasks
from .turns import Turns
from .waiting import Requests, error_of

_SAID = tuple(
    kind.event_type
    for kind in (e.BotMessage, e.LivechatMessage, e.ActionsReceived, e.ConversationUpdate)
)
_TELLING = (e.GeneralError, e.ConversationTranscript)
"""What may tell of messages in doubt."""

FETCHES = 4
"""Large messages that are fetched at once."""


class Receiver:
    """Takes in the frames of a session's connection, one after the other.

    `trusted` are hosts from which a large message may be fetched besides the server's own.
    """

    def __init__(
        self,
        connection: Connection,
        requests: Requests,
        intake: Intake,
        turns: Turns,
        recovery: Recovery,
        tasks: Tasks,
        trusted: Iterable[str],
    ) -> None:
        self._conversation = intake.conversation
        self._connection = connection
        self._intake = intake
        self._requests = requests
        self._turns = turns
        self._recovery = recovery
        self._tasks = tasks
        self._trusted = tuple(trusted)
        self._fetching: set[str] = set()  # links of large messages
        self._fetches = asyncio.Semaphore(FETCHES)

    async def receive(self, frame: str | bytes) -> e.Event | None:
        """Take in a frame once what it holds is laid out; who calls waits, so that none overtakes.

        Return its event, None for what is none.
        """
        decoded = self._intake.decode("in", frame)
        if is_much(decoded.event):
            await lay_out(decoded.event)
        heard = self._conversation.heard
        record = self._intake.keep(decoded)
        event = record.event
        if event is None:
            problem = ProtocolError(record.problem or "", cut=record.cut, event_type=record.unread)
            again = self._requests.fail_unreadable(problem)
            said = record.unread in ("", *_SAID)
            if record.cut and said and e.ConversationTranscript.event_type not in again:
                self._recovery.cut_short()
        elif isinstance(event, e.GeneralError):
            self._receive_error(event)
        else:
            self._requests.settle(event)
            self._turns.sign(event, heard)
        if event is None or isinstance(event, _TELLING):
            self._recovery.check()
        return event

    def _receive_error(self, event: e.GeneralError) -> None:
        if event.message_link is not None:
            if event.message_link not in self._fetching or event.linked is not None:
                self._fetching.add(event.message_link)
                key = self._conversation.large_key(event)
                self._tasks.spawn(self._fetch_large(event, key, event.message_link))
            return
        about = (None, "", self._conversation.id)
        if not self._requests.settle(event) and event.conversation_id in about:
            self._turns.fail(error_of(event))

    async def _fetch_large(self, error: e.GeneralError, key: str, link: str) -> None:
        """Fetch a message too large for the socket, and take it in as if it had come by it."""
        way, address = self._connection.link, self._connection.address
        try:
            async with self._fetches:
                event = await fetch_large_message(way, link, address, self._trusted)
        except CaptivateError as failed:
            self._large_missed(error, key, failed)
            return
        finally:
            self._fetching.discard(link)
        if isinstance(event, e.BotMessage):
            event = msgspec.structs.replace(event, conversation_id=error.conversation_id)
        await self.receive(encode(msgspec.structs.replace(event, event_id=key)))

    def _large_missed(self, error: e.GeneralError, key: str, failed: CaptivateError) -> None:
        """Tell that something large could not be had: whoever asked for it, or all who read."""
        if error.linked is not None:
            self._requests.refuse(error.linked, failed)  # nobody waits where the connection broke
            return
        self._intake.problem(str(failed))
        self._intake.note(MISSED, error.conversation_id, large=key)
        self._turns.fail(failed)
