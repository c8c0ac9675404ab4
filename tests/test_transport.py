"""Transport: addresses, keys that never show, limits, and what a failed connection says."""

from __future__ import annotations

import asyncio
import logging
import ssl
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from captivate_nb.errors import (
    ConnectError,
    InvalidMessage,
    InvalidURL,
    KeyRefused,
    NotCaptivate,
)
from captivate_nb.transport import (
    FRAME_LIMIT,
    MESSAGE_LIMIT,
    Address,
    check_size,
    fragments,
    open_transport,
    take_key,
)
from support.rogue import Socket, rogue

KEY = "k/ey+with &odd=chars?42"


def test_an_address_shows_without_its_key():
    address = Address("wss://Host.Example:8443/dev?stage=1&apiKey=in-the-url-key", None)
    assert str(address) == "wss://Host.Example:8443/dev?stage=1"
    assert repr(address) == "<Address wss://Host.Example:8443/dev?stage=1>"
    assert address.host == "host.example"
    assert address.secure
    assert not address.loopback
    assert address.key.reveal() == "in-the-url-key"
    assert address.with_key() == "wss://Host.Example:8443/dev?stage=1&apiKey=in-the-url-key"


def test_a_key_is_percent_encoded():
    address = Address("ws://127.0.0.1/dev", KEY)
    assert address.with_key() == "ws://127.0.0.1/dev?apiKey=k%2Fey%2Bwith%20%26odd%3Dchars%3F42"
    assert address.loopback
    assert Address("ws://localhost:1").loopback
    assert Address("ws://localhost:1").with_key() == "ws://localhost:1"
    assert Address("ws://[::1]:1").loopback


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not the URL of a server"),
        ("host.example", "not the URL of a server"),
        ("ws://", "not the URL of a server"),
        ("ws://host:port/", "is not a URL"),
        ("ws://[::1", "is not a URL"),
        ("https://host/dev?apiKey=very-secret-key", "the Socket API's is wss://host/dev"),
        ("http://host", "the Socket API's is ws://host"),
        ("ftp://host", "wss://host/dev"),
        (5, "A URL is text such as wss://host/dev, not int"),
        (b"ws://host?apiKey=very-secret-key", "not bytes"),
    ],
)
def test_a_url_that_cannot_be_one(url: str, says: str):
    with pytest.raises(InvalidURL, match=says) as caught:
        Address(url)
    assert "very-secret-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "plain", "key"),
    [
        ("ws://h/dev", "ws://h/dev", ""),
        ("ws://h/dev?apiKey=a%2Bb+c", "ws://h/dev", "a+b c"),
        ("ws://h/dev?APIKEY=k&x=1", "ws://h/dev?x=1", "k"),
        ("ws://h/dev?x=1&apikey=k&y=2#z", "ws://h/dev?x=1&y=2#z", "k"),
        ("nowhere?x=1&apikey=k", "nowhere?x=1", "k"),
    ],
)
def test_a_key_is_taken_out_of_a_url(url: str, plain: str, key: str):
    found, secret = take_key(url)
    assert (found, secret.reveal()) == (plain, key)


@settings(max_examples=30)
@given(st.text(max_size=200))
def test_fragments_put_together_are_the_message(text: str):
    data = (text * 400).encode()
    pieces = list(fragments(data))
    assert "".join(pieces).encode() == data
    assert all(0 < len(piece.encode()) <= FRAME_LIMIT for piece in pieces)


