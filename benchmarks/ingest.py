"""What it costs to take in a frame: from the socket to the live transcript, beside a bare loop.

The bare loop is `websockets` and `json.loads`, in the same run and on the same server, in a process
of its own: bot messages of 1 kB with three options. Each round measures both, one after the other;
what counts is the median of the rounds' ratios, and the processor's time of the client's process.
It fails below 0.6x, or where a message keeps more than three times its frame.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import statistics
import sys
import time
import tracemalloc
from multiprocessing.connection import Connection
from typing import Any

import websockets
from websockets.asyncio.server import ServerConnection, serve

import captivate_nb as cn

LEAST = 0.6
MOST_KEPT = 3.0
FRAMES = 4_000
ROUNDS = 7
BLOCK = 1_000


def message(number: int) -> str:
    """Return the frame of a bot's message of about 1 kB, with three options."""
    options = [{"label": f"Choice {n} of {number}", "value": f"choice-{n}"} for n in range(3)]
    text = f"Message {number}. " + "Our opening hours are from nine to five on weekdays. " * 11
    content = [
        {"type": "text", "text": text},
        {"type": "button", "buttons": {"title": "What now?", "options": options}},
    ]
    payload = {"conversation_id": "c-1", "bot": {}, "content": content}
    event = {
        "event_type": "bot_message",
        "event_payload": payload,
        "event_id": f"event-{number}",
        "accepts_response_payload": False,
    }
    return json.dumps({"action": "receiveMessage", "event": event})


def frame(event_type: str, **payload: Any) -> str:
    event = {"event_type": event_type, "event_payload": payload}
    return json.dumps({"action": "receiveMessage", "event": event})


async def handle(socket: ServerConnection) -> None:
    """Greet, and send as many messages as are asked for."""
    await socket.send(frame("socket_connected", socket_id="s-1"))
    async for said in socket:
        event = json.loads(said)
        if event.get("event", {}).get("event_type") == "conversation_start":
            await socket.send(frame("conversation_start_success", conversation_id="c-1"))
        elif "flood" in event:
            first, count = event["flood"]
            for number in range(first, first + count):
                await socket.send(message(number))


def serve_forever(ready: Connection) -> None:
    async def run() -> None:
        async with serve(handle, "127.0.0.1", 0, ping_interval=None) as server:
            ready.send(next(iter(server.sockets)).getsockname()[1])
            await server.serve_forever()

    asyncio.run(run())


async def bare(url: str, frames: int) -> float:
    """Return the seconds of processor that the bare loop takes for so many frames."""
    kept: list[Any] = []
    async with websockets.connect(url, max_size=None) as socket:
        await socket.recv()
        await socket.send(json.dumps({"flood": [0, frames]}))
        began = time.process_time()
        kept += [json.loads(await socket.recv()) for _ in range(frames)]
        return time.process_time() - began


async def session(url: str, frames: int) -> float:
    """Return those that a session takes, until its transcript has them all."""
    async with await cn.connect(url, "a-key-to-measure", greet="user") as chat:
        began = time.process_time()
        await flood(chat, 0, frames)
        return time.process_time() - began


async def flood(chat: cn.Session, first: int, count: int) -> None:
    whole = asyncio.Event()
    last = first + count - 1
    stop = chat.on("transcript", lambda index: whole.set() if index == last else None)
    await chat._parts.connection.send(json.dumps({"flood": [first, count]}))  # noqa: SLF001  # no event
    await whole.wait()
    stop()


async def kept(url: str, frames: int) -> float:
    """Return how many bytes a message keeps, for each byte of its frame.

    The messages come in blocks: behind a hundred thousand at once, which are taken in slowly while
    memory is traced, the answer to a ping would be too late.
    """
    async with await cn.connect(url, "a-key-to-measure", greet="user") as chat:
        await flood(chat, 0, 100)
        gc.collect()
        tracemalloc.start()
        for first in range(100, 100 + frames, BLOCK):
            await flood(chat, first, min(BLOCK, 100 + frames - first))
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return held / sum(len(message(number)) for number in range(100, 100 + frames))


async def measure(url: str, rounds: int, frames: int) -> bool:
    ratios = []
    for number in range(rounds + 1):
        gc.collect()
        without, ours = await bare(url, frames), await session(url, frames)
        if number:  # the first warms up
            ratios.append(without / ours)
            print(f"bare {without / frames * 1e6:5.1f} µs, session {ours / frames * 1e6:5.1f} µs")
    ratio = statistics.median(ratios)
    memory = await kept(url, frames)
    print(f"\n{len(message(0)):,} bytes a frame, {frames:,} frames, {rounds} rounds")
    print(f"speed of the bare loop: {ratio:.2f}x (at least {LEAST})")
    print(f"memory of a message: {memory:.1f}x its frame (at most {MOST_KEPT})")
    for size in (1_000, 100_000):
        print(f"  after {size:,}: {await kept(url, size):.1f}x")
    return ratio >= LEAST and memory <= MOST_KEPT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--frames", type=int, default=FRAMES)
    given = parser.parse_args()
    ready, other = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve_forever, args=(other,), daemon=True)
    process.start()
    try:
        url = f"ws://127.0.0.1:{ready.recv()}/dev"
        held = asyncio.run(measure(url, given.rounds, given.frames))
    finally:
        process.terminate()
        process.join()
    sys.exit(not held)


if __name__ == "__main__":
    main()
