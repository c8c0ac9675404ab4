"""An HTTP endpoint as the bot, and what bots push by themselves."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from captivate_ai_api import Captivate, TextMessageModel

import captivate_nb as cn
from captivate_nb.server.bots.endpoint import shown
from captivate_nb.server.bots.program import FAILED
from captivate_nb.server.bots.pushes import PushRefused, read_push
from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from support.bare import connect, texts
from support.bots import Json, chatting, vendors_bot
from support.hub import as_json, deployed
from support.until import until


async def test_an_endpoint_answers_as_the_function_does():
    with deployed(as_json(vendors_bot)) as there:
        async with chatting(there.url, bot_headers={"Authorization": "Bearer abc"}) as session:
            (items,) = await session.say("items")
            assert len(items.content) == 10
            assert (await session.click("Tea")).text == "You said tea"
            await session.say("title")
            await until(lambda: session.metadata.get("cups") == 2)
            assert "abc" not in repr(session.server.turns) + repr(session.server)
    assert {headers["Authorization"] for headers in there.headers} == {"Bearer abc"}
    assert [request["user_input"] for request in there.requests] == ["", "items", "tea", "title"]


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"Traceback: the database is down", "answered 500"),
        (404, b"", "answered 404"),
        (200, b"<html>", "no JSON"),
        (200, b'{"answer": 1}', "a dict with 'answer'"),
    ],
)
async def test_what_it_answers_in_place_of_an_answer_is_told(status: int, body: bytes, why: str):
    with deployed(lambda _: (status, body)) as there:
        async with chatting(there.url) as session:
            await until(lambda: session.errors)
            assert why in session.errors[-1].message
            assert session.transcript[-1].text == FAILED
            if status == 500:
                assert "the database is down" in session.errors[-1].detail
                assert "database" not in "".join(record.frame for record in session.events)


async def test_what_it_tells_back_of_its_secrets_is_not_shown():
    body = b"No such key: q-s3cr3t. Headers: Bearer t0ken-s3cr3t, s3cr3t"
    with deployed(lambda _: (500, body)) as there:
        url, headers = f"{there.url}?key=q-s3cr3t", {"Authorization": "Bearer t0ken-s3cr3t"}
        async with chatting(url, bot_headers=headers) as session:
            await until(lambda: session.errors)
            assert "No such key: •••. Headers: •••, s3cr3t" in session.errors[-1].detail


async def test_a_byte_order_mark_before_the_answer_is_none():
    with deployed(lambda _: (200, b'\xef\xbb\xbf{"response": "Hi"}')) as there:
        async with chatting(there.url) as session:
            assert session.transcript[-1].text == "Hi"


async def test_one_that_is_not_there_or_too_slow_is_told():
    go_on = threading.Event()

    def slow(_: Json) -> tuple[int, bytes]:
        go_on.wait(10)
        return 200, b"null"

    with deployed(slow) as there:
        async with chatting(there.url, bot_timeout=0.2) as session:
            await until(lambda: session.errors)
            assert "has not answered within 0.2 s" in session.errors[-1].message
            go_on.set()
    async with chatting(f"{there.url}?key=secret") as session:
        await until(lambda: session.errors)
        problem = session.errors[-1]
        assert f"{there.url} cannot be reached" in problem.message
        assert "secret" not in problem.message + problem.detail


async def test_its_large_answer_is_told_with_its_size():
    limits = Limits(transcript=200_000)
    with (
        deployed(lambda _: (200, b'"%s"' % (b"x" * 300_000))) as there,
        EmbeddedServer(bot=there.url, limits=limits) as server,
    ):
        async with connect(server) as client:
            await client.start()
            assert await client.told("hi") == [FAILED]
        assert "at most 200,000 fit" in server.turns[-1].error


def test_an_address_is_shown_without_its_secrets():
    assert shown("https://u:p@[::1]:8000/chat?key=1#x") == "https://[::1]:8000/chat"
    for bad in ("http://", "http://x:port/"):
        with pytest.raises(cn.CaptivateError, match="write it like"):
            shown(bad)


async def test_later_messages_by_the_vendors_own_call():
    later: list[Captivate] = []

    def bot(request: Json) -> Any:
        captivate = Captivate.create(request)
        later.append(captivate)
        return "at once"

    async with chatting(bot) as session:
        captivate = later[0]
        captivate.DEV_URL_V2 = captivate.DEV_URL = session.server.push_url
        captivate.set_response([TextMessageModel(text="later")])
        captivate.set_metadata("told", "later")
        assert await captivate.async_send_message() == {"status": "success"}
        await until(lambda: session.transcript[-1].text == "later")
        await until(lambda: session.metadata.get("told") == "later")
        captivate.set_response([TextMessageModel(text="the older form")])
        await captivate.async_send_message_v1()
        await until(lambda: session.transcript[-1].text == "the older form")
        push = session.server.turns[-1]
        assert push.turn.cue == "push"
        with pytest.raises(cn.CaptivateError, match="by itself"):
            session.server.send_again(push)


async def test_a_bot_pushes_in_the_middle_of_its_turn():
    async with chatting(lambda _: None) as session:

        async def bot(request: Json) -> str:
            async with httpx.AsyncClient() as client:
                pushed = {"session_id": request["session_id"], "response": ["first"]}
                (await client.post(session.server.push_url, json=pushed)).raise_for_status()
            await until(lambda: session.transcript[-1].text == "first")
            return "second"

        session.server.reload(bot)
        await session.say("go", wait=False)
        await until(lambda: session.transcript[-1].text == "second")


async def test_pushes_are_refused_to_strangers_and_pages():
    with EmbeddedServer(bot=vendors_bot, limits=Limits(transcript=5000)) as server:
        async with connect(server) as client, httpx.AsyncClient() as http:
            name = await client.start()
            body = {"session_id": name, "response": [{"type": "text", "text": "pushed"}]}

            async def push(content: Any, url: str = server.push_url, **headers: str) -> int:
                return (await http.post(url, json=content, headers=headers)).status_code

            assert await push(body, Origin="http://localhost:8888") == 403
            assert await push(body, **{"Sec-Fetch-Site": "same-origin"}) == 403
            assert await push(body, f"{server.http_url}/push/guessed") == 404
            assert await push({**body, "session_id": "nobody"}) == 400
            assert await push({**body, "response": 3}) == 400
            assert await push({"response": []}) == 400
            assert await push({**body, "response": ["x" * 10_000]}) == 413
            assert await push(body) == 200
            assert texts(await client.bot()) == ["pushed"]
            assert server.push_url.startswith(f"{server.http_url}/push/")
    assert EmbeddedServer(bot=vendors_bot, local=True).push_url == ""


@pytest.mark.parametrize(
    "said",
    [
        r'"session_id": "%s", "response": ["a \ud83d"]',
        r'"session_id": "%s", "outgoing_action": [{"id": "a", "payload": {"v": "\ud83d"}}]',
        r'"session_id": "%s", "metadata": {"internal": {"channelMetadata": {"custom": {"v": "\ud83d"}}}}',
        r'"idChat": "%s", "message": {"messages": [{"type": "text", "text": "a \ud83d"}]}',
    ],
)
async def test_half_a_character_in_a_push_is_replaced_and_the_chat_goes_on(said: str):
    async with chatting(lambda _: "Hi") as session, httpx.AsyncClient() as http:
        body = "{" + said % session.conversation_id + "}"
        assert (await http.post(session.server.push_url, content=body)).status_code == 200
        if "a " in said:
            await until(lambda: session.transcript[-1].text == "a \ufffd")
        assert (await session.say("go on")).text == "Hi"
        lines = [message.text for message in await session.fetch_transcript()]
        assert ("a \ufffd" in lines) == ("a " in said)
        assert (await session.fetch_metadata()).get("v", "\ufffd") == "\ufffd"
        assert (session.status, session.errors) == ("open", [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"session_id": 3}',
        b'{"idChat": "a", "message": 3}',
        b"[" * 100_000,
        b'{"session_id": "a", "response": [{"type": "x", "v": NaN}]}',
        b'{"session_id": "a", "response": [{"type": "x", "v": 1e999}]}',
    ],
)
def test_what_is_no_push(body: bytes):
    with pytest.raises(PushRefused):
        read_push(body)


async def test_a_closed_server_drops_its_request():
    asked = threading.Event()
    go_on = threading.Event()

    def slow(_: Json) -> tuple[int, bytes]:
        asked.set()
        go_on.wait(10)
        return 200, b"null"

    with deployed(slow) as there:
        async with await cn.demo(bot=there.url, greet="user") as session:
            await session.say("hi", wait=False)
            await asyncio.to_thread(asked.wait, 10)
        go_on.set()
    assert asyncio.all_tasks() == {asyncio.current_task()}
