"""The embedded server: a whole server side of the Socket API on one port, on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import msgspec
from tornado.web import Application, RequestHandler

from captivate_nb.errors import ServeError
from captivate_nb.server.faults.connection import FaultyNetwork
from captivate_nb.server.faults.profiles import ConnectionLimits
from captivate_nb.server.faults.spec import PRESETS, Faults, Preset, read
from captivate_nb.server.flow.loader import load
from captivate_nb.server.livechat.agent import Agent
from captivate_nb.server.livechat.snapshot import Snapshots
from captivate_nb.server.network.access import is_loopback, is_text
from captivate_nb.server.network.front import Front, Strangers
from captivate_nb.server.network.listen import listen, shown
from captivate_nb.server.network.sockets import SocketHandler
from captivate_nb.server.store.conversations import StoreError
from captivate_nb.server.store.journal import SqliteJournal

from .faults import profiles
from .limits import ByteBudget, Limits
from .network import guard, http_api
from .service import Service
from .settings import Settings

T = TypeVar("T")

START_LIMIT = 10.0  # seconds; also for a call on the server's thread
PART_LIMIT = 0.5  # seconds for clients to answer the closing handshake
SWEEP = 60.0  # seconds between looks for idle conversations

_log = logging.getLogger(__name__)


class EmbeddedServer:
    """A bot server for one flow, with live chat, on `host` and `port` (0: any free one).

    `flow` is the name of a shipped flow or the path of a flow file; `key` the API key, a random
    one when None; `greet` says when the bot speaks first: at the client's empty "message", or by
    itself at the "start"; `transcript` is the form of transcripts, the document's schema or its
    example ("messages"); `origins` are the pages, beside those of this machine, whose scripts may
    talk to the server; `store` is a file that keeps all that a conversation needs to go on after
    the server was killed (None: it is in memory); `limits` bound what the server bears; `faults`
    are those of the network, in the words of `faults.KINDS` or the name of one of
    `faults.PRESETS`; `profile` sets the limits of a connection as a service does, one of
    `profiles.PROFILES`.

    `start` and `stop` may be called from any thread. Raise `FlowError` for a faulty flow,
    `UsageError` for unknown faults or profiles, `ServeError` when the server cannot start.
    """

    def __init__(
        self,
        flow: str | Path = "support",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = None,
        greet: Literal["message", "start"] = "message",
        transcript: Literal["transcript", "messages"] = "transcript",
        store: str | Path | None = None,
        limits: Limits | None = None,
        origins: Collection[str] = (),
        faults: str | Iterable[str] | Faults | None = None,
        profile: str | ConnectionLimits = "none",
    ) -> None:
        _check_key(key, host)
        self.flow = load(flow)
        self.host = host
        self.port = port
        self.key = secrets.token_urlsafe(16) if key is None else key
        self._journal = None if store is None else SqliteJournal(store)
        self._network = FaultyNetwork(faults, profiles.read(profile))
        settings = Settings(
            greet=greet,
            transcript=transcript,
            limits=limits or Limits(),
            faults=lambda: self._network.faults,
        )
        self._service = Service(self.flow, settings, self._journal)
        self._origins = frozenset(origins)
        self._agent = Agent(
            self.call,
            self._service.queue,
            Snapshots(self._service.queue, self._service.store, self._service.router.is_present),
            self._service.add_file,
            self._service.limits.file,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._calls: set[Future[Any]] = set()
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None

    @property
    def http_url(self) -> str:
        """Where the HTTP side is; the port is known once the server has started."""
        return f"http://{shown(self.host)}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where the WebSocket is, without the key."""
        return f"ws://{shown(self.host)}:{self.port}/dev"

    @property
    def agent(self) -> Agent:
        """The live agent's side, for Python to play."""
        return self._agent

    @property
    def faults(self) -> Faults:
        """The faults of the network; set to a spec at any time, from any thread."""
        return self._network.faults

    @faults.setter
    def faults(self, spec: str | Iterable[str] | Faults | None) -> None:
        self._network.faults = spec

    @property
    def network(self) -> str:
        """What the network is now: the name of one of `networks`, or else its faults' spec."""
        now = msgspec.structs.replace(self.faults, seed=None)
        named = (preset.name for preset in PRESETS if read(preset.name) == now)
        return next(named, str(self.faults))

    @property
    def networks(self) -> tuple[Preset, ...]:
        """The networks there is a name for: each a name for `faults`, what it is like, a spec."""
        return PRESETS

    def start(self) -> Self:
        """Start, and return when the server listens; a server that runs already stays as it is.

        A server that was stopped starts again on the same port, with the conversations it had.
        """
        if self._thread is None:
            listener = listen(self.host, self.port)
            self.port = listener.getsockname()[1]
            self._service.settings.base_url = self.http_url
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
        return self

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

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "stopped" if self._thread is None else f"at {self.ws_url}"
        return f"<EmbeddedServer {self.flow.name!r} {state}>"

    def call(self, work: Callable[[], T]) -> T:
        """Run `work` on the server's thread, and return what it returns or raise what it raises.

        Raise `ServeError` when the server does not run, stops before it comes to it, or has not
        done it within `START_LIMIT`.
        """
        if threading.current_thread() is self._thread:
            return work()
        loop = self._loop
        if loop is None:
            raise ServeError("The server does not run; start it first.")
        done: Future[T] = Future()
        self._calls.add(done)
        try:
            _queue(loop, done, work)
            return done.result(START_LIMIT)
        except CancelledError:
            raise ServeError("The server has stopped.") from None
        except TimeoutError:
            if done.done():
                raise
            raise ServeError(f"The server is busy: no answer in {START_LIMIT:.0f} s.") from None
        finally:
            done.cancel()
            self._calls.discard(done)

    def _run(self, listener: socket.socket, started: Future[None]) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve(listener, started))
        finally:
            for done in self._calls.copy():  # the loop has ended, and comes to them no more
                done.cancel()
            if self._journal is not None:
                self._journal.close()

    async def _serve(self, listener: socket.socket, started: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        try:
            self._wake()
        except Exception as error:  # noqa: BLE001 (raised again by `start`)
            listener.close()
            started.set_exception(error)
            return
        limits = self._service.limits
        strangers, bodies = Strangers(limits.strangers), ByteBudget(limits.bodies)
        policy = guard.AccessPolicy(self.key, self._origins, strangers, bodies)
        server = Front(self._application(policy), strangers, limits)
        server.accept_from(listener)
        started.set_result(None)
        self._service.queue.set_running(running=True)
        sweep = asyncio.create_task(self._sweep())
        await self._stopped.wait()
        sweep.cancel()
        self._service.queue.set_running(running=False)
        server.stop()
        await self._close_sockets()
        bodies.open()
        await server.close_all_connections()

    def _wake(self) -> None:
        if self._journal is not None:
            self._journal.open()
        self._service.load()

    async def _sweep(self) -> None:
        """Look for idle conversations, again and again."""
        while True:
            await asyncio.sleep(min(SWEEP, self._service.limits.idle / 2))
            with contextlib.suppress(StoreError):  # it is told to whoever sends something
                self._service.expire()

    async def _close_sockets(self) -> None:
        """Close the sockets as the protocol asks; those whose client does not answer, anyhow."""
        handlers = [
            one for one in self._service.router.sockets.values() if isinstance(one, SocketHandler)
        ]
        for handler in handlers:
            handler.close(1001, "The server stops")
        closing = [asyncio.ensure_future(handler.closed.wait()) for handler in handlers]
        if closing:
            await asyncio.wait(closing, timeout=PART_LIMIT)
        for handler in handlers:
            handler.abort()

    def _application(self, policy: guard.AccessPolicy) -> Application:
        shared = {"service": self._service, "policy": policy}
        return Application(
            [
                (r"/api/custom-channel/sockets/message", http_api.MessageHandler, shared),
                (r"/api/transcript", http_api.TranscriptHandler, shared),
                (r"/files", http_api.UploadHandler, shared),
                (r"/files/([^/]+)/([^/]+)", http_api.FileHandler, shared),
                (r"/pictures/(.+)", http_api.PictureHandler, shared),
                (r"/messages/([^/]+)", http_api.LargeHandler, shared),
                (r"/transcripts/([^/]+)", http_api.LargeTranscriptHandler, shared),
                (r".*", SocketHandler, {**shared, "network": self._network}),
            ],
            log_function=_log_request,
            websocket_max_message_size=self._service.limits.message,
        )


def _check_key(key: str | None, host: str) -> None:
    """Raise `ServeError` for a key that keeps nobody out, or that no client can send."""
    if key is None and not is_loopback(host):
        raise ServeError(f"Others can reach {host or 'every address'}: give a key of your own.")
    if key == "":
        raise ServeError("An empty key keeps nobody out: give another, or none for a random one.")
    if key is not None and not is_text(key):
        raise ServeError("The key is not UTF-8 text, as a client would send it: give another.")


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


def _log_request(handler: RequestHandler) -> None:
    address = guard.redacted(handler.request.uri or "")
    _log.debug("%s %s %s", handler.get_status(), handler.request.method, address)
