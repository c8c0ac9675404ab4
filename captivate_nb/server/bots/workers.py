"""Where a bot's Python runs beside the server: plain functions in threads, the others on a loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import ctypes
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from captivate_nb.local_files import IN_BROWSER

from .failures import BotFailed

MOST = 1000  # at a time
END = 1.0  # seconds that what was stopped has to end

Stop = Callable[[], None]


class Stopped(BaseException):
    """Raised in a bot's thread when nobody waits for it any more."""


class Workers:
    """What runs of one server's bots, on `loop` or, without one, on a loop of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.loop = loop
        self._own: threading.Thread | None = None
        self._works: set[_Thread | _Task] = set()

    def in_thread(self, work: Callable[[], None]) -> Stop:
        """Run `work` in a thread of its own; return what stops it, at its next line of Python."""
        if IN_BROWSER:  # which has no threads
            asyncio.get_running_loop().call_soon(work)
            return lambda: None
        return self._begin(_Thread(work))

    def as_task(self, work: Callable[[], Coroutine[Any, Any, None]]) -> Stop:
        """Run a coroutine on the bots' loop; return what cancels it."""
        return self._begin(_Task(work, self._running_loop()))

    def stop(self) -> None:
        """Stop all that runs."""
        for work in tuple(self._works):
            work.stop()

    async def ended(self) -> None:
        """Return when all has ended; what still blocks after `END` seconds is left to its thread."""
        waiting = [asyncio.wrap_future(work.done) for work in tuple(self._works)]
        if waiting:
            await asyncio.wait(waiting, timeout=END)
        self._end_loop()

    def join(self) -> None:
        """Wait like `ended`, for the threads: a task ends at its loop's next turn."""
        elsewhere = [w.done for w in tuple(self._works) if isinstance(w, _Thread) or self._own]
        concurrent.futures.wait(elsewhere, timeout=END)
        self._end_loop()

    def _begin(self, work: _Thread | _Task) -> Stop:
        if len(self._works) >= MOST:
            raise BotFailed(f"{MOST:,} turns of the bot run already, and none has come to its end.")
        self._works.add(work)
        work.done.add_done_callback(lambda _: self._works.discard(work))
        work.begin()
        return work.stop

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            self._own = threading.Thread(
                target=self.loop.run_forever, name="captivate_nb bot loop", daemon=True
            )
            self._own.start()
        return self.loop

    def _end_loop(self) -> None:
        if self._own is None or self.loop is None:
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._own.join(END)
        if not self._own.is_alive():
            self.loop.close()
        self.loop = self._own = None


class _Thread:
    """Work in a thread of its own."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._work = work
        self._lock = threading.Lock()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="captivate_nb bot", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._lock:
            if self._open and self._thread.ident is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread.ident), ctypes.py_object(Stopped)
                )

    def _run(self) -> None:
        with contextlib.suppress(Stopped):
            try:
                self._work()
            finally:
                with self._lock:
                    self._open = False
        self.done.set_result(None)


class _Task:
    """Work as a task of a loop that may run in another thread."""

    def __init__(
        self, work: Callable[[], Coroutine[Any, Any, None]], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._work = work
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def begin(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._start)
        except RuntimeError:
            self.done.set_result(None)
            raise BotFailed(
                "The loop on which the bot was opened has ended: open it again."
            ) from None

    def stop(self) -> None:
        self._stopped = True
        try:
            self._loop.call_soon_threadsafe(self._cancel)
        except RuntimeError:  # the loop has ended
            if not self.done.done():
                self.done.set_result(None)

    def _start(self) -> None:
        if self._stopped:
            self.done.set_result(None)
            return
        self._task = self._loop.create_task(self._work())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()
        if not self.done.done():
            self.done.set_result(None)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
