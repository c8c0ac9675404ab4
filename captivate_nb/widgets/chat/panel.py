"""`ChatPanel`: a session as a chat that one can read, click and write in.

It holds no state of the chat. Session events come in on the session's loop and are shown; what the
user does goes to the session's public methods, posted to that loop from whatever thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from IPython import get_ipython

from captivate_nb.client.session import Session
from captivate_nb.conversation.message import Message, newest_latency
from captivate_nb.conversation.metadata import title_of
from captivate_nb.conversation.private import without_private
from captivate_nb.conversation.problems import CONNECTION, Problem
from captivate_nb.errors import UsageError, counted
from captivate_nb.kernel import post
from captivate_nb.protocol.content import Option
from captivate_nb.rendering.sanitize import clean, quoted
from captivate_nb.widgets.common.assets import describe
from captivate_nb.widgets.inspector.event_rows import position, read_object, to_text
from captivate_nb.widgets.inspector.inspector import InspectorWidget
from captivate_nb.widgets.inspector.time_travel_panel import BOT, PAST, TimeTravelPanel
from captivate_nb.widgets.messages import Close, Decision, FromHeader, Network, Restart, Send

from .choices import click_once
from .composer import Attachment, ComposerWidget, check_size
from .header import HeaderWidget
from .log import LogWidget, RemoteImages

EMPTY = "Nothing said yet. Write the first line below, and the answer appears here."

NOTES = {
    "connecting": "Connecting…",
    "reconnecting": "The connection is lost; trying again. What you write meanwhile is sent then.",
    "closed": "This session is closed. Open another with %captivate, or captivate_nb.connect().",
}
CLOSED_HINT = "Session closed: run %captivate"
CHECKING = "Checking whether {} arrived; what you write meanwhile waits."
DELETED = "This conversation was deleted. Start a new one with the button at the top."

SAVE_AFTER = 2.0
"""Seconds of quiet after which a notebook's saved state is brought up to date; a cell's end does too."""

SAVED = "A live Captivate chat was shown here. Run this cell to chat again."
CLOSED = "This chat panel was closed. ChatPanel(session) shows the chat again."


class ChatPanel(TimeTravelPanel):
    """A chat on a session: header, log, composer. Several may show one session.

    `open_inspector()` shows the session's events beside it, and `go(n)` its past.

    Its size is its `layout`'s, in CSS units: `panel.layout.height = "400px"`. Closing it frees all
    its widget models and leaves the session open.

    With `remote_images="ask"` no picture is loaded from a host before its reader allows that host;
    the session's own server needs no leave.
    """

    closed = CLOSED
    saved = SAVED

    def __init__(self, session: Session, *, remote_images: RemoteImages = "allow") -> None:
        if not isinstance(session, Session):
            raise UsageError(
                "ChatPanel needs a session, such as await captivate_nb.demo(); got"
                f" {type(session).__name__}."
            )
        self.session = session
        self._remote_images = remote_images
        self._bot = BOT if session.server is None else clean(session.server.flow.bot) or BOT
        self._latency: float | None = None  # seconds, of the newest reply
        self._unsaved: asyncio.TimerHandle | None = None  # until the state is saved
        self._stops: list[Callable[[], None]] = []  # end what it observes
        self._leave: Callable[[], None] | None = None  # closes a branch
        header = HeaderWidget(
            self.command,
            name=self._bot,
            tools=["restart", "inspect"],
            networks=[[n.name, n.about] for n in getattr(session.server, "networks", ())],
        )
        chat_log = self._make_log()
        self.composer = ComposerWidget(lambda *said: self._post(self._say(*said)))
        super().__init__(session, session.loop, header, chat_log, self.composer)
        self._listen()
        for record in session.events.where(type="conversation_start")[-1:]:
            self._started(record.event)
        self._show_state()

    def __repr__(self) -> str:
        return f"<ChatPanel on {self.session!r}>"

    def _make_log(self) -> LogWidget:
        session = self.session
        return LogWidget(
            session,
            session.loop,
            self._click,
            session.stop_waiting,
            session.fetch_file,
            self._decide,
            session.reconnect_now,
            self._send_turn,
            self._begin_anew,
            empty=EMPTY,
            bot=self._bot,
            fallback=self.display_id,
            remote_images=self._remote_images,
            trusted=[urlsplit(session.url).netloc],
        )

    def _listen(self) -> None:
        session = self.session
        self._stops = [
            session.on("transcript", self._changed),
            session.on("error", self._problem),
            session.on("delete_conversation_success", self._show_state),
            session.on("conversation_start", self._started),
            session.on("*", self._inspect),
            session.on("error", self._inspect),
        ]
        self._observe(self._show_state, "status", "reconnect_error", "conversation_id", "agent")
        self._observe(self._show_state, "metadata")
        if session.server is not None:
            self._stops.append(session.server.on_network(self._soon(self._show_state)))
            self._stops.append(session.server.on_turn(self._soon(self._bot_took_turn)))
        self._observe(self._show_outbox, "outbox")
        if shell := get_ipython():
            shell.events.register("post_run_cell", self._save)
            self._stops.append(lambda: shell.events.unregister("post_run_cell", self._save))

    def _observe(self, callback: Callable[[Any], None], *names: str) -> None:
        self.session.observe(callback, names)
        self._stops.append(lambda: self.session.unobserve(callback, names))

    def close(self) -> None:
        """Stop listening and free every model; where it was shown, the conversation stays as text."""
        if self.comm is None:
            return
        stops, self._stops = self._stops, []
        for stop in stops:
            stop()
        if self._unsaved is not None:
            self._unsaved.cancel()
        if self.beside is not None:
            self.beside.close()
        self.free()

    # --- from the session, on its loop -------------------------------------------------------

    def _changed(self, first: int) -> None:
        self.chat_log.changed(first)
        if self._unsaved is not None:
            self._unsaved.cancel()
        self._unsaved = self.session.loop.call_later(SAVE_AFTER, self._save)
        if (latency := newest_latency(self.session.transcript)) is not None:
            self._latency = latency
            self._show_state()

    def _problem(self, problem: Problem) -> None:
        if problem.about == CONNECTION:  # which the note says as long as it is so
            return
        self.chat_log.problem(
            problem.message,
            problem.detail,
            about=problem.about,
            good=problem.good,
            turn=problem.turn,
            restart=problem.restart,
        )

    def _show_outbox(self, _: Any) -> None:
        self.chat_log.changed()
        undecided = self.session.outbox
        self.chat_log.decided([m.id for m in undecided if m.delivery in ("unknown", "failed")])
        self._show_state()

    def _soon(self, work: Callable[[], None]) -> Callable[..., None]:
        """Return what does work on the session's loop, for the server to call on its thread."""

        def post_it(*_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self.session.loop.call_soon_threadsafe(work)

        return post_it

    def _bot_took_turn(self) -> None:
        if self.inspector is not None:
            self.inspector.tell_state(anew=False)

    def _show_state(self, _: Any = None) -> None:
        session = self.session
        ident = self.time.conversation.id or ""
        with self.header.hold_sync():
            self.header.status = session.status
            self.header.network = getattr(session.server, "network", "")
            self.header.facts = self._facts(ident)
            self.header.about = f"Conversation {ident} at {session.url}"
        self.chat_log.note = self._note()
        self.chat_log.status = session.status
        open_now = session.status != "closed" and self.time.position is None
        self.composer.hint = CLOSED_HINT if self.time.position is None else "This is the past"
        self.composer.enabled = self.chat_log.live = open_now

    def _note(self) -> str:
        """Return what is said below the log about the session's state; mostly nothing."""
        conversation, status = self.session.conversation, self.session.status
        if status in NOTES:
            why = self.session.reconnect_error
            return NOTES[status] + (f" The last attempt failed: {why}" if why else "")
        if conversation.deleted:
            return DELETED
        match [message for message in conversation.undecided if message.delivery == "queued"]:
            case []:
                return ""
            case [message]:
                return CHECKING.format(quoted(message.text))
            case checked:
                return CHECKING.format(counted(len(checked), "message"))

    def _facts(self, ident: str) -> list[str]:
        """Return what is said beside the status, what changes first: a narrow header shows less."""
        title = title_of(self.time.conversation.metadata)
        facts: list[str] = [clean(title, 60)] if title else []
        if self._latency is not None:
            facts.append(f"{self._latency * 1000:.0f} ms")
        if self.time.conversation.agent is not None:
            facts.append(f"with {clean(self.time.conversation.agent.name)}")
        if self.header.network not in ("", "off"):
            facts.append(f"network: {self.header.network}")
        return [*facts, ident if len(ident) <= 16 else ident[:13] + "…"] if ident else facts

    def _inspect(self, _: Any) -> None:
        if self.inspector is not None:
            self.inspector.changed()

    def _started(self, event: Any) -> None:
        """Keep what a conversation was started with, but what is private, for one with other metadata."""
        self.header.started_with = to_text(without_private(event.metadata))

    def _save(self, *_: Any) -> None:
        """Put the newest messages into what the notebook is saved with, if there are new ones."""
        if self._unsaved is not None:
            self._unsaved.cancel()
            self._unsaved = None
            self.chat_log.save()
            self.show_again()

    # --- from the page, on any thread --------------------------------------------------------

    def _post(self, work: Any) -> None:
        post(work, self.session.loop, lambda error: self.chat_log.problem(describe(error)))

    async def _restart(self, asked: Restart) -> None:
        """Start anew; what is wrong with the metadata is answered, all else is shown in the log."""
        changes: dict[str, Any] = {}
        try:
            if asked.metadata is not None:
                changes["metadata"] = read_object(asked.metadata)
            if asked.user is not None:
                changes |= {"user_id": f"user-{uuid.uuid4().hex[:8]}", "user": {}}
            await self._begin_anew(**changes)
        except UsageError as error:
            self.header.answer(asked, error=describe(error), at=position(error))
        except Exception:
            self.header.answer(asked)
            raise
        else:
            self.header.answer(asked)

    async def _begin_anew(self, **changes: Any) -> None:
        self.go(None)
        await self.session.restart(**changes)

    async def _commanded(self, asked: FromHeader) -> None:
        match asked:
            case Restart():
                await self._restart(asked)
            case Network(name=name) if self.session.server is not None:
                self.session.server.faults = name
            case Close() if self._leave is not None:
                await self.session.close()
                self._leave()
            case _:
                await super()._commanded(asked)

    def _make_inspector(self, tab: str) -> InspectorWidget:
        return InspectorWidget(self, self._loop, self.session, self.branch, tab=tab)

    async def branch(self, n: int) -> None:
        """Show `Session.branch(n)` beside this one. Raise what it does; cancelling shows none."""
        self._show_beside(await self.session.branch(n), f"Branch at event {n}")

    async def start_at(self, turn: int) -> None:
        """Show `Session.start_at(turn)` beside it. Raise what it does; cancelling shows none."""
        self._show_beside(await self.session.start_at(turn), f"From turn {turn}")

    async def rerun(self) -> None:
        """Show `Session.rerun()` beside this one. Raise what it does; cancelling shows none."""
        again = await self.session.rerun()
        told = again.errors[-1]
        self._show_beside(again, "Done again").chat_log.problem(told.message, good=told.good)

    def _show_beside(self, session: Session, name: str) -> ChatPanel:
        self._close_branch()
        self.beside = branch = ChatPanel(session, remote_images=self._remote_images)
        branch.header.name = name
        branch.header.tools = ["restart", "close"]
        branch._leave = self._close_branch  # its own kind
        self.go(None)
        self._arrange()
        return branch

    def _close_branch(self) -> None:
        if self.beside is not None:
            branch, self.beside = self.beside, None
            self._arrange()
            branch.close()

    async def _click(self, message: Message, option: Option) -> None:
        """Click in the log: a message's options can be clicked at any time, but in the past."""
        if self.time.position is not None:
            await self._refuse(message, option)
        await click_once(self.session, message.choices, option)

    async def _decide(self, ident: str, decision: Decision) -> None:
        """Do what the user decides on a message of which it is not known whether it arrived."""
        if self.time.position is not None:
            raise UsageError(PAST)
        if decision == "again":
            await self.session.send_again(ident, wait=False)
        else:
            await self.session.mark_arrived(ident)

    async def _send_turn(self, turn: int) -> None:
        """Have the bot, as it is now, answer a turn again."""
        if self.time.position is not None:
            raise UsageError(PAST)
        await asyncio.to_thread(self.session.server.send_again, turn)

    async def _say(self, asked: Send, files: list[Attachment]) -> None:
        """Send, and answer as soon as the message is sent or waits in the outbox."""
        text = asked.text
        try:
            check_size(files)
            if files:
                await self._handed_over(self.session.send_files(files, text or None, wait=False))
            else:
                await self._handed_over(self.session.say(text, wait=False))
        except Exception as problem:  # noqa: BLE001  # shown beside the text, whatever it is
            self.composer.answer(asked, error=describe(problem))
        else:
            self.composer.answer(asked)

    async def _handed_over(self, sending: Awaitable[object]) -> None:
        """Wait until a message is sent, or queued while there is no connection."""
        before = {message.id for message in self.session.outbox}
        task = asyncio.ensure_future(sending)
        queued = asyncio.Event()
        waiting = asyncio.create_task(queued.wait())

        def wake(_: Any) -> None:
            new = (message for message in self.session.outbox if message.id not in before)
            if any(message.delivery == "queued" for message in new):
                queued.set()

        self.session.observe(wake, "outbox")
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.session.unobserve(wake, "outbox")
            waiting.cancel()
        if task.done():
            task.result()
        else:
            task.add_done_callback(_retrieve)  # the session lists why it was not sent

    # --- showing -----------------------------------------------------------------------------


def _retrieve(task: asyncio.Future[object]) -> None:
    if not task.cancelled():
        task.exception()
