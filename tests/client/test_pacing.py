"""Pacing: the loop turns while much is laid out, and nothing overtakes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.client import pacing
from captivate_nb.conversation.state import Conversation
from captivate_nb.rendering import layout
from support.rogue import Socket, bot, frame, rogue, until

KEY = "a-long-test-key"
ENTRIES = 50


def dense(word: str) -> str:
    messages = [
        {"from": "bot", "messages": [{"type": "md", "md": f"*{word}* {n}"}]} for n in range(ENTRIES)
    ]
    return frame("conversation_transcript", {"conversation_id": "c-1", "messages": messages})


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is laid out, in order; the loop is to turn after each message."""
    made: list[str] = []
    render = layout.markdown_html

    def watched(source: str) -> str:
        made.append(source)
        return render(source)

    monkeypatch.setattr(layout, "markdown_html", watched)
    monkeypatch.setattr(pacing, "SLICE", 0.0)
    return made


def sends(word: str) -> Callable[[Socket], Awaitable[None]]:
    async def play(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(dense(word), bot("after"))
        await socket.receive("user_message")
        await socket.send(bot("at last"))

    return play


async def test_a_dense_transcript_lets_the_loop_turn_between_its_messages(steps: list[str]):
    async with rogue(sends("one")) as server, await cn.connect(server.url, KEY) as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("events")
        await session.say("go", wait=False)
        at_once: list[int] = []
        known = 0
        async with asyncio.timeout(30):
            while session.transcript[-1].text != "after":
                await asyncio.sleep(0)
                at_once.append(len(steps) - known)
                known = len(steps)
        assert steps == [f"*one* {n}" for n in range(ENTRIES)]
        assert max(at_once) == 1
        panel.close()


async def test_what_comes_or_goes_meanwhile_keeps_its_order(steps: list[str]):
    async with rogue(sends("other")) as server, await cn.connect(server.url, KEY) as session:
        await session.say("go", wait=False)
        async with asyncio.timeout(30):
            while len(steps) < 5:  # noqa: ASYNC110  # turn by turn
                await asyncio.sleep(0)
        assert len(session.transcript) == 2
        await session.say("meanwhile", wait=False)
        assert len(steps) < ENTRIES
        await until(lambda: session.transcript[-1].text == "at last")

        def texts(conversation: Any) -> list[str]:
            return [message.text for message in conversation.transcript]

        said = [text for text in texts(session) if not text.startswith("other ")]
        assert said.index("after") > said.index("go")
        assert said.index("at last") > said.index("meanwhile")
        assert texts(Conversation.replay(session.events)) == texts(session)
