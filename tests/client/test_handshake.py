"""Handshake: where a connection may lead, and what one that does not open says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response

from captivate_nb.client import handshake
from captivate_nb.client.handshake import open_transport
from captivate_nb.client.timeouts import Timeouts
from captivate_nb.client.transport import Address
from captivate_nb.errors import ConnectError, InvalidURL, KeyRefused, NotCaptivate
from support.rogue import Socket, rogue

KEY = "k/ey+with &odd=chars?42"
ENCODED = "k%2Fey%2Bwith%20%26odd%3Dchars%3F42"


@pytest.mark.parametrize(
    ("status", "key", "error", "says"),
    [
        (401, KEY, KeyRefused, "answered 401: the API key was refused"),
        (403, None, KeyRefused, "no API key was given. Set CAPTIVATE_API_KEY"),
        (404, KEY, NotCaptivate, "answered HTTP 404 instead of a chat"),
        (302, KEY, NotCaptivate, "HTTP 302"),
        (429, KEY, ConnectError, "429: it gets too many requests. Try again in a minute"),
        (500, KEY, NotCaptivate, "HTTP 500"),
        (502, KEY, ConnectError, "502: the service behind it is down. Try again"),
        (503, KEY, ConnectError, "503: the service is down or busy. Try again"),
        (504, KEY, ConnectError, "504: the service behind it does not answer. Try again"),
    ],
)
async def test_a_refused_handshake(status: int, key: str | None, error: type[Exception], says: str):
    def refuse(connection: ServerConnection, _request: Request) -> Response:
        return connection.respond(HTTPStatus(status), "no")

    async def never(_: ServerConnection) -> None: ...

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(error, match=says) as caught:
            await open_transport(Address(f"ws://127.0.0.1:{port}/dev", key), Timeouts())
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert KEY not in str(caught.value)


async def test_nothing_answers():
    async with rogue(Socket.connect) as server:
        url = server.url
    with pytest.raises(ConnectError, match="Connection refused") as caught:
        await open_transport(Address(url, KEY), Timeouts())
    assert url in str(caught.value)
    with pytest.raises(ConnectError, match=r"No server answers at ws://localhost:1 \("):
        await open_transport(Address("ws://localhost:1", KEY), Timeouts())
    with pytest.raises(ConnectError, match="No server answers"):
        await open_transport(Address("ws://no-such-host.invalid/dev", KEY), Timeouts())


@pytest.mark.parametrize("reply", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\n\r\nhello", b""])
async def test_something_else_answers(reply: bytes):
    async def other(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotCaptivate, match="Check the URL"):
            await open_transport(Address(f"ws://127.0.0.1:{port}", KEY), Timeouts())
        with pytest.raises(ConnectError, match="No secure connection to .* use ws:// for a server"):
            await open_transport(Address(f"wss://127.0.0.1:{port}", KEY), Timeouts())


async def test_a_server_that_never_shakes_hands():
    closing = asyncio.Event()

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectError, match="did not answer within"):
            await open_transport(Address(f"ws://127.0.0.1:{port}", KEY), Timeouts(connect=0.1))
        closing.set()


def test_ssl_is_a_kind_of_oserror():
    """What the order of the handlers in `_failure` rests on."""
    assert issubclass(ssl.SSLError, OSError)


# --- redirects --------------------------------------------------------------------------------


@asynccontextmanager
async def redirecting(where: Callable[[str], str]) -> AsyncIterator[str]:
    """A server that sends everybody elsewhere: to what `where` makes of the path it was asked."""

    def send_on(connection: ServerConnection, request: Request) -> Response:
        response = connection.respond(HTTPStatus.FOUND, "")
        response.headers["Location"] = where(request.path)
        return response

    async def never(_: ServerConnection) -> None: ...

    async with serve(never, "127.0.0.1", 0, process_request=send_on) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/dev"


async def test_a_redirect_on_the_servers_own_host_is_followed():
    async with rogue(Socket.connect) as server:
        moved = server.url.replace("/dev", "/moved")
        async with redirecting(lambda path: path.replace("/dev", moved)) as url:
            transport = await open_transport(Address(url, KEY), Timeouts())
            await transport.close()
        assert server.paths == [f"/moved?apiKey={ENCODED}"]


async def test_a_redirect_to_another_host_is_refused_before_the_key_goes_out():
    asked = []

    async def stranger(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)
        writer.close()

    async with await asyncio.start_server(stranger, "127.0.0.1", 0) as server:
        other = f"ws://localhost:{server.sockets[0].getsockname()[1]}"
        async with redirecting(lambda path: other + path) as url:
            with pytest.raises(NotCaptivate, match=f"redirects to {other}; it was not") as caught:
                await open_transport(Address(url, KEY), Timeouts())
    assert asked == []
    assert str(caught.value).startswith(f"{url} ")
    assert "\n" not in str(caught.value)
    assert ENCODED not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("https://login.example.com/?next=/dev&apiKey=abc", "https://login.example.com;"),
        ("//other.example/dev", "other.example;"),
        ("ws://[::1/x", "an address that is none;"),
        ("ws://127.0.0.1:99999/x", "an address that is none;"),
    ],
)
async def test_a_redirect_to_where_no_server_can_be_is_told(where: str, place: str):
    async with redirecting(lambda _: where) as url:
        with pytest.raises(NotCaptivate, match="as the key is for 127.0.0.1 only") as caught:
            await open_transport(Address(url, KEY), Timeouts())
    assert f"redirects to {place}" in str(caught.value)


async def test_a_redirect_out_of_encryption_is_refused():
    connecting = handshake._Connect("wss://chat.example.com/dev?apiKey=abc")
    answer = Response(302, "Found", Headers(Location="ws://chat.example.com/dev?apiKey=abc"))
    refused = connecting.process_redirect(InvalidStatus(answer))
    assert isinstance(refused, handshake._Elsewhere)
    assert str(refused) == "ws://chat.example.com"


async def test_redirects_in_a_circle_end():
    async with redirecting(lambda path: path) as url:
        with pytest.raises(NotCaptivate, match="more than 10 redirects"):
            await open_transport(Address(url, KEY), Timeouts())


# --- proxies and hosts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("127.0.0.1:9", "scheme  isn't supported. Check https_proxy, which looks like http://"),
        ("ftp://user:password@127.0.0.1:9", "scheme ftp isn't supported"),
        ("socks5h://user:password@127.0.0.1:9", "pip install python-socks"),
    ],
)
async def test_a_proxy_that_cannot_be_used(proxy: str, says: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(ConnectError, match="The proxy to wss://chat.example.com/dev") as caught:
        await open_transport(Address("wss://chat.example.com/dev", KEY), Timeouts())
    assert says in str(caught.value)
    assert "password" not in str(caught.value)


async def test_a_proxy_that_does_not_connect(monkeypatch: pytest.MonkeyPatch):
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuses, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(ConnectError, match="cannot be used: .*407"):
            await open_transport(Address("wss://chat.example.com/dev", KEY), Timeouts())


@pytest.mark.parametrize("host", ["chat..example.com", f"{'a' * 70}.example.com"])
async def test_a_host_that_cannot_be_one(host: str):
    with pytest.raises(InvalidURL, match="is not the URL of a server. Check its host"):
        await open_transport(Address(f"wss://{host}/dev", KEY), Timeouts())


async def test_what_nobody_expects_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch):
    def breaks(*_args: object, **_options: object) -> None:
        raise RuntimeError(f"apiKey={ENCODED}")

    monkeypatch.setattr("captivate_nb.client.handshake._Connect", breaks)
    with pytest.raises(ConnectError, match=r"\(RuntimeError: apiKey=•••\)"):
        await open_transport(Address("ws://127.0.0.1:1/dev", KEY), Timeouts())
