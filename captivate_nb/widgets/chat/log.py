"""The conversation as one widget model: what the page is told, when, and what it may ask for.

A change is one `Batch`. The first is sent at once, what follows within `PERIOD` is put together. It
holds at most `CHUNK` items, the newest; what the page lacks it asks for with `NeedItems`. So none is too large, none that gets lost is missed, and the newest are always seen first.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any, Literal, Protocol, assert_never

import msgspec
import traitlets

from captivate_nb.conversation.message import Message
from captivate_nb.errors import InvalidFile
from captivate_nb.kernel import post
from captivate_nb.protocol.content import Option
from captivate_nb.rendering.sanitize import clean_text
from captivate_nb.widgets.common.assets import describe, module
from captivate_nb.widgets.common.page_widget import PageWidget
from captivate_nb.widgets.messages import (
    Append,
    Batch,
    Click,
    Decide,
    Decision,
    Dismiss,
    File,
    Fill,
    FromLog,
    NeedItems,
    ProblemLine,
    Problems,
    Raw,
    Reconnect,
    Restart,
    SendTurn,
    Stop,
)

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


class Source(Protocol):
    """Where the messages are; a `Session` is one.

    The outbox has those that wait, and those of the transcript that are in doubt.
    """

    @property
    def transcript(self) -> Sequence[Message]: ...
    @property
    def outbox(self) -> Sequence[Message]: ...


class LogWidget(PageWidget):
    """Draws a conversation. Its methods are to be called on `loop`.

    `reader` is whose side it is read from: an agent sees the name of the `user`, and no option
    that it could click. `choose(message, option)` is awaited on `loop` when the user clicks an
    option in the log, what it raises is shown; `stop()` when a reply is awaited no longer.
    `fetch(url)` gets a file that the page asks for, as MIME type and bytes. `decide(id, decision)`
    is awaited when the user decides on a message in doubt, which is possible while it is `live`;
    what it raises is shown. `reconnect()` when the user will not wait for the next attempt to
    connect. `again(turn)` when the bot is to answer a turn again, `restart()` when the user will
    begin anew. `status` is the session's: nothing is awaited or checked unless it is "open".

    With `remote_images` "ask" the page loads pictures only from `trusted` hosts, and from those
    that the reader allows there.
    """

    hears = FromLog
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
        again: Callable[[int], Awaitable[None]] | None = None,
        restart: Callable[[], Awaitable[None]] | None = None,
        **state: Any,
    ) -> None:
        self._source = source
        self._stop = stop or _nothing
        self._fetch = fetch
        self._decide = decide
        self._reconnect = reconnect or _nothing
        self._again = again or _nothing
        self._restart = restart or _nothing
        self._loop = loop
        self._choose = choose
        self._told: list[Message] = list(source.transcript)  # what the page has
        self._queued: list[Message] = []  # the outbox that it has
        self._first: int | None = None  # index from which on it is out of date
        self._timer: asyncio.TimerHandle | None = None  # until the next flush
        self._problems: list[ProblemLine] = []  # the lines that it has
        self._numbered = 0  # problems so far
        super().__init__(**state)

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
        self.tell(msgspec.structs.replace(self._batch(max(0, total - CHUNK), total), first=0))

    def _flush(self) -> None:
        self._timer = None
        if self._first is None:
            return
        first, self._first = self._first, None
        outbox = self._queue()
        batch = msgspec.structs.replace(self._changes(first), outbox=outbox)
        if batch.items or outbox is not msgspec.UNSET or batch.total != len(self._told):
            self.tell(batch)
            self._told[first:] = self._source.transcript[first:]
            self._timer = self._loop.call_later(PERIOD, self._flush)

    def _changes(self, first: int) -> Append:
        """Return the batch that brings the page up to date, unchanged before `first`."""
        messages, told = self._source.transcript, len(self._told)
        total = len(messages)
        if total == told:
            stop = total
            while stop > first and messages[stop - 1] is self._told[stop - 1]:
                stop -= 1
            batch = self._batch(max(first, stop - CHUNK), stop)
            if batch.start == first:
                return batch
        batch = self._batch(max(first, total - CHUNK), total)
        return batch if first == told else msgspec.structs.replace(batch, first=first)

    def _batch(self, start: int, stop: int) -> Append:
        messages = self._source.transcript
        found = items(messages, start, stop)
        return Append(start=stop - len(found), items=found, total=len(messages))

    def _queue(self) -> list[Item] | msgspec.UnsetType:
        """Return the messages that wait to be sent, if they are others than before."""
        before, self._queued = self._queued, _waiting(self._source)
        if self._queued == before:
            return msgspec.UNSET
        return [message_item(message) for message in self._queued]

    def _tell_lacking(self, batch: Batch) -> None:
        """Give the page items, and all else that it may lack."""
        self.tell(
            Fill(
                start=batch.start,
                items=batch.items,
                total=batch.total,
                first=batch.first,
                outbox=[message_item(message) for message in _waiting(self._source)],
                problems=self._problems,
            )
        )

    def look_at(self, source: Source) -> None:
        """Show another source's messages from now on; what is the same stays as it is drawn."""
        self._source = source
        pairs = enumerate(zip(self._told, source.transcript, strict=False))
        same = min(len(self._told), len(source.transcript))
        first = next((index for index, (old, new) in pairs if old != new), same)
        self._tell_lacking(self._changes(first))
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
        self,
        message: str,
        detail: str = "",
        *,
        about: str = "",
        good: bool = False,
        turn: int = 0,
        restart: bool = False,
    ) -> None:
        """Show an error as a line that the reader can dismiss; as a quiet one if it is `good` news.

        It takes the place of the older line `about` the same message, given by its ID. One of a
        `turn` of the bot, by its number, can send that again; one of `restart` can begin anew.
        """
        self._numbered += 1
        line = ProblemLine(
            id=self._numbered,
            message=clean_text(message),
            detail=clean_text(detail),
            about=about,
            good=good,
            turn=turn,
            restart=restart,
        )
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

    def _tell_problems(self, lines: list[ProblemLine]) -> None:
        if lines != self._problems:
            self._problems = lines
            self.tell(Problems(problems=lines))

    # --- what the page says ------------------------------------------------------------------

    def heard(self, message: FromLog, _: Sequence[Any]) -> None:
        """Do what the page asks for, on the panel's loop."""
        post(self._do(message), self._loop)

    async def _do(self, message: FromLog) -> None:
        match message:
            case NeedItems(start=start, stop=stop):
                self._fill(start, stop)
            case Click():
                await self._clicked(message)
            case Decide():
                await self._decided(message)
            case SendTurn() | Restart():
                await self._accept(message)
            case Raw():
                self._show_raw(message)
            case File():
                await self._hand_over(message)
            case Stop():
                await self._stop()
            case Reconnect():
                await self._reconnect()
            case Dismiss(id=number):
                self._tell_problems([line for line in self._problems if line["id"] != number])
            case _:
                assert_never(message)

    def _fill(self, start: int, stop: int | None) -> None:
        total = len(self._source.transcript)
        end = total if stop is None else min(stop, total)
        self._tell_lacking(self._batch(max(0, start, end - CHUNK), end))

    def _message_at(self, index: int, ident: str) -> Message | None:
        """Return the message that the page takes to be there, if it still is."""
        messages = self._source.transcript
        there = index < len(messages) and messages[index].id == ident
        return messages[index] if there else None

    async def _clicked(self, click: Click) -> None:
        message = self._message_at(click.index, click.id)
        try:
            if message is None:
                self.problem("That message is no longer in the conversation: nothing was sent.")
            else:
                await self._choose(message, message.choices[click.option])
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.problem(describe(error))
        finally:
            self.answer(click)

    async def _decided(self, decision: Decide) -> None:
        try:
            if self._decide is not None:
                await self._decide(decision.id, decision.how)
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.problem(describe(error))
        finally:
            self.answer(decision)

    async def _accept(self, asked: SendTurn | Restart) -> None:
        """Do what lines offer; they go once it is done."""
        try:
            if isinstance(asked, SendTurn):
                lines = [line["id"] for line in self._problems if line["turn"] == asked.turn]
                await self._again(asked.turn)
            else:
                lines = [line["id"] for line in self._problems if line["restart"]]
                await self._restart()
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.problem(describe(error))
        else:
            self._tell_problems([line for line in self._problems if line["id"] not in lines])
        finally:
            self.answer(asked)

    def _show_raw(self, asked: Raw) -> None:
        """Tell a message as the wire had it; of what is gone the page has what it drew."""
        message = self._message_at(asked.index, asked.id)
        if message is not None and message.raw:
            told = json.dumps(message.raw, indent=2, ensure_ascii=False, default=str)
            self.answer(asked, text=told)
        else:
            self.answer(asked, error="There is no frame of it.")

    async def _hand_over(self, asked: File) -> None:
        """Give the page a file that only this machine can reach, or say why not."""
        try:
            if self._fetch is None:
                raise InvalidFile("There is no session to fetch it with.")
            kind, data = await self._fetch(asked.url)
            if len(data) > HANDED_OVER:
                raise InvalidFile(f"It has {len(data):,} bytes, at most {HANDED_OVER:,} will do.")
        except Exception as error:  # noqa: BLE001  # shown, whatever it is
            self.answer(asked, error=describe(error))
        else:
            self.answer(asked, data, text=kind)


async def _nothing(*_: object) -> None:
    """Nobody is there who could."""


def _waiting(source: Source) -> list[Message]:
    """Return what is in the outbox alone; what is in the transcript, too, is shown there."""
    ids = {message.id for message in source.outbox}
    shown = {message.id for message in source.transcript if message.id in ids} if ids else ids
    return [message for message in source.outbox if message.id not in shown]
