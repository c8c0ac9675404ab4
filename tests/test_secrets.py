"""A key shows nowhere: no repr, log, traceback, history, event log, export, widget or notebook."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import html
import json
import logging
import pickle
import traceback
from urllib.parse import quote, quote_plus

import pytest

import captivate_nb as cn
from captivate_nb.demo.server import EmbeddedServer
from captivate_nb.errors import CaptivateError, InvalidKey, UsageError
from captivate_nb.secrets import Secret, redact, redact_frame
from support.kernels import Kernel
from support.rogue import Socket, bot, frame, rogue, until

KEY = "s3cr3t-k3y/with+odd=signs"
ENCODED = "s3cr3t-k3y%2Fwith%2Bodd%3Dsigns"


def hidden(text: str) -> bool:
    return KEY not in text and ENCODED not in text


def with_locals(error: BaseException) -> str:
    """A traceback as the most talkative tools print it."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(told.format(chain=True))


# --- what holds a key, and what takes it out -----------------------------------------------------


def test_a_key_is_text_and_shows_in_no_error():
    with pytest.raises(UsageError, match=r"A key is text, not bytes\.$"):
        Secret(b"very-secret-key")  # type: ignore[arg-type]


def test_a_secret_never_shows():
    secret = Secret("a-very-secret-key")
    assert "secret-key" not in f"{secret!r} {secret} {secret!s}"
    assert secret
    assert not Secret("")
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    "text",
    [
        "wss://h/dev?apiKey={key}&x=1",
        "wss://h/dev?x=1&apikey={key}",
        "x-api-key: {key}",
        '{{"x-api-key": "{key}"}}',
        '{{"apiKey":"{key}"}}',
        '{{"apiKeys": ["{key}", "{key}"]}}',
        "the key {key} was refused",
    ],
)
def test_redact_takes_out_keys(text: str):
    secret = Secret("abcdef-123456")
    assert secret.reveal() not in redact(text.format(key=secret.reveal()))


def test_redact_leaves_words_that_a_short_key_may_be():
    secret = Secret("text")
    assert redact('{"type":"text","apiKey":"text"}') == '{"type":"text","apiKey":"•••"}'
    assert secret


def test_a_key_that_utf_8_cannot_write_is_an_error_without_it():
    with pytest.raises(InvalidKey, match="not text in UTF-8") as caught:
        Secret("very-secret\udcff-key")
    told = with_locals(caught.value).partition("captivate_nb/secrets.py")[2]
    assert told
    assert "very-secret" not in told


def test_secrets_are_known_as_long_as_they_are_used():
    secret = Secret("a-key-for-a-while")
    assert redact("a-key-for-a-while") == "•••"
    del secret
    gc.collect()
    assert redact("a-key-for-a-while") == "a-key-for-a-while"


@pytest.mark.parametrize(
    "sent",
    [
        "the key {} was refused",
        "{}",
        "{0}{0}",
        "…{}…",
        "wss://host/dev?k={}&x=1",
    ],
)
@pytest.mark.parametrize(
    "spell",
    [
        str,
        quote,
        lambda key: quote(key, safe=""),
        quote_plus,
        lambda key: quote(key, safe="").lower(),
        html.escape,
        lambda key: json.dumps(key)[1:-1],
        lambda key: json.dumps(key, ensure_ascii=False)[1:-1].replace("/", "\\/"),
        lambda key: "".join(f"&#{ord(char)};" for char in key),
        lambda key: "".join(f"\\u{ord(char):04X}" for char in key),
    ],
)
def test_a_key_is_found_however_it_is_written(spell, sent: str):
    secret = Secret("a/key+\"wîth\" <odd>&'signs'\\=%25")
    assert secret.hide_in(sent.format(spell(secret.reveal()))) == sent.format("•••")


def test_a_short_key_is_hidden_where_it_is_named_as_one():
    secret = Secret("text")
    said = "text?apiKey=text&text, x-api-key: text; apikey=texts"
    assert secret.hide_in(said) == "text?apiKey=•••&text, x-api-key: •••; apikey=texts"


def test_of_an_empty_key_nothing_is_hidden():
    assert Secret("").hide_in("apiKey=, x-api-key: ") == "apiKey=, x-api-key: "


# --- frames --------------------------------------------------------------------------------------


def shown(value: object, *keys: str) -> object:
    """What is kept of a frame that holds this value."""
    secrets = [Secret(key) for key in keys]
    return json.loads(redact_frame(json.dumps(value), secrets))


@pytest.mark.parametrize(
    "text",
    [
        'curl -H "x-api-key: YOUR_KEY" https://host',
        '<a href="https://host/?apikey=1">here</a>',
        "apikey=abc\nand more",
        '{"apiKey": "abc", "apiKeys": ["a", "b"]}',
        '"apiKey": [',
        "api_key=\\",
        "the other session's key is another-key-of-8",
    ],
)
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_what_is_said_of_keys_is_kept_byte_for_byte(text: str, ensure_ascii: bool):
    other = Secret("another-key-of-8")
    frame = json.dumps(json.loads(bot(text + "é")), ensure_ascii=ensure_ascii)
    assert redact_frame(frame, [Secret(KEY)]) == frame
    assert other


@pytest.mark.parametrize(
    "name",
    [
        "apiKey",
        "apikey",
        "api_key",
        "APIKEY",
        "apiKeys",
        "api_keys",
        "x-api-key",
        "X-Api-Key",
    ],
)
def test_fields_that_hold_a_key_are_hidden(name: str):
    assert shown({"a": {name: "abc"}}) == {"a": {name: "•••"}}
    assert shown({name: ["a", "b"], "b": "a"}) == {name: ["•••", "•••"], "b": "a"}
    assert shown({name: [], "": {name: None}}) == {name: [], "": {name: None}}
    assert shown({name: "", "n": {name: 1}}) == {name: "", "n": {name: 1}}


def test_a_key_is_hidden_in_values_and_in_names_that_are_not_the_protocols():
    held = {"a": KEY, "b": [ENCODED, {f"<{KEY}>": f"({KEY})"}], "c": 1, "d": None}
    assert shown(held, KEY) == {"a": "•••", "b": ["•••", {"<•••>": "(•••)"}], "c": 1, "d": None}


@pytest.mark.parametrize(
    "frame", [f"not json {KEY}", f'{{"a": "{KEY}', "[" * 5000 + KEY, f'"{KEY}"']
)
def test_a_frame_that_is_not_json_is_redacted_as_text(frame: str):
    assert redact_frame(frame, [Secret(KEY)]) == frame.replace(KEY, "•••")


# --- what a chat leaves behind --------------------------------------------------------------------

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
