"""Sessions beside a session: the same done again in another conversation on its server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Self, cast

from captivate_nb.conversation.code import Step, steps_of
from captivate_nb.conversation.differences import difference
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.problems import Problem
from captivate_nb.conversation.replay import log_until
from captivate_nb.conversation.transcript import Transcript
from captivate_nb.errors import UsageError

from .own_loop import on_own_loop
from .repeating import repeat
from .server_calls import ServerCalls
from .timeouts import Timeouts


class Beside(ServerCalls):
    """The calls of a session that open another one beside it."""

    events: EventLog
    server: Any
    timeouts: Timeouts
    differs: int | None = None
    """Of a session that `rerun` returned, the first message that is another than before."""
    _trusted: tuple[str, ...]

    @property
    def transcript(self) -> Transcript:
        return self.conversation.transcript

    def at_close(self, close: Callable[[], Awaitable[None]]) -> None:
        raise NotImplementedError

    @on_own_loop
    async def branch(self, n: int) -> Self:
        """Open a session beside this one and do there what the user did up to event `n`.

        It starts a new conversation on the same server, as the same user with the metadata this
        one began with, and is closed with this session. Negative `n` counts from the end. Raise
        `UsageError` when there is no such event, and what `say` and `click` do. Cancelling closes
        it.
        """
        return await self._done_again(n)

    @on_own_loop
    async def rerun(self) -> Self:
        """Do this conversation again from its start, beside it, against the bot as it is now.

        Return the other session, which is closed with this one: its `differs` is the index of the
        first message that is another than here, None where all are the same; a line in its `errors`
        says so. Raise what `branch` does. Cancelling closes it.
        """
        again = await self._done_again(-1)
        again.compare(self.transcript)
        return again

    @on_own_loop
    async def start_at(self, turn: int) -> Self:
        """Open a session beside this one that stands where this one stood before a turn of the bot.

        It is a new conversation with the metadata of then, closed with this one. Raise `UsageError`
        when the turn is not kept, or the bot is not this session's own. Cancelling closes it.
        """
        if self.server is None:
            raise UsageError("The turns of a bot elsewhere are not known here.")
        record = self.server.turn(turn)
        another = self._another(metadata=record.metadata, greet="user")
        await another.open()
        self.at_close(another.close)
        self.server.put_at(another.conversation_id, turn)
        return cast("Self", another)

    def compare(self, before: Transcript) -> None:
        """List where this conversation parts from another one, in which the user did the same."""
        self.differs, told = difference(before, self.transcript)
        intake = self._parts.intake
        intake.list(Problem(told, "", intake.now(), good=self.differs is None))

    async def _done_again(self, n: int) -> Self:
        steps = self._steps(n)
        again = self._another()
        await again.open()
        try:
            await repeat(again, steps, again.timeouts.action)
        except BaseException:
            await again.close()
            raise
        self.at_close(again.close)
        return cast("Self", again)

    def _steps(self, n: int) -> Iterable[Step]:
        steps = steps_of(map(self._parts.intake.as_given, log_until(self.events, n)))
        if missing := [step.n for step in steps if step.shortened]:
            raise UsageError(
                f"Event {missing[0]} is not kept whole, as the log has grown large, and cannot be"
                " done again."
            )
        return steps

    def _another(self, **others: Any) -> Any:
        """Return a session on the same server, as the same user, that is still to be opened."""
        connection = self._parts.connection
        another: Any = cast("Any", type(self))(
            connection.address,
            **{**self._parts.starting.as_given(), **others},
            trusted_hosts=self._trusted,
            link=connection.link,
            timeouts=self.timeouts,
        )
        if self.server is not None:
            another.follow(self.server)
        return another
