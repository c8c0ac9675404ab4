"""A Python function as the bot, in a real session."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.server.bots.program import FAILED
from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from support.bare import connect, texts
from support.bots import Json, chatting, vendors_bot
from support.until import until


def echo(request: Json) -> str:
    return f"You said {request['user_input']!r}"


async def test_a_function_greets_and_answers():
    async with chatting(echo) as session:
        assert [message.text for message in session.transcript] == ["You said ''"]
        assert (await session.say("hello")).text == "You said 'hello'"


async def test_the_request_is_what_the_hub_posts():
    seen: list[Json] = []
    user = {"firstName": "Ann", "lastName": "Lee", "email": "ann@example.org"}
    given = {"course": "abc", "private": {"rank": 1}}
    async with chatting(seen.append, user=user, metadata=given, greet="user") as session:
        await session.say("hi", wait=False)
        await until(lambda: seen)
    request = seen[0]
    channel = request["metadata"]["internal"]["channelMetadata"]
    for name in ("conversationCreatedAt", "conversationUpdatedAt"):
        assert channel.pop(name).endswith("+00:00")
    assert request == {
        "session_id": session.conversation_id,
        "endpoint": "action",
        "user_input": "hi",
        "files": None,
        "incoming_action": None,
        "metadata": {
            "internal": {
                "channelMetadata": {
                    "user": user,
                    "channelMetadata": {"channel": "custom-channel", "channelData": {}},
                    "custom": {"course": "abc"},
                    "private": {"rank": 1},
                }
            }
        },
        "hasLivechat": True,
    }


async def test_files_and_actions_come_without_text():
    seen: list[Json] = []
    async with chatting(lambda request: seen.append(request) or "ok") as session:
        await session.send_files([("note.txt", b"text", "text/plain")])
        await session.act("sendEmail", {"to": "ann"}, wait=True)
    _, with_file, with_action = seen
    assert (with_file["user_input"], with_file["incoming_action"]) == (None, None)
    (file,) = with_file["files"]
    assert (file["filename"], file["type"], file["file"]) == ("note.txt", "text/plain", {})
    assert file["url"].startswith("http://127.0.0.1")
    assert (with_action["user_input"], with_action["files"]) == (None, None)
    assert with_action["incoming_action"] == [{"id": "sendEmail", "payload": {"to": "ann"}}]


async def test_the_vendors_package_as_its_readme_shows():
    async with chatting(vendors_bot) as session:
        (items,) = await session.say("items")
        assert [type(item).__name__ for item in items.content] == [
            *("Text", "Buttons", "Buttons", "Table", "Cards", "Html", "Files", "Cards"),
            *("Unknown", "Unknown"),
        ]
        assert [option.value for option in items.choices] == ["tea", "coffee"]
        assert (await session.click("Coffee")).text == "You said coffee"
        assert (await session.act("ping", {"n": 1}, wait=True)).text == "Told ping {'n': 1}"
        got = await session.send_files([("a.txt", b"x", "text/plain")])
        assert got.text == "Got ['a.txt']"
        await session.say("action")
        assert [(a.id, a.data) for a in session.actions] == [
            ("openPage", {"page": 2}),
            ("ring", {}),
        ]
        assert not session.errors


async def test_metadata_that_it_returns_replaces_what_was_there():
    async with chatting(vendors_bot, metadata={"plan": "gold"}) as session:
        await session.say("title")
        await until(lambda: session.metadata.get("cups") == 2)
        assert session.metadata["conversation_title"] == "Tea for two"
        assert session.metadata["title"] == {"type": "title", "title": "Tea for two"}
        (listed,) = await session.conversations()
        assert listed.metadata["conversation_title"] == "Tea for two"
        channel = session.server.turns[-1].answers[0]["metadata"]["internal"]["channelMetadata"]
        assert channel["private"] == {"margin": "a secret number"}
        await session.say("forget")
        assert "cups" not in await session.fetch_metadata()
        assert session.metadata["plan"] == "gold"
        assert "a secret number" not in "".join(record.frame for record in session.events)


async def test_an_escalation_calls_the_agent_and_a_refusal_is_told():
    async with chatting(vendors_bot) as session:
        session.server.agent.available = False
        reply = await session.say("agent")
        assert reply.text.startswith("You said agent")
        await until(lambda: session.transcript[-1].text == "Told failedAgentAssignment None")
        session.server.agent.available = True
        await session.say("agent")
        await until(lambda: session.agent is not None)


async def test_an_agent_who_writes_nothing_is_told():
    limits = Limits(agent_idle=0.01)
    with EmbeddedServer(bot=vendors_bot, limits=limits) as server:
        server.agent.take_over()
        async with connect(server) as client:
            await client.start()
            await client.say("agent")
            assert texts(await client.bot()) == ["You said agent"]
            await until(lambda: server.agent.queue)
            server.agent.accept()
            assert texts(await client.bot()) == ["Told agentIdleTimeout None"]


async def test_each_thing_that_a_generator_yields_is_sent_at_once():
    go_on = threading.Event()

    def slow(request: Json) -> Iterator[Any]:
        yield "One"
        go_on.wait(10)
        yield ["Two", {"type": "html", "html": "<i>Three</i>"}]

    async with chatting(slow, greet="user") as session:
        await session.say("go", wait=False)
        await until(lambda: session.transcript[-1].text == "One")
        go_on.set()
        await until(lambda: len(session.transcript) == 3)
        assert len(session.transcript[-1].content) == 2


async def test_async_ones_run_on_the_loop_that_demo_was_awaited_on():
    seen: list[Any] = []

    async def answer(request: Json) -> str:
        seen.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return "async"

    async def stream(request: Json) -> AsyncIterator[str]:
        seen.append(asyncio.get_running_loop())
        for word in ("one", "two"):
            await asyncio.sleep(0)
            yield word

    class Bot:
        async def __call__(self, request: Json) -> str:
            return await answer(request)

    def handed_on(request: Json) -> Any:
        return answer(request)

    bots: list[Any] = [answer, stream, Bot(), handed_on]
    for bot in bots:
        async with chatting(bot) as session:
            reply = await session.say("hi")
            assert [message.text for message in reply] in (["async"], ["one", "two"])
    assert set(seen) == {asyncio.get_running_loop()}
    assert len(seen) == 2 * len(bots)


async def test_without_a_loop_they_run_on_one_of_their_own():
    async def answer(request: Json) -> str:
        return threading.current_thread().name

    server = EmbeddedServer(bot=answer)
    await asyncio.to_thread(server.start)
    try:
        async with connect(server) as client:
            await client.start()
            assert await client.told("hi") == ["captivate_nb bot loop"]
    finally:
        await asyncio.to_thread(server.stop)
    assert "captivate_nb bot loop" not in {thread.name for thread in threading.enumerate()}


async def test_one_turn_of_a_conversation_at_a_time_and_many_conversations_at_once():
    together = threading.Barrier(3)
    busy: dict[str, int] = {}
    most: list[int] = []

    def answer(request: Json) -> str:
        name = request["session_id"]
        busy[name] = busy.get(name, 0) + 1
        most.append(busy[name])
        if request["user_input"] == "meet":
            together.wait(10)
        busy[name] -= 1
        return "met"

    async with chatting(answer) as session:
        others = [await session.branch(-1) for _ in range(2)]
        for one in (session, *others):
            await one.say("meet", wait=False)
            await one.say("and again", wait=False)
        for one in (session, *others):
            await until(lambda: len(one.transcript) == 5)  # noqa: B023
    assert max(most) == 1


async def test_module_and_function_and_what_is_no_bot(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "my_shop_bot.py").write_text("def chat(request):\n    return 'from a module'\n")
    (tmp_path / "my_broken_bot.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    async with await cn.demo(bot="my_shop_bot:chat") as session:
        assert session.transcript[-1].text == "from a module"
    for bad, why in (
        ("my_shop_bot:talk", "has no talk"),
        ("my_broken_bot:chat", "ZeroDivisionError"),
        ("nowhere:chat", "cannot be imported"),
        ("my_shop_bot", "neither"),
        (3, "is none"),
    ):
        with pytest.raises(cn.CaptivateError, match=why):
            await cn.demo(bot=bad)
    with pytest.raises(cn.CaptivateError, match="bot_timeout=0"):
        await cn.demo(bot=echo, bot_timeout=0)


async def test_it_works_without_sockets_too():
    async with chatting(vendors_bot, transport="local") as session:
        assert (await session.say("hi")).text == "You said hi"


def printing_streams() -> tuple[Any, Any]:
    return sys.stdout, sys.stderr


async def test_prints_are_kept_by_their_turn_and_stay_out_of_the_chat():
    before = printing_streams()

    async def answer(request: Json) -> str:
        print("heard", request["user_input"])
        await asyncio.sleep(0)
        print("and", "more", file=sys.stderr)
        return "ok"

    async with chatting(answer) as session:
        await asyncio.gather(session.say("one"), session.say("two"))
        printed = [turn.printed for turn in session.server.turns]
        assert printed == [f"heard {said}\nand more\n" for said in ("", "one", "two")]
        assert "heard" not in "".join(record.frame for record in session.events)
    assert printing_streams() == before
    assert FAILED not in [message.text for message in session.transcript]
