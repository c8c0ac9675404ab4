"""The embedded server: a whole server side of the Socket API, for one bot."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import msgspec

from captivate_nb.errors import ServeError

from .bots.opening import TIMEOUT, Opener, Source
from .bots.records import TurnRecord, Turns
from .faults import profiles
from .faults.connection import FaultyNetwork
from .faults.profiles import ConnectionLimits
from .faults.spec import PRESETS, Faults, Preset, read
from .flow.model import Flow
from .limits import Limits
from .livechat.agent import Agent, OnLoop
from .livechat.snapshot import Snapshots
from .network.access import is_loopback, is_text
from .network.listen import listen, shown
from .network.local import LocalSocket, connect
from .resources import Resource, fetch
from .runners import Listener, LoopRunner, Runner, ThreadRunner
from .service import Service
from .settings import Settings
from .store.base_journal import BaseJournal

T = TypeVar("T")


class EmbeddedServer:
    """A bot server for one bot, with live chat, on `host` and `port` (0: any free one).

    `flow` is the name of a shipped flow, the path of a flow file, which is read again when it is
    saved, or a flow; `start` is the node it begins at; `bot` answers in its place: a
    callable, which is called on the loop on which the server is started where it is async, or
    “module:function”, or an endpoint by its http:// address, which gets `bot_headers`; nothing is
    awaited of it for longer than `bot_timeout` seconds. `key` the API key, a random
    one when None; `greet` says when the bot speaks first: at the client's empty "message", or by
    itself at the "start"; `transcript` is the form of transcripts, the document's schema or its
    example ("messages"); `origins` are the pages, beside those of this machine, whose scripts may
    talk to the server; `store` is a file that keeps all that a conversation needs to go on after
    the server was killed (None: it is in memory); `limits` bound what the server bears; `faults`
    are those of the network, in the words of `faults.KINDS` or the name of one of
    `faults.PRESETS`; `profile` sets the limits of a connection as a service does, one of
    `profiles.PROFILES`.

    It runs on a thread of its own, and `start` and `stop` may be called from any thread. A `local`
    server runs on the loop on which it is started, without a thread, and listens nowhere: clients
    connect in-process, and the port in its addresses is 0.

    Raise `FlowError` for a faulty flow,
    `UsageError` for unknown faults or profiles, `ServeError` when the server cannot start.
    """

    def __init__(
        self,
        flow: str | Path | Flow = "support",
        *,
        start: str | None = None,
        bot: Source | None = None,
        bot_headers: Mapping[str, str] | None = None,
        bot_timeout: float = TIMEOUT,
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
        local: bool = False,
    ) -> None:
        _check_key(key, host)
        self.host = host
        self.port = 0 if local else port
        self.key = secrets.token_urlsafe(16) if key is None else key
        self._push_secret = secrets.token_urlsafe(24)
        self._network = FaultyNetwork(faults, profiles.read(profile))
        limits = Limits() if limits is None else limits
        self._opener = Opener(limits, bot_timeout, bot_headers)
        settings = Settings(greet, transcript, limits, lambda: self._network.faults, self.http_url)
        opened, reopen = self._opener.open(flow, bot, start), self._opener.reopen
        self.service = service = Service(opened, settings, _journal(store), reopen)
        """What is behind it: conversations, sockets and what is stored; it is its own thread's."""
        self._runner: Runner = LoopRunner(service) if local else ThreadRunner(service, self._listen)
        self._origins = frozenset(origins)
        self._agent = _agent(service, self.call)

    @property
    def flow(self) -> Flow:
        """The flow that it has, or that stands for what a bot in Python does not say."""
        return self.service.bot.script

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

    def on_network(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback()` when the faults were set, on the thread that did it.

        Return a function that stops it.
        """
        self._network.watchers.append(callback)
        return lambda: self._network.watchers.remove(callback)

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

    @property
    def push_url(self) -> str:
        """Where the bot posts what it says by itself, as the hub's `sendMessage`; keep it secret.

        Empty for a local server, which listens nowhere.
        """
        return f"{self.http_url}/push/{self._push_secret}" if self.port else ""

    @property
    def turns(self) -> Turns:
        """What happened in the bot's newest turns, the oldest first: each a `TurnRecord`."""
        return Turns(self.service.records)

    @property
    def advice(self) -> list[str]:
        """What looks wrong in the flow, a line each, with its line in the file and what to do."""
        return self.service.bot.advice()

    def turn(self, n: int) -> TurnRecord:
        """Return a turn of the bot by its number; raise `UsageError` when it is not kept."""
        return self.service.records.get(n)

    def on_turn(self, callback: Callable[[TurnRecord], None]) -> Callable[[], None]:
        """Call `callback(record)` after each turn of the bot, on the server's thread.

        Return a function that stops it.
        """
        self.service.records.watchers.append(callback)
        return lambda: self.service.records.watchers.remove(callback)

    def reload(self, flow_or_bot: str | Path | Flow | Source) -> None:
        """Let another bot answer from the next turn on, in every conversation.

        A flow by its name or file, or a bot as `bot` names one; a module is imported anew. A turn
        that goes on comes to its end with the bot that began it. Raise `FlowError` or `UsageError`
        for what cannot be used: the old one then stays.
        """
        bot = self._opener.reopen(flow_or_bot)
        self.call(lambda: self.service.change_bot(bot))

    def on_reload(self, callback: Callable[[str, str], None]) -> Callable[[], None]:
        """Call `callback(name, error)` when a flow's file was saved, on the server's thread.

        `error` is why it cannot be used, and the old one stays; empty when it answers now. Return a
        function that stops it.
        """
        self.service.reload_watchers.append(callback)
        return lambda: self.service.reload_watchers.remove(callback)

    def put_at(self, conversation_id: str, turn: int) -> None:
        """Let a conversation stand where another stood before a turn, by its number."""
        self.call(lambda: self.service.put_at(conversation_id, turn))

    def send_again(self, turn: int | TurnRecord) -> None:
        """Have the bot, as it is now, answer again what it had to answer in a turn, by its number.

        Raise `UsageError` when it is not kept, when its conversation was deleted or is with a live agent.
        """
        self.call(lambda: self.service.send_again(turn if isinstance(turn, int) else turn.n))

    def start(self) -> Self:
        """Start, and return when clients can connect; a server that runs already stays as it is.

        A server that was stopped starts again on the same port, with the conversations it had.
        """
        self._runner.start()
        return self

    def stop(self) -> None:
        """Close every connection, and return when nothing of the server runs any more.

        What a local server runs has been cancelled then, and ends at the loop's next turn.
        """
        self._runner.stop()
        self._opener.workers.stop()
        self._opener.workers.join()

    async def astart(self) -> Self:
        """Start without blocking the loop.

        Raise `ServeError` when it cannot listen there. Cancelling stops it again.
        """
        self._opener.workers.loop = asyncio.get_running_loop()
        await self._runner.astart()
        return self

    async def astop(self) -> None:
        """Stop without blocking the loop, and return when nothing of it runs any more.

        Cancelling stops the wait for that; it ends all the same. Raise nothing.
        """
        await self._runner.astop()
        self._opener.workers.stop()
        await self._opener.workers.ended()

    async def connect(self) -> LocalSocket | int:
        """Open a connection in-process, or return the HTTP status with which it is refused.

        Only for a local server, on its loop. Raise nothing: a stopped one answers 503. Cancelling
        opens none.
        """
        return await connect(self.service, self._network) if self._runner.running else 503

    async def fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Resource:
        """Return what the server has at one of its own URLs. Only for a local server, on its loop.

        Raise nothing: what is not there has its HTTP status. It waits for nothing that cancelling
        could stop.
        """
        if not self._runner.running:
            return Resource("text/plain", b"", 503)
        return fetch(self.service, method, url, headers, body)

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
        state = f"at {self.ws_url}" if self._runner.running else "stopped"
        return f"<EmbeddedServer {self.flow.name!r} {state}>"

    def call(self, work: Callable[[], T]) -> T:
        """Run `work` where the server's loop runs, and return what it returns or raise what it raises.

        Raise `ServeError` when the server does not run, stops before it comes to it, or has not
        done it within 10 s.
        """
        return self._runner.calls.run(work)

    def _listen(self) -> Listener:
        from .network.http_server import HttpServer

        listener = listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        self.service.settings.base_url = self.http_url
        return HttpServer(
            self.service, self._network, self.key, self._push_secret, self._origins, listener
        )


def _agent(service: Service, call: OnLoop) -> Agent:
    snapshots = Snapshots(service.queue, service.store, service.router.is_present)
    return Agent(call, service.queue, snapshots, service.add_file, service.limits.file)


def _check_key(key: str | None, host: str) -> None:
    """Raise `ServeError` for a key that keeps nobody out, or that no client can send."""
    if key is None and not is_loopback(host):
        raise ServeError(f"Others can reach {host or 'every address'}: give a key of your own.")
    if key == "":
        raise ServeError("An empty key keeps nobody out: give another, or none for a random one.")
    if key is not None and not is_text(key):
        raise ServeError("The key is not UTF-8 text, as a client would send it: give another.")


def _journal(path: str | Path | None) -> BaseJournal:
    if path is None:
        return BaseJournal()
    from .store.journal import SqliteJournal

    return SqliteJournal(path)
