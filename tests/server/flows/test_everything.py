"""The shipped `everything` flow: each content item and each event once, by clear options."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from captivate_nb.protocol.events import SERVER_EVENTS
from captivate_nb.server.embedded import EmbeddedServer
from support.bare import Bare, connect, texts

CONTENT = {
    "Text": "text",
    "Buttons": "button",
    "Cards": "cards",
    "Files": "files",
    "HTML": "html",
    "Markdown": "md",
    "Table": "table",
    "Pause": "pause",
    "Unknown item": "carousel3d",
}
EVENTS = {
    "Action": ["action", "action"],
    "Metadata": ["conversation_metadata"],
    "Transcript": ["conversation_transcript"],
    "Conversations": ["user_conversations"],
    "Metadata updated": ["metadata_update_success"],
    "Message edited": ["message_edited_success"],
    "Conversation deleted": ["delete_conversation_success"],
    "Error": ["general_error"],
    "Error in an update": ["conversation_update"],
    "No agent free": ["conversation_update"],
    "Unknown event": ["confetti"],
}
BEFORE = {"socket_connected", "conversation_start_success", "bot_message", "livechat_message"}


SERVES = "everything"


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Bare]:
    async with connect(server) as client:
        await client.start()
        await client.say("")
        yield client


@pytest.fixture
async def menu(client: Bare) -> list[str]:
    return [
        option["label"]
        for item in (await client.bot())["content"]
        if item["type"] == "button"
        for option in item["buttons"]["options"]
    ]


def test_every_option_is_tested(menu: list[str]):
    assert set(menu) == {*CONTENT, *EVENTS, "Mixed message", "Live agent", "Very long message"}


def test_every_event_is_there():
    assert {event.event_type for event in SERVER_EVENTS} == BEFORE | {
        kind for kinds in EVENTS.values() for kind in kinds if kind != "confetti"
    }


@pytest.mark.parametrize("label", CONTENT)
async def test_content(client: Bare, menu: list[str], label: str):
    await client.say(label)
    assert CONTENT[label] in [item["type"] for item in (await client.bot())["content"]]


@pytest.mark.parametrize("label", EVENTS)
async def test_events(client: Bare, menu: list[str], label: str):
    await client.say(label)
    seen: list[str] = []
    while "bot_message" not in seen:
        kind, _ = await client.next()
        seen.append(kind)
    assert seen[:-1] == EVENTS[label]


async def test_a_mixed_message(client: Bare, menu: list[str]):
    await client.say("Mixed message")
    content = (await client.bot())["content"]
    assert [item["type"] for item in content] == ["text", "md", "files", "button"]
    assert (await client.told("Back to the menu"))[0].startswith("Here is everything")


async def test_a_live_agent(client: Bare, menu: list[str]):
    await client.say("Live agent")
    assert (await client.until("livechat_message"))["agent_name"] == "Robin"
    await client.say("What is this?")
    assert texts(await client.until("livechat_message")) == ["You said “What is this?”."]
    await client.say("bye")
    assert texts(await client.bot()) == ["The agent has left, and here I am again."]


async def test_a_very_long_message(client: Bare, menu: list[str]):
    await client.say("Very long message")
    assert (await client.until("general_error"))["error_code"] == 413


async def test_buttons_answer_and_files_and_actions_too(client: Bare, menu: list[str]):
    await client.say("Buttons")
    await client.bot()
    assert await client.told("and another value") == ["You chose “and another value”."]
    await client.send(
        "action", conversation_id=client.conversation_id, id="everything", data={"n": 1}
    )
    assert texts(await client.bot()) == ['I received your action, with the data: {"n":1}']
    file: dict[str, Any] = {"url": "https://example.org/a.pdf", "filename": "a.pdf"}
    await client.say(content={"files": [file]})
    assert texts(await client.bot()) == ["Thank you for the file."]
    await client.say("xyzzy")
    assert (await client.bot())["content"][0]["buttons"]["title"] == "I do not know “xyzzy”."
