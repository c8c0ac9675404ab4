"""Work that runs on a server's loop, for callers on any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from captivate_nb.errors import ServeError

T = TypeVar("T")

CALL_LIMIT = 10.0  # seconds


class Calls:
    """Runs work on the loop that it was opened on."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None  # none while the server does not run
        self._thread: int | None = None  # the identifier of the loop's thread
        self._waiting: set[Future[Any]] = set()

    def open(self) -> None:
        """Run work on the loop that is running, from now on."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def close(self) -> None:
        """Run nothing any more; what waits to be run is cancelled."""
        self._loop = self._thread = None
        for done in self._waiting.copy():
            done.cancel()

    def run(self, work: Callable[[], T]) -> T:
        """Run `work` on the loop, and return what it returns or raise what it raises.

        Raise `ServeError` when the server does not run, stops before it comes to it, or has not
        done it within `CALL_LIMIT`.
        """
        if threading.get_ident() == self._thread:
            return work()
        loop = self._loop
        if loop is None:
            raise ServeError("The server does not run; start it first.")
        done: Future[T] = Future()
        self._waiting.add(done)
        try:
            _queue(loop, done, work)
            return done.result(CALL_LIMIT)
        except CancelledError:
            raise ServeError("The server has stopped.") from None
        except TimeoutError:
            if done.done():
                raise
            raise ServeError(f"The server is busy: no answer in {CALL_LIMIT:.0f} s.") from None
        finally:
            done.cancel()
            self._waiting.discard(done)


def _queue(loop: asyncio.AbstractEventLoop, done: Future[T], work: Callable[[], T]) -> None:
    try:
        loop.call_soon_threadsafe(_settle, done, work)
    except RuntimeError:  # the loop has ended
        done.cancel()


def _settle(done: Future[T], work: Callable[[], T]) -> None:
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(work())
    except Exception as error:  # noqa: BLE001 (raised again where it was asked for)
        done.set_exception(error)
