"""Transport: addresses, keys that never show, and limits."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captivate_nb.client.handshake import open_transport
from captivate_nb.client.timeouts import Timeouts
from captivate_nb.client.transport import (
    FRAME_LIMIT,
    MESSAGE_LIMIT,
    Address,
    check_size,
    fragments,
    take_key,
)
from captivate_nb.errors import InvalidMessage, InvalidURL
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
    ("url", "shown", "secrets"),
    [
        ("ws://ann:p%40ss@h:1/dev", "ws://h:1/dev", ["p@ss"]),
        ("ws://ann:@h/dev", "ws://h/dev", []),
        ("ws://h/dev?token=t+1&x=1", "ws://h/dev?token=•••&x=1", ["t 1"]),
        ("ws://h?x=1&Access-Token=a%26b", "ws://h?x=1&Access-Token=•••", ["a&b"]),
        ("ws://h?api_key=k&authToken=a", "ws://h?api_key=•••&authToken=•••", ["k", "a"]),
        ("ws://h?secret=&stage=1", "ws://h?secret=&stage=1", []),
    ],
)
def test_an_address_shows_no_password_and_no_token(url: str, shown: str, secrets: list[str]):
    address = Address(url, KEY)
    assert (str(address), repr(address)) == (shown, f"<Address {shown}>")
    assert [secret.reveal() for secret in address.secrets] == [KEY, *secrets]
    mark = "&" if "?" in url else "?"
    assert address.with_key() == f"{url}{mark}apiKey=k%2Fey%2Bwith%20%26odd%3Dchars%3F42"


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
        ("https://ann:very-secret-key@host/dev", "the Socket API's is wss://•••@host/dev"),
        ("ws://ann:very-secret-key/1@host/dev", "“ws://•••@host/dev” is not a URL. It looks"),
        ("ann:very-secret-key@host", "“•••@host” is not the URL of a server"),
        ("x" * 100 + "://ann:very-secret-key@host", "x” is not the URL of a server"),
        ("http://host/?token=very-secret-key", "the Socket API's is ws://host/?token=•••"),
        ("ws://very-secret-key@host", "a user without a password: wss://USER:PASSWORD@host"),
        (
            "very-secret-key",
            "“•••” is not the URL of a server, which looks like wss://host/dev and",
        ),
        ("localhost:8765", "“localhost:8765” is not the URL"),
        ("host.example:8765/dev", "“host.example:8765/dev” is not the URL"),
        (5, "A URL is text such as wss://host/dev, not int"),
        (b"ws://host?apiKey=very-secret-key", "not bytes"),
    ],
)
def test_a_url_that_cannot_be_one(url: str, says: str):
    with pytest.raises(InvalidURL) as caught:
        Address(url)
    assert says in str(caught.value)
    assert "very-secret-key" not in str(caught.value)


@pytest.mark.parametrize("url", ["ws://host/very-secret-key/dev", "ws://host/dev#very-secret-key"])
def test_a_key_anywhere_in_a_url_is_not_shown(url: str):
    assert "very-secret-key" not in str(Address(url, "very-secret-key"))
    with pytest.raises(InvalidURL) as caught:
        Address(url.replace("ws", "http"), "very-secret-key")
    assert "•••" in str(caught.value)
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
        transport = await open_transport(Address(server.url, KEY), Timeouts())
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
        transport = await open_transport(Address(server.url), Timeouts())
        assert [frame async for frame in transport.frames()] == []
        assert transport.close_reason == "4000 apiKey=••• had enough"
        transport = await open_transport(Address(server.url), Timeouts())
        assert [frame async for frame in transport.frames()] == []
        assert transport.close_reason.startswith("1006")


async def test_the_debug_log_has_no_key(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        async with rogue(Socket.connect) as server:
            transport = await open_transport(Address(server.url, "plain-secret-key"), Timeouts())
            await transport.send(
                '{"event":{"event_type":"x","event_payload":{"k":"plain-secret-key"}}}'
            )
            await transport.close()
    lines = [r.getMessage() for r in caplog.records if r.name == "captivate_nb.client.transport"]
    assert any("apiKey=•••" in line for line in lines)
    assert not any("plain-secret-key" in line for line in lines)


async def test_a_password_and_a_token_are_used_and_not_logged(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        async with rogue(Socket.connect) as server:
            url = server.url.replace("://", "://ann:pass-word@") + "?token=some-token"
            transport = await open_transport(Address(url, "a-key"), Timeouts())
            await transport.send('{"event":{"event_type":"x","event_payload":{"k":"pass-word"}}}')
            await transport.close()
    assert server.paths == ["/dev?token=some-token&apiKey=a-key"]
    headers = server.sockets[0].websocket.request.headers
    assert headers["Authorization"] == "Basic YW5uOnBhc3Mtd29yZA=="
    logged = [r.getMessage() for r in caplog.records if r.name == "captivate_nb.client.transport"]
    assert "> Authorization: Basic •••" in logged
    assert any("?token=•••&apiKey=•••" in line for line in logged)
    assert not any(secret in str(logged) for secret in ("pass-word", "some-token", "YW5u"))


async def test_a_closed_connection_is_not_alive():
    async with rogue(Socket.connect) as server:
        transport = await open_transport(Address(server.url, KEY), Timeouts())
        assert await transport.is_alive()
        transport.abort()
        assert [frame async for frame in transport.frames()][1:] == []
        assert not await transport.is_alive()


async def test_a_close_that_is_cancelled_breaks_the_connection():
    async def deaf(socket: Socket) -> None:
        await socket.connect()
        socket.websocket.transport.pause_reading()

    async with rogue(deaf) as server:
        transport = await open_transport(Address(server.url), Timeouts())
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
        server.sockets[0].websocket.transport.resume_reading()


async def test_a_message_over_the_limit_ends_it_and_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.client.handshake.RECEIVE_LIMIT", 1000)

    async def fits(socket: Socket) -> None:
        await socket.send("x" * 1000)
        await socket.websocket.close()

    async def too_much(socket: Socket) -> None:
        await socket.websocket.send(["x" * 600, "y" * 401])
        await socket.websocket.wait_closed()
        assert socket.websocket.close_code == 1009

    async def finds_ours_too_large(socket: Socket) -> None:
        await socket.websocket.close(1009, "too large")

    ends = []
    async with rogue(fits, too_much, finds_ours_too_large, Socket.drop) as server:
        for _ in range(4):
            transport = await open_transport(Address(server.url), Timeouts())
            assert not transport.too_large
            received = [frame async for frame in transport.frames()]
            ends.append((len(received), transport.too_large))
            await transport.close()
    assert ends == [(1, False), (0, True), (0, False), (0, False)]
