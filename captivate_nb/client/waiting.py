"""Waiting for what comes back: answers to requests, and the reply to a turn.

The wire has no request ids. An answer is known by its type and conversation, in the order of the
requests; a reply is what comes until the bot has been quiet for a while.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import TypeVar

from captivate_nb.conversation.message import Message
from captivate_nb.errors import CaptivateError, ProtocolError, ServerError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Pause

Answer = TypeVar("Answer", bound=e.ServerEvent)
_SIGNS = (e.BotMessage, e.LivechatMessage, e.ActionsReceived, e.ConversationUpdate)


class Disconnected(Exception):
    """The connection broke before an answer came."""


class Garbled(Disconnected):
    """Something came that cannot be read, and may have been the answer; it says what."""


class Pending:
    """A request that waits for its answer: the first event called `name` that `matches`.

    An error about its conversation ends it, too, and `refused()` is called, before anything that
    comes after the error is taken in. One that only `reads` can be asked again.
    """

    def __init__(
        self,
        matches: Callable[[e.Event], bool],
        conversation_id: str | None,
        name: str = "",
        *,
        reads: bool = False,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self.matches = matches
        self.conversation_id = conversation_id
        self.name = name
        self.reads = reads
        self.refused = refused
        self.answer: asyncio.Future[e.Event] = asyncio.get_running_loop().create_future()


class Requests:
    """The requests under way, oldest first."""

    def __init__(self) -> None:
        self._pending: list[Pending] = []  # in the order they were asked

    def add(self, pending: Pending) -> None:
        """Let a request wait, as it goes out now."""
        self._pending.append(pending)

    def remove(self, pending: Pending) -> None:
        """Stop waiting; harmless when it was answered, whether anybody looked at it or not."""
        if pending in self._pending:
            self._pending.remove(pending)
        if pending.answer.done() and not pending.answer.cancelled():
            pending.answer.exception()

    def settle(self, event: e.Event) -> bool:
        """Give an event to the oldest request it answers; tell whether there was one."""
        for pending in self._pending:
            if isinstance(event, e.GeneralError):
                if event.conversation_id in (None, pending.conversation_id):
                    self._resolve(pending, error_of(event))
                    return True
            elif pending.matches(event):
                self._resolve(pending, event)
                return True
        return False

    def fail(self, error: Exception) -> None:
        """End every wait with an error."""
        for pending in self._pending[:]:
            self._resolve(pending, error)

    def fail_unreadable(self, problem: ProtocolError) -> set[str]:
        """End the waits for what can be asked again, and may have come as what cannot be read.

        Return the names of the answers that will be asked for again.
        """
        ended = [
            pending
            for pending in self._pending
            if pending.reads and (problem.cut or problem.event_type == pending.name)
        ]
        for pending in ended:
            self._resolve(pending, Garbled(str(problem)))
        return {pending.name for pending in ended}

    def refuse(self, name: str, error: Exception) -> None:
        """End the waits for an answer of this wire name: it cannot be had."""
        for pending in self._pending[:]:
            if pending.name == name:
                self._resolve(pending, error)

    def _resolve(self, pending: Pending, outcome: e.Event | Exception) -> None:
        self._pending.remove(pending)
        if pending.answer.done():
            return
        if isinstance(outcome, Exception):
            pending.answer.set_exception(outcome)
            if isinstance(outcome, ServerError):
                pending.refused()
        else:
            pending.answer.set_result(outcome)


def error_of(event: e.GeneralError) -> ServerError:
    """Return the server's error as an exception."""
    return ServerError(event.code, event.description, event.conversation_id)


class ReplyWaiter:
    """Waits for the bot to have said all it has to say.

    Times are in seconds. `latency` runs from the turn's beginning to the first sign of a reply.
    `message_id` names the user's message, if it is one, and `start` is where the transcript ended
    before it; `reply` is None where nobody wants one. Until that message is sent, and while it is
    `doubted()` whether it arrived, what comes is no reply.
    """

    def __init__(
        self,
        message_id: str | None = None,
        start: int = 0,
        doubted: Callable[[], bool] = lambda: False,
    ) -> None:
        self.message_id = message_id
        self.start = start
        self.reply: list[Message] | None = None
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()  # set when one of those below changes
        self._start = self._loop.time()  # of the turn, in the loop's time
        self._last = self._start  # when the newest sign of a reply came
        self._pause = 0.0  # seconds that the newest message asks to wait
        self._error: CaptivateError | None = None  # raised by whoever waits
        self._stopped = False  # whether the wait ends with what has come
        self._sent = message_id is None  # whether the message is sent
        self._doubted = doubted
        self.latency: float | None = None

    @property
    def expects(self) -> bool:
        """Whether what comes may be the reply."""
        return self._sent and not self._doubted()

    def note(self, event: e.Event) -> None:
        """Take in an event that may be a sign of a reply."""
        if isinstance(event, _SIGNS):
            content = event.content if isinstance(event, e.BotMessage | e.LivechatMessage) else ()
            self.sign(sum(item.ms for item in content if isinstance(item, Pause)) / 1000)

    def sign(self, pause: float = 0.0) -> None:
        """Take in a sign of a reply, after which the bot announced a pause of so many seconds."""
        self._last = self._loop.time()
        if self.latency is None:
            self.latency = self._last - self._start
        self._pause = pause
        self._changed.set()

    def begin(self) -> None:
        """Wait for a reply to what is sent just now; what came before is none."""
        self._sent = True
        self._last, self._pause, self.latency = self._loop.time(), 0.0, None
        if self.reply is not None:
            self.reply.clear()
        self._changed.set()

    def look_again(self) -> None:
        """See whether the message is still in doubt."""
        self._changed.set()

    def forget_errors(self) -> None:
        """Go on with the wait: what went wrong before was about something else."""
        self._error = None

    def fail(self, error: CaptivateError) -> None:
        """End the wait with an error."""
        self._error = error
        self._changed.set()

    def stop(self) -> None:
        """End the wait with what has come so far."""
        self._stopped = True
        self._changed.set()

    async def wait(self, settle: float, deadline: float) -> bool:
        """Wait until it has been quiet for `settle` seconds after the last sign.

        Announced pauses prolong the quiet. Return False at `deadline`, a time of the loop's
        clock, and True too when it was stopped. Raise what `fail` was given. Cancelling is safe.
        """
        while True:
            if self._error is not None:
                raise self._error
            if self._stopped:
                return True
            answered = self.latency is not None and self.expects
            quiet = self._last + settle + self._pause if answered else math.inf
            until = min(quiet, deadline)
            if self._loop.time() >= until:
                return quiet <= deadline
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._changed.wait()
