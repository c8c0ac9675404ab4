"""An IPython extension for `make dev`: open panels take each change of a `.js` or `.css` file.

A file that is saved is put into the widgets that show it, and the page draws them anew. Only their
looks and their page's code are new: Python's own code is the one that was imported.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets
from watchfiles import watch

from captivate_nb.kernel import post
from captivate_nb.widgets.common import assets
from captivate_nb.widgets.common.page_widget import PageWidget

SHEETS = (assets.CHAT_SHEETS, assets.AGENT_SHEETS, assets.INSPECTOR_SHEETS)


class Reloader:
    """Knows which text in a widget comes from which files, and brings it up to date."""

    def __init__(self) -> None:
        self._makers: dict[str, Callable[[], str]] = {}
        for path in assets.WIDGETS.rglob("*.js"):
            if "export default" in path.read_text(encoding="utf-8"):
                name = path.relative_to(assets.WIDGETS).as_posix()
                self._makers[assets.module(name)] = partial(assets.module, name)
        for sheets in SHEETS:
            self._makers[assets.styles(*sheets)] = partial(assets.styles, *sheets)

    def reload(self) -> None:
        """Put what the files hold now into every widget, and into their classes for those to come."""
        assets.module.cache_clear()
        after = {before: make() for before, make in self._makers.items()}
        self._makers = {after[before]: make for before, make in self._makers.items()}
        widgets = ipywidgets.widgets.widget._instances.values()
        open_ = [widget for widget in widgets if isinstance(widget, PageWidget)]
        for shown in (*open_, *_subclasses(PageWidget)):
            for name in ("_css", "_esm"):
                text = (
                    vars(shown).get(name) if isinstance(shown, type) else getattr(shown, name, "")
                )
                if isinstance(text, str) and after.get(text, text) != text:
                    setattr(shown, name, after[text])


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def changes(stop: threading.Event) -> Iterable[set[Path]]:
    """Yield the files of the page that were saved, as they are, until `stop` is set."""
    for found in watch(assets.WIDGETS, stop_event=stop):
        pages = {Path(path) for _, path in found if path.endswith((".js", ".css"))}
        if pages:
            yield pages


def start(
    report: Callable[[str], Any] = print, loop: asyncio.AbstractEventLoop | None = None
) -> Callable[[], None]:
    """Watch from now on, in a thread; return what ends it. `report` is told of each change.

    `loop` is the widgets', None the shell's own, which need not run yet.
    """
    reloader, stop = Reloader(), threading.Event()

    async def bring_up(names: str) -> None:
        try:
            reloader.reload()
        except OSError as error:
            report(f"Not reloaded: {error}")
        else:
            report(f"Reloaded {names}")

    def follow() -> None:
        for pages in changes(stop):
            post(bring_up(", ".join(sorted(page.name for page in pages))), loop)

    threading.Thread(target=follow, daemon=True, name="captivate_nb live reload").start()
    return stop.set


def load_ipython_extension(_: Any) -> None:
    """Begin when a kernel starts."""
    start()
