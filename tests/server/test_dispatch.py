"""What the service answers to each event of a client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from support.bare import Bare, connect, texts
from support.fetching import fetch


async def test_start_without_a_user_is_anon_s(client: Bare):
    await client.send("conversation_start")
    started = await client.until("conversation_start_success")
    assert started["conversation_id"].startswith("anon-")


async def test_answers_come_in_the_order_of_the_requests(client: Bare):
    for user in ("ann", "bob", "cleo"):
        await client.send("conversation_start", userId=user)
    for user in ("ann", "bob", "cleo"):
        started = await client.until("conversation_start_success")
        assert started["conversation_id"].startswith(f"{user}-")


async def test_it_greets_once(client: Bare):
    await client.start()
    await client.say("")
    await client.say("")
    assert texts(await client.bot())[0] == "Hi. I'm the Captivate Bot."
    assert await client.told("Leave my details") == ["What is your name?"]


async def test_it_greets_by_itself_and_then_not_at_the_empty_message():
    with EmbeddedServer("support", greet="start") as server:
        async with connect(server) as client:
            await client.start()
            assert texts(await client.bot())[0] == "Hi. I'm the Captivate Bot."
            await client.say("")
            assert await client.told("Leave my details") == ["What is your name?"]


FILE = {"url": "https://example.org/a.png", "type": "image/png", "filename": "a.png"}


@pytest.mark.parametrize(
    "content",
    [
        {"files": [FILE]},
        {"type": "files", "files": [FILE]},
        {"files": {"type": "files", "files": [FILE]}},
        {"files": FILE},
        {"text": "Look!", "files": [FILE]},
    ],
)
async def test_files_in_all_their_shapes(client: Bare, content: dict[str, Any]):
    await client.start()
    await client.say("")
    await client.bot()
    await client.say(content=content)
    assert "Thank you for the file" in texts(await client.bot())[0]
    told = await client.ask("conversation_transcript_request", "conversation_transcript")
    mine = told["transcript"][1]["messages"][0]
    assert mine["from"] == "user"
    assert mine["messages"][-1] == {"type": "files", "files": [FILE]}
    assert len(mine["messages"]) == (2 if "text" in content else 1)


async def test_metadata_from_the_start_and_later(client: Bare):
    await client.start(
        userBasicInfo={"firstName": "Ann"},
        userData={"age": 7},
        metadata={"plan": "gold", "private": {"token": 1}},
    )
    for target in ("default", "bot", "live", "bot_live"):
        updated = await client.ask(
            "metadata", "metadata_update_success", metadata={target: 1}, target=target
        )
        assert updated == {"conversation_id": client.conversation_id}
    await client.ask("metadata", "metadata_update_success", metadata={"private": {"more": 2}})
    told = await client.ask("metadata_request", "conversation_metadata")
    assert told == {
        "conversation_id": client.conversation_id,
        "content": {"plan": "gold", "default": 1, "bot": 1, "live": 1, "bot_live": 1},
    }


@pytest.mark.parametrize(
    "request_name",
    ["get_conversations", "get_user_conversations", "get_user_conversations_v2"],
)
async def test_lists(client: Bare, request_name: str):
    user = f"lister of {request_name}"
    ids = [await client.start(userId=user, metadata={"n": n}) for n in range(3)]
    await client.send(request_name, userId=user, filter={"n": 1}, pagination={"limit": 2})
    told = await client.until("user_conversations")
    found = [line["conversation_id"] for line in told["conversations"]]
    assert found == [ids[1]]
    assert told["pagination"]["total"] == 1
    await client.send(request_name, userId=user)
    told = await client.until("user_conversations")
    assert [line["metadata"]["n"] for line in told["conversations"]] == [2, 1, 0]
    assert ("pagination" in told) == (request_name == "get_user_conversations_v2")


async def test_edit(client: Bare):
    await client.start()
    await client.say("My nmae")
    await client.bot()
    told = await client.ask("conversation_transcript_request", "conversation_transcript")
    entry = next(
        group["messages"][0]
        for group in told["transcript"]
        if group["messages"][0]["from"] == "user"
    )
    edited = await client.ask(
        "edit_message",
        "message_edited_success",
        message_id=entry["message_id"],
        content={"type": "text", "text": "My name"},
    )
    assert edited == {
        "conversation_id": client.conversation_id,
        "message_id": entry["message_id"],
    }
    told = await client.ask("conversation_transcript_request", "conversation_transcript")
    assert "My name" in str(told)
    error = await client.ask(
        "edit_message", "general_error", message_id="x", content={"type": "text", "text": "x"}
    )
    assert error["error_desc"] == "Invalid message_id"


async def test_delete_one(client: Bare):
    conversation_id = await client.start()
    gone = await client.ask("delete_conversation", "delete_conversation_success")
    assert gone == {"userId": "ann", "conversation_id": conversation_id}
    for request in ("conversation_transcript_request", "metadata_request", "delete_conversation"):
        error = await client.ask(request, "general_error")
        assert error["error_desc"] == "Invalid conversation_id"


async def test_delete_softly(client: Bare):
    await client.start(userId="soft")
    await client.say("hello")
    await client.bot()
    await client.ask("delete_conversation", "delete_conversation_success", softdelete=True)
    await client.send("get_conversations", userId="soft")
    assert (await client.until("user_conversations"))["conversations"] == []
    told = await client.ask("conversation_transcript_request", "conversation_transcript")
    assert len(told["transcript"]) == 2
    await client.ask("metadata_request", "conversation_metadata")
    await client.say("hello")
    assert (await client.until("general_error"))["error_desc"] == "Invalid conversation_id"
    error = await client.ask("delete_conversation", "general_error")
    assert error["error_desc"] == "Invalid conversation_id"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("delete_conversation", {"conversation_id": "leaver"}),
        ("delete_conversation", {"userId": "leaver"}),
        ("delete_user_conversations", {"userId": "leaver", "softdelete": False}),
    ],
)
async def test_delete_all_of_a_user(client: Bare, event: str, payload: dict[str, Any]):
    for _ in range(2):
        await client.start(userId="leaver")
    await client.start(userId="stayer")
    await client.send(event, **payload)
    gone = await client.until("delete_conversation_success")
    assert gone == {"userId": "leaver", "conversation_id": "leaver"}
    await client.send("get_conversations", userId="leaver")
    assert (await client.until("user_conversations"))["conversations"] == []
    await client.send("metadata_request", conversation_id=client.conversation_id)
    await client.until("conversation_metadata")


async def test_deleting_nothing_of_a_named_user_is_no_error(client: Bare):
    await client.send("delete_user_conversations", userId="nobody")
    assert (await client.until("delete_conversation_success"))["userId"] == "nobody"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("user_message", {"content": {"type": "text", "text": "hello"}}),
        ("action", {"id": "x"}),
        ("metadata", {"metadata": {}}),
        ("edit_message", {"message_id": "x", "content": {"text": "x"}}),
        ("metadata_request", {}),
        ("conversation_transcript_request", {}),
        ("delete_conversation", {}),
    ],
)
async def test_an_unknown_conversation_is_refused_as_the_document_prints(
    client: Bare, event: str, payload: dict[str, Any]
):
    await client.send(event, conversation_id="sasa-5beb", **payload)
    assert await client.until("general_error") == {
        "conversation_id": "sasa-5beb",
        "error_code": 400,
        "error_desc": "Invalid conversation_id",
    }


@pytest.mark.parametrize("event", ["confetti", "bot_message", "general_error"])
async def test_what_no_client_sends_is_refused(client: Bare, event: str):
    await client.send(event, error_code=1, conversation_id="x", content=[])
    error = await client.until("general_error")
    assert error["error_code"] == 400
    assert f"“{event}” is not an event that a client sends" in error["error_desc"]


async def test_the_socket_outlives_every_refusal(client: Bare):
    await client.send("confetti")
    await client.until("general_error")
    await client.start()


@pytest.fixture
def bounded() -> Iterator[EmbeddedServer]:
    limits = Limits(rate=0.001, burst=8, conversations=2, messages=4, metadata=100)
    with EmbeddedServer(limits=limits) as server:
        yield server


async def refused(client: Bare) -> tuple[Any, Any, Any]:
    error = await client.until("general_error")
    return error["error_code"], error["error_desc"], error.get("conversation_id")


async def test_a_key_has_so_many_conversations(bounded: EmbeddedServer):
    async with connect(bounded) as client:
        for _ in range(2):
            await client.start()
        await client.send("conversation_start")
        why = "This key has 2 conversations, and no more: delete some"
        assert await refused(client) == (429, why, None)
        await client.ask("delete_conversation", "delete_conversation_success")
        await client.start()


async def test_a_conversation_has_so_many_messages(bounded: EmbeddedServer):
    async with connect(bounded) as client:
        await client.start()
        for _ in range(2):
            await client.told("xyzzy")
        await client.say("one too many")
        why = "This conversation has 4 messages, and no more: start a new one"
        assert await refused(client) == (429, why, client.conversation_id)
        assert len(bounded.service.find(client.conversation_id).entries) == 4


async def test_a_conversation_has_so_many_bytes():
    with EmbeddedServer(limits=Limits(transcript=6000)) as server:
        async with connect(server) as client:
            await client.start()
            await client.told("x" * 6000)
            await client.say("one too many")
            why = "This conversation has 6000 bytes, and no more: start a new one"
            assert await refused(client) == (429, why, client.conversation_id)
            named = server.service.find(client.conversation_id).entries[0].id
            await client.send(
                "edit_message",
                conversation_id=client.conversation_id,
                message_id=named,
                content={"type": "text", "text": "x" * 9000},
            )
            assert await refused(client) == (429, why, client.conversation_id)


async def test_metadata_has_so_many_bytes(bounded: EmbeddedServer):
    async with connect(bounded) as client:
        await client.start(metadata={"a": "x" * 40})
        await client.send("metadata", conversation_id=client.conversation_id, metadata={"a": 1})
        await client.until("metadata_update_success")
        news = {"private": {"b": "x" * 90}}
        await client.send("metadata", conversation_id=client.conversation_id, metadata=news)
        why = "A conversation's metadata has 100 bytes, and no more: set less"
        assert await refused(client) == (413, why, client.conversation_id)
        await client.send("conversation_start", metadata={"a": "x" * 90})
        assert await refused(client) == (413, why, None)


async def test_a_key_may_send_so_fast(bounded: EmbeddedServer):
    async with connect(bounded) as client, connect(bounded) as other:
        await client.start()
        other.conversation_id = client.conversation_id
        for _ in range(7):
            await client.ask("metadata_request", "conversation_metadata")
        await other.say("too fast")
        code, why, where = await refused(other)
        assert (code, where) == (429, client.conversation_id)
        assert why.startswith("A key may send 0.001 events a second: send this one again in 99")
        assert bounded.service.find(client.conversation_id).entries == []


async def test_the_bot_has_so_much_to_answer(tmp_path: Path):
    path = tmp_path / "slow.yaml"
    path.write_text("nodes: {a: [One., {pause: 60}, Two.]}")
    with EmbeddedServer(path, limits=Limits(pending=2)) as server:
        async with connect(server) as client:
            await client.start()
            await client.say("")
            await client.bot()
            await client.say("a")
            await client.say("b")
            why = "The bot has 2 messages to answer, and no more: wait for it"
            assert await refused(client) == (429, why, client.conversation_id)
            await client.send("action", conversation_id=client.conversation_id, id="poke")
            assert await refused(client) == (429, why, client.conversation_id)


async def test_who_asks_for_a_transcript_is_who_the_bot_speaks_to(server: EmbeddedServer):
    async with connect(server) as first, connect(server) as second:
        second.conversation_id = await first.start()
        told = await second.ask("conversation_transcript_request", "conversation_transcript")
        assert told["transcript"] == []
        conversation = server.service.find(second.conversation_id)
        server.call(lambda: server.service.dialogue_of(conversation).greet())
        assert texts(await second.bot())[0] == "Hi. I'm the Captivate Bot."


async def test_what_cannot_be_written_down_is_not_taken(tmp_path: Path):
    with EmbeddedServer(store=tmp_path / "store.db") as server:
        async with connect(server) as client:
            await client.start()
            database = server.service._journal._database
            server.call(lambda: database.execute("PRAGMA query_only = ON"))
            for _ in range(2):
                await client.say("xyzzy")
                code, why, where = await refused(client)
                assert (code, where) == (500, client.conversation_id)
                assert why.startswith("The server can no longer write its store: attempt to write")
            answer = await fetch(
                f"{server.http_url}/api/custom-channel/sockets/message",
                b'{"event": {"event_type": "conversation_start", "event_payload": {}}}',
                x_api_key=server.key,
            )
            assert answer.status == 500
