"""Connection: kept open through any close that was not asked for."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

import captivate_nb as cn
from captivate_nb.client.connection import Connection, Status
from captivate_nb.client.handshake import open_transport
from captivate_nb.client.network import NetworkLink
from captivate_nb.client.transport import Address
from captivate_nb.errors import (
    CaptivateError,
    ConnectError,
    InvalidURL,
    KeyRefused,
    NotCaptivate,
    SessionClosed,
)
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode
from support.rogue import Play, Rogue, Socket, bot, frame, rogue, until


class Client:
    """What a session is to a connection."""

    def __init__(self, url: str, **timeouts: float) -> None:
        self.frames: list[Any] = []
        self.numbers: list[int] = []
        self.statuses: list[tuple[Status, str]] = []
        self.failed: list[str] = []
        self.recovered = 0
        self.too_large: dict[int, bool] = {}
        self.hinder: BaseException | None = None
        self.connection = Connection(
            Address(url, "a-long-test-key"),
            NetworkLink(),
            received=self.received,
            recover=self.recover,
            changed=self.changed,
            failed=lambda: self.failed.append(self.connection.failure),
            timeouts=cn.Timeouts(**{"reconnect_first": 0.01, **timeouts}),
        )

    async def received(self, frame: str | bytes) -> e.Event:
        self.frames.append(frame)
        self.numbers.append(self.connection.number)
        self.too_large.setdefault(self.connection.number, self.connection.too_large)
        if frame == "poison":
            raise KeyError(frame)
        return decode(frame)

    async def recover(self) -> None:
        self.recovered += 1
        hinder, self.hinder = self.hinder, None
        if hinder is not None:
            raise hinder

    def changed(self, status: Status, error: CaptivateError | None) -> None:
        self.statuses.append((status, str(error or "")))


async def breaks(socket: Socket) -> None:
    await socket.connect()
    await socket.drop()


async def test_what_passes_is_told_by_the_connection_it_passed_on():
    async def never_says_which(socket: Socket) -> None:
        await socket.send(frame("socket_connected", {"socket_id": "the same"}, "for ever"))
        await socket.send(bot("before the break"))
        await socket.drop()

    async with rogue(never_says_which, Socket.drop, Socket.connect) as server:
        client = Client(server.url)
        assert client.connection.number == 0
        await client.connection.open()
        await until(lambda: len(server.sockets) == 3 and client.statuses[-1][0] == "open")
        assert client.numbers == [1, 1, 3]
        assert client.connection.number == 3
        await client.connection.close()


async def test_open_send_close():
    async with rogue(Socket.connect) as server:
        client = Client(server.url)
        with pytest.raises(ConnectionError):
            await client.connection.send("{}")
        await client.connection.open()
        await client.connection.wait_open()
        await client.connection.send('{"event":{"event_type":"x","event_payload":{}}}')
        await until(lambda: server.received)
        await client.connection.close()
        await client.connection.close()
        assert client.statuses == [("open", ""), ("closed", "")]
        with pytest.raises(SessionClosed, match="is closed"):
            await client.connection.wait_open()
    assert {task for task in asyncio.all_tasks() if "captivate" in task.get_name()} == set()


async def test_it_reconnects_after_a_break_and_recovers_first():
    async def speaks(socket: Socket) -> None:
        await socket.connect()
        await socket.send(bot("back"))

    async with rogue(breaks, breaks, speaks) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: any("back" in str(frame) for frame in client.frames))
        await until(lambda: client.statuses[-1][0] == "open")
        assert client.recovered >= 1
        assert len(server.sockets) == 3
        await client.connection.close()


@pytest.mark.parametrize("hinder", [ConnectionError("again"), NotCaptivate("no")])
async def test_a_recovery_that_fails_is_tried_again(hinder: Exception):
    async with rogue(breaks, Socket.connect) as server:
        client = Client(server.url)
        client.hinder = hinder
        await client.connection.open()
        await until(lambda: client.recovered == 2 and client.statuses[-1][0] == "open")
        assert len(server.sockets) == 3
        await client.connection.close()


def closes(code: int, reason: str) -> Play:
    async def play(socket: Socket) -> None:
        await socket.websocket.close(code, reason)

    return play


REFUSALS = [(1008, "Forbidden"), (4401, ""), (4403, "no"), (1011, "The API key is unknown")]


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
async def test_a_key_refused_for_a_while_is_tried_again(code: int, reason: str):
    refuses = closes(code, reason)
    async with rogue(breaks, refuses, refuses, refuses, Socket.connect) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: len(server.sockets) == 5 and client.statuses[-1][0] == "open")
        assert client.statuses == [("open", ""), ("reconnecting", ""), ("open", "")]
        await client.connection.close()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_handshake_refused_for_a_while_is_tried_again(status: int):
    async with rogue(breaks, Socket.connect) as server, refusing(server, status) as (url, asked):
        client = Client(url)
        await client.connection.open()
        await until(lambda: len(server.sockets) == 2 and client.statuses[-1][0] == "open")
        assert len(asked) == 5
        (refusal,) = client.failed
        assert refusal.endswith(f"answered {status}: the API key was refused.")
        await client.connection.close()


async def test_the_next_attempt_may_be_made_at_once():
    async with rogue(breaks, closes(1008, "Forbidden"), Socket.connect) as server:
        client = Client(server.url, reconnect_first=3600)
        await client.connection.open()
        client.connection.hurry()  # nothing is due, and so nothing comes of it
        await until(lambda: client.statuses[-1][0] == "reconnecting")
        client.connection.hurry()
        await until(lambda: client.failed)
        client.connection.hurry()
        await until(lambda: client.statuses[-1][0] == "open")
        assert len(server.sockets) == 3
        await client.connection.close()


@asynccontextmanager
async def refusing(server: Rogue, status: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A gateway that lets the first client through, and refuses three before the next."""
    asked: list[str] = []

    def gate(connection: ServerConnection, request: Request) -> Response | None:
        asked.append(request.path)
        if len(asked) in {2, 3, 4}:
            return connection.respond(HTTPStatus(status), "no")
        response = connection.respond(HTTPStatus.TEMPORARY_REDIRECT, "")
        response.headers["Location"] = server.url
        return response

    async with serve(closed, "127.0.0.1", 0, process_request=gate) as gateway:
        yield f"ws://127.0.0.1:{gateway.sockets[0].getsockname()[1]}/dev", asked


