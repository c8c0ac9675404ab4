"""The inspector as one widget model: events, metadata, actions, timing, code, and the slider.

Rows go to the page as the log's messages do: the first change at once, what follows within `PERIOD`
together, at most `CHUNK` in one. What the page lacks it asks for with `NeedRows`; frames, code and
matches it gets when it asks. It keeps no state of the chat: what is shown is its host's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, assert_never, get_args

import msgspec
import traitlets

from captivate_nb.client.session import Session
from captivate_nb.conversation.code import to_code
from captivate_nb.conversation.timing import percentile
from captivate_nb.errors import UsageError
from captivate_nb.kernel import post
from captivate_nb.protocol.events import TARGETS
from captivate_nb.widgets.common.assets import INSPECTOR_SHEETS, describe, module, styles
from captivate_nb.widgets.common.page_widget import PageWidget
from captivate_nb.widgets.messages import (
    Act,
    BotCode,
    BotTurn,
    Branch,
    ChooseTab,
    Close,
    Code,
    Find,
    Frame,
    FromInspector,
    Go,
    ListTurns,
    NeedRows,
    Rerun,
    Rows,
    SendEvent,
    SendTurn,
    SetMetadata,
    StartHere,
    State,
    Tab,
    Template,
)

from . import bot_turns
from .event_rows import EventRows, frame_text, position, read_object, template, to_text
from .time_travel import TimeTravel

PERIOD = 0.03
"""Seconds for which changes are put together after one was sent."""

CHUNK = 500
"""Rows in one batch at the most."""

RECORDED = "A recording has no bot to go on with: a live chat has."


AskedOfBot = ListTurns | BotTurn | BotCode | StartHere | SendTurn | Rerun
Asked = Frame | Find | Template | Code | SendEvent | SetMetadata | Act | Go | Branch | AskedOfBot


class Host(Protocol):
    """The panel around it."""

    @property
    def time(self) -> TimeTravel: ...
    def go(self, n: int | None) -> None: ...
    def close_inspector(self) -> None: ...
    async def start_at(self, turn: int) -> None: ...
    async def rerun(self) -> None: ...


class InspectorWidget(PageWidget):
    """Shows the events of its host, and what the host shows of them.

    Without a session it is read only; `branch(n)` goes on from event `n` in another conversation. Its methods are to be called on `loop`.
    """

    hears = FromInspector
    _esm = module("inspector/inspector.js")
    _css = styles(*INSPECTOR_SHEETS)
    tab = traitlets.Enum(get_args(Tab), "events").tag(sync=True)
    live = traitlets.Bool().tag(sync=True)
    targets = traitlets.List(list(TARGETS)).tag(sync=True)

    def __init__(
        self,
        host: Host,
        loop: asyncio.AbstractEventLoop,
        session: Session | None = None,
        branch: Callable[[int], Awaitable[None]] | None = None,
        **state: Any,
    ) -> None:
        self._host = host
        self._loop = loop
        self._session = session
        self._branch_at = branch
        self._event_rows = EventRows()
        self._timer: asyncio.TimerHandle | None = None  # until the next flush
        self._told = 0  # how many rows the page has
        self._metadata: dict[str, Any] = {}  # that the page has
        super().__init__(live=session is not None, **state)
        self._catch_up()
        self._told = len(self._event_rows.rows)

    def _catch_up(self) -> None:
        for record in self._host.time.events[len(self._event_rows.rows) :]:
            self._event_rows.take(record)

    # --- what the page is told ---------------------------------------------------------------

    def changed(self, _: Any = None) -> None:
        """Tell the page of new events."""
        if self._timer is None:
            self._flush()

    def _flush(self) -> None:
        self._timer = None
        if self.comm is None or len(self._host.time.events) == self._told:
            return
        self._catch_up()
        first, self._told = self._told, len(self._event_rows.rows)
        self._tell_rows(max(first, self._told - CHUNK), self._told)
        if self._host.time.position is None:
            self.tell_state(anew=self._host.time.conversation.metadata is not self._metadata)
        self._timer = self._loop.call_later(PERIOD, self._flush)

    def _tell_rows(self, start: int, stop: int) -> None:
        rows = self._event_rows.rows
        self.tell(Rows(start=start, rows=rows[start:stop], total=len(rows)))

    def tell_state(self, *, anew: bool = True) -> None:
        """Tell the page what the host shows now: of which event, and the state after it.

        The metadata, which may be large, only `anew`.
        """
        shown, past = self._host.time.conversation, self._host.time.position
        rows = self._event_rows.rows
        at = len(rows) - 1 if past is None else past
        seconds = self._event_rows.seconds
        self._metadata = shown.metadata
        self.tell(
            State(
                past=past,
                chat=rows[at]["chat"] if rows else 0,
                metadata=to_text(shown.metadata) if anew else msgspec.UNSET,
                agent=shown.agent.name if shown.agent else None,
                errors=sum(not problem.good for problem in shown.errors),
                median=percentile(seconds, 0.5) if self.tab == "timing" else None,
                p95=percentile(seconds, 0.95) if self.tab == "timing" else None,
            )
        )

    # --- what the page says ------------------------------------------------------------------

    def heard(self, message: FromInspector, _: Sequence[Any]) -> None:
        """Do what the page asks for, on the host's loop."""
        post(self._do(message), self._loop)

    async def _do(self, message: FromInspector) -> None:
        match message:
            case ChooseTab(tab=tab):
                self.tab = tab
                self.tell_state()
            case NeedRows():
                self._give(message)
            case Close():
                self._host.close_inspector()
            case _:
                await self._answer(message)

    def _give(self, need: NeedRows) -> None:
        total = len(self._event_rows.rows)
        if need.start is not None:
            start = max(0, need.start)
            stop = min(total, start + CHUNK)
        else:
            stop = total if need.stop is None else min(total, need.stop)
            start = max(0, stop - CHUNK)
        self._tell_rows(start, stop)
        if need.stop is None:
            self.tell_state()

    async def _answer(self, asked: Asked) -> None:
        """Answer what was asked, or say why not and where in the text."""
        try:
            found = await self._find_out(asked)
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.answer(asked, error=describe(error), at=position(error))
        else:
            self.answer(asked, **found)

    async def _find_out(self, asked: Asked) -> dict[str, Any]:
        """Do what was asked, and return what the answer tells."""
        events = self._host.time.events
        match asked:
            case Frame(n=n):
                return {"text": frame_text(events[n])}
            case Find(text=text, start=start):
                wanted = text.casefold()
                return {"found": [r.n for r in events[start:] if wanted in r.frame.casefold()]}
            case Template(n=n):
                sent = [r for r in events.where(direction="out") if r.event is not None]
                chosen = [record for record in sent if n in (None, record.n)]
                return {"text": template(chosen[-1])} if chosen else {}
            case Code(form=form):
                past = self._host.time.position
                return {"text": to_code(events if past is None else events[: past + 1], form)}
            case SendEvent(text=text):
                await self._live().send_raw(read_object(text))
            case SetMetadata(text=text, target=target):
                await self._live().set_metadata(read_object(text), target)
            case Act(name=name, text=text):
                await self._live().act(name, read_object(text or "{}"))
            case Go(n=n):
                self._host.go(n)
            case Branch(n=n):
                await self._branch(n)
            case _:
                return await self._ask_bot(asked)
        return {}

    async def _ask_bot(self, asked: AskedOfBot) -> dict[str, Any]:
        session = self._live()
        server = session.server
        if server is None:
            raise UsageError("The bot is elsewhere: its turns are known where it runs.")
        match asked:
            case ListTurns():
                return {"text": bot_turns.rows(server, session.conversation_id)}
            case BotTurn(n=n):
                return {"text": bot_turns.whole(server, n)}
            case BotCode(n=n, form=form):
                return {"text": bot_turns.code(server, n, form)}
            case StartHere(n=n):
                await self._host.start_at(n)
            case Rerun():
                await self._host.rerun()
            case SendTurn(turn=n):
                await asyncio.to_thread(server.send_again, n)
            case _:
                assert_never(asked)
        return {}

    def _live(self) -> Session:
        if self._session is None:
            raise UsageError(RECORDED)
        return self._session

    async def _branch(self, n: int) -> None:
        if self._branch_at is None:
            raise UsageError(RECORDED)
        await self._branch_at(n)
