"""What a cell shows of a panel: the panel itself, and text for a page where none can live."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any, ClassVar

import ipywidgets
from IPython import get_ipython
from IPython.core.displaypub import DisplayPublisher
from IPython.display import display, update_display

from captivate_nb.rendering.sanitize import escape

from .assets import close_tree

TEXT = "-text"


class FallbackDisplay(ipywidgets.VBox):  # type: ignore[misc]
    """A panel that stays readable when it lives no more: closed, or in a saved notebook.

    `closed` is what is said in its place once it is closed.
    """

    closed: ClassVar[str]
    _on_display = False

    @cached_property
    def display_id(self) -> str:
        """The id of the element that holds the text; a page with a living panel hides it."""
        return f"captivate-{uuid.uuid4().hex}"

    def text_bundle(self) -> dict[str, Any]:
        """Return what is shown where the panel cannot live, as text and HTML."""
        raise NotImplementedError

    def free(self) -> None:
        """Close every model; what was shown in cells stays as text."""
        if self.comm is not None:
            close_tree(self)
            self.show_again()

    def show_again(self) -> None:
        """Bring what is shown in cells up to date, as far as a page without us would show it."""
        if self._on_display:
            update_display(self._text(), raw=True, display_id=self.display_id + TEXT)
            if self.comm is None:
                update_display(self._panel(), raw=True, display_id=self.display_id)

    def _ipython_display_(self) -> None:
        """Show the panel, and below it the text that a living panel's page hides."""
        display(self._panel(), raw=True, display_id=self.display_id)
        display(self._text(), raw=True, display_id=self.display_id + TEXT)
        self._on_display = _can_be_replaced()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**self._text(), **self._panel()}

    def _panel(self) -> dict[str, Any]:
        if self.comm is None:
            return {"text/plain": self.closed, "text/html": f"<p>{escape(self.closed)}</p>"}
        return {
            "text/plain": repr(self),
            "application/vnd.jupyter.widget-view+json": self.get_view_spec(),
        }

    def _text(self) -> dict[str, Any]:
        bundle = self.text_bundle()
        return {**bundle, "text/html": f'<div id="{self.display_id}">{bundle["text/html"]}</div>'}


def _can_be_replaced() -> bool:
    """Tell whether what is displayed can be replaced later; a terminal would print it once more."""
    shell = get_ipython()
    return shell is not None and type(shell.display_pub) is not DisplayPublisher
