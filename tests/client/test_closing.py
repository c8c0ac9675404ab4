"""What is said just before a session closes: nothing of it is lost without a word."""

from __future__ import annotations

import asyncio

import pytest

import captivate_nb as cn
from captivate_nb.errors import SessionClosed
from support.rogue import Socket, bot, rogue, until

KEY = "not-a-real-key"


@pytest.mark.parametrize("wait", [True, False])
async def test_a_line_that_was_not_answered_is_unknown(wait: bool):
    async with rogue(Socket.greet) as server:
        session = await cn.connect(server.url, KEY)
        saying = asyncio.create_task(session.say("hello", wait=wait))
        await until(lambda: session.transcript.where(sender="user"))
        await session.close()
        if wait:
            with pytest.raises(SessionClosed):
                await saying
        else:
            assert not await saying
        assert [(m.text, m.delivery) for m in session.outbox] == [("hello", "unknown")]
        assert "not known whether “hello” arrived: the session is closed" in str(session.errors[-1])


async def test_a_line_that_was_answered_has_arrived():
    async def answers(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("hello to you"))

    async with rogue(answers) as server:
        session = await cn.connect(server.url, KEY)
        await session.say("hello")
        await session.close()
        assert session.outbox == ()
        assert list(session.errors) == []


async def test_a_line_that_had_no_time_to_go_out_is_kept():
    async with rogue(Socket.greet) as server:
        session = await cn.connect(server.url, KEY)
        saying = asyncio.create_task(session.say("hello"))
        await asyncio.sleep(0)
        await session.close()
        with pytest.raises(SessionClosed):
            await saying
        assert [(m.text, m.delivery) for m in session.outbox] == [("hello", "failed")]
        assert "“hello” was not sent" in str(session.errors[-1])
        assert server.texts() == []
