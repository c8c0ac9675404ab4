"""Doing a conversation again, against the bot as it is now."""

from __future__ import annotations

from support.bots import Json, chatting


def first(request: Json) -> str:
    return f"one {request['user_input']}"


def second(request: Json) -> str:
    return f"{'two' if request['user_input'] == 'b' else 'one'} {request['user_input']}"


async def test_a_conversation_is_done_again_and_the_first_difference_marked():
    async with chatting(first, metadata={"plan": "gold"}) as session:
        await session.say("a")
        await session.say("b")
        same = await session.rerun()
        assert same.differs is None
        assert same.errors[-1].good
        session.server.reload(second)
        again = await session.rerun()
        assert [message.text for message in session.transcript] == [
            *("one ", "a", "one a", "b", "one b")
        ]
        assert again.differs == 4
        assert again.transcript[4].text == "two b"
        assert again.errors[-1].message == (
            "Turn 2 is the first that differs: it was “one b”, and is “two b”."
        )
        assert again.metadata["plan"] == "gold"
        assert again.conversation_id != session.conversation_id
    assert (same.status, again.status) == ("closed", "closed")
