"""`make dev`: a page's file that is saved is in every widget that shows it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from captivate_nb.widgets.chat.composer import ComposerWidget
from captivate_nb.widgets.common import assets
from support.front_end import FrontEnd

DEV = Path(__file__).parents[1] / "dev"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page's files, which the package takes for its own."""
    copy = tmp_path / "widgets"
    shutil.copytree(assets.WIDGETS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(assets, "WIDGETS", copy)
    monkeypatch.setattr(ComposerWidget, "_esm", ComposerWidget._esm)
    monkeypatch.setattr(sys, "path", [str(DEV), *sys.path])
    assets.module.cache_clear()
    yield copy
    assets.module.cache_clear()


async def test_a_saved_file_is_in_every_widget_and_in_those_to_come(
    files: Path, front_end: FrontEnd
):
    import live_reload  # on the path of `make dev` alone

    composer = ComposerWidget(lambda *_: None)
    told: asyncio.Queue[str] = asyncio.Queue()
    stop = live_reload.start(told.put_nowait, asyncio.get_running_loop())
    page = files / "chat" / "composer.js"
    try:
        async with asyncio.timeout(60):
            page.write_text(page.read_text().replace("Write a message…", "Say something"))
            while "Say something" not in composer._esm:
                assert await told.get() == "Reloaded composer.js"
    finally:
        stop()
    assert any("Say something" in esm for esm in front_end.updates(composer, "_esm"))
    assert "Say something" in ComposerWidget(lambda *_: None)._esm


def test_what_has_not_changed_is_not_sent(files: Path, front_end: FrontEnd):
    import live_reload

    composer = ComposerWidget(lambda *_: None)
    live_reload.Reloader().reload()
    assert front_end.updates(composer, "_esm") == []
