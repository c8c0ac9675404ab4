"""The shipped `support` flow, held by a bare WebSocket client that shares no code with ours."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from support.bare import Bare, connect


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Bare]:
    async with connect(server) as client:
        await client.start()
        yield client


async def test_the_document_s_own_greeting(client: Bare):
    await client.say("")
    assert (await client.bot())["content"] == [
        {"text": "Hi. I'm the Captivate Bot.", "type": "text"},
        {
            "text": "You can leave us your contact details or you can chat to us directly now!",
            "type": "text",
        },
        {
            "type": "button",
            "buttons": {
                "title": "Please choose from one of the following:",
                "options": [
                    {"label": "Leave Contact Details", "value": "Leave Contact Details"},
                    {"label": "Chat to Agent", "value": "Chat to Agent"},
                ],
            },
        },
    ]


async def test_contact_details_are_asked_and_checked(client: Bare):
    await client.say("")
    await client.bot()
    assert await client.told("Leave Contact Details") == ["What is your name?"]
    assert await client.told("1234") == ["I need a name to put on the note. What is your name?"]
    assert await client.told("Ann") == ["Thank you, Ann. What is your email address?"]
    assert "“ann at home” does not look like an email" in (await client.told("ann at home"))[0]
    assert (await client.told("ann@example.org"))[0] == (
        "Thanks, Ann. We will write to ann@example.org."
    )
    metadata = await client.ask("metadata_request", "conversation_metadata")
    assert metadata["content"] == {"name": "Ann", "email": "ann@example.org"}


async def test_an_agent_joins_answers_and_leaves(client: Bare, server: EmbeddedServer):
    await client.say("")
    await client.bot()
    assert await client.told("Chat to Agent") == [
        "Please wait while I connect you to the support team."
    ]
    assert (await client.until("action"))["id"] == "escalateToHuman"
    update = await client.until("conversation_update")
    assert (update["type"], update["data"]["agent"]["name"]) == ("livechatAgentConnected", "Maya")
    hello, picture = (await client.until("livechat_message"))["content"]
    assert hello["text"].startswith("Hi, this is Maya")
    assert picture["files"][0]["url"] == f"{server.http_url}/pictures/maya.svg"
    await client.say("My order 1234 is late")
    assert "order 1234" in (await client.until("livechat_message"))["content"][0]["text"]
    await client.say(
        content={"files": [{"url": "https://x.test/a.pdf", "type": "application/pdf"}]}
    )
    answer = (await client.until("livechat_message"))["content"][0]["text"]
    assert answer == "I see: “your file”. Let me look into that for you."
    await client.say("thanks!")
    assert "Goodbye" in (await client.until("livechat_message"))["content"][0]["text"]
    assert (await client.until("conversation_update"))["type"] == "livechatAgentDisconnected"
    assert (await client.bot())["content"][0]["text"] == "Thank you for chatting with our team."
