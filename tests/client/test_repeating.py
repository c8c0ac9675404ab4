"""Branch: a user's turns done again in a session beside."""

from __future__ import annotations

import asyncio

import pytest

import captivate_nb as cn
from captivate_nb.errors import ServerError, UsageError
from support.rogue import Socket, bot, frame, rogue, until


async def test_a_branch_goes_as_it_went_and_then_its_own_way():
    async with await cn.demo(user_id="ann", metadata={"plan": "vip"}) as session:
        await session.click("Leave Contact Details")
        await session.set_metadata({"seen": True}, target="bot")
        n = len(session.events) - 1
        await session.say("Ada")

        other = await session.branch(n)

        assert other.conversation_id != session.conversation_id
        assert other.user_id == "ann"
        assert other.metadata == {"plan": "vip", "seen": True}
        assert [m.text for m in other.transcript] == [m.text for m in session.at(n).transcript]
        await other.say("Bob")
        assert [m.text for m in session.transcript.where(sender="user")][-1] == "Ada"
        with pytest.raises(UsageError, match="no event 9999"):
            await session.branch(9999)
    assert other.status == "closed"


async def test_files_and_actions_are_done_again():
    async with await cn.demo(timeouts=cn.Timeouts(action=0.5)) as session:
        await session.send_files([("a.txt", b"hi", "text/plain")], "look")
        await session.act("escalateToHuman", wait=True)
        other = await session.branch(len(session.events) - 1)
        assert [m.sender for m in other.transcript] == [m.sender for m in session.transcript]
        assert other.agent is not None


async def test_a_turn_without_a_reply_is_no_error():
    soon = cn.Timeouts(action=0.05)
    async with (
        rogue(Socket.greet) as server,
        await cn.connect(server.url, "key", timeouts=soon) as session,
    ):
        await session.act("nobodyCares")
        other = await session.branch(len(session.events) - 1)
        assert other.events.where(type="action")


async def test_a_branch_that_fails_or_is_cancelled_is_closed():
    async def silent(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(bot("ok"))

    async def refuses(socket: Socket) -> None:
        await socket.greet()
        await socket.receive("user_message")
        await socket.send(frame("general_error", {"error_code": 500, "error_desc": "no"}))

    async with (
        rogue(silent, refuses, Socket.greet) as server,
        await cn.connect(server.url, "key") as session,
    ):
        await session.say("x")
        with pytest.raises(ServerError):
            await session.branch(len(session.events) - 1)
        branching = asyncio.create_task(session.branch(len(session.events) - 1))
        await until(lambda: len(server.texts()) == 3)
        branching.cancel()
        await asyncio.wait([branching])
        await until(lambda: all(s.websocket.close_code for s in server.sockets[1:]))
        assert session.status == "open"
