"""HTTP: what may be fetched and uploaded, with the key only where it belongs."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from captivate_nb.client.http import fetch_file, fetch_large_message, may_fetch, upload
from captivate_nb.client.network import NetworkLink
from captivate_nb.client.transport import Address
from captivate_nb.errors import CaptivateError, InvalidFile
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.protocol.content import Text

KEY = "a-long-test-key"


@asynccontextmanager
async def web(status: str, body: Any) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A web server that answers everything alike, and keeps what it was asked."""
    asked: list[bytes] = []
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        asked.append(head + await reader.readexactly(length))
        lines = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        writer.write(lines.encode() + data)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@pytest.mark.parametrize(
    ("link", "server", "allowed"),
    [
        ("https://channel.wss.captivatechat.ai/m", "wss://channel.wss.captivatechat.ai/dev", True),
        ("https://files.captivatechat.ai/m", "wss://channel.wss.captivatechat.ai/dev", True),
        ("http://files.captivatechat.ai/m", "wss://channel.wss.captivatechat.ai/dev", False),
        ("https://files.captivat.io/m", "wss://chat.example.com/dev", True),
        ("https://captivatechat.ai/m", "wss://chat.example.com/dev", False),
        ("https://chat.example.com/m", "wss://chat.example.com/dev", True),
        ("https://files.example.com/m", "wss://chat.example.com/dev", False),
        ("https://example.com/m", "wss://chat.example.com/dev", False),
        ("https://x.chat.example.com/m", "wss://chat.example.com/dev", False),
        ("https://b.execute-api.eu.amazonaws.com/m", "wss://a.execute-api.eu.amazonaws.com", False),
        ("https://b.herokuapp.com/m", "wss://a.herokuapp.com/dev", False),
        ("https://b.azurewebsites.net/m", "wss://a.azurewebsites.net/dev", False),
        ("https://captivat.io@evil.example/m", "wss://chat.example.com/dev", False),
        ("https://evilcaptivatechat.ai/m", "wss://channel.wss.captivatechat.ai/dev", False),
        ("https://captivatechat.ai.evil.com/m", "wss://channel.wss.captivatechat.ai/dev", False),
        ("https://trusted.example/m", "wss://channel.wss.captivatechat.ai/dev", True),
        ("https://other.co.uk/m", "wss://chat.example.co.uk/dev", False),
        ("http://127.0.0.1:9/m", "ws://127.0.0.1:8/dev", True),
        ("file://127.0.0.1/etc/passwd", "ws://127.0.0.1:8/dev", False),
        ("https://[::1/m", "ws://127.0.0.1:8/dev", False),
        ("https://x.example/m", "ws://127.0.0.1:8/dev", False),
    ],
)
def test_which_links_may_be_followed_with_the_key(link: str, server: str, allowed: bool):
    assert may_fetch(link, Address(server, KEY), ["trusted.example"]) is allowed


@pytest.mark.parametrize("link", ["https://[", f"https://{'a' * 2000}/x", "nothing"])
async def test_a_link_that_is_none_is_told(link: str):
    with pytest.raises(CaptivateError, match="lies at nowhere"):
        await fetch_large_message(NetworkLink(), link, Address("wss://own.example/dev", KEY))
    with pytest.raises(InvalidFile, match="at another host"):
        await upload(
            NetworkLink(), link, Address("wss://own.example/dev", KEY), "a", b"", "text/plain"
        )


async def test_a_large_message_is_fetched_with_the_key():
    body = {"botMessage": {"content": [{"type": "text", "text": "large"}]}}
    async with web("200 OK", body) as (url, asked):
        event = await fetch_large_message(
            NetworkLink(), url + "/m", Address("ws://127.0.0.1/dev", KEY)
        )
    assert event == e.BotMessage(content=(Text("large"),))
    assert KEY.encode() in asked[0]


async def test_the_whole_event_is_read_where_it_is_told():
    said = e.LivechatMessage(content=(Text("large"),), message_id="m-1", agent_name="Maya")
    body = {**json.loads(encode(said))["event"], "botMessage": {"content": []}}
    async with web("200 OK", body) as (url, _):
        event = await fetch_large_message(
            NetworkLink(), url + "/m", Address("ws://127.0.0.1/dev", KEY)
        )
    assert isinstance(event, e.LivechatMessage)
    assert (event.content, event.message_id, event.agent_name) == (said.content, "m-1", "Maya")


def deep(levels: int) -> bytes:
    return b'{"botMessage":{"content":' + b"[" * levels + b"]" * levels + b"}}"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", {"event_type": "general_error", "event_payload": {"error_code": 413}}),
        ("200 OK", {"event_type": "something", "event_payload": {}}),
        ("404 Not Found", b""),
        ("302 Found\r\nLocation: http://127.0.0.1/other", b""),
        ("200 OK", b"not json"),
        ("200 OK", {"other": 1}),
        ("200 OK", {"botMessage": 7}),
        ("200 OK", ("[" * 5000).encode()),
        ("200 OK", deep(900)),
        ("200 OK", b"<html>not here</html>"),
        ("200 OK", []),
    ],
)
async def test_a_large_message_that_cannot_be_had(status: str, body: Any):
    async with web(status, body) as (url, asked):
        with pytest.raises(
            CaptivateError, match=r"^A large message could not be fetched: .*[^.]\.$"
        ):
            await fetch_large_message(NetworkLink(), url + "/m", Address("ws://127.0.0.1/dev", KEY))
        assert len(asked) == 1


