"""What a cell shows of a panel, alive, closed, and where a display cannot be replaced."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pytest
from IPython.display import display
from IPython.utils.capture import capture_output

from captivate_nb.widgets.common.fallback import FallbackDisplay
from support.front_end import FrontEnd
from support.shells import Shell

VIEW = "application/vnd.jupyter.widget-view+json"


class Plain(FallbackDisplay):
    closed = "This <b>is closed."
    said = "first"

    def text_bundle(self) -> dict[str, Any]:
        return {"text/plain": self.said, "text/html": f"<p>{self.said}</p>"}


def shown(panel: Plain) -> list[Any]:
    with capture_output() as captured:
        display(panel)
    return list(captured.outputs)


def test_a_panel_and_the_text_below_it(front_end: FrontEnd, ipython: Shell):
    panel = Plain()
    live, text = shown(panel)
    assert live.data[VIEW]["model_id"] == panel.model_id
    assert text.data == {
        "text/plain": "first",
        "text/html": f'<div id="{panel.display_id}"><p>first</p></div>',
    }
    assert panel._repr_mimebundle_()[VIEW] == live.data[VIEW]


def test_what_is_shown_is_brought_up_to_date(front_end: FrontEnd, ipython: Shell):
    panel = Plain([ipywidgets.Label("x")])
    with capture_output() as captured:
        panel.show_again()
    assert captured.outputs == []
    shown(panel)
    panel.said = "second"
    with capture_output() as captured:
        panel.show_again()
    [text] = captured.outputs
    assert text.update
    assert text.data["text/plain"] == "second"


def test_closed_it_frees_every_model_and_stays_as_text(front_end: FrontEnd, ipython: Shell):
    before = front_end.models()
    panel = Plain([ipywidgets.Label("x")])
    shown(panel)
    with capture_output() as captured:
        panel.free()
        panel.free()
    assert front_end.models() == before
    text, closed = captured.outputs
    assert text.update
    assert closed.update
    assert closed.data == {
        "text/plain": "This <b>is closed.",
        "text/html": "<p>This &lt;b&gt;is closed.</p>",
    }
    again, _ = shown(panel)
    assert VIEW not in again.data


def test_at_a_terminal_it_is_printed_once(
    front_end: FrontEnd, ipython: Shell, capsys: pytest.CaptureFixture[str]
):
    panel = Plain()
    display(panel)
    assert capsys.readouterr().out.splitlines() == [repr(panel), "first"]
    panel.show_again()
    panel.free()
    assert capsys.readouterr().out == ""
