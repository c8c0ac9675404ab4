"""Recall: a session's past, at any event."""

from __future__ import annotations

from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.conversation.metadata import MISSING
from captivate_nb.errors import UsageError
from support.rogue import until


async def test_the_state_after_any_event():
    async with await cn.demo("shop", metadata={"plan": "vip"}) as session:
        states = {len(session.events) - 1: (session.transcript.text, session.choices.labels)}
        await session.click(session.choices[0])
        states[len(session.events) - 1] = (session.transcript.text, session.choices.labels)
        await session.say("something else")

        for n, (text, labels) in states.items():
            then = session.at(n)
            assert then.transcript.text == text
            assert then.choices.labels == labels
        assert session.at(0).id is None
        assert session.at(-1).transcript == session.transcript
        assert session.at(-len(session.events)).id is None
        for n in (len(session.events), -len(session.events) - 1):
            with pytest.raises(UsageError, match=rf"no event {n}: there are 0 to"):
                session.at(n)


async def test_watching_a_path_of_the_metadata():
    seen: list[tuple[Any, Any]] = []
    async with await cn.demo(metadata={"cart": {"total": 1}}) as session:
        stop = session.watch("cart.total", lambda old, new: seen.append((old, new)))
        await session.set_metadata({"other": 1})
        await session.set_metadata({"cart": {"total": 2}})
        await session.set_metadata({"cart": {}})
        await session.set_metadata({"cart": {"total": 3}})
        stop()
        await session.set_metadata({"cart": {"total": 4}})
    assert seen == [(1, 2), (2, None), (None, 3)]


async def test_what_cannot_be_watched():
    async with await cn.demo() as session:
        with pytest.raises(UsageError, match="A path is text such as “user.name”, not 5"):
            session.watch(5, print)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="A callback is a function, not None"):
            session.watch("a", None)  # type: ignore[arg-type]


async def test_a_watcher_may_be_a_coroutine_and_its_errors_are_listed():
    async with await cn.demo() as session:

        async def fails(_old: Any, _new: Any) -> None:
            raise LookupError("x")

        session.watch("plan", fails)
        await session.set_metadata({"plan": 1})
        await until(lambda: session.errors)
        assert "LookupError" in str(session.errors[0])


async def test_changes_timings_and_code():
    async with await cn.demo(metadata={"plan": "vip"}) as session:
        await session.click("Leave Contact Details")
        assert session.metadata_changes()[0].path == "plan"
        assert session.metadata_changes()[0].old is MISSING
        turns = session.timings()
        assert [turn.text for turn in turns] == ["(greeting)", "Leave Contact Details"]
        assert all(turn.seconds is not None for turn in turns)
        assert "session.click('Leave Contact Details')" in session.to_code()
        assert session.to_script() == session.to_code("botium")
