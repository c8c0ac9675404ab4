"""A chat that can be inspected: the inspector beside it, and the time that both show."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, assert_never, get_args

import ipywidgets

from captivate_nb.client.session import Session
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.replay import Recording
from captivate_nb.errors import UsageError, did_you_mean
from captivate_nb.kernel import post
from captivate_nb.protocol.content import Option
from captivate_nb.rendering.html import without_remote_images
from captivate_nb.widgets.chat.header import HeaderWidget
from captivate_nb.widgets.chat.log import LogWidget
from captivate_nb.widgets.common.assets import close_tree, describe
from captivate_nb.widgets.common.fallback import FallbackDisplay
from captivate_nb.widgets.messages import Close, FromHeader, Inspect, Network, Now, Restart, Tab

from .inspector import InspectorWidget
from .time_travel import TimeTravel

BOT = "Captivate Bot"
"""What the bot is called where nobody knows: the Socket API does not say; an embedded server does."""

SIZE = {"height": "560px", "max_width": "760px"}
INSPECTED_SIZE = {"height": "640px", "max_width": "1500px"}
"""The sizes of a panel without and with an inspector, where its layout has no other."""

NOTHING_YET = "Nothing had been said yet."
PAST = "This is the past, which cannot be answered: go back to now, or branch here."


class TimeTravelPanel(FallbackDisplay):
    """What a live chat's panel and a recording's have in common.

    `time` has the events, and says after which of them everything is shown; `inspector` is None while
    it is closed. `saved` is said below the messages where a page has no kernel.
    """

    saved: ClassVar[str]

    def __init__(
        self,
        source: Session | Recording,
        loop: asyncio.AbstractEventLoop,
        header: HeaderWidget,
        chat_log: LogWidget,
        *others: ipywidgets.Widget,
    ) -> None:
        self.time = TimeTravel(source)
        self.header = header
        self.chat_log = chat_log
        self.inspector: InspectorWidget | None = None
        self.beside: TimeTravelPanel | None = None  # the panel of a branch
        self._loop = loop
        self._empty = chat_log.empty  # what an empty log says in the present
        self._tab = "events"  # to open the inspector with
        self._chat = (header, chat_log, *others)
        super().__init__(self._chat, layout=ipywidgets.Layout(**SIZE))
        self.add_class("cnb-panel")

    def text_bundle(self) -> dict[str, Any]:
        """Return the newest messages as text and HTML, which loads no image that is to be asked for."""
        bundle = self.time.source.transcript._repr_mimebundle_()
        html = bundle["text/html"]
        if self.chat_log.remote_images == "ask":
            html = without_remote_images(html)
        line = "" if self.comm is None else f"<p>{self.saved}</p>"
        return {"text/plain": bundle["text/plain"], "text/html": html + line}

    def command(self, asked: FromHeader) -> None:
        """Do what the header's reader asks for; to be called on any thread."""
        post(
            self._commanded(asked),
            self._loop,
            lambda error: self.chat_log.problem(describe(error)),
        )

    async def _commanded(self, asked: FromHeader) -> None:
        match asked:
            case Inspect() if self.inspector is None:
                self.open_inspector()
            case Inspect():
                self.close_inspector()
            case Now():
                self.go(None)
            case Restart() | Network() | Close():
                """A recording offers none of them."""
            case _:
                assert_never(asked)

    # --- the inspector -----------------------------------------------------------------------

    def open_inspector(self, tab: str | None = None) -> None:
        """Show the inspector, on a tab: events, metadata, actions, timing or code.

        Raise `UsageError` for another.
        """
        if tab is not None and tab not in get_args(Tab):
            raise UsageError(
                f"There is no tab {tab!r:.60} in the inspector: {', '.join(get_args(Tab))}."
                + did_you_mean(str(tab), get_args(Tab))
            )
        if self.inspector is None:
            self.inspector = self._make_inspector(tab or self._tab)
            self._resize(SIZE, INSPECTED_SIZE)
            self._arrange()
        elif tab is not None:
            self.inspector.tab = tab
            self.inspector.tell_state()

    def _make_inspector(self, tab: str) -> InspectorWidget:
        """Return an inspector of what is shown; one of a live chat can do more."""
        return InspectorWidget(self, self._loop, tab=tab)

    def close_inspector(self) -> None:
        """Close the inspector; what is shown is now again."""
        if self.inspector is not None:
            inspector, self.inspector = self.inspector, None
            self._tab = inspector.tab
            self._resize(INSPECTED_SIZE, SIZE)
            self._arrange()
            close_tree(inspector)
            self.go(None)

    def _resize(self, before: dict[str, str], after: dict[str, str]) -> None:
        for name, value in after.items():
            if getattr(self.layout, name) == before[name]:
                setattr(self.layout, name, value)

    def _arrange(self) -> None:
        """Put the inspector and the branch beside the chat, as far as there are any."""
        self.children = tuple(
            part for part in (*self._chat, self.beside, self.inspector) if part is not None
        )
        for name, there in (("cnb-inspected", self.inspector), ("cnb-branched", self.beside)):
            (self.remove_class if there is None else self.add_class)(name)
        self.header.inspecting = self.inspector is not None

    # --- time travel -------------------------------------------------------------------------

    def go(self, n: int | None) -> None:
        """Show everything as it stood after event `n`, or with None as it is now.

        Negative numbers count from the end. Raise `UsageError` when there is no such event.
        """
        self.time.go(n)
        self.header.past = self.time.label
        self.chat_log.empty = self._empty if n is None else NOTHING_YET
        (self.remove_class if n is None else self.add_class)("cnb-past")
        self.chat_log.look_at(self.time.messages)
        self._show_state()
        if self.inspector is not None:
            self.inspector.tell_state()

    def _show_state(self, _: Any = None) -> None:
        """Bring what is said of the conversation up to what is shown."""

    async def _refuse(self, _message: Message, _option: Option) -> None:
        raise UsageError(PAST)
