"""What a client gets that asks for a transcript."""

from __future__ import annotations

from pathlib import Path

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from support.bare import connect
from support.fetching import fetch


@pytest.mark.parametrize(
    ("asked", "answer", "list_key"),
    [
        ({"transcript": "transcript"}, "conversation_transcript", "transcript"),
        ({"transcript": "messages"}, "conversation_transcript", "messages"),
    ],
)
async def test_both_shapes_of_a_transcript(asked, answer, list_key):
    with EmbeddedServer(**asked) as server:
        async with connect(server) as client:
            await client.start()
            await client.say("")
            await client.bot()
            told = await client.ask("conversation_transcript_request", answer)
            entry = told[list_key][0]
            entry = entry["messages"][0] if list_key == "transcript" else entry
            assert entry["messages"][0]["text"] == "Hi. I'm the Captivate Bot."


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ("stale=3600", []),
        ("store-late=3600", ["greeting", "answer"]),
        ("last=2", ["question", "answer"]),
        ("off", ["greeting", "question", "answer"]),
    ],
)
async def test_what_a_transcript_tells_is_the_faults_affair_by_socket_and_by_http(
    tmp_path: Path, faults: str, told: list[str]
):
    path = tmp_path / "short.yaml"
    path.write_text("nodes: {a: greeting}\nfallback: [answer]")
    with EmbeddedServer(path) as server:
        async with connect(server) as client:
            await client.start()
            assert await client.told("") == ["greeting"]
            server.faults = faults
            assert await client.told("question") == ["answer"]
            whole = await client.ask("conversation_transcript_request", "conversation_transcript")
            said = [
                entry["messages"][0] for group in whole["transcript"] for entry in group["messages"]
            ]
            assert [item["text"] for item in said] == told
            url = f"{server.http_url}/api/transcript?conversation_id={client.conversation_id}"
            entries = (await fetch(url, x_api_key=server.key)).json()["transcript"]
            assert [entry["text"] for entry in entries] == told
