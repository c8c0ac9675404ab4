"""Who is called when something happens; whatever a callback raises is listed, and ends nothing."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from captivate_nb.conversation.problems import Problem
from captivate_nb.errors import UsageError

from .secrets import redact


class Listeners:
    """Callbacks by the name of what they are called for.

    `spawn` runs what a coroutine function returned, `report` lists a line and returns it as listed.
    """

    def __init__(
        self,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        report: Callable[[str], Problem],
    ) -> None:
        self._spawn = spawn
        self._report = report
        self._callbacks: dict[str, list[Callable[[Any], Any]]] = {}  # by event name
        self._calling: str | None = None  # what the callback that is being called is for

    def add(self, name: str, callback: Callable[[Any], Any]) -> Callable[[], None]:
        """Have `callback(value)` called for each `name`; return a function that stops it."""
        callbacks = self._callbacks.setdefault(name, [])
        callbacks.append(callback)

        def stop() -> None:
            if callback in callbacks:
                callbacks.remove(callback)

        return stop

    def notify(self, name: str, value: Any) -> None:
        """Call who listens for `name`."""
        for callback in tuple(self._callbacks.get(name, ())):
            result = self._call(name, callback, value)
            if result is not None and inspect.isawaitable(result):
                self._spawn(self._watch(name, result))

    def guard(self, name: str, work: Callable[..., object], *given: object) -> None:
        """Do work that calls somebody's observers of `name`."""
        self._call(name, work, *given)

    def _call(self, name: str, callback: Callable[..., Any], *given: object) -> Any:
        """Return what a callback for `name` returns, None where it raises."""
        before, self._calling = self._calling, name
        try:
            return callback(*given)
        except BaseException as error:  # noqa: BLE001  # a callback may raise anything
            self._calling = before
            self._list(name, error)
        finally:
            self._calling = before
        return None

    def check_free(self) -> None:
        """Refuse what a callback waits for: only a nested loop gets here while one is called."""
        if self._calling is not None:
            raise UsageError(
                f"A callback for {self._calling} waits here, and until it returns the session hears"
                " nothing. Make the callback `async def`, and write `await` in it."
            )

    async def _watch(self, name: str, result: Awaitable[Any]) -> None:
        task = asyncio.current_task()
        try:
            await result
        except BaseException as error:  # a callback may raise anything
            if task is None or task.cancelling() or not _is_running(task):
                raise  # it is ended from outside
            self._list(name, error)

    def _list(self, name: str, error: BaseException) -> None:
        """List an error of somebody's callback; one of an error callback is not told to it again.

        Where it is Ctrl-C, which Python raises in whatever runs, what waits for the loop is
        interrupted, and not who reads the socket.
        """
        problem = self._report(redact(f"A callback for {name} raised {_named(error)}"))
        if name != "error":
            self.notify("error", problem)
        main = threading.current_thread() is threading.main_thread()
        handled = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if isinstance(error, KeyboardInterrupt) and handled:
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)


def _is_running(task: asyncio.Task[Any]) -> bool:
    """Whether this is called by a task itself; it is not where its coroutine is closed."""
    with contextlib.suppress(RuntimeError):
        return asyncio.current_task() is task
    return False


def _named(error: BaseException) -> str:
    """Return an error's name and what it says, whatever it does when it is asked."""
    try:
        said = str(error)
    except BaseException:  # noqa: BLE001  # it is somebody's own
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
