"""A server of raw frames: what a test tells it to send, whether it makes sense or not.

It is written on `websockets` alone, so that it shares no code with the embedded server.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


def frame(event_type: str, payload: dict[str, Any], event_id: str | None = None) -> str:
    event: dict[str, Any] = {"event_type": event_type, "event_payload": payload}
    if event_id is not None:
        event["event_id"] = event_id
    return json.dumps({"action": "receiveMessage", "event": event})


def bot(*content: dict[str, Any] | str, **payload: Any) -> str:
    items = [{"type": "text", "text": item} if isinstance(item, str) else item for item in content]
    return frame("bot_message", {"type": "message_create", "content": items, **payload})


def buttons(title: str, *labels: str) -> dict[str, Any]:
    options = [{"label": label, "value": label.upper()} for label in labels]
    return {"type": "button", "buttons": {"title": title, "options": options}}


class Socket:
    """One client's socket, seen from the server."""

    def __init__(self, rogue: Rogue, websocket: ServerConnection) -> None:
        self.rogue = rogue
        self.websocket = websocket

    async def send(self, *frames: str | bytes) -> None:
        for each in frames:
            await self.websocket.send(each)

    async def receive(self, event_type: str | None = None) -> dict[str, Any]:
        """The payload of the next event, which must be of that type when one is named."""
        event = json.loads(await self.websocket.recv())["event"]
        self.rogue.received.append(event)
        assert event_type in (None, event["event_type"]), event
        payload: dict[str, Any] = event["event_payload"]
        return payload

    async def tell(self, *asked: str, until: str) -> None:
        """Answer these requests with an empty transcript, until an event of another type comes."""
        while True:
            payload = await self.receive()
            kind = self.rogue.received[-1]["event_type"]
            if kind == until:
                return
            assert kind in asked, kind
            told = {"conversation_id": payload["conversation_id"], "transcript": []}
            await self.send(frame("conversation_transcript", told))

    async def greet(self, conversation_id: str = "c-1", *content: dict[str, Any] | str) -> None:
        """Do what a server does until the bot has greeted."""
        await self.connect()
        await self.receive("conversation_start")
        await self.send(frame("conversation_start_success", {"conversation_id": conversation_id}))
        await self.receive("user_message")
        await self.send(bot(*(content or ("Hello",))))

    async def connect(self) -> None:
        await self.send(frame("socket_connected", {"socket_id": f"s-{len(self.rogue.sockets)}"}))

    async def drop(self) -> None:
        """Break the connection without a word."""
        self.websocket.transport.abort()
        await self.websocket.wait_closed()


Play = Callable[[Socket], Awaitable[None]]


class Rogue:
    """What the server saw: every socket, every event, and the errors of its plays."""

    def __init__(self) -> None:
        self.url = ""
        self.sockets: list[Socket] = []
        self.paths: list[str] = []
        self.received: list[dict[str, Any]] = []
        self.failures: list[BaseException] = []

    def texts(self) -> list[str]:
        """What users said, the greeting's request left out."""
        said = [e["event_payload"] for e in self.received if e["event_type"] == "user_message"]
        return [
            payload["content"].get("text", "") for payload in said if payload["content"].get("text")
        ]


@asynccontextmanager
async def rogue(*plays: Play, port: int = 0) -> AsyncIterator[Rogue]:
    """Serve; the n-th connection gets the n-th play, and later ones the last. A play that ends
    leaves its socket open and reads what comes."""
    server_state = Rogue()

    async def handle(websocket: ServerConnection) -> None:
        assert websocket.request is not None
        server_state.paths.append(websocket.request.path)
        socket = Socket(server_state, websocket)
        server_state.sockets.append(socket)
        play = plays[min(len(server_state.sockets), len(plays)) - 1]
        try:
            await play(socket)
            while True:
                await socket.receive()
        except ConnectionClosed:
            pass
        except BaseException as error:
            server_state.failures.append(error)
            raise

    async with serve(handle, "127.0.0.1", port) as server:
        host, bound = server.sockets[0].getsockname()[:2]
        server_state.url = f"ws://{host}:{bound}/dev"
        yield server_state
    assert not server_state.failures, server_state.failures


async def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    """Wait until something holds; fail when it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # any condition at all
            await asyncio.sleep(0.005)
