"""`AgentPanel`: the live agent's side of the embedded server, to read, click and write in.

It holds no state of the desk. The server's watchers fire on the server's thread and only wake the
panel's loop; the panel then takes one look at the desk, off that loop, and shows it. What the agent
does is done off the loop too, and looked at before the page hears that it is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any, NoReturn, assert_never
from weakref import WeakKeyDictionary

import ipywidgets

from captivate_nb.client.session import Session
from captivate_nb.errors import CaptivateError, UsageError, counted
from captivate_nb.kernel import loop_here, post
from captivate_nb.rendering.sanitize import clean, escape
from captivate_nb.widgets.chat.composer import Attachment, ComposerWidget, check_size
from captivate_nb.widgets.chat.log import LogWidget
from captivate_nb.widgets.common.assets import describe
from captivate_nb.widgets.common.fallback import FallbackDisplay
from captivate_nb.widgets.inspector.time_travel_panel import BOT
from captivate_nb.widgets.messages import (
    Accept,
    Available,
    Close,
    FromDesk,
    Leave,
    Refuse,
    Send,
    Show,
)

from .queue import DeskWidget
from .visitors import LiveAgent, Overview, VisitorTranscript, VisitorView, row

NAME = "Maya"
"""What the agent is called where no other name is given."""

QUIET = "Nobody is waiting. When a visitor asks for an agent, they appear here."
REFUSING = "You are not available: whoever asks for an agent is told that nobody is free."
EMPTY = "No chat is open. Ask the bot for an agent in a chat panel, and accept the visitor here."
STOPPED = "The server has stopped, and with it all chats. Open a session, then %captivate agent."
AWAY = (
    "{name} is away: the chat was closed, or went on in another conversation. What you write"
    " stays in this one."
)
ENDS = {
    "left": "This live chat has ended. {name} is with the bot again.",
    "refused": "{name} was told that no agent is free. The bot goes on.",
    "gone": "{name} has deleted this conversation.",
}

_opened: WeakKeyDictionary[LiveAgent, tuple[int, bool]] = WeakKeyDictionary()
"""How many panels each agent has, and whether the script played before the first of them."""


class AgentPanel(FallbackDisplay):
    """The agent's side: who waits, accept and refuse, the chat, files, leave.

    `of` is a session on an embedded server, the server, or its `agent`; `name` is what visitors
    see. While such a panel is open the flow's scripted agent rests: it goes on when the last is
    closed. Raise `UsageError` where there is no embedded server, `ServeError` when it has stopped.
    Several panels may be open; closing one frees all its widget models.
    """

    closed = "This agent's panel was closed. %captivate agent opens another."

    def __init__(self, of: Any, *, name: str = NAME) -> None:
        self.agent, self._loop = _agent_and_loop(of)
        self.agent_name = clean(name) or NAME
        self._visitor_transcript = VisitorTranscript()
        self._visitors: dict[str, VisitorView] = {}  # by conversation id
        self._name = ""  # of the visitor shown
        self._read: dict[str, int] = {}  # messages that were read, by conversation id
        self._ends: dict[str, tuple[str, float]] = {}  # how and when, by conversation id
        self._running = True  # whether the server is
        self._stale = False  # whether it is to look again
        self._one_look = asyncio.Lock()  # held while it looks
        self._looking: asyncio.Task[None] | None = None  # looks while stale
        self._at_desk = True  # whether the agent counts as there
        self._unwatch = self.agent.watch(self._on_desk)
        _enter(self.agent)
        self.desk = DeskWidget(self._act, name=self.agent_name, hint=QUIET)
        self.chat_log = LogWidget(
            self._visitor_transcript, self._loop, _no_choice, empty=EMPTY, bot=BOT, reader="agent",
            fallback=self.display_id,
        )  # fmt: skip
        self.composer = ComposerWidget(
            lambda *said: self._post(self._say(*said)), enabled=False, hint=""
        )
        parts = ipywidgets.VBox([self.desk, self.chat_log, self.composer])
        parts.add_class("cnb-desk-grid")
        super().__init__([parts], layout=ipywidgets.Layout(height="560px", max_width="920px"))
        self.add_class("cnb-panel").add_class("cnb-desk")
        self._show("", self.agent.overview())

    def __repr__(self) -> str:
        return f"<AgentPanel of {self.agent_name}>"

    def close(self) -> None:
        """Give the agent's part back to the script if no other panel is open, and free every model."""
        if self.comm is None:
            return
        self._stop_looking()
        self._leave_desk()
        self.free()

    def text_bundle(self) -> dict[str, Any]:
        """Return what a page shows that has no kernel for the panel."""
        line = "A live agent's panel was shown here. Run this cell to open it again."
        line = self.closed if self.comm is None else line
        return {"text/plain": line, "text/html": f"<p>{escape(line)}</p>"}

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    def _leave_desk(self) -> None:
        if not self._at_desk:
            return
        self._at_desk = False
        with contextlib.suppress(CaptivateError):  # the server has stopped: nobody is at the desk
            self._unwatch()
        with contextlib.suppress(CaptivateError):
            _exit(self.agent)

    # --- from the desk, on the server's thread -----------------------------------------------

    def _on_desk(self, what: str, call: Any) -> None:
        ident = call.conversation_id if call is not None else ""
        with contextlib.suppress(RuntimeError):  # the kernel's loop has ended
            self._loop.call_soon_threadsafe(self._woken, what, ident, time.time())

    def _woken(self, what: str, ident: str = "", at: float = 0) -> None:
        """Look at the desk soon; what comes meanwhile is seen with the same look."""
        if self.comm is None:
            return
        if what in ENDS:
            self._ends[ident] = (ENDS[what], at)
        elif what == "waiting":
            self._ends.pop(ident, None)
        elif what in ("stopped", "changed"):
            self._running = what == "changed"
        self._stale = True
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look_while_stale())

    async def _look_while_stale(self) -> None:
        while self._stale:
            await self._look()

    async def _look(self) -> None:
        """See how the desk stands, and show it, unless another chat was opened meanwhile."""
        async with self._one_look:
            self._stale = False
            ident = self.desk.shown
            try:
                seen = await asyncio.to_thread(self.agent.overview, ident)
            except CaptivateError:
                self._running = False
            if self.comm is None or ident != self.desk.shown:
                return
            if self._running:
                self._show(ident, seen)
            else:
                self._show_stopped()

    # --- showing, on the panel's loop --------------------------------------------------------

    def _show(self, ident: str, seen: Overview) -> None:
        self._visitors = {one.conversation_id: one for one in seen.visitors}
        visitor = self._visitors.get(ident)
        if visitor is not None:
            self._read[ident] = len(visitor.heard)
            self._name = clean(visitor.name)
        with self.desk.hold_sync():
            self.desk.running = True
            self.desk.available = seen.available
            self.desk.facts = self._facts(seen)
            self.desk.visitors = [row(one, self._unread(one)) for one in seen.visitors]
            self.desk.hint = QUIET if seen.available else REFUSING
        end = None if visitor is not None else self._ends.get(ident, ("", None))[1]
        if (first := self._visitor_transcript.update(visitor, seen.said, end)) is not None:
            self.chat_log.changed(first)
        self._show_composer(visitor)
        if not ident and seen.visitors:
            self._choose(seen.visitors[0].conversation_id)

    def _facts(self, seen: Overview) -> list[str]:
        waiting = sum(one.agent is None for one in seen.visitors)
        chats = len(seen.visitors) - waiting
        facts = [f"{waiting} waiting"]
        facts += [counted(chats, "chat")] if chats else []
        return [*facts, "the flow's script answers" if seen.scripted else "live agent"]

    def _unread(self, visitor: VisitorView) -> int:
        return len(visitor.heard) - self._read.get(visitor.conversation_id, 0)

    def _show_composer(self, visitor: VisitorView | None) -> None:
        ident, name = self.desk.shown, self._name
        waits = visitor is not None and visitor.agent is None
        ended = self._ends.get(ident, ("", 0))[0] if visitor is None else ""
        away = AWAY if visitor is not None and not visitor.present else ""
        with self.composer.hold_sync():
            self.composer.topic = ident
            self.composer.enabled = visitor is not None and not waits
            self.composer.hint = "Accept to write" if waits else "No chat is open"
        self.chat_log.note = (ended or away).format(name=name)

    def _show_stopped(self) -> None:
        with self.desk.hold_sync():
            self.desk.running = False
            self.desk.facts = ["the server has stopped"]
            self.desk.visitors = []
            self.desk.hint = STOPPED
        with self.composer.hold_sync():
            self.composer.enabled = False
            self.composer.hint = "The server has stopped"
        self.chat_log.note = STOPPED if self._visitor_transcript.transcript else ""

    def _choose(self, ident: str) -> None:
        """Show another conversation; what is in it comes with the next look."""
        if ident == self.desk.shown:
            return
        visitor = self._visitors.get(ident)
        self.desk.shown = ident
        self._name = clean(visitor.name) if visitor is not None else ""
        self._visitor_transcript = VisitorTranscript()
        self.chat_log.user = self._name
        self.chat_log.show(self._visitor_transcript)
        self._show_composer(visitor)
        self._loop.call_soon_threadsafe(self._woken, "chosen")

    # --- from the page, on any thread --------------------------------------------------------

    def _post(self, work: Coroutine[Any, Any, None]) -> None:
        post(work, self._loop, lambda error: self.chat_log.problem(describe(error)))

    def _act(self, asked: FromDesk) -> None:
        self._post(self._do(asked))

    async def _do(self, asked: FromDesk) -> None:
        """Do what the agent asked for; it is answered once the desk was looked at."""
        if self.comm is None:
            return
        match asked:
            case Close():
                self._stop_looking()
                await asyncio.to_thread(self._leave_desk)
                self.free()
            case Show(id=ident):
                self._choose(ident)
            case _:
                try:
                    await asyncio.to_thread(self._carry_out, asked)
                    if isinstance(asked, Accept):
                        self._choose(asked.id)
                finally:
                    await self._look()
                    self.desk.answer(asked)

    def _carry_out(self, asked: Accept | Refuse | Leave | Available) -> None:
        match asked:
            case Accept(id=ident):
                self.agent.accept(ident, name=self.agent_name)
            case Refuse(id=ident):
                self.agent.refuse(ident)
            case Leave(id=ident):
                self.agent.leave(ident)
            case Available(on=on):
                self.agent.available = on
            case _:
                assert_never(asked)

    async def _say(self, asked: Send, files: list[Attachment]) -> None:
        try:
            check_size(files)
            await asyncio.to_thread(self._hand_over, self.desk.shown, asked.text, files)
        except Exception as problem:  # noqa: BLE001  # shown beside the text, whatever it is
            self.composer.answer(asked, error=describe(problem))
        else:
            self.composer.answer(asked)

    def _hand_over(self, shown: str, text: str, files: list[Attachment]) -> None:
        if files:
            self.agent.send_files(files, shown, text=text or None)
        else:
            self.agent.say(text, shown)