async def closed(_: ServerConnection) -> None: ...


async def test_a_key_refused_for_too_long_ends_it():
    async with rogue(breaks, closes(1008, "Forbidden")) as server:
        client = Client(server.url, refused=0.2)
        await client.connection.open()
        await until(lambda: client.statuses[-1][0] == "closed")
        assert len(server.sockets) > 3
        assert "Reconnecting failed for 0.2 s" in client.statuses[-1][1]
        with pytest.raises(SessionClosed, match="API key was refused"):
            await client.connection.wait_open()
        await client.connection.close()


async def test_a_key_that_is_accepted_again_may_be_refused_for_as_long_again():
    recovered = asyncio.Event()

    async def accepts_and_breaks(socket: Socket) -> None:
        now = asyncio.get_running_loop().time
        passed = now() + 0.05
        await until(lambda: now() > passed)
        client.connection._timeouts = cn.Timeouts(reconnect_first=0.01)
        client.connection._recover = recovered.wait
        await breaks(socket)
        recovered.set()

    refuses = closes(1008, "Forbidden")
    async with rogue(breaks, refuses, accepts_and_breaks, refuses, Socket.connect) as server:
        client = Client(server.url, refused=0.05)
        await client.connection.open()
        await until(lambda: len(server.sockets) == 5 and client.statuses[-1][0] == "open")
        await client.connection.close()


async def test_no_other_error_ends_it(monkeypatch: pytest.MonkeyPatch):
    """A gateway's bad hours: its pages, its redirects to nowhere, and what nobody expects."""
    errors = [
        InvalidURL("a redirect"),
        NotCaptivate("a page"),
        ConnectError("nobody"),
        RuntimeError("odd"),
        RuntimeError("odd again"),
    ]

    async def fails(_: NetworkLink, address: Address, timeouts: cn.Timeouts) -> Any:
        if errors and len(server.sockets) == 1:
            raise errors.pop(0)
        return await open_transport(address, timeouts)

    monkeypatch.setattr(NetworkLink, "open", fails)
    async with rogue(breaks, Socket.connect) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: len(server.sockets) == 2 and client.statuses[-1][0] == "open")
        assert [said for _, said in client.statuses if said] == [
            "What the server sent could not be taken in (RuntimeError: odd). It goes on."
        ]
        await client.connection.close()


async def test_whoever_fails_to_take_in_a_frame_is_told_and_it_goes_on():
    async def poison(socket: Socket) -> None:
        await socket.connect()
        await socket.send("poison")

    async with rogue(poison, poison, Socket.connect) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: len(server.sockets) == 3 and client.statuses[-1][0] == "open")
        assert client.statuses[1] == (
            "reconnecting",
            "What the server sent could not be taken in (KeyError: 'poison'). It goes on.",
        )
        await client.connection.close()


async def test_whoever_fails_to_take_in_the_first_frame_is_told_at_once():
    async def poison(socket: Socket) -> None:
        await socket.send("poison")

    async with rogue(poison) as server:
        with pytest.raises(CaptivateError, match="KeyError: 'poison'"):
            await Client(server.url).connection.open()


