"""Taking turns: something is sent, and what comes back until it is quiet is the reply."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator

from captivate_nb.conversation.message import Message
from captivate_nb.conversation.state import Conversation
from captivate_nb.conversation.transcript import Reply
from captivate_nb.errors import CaptivateError, ReplyTimeout, counted
from captivate_nb.protocol import events as e

from .dealing import deal
from .waiting import ReplyWaiter

LEFT = "Another conversation was begun before the reply was complete."
UNSENT = "Not sent within {:g} s: the connection takes nothing more. It goes out when it does."


class Turns:
    """The turns under way in one conversation, oldest first.

    `late(message_id, timeout)` says why the reply to a message may not have come in time, and
    nothing where it was sent and not answered.
    """

    def __init__(
        self, conversation: Conversation, late: Callable[[str | None, float], str]
    ) -> None:
        self._conversation = conversation
        self._late = late
        self._turns: list[ReplyWaiter] = []  # those being waited for
        self._dealt: dict[int, Message] = {}  # in some reply already, by identity
        self.latency: float | None = None
        """Seconds the newest reply took to begin."""

    async def take(
        self,
        send: Callable[[], Awaitable[None]],
        message_id: str | None,
        *,
        wait: bool,
        settle: float,
        timeout: float,
    ) -> Reply:
        """Send, and collect what comes back until it is quiet for `settle` seconds.

        Raise `ReplyTimeout` after `timeout` seconds, with what came, and when another conversation
        is begun meanwhile. Cancelling stops the wait.
        """
        talk = self._conversation
        acted = len(talk.actions)
        deadline = asyncio.get_running_loop().time() + timeout
        with self.begin(message_id) as turn:
            if not wait:
                try:
                    async with asyncio.timeout_at(deadline):
                        await send()
                except TimeoutError:
                    why = self._late(message_id, timeout) or UNSENT.format(timeout)
                    raise ReplyTimeout(why, Reply()) from None
                return Reply()
            turn.reply = []
            quiet = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await send()
                quiet = await turn.wait(settle, deadline)
            self._deal()
        reply = Reply(turn.reply, latency=turn.latency, actions=talk.actions[acted:])
        if not quiet:
            raise ReplyTimeout(self._timed_out(reply, timeout, message_id), reply)
        return reply

    @contextlib.contextmanager
    def begin(self, message_id: str | None = None) -> Iterator[ReplyWaiter]:
        """Note the signs of a reply from here on."""
        talk = self._conversation
        turn = ReplyWaiter(
            message_id, len(talk.transcript), lambda: message_id in talk.deliveries.doubted
        )
        self._turns.append(turn)
        try:
            yield turn
        finally:
            self._turns.remove(turn)
            self.latency = turn.latency or self.latency
            if not self._turns:
                self._dealt.clear()

    def sign(self, event: e.Event, heard: int) -> None:
        """Take in a sign of a reply; one may come in a transcript, too. What is a repeat is none.

        `heard` is how much of the other side there was before the event.
        """
        if not self._turns or self._conversation.heard <= heard:
            return
        for turn in self._turns:
            if isinstance(event, e.ConversationTranscript):
                turn.sign()
            else:
                turn.note(event)

    def sending(self, message_id: str) -> None:
        """Wait from now on for the reply to a message, which is sent, for the first time or again."""
        for turn in self._turns:
            if turn.message_id == message_id:
                turn.begin()

    def look_again(self) -> None:
        """See in every wait whether its message is still in doubt."""
        for turn in self._turns:
            turn.look_again()

    def leave(self) -> None:
        """End every wait for a reply, as another conversation was begun."""
        for turn in self._turns:
            if turn.reply is not None:
                turn.fail(ReplyTimeout(LEFT, Reply()))

    def fail(
        self, error: CaptivateError, message_id: str | None = None, *, but: Collection[str] = ()
    ) -> None:
        """End every wait, or that for the reply to one message, with an error.

        Those for a reply to the messages of `but` go on, or end as they were ended.
        """
        for turn in self._turns:
            if message_id in (None, turn.message_id) and turn.message_id not in but:
                turn.fail(error)

    def stop(self, message_id: str | None = None) -> None:
        """End every wait, or that for the reply to one message, with what has come so far."""
        for turn in self._turns:
            if message_id in (None, turn.message_id):
                turn.stop()

    def _deal(self) -> None:
        """Put what came into the replies of the turns under way, each message into one."""
        turns = [
            (self._index_after(turn.message_id, turn.start), turn.reply)
            for turn in self._turns
            if turn.reply is not None and turn.expects
        ]
        deal(self._conversation.transcript, turns, self._dealt)

    def _index_after(self, message_id: str | None, start: int) -> int:
        """Return the index behind the user's own message, wherever a merge has put it."""
        if message_id is None:
            return start
        transcript = self._conversation.transcript
        for index in range(len(transcript) - 1, -1, -1):
            if transcript[index].id == message_id:
                return index + 1
        return len(transcript)

    def _timed_out(self, reply: Reply, timeout: float, message_id: str | None) -> str:
        if why := self._late(message_id, timeout):
            return why
        some = f"{counted(len(reply), 'message')} came, and the bot had not finished"
        came = some if reply else "nothing came"
        return (
            f"No complete reply within {timeout:g} s: {came}. The message was sent; wait longer"
            " with timeout=, or look at session.transcript."
        )
