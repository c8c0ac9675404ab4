"""The embedded server's life, on a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
from pathlib import Path

import pytest
import websockets

from captivate_nb.errors import FlowError, ServeError
from captivate_nb.server import calls
from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from support.bare import connect
from support.fetching import fetch
from support.until import until


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_start_listens_and_stop_leaves_nothing():
    before = threading.active_count()
    server = EmbeddedServer()
    assert server.start() is server
    with socket.create_connection(("127.0.0.1", server.port), timeout=5):
        pass
    assert "captivate_nb server" in threads()
    server.stop()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
    server.stop()


def test_what_it_tells_of_itself():
    server = EmbeddedServer("shop")
    assert repr(server) == "<EmbeddedServer 'shop' stopped>"
    with server:
        assert server.ws_url == f"ws://127.0.0.1:{server.port}/dev"
        assert server.http_url == f"http://127.0.0.1:{server.port}"
        assert repr(server) == f"<EmbeddedServer 'shop' at {server.ws_url}>"
        assert server.key not in repr(server)
        assert len(server.key) >= 20
        assert server.start() is server
    assert EmbeddedServer(key="mine").key == "mine"
    assert EmbeddedServer().key != EmbeddedServer().key


async def test_it_starts_again_where_it_was_with_what_it_had():
    server = EmbeddedServer().start()
    async with connect(server) as client:
        conversation_id = await client.start()
        await client.say("")
        await client.bot()
        server.stop()
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await client.next()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
    url = server.ws_url
    with server:
        assert server.ws_url == url
        async with connect(server) as client:
            client.conversation_id = conversation_id
            assert await client.told("Leave Contact Details") == ["What is your name?"]


async def test_stop_does_not_wait_for_a_client_that_does_not_answer():
    server = EmbeddedServer().start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"GET /dev HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"X-Api-Key: " + server.key.encode() + b"\r\n\r\n"
    )
    assert b"101 Switching" in await reader.readline()
    await asyncio.to_thread(server.stop)
    async with asyncio.timeout(5):
        assert b"socket_connected" in await reader.read()
    writer.close()


def test_stop_in_the_middle_of_a_pause(tmp_path: Path):
    path = tmp_path / "slow.yaml"
    path.write_text("nodes: {a: [One., {pause: 60}, Two.]}")

    async def handoff(server: EmbeddedServer) -> None:
        async with connect(server) as client:
            await client.start()
            await client.say("")
            await client.bot()
            await asyncio.to_thread(server.stop)

    asyncio.run(handoff(EmbeddedServer(path).start()))
    assert "captivate_nb server" not in threads()


def test_calls_run_on_the_server_s_thread():
    server = EmbeddedServer()
    with pytest.raises(ServeError, match="does not run; start it first"):
        server.call(threading.current_thread)
    with server:
        assert server.call(threading.current_thread).name == "captivate_nb server"
        assert server.call(lambda: server.call(threading.current_thread)) != (
            threading.current_thread()
        )
        with pytest.raises(ZeroDivisionError):
            server.call(lambda: 1 // 0)
        server.call(server.stop)
    assert repr(server) == "<EmbeddedServer 'support' stopped>"


def test_a_call_that_comes_as_the_server_ends_is_refused_at_once():
    server = EmbeddedServer().start()
    loop = server.call(asyncio.get_running_loop)
    queue, close = loop.call_soon_threadsafe, loop.close
    queued, refused = threading.Event(), []

    def call() -> None:
        with pytest.raises(ServeError, match="The server has stopped") as caught:
            server.call(list)
        refused.append(caught.value)

    def queue_and_tell(*args, **kwargs):
        handle = queue(*args, **kwargs)
        queued.set()
        return handle

    callers = [threading.Thread(target=call) for _ in range(2)]

    def close_between_two_calls() -> None:
        loop.call_soon_threadsafe = queue_and_tell
        callers[0].start()
        assert queued.wait(5)
        close()
        callers[1].start()
        callers[1].join()

    loop.close = close_between_two_calls
    server.stop()
    callers[0].join()
    assert len(refused) == 2


def test_a_server_that_is_busy_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch):
    advance_turn = threading.Event()
    with EmbeddedServer() as server:
        monkeypatch.setattr(calls, "CALL_LIMIT", 0.01)
        with pytest.raises(ServeError, match="The server is busy: no answer"):
            server.call(advance_turn.wait)
        advance_turn.set()


def test_a_time_out_of_the_work_itself_is_raised_as_it_is():
    def work() -> None:
        raise TimeoutError("mine")

    with EmbeddedServer() as server, pytest.raises(TimeoutError, match="mine"):
        server.call(work)


def test_where_it_cannot_listen_it_does_not_start():
    with EmbeddedServer() as first:
        second = EmbeddedServer(port=first.port)
        for _ in range(2):
            with pytest.raises(ServeError, match="is in use"):
                second.start()
        second.stop()
    with second:
        assert second.port == first.port


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": "0.0.0.0"}, "Others can reach 0.0.0.0: give a key of your own"),
        ({"host": ""}, "Others can reach every address"),
        ({"key": ""}, "An empty key keeps nobody out"),
    ],
)
def test_what_would_be_open_to_all_is_refused(options, words):
    with pytest.raises(ServeError, match=words):
        EmbeddedServer(**options)


def test_every_address_is_shown_as_loopback():
    with EmbeddedServer(host="0.0.0.0", key="mine") as server:
        assert server.http_url == f"http://127.0.0.1:{server.port}"
    if socket.has_ipv6:
        with EmbeddedServer(host="::1") as server:
            assert server.http_url == f"http://[::1]:{server.port}"


def test_a_faulty_flow():
    with pytest.raises(FlowError, match="Did you mean “support”"):
        EmbeddedServer("suport")


async def test_a_store_is_taken_up_by_another_server(tmp_path: Path):
    store = tmp_path / "store.db"
    with EmbeddedServer(store=store, key="k") as server:
        async with connect(server) as client:
            conversation_id = await client.start(metadata={"plan": "gold"})
            await client.say("")
            await client.bot()
        answer = await fetch(f"{server.http_url}/files", b"abc", x_api_key="k", x_filename="a.txt")
        name = answer.json()["url"].removeprefix(server.http_url)
    with EmbeddedServer(store=store, key="k") as server:
        assert (await fetch(server.http_url + name)).body == b"abc"
        async with connect(server) as client:
            client.conversation_id = conversation_id
            told = await client.ask("metadata_request", "conversation_metadata")
            assert told["content"] == {"plan": "gold"}
            assert await client.told("Leave Contact Details") == ["What is your name?"]


def test_a_store_that_cannot_be_used_is_told_at_the_start(tmp_path: Path):
    store = tmp_path / "notes.txt"
    store.write_text("not a database, and no header of one\n" * 9)
    before = threading.active_count()
    server = EmbeddedServer(store=store)
    for _ in range(2):
        with pytest.raises(ServeError, match=r"notes\.txt is not a store; name another file"):
            server.start()
        assert threading.active_count() == before
    store.unlink()
    with server, pytest.raises(ServeError, match="is in use by another server"):
        EmbeddedServer(store=store).start()


def test_what_is_wrong_inside_a_store_is_told_too(tmp_path: Path):
    store = tmp_path / "store.db"
    with EmbeddedServer(store=store):
        pass
    with sqlite3.connect(store) as database:
        database.execute("DROP TABLE entries")
    database.close()
    with pytest.raises(ServeError, match=r"cannot be used as a store: no such table: entries\."):
        EmbeddedServer(store=store).start()


async def test_a_sweep_that_cannot_write_ends_nothing(tmp_path: Path):
    limits = Limits(idle=0.02)
    with EmbeddedServer(store=tmp_path / "store.db", limits=limits) as server:
        journal = server.service._journal
        assert journal is not None
        async with connect(server) as client:
            await client.start()
            server.call(lambda: journal._database.execute("PRAGMA query_only = ON"))
            assert (await client.until("general_error"))["error_code"] == 410
            await until(lambda: journal._failure is not None)
        async with connect(server):
            pass