async def test_a_long_transcript_is_fetched():
    entry = e.TranscriptEntry("bot", (Text("x" * 9_000_000),))
    told = e.ConversationTranscript(conversation_id="c-1", entries=(entry, entry, entry))
    async with web("200 OK", encode(told).encode()) as (url, _):
        event = await fetch_large_message(
            NetworkLink(), url + "/m", Address("ws://127.0.0.1/dev", KEY)
        )
    assert isinstance(event, e.ConversationTranscript)
    assert [each.content for each in event.entries] == [entry.content] * 3


async def test_what_is_larger_than_any_transcript_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.client.http.TRANSCRIPT_LIMIT", 1000)
    async with web("200 OK", b" " * 1001) as (url, _):
        with pytest.raises(CaptivateError, match="or the answer has more than 1,000 bytes"):
            await fetch_large_message(NetworkLink(), url + "/m", Address("ws://127.0.0.1/dev", KEY))


async def test_a_strangers_link_is_not_followed():
    async with web("200 OK", {}) as (url, asked):
        with pytest.raises(CaptivateError, match="not the server's own host"):
            await fetch_large_message(
                NetworkLink(), url, Address("wss://chat.example.com/dev", KEY)
            )
        assert asked == []


async def test_an_upload_names_the_file_and_comes_back_by_its_address():
    answer = {"url": "http://127.0.0.1/f/1", "type": "text/plain", "filename": "ä b.txt", "size": 2}
    async with web("201 Created", answer) as (url, asked):
        address = Address("ws://127.0.0.1/dev", KEY)
        file = await upload(NetworkLink(), url + "/files", address, "ä b.txt", b"hi", "text/plain")
    assert (file.url, file.name, file.size) == ("http://127.0.0.1/f/1", "ä b.txt", 2)
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert body == b"hi"
    assert b"x-filename: %c3%a4%20b.txt" in head.lower()


async def test_an_upload_that_is_cancelled_leaves_no_key_in_its_traceback():
    asked, closing = asyncio.Event(), asyncio.Event()

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await closing.wait()
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        address = Address("ws://127.0.0.1/dev", KEY)
        uploading = asyncio.create_task(
            upload(NetworkLink(), url, address, "a", b"hi", "text/plain")
        )
        await asyncio.wait_for(asked.wait(), 5)
        uploading.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await uploading
        closing.set()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    lines = "".join(told.format())
    assert "captivate_nb/client/http.py" in lines
    assert KEY not in lines


@pytest.mark.parametrize(("status", "body"), [("413 Too Large", b""), ("201 Created", b"7")])
async def test_an_upload_that_fails(status: str, body: Any):
    async with web(status, body) as (url, _):
        with pytest.raises(InvalidFile, match=r"could not be uploaded: .*[^.]\.$"):
            await upload(
                NetworkLink(), url, Address("ws://127.0.0.1/dev", KEY), "a", b"hi", "text/plain"
            )


async def test_an_upload_that_is_not_even_tried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.client.http.SIZE_LIMIT", 4)
    with pytest.raises(InvalidFile, match="5 bytes; at most 4"):
        await upload(
            NetworkLink(), "http://127.0.0.1/", Address("ws://127.0.0.1/"), "a", b"12345", "x/y"
        )
    with pytest.raises(InvalidFile, match="another host"):
        await upload(
            NetworkLink(), "http://chat.example/", Address("wss://chat.example/"), "a", b"1", "x/y"
        )


async def test_a_file_of_the_server_on_this_machine_is_fetched_without_the_key():
    async with web("200 OK\r\nContent-Type: image/png; q=1", b"picture") as (url, asked):
        address = Address(url.replace("http", "ws") + "/dev", KEY)
        assert await fetch_file(NetworkLink(), f"{url}/files/1", address) == (
            "image/png",
            b"picture",
        )
    assert KEY.encode() not in asked[0]
    assert b"x-api-key" not in asked[0].lower()
    async with web("200 OK", b"") as (url, _):
        address = Address(url.replace("http", "ws"), KEY)
        assert await fetch_file(NetworkLink(), url, address) == ("application/octet-stream", b"")


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("ws://127.0.0.1:8000", "http://127.0.0.1:8001/a"),
        ("ws://127.0.0.1:8000", "http://localhost:8000/a"),
        ("ws://127.0.0.1:8000", "ftp://127.0.0.1:8000/a"),
        ("ws://127.0.0.1:8000", "http://127.0.0.1:x/a"),
        ("wss://chat.example.com", "https://chat.example.com/a"),
        ("ws://127.0.0.1:8000", 5),
    ],
)
async def test_no_other_file_is_fetched(server: str, url: str):
    with pytest.raises(InvalidFile, match="was not fetched"):
        await fetch_file(NetworkLink(), url, Address(server, KEY))


@pytest.mark.parametrize("status", ["404 Not Found", "302 Found\r\nLocation: http://other.test/"])
async def test_a_file_that_cannot_be_had_is_an_error(status: str):
    async with web(status, b"") as (url, _):
        with pytest.raises(InvalidFile, match=r"could not be fetched: .*[^.]\.$"):
            await fetch_file(NetworkLink(), url, Address(url.replace("http", "ws"), KEY))
