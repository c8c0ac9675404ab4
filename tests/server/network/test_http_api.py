"""The HTTP side."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from captivate_nb.server.network import http_api as web
from captivate_nb.server.store.files import LARGEST_FILE
from support.bare import Bare, connect, texts
from support.fetching import Answer, fetch
from support.raw import Raw, request
from support.until import until

SERVES = "everything"


async def post(server: EmbeddedServer, event_type: str, socket_id: str, **payload: Any) -> Answer:
    event = {"event_type": event_type, "event_payload": payload, "socket_id": socket_id}
    body = json.dumps({"action": "sendMessage", "event": event}).encode()
    url = f"{server.http_url}/api/custom-channel/sockets/message"
    return await fetch(url, body, x_api_key=server.key, content_type="application/json")


async def start(server: EmbeddedServer, client: Bare, **payload: Any) -> str:
    answer = await post(server, "conversation_start", client.connected["socket_id"], **payload)
    started = await client.until("conversation_start_success")
    assert answer.status == 200
    assert answer.json()["conversation_id"] == started["conversation_id"]
    client.conversation_id = started["conversation_id"]
    return client.conversation_id


async def test_a_turn_by_http_and_its_results_by_socket(server: EmbeddedServer, client: Bare):
    named = await start(server, client, userId="ann")
    content = {"type": "text", "text": ""}
    answer = await post(
        server,
        "user_message",
        client.connected["socket_id"],
        conversation_id=named,
        content=content,
    )
    assert (answer.status, answer.json()) == (200, {"status": "success"})
    assert "everything" in texts(await client.bot())[0]


@pytest.mark.parametrize("socket_id", ["stale", ""])
async def test_a_stale_socket_is_tolerated(server: EmbeddedServer, client: Bare, socket_id: str):
    answer = await post(server, "conversation_start", socket_id)
    started = await client.until("conversation_start_success")
    assert answer.json()["conversation_id"] == started["conversation_id"]
    content = {"type": "text", "text": "menu"}
    await post(
        server,
        "user_message",
        socket_id,
        conversation_id=started["conversation_id"],
        content=content,
    )
    assert "everything" in texts(await client.bot())[0]


async def test_without_any_socket_the_answer_still_comes(server: EmbeddedServer):
    answer = await post(server, "conversation_start", "", userId="bob")
    assert answer.json()["conversation_id"].startswith("bob-")
    asked = await post(
        server, "action", "", conversation_id=answer.json()["conversation_id"], id="everything"
    )
    assert asked.status == 200


async def test_metadata_and_lists_are_answered_here_too(server: EmbeddedServer, client: Bare):
    named = await start(server, client, userId="lister", metadata={"n": 1, "private": {"p": 1}})
    socket_id = client.connected["socket_id"]
    answer = await post(server, "metadata_request", socket_id, conversation_id=named)
    assert answer.json()["metadata"] == {"n": 1}
    assert (await client.until("conversation_metadata"))["content"] == {"n": 1}
    answer = await post(
        server, "get_user_conversations_v2", socket_id, userId="lister", pagination={"page": 1}
    )
    assert answer.json()["conversations"] == [{"conversation_id": named, "metadata": {"n": 1}}]
    assert answer.json()["pagination"]["total"] == 1
    await client.until("user_conversations")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "The frame is not JSON"),
        (b"[]", 400, "not an object"),
        (b'{"event": {"event_type": "confetti"}}', 400, "not an event that a client sends"),
        (
            b'{"event_type": "metadata_request", "event_payload": {"conversation_id": "x"}}',
            400,
            "Invalid conversation_id",
        ),
        (b" " * (128 * 1024 + 1), 413, "A message has at most 131072 bytes"),
    ],
)
async def test_refusals(server: EmbeddedServer, body: bytes, status: int, words: str):
    url = f"{server.http_url}/api/custom-channel/sockets/message"
    answer = await fetch(url, body, x_api_key=server.key)
    assert answer.status == status
    assert words in answer.json()["event"]["event_payload"]["error_desc"]


async def test_the_transcript_is_flat(server: EmbeddedServer, client: Bare):
    named = await start(server, client, userId="ann")
    await client.say("menu")
    await client.bot()
    file = {"url": "https://example.org/a.png", "type": "image/png", "filename": "a.png"}
    await client.say(content={"text": "Look!", "files": [file]})
    await client.bot()
    await client.say("Action")
    await client.bot()
    url = f"{server.http_url}/api/transcript?conversation_id={quote(named)}"
    entries = (await fetch(url, x_api_key=server.key)).json()["transcript"]
    menu = entries[1]
    assert [entry["from"] for entry in entries[:4]] == ["user", "bot", "user", "bot"]
    assert (menu["name"], menu["content"][0]["type"]) == ("Everything Bot", "text")
    looked = entries[2]
    assert (looked["text"], looked["files"]) == ("Look!", [file])
    assert looked["content"] == {"type": "text", "text": "Look!", "files": [file]}
    assert looked["time"] > menu["time"] > 0
    assert len({entry["message_id"] for entry in entries}) == len(entries)
    assert [action["id"] for entry in entries for action in entry["actions"]] == [
        "redirectToContactUs",
        "agentIdleTimeout",
    ]
    missing = await fetch(
        f"{server.http_url}/api/transcript?conversation_id=x", x_api_key=server.key
    )
    assert missing.status == 404


async def upload(server: EmbeddedServer, body: bytes, **headers: str) -> Answer:
    return await fetch(f"{server.http_url}/files", body, x_api_key=server.key, **headers)


async def test_a_file_is_taken_and_served_back(server: EmbeddedServer):
    name = "Grüße & mehr.png"
    answer = await upload(server, b"\x89PNG", content_type="image/png", x_filename=quote(name))
    told = answer.json()
    assert answer.status == 201
    assert (told["type"], told["filename"], told["size"]) == ("image/png", name, 4)
    served = await fetch(told["url"])
    assert (served.status, served.body) == (200, b"\x89PNG")
    assert served.headers["Content-Type"] == "image/png"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert served.headers["Content-Disposition"] is None


async def test_what_is_no_picture_is_for_download(server: EmbeddedServer):
    told = (await upload(server, b"<b>", content_type="text/html", x_filename="a.html")).json()
    served = await fetch(told["url"])
    assert served.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.html"


@pytest.mark.parametrize(
    ("headers", "kind", "name"),
    [
        ({"x_filename": "a.svg", "content_type": "nonsense"}, "image/svg+xml", "a.svg"),
        ({"x_filename": "a.zzz", "content_type": ""}, "application/octet-stream", "a.zzz"),
        ({"content_type": "text/plain; charset=utf-8"}, "text/plain", "file"),
        ({"x_filename": quote("../../etc/passwd"), "content_type": "a/b"}, "a/b", "passwd"),
        ({"x_filename": quote("C:\\x\\y.txt"), "content_type": "a/b"}, "a/b", "y.txt"),
        ({"x_filename": quote("a\r\nb\u202e.txt"), "content_type": "a/b"}, "a/b", "ab.txt"),
        ({"x_filename": "..", "content_type": "a/b"}, "a/b", "file"),
        ({"x_filename": "x" * 300, "content_type": "a/b"}, "a/b", "x" * 200),
    ],
)
async def test_names_and_types_are_made_safe(
    server: EmbeddedServer, headers: dict[str, str], kind: str, name: str
):
    told = (await upload(server, b"x", **headers)).json()
    assert (told["type"], told["filename"]) == (kind, name)
    assert (await fetch(told["url"])).body == b"x"


async def test_uploads_are_bounded_and_need_the_key(server: EmbeddedServer):
    answer = await upload(server, bytes(LARGEST_FILE + 1), content_type="a/b")
    assert answer.status == 413
    answer = await fetch(f"{server.http_url}/files", b"x", x_api_key="wrong")
    assert answer.status == 401


async def test_pictures_of_the_flow(server: EmbeddedServer):
    picture = await fetch(f"{server.http_url}/pictures/mug.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.body.startswith(b"<svg")
    listed = await fetch(f"{server.http_url}/pictures/price-list.csv")
    assert listed.headers["Content-Disposition"].startswith("attachment")


async def test_a_picture_with_a_name_of_its_own(tmp_path):
    (tmp_path / "my picture?.svg").write_text("<svg/>")
    path = tmp_path / "mine.yaml"
    path.write_text("nodes: {a: [files: 'my picture?.svg']}")
    with EmbeddedServer(path) as server:
        async with connect(server) as client:
            await client.start()
            await client.say("")
            file = (await client.bot())["content"][0]["files"][0]
            assert (await fetch(file["url"])).body == b"<svg/>"


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/support.yaml",
        "/pictures/../embedded.py",
        "/pictures/%2e%2e/loader.py",
        "/files/nothing/a.png",
        "/messages/nothing",
        "/nothing",
    ],
)
async def test_what_is_not_there(server: EmbeddedServer, path: str):
    answer = await fetch(server.http_url + path, x_api_key=server.key)
    assert answer.status == 404
    assert answer.json()["event"]["event_payload"]["error_code"] == 404


async def test_who_does_not_read_a_file_is_closed():
    size = 8 << 20
    with EmbeddedServer(limits=Limits(handshake=0.2)) as server:

        def tasks() -> int:
            return server.call(lambda: len(asyncio.all_tasks()))

        told = (await upload(server, bytes(size), content_type="image/png")).json()
        address = told["url"].removeprefix(server.http_url)
        assert len((await fetch(told["url"])).body) == size
        await until(lambda: tasks() == 2)  # the server's own
        with Raw(server.port, request(f"GET {address}"), buffer=4096) as raw:
            assert raw.status() == 200
            await until(lambda: tasks() == 2)
            assert len(raw.rest()) < size


async def test_a_picture_that_is_gone_or_shorter_than_it_was(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(bytes(100))
    path = tmp_path / "mine.yaml"
    path.write_text("nodes: {a: [files: a.png]}")
    with EmbeddedServer(path) as server:
        assert (await fetch(f"{server.http_url}/pictures/a.png")).body == bytes(100)
        monkeypatch.setattr(web, "_piece", lambda *_: b"")
        with Raw(server.port, request("GET /pictures/a.png")) as raw:
            assert raw.rest().endswith(b"\r\n\r\n")
        monkeypatch.undo()
        (tmp_path / "a.png").unlink()
        assert (await fetch(f"{server.http_url}/pictures/a.png")).status == 404
