"""The conversation as one widget model: what the page is told, when, and what it may ask for.

A change is one batch: `{"kind": "append", "start", "items", "total"}`, the items numbered from
`start`. The first is sent at once, what follows within `PERIOD` is put together. `first` says that
all from there on is to be forgotten before. A batch holds at most `CHUNK` items, the newest; what
the page lacks it asks for with `{"kind": "need", "start", "stop"}` and gets as `{"kind": "fill"}`.
So none is too large, none that gets lost is missed, and the newest are always seen first.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any, Literal, Protocol

import anywidget
import traitlets

from captivate_nb.conversation.message import Message
from captivate_nb.errors import InvalidFile
from captivate_nb.kernel import post
from captivate_nb.protocol.content import Option
from captivate_nb.rendering.sanitize import clean_text
from captivate_nb.widgets.common.assets import describe, module

from .message_view import Item, items, message_item

PERIOD = 0.03
"""Seconds for which changes are put together after one was sent."""

CHUNK = 500
"""Items in one batch at the most."""

HANDED_OVER = 2_500_000
"""Bytes of one file handed to the page; a notebook server drops what exceeds 3 MB in 3 s."""

TAIL = 50
"""Newest items in the widget's state: what a new view shows at once."""

PROBLEMS = 3
"""Lines about errors, and what is well after all, shown at a time: the newest."""


RemoteImages = Literal["allow", "ask"]
"""Whether pictures are loaded from anywhere, or only from where the reader allows it."""


Decision = Literal["again", "arrived"]
"""What the user decides on a message in doubt: to send it again, or that it arrived."""


class Source(Protocol):
    """Where the messages are; a `Session` is one.

    The outbox has those that wait, and those of the transcript that are in doubt.
    """

    @property
    def transcript(self) -> Sequence[Message]: ...
    @property
    def outbox(self) -> Sequence[Message]: ...


