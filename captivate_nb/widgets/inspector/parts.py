"""A panel's parts: the chat, a branch of it, and the inspector, beside each other or one at a time."""

from __future__ import annotations

import traitlets

from captivate_nb.widgets.common.assets import module
from captivate_nb.widgets.common.page_widget import PageWidget


class PartsWidget(PageWidget):
    """Switches between the parts that have no room beside each other, by class and name.

    The page shows the newest part; which one its reader looks at is the page's own business.
    """

    hears = None
    _esm = module("inspector/parts.js")
    parts = traitlets.List(traitlets.Tuple(traitlets.Unicode(), traitlets.Unicode())).tag(sync=True)
