"""The top of the panel: who is on the other side, and how the connection is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from captivate_nb.widgets.common.assets import module


class HeaderWidget(anywidget.AnyWidget):
    """Name, status, a few facts, and a button that calls `restart()`, on any thread.

    All else that its reader asks for goes to `command(content)`: `inspect`, `now`, `close`,
    `network` with a `name`, and `restart` with `user` or `metadata`. `networks` are those that can
    be rehearsed on, as `[name, what it is like]`, and `network` is the one of now. `past` says of which event the panel shows the past, and
    `tools` what there is of "restart", "inspect" and "close".
    """

    _esm = module("chat/header.js")
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

    def __init__(
        self,
        restart: Callable[[], object],
        command: Callable[[dict[str, Any]], object] = lambda _: None,
        **state: Any,
    ) -> None:
        super().__init__(**state)
        self._restart = restart
        self._command = command
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        if content == {"kind": "restart"}:
            self._restart()
        elif isinstance(content, dict):
            self._command(content)

    def settled(self, error: str | None = None, at: int | None = None) -> None:
        """Tell the page that the restart it asked for has ended, or why and where it was refused."""
        self.send({"kind": "settled"} | ({} if error is None else {"error": error, "at": at}))