class LogWidget(anywidget.AnyWidget):
    """Draws a conversation. Its methods are to be called on `loop`.

    `reader` is whose side it is read from: an agent sees the name of the `user`, and no option
    that it could click. `choose(message, option)` is awaited on `loop` when the user clicks an
    option in the log, what it raises is shown; `stop()` when a reply is awaited no longer.
    `fetch(url)` gets a file that the page asks for, as MIME type and bytes. `decide(id, decision)`
    is awaited when the user decides on a message in doubt, which is possible while it is `live`;
    what it raises is shown. `reconnect()` when the user will not wait for the next attempt to
    connect. `status` is the session's: nothing is awaited or checked unless it is "open".

    With `remote_images` "ask" the page loads pictures only from `trusted` hosts, and from those
    that the reader allows there.
    """

    _esm = module("chat/log.js")
    saved = traitlets.Any().tag(sync=True, to_json=lambda _, widget: widget.tail())
    note = traitlets.Unicode().tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)
    fallback = traitlets.Unicode().tag(sync=True)
    bot = traitlets.Unicode().tag(sync=True)
    reader = traitlets.Enum(("user", "agent"), "user").tag(sync=True)
    user = traitlets.Unicode("You").tag(sync=True)
    remote_images = traitlets.Enum(("allow", "ask"), "allow").tag(sync=True)
    trusted = traitlets.List(traitlets.Unicode()).tag(sync=True)
    live = traitlets.Bool().tag(sync=True)
    status = traitlets.Unicode("open").tag(sync=True)

    def __init__(
        self,
        source: Source,
        loop: asyncio.AbstractEventLoop,
        choose: Callable[[Message, Option], Awaitable[None]],
        stop: Callable[[], Coroutine[Any, Any, None]] | None = None,
        fetch: Callable[[str], Awaitable[tuple[str, bytes]]] | None = None,
        decide: Callable[[str, Decision], Awaitable[None]] | None = None,
        reconnect: Callable[[], Coroutine[Any, Any, None]] | None = None,
        **state: Any,
    ) -> None:
        self._source = source
        self._stop = stop
        self._fetch = fetch
        self._decide = decide
        self._reconnect = reconnect
        self._loop = loop
        self._choose = choose
        self._told: list[Message] = list(source.transcript)
        self._queued: list[Message] = []
        self._first: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._problems: list[Item] = []
        self._numbered = 0
        super().__init__(**state)
        self.on_msg(self._on_message)

    # --- what the page is told ---------------------------------------------------------------

    def changed(self, first: int | None = None) -> None:
        """Tell the page that messages from `first` on, or with None the outbox, have changed."""
        known = len(self._told) if self._first is None else self._first
        self._first = known if first is None else min(known, first)
        if self._timer is None:
            self._flush()

    def show(self, source: Source) -> None:
        """Show another conversation, in place of all that was shown."""
        if self._timer is not None:
            self._timer.cancel()
        self._source, self._told = source, list(source.transcript)
        self._first = self._timer = None
        total = len(self._told)
        self.send({"kind": "append", **self._batch(max(0, total - CHUNK), total), "first": 0})

    def _flush(self) -> None:
        self._timer = None
        if self._first is None:
            return
        first, self._first = self._first, None
        batch = self._changes(first) | self._queue()
        if batch["items"] or "outbox" in batch or batch["total"] != len(self._told):
            self.send({"kind": "append", **batch})
            self._told[first:] = self._source.transcript[first:]
            self._timer = self._loop.call_later(PERIOD, self._flush)

    def _changes(self, first: int) -> Item:
        """Return the batch that brings the page up to date, unchanged before `first`."""
        messages, told = self._source.transcript, len(self._told)
        total = len(messages)
        if total == told:
            stop = total
            while stop > first and messages[stop - 1] is self._told[stop - 1]:
                stop -= 1
            batch = self._batch(max(first, stop - CHUNK), stop)
            if batch["start"] == first:
                return batch
        batch = self._batch(max(first, total - CHUNK), total)
        return batch if first == told else {**batch, "first": first}

    def _batch(self, start: int, stop: int) -> Item:
        messages = self._source.transcript
        found = items(messages, start, stop)
        return {"start": stop - len(found), "items": found, "total": len(messages)}

    def _queue(self) -> Item:
        """Return the messages that wait to be sent, if they are others than before."""
        before, self._queued = self._queued, _waiting(self._source)
        if self._queued == before:
            return {}
        return {"outbox": [message_item(message) for message in self._queued]}

    def look_at(self, source: Source) -> None:
        """Show another source's messages from now on; what is the same stays as it is drawn."""
        self._source = source
        pairs = enumerate(zip(self._told, source.transcript, strict=False))
        same = min(len(self._told), len(source.transcript))
        first = next((index for index, (old, new) in pairs if old != new), same)
        batch = self._changes(first)
        outbox = [message_item(message) for message in _waiting(source)]
        self.send({"kind": "fill", **batch, "outbox": outbox, "problems": self._problems})
        self._told[first:] = source.transcript[first:]
        self._first = None

    def tail(self) -> Item:
        """Return the newest items as they are now: the state of a view that begins here."""
        messages = self._source.transcript
        found = items(messages, max(0, len(messages) - TAIL), len(messages))
        return {"start": len(messages) - len(found), "items": found}

    def save(self) -> None:
        """Put the newest items into the state that a notebook is saved with."""
        self.send_state("saved")

    def problem(
        self, message: str, detail: str = "", *, about: str = "", good: bool = False
    ) -> None:
        """Show an error as a line that the reader can dismiss; as a quiet one if it is `good` news.

        It takes the place of the older line `about` the same message, given by its ID.
        """
        self._numbered += 1
        line = {
            "id": self._numbered,
            "message": clean_text(message),
            "detail": clean_text(detail),
            "about": about,
            "good": good,
        }
        others = [old for old in self._problems if not about or old["about"] != about]
        self._tell_problems([*others, line][-PROBLEMS:])

    def decided(self, doubtful: Collection[str]) -> None:
        """Take away the bad news about messages whose IDs are not among the `doubtful` any more."""
        self._tell_problems(
            [
                line
                for line in self._problems
                if line["good"] or not line["about"] or line["about"] in doubtful
            ]
        )

    def _tell_problems(self, lines: list[Item]) -> None:
        if lines != self._problems:
            self._problems = lines
            self.send({"kind": "problems", "problems": lines})

    # --- what the page says ------------------------------------------------------------------

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        """Take a message from the page, on whatever thread it comes."""
        match content:
            case {"kind": "need", "start": int(start)}:
                post(self._fill(start, content.get("stop")), self._loop)
            case {"kind": "click", "index": int(index), "id": str(ident), "option": int(option)}:
                post(self._clicked(index, ident, option), self._loop)
            case {"kind": "decide", "id": str(ident), "how": "again" | "arrived" as how} if (
                self._decide is not None
            ):
                post(self._decided(self._decide(ident, how), ident), self._loop)
            case {"kind": "raw", "index": int(index), "id": str(ident)}:
                post(self._raw(index, ident), self._loop)
            case {"kind": "stop"} if self._stop is not None:
                post(self._stop(), self._loop)
            case {"kind": "reconnect"} if self._reconnect is not None:
                post(self._reconnect(), self._loop)
            case {"kind": "file", "url": str(url)}:
                post(self._hand_over(url), self._loop)
            case {"kind": "dismiss", "id": int(number)}:
                post(self._dismiss(number), self._loop)

    async def _fill(self, start: int, stop: int | None) -> None:
        total = len(self._source.transcript)
        end = total if stop is None else min(stop, total)
        batch = self._batch(max(0, start, end - CHUNK), end)
        outbox = [message_item(message) for message in _waiting(self._source)]
        self.send({"kind": "fill", **batch, "outbox": outbox, "problems": self._problems})

    async def _clicked(self, index: int, ident: str, option: int) -> None:
        messages = self._source.transcript
        try:
            if index < len(messages) and messages[index].id == ident:
                await self._choose(messages[index], messages[index].choices[option])
            else:
                self.problem("That message is no longer in the conversation: nothing was sent.")
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.problem(describe(error))
        finally:
            self.send({"kind": "settled", "index": index, "option": option})

    async def _decided(self, doing: Awaitable[None], ident: str) -> None:
        try:
            await doing
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.problem(describe(error))
        finally:
            self.send({"kind": "decided", "id": ident})

    async def _raw(self, index: int, ident: str) -> None:
        """Tell a message as the wire had it; of what is gone the page has what it drew."""
        messages = self._source.transcript
        if index < len(messages) and messages[index].id == ident and messages[index].raw:
            told = json.dumps(messages[index].raw, indent=2, ensure_ascii=False, default=str)
            self.send({"kind": "raw", "id": ident, "json": told})

    async def _hand_over(self, url: str) -> None:
        """Give the page a file that only this machine can reach, or say why not."""
        told: dict[str, str] = {"kind": "file", "url": url}
        try:
            if self._fetch is None:
                raise InvalidFile("There is no session to fetch it with.")
            kind, data = await self._fetch(url)
            if len(data) > HANDED_OVER:
                raise InvalidFile(f"It has {len(data):,} bytes, at most {HANDED_OVER:,} will do.")
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.send({**told, "error": describe(error)})
        else:
            self.send({**told, "type": kind}, buffers=[data])

    async def _dismiss(self, number: int) -> None:
        self._tell_problems([line for line in self._problems if line["id"] != number])


def _waiting(source: Source) -> list[Message]:
    """Return what is in the outbox alone; what is in the transcript, too, is shown there."""
    ids = {message.id for message in source.outbox}
    shown = {message.id for message in source.transcript if message.id in ids} if ids else ids
    return [message for message in source.outbox if message.id not in shown]
