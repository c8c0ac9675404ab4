"""The agent's desk in the page: who waits, who is in a chat, and what the agent can do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from captivate_nb.widgets.common.assets import AGENT_SHEETS, module, styles


class DeskWidget(anywidget.AnyWidget):
    """Header, visitors, and the head of the chat on show.

    It calls `act(kind, ident)` on any thread: "show", "accept", "refuse" and "leave" with a
    conversation's id, "available" with "on" or "", "close" with "". Each but "show" is to be
    answered with `settled`.
    """

    _esm = module("agent/queue.js")
    _css = styles(*AGENT_SHEETS)
    name = traitlets.Unicode().tag(sync=True)
    facts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    available = traitlets.Bool(True).tag(sync=True)
    running = traitlets.Bool(True).tag(sync=True)
    visitors = traitlets.List(traitlets.Dict()).tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)

    def __init__(self, act: Callable[[str, str], object], **state: Any) -> None:
        super().__init__(**state)
        self._act = act
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        match content:
            case {"kind": "show" | "accept" | "refuse" | "leave" as kind, "id": str(ident)}:
                self._act(kind, ident)
            case {"kind": "available", "on": bool(on)}:
                self._act("available", "on" if on else "")
            case {"kind": "close"}:
                self._act("close", "")

    def settled(self) -> None:
        """Tell the page that what it asked for is done, or was refused."""
        self.send({"kind": "settled"})
