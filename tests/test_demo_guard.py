"""What every request must pass."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import websockets

from captivate_nb.demo.guard import redacted
from captivate_nb.demo.server import EmbeddedServer
from support.fetching import fetch
from support.until import until

KEY = "s3cret & käy"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer(key=KEY, origins=["https://hub.example.org"]) as server:
        yield server


@pytest.mark.parametrize(
    "address",
    [
        f"/dev?apiKey={quote(KEY)}",
        f"/dev?apikey={quote(KEY)}",
        f"/?apiKey={quote(KEY)}",
        f"/any/path/at/all?x=1&apiKey={quote(KEY)}",
    ],
)
async def test_the_key_in_the_address(server: EmbeddedServer, address: str):
    async with websockets.connect(f"ws://127.0.0.1:{server.port}{address}") as socket:
        assert "socket_connected" in str(await socket.recv())


async def test_the_key_in_a_header():
    with EmbeddedServer() as server:
        headers = {"x-api-key": server.key}
        async with websockets.connect(server.ws_url, additional_headers=headers) as socket:
            assert "socket_connected" in str(await socket.recv())


@pytest.mark.parametrize("query", ["", "?apiKey=", "?apiKey=wrong", f"?apiKey={quote(KEY)}x"])
async def test_a_wrong_key_ends_at_the_handshake(server: EmbeddedServer, query: str):
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(server.ws_url + query)
    assert caught.value.response.status_code == 401
    assert KEY not in str(caught.value.response.body)


async def test_a_wrong_key_by_http(server: EmbeddedServer):
    for path in ("/api/transcript?conversation_id=x", "/messages/x"):
        answer = await fetch(server.http_url + path, x_api_key="wrong")
        assert answer.status == 401
        assert answer.json()["event"]["event_payload"] == {
            "error_code": 401,
            "error_desc": "The API key is missing or wrong",
        }


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8888", True),
        ("https://hub.example.org", True),
        ("https://evil.example.org", False),
        ("null", False),
    ],
)
async def test_pages(server: EmbeddedServer, origin: str, allowed: bool):
    url = f"{server.ws_url}?apiKey={quote(KEY)}"
    if allowed:
        async with websockets.connect(url, origin=origin):
            pass
    else:
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(url, origin=origin)
        assert caught.value.response.status_code == 403
    path = f"{server.http_url}/api/custom-channel/sockets/message"
    asked = await fetch(path, method="OPTIONS", origin=origin)
    assert asked.status == (204 if allowed else 403)
    assert asked.headers["Access-Control-Allow-Origin"] == (origin if allowed else None)
    if allowed:
        assert "x-api-key" in asked.headers["Access-Control-Allow-Headers"]
        assert "POST" in asked.headers["Access-Control-Allow-Methods"]
        refused = await fetch(path, b"{}", origin=origin)
        assert refused.status == 401
        assert refused.headers["Access-Control-Allow-Origin"] == origin, "the page may read why"


async def test_other_methods_are_refused_in_the_same_form(server: EmbeddedServer):
    answer = await fetch(f"{server.http_url}/files?apiKey={quote(KEY)}", method="DELETE")
    assert answer.status == 405
    assert answer.json()["event"]["event_type"] == "general_error"


def test_redacted():
    assert redacted("/dev?apiKey=abc&x=1") == "/dev?apiKey=***&x=1"
    assert redacted("/dev?x=1&APIKEY=abc") == "/dev?x=1&APIKEY=***"
    assert redacted("/dev?api-key=abc") == "/dev?api-key=***"
    assert redacted("/dev?api%4bey=abc&apiKey") == "/dev?api%4bey=***&apiKey"
    assert redacted("/monkey") == "/monkey"


async def test_no_log_has_the_key(server: EmbeddedServer, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        await fetch(f"{server.http_url}/api/transcript?apiKey={quote(KEY)}")
        await fetch(f"{server.http_url}/nothing?apiKey={quote(KEY)}")
        broken = server._hub.store
        server._hub.store = None  # type: ignore[assignment]
        try:
            answer = await fetch(f"{server.http_url}/api/transcript?apiKey={quote(KEY)}")
        finally:
            server._hub.store = broken
    assert answer.status == 500
    assert "/api/transcript?apiKey=***" in caplog.text
    assert quote(KEY) not in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize("name", ["apiKey", "api%4bey"])
async def test_a_key_that_is_not_utf_8_is_wrong_and_not_logged(
    server: EmbeddedServer, caplog: pytest.LogCaptureFixture, name: str
):
    with caplog.at_level(logging.DEBUG):
        answer = await fetch(f"{server.http_url}/api/transcript?{name}=%ff-a-secret-key")
        assert answer.status == 401
        await until(lambda: f"401 GET /api/transcript?{name}=***" in caplog.text)
    assert "a-secret-key" not in caplog.text
