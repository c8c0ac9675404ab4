"""What every part of the panel is made with: its front-end files, its errors, its end."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from posixpath import dirname, normpath

import ipywidgets

from captivate_nb.errors import CaptivateError

WIDGETS = Path(__file__).parents[1]
CHAT_SHEETS = (
    "common/controls.css",
    "chat/panel.css",
    "chat/log.css",
    "chat/content.css",
    "chat/notices.css",
    "chat/composer.css",
    "chat/menu.css",
)
AGENT_SHEETS = (*CHAT_SHEETS, "agent/agent.css")
INSPECTOR_SHEETS = ("inspector/inspector.css", "inspector/events_tab.css", "inspector/tabs.css")
"""Those that come with the inspector; it stands beside a chat only."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.\.?/[\w/]+\.js)";\n', re.MULTILINE)


@cache
def module(name: str) -> str:
    """Return a module, named from `widgets/`, and all it imports as the one that anywidget takes.

    The names of imported modules share one scope then.
    """
    *imported, own = bundle(name)
    sources = [re.sub(r"^export ", "", _body(other), flags=re.MULTILINE) for other in imported]
    return "".join([*sources, _body(own)])


def bundle(name: str) -> list[str]:
    """Return the modules that make one: what it imports, each once, the deepest first, and itself."""
    found: dict[str, None] = {}
    for path in _IMPORT.findall(_source(name)):
        found |= dict.fromkeys(bundle(normpath(f"{dirname(name)}/{path}")))
    return [*found, name]


def _body(name: str) -> str:
    return _IMPORT.sub("", _source(name))


def styles(*names: str) -> str:
    """Return style sheets as text: of a path to one, anywidget would keep every widget for ever."""
    return "".join(map(_source, names))


def _source(name: str) -> str:
    return (WIDGETS / name).read_text(encoding="utf-8")


def describe(error: Exception) -> str:
    """Return one line on an error: ours say all there is to say, others are named too."""
    return str(error) if isinstance(error, CaptivateError) else f"{type(error).__name__}: {error}"


def close_tree(widget: ipywidgets.Widget) -> None:
    """Close a widget, what it holds, and its layout and style: every model that came with it."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    for name in ("layout", "style"):
        owned = getattr(widget, name, None)
        if isinstance(owned, ipywidgets.Widget):
            owned.close()
    ipywidgets.Widget.close(widget)
