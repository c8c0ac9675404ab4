"""`%load_ext captivate_nb`: the magic in a shell, with completion and clickable displays."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from captivate_nb.client.session import Session
from captivate_nb.errors import NoSession
from captivate_nb.sessions import current

from . import lines
from .commands import execute
from .completion import complete_captivate
from .registry import CELL_COMMANDS, run_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def _lines(cell: str) -> list[str]:
    """Return the lines of a cell that say something."""
    return [line for line in cell.splitlines() if line.strip() and line.lstrip()[0] != "#"]


@magics_class
class CaptivateMagics(Magics):
    """Brings `%captivate` into a shell."""

    @no_var_expand  # what is said is said as it is written
    @needs_local_scope
    @line_cell_magic
    def captivate(
        self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> Any:
        """Chat with a Captivate bot: `%captivate help` lists what it can do.

        `%%captivate bot` and `%%captivate flow` take the cell for a bot or a flow; any other
        `%%captivate` runs each of its lines as such a line, its first one too, and shows what the
        last one does; lines that begin with # are comments.
        """
        if cell is not None and line.split()[:1] and line.split(maxsplit=1)[0] in CELL_COMMANDS:
            shown = run_cell(line, cell)
            self._name_session()
            return shown
        lines = [line] if cell is None else _lines(f"{line}\n{cell}")
        shown = None
        for part in lines:
            shown = execute(part, {**self._names, **(local_ns or {})})
            self._name_session()
        return shown

    def _name_session(self) -> None:
        """Call the current session `session` in the notebook, unless that name is the user's."""
        if isinstance(self._names.get("session"), Session | None):
            with contextlib.suppress(NoSession):
                self._names["session"] = current()

    @property
    def _names(self) -> dict[str, Any]:
        names: dict[str, Any] = self.shell.user_ns  # type: ignore[union-attr]  # it has a shell
        return names


def load(ip: InteractiveShell) -> None:
    """Register the magic, its completion and the clickable displays; again is harmless."""
    from captivate_nb.widgets import register

    ip.register_magics(CaptivateMagics)
    if complete_captivate not in ip.Completer.custom_matchers:
        ip.Completer.custom_matchers.insert(0, complete_captivate)
    lines.load(ip)
    register(ip)
    _keep_loop_running(ip)


def _keep_loop_running(ip: InteractiveShell) -> None:
    """In a terminal, let IPython's prompt run on the session's loop, so that it lives meanwhile."""
    if getattr(ip, "simple_prompt", True) or getattr(ip, "active_eventloop", None) is not None:
        return
    ip.enable_gui("asyncio")
