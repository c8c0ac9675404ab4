"""The event loop that `await` in a cell runs on, for code that cannot await.

Three places have such a loop: a Jupyter kernel, where it is running while a cell runs; a plain
IPython shell, where it runs only while something is awaited; and a script, where there is none
until `run` makes one. `nest_asyncio2` makes a blocking call possible inside a running loop; it is
applied only then.

A widget's callback may come on a thread of its own with a running loop of its own, so callbacks
use `post`, which always names the loop to run on.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

import nest_asyncio2

from .errors import UsageError

R = TypeVar("R")
_loop: asyncio.AbstractEventLoop | None = None


def run(coro: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine to its end on the loop that `await` would use, and return its result.

    Interrupting it (Ctrl-C, the stop button) cancels the coroutine and raises
    `KeyboardInterrupt`; other tasks of the loop go on unharmed. While it waits inside a running
    loop, that loop goes on too. From a thread without a loop, it runs on the loop of the main
    thread when that is running. Raise `UsageError` when it is no coroutine.
    """
    if not asyncio.iscoroutine(coro):
        raise UsageError(
            'run takes what would be awaited, such as session.say("hello"), not'
            f" {coro!r:.60}. Was the call's () forgotten?"
        )
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        return _run_from_outside(coro)
    nest_asyncio2.apply(running)
    return _run_on(running, coro)


def post(
    coro: Coroutine[Any, Any, R],
    loop: asyncio.AbstractEventLoop | None = None,
    on_error: Callable[[Exception], None] | None = None,
) -> concurrent.futures.Future[R]:
    """Start a coroutine on a loop from any thread, at once and without waiting.

    `loop` None is the one that `run` uses in the main thread. `on_error` is called on the loop with what the coroutine raises. Cancelling the future that is
    returned cancels the coroutine.
    """

    async def watched() -> R:
        try:
            return await coro
        except Exception as error:
            if on_error is not None:
                on_error(error)
            raise

    return asyncio.run_coroutine_threadsafe(watched(), loop or _home_loop())


def loop_here() -> asyncio.AbstractEventLoop:
    """Return the loop that is running in this thread, or else the one that `run` would use."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _home_loop()


def _run_from_outside(coro: Coroutine[Any, Any, R]) -> R:
    """Run where no loop is running in this thread."""
    loop = _home_loop()
    if loop.is_running():
        return asyncio.run_coroutine_threadsafe(coro, loop).result()
    return _run_on(loop, coro)


def _home_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that outlives single calls: the shell's own, or one made here once."""
    global _loop  # noqa: PLW0603  # there is one for the process
    if _loop is None or _loop.is_closed():
        _loop = _shell_loop() or asyncio.new_event_loop()
    return _loop


def _shell_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop on which a cell of this kernel or IPython shell awaits, if this is one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return None
    from IPython.core.async_helpers import get_asyncio_loop

    kernel = getattr(shell, "kernel", None)
    loop: asyncio.AbstractEventLoop = (
        kernel.io_loop.asyncio_loop if kernel is not None else get_asyncio_loop()
    )
    return loop


def _run_on(loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, R]) -> R:
    task = loop.create_task(coro)
    with _interrupt_cancels(task, loop) as interrupted:
        try:
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            if interrupted.is_set():
                raise KeyboardInterrupt from None
            raise


@contextmanager
def _interrupt_cancels(
    task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop
) -> Iterator[threading.Event]:
    """Turn an interrupt into the cancelling of one task.

    An interrupt raised wherever Python happens to be would kill some other task of the loop, such
    as the one that reads the socket.
    """
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return

    def cancel(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()
        loop.call_soon_threadsafe(task.cancel)

    before = signal.signal(signal.SIGINT, cancel)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
