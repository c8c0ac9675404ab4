"""A chat as a user has it: say, click, send, restart, resume.

All state lives in `Conversation` and changes only through events; a session sends, and waits for
what comes back. It belongs to the loop it was opened on; its methods can be awaited from any other
loop too and then run there. `parts` puts together what it is made of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Self

from captivate_nb.conversation.code import steps_of
from captivate_nb.conversation.delivery import CHECK
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.notes import CHECKED_AFTER
from captivate_nb.conversation.options import offered, said_by
from captivate_nb.conversation.replay import log_until
from captivate_nb.conversation.transcript import Reply, Transcript
from captivate_nb.errors import InvalidMessage, UsageError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode, to_json
from captivate_nb.protocol.content import Action, File, Option
from captivate_nb.rendering.sanitize import clean

from .attachments import Attachable, attachables
from .http import sendable
from .link import Link
from .live import LiveConversation
from .network import NetworkLink
from .own_loop import on_own_loop
from .parts import Parts
from .repeating import repeat
from .secrets import redact_frame
from .server_calls import ServerCalls
from .timeouts import Timeouts
from .transport import Address, check_size
from .validation import id_of, json_of, new_id, object_of, seconds_of, text_of


class Session(LiveConversation, ServerCalls):
    """A live session. Open one with `captivate_nb.connect` or `captivate_nb.demo`.

    Seconds that a call is not given are those of `timeouts`.
    """

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
        timeouts: Timeouts | None = None,
    ) -> None:
        super().__init__(EventLog(redact=lambda frame: redact_frame(frame, address.secrets)))
        self.server: Any = None
        """The embedded server this session brought with it, or None."""
        self.timeouts = timeouts or Timeouts()
        """For how long it waits for what, in seconds."""
        self._trusted = tuple(trusted_hosts)
        self._at_close: list[Callable[[], Awaitable[None]]] = []
        start = e.ConversationStart(
            user_id=user_id or "anon",
            user=user or {},
            user_data=user_data,
            metadata=metadata or {},
        )
        told = (self.events, self.conversation, self._listeners, self._tasks, self._show)
        way = (address, link or NetworkLink(), self.timeouts)
        self._parts = Parts(*told, *way, start, greet, self._trusted)
        if self.timeouts.check != CHECK:
            self._parts.intake.note(CHECKED_AFTER, None, seconds=self.timeouts.check)

    def __repr__(self) -> str:
        conversation = clean(self.conversation_id or "") or "no conversation"
        return f"<Session {self.status} {self.url} {conversation}>"

    @property
    def url(self) -> str:
        """Return the server's address, without the key."""
        return str(self._parts.connection.address)

    @property
    def latency(self) -> float | None:
        """Return the seconds the newest reply took to begin."""
        return self._parts.turns.latency

    # --- opening and closing -----------------------------------------------------------------

    @on_own_loop
    async def open(self) -> Self:
        """Connect, start a conversation, and wait for its greeting.

        Raise `ConnectError` or one of its kinds. Cancelling closes what was opened.
        """
        try:
            await self._parts.connection.open()
            await self._parts.starting.begin()
        except BaseException:
            await self.close()
            raise
        return self

    @on_own_loop
    async def close(self) -> None:
        """Close for good, with what the session brought with it; again is harmless.

        Cancelling is safe: it is closed all the same.
        """
        self._tasks.end()
        closing, self._at_close = self._at_close, []
        try:
            await self._parts.connection.close()
        finally:
            for close in closing:
                await close()

    def at_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Await `close()` when the session is closed."""
        self._at_close.append(close)

    @on_own_loop
    async def reconnect_now(self) -> None:
        """Try to connect again at once, where that is due later; `status` tells how it went.

        Raise `SessionClosed` when the session is closed.
        """
        self._check_open()
        self._parts.connection.hurry()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- what the user does ------------------------------------------------------------------

    @on_own_loop
    async def say(
        self,
        text: str,
        *,
        wait: bool = True,
        settle: float | None = None,
        timeout: float | None = None,
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
        settle: float | None = None,
        timeout: float | None = None,
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
        settle: float | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """Send files, by URL, path, `File` or `(name, bytes, MIME type)`, and return the reply.

        Local files are uploaded where the server offers it, and else go inside the message. Raise
        `InvalidFile` when one cannot be read or is too large for either; else as `say` does.
        """
        if not files:
            raise InvalidMessage("There are no files to send. Nothing was sent.")
        to, offer = self._parts.connection, self.conversation.upload_url
        given = attachables(files)
        ready = tuple([await sendable(each, to.link, offer, to.address) for each in given])
        return await self._speak(text or "", ready, wait, settle, timeout)

    @on_own_loop
    async def send_again(
        self,
        message: Message | str,
        *,
        wait: bool = True,
        settle: float | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """Send a message again that failed, or of which it is not known whether it arrived.

        `message` is it or its ID, as in `outbox`. If it had arrived after all, the bot hears it
        twice. Raise `UsageError` for any other message; else as `say` does.
        """
        sent = self._undecided(message)
        send = self._parts.outbox.send_again
        return await self._take_turn(lambda: send(sent), sent.client_msg_id, wait, settle, timeout)

    @on_own_loop
    async def mark_arrived(self, message: Message | str) -> None:
        """Say that a message arrived which failed, or of which that is not known.

        `message` is it or its ID, as in `outbox`; one that was never sent is dropped. Raise
        `UsageError` for any other message.
        """
        self._parts.outbox.mark_arrived(self._undecided(message))

    @on_own_loop
    async def stop_waiting(self) -> None:
        """End every wait for a reply, whoever waits: each returns what has come so far.

        What was said stays said, and the bot may still answer it.
        """
        self._parts.turns.stop()

    @on_own_loop
    async def act(
        self,
        id: str,  # noqa: A002  # the wire's own name
        data: Any = None,
        *,
        wait: bool = False,
        settle: float | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """Send an action, such as the reserved `escalateToHuman`.

        An action need not have a reply: by default it returns an empty one once it is sent. Raise
        `Undelivered` when the connection breaks right then, and else what `say` does.
        """
        sent = {} if data is None else json_of(data, "An action's data")
        action = Action(id_of(id, "An action's ID"), sent)
        event = e.ActionSent(conversation_id=self._current(), action=action)
        send = self._parts.channel.send_action
        return await self._take_turn(lambda: send(event), None, wait, settle, timeout)

    @on_own_loop
    async def edit(self, message_id: str, text: str) -> None:
        """Replace the text of one of the user's own messages.

        Raise `RequestTimeout` when the server does not confirm it, `ServerError` for its own.
        """
        current = self._current()
        event = e.EditMessage(
            conversation_id=current,
            client_msg_id=new_id(),
            message_id=id_of(message_id, "A message's ID"),
            text=text_of(text),
        )
        await self._parts.channel.request(event, e.MessageEdited, current)

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
        await self._parts.connection.wait_open()
        await self._parts.recovery.settled()
        await self._parts.channel.send_frame(frame)

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

        Of the same user, what is `private` stays where other metadata is given without it. Raise
        `RequestTimeout` when the server does not start one; the current one then goes on.
        """
        self._check_open()
        await self._parts.starting.begin_anew(user_id, user, metadata)

    @on_own_loop
    async def resume(self, conversation_id: str) -> Transcript:
        """Go on in an earlier conversation, and return its transcript.

        Raise `ServerError` when the server does not know it; the current one then goes on.
        """
        self._check_open()
        wanted = id_of(conversation_id, "A conversation's ID")
        async with self._parts.starting.alone:
            await self._parts.queries.transcript(wanted)
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
        steps = steps_of(map(self._parts.intake.as_given, log_until(self.events, n)))
        if missing := [step.n for step in steps if step.shortened]:
            raise UsageError(
                f"Event {missing[0]} is not kept whole, as the log has grown large, and cannot be"
                " done again."
            )
        again = await self.beside()
        try:
            await repeat(again, steps)
        except BaseException:
            await again.close()
            raise
        self.at_close(again.close)
        return again

    @on_own_loop
    async def beside(self, /, **changes: Any) -> Session:
        """Open a session on the same server, in a new conversation begun as this one was.

        `changes` are arguments of `captivate_nb.connect` to begin it with instead, such as
        `greet="ask"`. It is closed by whoever asked for it. Raise what `connect` does.
        """
        begun = {**self._parts.starting.as_given(), "timeouts": self.timeouts, **changes}
        another = Session(
            self._parts.connection.address,
            **begun,
            trusted_hosts=self._trusted,
            link=self._parts.connection.link,
        )
        return await another.open()

    # --- how it is done ----------------------------------------------------------------------

    async def _speak(
        self,
        text: str,
        files: tuple[File, ...],
        wait: bool,
        settle: float | None,
        timeout: float | None,
    ) -> Reply:
        event = e.UserMessage(
            conversation_id=self._current(),
            client_msg_id=new_id(),
            text=text_of(text),
            files=files,
        )
        check_size(encode(event))
        send = self._parts.outbox.send
        return await self._take_turn(
            lambda: send(event), event.client_msg_id, wait, settle, timeout
        )

    async def _take_turn(
        self,
        send: Callable[[], Awaitable[None]],
        message_id: str | None,
        wait: bool,
        settle: float | None,
        timeout: float | None,
    ) -> Reply:
        quiet = seconds_of(self.timeouts.settle if settle is None else settle, "settle")
        whole = seconds_of(self.timeouts.answer if timeout is None else timeout, "timeout")
        take = self._parts.turns.take
        return await take(send, message_id, wait=wait, settle=quiet, timeout=whole)

    def _undecided(self, message: Message | str) -> e.UserMessage:
        if isinstance(message, Message):
            return self._parts.outbox.undecided(message.id, message.text, self._current())
        return self._parts.outbox.undecided(text_of(message), message, self._current())