def test_the_size_is_checked_in_bytes():
    assert check_size("é" * (MESSAGE_LIMIT // 2))
    with pytest.raises(InvalidMessage, match=r"131,074 bytes; the service takes at most 131,072"):
        check_size("é" * (MESSAGE_LIMIT // 2 + 1))


async def test_messages_both_ways_and_a_long_one_in_fragments():
    async with rogue(Socket.connect) as server:
        transport = await open_transport(Address(server.url, KEY))
        frames = transport.frames()
        assert "socket_connected" in str(await anext(frames))
        long = '{"event":{"event_type":"x","event_payload":{"a":"' + "é" * 50_000 + '"}}}'
        await transport.send(long)
        await transport.send('{"event":{"event_type":"y","event_payload":{}}}')
        await transport.close()
        await transport.close()
        assert [frame async for frame in frames] == []
        with pytest.raises(ConnectionError):
            await transport.send("{}")
        assert [e["event_type"] for e in server.received] == ["x", "y"]
        assert server.paths == ["/dev?apiKey=k%2Fey%2Bwith%20%26odd%3Dchars%3F42"]


async def test_why_it_closed():
    async def leaves(socket: Socket) -> None:
        await socket.websocket.close(4000, "apiKey=some-secret-key had enough")

    async with rogue(leaves, Socket.drop) as server:
        transport = await open_transport(Address(server.url))
        assert [frame async for frame in transport.frames()] == []
        assert transport.close_reason == "4000 apiKey=••• had enough"
        transport = await open_transport(Address(server.url))
        assert [frame async for frame in transport.frames()] == []
        assert transport.close_reason.startswith("1006")


@pytest.mark.parametrize(
    ("status", "key", "error", "says"),
    [
        (401, KEY, KeyRefused, "answered 401: the API key was refused"),
        (403, None, KeyRefused, "no API key was given. Set CAPTIVATE_API_KEY"),
        (404, KEY, NotCaptivate, "answered HTTP 404 instead of a chat"),
        (500, KEY, NotCaptivate, "HTTP 500"),
    ],
)
async def test_a_refused_handshake(status: int, key: str | None, error: type[Exception], says: str):
    def refuse(connection: ServerConnection, _request: Request) -> Response:
        return connection.respond(HTTPStatus(status), "no")

    async def never(_: ServerConnection) -> None: ...

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(error, match=says) as caught:
            await open_transport(Address(f"ws://127.0.0.1:{port}/dev", key))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert KEY not in str(caught.value)


async def test_nothing_answers():
    async with rogue(Socket.connect) as server:
        url = server.url
    with pytest.raises(ConnectError, match="Connection refused") as caught:
        await open_transport(Address(url, KEY))
    assert url in str(caught.value)
    with pytest.raises(ConnectError, match=r"No server answers at ws://localhost:1 \("):
        await open_transport(Address("ws://localhost:1", KEY))
    with pytest.raises(ConnectError, match="No server answers"):
        await open_transport(Address("ws://no-such-host.invalid/dev", KEY))


@pytest.mark.parametrize("reply", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\n\r\nhello", b""])
async def test_something_else_answers(reply: bytes):
    async def other(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotCaptivate, match="Check the URL"):
            await open_transport(Address(f"ws://127.0.0.1:{port}", KEY))
        with pytest.raises(ConnectError):
            await open_transport(Address(f"wss://127.0.0.1:{port}", KEY))


async def test_a_server_that_never_shakes_hands(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.transport.CONNECT_TIMEOUT", 0.1)
    closing = asyncio.Event()

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectError, match="did not answer within"):
            await open_transport(Address(f"ws://127.0.0.1:{port}", KEY))
        closing.set()


async def test_the_debug_log_has_no_key(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        async with rogue(Socket.connect) as server:
            transport = await open_transport(Address(server.url, "plain-secret-key"))
            await transport.send(
                '{"event":{"event_type":"x","event_payload":{"k":"plain-secret-key"}}}'
            )
            await transport.close()
    lines = [r.getMessage() for r in caplog.records if r.name == "captivate_nb.transport"]
    assert any("apiKey=•••" in line for line in lines)
    assert not any("plain-secret-key" in line for line in lines)


def test_ssl_is_a_kind_of_oserror():
    """What the order of the handlers in `open_transport` rests on."""
    assert issubclass(ssl.SSLError, OSError)


async def test_a_closed_connection_is_not_alive():
    async with rogue(Socket.connect) as server:
        transport = await open_transport(Address(server.url, KEY))
        assert await transport.is_alive()
        transport.abort()
        assert [frame async for frame in transport.frames()][1:] == []
        assert not await transport.is_alive()


async def test_a_close_that_is_cancelled_breaks_the_connection():
    async def deaf(socket: Socket) -> None:
        await socket.connect()
        socket.websocket.transport.pause_reading()

    async with rogue(deaf) as server:
        transport = await open_transport(Address(server.url))
        frames = transport.frames()
        await anext(frames)
        closing = asyncio.create_task(transport.close())
        await asyncio.wait([closing], timeout=0.05)
        assert not closing.done(), "nobody answers"
        closing.cancel()
        await asyncio.wait([closing])
        assert closing.cancelled()
        assert transport._websocket.transport.is_closing()
        assert [frame async for frame in frames] == []