async def test_a_recovery_that_nobody_expects_to_fail_is_told_and_tried_again():
    async with rogue(breaks, Socket.connect) as server:
        client = Client(server.url)
        client.hinder = SessionClosed("a reason of its own")
        await client.connection.open()
        await until(lambda: client.recovered == 2 and client.statuses[-1][0] == "open")
        assert ("reconnecting", "a reason of its own") in client.statuses
        await client.connection.close()


async def test_a_message_over_the_limit_is_told_of_the_newest_connection_that_ended(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("captivate_nb.client.handshake.RECEIVE_LIMIT", 1000)

    async def too_much(socket: Socket) -> None:
        await socket.connect()
        await socket.send("x" * 1001)

    async with rogue(breaks, too_much, too_much, breaks, Socket.connect) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: len(server.sockets) == 5 and client.statuses[-1][0] == "open")
        assert client.too_large == {1: False, 2: False, 3: True, 4: True, 5: False}
        await client.connection.close()


async def test_not_a_captivate_server():
    async def silent(socket: Socket) -> None:
        await socket.send(bot("I am something else"))

    async def leaves(socket: Socket) -> None:
        await socket.websocket.close(1000, "bye")

    async with rogue(silent, leaves) as server:
        with pytest.raises(NotCaptivate, match="no socket_connected"):
            await Client(server.url, connect=1).connection.open()
        with pytest.raises(NotCaptivate, match=r"closed the connection \(1000 bye\)"):
            await Client(server.url, connect=1).connection.open()


async def test_a_key_refused_at_once():
    async def refuses(socket: Socket) -> None:
        await socket.websocket.close(4401, "who are you")

    async with rogue(refuses) as server:
        with pytest.raises(KeyRefused, match="CAPTIVATE_API_KEY"):
            await Client(server.url).connection.open()


@pytest.mark.parametrize("moment", range(8))
async def test_cancelling_open_leaves_nothing(moment: int):
    async with rogue(Socket.connect) as server:
        before = asyncio.all_tasks()
        client = Client(server.url)
        opening = asyncio.create_task(client.connection.open())
        for _ in range(moment * 3):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        await client.connection.close()
        await until(lambda: not asyncio.all_tasks() - before - {opening} or server.sockets)
        await until(lambda: not any("captivate" in task.get_name() for task in asyncio.all_tasks()))


async def test_closing_while_it_reconnects():
    async with rogue(breaks) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: len(server.sockets) > 3)
        await client.connection.close()
        assert client.statuses[-1] == ("closed", "")
        assert not any("captivate" in task.get_name() for task in asyncio.all_tasks())


async def test_a_connection_on_which_nobody_answers_is_broken():
    async def falls_silent(socket: Socket) -> None:
        await socket.connect()
        socket.websocket.transport.pause_reading()
        await socket.websocket.wait_closed()

    async with rogue(Socket.connect, falls_silent, Socket.connect) as server:
        client = Client(server.url, alive=0.1)
        with pytest.raises(ConnectionError):
            await client.connection.check()
        await client.connection.open()
        await client.connection.check()
        assert client.statuses == [("open", "")]
        await server.sockets[0].drop()
        await until(lambda: len(server.sockets) == 2 and client.statuses[-1][0] == "open")
        with pytest.raises(ConnectionError, match="Nobody answers"):
            await client.connection.check()
        await until(lambda: len(server.sockets) == 3 and client.statuses[-1][0] == "open")
        await client.connection.check()
        await client.connection.close()
        with pytest.raises(ConnectionError):
            await client.connection.check()
        await server.sockets[1].drop()


async def test_connections_closes_and_retries_are_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "captivate_nb.client")
    async with rogue(closes_after_greeting, refuses_once, Socket.connect) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: len(server.sockets) == 3 and client.statuses[-1][0] == "open")
        await client.connection.close()
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    lines = [re.sub(r"in \d+\.\d+ s", "in … s", line) for line in lines if record_is_ours(line)]
    refused = f"{server.url} closed the connection (1008 Forbidden): the API key was refused."
    again = f"connecting to {server.url} again in … s"
    assert lines == [
        f"connection 1 to {server.url} is open",
        "connection 1 closed: 1001 going away",
        again,
        "connection 2 closed: 1008 Forbidden",
        f"connecting failed: {refused}",
        again,
        f"connection 3 to {server.url} is open",
        "connection 3 closed: 1000",
    ]


def record_is_ours(line: str) -> bool:
    return line.startswith(("connection ", "connecting "))


async def closes_after_greeting(socket: Socket) -> None:
    await socket.connect()
    await socket.websocket.close(1001, "going away")


refuses_once = closes(1008, "Forbidden")