def _agent_and_loop(of: Any) -> tuple[LiveAgent, asyncio.AbstractEventLoop]:
    """Return who plays the agent, and the loop that the panel is to live on."""
    if isinstance(of, Session):
        if of.server is None:
            raise UsageError(
                f"The agents of {of.url} cannot be played from here. Open a session with an"
                " embedded server: %captivate open, or captivate_nb.demo(); or give"
                " AgentPanel the server itself."
            )
        return of.server.agent, of.loop
    agent = getattr(of, "agent", of)
    if not hasattr(agent, "take_over"):
        raise UsageError(
            "AgentPanel needs a session on an embedded server, that server, or its agent; got"
            f" {type(of).__name__}."
        )
    return agent, loop_here()


def _enter(agent: LiveAgent) -> None:
    """Take the agent's part from the script, for the first panel of an agent."""
    count, scripted = _opened.get(agent, (0, agent.scripted))
    _opened[agent] = (count + 1, scripted)
    if not count:
        agent.take_over()


def _exit(agent: LiveAgent) -> None:
    """Give the part back to the script, when the last panel goes and the script had it before."""
    count, scripted = _opened.pop(agent)
    if count > 1:
        _opened[agent] = (count - 1, scripted)
    elif scripted:
        agent.give_back()


async def _no_choice(*_: Any) -> NoReturn:
    raise UsageError("Only the visitor can choose what the bot offers.")
