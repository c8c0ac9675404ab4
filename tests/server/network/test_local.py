"""A connection in-process: what it has in common with a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import websockets

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from captivate_nb.server.network.local import LocalSocket

START = json.dumps({"event": {"event_type": "conversation_start", "event_payload": {}}})


@asynccontextmanager
async def serving(flow: str | Path = "support", **options: Any) -> AsyncIterator[EmbeddedServer]:
    server = EmbeddedServer(flow, local=True, **options)
    await server.astart()
    try:
        yield server
    finally:
        await server.astop()


async def opened(server: EmbeddedServer) -> LocalSocket:
    socket = await server.connect()
    assert isinstance(socket, LocalSocket)
    return socket


async def received(socket: LocalSocket) -> list[str]:
    """Everything until the connection ends, as event types; what is no event as it is."""
    frames: list[str] = []
    async with asyncio.timeout(5):
        while True:
            try:
                frames.append(named(await socket.receive()))
            except ConnectionError:
                return frames


def named(frame: str) -> str:
    try:
        return str(json.loads(frame)["event"]["event_type"])
    except (ValueError, TypeError, KeyError):
        return frame if len(frame) < 50 else "a frame cut short"


async def test_a_client_meets_what_it_sends_a_turn_later():
    async with serving() as server:
        socket = await opened(server)
        assert named(await socket.receive()) == "socket_connected"
        socket.send([START[:20], START[20:]])
        assert not list(server.service.store)
        assert named(await socket.receive()) == "conversation_start_success"
        socket.send([START])
        socket.close()
        assert socket.close_code == 1000
        assert await received(socket) == []
        await asyncio.sleep(0)
        assert len(server.service.store) == 2, "what was sent before the end arrives"
        assert not server.service.router.sockets
        with pytest.raises(ConnectionError):
            socket.send([START])


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"limits": Limits(sockets=1)}, 503),
        ({"faults": "wrong-key"}, 401),
    ],
)
async def test_who_is_not_let_in_gets_an_http_status(options: dict[str, Any], status: int):
    async with serving(**options) as server:
        first = await server.connect()
        assert (first, await server.connect())[status == 503] == status
    assert await server.connect() == 503, "it has stopped"


async def test_after_a_break_connecting_is_refused_in_every_way_a_service_has():
    async with serving() as server:
        (await opened(server)).close(1006)
        await asyncio.sleep(0)
        server.faults = "refuse=3600, seed=1"
        refusals = set()
        async with asyncio.timeout(5):
            while len(refusals) < 3:
                refused = await server.connect()
                if isinstance(refused, LocalSocket):
                    assert await received(refused) == []
                    refused = (refused.close_code, refused.close_reason)
                refusals.add(refused)
        assert refusals == {401, 403, (1008, "Invalid API key")}


@pytest.mark.parametrize(
    ("options", "fragments", "reason"),
    [
        ({"profile": "apigateway, frame=100"}, ["x" * 101], "A frame has at most 100 bytes"),
        (
            {"profile": "apigateway, message=150"},
            ["x" * 100] * 2,
            "A message has at most 150 bytes",
        ),
        ({"limits": Limits(message=150)}, ["x" * 100] * 2, "message too big"),
    ],
)
async def test_what_is_too_large_closes_with_1009(
    options: dict[str, Any], fragments: list[str], reason: str
):
    async with serving(**options) as server:
        socket = await opened(server)
        socket.send(fragments)
        assert await received(socket) == ["socket_connected"]
        assert (socket.close_code, socket.close_reason) == (1009, reason)
        await asyncio.sleep(0)
        assert not server.service.router.sockets


async def test_a_client_that_does_not_read_is_closed_with_1013():
    async with serving(limits=Limits(queue=1000)) as server:
        socket = await opened(server)
        for _ in range(20):
            socket.send([START])
        await asyncio.sleep(0)
        assert (socket.close_code, socket.close_reason) == (
            1013,
            "Too slow: 1000 bytes wait to be read",
        )
        assert 1 < len(await received(socket)) < 20


async def test_a_client_that_reads_is_not():
    async with serving(limits=Limits(queue=1000)) as server:
        socket = await opened(server)
        for _ in range(20):
            assert await socket.receive()
            socket.send([START])
        assert socket.close_code is None


async def test_a_connection_can_seem_to_be_there():
    async with serving(faults="half-open=1, seed=1") as server:
        socket = await opened(server)
        socket.send([START])
        await asyncio.sleep(0)
        assert (socket.silent, socket.close_code) == (True, None)
        server.service.router.close_all()
        assert socket.close_code is None, "closing does not arrive either"
        socket.close()
        assert socket.close_code == 1006
        assert await received(socket) == []


async def test_stopping_closes_with_1001_and_starting_lets_in_again():
    async with serving() as server:
        socket = await opened(server)
        server.stop()
        assert await received(socket) == ["socket_connected"]
        assert (socket.close_code, socket.close_reason) == (1001, "The server stops")
        server.start()
        server.start()
        await opened(server)


@pytest.mark.parametrize("limit", ["life", "idle"])
async def test_the_service_has_it_connect_again(limit: str):
    async with serving(profile=f"apigateway, {limit}=0.02") as server:
        socket = await opened(server)
        assert await received(socket) == ["socket_connected"]
        assert (socket.close_code, socket.close_reason) == (1001, "Going away")


@pytest.mark.parametrize(
    "faults",
    [
        "off",
        "duplicate=1, seed=1",
        "garbage=1, seed=1",
        "reorder=1, seed=1",
        "truncate=0.5, seed=1",
        "413=1, seed=1",
        "drop-after=4, seed=1",
        "drop=0.3, seed=4",
        "drop-mid-message=0.3, seed=2",
        "delay=5, jitter=5, duplicate=0.5, garbage=0.2, drop=0.1, seed=3",
    ],
)
async def test_faults_are_the_same_as_over_a_socket(tmp_path: Path, faults: str):
    path = tmp_path / "flow.yaml"
    path.write_text("nodes: {a: Hi.}\nfallback: ['You said {said}.']")
    options = {"faults": faults, "profile": "apigateway, idle=0.3"}
    async with serving(path, **options) as server:
        socket = await opened(server)

        async def send(frame: str) -> None:
            socket.send([frame])

        local = await conversation(send, socket.receive)
        code = socket.close_code
    with EmbeddedServer(path, **options) as server:
        url = f"{server.ws_url}?apiKey={quote(server.key)}"
        async with websockets.connect(url) as client:
            remote = await conversation(client.send, client.recv)
            assert (local, code) == (remote, client.close_code)
    assert "drop" in faults or len(local) >= 6


async def conversation(
    send: Callable[[str], Awaitable[None]], receive: Callable[[], Awaitable[str | bytes]]
) -> list[str]:
    """Say five things, a frame received after each; return what came until the connection ended."""
    frames = [str(await receive())]
    closed = (ConnectionError, websockets.ConnectionClosed)
    with contextlib.suppress(*closed):
        await send(START)
        frames.append(str(await receive()))
        for number in range(5):
            await send(message(frames, f"line {number}"))
            frames.append(str(await receive()))
        async with asyncio.timeout(5):
            while True:
                frames.append(str(await receive()))
    return [named(frame) for frame in frames]


def message(frames: list[str], text: str) -> str:
    """Return the frame of a message in the conversation that was started, if one can be read."""
    found = re.search(r'"conversation_id":\s*"([^"]+)"', "".join(frames))
    payload = {
        "type": "message_create",
        "client_msg_id": text,
        "conversation_id": found[1] if found else "none",
        "content": {"type": "text", "text": text},
    }
    return json.dumps({"event": {"event_type": "user_message", "event_payload": payload}})
