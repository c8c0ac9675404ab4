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
import atexit
import concurrent.futures
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, TypeVar

import nest_asyncio2

from .errands import POLL, Errand
from .errors import UsageError

LOOKS = 10
"""How many times it is looked for errands' end before a wait goes on."""

END = 1.0
"""Seconds that what is open when a script ends has to end by itself."""

R = TypeVar("R")
_loop: asyncio.AbstractEventLoop | None = None
_making = threading.Lock()
_turning = threading.Lock()
"""Held by the thread that runs the home loop, where no shell does."""


def run(coro: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine to its end on the loop that `await` would use, and return its result.

    Interrupting it (Ctrl-C, the stop button) cancels the coroutine and raises
    `KeyboardInterrupt`; other tasks of the loop go on unharmed. While it waits inside a running
    loop, that loop goes on too. From a thread without a loop, it runs on the loop of the main
    thread when that is running, and threads of a script share one loop.

    Raise `UsageError` when it is no coroutine, when the loop that is running is not asyncio's own,
    such as uvloop's, and when another thread's loop stands still for 5 s: the coroutine is then
    cancelled. A kernel's loop goes on while a cell waits for threads, on Linux and macOS.
    """
    if not asyncio.iscoroutine(coro):
        raise UsageError(
            'run takes what would be awaited, such as session.say("hello"), not'
            f" {coro!r:.60}. Was the call's () forgotten?"
        )
    running = _running_loop()
    if running is None:
        return _run_from_outside(coro)
    if not isinstance(running, asyncio.BaseEventLoop):
        coro.close()
        kind = f"{type(running).__module__}.{type(running).__qualname__}"
        raise UsageError(
            f"run cannot wait inside a running {kind}: only asyncio's own loops can be nested."
            " Write `await` instead, or call it from a thread, with asyncio.to_thread."
        )
    return _run_nested(running, coro)


def post(
    coro: Coroutine[Any, Any, R],
    loop: asyncio.AbstractEventLoop | None = None,
    on_error: Callable[[Exception], None] | None = None,
) -> concurrent.futures.Future[R]:
    """Start a coroutine on a loop from any thread, at once and without waiting.

    `loop` None is the one that `run` uses in the main thread. `on_error` is called on the loop with
    what the coroutine raises. Cancelling the future that is returned cancels the coroutine.
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
    return _running_loop() or _home_loop()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _run_from_outside(coro: Coroutine[Any, Any, R]) -> R:
    """Run where no loop is running in this thread."""
    loop = _home_loop()
    if _may_turn(loop):
        return _turn_until_done(loop, coro)
    errand = Errand(coro, loop)
    try:
        while not concurrent.futures.wait([errand.future], POLL).done:
            if _may_turn(loop):  # the thread that ran it is done
                return _turn_until_done(loop, _result(errand.future))
            errand.check()
    except BaseException:
        errand.drop()
        raise
    return errand.future.result()


def _may_turn(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this thread is the one to run the home loop, as nobody else does."""
    return not loop.is_running() and _turning.acquire(blocking=False)


def _turn_until_done(loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, R]) -> R:
    try:
        return _run_on(loop, coro)
    finally:
        _turning.release()


async def _result(future: concurrent.futures.Future[R]) -> R:
    return await asyncio.wrap_future(future)


def _home_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that outlives single calls: the shell's own, or one made here once."""
    global _loop  # noqa: PLW0603  # there is one for the process
    with _making:
        if _loop is None or _loop.is_closed():
            _loop = _shell_loop() or _new_loop()
        return _loop


def _new_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    atexit.register(_end, loop)
    return loop


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """End a script's loop with the script: what is still open on it is cancelled, as by asyncio.run."""
    if loop.is_running() or loop.is_closed():
        return
    if tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=END))
    loop.close()


def _shell_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop on which a cell of this kernel or IPython shell awaits, if this is one."""
    if (kernel := _kernel()) is not None:
        kernel_loop: asyncio.AbstractEventLoop = kernel.io_loop.asyncio_loop
        return kernel_loop
    if _shell() is None:
        return None
    from IPython.core.async_helpers import get_asyncio_loop

    loop: asyncio.AbstractEventLoop = get_asyncio_loop()
    return loop


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _kernel() -> Any:
    return getattr(_shell(), "kernel", None)


def _run_nested(loop: asyncio.BaseEventLoop, coro: Coroutine[Any, Any, R]) -> R:
    """Run inside the loop that is running.

    That loop may have begun before it was made to nest, and then goes through what was ready by its
    number: as many must be there when the nested run is over, which has done it meanwhile.
    """
    nest_asyncio2.apply(loop)
    ready: Any = vars(loop)["_ready"]
    due = len(ready)
    try:
        return _run_on(loop, coro)
    finally:
        for _ in range(due - len(ready)):
            loop.call_soon(_nothing)


def _nothing() -> None: ...


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
        if getattr(before, "__module__", None) == __name__:
            before(_signal, _frame)  # what waits around it, as for the callback that waits here

    before: Any = signal.signal(signal.SIGINT, cancel)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _turn_while_waiting() -> None:
    """Let a kernel's loop turn while a cell waits for threads that wait for that loop.

    A signal reaches the main thread inside such a wait; by default SIGURG does nothing.
    """
    here = threading.get_ident()
    outside = _kernel() is None or here != threading.main_thread().ident
    if outside or not hasattr(signal, "pthread_kill"):  # Windows has none
        return
    if signal.getsignal(signal.SIGURG) is signal.SIG_DFL:
        signal.signal(signal.SIGURG, _turn_a_while)
        Errand.nudge = partial(signal.pthread_kill, here, signal.SIGURG)


def _turn_a_while(_signal: int, frame: FrameType | None) -> None:
    """Run the loop inside a wait of `threading`'s, where what is interrupted is at rest."""
    loop = _running_loop()
    waiting = frame is not None and frame.f_globals.get("__name__") == threading.__name__
    if waiting and isinstance(loop, asyncio.BaseEventLoop):
        _run_nested(loop, _errands_done(loop))


async def _errands_done(loop: asyncio.AbstractEventLoop) -> None:
    """Return when nobody waits for the loop any more, and soon in any case: a wait has an end."""
    for _ in range(LOOKS):
        if not any(errand.loop is loop for errand in tuple(Errand.under_way)):
            return
        await asyncio.sleep(POLL)


_turn_while_waiting()
