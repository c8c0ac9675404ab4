"""A Python callable as a bot: plain, async, or a generator of either kind."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import AsyncGenerator, Callable
from typing import Any, Literal

from .answers import Json, plain
from .failures import BotFailed, failure_of
from .prints import Prints, kept_in
from .workers import Workers

Kind = Literal["answers", "later", "failed", "end"]

AHEAD = 20  # answers that a generator may yield before the server has carried them out
LOOK = 0.01  # seconds between looks for room


class Function:
    """Calls `function(request)` for each turn: a plain one in a thread, an async one on a loop.

    A turn is given up when nothing has come of it for `timeout` seconds.
    """

    def __init__(self, function: Callable[[Json], Any], workers: Workers, timeout: float) -> None:
        self._function = function
        self._workers = workers
        self._timeout = timeout
        self.name = getattr(function, "__name__", type(function).__name__)

    async def call(self, request: Json, prints: Prints) -> AsyncGenerator[list[Json], None]:
        """Yield the answers to a request as they come; raise `BotFailed`.

        Closing it cancels what runs; a thread is stopped at its next line of Python.
        """
        relay = Relay()
        stop = self._begin(request, prints, relay)
        try:
            while True:
                kind, value = await self._next(relay)
                match kind:
                    case "answers":
                        yield value
                    case "later":  # a plain function returned what is to be awaited
                        stop = self._workers.as_task(lambda: _await(value, prints, relay))  # noqa: B023
                    case "failed":
                        raise value
                    case "end":
                        return
        finally:
            stop()
            relay.close()

    async def _next(self, relay: Relay) -> tuple[Kind, Any]:
        try:
            async with asyncio.timeout(self._timeout):
                return await relay.get()
        except TimeoutError:
            raise BotFailed(
                f"The bot {self.name} has not answered within {self._timeout:g} s. bot_timeout= gives"
                " it longer."
            ) from None

    def _begin(self, request: Json, prints: Prints, relay: Relay) -> Callable[[], None]:
        function = self._function
        if _is_async(function):
            return self._workers.as_task(lambda: _await(_later(function, request), prints, relay))
        return self._workers.in_thread(lambda: _call(function, request, prints, relay))


class Relay:
    """Takes what a bot says to the server's loop, on which it is made, from any thread.

    The bot waits where the server has `AHEAD` of its answers still to carry out.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[Kind, Any]] = asyncio.Queue()
        self._open = True
        self._room = threading.Semaphore(AHEAD)

    def put(self, kind: Kind, value: Any = None) -> None:
        with contextlib.suppress(RuntimeError):  # the server has stopped
            self._loop.call_soon_threadsafe(self._queue.put_nowait, (kind, value))

    def answer(self, value: Any) -> None:
        """Put an answer, in a thread."""
        answers = plain(value)
        if self._open:
            self._room.acquire()
        self.put("answers", answers)

    async def answer_async(self, value: Any) -> None:
        """Put an answer, on a loop."""
        answers = plain(value)
        while self._open and not self._room.acquire(blocking=False):  # noqa: ASYNC110  # a thread's own
            await asyncio.sleep(LOOK)
        self.put("answers", answers)

    async def get(self) -> tuple[Kind, Any]:
        kind, value = await self._queue.get()
        if kind == "answers":
            self._room.release()
        return kind, value

    def close(self) -> None:
        """Let nobody wait any more."""
        self._open = False
        self._room.release()


def _is_async(function: Any) -> bool:
    called = getattr(function, "__call__", function)  # noqa: B004  # of an object, its method
    return any(
        test(each)
        for test in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        for each in (function, called)
    )


def _call(function: Callable[[Json], Any], request: Json, prints: Prints, relay: Relay) -> None:
    """Call a plain function, in its thread."""
    try:
        with kept_in(prints):
            result = function(request)
            if inspect.isawaitable(result) or inspect.isasyncgen(result):
                relay.put("later", result)
                return
            for value in result if inspect.isgenerator(result) else (result,):
                relay.answer(value)
    except BotFailed as failure:
        relay.put("failed", failure)
    except BaseException as error:  # noqa: BLE001  # it is somebody's own
        relay.put("failed", failure_of(error))
    else:
        relay.put("end")


async def _later(function: Callable[[Json], Any], request: Json) -> Any:
    """Call what is async in the task that awaits it, so that its prints and errors belong there."""
    result = function(request)
    return await result if inspect.isawaitable(result) else result


async def _await(result: Any, prints: Prints, relay: Relay) -> None:
    """Await what an async bot returned, on its loop."""
    try:
        with kept_in(prints):
            while inspect.isawaitable(result):
                result = await result
            if inspect.isasyncgen(result):
                async with contextlib.aclosing(result):
                    async for value in result:
                        await relay.answer_async(value)
            else:
                for value in result if inspect.isgenerator(result) else (result,):
                    await relay.answer_async(value)
    except BotFailed as failure:
        relay.put("failed", failure)
    except asyncio.CancelledError:
        relay.put("failed", BotFailed("The bot's turn was cancelled."))
        raise
    except BaseException as error:  # noqa: BLE001  # it is somebody's own
        relay.put("failed", failure_of(error))
    else:
        relay.put("end")
