"""Which socket an event goes to, and in what form."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from captivate_nb.server.routing import SAME_ID, new_id
from support.bare import Bare, connect, texts
from support.fetching import fetch


def test_ids_have_the_form_of_the_document_s():
    for one in (new_id(), SAME_ID):
        assert re.fullmatch(r"[A-Za-z0-9+/]{15}=", one)
    assert new_id() != new_id()


async def test_the_socket_is_told_where_to_upload():
    with EmbeddedServer() as server:
        async with connect(server) as client:
            assert client.connected["upload_url"] == f"{server.http_url}/files"
            assert client.connected["socket_id"].endswith("=")


async def test_a_conversation_goes_to_the_socket_that_last_named_it():
    with EmbeddedServer() as server:
        async with connect(server) as first, connect(server) as second:
            second.conversation_id = await first.start()
            assert (await second.told("Leave my details"))[0] == "What is your name?"
            await first.say("Ann")
            assert texts(await first.bot()) == ["Thank you, Ann. What is your email address?"]


async def test_a_closed_socket_s_conversation_is_taken_up_by_another():
    with EmbeddedServer() as server:
        async with connect(server) as first:
            conversation_id = await first.start()
            await first.say("")
            await first.bot()
        async with connect(server) as second:
            second.conversation_id = conversation_id
            told = await second.ask("conversation_transcript_request", "conversation_transcript")
            assert len(told["transcript"]) == 1
            assert (await second.told("Leave my details"))[0] == "What is your name?"


async def test_of_two_conversations_on_a_socket_the_other_one_is_named(tmp_path: Path):
    path = tmp_path / "slow.yaml"
    path.write_text("nodes: {a: [One., {pause: 0.1}, Two.]}")
    with EmbeddedServer(path) as server:
        async with connect(server) as client:
            first = await client.start()
            await client.say("")
            assert "conversation_id" not in await client.bot()
            await client.start()
            assert (await client.bot())["conversation_id"] == first


async def test_all_events_can_have_one_id():
    async def ids(client: Bare) -> list[str]:
        await client.say("Hello")
        for kind in ("metadata_request", "metadata_request", "conversation_transcript_request"):
            await client.send(kind, conversation_id=client.conversation_id)
        frames = [json.loads(await client.socket.recv()) for _ in range(4)]
        return [frame["event"]["event_id"] for frame in frames]

    with EmbeddedServer("everything") as server:
        async with connect(server) as client:
            await client.start()
            assert len(set(await ids(client))) == 4
            server.faults = "same-ids"
            assert set(await ids(client)) == {SAME_ID}
            server.faults = "same-ids=0"
            assert len(set(await ids(client))) == 4


async def test_what_is_over_the_limit_goes_as_a_link():
    with EmbeddedServer("everything", limits=Limits(message=8000)) as server:
        async with connect(server) as client:
            await client.start()
            await client.say("")
            await client.bot()
            await client.say("Very long message")
            error = await client.until("general_error")
            assert error["error_code"] == 413
            assert error["conversation_id"] == client.conversation_id
            body = get(error["message_link"], server.key)
            assert body["botMessage"]["content"][0]["text"].startswith("All work and no play")


@pytest.mark.parametrize("user", ["ann", "Ann Lee/ü?#%2F"])
async def test_a_transcript_over_the_limit_goes_as_a_link(user: str):
    with EmbeddedServer("everything", limits=Limits(message=8000)) as server:
        async with connect(server) as client:
            await client.start(userId=user)
            await client.say("")
            await client.bot()
            await client.say("Very long message")
            large = await client.until("general_error")
            assert "linked_event_type" not in large
            error = await client.ask("conversation_transcript_request", "general_error")
            assert (error["error_code"], error["linked_event_type"]) == (
                413,
                "conversation_transcript",
            )
            assert error["conversation_id"] == client.conversation_id
            event = get(error["message_link"], server.key)
            assert event["event_type"] == "conversation_transcript"
            assert event["event_payload"]["conversation_id"] == client.conversation_id
            assert "All work and no play" in str(event["event_payload"]["transcript"][-1])
            assert get(large["message_link"], server.key)["event_type"] == "bot_message"
            assert (await fetch(error["message_link"])).status == 401
            await client.ask("delete_conversation", "delete_conversation_success")
            gone = await fetch(error["message_link"], x_api_key=server.key)
            assert gone.status == 404


async def test_metadata_over_the_limit_goes_whole():
    with EmbeddedServer(limits=Limits(message=8000)) as server:
        async with connect(server) as client:
            await client.start()
            for part in ("a", "b"):
                note = {part: "x" * 5000}
                await client.ask("metadata", "metadata_update_success", metadata=note)
            told = await client.ask("metadata_request", "conversation_metadata")
            assert [len(note) for note in told["content"].values()] == [5000, 5000]


def get(link: str, key: str):
    request = urllib.request.Request(link, headers={"x-api-key": key})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)
