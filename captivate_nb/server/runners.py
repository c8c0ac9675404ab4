"""The two ways to run a service: on a thread and loop of its own, or on the caller's loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from captivate_nb.errors import ServeError

from .calls import Calls
from .service import Service

START_LIMIT = 10.0  # seconds


class Listener(Protocol):
    """The network's side of a service that runs on a thread."""

    def start(self) -> None:
        """Take in clients, on the loop that is running."""

    def stop(self) -> None:
        """Take in nobody any more."""

    async def close(self) -> None:
        """Close what is still open."""


class Runner(Protocol):
    """Runs a service; `calls` runs work where the service runs."""

    calls: Calls

    @property
    def running(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    async def astart(self) -> None: ...
    async def astop(self) -> None: ...


class LoopRunner:
    """Runs a service on the loop on which it is started. Not for other threads."""

    def __init__(self, service: Service) -> None:
        self.calls = Calls()
        self.running = False
        self._service = service

    def start(self) -> None:
        """Start; raise `ServeError` where no loop is running."""
        if self.running:
            return
        try:
            self.calls.open()
        except RuntimeError:
            raise ServeError(
                "A local server runs on the caller's loop, and none is running: start it in a"
                " coroutine."
            ) from None
        try:
            self._service.start()
        except BaseException:
            self.calls.close()
            raise
        self.running = True

    def stop(self) -> None:
        """Close every connection, and cancel what still runs."""
        if self.running:
            self.running = False
            self._service.stop()
            self._service.router.close_all()
            self._service.close()
            self.calls.close()

    async def astart(self) -> None:
        self.start()

    async def astop(self) -> None:
        """Stop, and return when nothing of the service runs any more."""
        self.stop()
        await self._service.tasks.ended()


class ThreadRunner:
    """Runs a service on a thread of its own, with a listener that `listen` makes.

    `start` and `stop` may be called from any thread.
    """

    def __init__(self, service: Service, listen: Callable[[], Listener]) -> None:
        self.calls = Calls()
        self._service = service
        self._listen = listen
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None  # set to end the thread

    @property
    def running(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        """Start, and return when the server listens."""
        if self._thread is not None:
            return
        listener = self._listen()
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(listener, started), name="captivate_nb server", daemon=True
        )
        self._thread.start()
        try:
            started.result(START_LIMIT)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close every connection, end the thread, and return when both are done."""
        thread, loop, stopped = self._thread, self._loop, self._stopped
        if thread is None or loop is None or stopped is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stopped.set)
        if thread is not threading.current_thread():
            thread.join()
        self._thread = self._loop = self._stopped = None

    async def astart(self) -> None:
        """Start, without blocking the loop. Cancelling stops it again."""
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            await asyncio.shield(starting)
        except BaseException:
            await asyncio.wait([starting])  # a thread cannot be called back
            await self.astop()
            raise

    async def astop(self) -> None:
        """Stop, without blocking the loop."""
        await asyncio.to_thread(self.stop)

    def _run(self, listener: Listener, started: Future[None]) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve(listener, started))
        finally:  # the loop has ended, and comes to no call any more
            self.calls.close()
            self._service.close()

    async def _serve(self, listener: Listener, started: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self.calls.open()
        try:
            self._service.start()
        except Exception as error:  # noqa: BLE001 (raised again by `start`)
            listener.stop()
            started.set_exception(error)
            return
        listener.start()
        started.set_result(None)
        await self._stopped.wait()
        self._service.stop()
        listener.stop()
        await self._service.router.shut_down()
        await listener.close()
