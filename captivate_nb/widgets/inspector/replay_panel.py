"""`ReplayPanel`: a conversation that is over, to read and to travel through."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from captivate_nb.conversation.eventlog import EventLog, EventRecord
from captivate_nb.conversation.replay import recording
from captivate_nb.conversation.transcript import MessageSequence
from captivate_nb.errors import counted
from captivate_nb.kernel import loop_here
from captivate_nb.rendering.sanitize import clean
from captivate_nb.widgets.chat.header import HeaderWidget
from captivate_nb.widgets.chat.log import LogWidget, RemoteImages

from .time_travel import Snapshot
from .time_travel_panel import BOT, TimeTravelPanel

EMPTY = "Nothing was said here."
CLOSED = "This replay was closed. ReplayPanel(log) shows it again."
SAVED = "A recorded Captivate chat was shown here. Run this cell to travel through it again."


class ReplayPanel(TimeTravelPanel):
    """Shows an event log, a saved one, or a transcript: read only, with inspector and slider.

    Pictures of other hosts are not loaded before the reader allows it, unless `remote_images` is
    "allow". Raise `InvalidFile` for a file that is no event log, `UsageError` for anything else.
    """

    closed = CLOSED
    saved = SAVED

    def __init__(
        self,
        source: EventLog | MessageSequence | Iterable[EventRecord] | str | Path,
        *,
        remote_images: RemoteImages = "ask",
    ) -> None:
        told = recording(source)
        loop = loop_here()
        header = HeaderWidget(self.command, name=BOT, status="recorded", tools=["inspect"])
        chat_log = LogWidget(
            Snapshot(told.conversation),
            loop,
            self._refuse,
            empty=EMPTY,
            bot=BOT,
            status="recorded",
            fallback=self.display_id,
            remote_images=remote_images,
        )
        super().__init__(told, loop, header, chat_log)
        self._show_state()
        self.open_inspector()

    def __repr__(self) -> str:
        return f"<ReplayPanel on {self.time.source!r}>"

    def close(self) -> None:
        """Free every model; where it was shown, the conversation stays as text."""
        self.free()

    def _show_state(self, _: Any = None) -> None:
        agent = self.time.conversation.agent
        facts = [
            *([clean(agent.name)] if agent else []),
            self.time.conversation.id or "no conversation",
        ]
        self.header.facts = [clean(fact, 24) for fact in facts]
        self.header.about = f"Recorded: {counted(len(self.time.events), 'event')}"
