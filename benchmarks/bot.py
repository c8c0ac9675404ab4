"""What a bot's turn costs the embedded server: 200 conversations at once with a bot that waits 50 ms.

The server runs in a process of its own, and bare clients in this one. What counts is the
processor's time of the server's process for each turn, less that of the same bot called directly,
200 times at once, in a process of its own. It fails above 2 ms, for an async bot and a plain one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

import websockets

from captivate_nb.server.embedded import EmbeddedServer

MOST = 0.002  # seconds
CONVERSATIONS = 200
TURNS = 10
WAIT = 0.05  # seconds


def plain(request: dict[str, Any]) -> str:
    time.sleep(WAIT)
    return f"You said {request['user_input']}"


async def waiting(request: dict[str, Any]) -> str:
    await asyncio.sleep(WAIT)
    return f"You said {request['user_input']}"


BOTS: dict[str, Callable[[dict[str, Any]], Any]] = {"async": waiting, "plain": plain}


def serve(name: str, pipe: Connection) -> None:
    """Serve until told to stop; tell the processor's time so far whenever asked."""
    with EmbeddedServer(bot=BOTS[name]) as server:
        pipe.send(f"{server.ws_url}?apiKey={server.key}")
        while pipe.recv():
            pipe.send(time.process_time())


def call_directly(name: str, pipe: Connection) -> None:
    """Call the bot as often and as many at once, and tell the processor's time a call."""
    request = {"user_input": "hello"}

    async def all_async() -> None:
        for _ in range(TURNS):
            await asyncio.gather(*(waiting(request) for _ in range(CONVERSATIONS)))

    before = time.process_time()
    if name == "async":
        asyncio.run(all_async())
    else:
        with ThreadPoolExecutor(CONVERSATIONS) as pool:
            for _ in range(TURNS):
                list(pool.map(plain, [request] * CONVERSATIONS))
    pipe.send((time.process_time() - before) / (TURNS * CONVERSATIONS))


class Client:
    """One conversation on a socket of its own."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._conversation = ""

    async def start(self) -> None:
        await self._send("conversation_start", userId="ann")
        started = await self._until("conversation_start_success")
        self._conversation = started["conversation_id"]

    async def take_turns(self) -> int:
        """Return how many turns were answered as they should be."""
        right = 0
        for number in range(TURNS):
            await self._send(
                "user_message",
                conversation_id=self._conversation,
                type="message_create",
                content={"type": "text", "text": f"{number}"},
            )
            said = await self._until("bot_message")
            right += said["content"][0]["text"] == f"You said {number}"
        return right

    async def _send(self, kind: str, **payload: Any) -> None:
        event = {"event_type": kind, "event_payload": payload}
        await self._socket.send(json.dumps({"action": "sendMessage", "event": event}))

    async def _until(self, kind: str) -> dict[str, Any]:
        while True:
            event = json.loads(await self._socket.recv())["event"]
            if event["event_type"] == kind:
                payload: dict[str, Any] = event["event_payload"]
                return payload


async def chat(url: str, pipe: Connection) -> tuple[float, float]:
    """Return the server's processor time of a turn, and the seconds that all of them took."""
    sockets = [await websockets.connect(url) for _ in range(CONVERSATIONS)]
    clients = [Client(socket) for socket in sockets]
    await asyncio.gather(*(client.start() for client in clients))
    pipe.send(True)
    before, began = pipe.recv(), time.perf_counter()
    right = sum(await asyncio.gather(*(client.take_turns() for client in clients)))
    took = time.perf_counter() - began
    pipe.send(True)
    cost = (pipe.recv() - before) / (TURNS * CONVERSATIONS)
    await asyncio.gather(*(socket.close() for socket in sockets))
    if right != TURNS * CONVERSATIONS:
        sys.exit(f"{right} of {TURNS * CONVERSATIONS} turns were answered right")
    return cost, took


def in_process(work: Callable[..., None], name: str) -> tuple[Any, Connection]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(name, there))
    process.start()
    return process, here


def measure(name: str) -> tuple[float, float, float]:
    process, pipe = in_process(call_directly, name)
    direct = pipe.recv()
    process.join()
    process, pipe = in_process(serve, name)
    try:
        cost, took = asyncio.run(chat(pipe.recv(), pipe))
        pipe.send(False)
    finally:
        process.join(10)
        process.kill()
    return cost, direct, took


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    failed = False
    for name in BOTS:
        cost, direct, took = measure(name)
        more = cost - direct
        failed |= more > MOST
        print(
            f"{name}: {cost * 1000:.2f} ms of processor a turn, called directly {direct * 1000:.2f} ms:"
            f" {more * 1000:.2f} ms more (at most {MOST * 1000:g}); {TURNS * CONVERSATIONS:,} turns of"
            f" {CONVERSATIONS} conversations in {took:.1f} s"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
