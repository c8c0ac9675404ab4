"""Connection: kept open through any close that was not asked for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from captivate_nb.connection import Connection, Status
from captivate_nb.errors import CaptivateError, KeyRefused, NotCaptivate, SessionClosed
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode
from captivate_nb.transport import Address
from support.rogue import Socket, bot, frame, rogue, until


class Client:
    """What a session is to a connection."""

    def __init__(self, url: str) -> None:
        self.frames: list[Any] = []
        self.numbers: list[int] = []
        self.statuses: list[tuple[Status, str]] = []
        self.recovered = 0
        self.hinder: BaseException | None = None
        self.connection = Connection(
            Address(url, "a-long-test-key"),
            received=self.received,
            recover=self.recover,
            changed=self.changed,
        )

    def received(self, frame: str | bytes) -> e.Event:
        self.frames.append(frame)
        self.numbers.append(self.connection.number)
        return decode(frame)

    async def recover(self) -> None:
        self.recovered += 1
        hinder, self.hinder = self.hinder, None
        if hinder is not None:
            raise hinder

    def changed(self, status: Status, error: CaptivateError | None) -> None:
        self.statuses.append((status, str(error or "")))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("captivate_nb.connection.FIRST_DELAY", 0.01)


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
    async def breaks(socket: Socket) -> None:
        await socket.connect()
        await socket.drop()

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
    async def breaks(socket: Socket) -> None:
        await socket.connect()
        await socket.drop()

    async with rogue(breaks, Socket.connect) as server:
        client = Client(server.url)
        client.hinder = hinder
        await client.connection.open()
        await until(lambda: client.recovered == 2 and client.statuses[-1][0] == "open")
        assert len(server.sockets) == 3
        await client.connection.close()


async def test_a_key_refused_later_ends_it():
    async def breaks(socket: Socket) -> None:
        await socket.connect()
        await socket.drop()

    async def refuses(socket: Socket) -> None:
        await socket.websocket.close(1008, "Forbidden")

    async with rogue(breaks, refuses) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: client.statuses[-1][0] == "closed")
        assert "Reconnecting failed" in client.statuses[-1][1]
        with pytest.raises(SessionClosed, match="API key was refused"):
            await client.connection.wait_open()
        await client.connection.close()


async def test_not_a_captivate_server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.connection.CONNECT_TIMEOUT", 0.1)

    async def silent(socket: Socket) -> None:
        await socket.send(bot("I am something else"))

    async def leaves(socket: Socket) -> None:
        await socket.websocket.close(1000, "bye")

    async with rogue(silent, leaves) as server:
        with pytest.raises(NotCaptivate, match="no socket_connected"):
            await Client(server.url).connection.open()
        with pytest.raises(NotCaptivate, match=r"closed the connection \(1000 bye\)"):
            await Client(server.url).connection.open()


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
    async def breaks(socket: Socket) -> None:
        await socket.connect()
        await socket.drop()

    async with rogue(breaks) as server:
        client = Client(server.url)
        await client.connection.open()
        await until(lambda: len(server.sockets) > 3)
        await client.connection.close()
        assert client.statuses[-1] == ("closed", "")
        assert not any("captivate" in task.get_name() for task in asyncio.all_tasks())


async def test_a_connection_on_which_nobody_answers_is_broken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.transport.ANSWER_LIMIT", 0.1)

    async def falls_silent(socket: Socket) -> None:
        await socket.connect()
        socket.websocket.transport.pause_reading()
        await socket.websocket.wait_closed()

    async with rogue(Socket.connect, falls_silent, Socket.connect) as server:
        client = Client(server.url)
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
