"""Style sheets: what a widget's page uses is styled by what that widget loads, and by nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import captivate_nb.widgets
from captivate_nb.widgets.agent.queue import DeskWidget
from captivate_nb.widgets.chat.choices import _Sheet
from captivate_nb.widgets.chat.header import HeaderWidget
from captivate_nb.widgets.common.assets import AGENT_SHEETS, CHAT_SHEETS, INSPECTOR_SHEETS, styles
from captivate_nb.widgets.inspector.inspector import InspectorWidget

ROOT = Path(captivate_nb.widgets.__file__).parent
LOADED = {
    "chat": CHAT_SHEETS,
    "agent": AGENT_SHEETS,
    "inspector": (*CHAT_SHEETS, *INSPECTOR_SHEETS),
}
"""The sheets of each panel."""

CLASS = re.compile(r"\.(cnb-[\w-]+)")
USED = re.compile(r"\b(cnb-[\w-]+)")
ELSEWHERE = {"cnb-agents"}  # an agent's log is the chat's log


def styled(*names: str) -> set[str]:
    return {name for path in names for name in CLASS.findall((ROOT / path).read_text())}


def test_every_sheet_is_loaded_by_some_panel():
    sheets = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.css")}
    assert sheets == {name for names in LOADED.values() for name in names}


def test_these_are_the_sheets_that_the_widgets_load():
    loaded = {
        "chat": HeaderWidget._css,
        "agent": DeskWidget._css,
        "inspector": HeaderWidget._css + InspectorWidget._css,
    }
    assert HeaderWidget._css == _Sheet._css
    assert loaded == {room: styles(*names) for room, names in LOADED.items()}


@pytest.mark.parametrize("room", LOADED)
def test_what_a_panel_uses_is_styled_by_its_own_sheets(room: str):
    anywhere = styled(*(name for names in LOADED.values() for name in names)) - ELSEWHERE
    own = styled(*LOADED[room])
    for path in [file for place in (room, "common") for file in (ROOT / place).glob("*.[jp][sy]")]:
        missing = (set(USED.findall(path.read_text())) & anywhere) - own
        assert not missing, f"{path.name} uses {missing}, which other panels' sheets style"


def test_no_two_panels_style_the_same_class_without_saying_whose():
    """All sheets that a page has loaded apply to all of it."""
    first = re.compile(r"^\.(cnb-[\w-]+)(?::[\w-]+)? \{", re.MULTILINE)
    owners: dict[str, set[str]] = {}
    for path in ROOT.rglob("*.css"):
        for name in first.findall(path.read_text()):
            owners.setdefault(name, set()).add(path.parent.name)
    assert not {name: sheets for name, sheets in owners.items() if len(sheets) > 1}
