"""The agent's desk in the page: who waits, who is in a chat, and what the agent can do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from captivate_nb.widgets.common.assets import AGENT_SHEETS, module, styles
from captivate_nb.widgets.common.page_widget import PageWidget
from captivate_nb.widgets.messages import FromDesk


class DeskWidget(PageWidget):
    """Header, visitors, and the head of the chat on show; `act(message)` is called on any thread."""

    hears = FromDesk
    _esm = module("agent/queue.js")
    _css = styles(*AGENT_SHEETS)
    name = traitlets.Unicode().tag(sync=True)
    facts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    available = traitlets.Bool(True).tag(sync=True)
    running = traitlets.Bool(True).tag(sync=True)
    visitors = traitlets.List(traitlets.Dict()).tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)

    def __init__(self, act: Callable[[FromDesk], object], **state: Any) -> None:
        self._act = act
        super().__init__(**state)

    def heard(self, message: FromDesk, _: Sequence[Any]) -> None:
        """Have done what the agent asks for."""
        self._act(message)
