"""A key shows nowhere: no repr, log, traceback, history, event log, export, widget or notebook."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import traceback

import pytest

import captivate_nb as cn
from captivate_nb.demo.server import EmbeddedServer
from captivate_nb.errors import CaptivateError
from support.kernels import Kernel
from support.rogue import Socket, frame, rogue, until

KEY = "s3cr3t-k3y/with+odd=signs"
ENCODED = "s3cr3t-k3y%2Fwith%2Bodd%3Dsigns"


def hidden(text: str) -> bool:
    return KEY not in text and ENCODED not in text


def with_locals(error: BaseException) -> str:
    """A traceback as the most talkative tools print it."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(told.format(chain=True))


CHAT = """
import os, logging, io, json, warnings
stream = io.StringIO()
logging.basicConfig(level=logging.DEBUG, stream=stream, force=True)
%load_ext captivate_nb
%xmode Verbose
panel = %captivate connect {url} --key-env CAPTIVATE_API_KEY --user ann
import captivate_nb as cn
"""
TALK = """
%captivate say hello
%captivate transcript
%captivate events
%captivate status
%captivate conversations
await session.send_raw({"event_type": "get_user_conversations_v2", "event_payload":
    {"userId": "ann", "apiKeys": [os.environ["CAPTIVATE_API_KEY"]]}})
await session.say(f"my key is {os.environ['CAPTIVATE_API_KEY']}", wait=False)
await session.fetch_transcript()
"""
ARTEFACTS = """
import ipywidgets, sys
from ipywidgets.embed import embed_data
session.events.save("log.jsonl")
panel.chat_log.save()
print("ARTEFACTS", json.dumps([
    open("log.jsonl").read(), repr(session), str(vars(session)), repr(panel), repr(cn.current()),
    session.to_code(), session.to_code("magic"), session.to_script(), str(session.errors),
    repr(list(session.events)), repr(session.events._repr_mimebundle_()), stream.getvalue(),
    json.dumps(embed_data(views=[panel])["manager_state"]), session.url, str(session.trait_values()),
], default=str))
"""


@pytest.fixture
def key_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAPTIVATE_API_KEY", KEY)


def test_everything_a_chat_leaves_behind(key_in_environment: None, kernel: Kernel):
    with EmbeddedServer(key=KEY) as server:
        done = [kernel.execute(CHAT.replace("{url}", server.ws_url)), kernel.execute(TALK)]
        done.append(
            kernel.execute("%captivate connect ws://127.0.0.1:1/dev --key-env CAPTIVATE_API_KEY")
        )
        done.append(kernel.execute("1 / 0\nsession.close()"))
        done.append(kernel.execute(ARTEFACTS))
        done.append(kernel.execute("%history"))
        done.append(kernel.execute("await session.close()"))
    assert "Captivate Bot" in done[1].text + str(done[1].outputs), done[1]
    assert "ARTEFACTS" in done[4].stdout, done[4]
    assert "apiKey=" in done[4].stdout, "the debug log of the socket is there, without the key"
    for cell in done:
        said = f"{cell.stdout}{cell.stderr}{cell.outputs}{cell.error}{cell.traceback}"
        if cell is done[1]:
            said = said.replace(f"my key is {KEY}", "")
        assert hidden(said.replace(f"my key is {KEY}", "")), said[:2000]


@pytest.mark.parametrize("reason", ["refused", "nobody", "cancelled", "no server", "bad url"])
async def test_tracebacks_with_their_locals(reason: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, "captivate_nb")

    async def refuses(socket: Socket) -> None:
        await socket.websocket.close(4401, f"apiKey={KEY} is wrong")

    async def waits(socket: Socket) -> None:
        await socket.websocket.wait_closed()

    async with rogue(waits if reason == "cancelled" else refuses) as server:
        url = {
            "nobody": "ws://127.0.0.1:1/dev",
            "no server": f"ws://127.0.0.1:1/dev?apiKey={ENCODED}",
            "bad url": f"https://host/dev?apiKey={ENCODED}",
        }.get(reason, server.url)
        opening = asyncio.create_task(cn.connect(url, None if "apiKey" in url else KEY))
        if reason == "cancelled":
            await until(lambda: server.sockets)
            opening.cancel()
        del url
        with pytest.raises((CaptivateError, asyncio.CancelledError)) as caught:
            await opening
    told = with_locals(caught.value).partition("captivate_nb/start.py")[2]
    assert told
    assert hidden(told), told
    assert hidden(str(caught.value) + repr(caught.value))
    assert hidden("".join(r.getMessage() for r in caplog.records if "captivate" in r.name))


async def test_a_server_that_gives_the_key_away_again():
    async def echoes(socket: Socket) -> None:
        await socket.greet("c-1", f"your key is {KEY}")
        await socket.receive("user_message")
        error = {
            "error_code": 401,
            "error_desc": f"apiKey={KEY} is wrong",
            "conversation_id": "c-1",
        }
        await socket.send(frame("general_error", error), f"{{not json {KEY}")

    async with rogue(echoes) as server, await cn.connect(server.url, KEY) as session:
        with pytest.raises(CaptivateError) as caught:
            await session.say("hello")
        await until(lambda: len(session.errors) == 2)
        assert hidden(str(caught.value) + str(session.errors) + session.transcript.to_html())
        assert hidden(str(list(session.events)) + session.transcript.text)


async def test_the_embedded_servers_log(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG), EmbeddedServer(key=KEY) as server:
        async with await cn.connect(server.ws_url, KEY):
            pass
        with contextlib.suppress(CaptivateError):
            await cn.connect(server.ws_url, KEY + "-wrong")
        assert hidden(repr(server))
    assert hidden("".join(record.getMessage() for record in caplog.records))
    gc.collect()
