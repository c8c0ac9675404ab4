"""A chat as a user has it: say, click, send, restart, resume.

All state lives in `Conversation` and changes only through events; a session sends, and waits for
what comes back. It belongs to the loop it was opened on; its methods can be awaited from any other
loop too and then run there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from captivate_nb.conversation.code import steps_of
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.notes import ARRIVED
from captivate_nb.conversation.options import offered, said_by
from captivate_nb.conversation.problems import named
from captivate_nb.conversation.replay import log_until
from captivate_nb.conversation.transcript import Reply, Transcript
from captivate_nb.errors import (
    InvalidFile,
    InvalidMessage,
    ReplyTimeout,
    UsageError,
    counted,
    did_you_mean,
)
from captivate_nb.local_files import IN_BROWSER
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode, to_json
from captivate_nb.protocol.content import Action, File, Option
from captivate_nb.rendering.sanitize import clean, quoted

from .attachments import Attachable, attachables, resolve
from .dealing import deal
from .http import upload
from .link import Link
from .live import TIMEOUT, new_id, on_own_loop
from .network import NetworkLink
from .queries import Records
from .repeating import repeat
from .secrets import Hidden
from .transport import Address, check_size
from .validation import id_of, json_of, object_of, seconds_of, text_of
from .waiting import Turn

SETTLE = 0.3
"""Seconds of quiet after which a reply is complete."""

GREETING_WAIT = 5.0
"""Seconds that opening waits for a greeting at the most; none is no error."""

SELF_GREETING_WAIT = 2.0
"""Seconds that `greet="auto"` gives a server to greet by itself."""


class Session(Records):
    """A live session. Open one with `captivate_nb.connect` or `captivate_nb.demo`."""

    def __init__(
        self,
        address: Address,
        *,
        user_id: str = "anon",
        user: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        user_data: dict[str, Any] | None = None,
        greet: str = "bot",
        trusted_hosts: Iterable[str] = (),
        link: Link | None = None,
    ) -> None:
        if greet not in ("bot", "auto", "user"):
            raise UsageError(
                f"greet={greet!r} is not known: it is “bot”, “auto” or “user”."
                + did_you_mean(str(greet), ("bot", "auto", "user"))
            )
        super().__init__(address, link or NetworkLink(), trusted_hosts)
        self.server: Any = None
        """The embedded server this session brought with it, or None."""
        self.latency: float | None = None
        """Seconds the newest reply took to begin."""
        self._greet = greet
        self._again: set[str] = set()  # messages that the user sends again just now
        self._dealt: dict[int, Message] = {}
        self._at_close: list[Callable[[], Awaitable[None]]] = []
        start = e.ConversationStart(
            user_id=user_id or "anon",
            user=user or {},
            user_data=user_data,
            metadata=metadata or {},
        )
        self._start = Hidden(_valid(start))  # its metadata may be private

    def __repr__(self) -> str:
        conversation = clean(self.conversation_id or "") or "no conversation"
        return f"<Session {self.status} {self.url} {conversation}>"

    # --- opening and closing -----------------------------------------------------------------

    @on_own_loop
    async def open(self) -> Self:
        """Connect, start a conversation, and wait for its greeting.

        Raise `ConnectError` or one of its kinds. Cancelling closes what was opened.
        """
        try:
            await self._connection.open()
            await self._begin()
        except BaseException:
            await self.close()
            raise
        return self

    @on_own_loop
    async def close(self) -> None:
        """Close for good, with what the session brought with it; again is harmless."""
        for task in list(self._tasks):
            task.cancel()
        closing, self._at_close = self._at_close, []
        try:
            await self._connection.close()
        finally:
            for close in closing:
                await close()

    def at_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Await `close()` when the session is closed."""
        self._at_close.append(close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- what the user does ------------------------------------------------------------------

    @on_own_loop
    async def say(
        self, text: str, *, wait: bool = True, settle: float = SETTLE, timeout: float = TIMEOUT
    ) -> Reply:
        """Say a line and return the reply: what came until quiet for `settle` seconds.

        With `wait=False` return an empty reply once it is sent. Raise `ReplyTimeout` after
        `timeout` seconds, with what did arrive; `InvalidMessage` for an empty or too large text;
        `ServerError` for the server's own; `Undelivered` when it cannot be found out whether the
        line arrived. Cancelling stops the wait: the line stays said.
        """
        if not text_of(text).strip():
            raise InvalidMessage("There is nothing to say: the text is empty. Nothing was sent.")
        return await self._speak(text, (), wait, settle, timeout)

    @on_own_loop
    async def click(
        self,
        choice: Option | str,
        *,
        wait: bool = True,
        settle: float = SETTLE,
        timeout: float = TIMEOUT,
    ) -> Reply:
        """Choose an option, or the one on offer with that label or value, and return the reply.

        An `Option` of an earlier turn is sent too, as a reader can still click it. Raise
        `UnknownChoice` when none is meant; else as `say` does.
        """
        self._check_open()
        option = choice if isinstance(choice, Option) else offered(str(choice), self.transcript)
        return await self._speak(said_by(option), (), wait, settle, timeout)

    @on_own_loop
    async def send_files(
        self,
        files: Attachable | Sequence[Attachable],
        text: str | None = None,
        *,
        wait: bool = True,
        settle: float = SETTLE,
        timeout: float = TIMEOUT,
    ) -> Reply:
        """Send files, by URL, path, `File` or `(name, bytes, MIME type)`, and return the reply.

        Local files are uploaded where the server offers it, and else go inside the message. Raise
        `InvalidFile` when one cannot be read or is too large for either; else as `say` does.
        """
        if not files:
            raise InvalidMessage("There are no files to send. Nothing was sent.")
        ready = tuple([await self._sendable(file) for file in attachables(files)])
        return await self._speak(text or "", ready, wait, settle, timeout)

    @on_own_loop
    async def send_again(
        self,
        message: Message | str,
        *,
        wait: bool = True,
        settle: float = SETTLE,
        timeout: float = TIMEOUT,
    ) -> Reply:
        """Send a message again that failed, or of which it is not known whether it arrived.

        `message` is it or its ID, as in `outbox`. If it had arrived after all, the bot hears it
        twice. Raise `UsageError` for any other message; else as `say` does.
        """
        sent = self._undecided(message)

        async def send() -> None:
            self._again.add(sent.client_msg_id)
            try:
                await self._send_message(sent)
            finally:
                self._again.discard(sent.client_msg_id)

        return await self._take_turn(send, sent.client_msg_id, wait, settle, timeout)

    @on_own_loop
    async def mark_arrived(self, message: Message | str) -> None:
        """Say that a message arrived which failed, or of which that is not known.

        `message` is it or its ID, as in `outbox`; one that was never sent is dropped. Raise
        `UsageError` for any other message.
        """
        sent = self._undecided(message)
        if self._queued.pop(sent.client_msg_id, None) is not None:
            self._share_outbox()
            return
        self._note(ARRIVED, self.conversation.id, message=sent.client_msg_id)

    @on_own_loop
    async def reconnect_now(self) -> None:
        """Try to connect again at once, where that is due later; `status` tells how it went.

        Raise `SessionClosed` when the session is closed.
        """
        self._check_open()
        self._connection.hurry()

    @on_own_loop
    async def stop_waiting(self) -> None:
        """End every wait for a reply, whoever waits: each returns what has come so far.

        What was said stays said, and the bot may still answer it.
        """
        for turn in self._turns:
            turn.stop()

    @on_own_loop
    async def act(
        self,
        id: str,  # noqa: A002  # the wire's own name
        data: Any = None,
        *,
        wait: bool = False,
        settle: float = SETTLE,
        timeout: float = TIMEOUT,
    ) -> Reply:
        """Send an action, such as the reserved `escalateToHuman`.

        An action need not have a reply: by default it returns an empty one once it is sent.
        """
        sent = {} if data is None else json_of(data, "An action's data")
        action = Action(id_of(id, "An action's ID"), sent)
        event = e.ActionSent(conversation_id=self._current(), action=action)
        return await self._take_turn(lambda: self._send(event), None, wait, settle, timeout)

    @on_own_loop
    async def edit(self, message_id: str, text: str) -> None:
        """Replace the text of one of the user's own messages."""
        current = self._current()
        event = e.EditMessage(
            conversation_id=current,
            client_msg_id=new_id(),
            message_id=id_of(message_id, "A message's ID"),
            text=text_of(text),
        )
        await self._request(event, e.MessageEdited, current)

    @on_own_loop
    async def send_raw(self, event: dict[str, Any]) -> None:
        """Send any event as it is given: `{"event_type", "event_payload"}`, or with its envelope.

        Raise `UsageError` when it is no dict, `ProtocolError` when it has no JSON form,
        `InvalidMessage` when it is too large.
        """
        self._check_open()
        object_of(event, "An event")
        wrapped = event if "event" in event else {"action": "sendMessage", "event": event}
        frame = to_json(wrapped)
        await self._connection.wait_open()
        await self._recovery.settled()
        await self._send_frame(frame)

    # --- other conversations -----------------------------------------------------------------

    @on_own_loop
    async def restart(
        self,
        *,
        user_id: str | None = None,
        user: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Start a new conversation, as the same user with the same metadata where not given.

        Of the same user, what is `private` stays where other metadata is given without it.
        """
        self._check_open()
        given = {"user_id": user_id, "user": user, "metadata": metadata}
        changes: dict[str, Any] = {k: value for k, value in given.items() if value is not None}
        before = self._start.reveal()
        if user_id is not None or user is not None:
            changes["user_data"] = None  # it was the other user's
        elif metadata is not None and "private" in before.metadata:
            kept = {"private": before.metadata["private"]}
            changes["metadata"] = kept | object_of(metadata, "Metadata")
        self._start = Hidden(_valid(msgspec.structs.replace(before, **changes)))
        await self._begin()

    @on_own_loop
    async def resume(self, conversation_id: str) -> Transcript:
        """Go on in an earlier conversation, and return its transcript.

        Raise `ServerError` when the server does not know it; the current one then goes on.
        """
        self._check_open()
        request = e.TranscriptRequest(conversation_id=id_of(conversation_id, "A conversation's ID"))
        await self._request(request, e.ConversationTranscript, conversation_id)
        await self.fetch_metadata()
        return self.transcript

    @on_own_loop
    async def branch(self, n: int) -> Session:
        """Open a session beside this one and do there what the user did up to event `n`.

        It starts a new conversation on the same server, as the same user with the metadata this
        one began with, and is closed with this session. Negative `n` counts from the end. Raise
        `UsageError` when there is no such event, and what `say` and `click` do. Cancelling closes
        it.
        """
        steps = steps_of(map(self._as_given, log_until(self.events, n)))
        if missing := [step.n for step in steps if step.shortened]:
            raise UsageError(
                f"Event {missing[0]} is not kept whole, as the log has grown large, and cannot be"
                " done again."
            )
        start = self._start.reveal()
        again = Session(
            self._connection.address,
            user_id=start.user_id or "anon",
            user=start.user,
            metadata=start.metadata,
            user_data=start.user_data,
            greet=self._greet,
            trusted_hosts=self._trusted,
            link=self._connection.link,
        )
        await again.open()
        try:
            await repeat(again, steps)
        except BaseException:
            await again.close()
            raise
        self.at_close(again.close)
        return again

    # --- how it is done ----------------------------------------------------------------------

    async def _speak(
        self, text: str, files: tuple[File, ...], wait: bool, settle: float, timeout: float
    ) -> Reply:
        event = e.UserMessage(
            conversation_id=self._current(),
            client_msg_id=new_id(),
            text=text_of(text),
            files=files,
        )
        check_size(encode(event))
        return await self._take_turn(
            lambda: self._send_message(event), event.client_msg_id, wait, settle, timeout
        )

    def _undecided(self, message: Message | str) -> e.UserMessage:
        """Return what is to be sent again, or is said to have arrived."""
        current = self._current()
        name = message.id if isinstance(message, Message) else text_of(message)
        waiting = self._queued.get(name)
        sent = self.conversation.deliveries.get(name)
        if name not in self._again:
            if waiting is not None and waiting.message.delivery == "failed":
                return msgspec.structs.replace(waiting.event.reveal(), conversation_id=current)
            if sent is not None and name in self.conversation.deliveries.undecided:
                return sent.event
        meant = quoted(message.text if isinstance(message, Message) else name)
        open_ = [m.text for m in self.outbox if m.delivery != "queued" and m.id not in self._again]
        raise UsageError(
            f"{meant} {self._why_settled(name)}: there is nothing to decide about it. In"
            f" session.outbox, to be decided about: {named(open_) or 'nothing now'}."
        )

    def _why_settled(self, name: str) -> str:
        deliveries = self.conversation.deliveries
        if name in self._again:
            return "is being sent again already"
        if name in self._queued:
            return "waits to be sent for the first time, and goes out by itself"
        if deliveries.has_arrived(name):
            return "has arrived"
        if name in deliveries.held:
            return "is being checked, and is sent again by itself if it did not arrive"
        if name in deliveries:
            return "was sent, and nothing says that it did not arrive"
        return "is no message that was sent in this conversation"

    async def _take_turn(
        self,
        send: Callable[[], Awaitable[None]],
        message_id: str | None,
        wait: bool,
        settle: float,
        timeout: float,
    ) -> Reply:
        """Send, and collect what comes back until it is quiet."""
        settle, timeout = seconds_of(settle, "settle"), seconds_of(timeout, "timeout")
        conversation, acted = self.conversation.id, len(self.actions)
        deadline = self.loop.time() + timeout
        with self._turn(message_id) as turn:
            if not wait:
                await send()
                return Reply()
            turn.reply = []
            quiet = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await send()
                quiet = await turn.wait(settle, deadline)
            same = self.conversation.id == conversation
            if same:
                self._deal()
            else:
                turn.reply += [message for message in self.transcript if message.sender != "user"]
        reply = Reply(
            turn.reply,
            latency=turn.latency,
            actions=self.actions[acted if same else 0 :],
        )
        if not quiet:
            raise ReplyTimeout(self._timeout_text(reply, timeout, message_id), reply)
        return reply

    @contextlib.contextmanager
    def _turn(self, message_id: str | None = None) -> Iterator[Turn]:
        """Note the signs of a reply from here on."""
        turn = Turn(message_id, len(self.transcript))
        self._turns.append(turn)
        try:
            yield turn
        finally:
            self._turns.remove(turn)
            self.latency = turn.latency or self.latency
            if not self._turns:
                self._dealt.clear()

    def _deal(self) -> None:
        """Put what came into the replies of the turns under way, each message into one."""
        turns = [
            (self._index_after(turn.message_id, turn.start), turn.reply)
            for turn in self._turns
            if turn.reply is not None
        ]
        deal(self.transcript, turns, self._dealt)

    def _index_after(self, message_id: str | None, start: int) -> int:
        """Return the index behind the user's own message, wherever a merge has put it."""
        if message_id is None:
            return start
        for index in range(len(self.transcript) - 1, -1, -1):
            if self.transcript[index].id == message_id:
                return index + 1
        return len(self.transcript)

    def _timeout_text(self, reply: Reply, timeout: float, message_id: str | None) -> str:
        if message_id in self.conversation.deliveries.held:
            return (
                f"No reply within {timeout:g} s: the connection broke, and it is being found out"
                " whether the message arrived. Until then it is in session.outbox."
            )
        if self.status == "reconnecting":
            return (
                f"No connection for {timeout:g} s: the message waits and goes out when it is back."
                f" {self._prospect()}"
            )
        if self._queued:
            return (
                f"Not sent for {timeout:g} s: the message waits until it is known whether the one"
                " before it arrived, and goes out then."
            )
        some = f"{counted(len(reply), 'message')} came, and the bot had not finished"
        came = some if reply else "nothing came"
        return (
            f"No complete reply within {timeout:g} s: {came}. The message was sent; wait longer"
            " with timeout=, or look at session.transcript."
        )

    async def _begin(self) -> None:
        """Start a conversation and wait for its greeting; a bot need not greet."""
        with self._turn() as turn:
            started = await self._request(self._start.reveal(), e.ConversationStarted)
            if self._greet == "user":
                return
            if self._greet == "auto":
                await turn.wait(SETTLE, self.loop.time() + SELF_GREETING_WAIT)
                if self.transcript:
                    return
            current = started.conversation_id
            greeting = e.UserMessage(conversation_id=current, client_msg_id=new_id())
            self._recovery.greeting = greeting
            try:
                await self._send(greeting)
                await turn.wait(SETTLE, self.loop.time() + GREETING_WAIT)
            finally:
                self._recovery.greeting = None

    async def _sendable(self, given: Attachable) -> File:
        on_disk = isinstance(given, str | Path) and not IN_BROWSER
        local = await asyncio.to_thread(resolve, given) if on_disk else resolve(given)
        if isinstance(local, File):
            return local
        if not local.data:
            raise InvalidFile(f"“{local.name}” is empty. Nothing was sent.")
        offer = self.conversation.upload_url
        if offer is None:
            return local.inline()
        at = self._connection
        return await upload(at.link, offer, at.address, local.name, local.data, local.mimetype)


def _valid(start: e.ConversationStart) -> e.ConversationStart:
    """Return what a conversation is started with; raise `UsageError` for what cannot be meant."""
    id_of(start.user_id, "A user's ID")
    object_of(start.user, "A user")
    if start.user_data is not None:
        object_of(start.user_data, "User data")
    metadata = object_of(start.metadata, "Metadata")
    return msgspec.structs.replace(start, metadata=metadata.copy())  # the caller may change theirs
