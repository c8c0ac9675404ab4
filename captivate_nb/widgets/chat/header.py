"""The top of the panel: who is on the other side, and how the connection is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from captivate_nb.widgets.common.assets import CHAT_SHEETS, module, styles
from captivate_nb.widgets.common.page_widget import PageWidget
from captivate_nb.widgets.messages import FromHeader


class HeaderWidget(PageWidget):
    """Name, status, a few facts, and what its reader can ask for: `command(message)`, on any thread.

    It brings the style sheet of the panel around it.

    `networks` are those that can be rehearsed on, as `[name, what it is like]`, and `network` is
    the one of now. `past` says of which event the panel shows the past, and `tools` what there is
    of "restart", "inspect" and "close".
    """

    hears = FromHeader
    _esm = module("chat/header.js")
    _css = styles(*CHAT_SHEETS)
    name = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    facts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    about = traitlets.Unicode().tag(sync=True)
    past = traitlets.Unicode().tag(sync=True)
    inspecting = traitlets.Bool().tag(sync=True)
    started_with = traitlets.Unicode("{}").tag(sync=True)
    networks = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    network = traitlets.Unicode().tag(sync=True)
    tools = traitlets.List(traitlets.Unicode(), ["restart"]).tag(sync=True)

    def __init__(self, command: Callable[[FromHeader], object], **state: Any) -> None:
        self._command = command
        super().__init__(**state)

    def heard(self, message: FromHeader, _: Sequence[Any]) -> None:
        """Have done what the reader asks for."""
        self._command(message)
