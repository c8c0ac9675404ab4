"""The other side of every session: a server of raw frames that sends what the benchmark says."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from support.rogue import Rogue, Socket, buttons, frame, rogue

from .words import text


class Chat:
    """One session's conversation as the server has it; messages are numbered from 0."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.sent: list[float] = []
        self.asked = 0

    async def say(self, count: int = 1) -> None:
        """Send numbered text messages as fast as the socket takes them, and note when."""
        for _ in range(count):
            told = _message({"type": "text", "text": text(len(self.sent))})
            self.sent.append(time.time() * 1000)
            await self.socket.send(told)

    async def answer(self) -> None:
        """Do what a bot does that ends every reply with three buttons."""
        while True:
            event = json.loads(await self.socket.websocket.recv())["event"]
            if event["event_type"] == "conversation_start":
                ident = uuid.uuid4().hex
                await self.socket.send(
                    frame("conversation_start_success", {"conversation_id": ident})
                )
            if event["event_type"] == "user_message":
                self.asked += 1
                labels = (f"{kind} {self.asked}" for kind in ("Yes", "No", "Perhaps"))
                await self.socket.send(_message(buttons("And now?", *labels)))


class Source:
    """The server; `chats` are by the name that their session's URL ends in."""

    def __init__(self) -> None:
        self.chats: dict[str, Chat] = {}
        self._server: Rogue

    def url(self, name: str) -> str:
        return f"{self._server.url}/{name}"

    async def _play(self, socket: Socket) -> None:
        await socket.connect()
        path = self._server.paths[self._server.sockets.index(socket)]
        chat = Chat(socket)
        self.chats[path.split("?")[0].rsplit("/", 1)[-1]] = chat
        await chat.answer()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Source]:
        async with rogue(self._play) as self._server:
            yield self


def _message(*content: dict[str, Any]) -> str:
    ident = str(uuid.uuid4())
    payload = {"type": "message_create", "ch_msg_id": ident, "content": list(content)}
    return frame("bot_message", payload, event_id=ident)
