"""Many conversations at once, each of which knows what it must hear: nothing lost, nothing crossed."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import websockets

FLOW = "nodes: {welcome: Hello.}\nfallback: ['You said {said}.']\n"
PATIENCE = 30.0  # seconds for one event; a message that takes longer counts as lost
DOORS = 50  # handshakes at a time

Payload = dict[str, Any]


@dataclass
class Tally:
    """What a crowd heard. `crossed` names what came to somebody it was not for."""

    turns: int = 0
    conversations: int = 0
    lost: int = 0
    crossed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Guest:
    """One socket, and one conversation after another on it."""

    def __init__(self, socket: websockets.ClientConnection, name: str, tally: Tally) -> None:
        self._socket = socket
        self._name = name
        self._tally = tally
        self._conversation_id = ""

    async def converse(self, turns: int) -> None:
        """Start a conversation, say so many things, compare the transcript, and delete it all."""
        started = await self._ask("conversation_start", "conversation_start_success", userId="x")
        self._conversation_id = started["conversation_id"]
        self._tally.conversations += 1
        heard = [await self._told("")]
        for turn in range(turns):
            said = f"{self._name} {self._tally.conversations} {turn}"
            heard += [said, await self._told(said)]
            self._compare(heard[-1:], [f"You said {said}."])
            self._tally.turns += 1
        self._compare(await self._transcript(), heard)
        await self._ask("delete_conversation", "delete_conversation_success")

    async def _told(self, text: str) -> str:
        message = await self._ask(
            "user_message",
            "bot_message",
            type="message_create",
            client_msg_id=str(uuid.uuid4()),
            content={"type": "text", "text": text},
        )
        return str(message["content"][0]["text"])

    async def _transcript(self) -> list[str]:
        told = await self._ask("conversation_transcript_request", "conversation_transcript")
        entries = [entry for group in told["transcript"] for entry in group["messages"]]
        return [line["text"] for entry in entries for line in entry["messages"]]

    async def _ask(self, event_type: str, answer: str, **payload: Any) -> Payload:
        event = {
            "event_type": event_type,
            "event_payload": {"conversation_id": self._conversation_id, **payload},
        }
        await self._socket.send(json.dumps({"action": "sendMessage", "event": event}))
        while True:
            frame = json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE))["event"]
            if frame["event_type"] == answer:
                told: Payload = frame["event_payload"]
                return told
            if frame["event_type"] == "general_error":
                self._tally.refused.append(str(frame["event_payload"]))

    def _compare(self, heard: list[str], expected: list[str]) -> None:
        if heard != expected:
            self._tally.crossed.append(f"{self._name}: {heard} and not {expected}")


async def crowd(
    url: str, key: str, *, guests: int, turns: int, again: Callable[[], bool], tally: Tally
) -> None:
    """Let so many guests converse at once, each for at least once and then while `again()`."""
    doors = asyncio.Semaphore(DOORS)

    async def come(number: int) -> None:
        async with doors:
            socket = await websockets.connect(f"{url}?apiKey={quote(key)}", open_timeout=PATIENCE)
        async with socket:
            guest = Guest(socket, f"guest {number}", tally)
            await guest.converse(turns)
            while again():
                await guest.converse(turns)

    async def counted(number: int) -> None:
        try:
            await come(number)
        except (TimeoutError, OSError, websockets.ConnectionClosed):
            tally.lost += 1

    with suppress(asyncio.CancelledError):
        await asyncio.gather(*(counted(number) for number in range(guests)))
