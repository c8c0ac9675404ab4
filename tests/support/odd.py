"""A server of the Socket API that is odd in the ways of servers nobody here wrote.

It is written on `websockets` alone, so that it shares no code with what it judges. Its bot answers
everything with a line of its own number, and it notes every arrival of what users say. How it is
odd is data: `server.odd`, to be changed at any time, and `server.next`, the fates of the messages
to come.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Literal

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from support.odd_lines import HOLES, Ids, Line, Relabel, Shape, joined, shown_as, told_in

Payload = dict[str, Any]

INTERNAL = json.dumps(
    {"message": "Internal server error", "connectionId": "Vp6roemHLPECFOQ=", "requestId": "r-1"}
)
TIMED_OUT = json.dumps({"message": "Endpoint request timed out", "requestId": "r-1"})
PLAIN = "upstream connect error or disconnect/reset before headers"
PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

PART = 0.3
"""Seconds between two messages of one answer."""

Fate = Literal[
    "answered",  # nothing is odd
    "lost",  # the connection breaks before it is received
    "kept",  # received, then the connection breaks; the answer is in the transcript alone
    "unanswered",  # received, then the connection breaks, and nobody answers
    "broken",  # received and answered, then the connection breaks
    "half-open",  # received and answered, and from there on nothing is read on the connection
    "refused",  # `Odd.error` comes for an answer, and nothing was done
    "stumbled",  # received, and `Odd.error` comes for an answer
    "late",  # received, `Odd.error` comes, and the answer after it
    "garbled",  # received and answered, and the answer's frame is cut short
]
Echo = Literal["no", "client", "server", "words"]
Refusal = Literal["401", "403", "503", "1008", "key"]


@dataclass
class Odd:
    """How a server is odd; times in seconds, chances from 0 to 1. Made with nothing, it is not."""

    seed: int = 0
    fates: dict[Fate, float] = field(default_factory=dict)
    """The chances of messages to have them; what is left to 1 is “answered”."""

    stale: float = 0
    """How far transcripts are behind."""
    store_late: float = 0
    """How long after its receipt a message gets into transcripts."""
    cut: float = 0
    """The chance that a transcript lacks a line, though never one that the last lacked as well."""
    last: int | None = None
    """How many entries a transcript has at the most, the newest."""
    users_turns: bool = True
    """Whether transcripts have what the user said."""
    relabel: Relabel = "as sent"
    """How transcripts show what the user said."""
    shape: Shape = "flat"
    ids: Ids = "server"
    """Whose ids transcripts have."""
    holes: float = 0
    """The chance that an entry of a transcript cannot be read, or has nothing in it."""
    overlap: int = 0
    """How many groups stand twice in a transcript, as where its pages overlap."""
    joined: bool = False
    """Whether transcripts have what the user said in a row as one entry."""
    newest_first: bool = False
    """Whether transcripts begin with what was said last."""
    unreadable: float = 0
    """The chance that a transcript's frame is cut short."""
    padding: int = 0
    """Bytes by which every transcript is longer."""

    answers_after: float = 0
    """How long the bot thinks."""
    parts: int = 1
    """How many messages an answer has at the most, `PART` seconds apart."""
    echo: Echo = "no"
    """Under whose id the server tells the user's messages back; “words” is under none."""
    equal: bool = False
    """Whether all the bot's answers are the same line."""
    same_ids: bool = False
    """Whether every event has the same event_id; socket_connected is then always the same."""
    message_ids: bool = True
    """Whether the bot's messages have an id."""
    redeliver: float = 0
    """The chance that the bot's message comes again under a new event_id."""
    heartbeats: float = 0
    """How many texts a second come that are no event."""
    beats: tuple[str, ...] = ("ping", "", '{"type":"ping"}')
    error: str = INTERNAL
    """The frame that comes for an answer when something went wrong; with “{id}” for an event_id."""
    edits: Literal["answered", "garbled", "broken"] = "answered"
    """What becomes of the first answer to an edit, which is done anyhow."""
    refuse: Refusal | None = None
    """How a client is turned away that comes again after a break, for `refuse_for` seconds."""
    refuse_for: float = 0

    def stilled(self) -> Odd:
        """Return what is left of it when nothing goes wrong any more: its shapes and ids."""
        kept = ("seed", "shape", "ids", "same_ids", "message_ids", "equal", "newest_first")
        return Odd(**{name: getattr(self, name) for name in kept})


@dataclass(frozen=True)
class Arrival:
    """A message of the user's as it came: what it said, its id, when, and if it was taken in."""

    text: str
    client_msg_id: str
    at: float
    taken: bool


