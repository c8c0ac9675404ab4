"""A bare client of the Socket API: raw frames over `websockets`, no code shared with ours."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import websockets

from captivate_nb.server.embedded import EmbeddedServer

LIMIT = 5.0  # seconds for one event to come

Payload = dict[str, Any]


class Bare:
    """One socket and, after `start`, one conversation on it."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.conversation_id = ""
        self.connected: Payload = {}

    async def next(self) -> tuple[str, Payload]:
        """Return the next event's type and payload."""
        frame = json.loads(await asyncio.wait_for(self.socket.recv(), LIMIT))
        assert frame["action"] == "receiveMessage"
        return frame["event"]["event_type"], frame["event"]["event_payload"]

    async def until(self, event_type: str) -> Payload:
        """Return the payload of the next event of this type; others before it are skipped."""
        while True:
            kind, payload = await self.next()
            if kind == event_type:
                return payload

    async def send(self, event_type: str, **payload: Any) -> None:
        event = {"event_type": event_type, "event_payload": payload}
        await self.socket.send(json.dumps({"action": "sendMessage", "event": event}))

    async def start(self, **payload: Any) -> str:
        """Start a conversation, and go on in it."""
        await self.send("conversation_start", **{"userId": "ann", **payload})
        started = await self.until("conversation_start_success")
        self.conversation_id = str(started["conversation_id"])
        return self.conversation_id

    async def say(self, text: str = "", content: Any = None) -> None:
        await self.send(
            "user_message",
            type="message_create",
            client_msg_id=str(uuid.uuid4()),
            conversation_id=self.conversation_id,
            content={"type": "text", "text": text} if content is None else content,
        )

    async def bot(self) -> Payload:
        return await self.until("bot_message")

    async def told(self, text: str) -> list[str]:
        """Say something, and return the texts of the bot's next message."""
        await self.say(text)
        return texts(await self.bot())

    async def ask(self, request: str, answer: str, **payload: Any) -> Payload:
        """Send a request about this conversation, and return its answer's payload."""
        await self.send(request, **{"conversation_id": self.conversation_id, **payload})
        return await self.until(answer)


def texts(payload: Payload) -> list[str]:
    return [item["text"] for item in payload["content"] if item["type"] == "text"]


@asynccontextmanager
async def connect(server: EmbeddedServer) -> AsyncIterator[Bare]:
    """Connect to an embedded server, socket_connected included."""
    url = f"{server.ws_url}?apiKey={quote(server.key)}"
    async with websockets.connect(url, max_size=None, max_queue=None) as socket:
        client = Bare(socket)
        client.connected = await client.until("socket_connected")
        yield client
