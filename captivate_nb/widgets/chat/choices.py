"""Options as real buttons in any cell's output."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import ipywidgets
from IPython.display import display

from captivate_nb.client.session import Session
from captivate_nb.conversation.transcript import Choices, Reply
from captivate_nb.errors import NoSession, counted
from captivate_nb.kernel import post
from captivate_nb.protocol.content import Option
from captivate_nb.rendering.labels import labels_of
from captivate_nb.rendering.sanitize import escape, safe_link
from captivate_nb.sessions import current
from captivate_nb.widgets.common.assets import CHAT_SHEETS, close_tree, describe, module, styles
from captivate_nb.widgets.common.page_widget import PageWidget
from captivate_nb.widgets.messages import Settled

_under_way: WeakKeyDictionary[Session, set[tuple[Option, ...]]] = WeakKeyDictionary()


async def click_once(session: Session, question: Sequence[Option], option: Option) -> None:
    """Click an option, unless one of the same question is on its way: in another panel, say.

    To be called on the session's loop. Raises what `Session.click` does.
    """
    key = tuple(question)
    clicked = _under_way.setdefault(session, set())
    if key in clicked:
        return
    clicked.add(key)
    try:
        await session.click(option, wait=False)
    finally:
        clicked.discard(key)


SPARE = "cnb-spare"
"""The class of a child that is not needed now."""


class _Sheet(PageWidget):
    """Brings the stylesheet, and makes the buttons beside it answer before Python does."""

    hears = None

    _esm = module("chat/choices.js")
    _css = styles(*CHAT_SHEETS)


SHOWN = 30
"""Buttons of one row at the most: each is three models, and their making stops the kernel's loop."""


class _Line(ipywidgets.HTML):  # type: ignore[misc]
    """An error, and no link that could be used again."""


class _More(ipywidgets.HTML):  # type: ignore[misc]
    """How many more options there are."""


class ChoiceRow(ipywidgets.Box):  # type: ignore[misc]
    """A row of buttons, one for each option; `choose(option)` is awaited on `loop`.

    What it raises the row shows as one line.

    Its children are used again, those not needed now are hidden: JupyterLab never lets go of a
    model that was closed, nor of a button that was taken off the page. They are not used for the
    very next question, as a late click must not answer that.
    """

    children: tuple[ipywidgets.Widget, ...]

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        choose: Callable[[Option], Awaitable[None]],
    ) -> None:
        self._loop = loop
        self._choose = choose
        self._sheet = _Sheet()
        self._options: dict[ipywidgets.Widget, Option] = {}
        self._newest: dict[ipywidgets.Widget, Option] = {}
        self._lines: dict[type[ipywidgets.HTML], ipywidgets.HTML] = {}
        super().__init__([self._sheet])
        self.add_class("cnb-choices")

    @property
    def shown(self) -> tuple[ipywidgets.Widget, ...]:
        """Return the children that can be seen, in order: buttons, links, and lines behind them."""
        return (*self._options, *(line for line in self._lines.values() if line.value))

    def show(self, options: Sequence[Option]) -> None:
        """Replace the buttons, by those of the first `SHOWN` options."""
        more, options = len(options) - SHOWN, options[:SHOWN]
        labels = labels_of(options)
        late = () if list(options) == list(self._newest.values()) else self._newest
        free = (child for child in self.children[1:] if child not in late)
        before, self._options = self._options, {}
        for option, label in zip(options, labels, strict=True):
            kind = ipywidgets.HTML if safe_link(option.url) else ipywidgets.Button
            child = next((child for child in free if type(child) is kind), None) or self._add(kind)
            self._dress(child, option, label)
            self._options[child] = option
        self._newest = self._options or self._newest
        for child in before:
            if child not in self._options:
                _put_away(child)
        for line in self._lines.values():
            _put_away(line)
        if more > 0:
            self._tell(f"… {counted(more, 'more option')}: choose by label.", _More)

    def _add(self, kind: type[ipywidgets.Widget]) -> ipywidgets.Widget:
        child = kind()
        if kind is ipywidgets.Button:
            child.add_class("cnb-pill")
            child.on_click(self._clicked)
        self.children = (*self.children, child)
        return child

    def _dress(self, child: ipywidgets.Widget, option: Option, label: str) -> None:
        """Make a child an option's button or link."""
        with child.hold_sync():
            child.remove_class(SPARE)
            if url := safe_link(option.url):
                target = f'href="{escape(url)}" target="_blank" rel="noopener noreferrer"'
                child.value = f'<a class="cnb-pill" {target}>{escape(label)}</a>'
            else:
                child.description, child.icon = label, ""

    def _clicked(self, button: ipywidgets.Button) -> None:
        post(self._pressed(button, self._options.get(button)), self._loop)

    async def _pressed(self, button: ipywidgets.Button, option: Option | None) -> None:
        """Choose what a button stood for when it was clicked: nothing, if it came too late."""
        try:
            if option is not None:
                await self._choose(option)
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self._tell(describe(error))
        else:
            if option is not None and self._options.get(button) is option:
                button.icon = "check"
        finally:
            self._sheet.tell(Settled())

    def _tell(self, text: str, kind: type[ipywidgets.HTML] = _Line) -> None:
        """Show a line behind the buttons, an error by default, in place of the last such line."""
        line = self._lines.get(kind)
        if line is None:
            line = self._lines[kind] = kind()
            line.add_class("cnb-problem" if kind is _Line else "cnb-more")
            self.children = (*self.children, line)
        line.value = escape(text)
        line.remove_class(SPARE)

    def close(self) -> None:
        """Close every model of the row."""
        close_tree(self)


def _put_away(child: ipywidgets.Widget) -> None:
    """Hide a child with its words: the first words of a row say where it begins, left or right."""
    child.add_class(SPARE)
    setattr(child, "description" if isinstance(child, ipywidgets.Button) else "value", "")


def clickable(session: Session, options: Sequence[Option]) -> ChoiceRow:
    """Return options as buttons that click in a session, for any cell's output."""

    async def choose(option: Option) -> None:
        await click_once(session, options, option)

    row = ChoiceRow(session.loop, choose)
    row.show(options)
    return row


def register(ip: Any) -> None:
    """Show `Choices` as buttons in this kernel, and buttons below a `Reply` that has options.

    A click goes to the session that is current when they are shown. Without a session, without
    options, and without a kernel they show as they do anywhere. Again is harmless.
    """
    if getattr(ip, "kernel", None) is None:
        return
    formatter = ip.display_formatter.mimebundle_formatter
    formatter.for_type(Choices, _choices_bundle)
    formatter.for_type(Reply, lambda reply, **_: _reply_bundle(ip, reply))


def _choices_bundle(choices: Choices, **_: Any) -> dict[str, Any]:
    bundle: dict[str, Any] = dict(choices._repr_mimebundle_())
    if choices and (session := _session()):
        bundle |= clickable(session, choices)._repr_mimebundle_()
    return bundle


def _reply_bundle(ip: Any, reply: Reply) -> dict[str, Any]:
    """Return a reply as text and HTML, which a saved notebook keeps; its buttons come behind it."""
    if reply.choices and (session := _session()):

        def show(*_: Any) -> None:
            ip.events.unregister("post_run_cell", show)
            display(clickable(session, reply.choices))

        ip.events.register("post_run_cell", show)
    return dict(reply._repr_mimebundle_())


def _session() -> Session | None:
    try:
        return current()
    except NoSession:
        return None
