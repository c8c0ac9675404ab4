"""The inspector as one widget model: events, metadata, actions, timing, code, and the slider.

Rows go to the page as the log's messages do: `{"kind": "rows", "start", "rows", "total"}`, the first
change at once, what follows within `PERIOD` together, at most `CHUNK` in one. What the page lacks
it asks for with `need`; frames, code and matches it gets when it asks. It keeps no state of the
chat: what is shown is its host's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import anywidget
import traitlets

from captivate_nb.client.session import Session
from captivate_nb.conversation.code import to_code
from captivate_nb.conversation.timing import percentile
from captivate_nb.errors import UsageError
from captivate_nb.kernel import post
from captivate_nb.protocol.events import TARGETS
from captivate_nb.widgets.common.assets import INSPECTOR_SHEETS, describe, module, styles

from .event_rows import EventRows, frame_text, position, read_object, template, to_text
from .time_travel import TimeTravel

PERIOD = 0.03
"""Seconds for which changes are put together after one was sent."""

CHUNK = 500
"""Rows in one batch at the most."""

RECORDED = "A recording has no bot to go on with: a live chat has."

TABS = ("events", "metadata", "actions", "timing", "code")


class Host(Protocol):
    """The panel around it."""

    @property
    def time(self) -> TimeTravel: ...
    def go(self, n: int | None) -> None: ...
    def close_inspector(self) -> None: ...


class InspectorWidget(anywidget.AnyWidget):
    """Shows the events of its host, and what the host shows of them.

    Without a session it is read only; `branch(n)` goes on from event `n` in another conversation. Its methods are to be called on `loop`.
    """

    _esm = module("inspector/inspector.js")
    _css = styles(*INSPECTOR_SHEETS)
    tab = traitlets.Enum(TABS, "events").tag(sync=True)
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
        self._timer: asyncio.TimerHandle | None = None
        self._told = 0
        self._metadata: dict[str, Any] = {}
        self._asked: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "tab": self._choose_tab,
            "need": self._need,
            "frame": self._frame,
            "find": self._find,
            "template": self._template,
            "send": self._send_event,
            "set": self._set_metadata,
            "act": self._act,
            "code": self._code,
            "go": self._go,
            "branch": self._branch,
        }
        super().__init__(live=session is not None, **state)
        self._catch_up()
        self._told = len(self._event_rows.rows)
        self.on_msg(self._on_message)

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
        self.send({"kind": "rows", "start": start, "rows": rows[start:stop], "total": len(rows)})

    def tell_state(self, *, anew: bool = True) -> None:
        """Tell the page what the host shows now: of which event, and the state after it.

        The metadata, which may be large, only `anew`.
        """
        shown, past = self._host.time.conversation, self._host.time.position
        rows = self._event_rows.rows
        at = len(rows) - 1 if past is None else past
        seconds = self._event_rows.seconds
        self._metadata = shown.metadata
        self.send(
            {
                "kind": "state",
                "past": past,
                "chat": rows[at]["chat"] if rows else 0,
                **({"metadata": to_text(shown.metadata)} if anew else {}),
                "agent": shown.agent.name if shown.agent else None,
                "errors": sum(not problem.good for problem in shown.errors),
                "median": percentile(seconds, 0.5) if self.tab == "timing" else None,
                "p95": percentile(seconds, 0.95) if self.tab == "timing" else None,
            }
        )

    # --- what the page says ------------------------------------------------------------------

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        """Take a message from the page, on whatever thread it comes."""
        if isinstance(content, dict) and content.get("kind") in self._asked:
            post(self._answer(content), self._loop)
        elif content == {"kind": "close"}:
            self._loop.call_soon_threadsafe(self._host.close_inspector)

    async def _answer(self, asked: dict[str, Any]) -> None:
        """Do what was asked and say that it is done, or why not and where in the text."""
        done = {"kind": "done", "id": asked.get("id")}
        try:
            await self._asked[asked["kind"]](asked)
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            done |= {"error": describe(error), "at": position(error)}
        if done["id"] is not None or "error" in done:
            self.send(done)

    async def _choose_tab(self, asked: dict[str, Any]) -> None:
        self.tab = asked["tab"]
        self.tell_state()

    async def _need(self, asked: dict[str, Any]) -> None:
        total = len(self._event_rows.rows)
        if "start" in asked:
            start = max(0, int(asked["start"]))
            stop = min(total, start + CHUNK)
        else:
            stop = min(total, int(asked.get("stop", total)))
            start = max(0, stop - CHUNK)
        self._tell_rows(start, stop)
        if "stop" not in asked:
            self.tell_state()

    async def _frame(self, asked: dict[str, Any]) -> None:
        n = int(asked["n"])
        self.send({"kind": "frame", "n": n, "text": frame_text(self._host.time.events[n])})

    async def _find(self, asked: dict[str, Any]) -> None:
        """Tell which of the events from `start` on have a text in their frames."""
        text, start = str(asked["text"]), int(asked["start"])
        wanted = text.casefold()
        records = self._host.time.events[start:]
        found = [record.n for record in records if wanted in record.frame.casefold()]
        self.send({"kind": "found", "text": text, "start": start, "found": found})

    async def _template(self, asked: dict[str, Any]) -> None:
        """Give an event that was sent, by default the last one, as a template for the next."""
        wanted = asked.get("n")
        sent = self._host.time.events.where(direction="out")
        records = [r for r in reversed(sent) if wanted in (None, r.n) and r.event is not None]
        if records:
            self.send({"kind": "template", "text": template(records[0])})

    async def _send_event(self, asked: dict[str, Any]) -> None:
        await self._live().send_raw(read_object(asked["text"]))

    async def _set_metadata(self, asked: dict[str, Any]) -> None:
        await self._live().set_metadata(read_object(asked["text"]), asked["target"])

    async def _act(self, asked: dict[str, Any]) -> None:
        await self._live().act(asked["name"], read_object(asked["text"] or "{}"))

    def _live(self) -> Session:
        if self._session is None:
            raise UsageError(RECORDED)
        return self._session

    async def _code(self, asked: dict[str, Any]) -> None:
        past = self._host.time.position
        events = self._host.time.events if past is None else self._host.time.events[: past + 1]
        form = asked["form"]
        self.send({"kind": "code", "form": form, "text": to_code(events, form)})

    async def _go(self, asked: dict[str, Any]) -> None:
        self._host.go(asked["n"])

    async def _branch(self, asked: dict[str, Any]) -> None:
        if self._branch_at is None:
            raise UsageError(RECORDED)
        await self._branch_at(asked["n"])
