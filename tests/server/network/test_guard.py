"""What every request must pass."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import websockets

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from captivate_nb.server.network.guard import redacted
from support.fetching import fetch
from support.raw import Raw, request
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
        store = server.service.store
        server.service.store = None  # type: ignore[assignment]
        try:
            answer = await fetch(f"{server.http_url}/api/transcript?apiKey={quote(KEY)}")
        finally:
            server.service.store = store
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


LONG = "Content-Length: 19000000"
MINE = f"X-Api-Key: {KEY}"


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("POST /files", [LONG], 401),
        ("POST /files?apiKey=wrong", [LONG], 401),
        ("POST /api/custom-channel/sockets/message", [LONG], 401),
        ("POST /any/path", [LONG], 401),
        ("POST no-path", [LONG], 401),
        ("POST http://x/files", ["Content-Length: " + "9" * 5000], 401),
        ("POST /files", ["Content-Length: 19, 20"], 401),
        ("POST /files", ["Transfer-Encoding: chunked"], 401),
        ("POST /files", ["Content-Length: 9", "Expect: 100-continue"], 401),
        ("POST /files", [MINE, LONG, "Origin: https://evil.example"], 403),
        ("POST /files", [MINE, LONG], 413),
        ("POST /api/custom-channel/sockets/message", [MINE, "Content-Length: 131073"], 413),
        ("GET /dev", [MINE, LONG], 413),
        ("GET /pictures/mug.svg", [LONG], 413),
        ("OPTIONS /files", [LONG], 413),
        ("DELETE /files", [LONG], 401),
        ("BREW /files", [LONG], 405),
    ],
)
def test_no_body_is_waited_for_that_will_not_be_taken(
    server: EmbeddedServer, line: str, headers: list[str], status: int
):
    with Raw(server.port, request(line, *headers)) as raw:
        assert raw.status() == status


def test_a_stranger_who_sends_on_is_cut_off(server: EmbeddedServer):
    with Raw(server.port, request("POST /files", LONG)) as raw:
        assert raw.rest().startswith(b"HTTP/1.1 401")


def test_who_sends_a_little_more_hears_the_answer_and_may_go_on(server: EmbeddedServer):
    with Raw(server.port, request("POST /files", "Content-Length: 9")) as raw:
        assert raw.status() == 401
        while raw.line() != b"\r\n":
            pass
        assert raw.socket.recv(1 << 10).startswith(b"{")
        raw.send(b"too late!" + request("GET /nothing", MINE))
        assert raw.status() == 404


def test_a_body_without_a_length_is_bounded_too(server: EmbeddedServer):
    begun = request("POST /api/custom-channel/sockets/message", MINE, "Transfer-Encoding: chunked")
    with Raw(server.port, begun) as raw:
        raw.send(b"20001\r\n" + bytes(0x20001) + b"\r\n")
        assert raw.status() == 413
        raw.send(b"0\r\n\r\n")
        with Raw(server.port, begun + b"2\r\n{}\r\n0\r\n\r\n") as other:
            assert other.status() == 400


async def test_nothing_of_a_refused_request_stays():
    with EmbeddedServer() as server:
        for line in ("POST /files", "POST /any/path"):
            for headers in (["Transfer-Encoding: chunked"], ["Content-Length: 9"]):
                with Raw(server.port, request(line, *headers, body=b"half")) as raw:
                    assert raw.status() == 401
        await until(lambda: server.call(lambda: len(asyncio.all_tasks())) == 2)  # its own


async def test_bodies_wait_for_room_and_leave_it():
    limits = Limits(bodies=100)
    with EmbeddedServer(key="k", limits=limits) as server:
        begun = request("POST /files?apiKey=k", "Content-Length: 99", body=b"begun")
        with Raw(server.port, begun):
            whole = request("POST /files?apiKey=k", "Content-Length: 9", body=b"nine more")
            waiting = [Raw(server.port, whole) for _ in range(3)]
        for raw in waiting:
            with raw:
                assert raw.status() == 201
        with Raw(server.port, begun), Raw(server.port, begun):
            with Raw(server.port, request("GET /nothing?apiKey=k")) as raw:
                assert raw.status() == 404
            await asyncio.to_thread(server.stop)


def test_what_a_stranger_does_wrong_is_told_to_the_stranger_alone(
    server: EmbeddedServer, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.INFO, "tornado"):
        for line, status in (
            ("GET /dev?apiKey=%FF%FE", 401),
            ("GET /files/%FF/%FE", 404),
            ("BREW /dev", 405),
            ("CONNECT x:1", 405),
        ):
            with Raw(server.port, request(line)) as raw:
                assert raw.status() == status
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