@dataclass
class Chat:
    """One conversation: its lines, and the socket that last named it."""

    id: str
    socket: ServerConnection
    lines: list[Line] = field(default_factory=list)
    cut: Line | None = None


def general_error(code: int, text: str, **more: str) -> str:
    """Return a `general_error` frame, by itself without a conversation."""
    payload = {"error_code": code, "error_desc": text, **more}
    event = {"event_type": "general_error", "event_payload": payload, "event_id": "{id}"}
    return json.dumps({"action": "receiveMessage", "event": event})


class OddServer:
    """What it has seen, and how it is odd. Made by `odd_server`."""

    def __init__(self, odd: Odd) -> None:
        self.odd = odd
        self.next: list[Fate] = []
        """The fates of the messages to come, before chance has its way."""
        self.url = ""
        self.arrivals: list[Arrival] = []
        self.requests: list[tuple[str, float]] = []
        """Every other event that came: its type and when."""
        self.chats: dict[str, Chat] = {}
        self.labels: dict[str, str] = {}
        """The label of each value that was on offer."""
        self.connections = 0
        self.refusals = 0
        self.breaks = 0
        self.answers = 0
        self._dice = random.Random(odd.seed)
        self._names = 0
        self._edited: set[tuple[str, str]] = set()
        self._refuse_until = 0.0
        self._sockets: set[ServerConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what a test looks at ----------------------------------------------------------------

    def count(self, text: str) -> int:
        """Return how many times a message with this text came."""
        return sum(arrival.text == text for arrival in self.arrivals)

    def asked(self, event_type: str = "conversation_transcript_request") -> list[float]:
        """Return the times at which an event of this type came."""
        return [at for kind, at in self.requests if kind == event_type]

    def lines(self, conversation_id: str | None) -> list[Line]:
        """Return what was said in a conversation, in order."""
        return self.chats[conversation_id or ""].lines

    # --- what a test makes it do -------------------------------------------------------------

    async def cut_off(self) -> None:
        """Break every connection without a word."""
        for socket in self._sockets.copy():
            await self._break(socket)

    async def send(self, *frames: str) -> None:
        """Send frames on every connection."""
        for socket in self._sockets.copy():
            for frame in frames:
                await self._send(socket, frame)

    async def say(self, conversation_id: str | None, text: str) -> None:
        """Let the bot say something unasked."""
        await self._tell(self.chats[conversation_id or ""], [{"type": "text", "text": text}])

    def keep(self, conversation_id: str | None, sender: Literal["user", "bot"], text: str) -> None:
        """Let transcripts have a line that comes down no connection."""
        chat = self.chats[conversation_id or ""]
        self._keep(chat, sender, [{"type": "text", "text": text}], self._name(), self._now)

    def still(self) -> None:
        """Be odd no more, but for ids and shapes."""
        self.odd = self.odd.stilled()
        self.next.clear()
        self._refuse_until = 0.0

    # --- connections -------------------------------------------------------------------------

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def turn_away(self, socket: ServerConnection, _: Request) -> Response | None:
        """Refuse the handshake while that is what is to be done."""
        if self._now >= self._refuse_until or self.odd.refuse not in ("401", "403", "503"):
            return None
        self.refusals += 1
        return socket.respond(HTTPStatus(int(self.odd.refuse)), "no\n")

    async def handle(self, socket: ServerConnection) -> None:
        """Serve one connection to its end."""
        with contextlib.suppress(ConnectionClosed):
            if self._now < self._refuse_until and self.odd.refuse:
                self.refusals += 1
                code = 1008 if self.odd.refuse == "1008" else 4000
                await socket.close(
                    code, "policy" if code == 1008 else "the keyspace is being moved"
                )
            else:
                await self._serve(socket)

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections += 1
        self._sockets.add(socket)
        beating = asyncio.create_task(self._beat(socket))
        try:
            name = "s-1" if self.odd.same_ids else f"s-{self.connections}"
            await self._event(socket, "socket_connected", {"socket_id": name})
            async for frame in socket:
                event = json.loads(frame)["event"]
                await self._take(socket, event["event_type"], event["event_payload"])
        finally:
            self._sockets.discard(socket)
            beating.cancel()

    async def _beat(self, socket: ServerConnection) -> None:
        while True:
            beats = self.odd.heartbeats
            await asyncio.sleep(1 / beats if beats else 5)
            if beats:
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(self._dice.choice(self.odd.beats))

    async def _break(self, socket: ServerConnection) -> None:
        self.breaks += 1
        self._refuse_until = self._now + self.odd.refuse_for
        self._sockets.discard(socket)
        socket.transport.abort()
        await socket.wait_closed()

    # --- frames ------------------------------------------------------------------------------

    async def _event(
        self, socket: ServerConnection, kind: str, payload: Payload, *, garbled: bool = False
    ) -> None:
        event = {"event_type": kind, "event_payload": payload, "event_id": self._event_id()}
        frame = json.dumps({"action": "receiveMessage", "event": event})
        await self._send(socket, frame[: len(frame) // 2] if garbled else frame)

    def _event_id(self) -> str:
        name = self._name()
        return "e-1" if self.odd.same_ids else name

    def _name(self) -> str:
        self._names += 1
        return f"n-{self._names}"

    async def _send(self, socket: ServerConnection, frame: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(frame)

    async def _error(self, socket: ServerConnection) -> None:
        await self._send(socket, self.odd.error.replace("{id}", self._event_id()))

    async def _take(self, socket: ServerConnection, kind: str, payload: Payload) -> None:
        chat = self.chats.get(str(payload.get("conversation_id")))
        if chat is not None:
            chat.socket = socket
        if kind != "user_message":
            self.requests.append((kind, self._now))
        if kind == "conversation_start":
            chat = Chat(f"c-{len(self.chats) + 1}", socket)
            self.chats[chat.id] = chat
            await self._event(socket, "conversation_start_success", {"conversation_id": chat.id})
        elif chat is not None and kind in self._ANSWERS:
            await self._ANSWERS[kind](self, chat, payload)

    # --- messages ----------------------------------------------------------------------------

    def _fate(self) -> Fate:
        if self.next:
            return self.next.pop(0)
        left = self._dice.random()
        for fate, chance in self.odd.fates.items():
            left -= chance
            if left < 0:
                return fate
        return "answered"

    async def _said(self, chat: Chat, payload: Payload) -> None:
        content = payload["content"]
        if not content.get("text") and not content.get("files"):
            await self._tell(chat, [{"type": "text", "text": "Hello."}])
            return
        fate = self._fate()
        if fate == "lost":
            await self._break(chat.socket)
        else:
            await self._received(chat, str(payload["client_msg_id"]), content, fate)

    async def _received(self, chat: Chat, name: str, content: Payload, fate: Fate) -> None:
        """Note the arrival, and do with it what its fate is."""
        text = str(content.get("text") or "")
        self.arrivals.append(Arrival(text, name, self._now, fate != "refused"))
        if fate in ("refused", "stumbled", "late"):
            await self._error(chat.socket)
        if fate == "refused":
            return
        items: list[Payload] = [{"type": "text", "text": text}] if text else []
        if content.get("files"):
            items.append({"type": "files", "files": content["files"]})
        self._keep(chat, "user", items, name, self._now + self.odd.store_late)
        await self._echo(chat, name, items)
        if fate in ("kept", "unanswered"):
            await self._break(chat.socket)
        if fate not in ("unanswered", "stumbled"):
            await self._think(chat, text, fate)

    async def _echo(self, chat: Chat, name: str, items: list[Payload]) -> None:
        if self.odd.echo == "no":
            return
        ident = {"client": name, "server": self._name(), "words": ""}[self.odd.echo]
        text = "".join(item["text"] for item in items if item["type"] == "text")
        payload: Payload = {"conversation_id": chat.id, "content": {"type": "text", "text": text}}
        payload |= {"client_msg_id": ident} if ident else {}
        await self._event(chat.socket, "user_message", payload)

    async def _think(self, chat: Chat, text: str, fate: Fate) -> None:
        wait = max(self.odd.answers_after, 2.0 if fate == "late" else 0)
        if wait:
            self._later(wait, lambda: self._answer(chat, text, fate))
        else:
            await self._answer(chat, text, fate)

    def _later(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await asyncio.sleep(seconds)
            await work()

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, chat: Chat, text: str, fate: Fate) -> None:
        self.answers += 1
        line = "Please try again." if self.odd.equal else f"A{self.answers}: you said {text}."
        items: list[Payload] = [{"type": "text", "text": line}]
        if "menu" in text:
            items.append(self._menu(text))
        await self._tell(chat, items, garbled=fate == "garbled")
        for part in range(2, 1 + self._dice.randint(1, self.odd.parts)):
            more = {"type": "text", "text": f"{line} Part {part}."}
            self._later(PART * (part - 1), partial(self._tell, chat, [more]))
        if fate == "broken":
            await self._break(chat.socket)
        if fate == "half-open":
            chat.socket.transport.pause_reading()

    def _menu(self, text: str) -> Payload:
        """Offer options whose labels are not their values, other ones for each menu."""
        number = text.split(maxsplit=1)[0]
        options = [
            {"label": f"{word}, as of {number}", "value": f"{word.upper()}/{number}"}
            for word in ("Large", "Small")
        ]
        self.labels |= {option["value"]: option["label"] for option in options}
        return {"type": "button", "buttons": {"title": "Which?", "options": options}}

    async def _tell(self, chat: Chat, items: list[Payload], *, garbled: bool = False) -> None:
        name = self._name()
        self._keep(chat, "bot", items, name, self._now)
        payload: Payload = {"type": "message_create", "bot": {}, "content": items}
        if self.odd.message_ids:
            payload["ch_msg_id"] = name
        await self._event(chat.socket, "bot_message", payload, garbled=garbled)
        if self._dice.random() < self.odd.redeliver:
            await self._event(chat.socket, "bot_message", payload)

    def _keep(
        self, chat: Chat, sender: Literal["user", "bot"], items: list[Payload], name: str, at: float
    ) -> None:
        chat.lines.append(Line(sender, items, name, f"l-{len(chat.lines) + 1}", at))

    # --- requests ----------------------------------------------------------------------------

    async def _transcript(self, chat: Chat, _: Payload) -> None:
        garbled = self._dice.random() < self.odd.unreadable
        odd = self.odd
        lines = [shown_as(line, odd.relabel, self.labels) for line in self._visible(chat)]
        lines = joined(lines) if odd.joined else lines
        lines = lines[::-1] if odd.newest_first else lines
        unread = [number for number in range(len(lines)) if self._dice.random() < odd.holes]
        told = told_in(
            odd.shape,
            lines,
            odd.ids,
            same=odd.same_ids,
            holes={number: self._dice.choice(HOLES) for number in unread},
            overlap=odd.overlap,
        )
        if self.odd.padding:
            told["padding"] = "x" * self.odd.padding
        payload = {"conversation_id": chat.id, **told}
        await self._event(chat.socket, "conversation_transcript", payload, garbled=garbled)

    def _visible(self, chat: Chat) -> list[Line]:
        odd, now = self.odd, self._now
        lines = [line for line in chat.lines if line.stored_at + odd.stale <= now]
        lines = [line for line in lines if odd.users_turns or line.sender != "user"]
        lines = lines[-odd.last :] if odd.last else lines
        before, chat.cut = chat.cut, None
        if self._dice.random() < odd.cut and (lasting := [one for one in lines if one != before]):
            chat.cut = self._dice.choice(lasting)
        return [line for line in lines if line is not chat.cut]

    async def _edit(self, chat: Chat, payload: Payload) -> None:
        name, text = str(payload["message_id"]), str(payload["content"].get("text", ""))
        edits = "answered" if (name, text) in self._edited else self.odd.edits
        self._edited.add((name, text))
        if not any(name in (line.client_id, line.server_id) for line in chat.lines):
            error = {"conversation_id": chat.id, "error_code": 400, "error_desc": "No such message"}
            await self._event(chat.socket, "general_error", error)
            return
        for index, line in enumerate(chat.lines):
            if name in (line.client_id, line.server_id):
                chat.lines[index] = line.saying(text)
        if edits == "broken":
            await self._break(chat.socket)
        told = {"conversation_id": chat.id, "message_id": name}
        garbled = edits == "garbled"
        await self._event(chat.socket, "message_edited_success", told, garbled=garbled)

    async def _metadata(self, chat: Chat, _: Payload) -> None:
        told: Payload = {"conversation_id": chat.id, "content": {}}
        await self._event(chat.socket, "conversation_metadata", told)

    async def _metadata_set(self, chat: Chat, _: Payload) -> None:
        await self._event(chat.socket, "metadata_update_success", {"conversation_id": chat.id})

    _ANSWERS: dict[str, Callable[[OddServer, Chat, Payload], Awaitable[None]]] = {  # noqa: RUF012
        "user_message": _said,
        "conversation_transcript_request": _transcript,
        "edit_message": _edit,
        "metadata_request": _metadata,
        "metadata": _metadata_set,
    }

    def stop(self) -> None:
        """Break what is open and end what is under way."""
        for task in self._tasks:
            task.cancel()
        for socket in self._sockets:
            socket.transport.abort()


@asynccontextmanager
async def odd_server(odd: Odd | None = None) -> AsyncIterator[OddServer]:
    """Serve on a free loopback port until the block ends."""
    server = OddServer(odd or Odd())
    quiet = logging.getLogger("odd")
    quiet.setLevel(logging.CRITICAL)
    async with serve(
        server.handle,
        "127.0.0.1",
        0,
        process_request=server.turn_away,
        ping_interval=None,
        compression=None,
        logger=quiet,
    ) as listening:
        host, port = listening.sockets[0].getsockname()[:2]
        server.url = f"ws://{host}:{port}/dev"
        try:
            yield server
        finally:
            server.stop()
