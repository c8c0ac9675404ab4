"""A key shows nowhere: no repr, log, traceback, history, event log, export, widget or notebook."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import html
import json
import logging
import pickle
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipywidgets.embed import embed_data

import captivate_nb as cn
from captivate_nb.client.intake import log_without
from captivate_nb.client.secrets import Redacting, Secret, hide_named, redact, redact_frame
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import CaptivateError, InvalidKey, UsageError
from captivate_nb.protocol.canonical import read_canonical
from captivate_nb.protocol.codec import decode, encode, to_json
from captivate_nb.protocol.content import Buttons, Html, Option, Text
from captivate_nb.protocol.events import BotMessage, Event
from captivate_nb.protocol.words import NAMES, VALUES
from captivate_nb.server.embedded import EmbeddedServer
from strategies import events
from support.front_end import FrontEnd
from support.kernels import Kernel
from support.rogue import Socket, bot, buttons, frame, rogue, until

KEY = "s3cr3t-k3y/with+odd=signs"
ENCODED = "s3cr3t-k3y%2Fwith%2Bodd%3Dsigns"
ODD = 'a "quoted" \\ k\u00e9y & <more>/%25'

SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    quote,
    quote_plus,
    lambda key: quote(key, safe=""),
    lambda key: re.sub("%..", lambda code: code[0].lower(), quote(key, safe="")),
    lambda key: json.dumps(key)[1:-1],
    lambda key: json.dumps(key, ensure_ascii=False)[1:-1],
    lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    lambda key: "".join(f"\\u{ord(char):04X}" for char in key),
    html.escape,
    lambda key: html.escape(key).replace("&#x27;", "&apos;"),
    lambda key: "".join(f"&#{ord(char)};" for char in key),
    lambda key: "".join(f"&#x{ord(char):X};" for char in key),
    lambda key: re.sub(r"([!-/:-@[-`{-~])", r"\\\1", key),
)


def hidden(text: str, key: str = KEY) -> bool:
    return not any(spell(key) in text for spell in SPELLINGS)


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
        "ws://ann:{key}@host/dev, ws://{key}@host",
        "wss://h/dev?x=1&access_token={key}#z",
        "Authorization: Basic {key}, authorization: Bearer {key}",
        "{{'apiKey': '{key}'}}",
    ],
)
def test_redact_takes_out_keys(text: str):
    secret = Secret("abcdef-123456")
    assert secret.reveal() not in redact(text.format(key=secret.reveal()))
    if "the key" not in text:
        assert "a-2" not in hide_named(text.format(key="a-2"))


def test_redact_leaves_words_that_a_short_key_may_be():
    secret = Secret("text")
    assert redact('{"type":"text","apiKey":"text"}') == '{"type":"text","apiKey":"•••"}'
    assert secret


def test_a_key_that_utf_8_cannot_write_is_an_error_without_it():
    with pytest.raises(InvalidKey, match="text in UTF-8, and this one is not") as caught:
        Secret("very-secret\udcff-key")
    told = with_locals(caught.value).partition("captivate_nb/client/secrets.py")[2]
    assert told
    assert "very-secret" not in told


def test_secrets_are_known_as_long_as_they_are_used():
    secret = Secret("a-key-for-a-while")
    assert redact("a-key-for-a-while") == "•••"
    del secret
    gc.collect()
    assert redact("a-key-for-a-while") == "a-key-for-a-while"


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("key", [KEY, ODD, "word by word", "'a'\\\\\\\\*b*%25%25%&&amp;"])
def test_a_key_is_found_however_it_is_written(spell: Callable[[str], str], key: str):
    for around in ("the key {} was refused", "{}", "{0}{0}", "…{}…", "wss://host/dev?k={}&x=1"):
        assert Secret(key).hide_in(around.format(spell(key))) == around.format("•••")


def test_a_short_key_is_hidden_where_it_is_named_as_one():
    secret = Secret("text")
    said = "text?apiKey=text&text, x-api-key: text; apikey=texts"
    assert secret.hide_in(said) == "text?apiKey=•••&text, x-api-key: •••; apikey=texts"


def test_of_an_empty_key_nothing_is_hidden():
    assert Secret("").hide_in("apiKey=, x-api-key: ") == "apiKey=, x-api-key: "


def test_a_log_line_and_its_traceback_have_no_key():
    key = "a-key-for-a-log"
    secret = Secret(key)
    try:
        raise ValueError(secret.reveal())
    except ValueError:
        record = logging.LogRecord("a", 10, "a", 1, "refused: %s", (key,), sys.exc_info())
    assert Redacting().filter(record)
    lines = logging.Formatter().format(record).splitlines()
    assert (lines[0], lines[1][:9], lines[-1]) == ("refused: •••", "Traceback", "ValueError: •••")


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
    assert shown({name: "", "n": {name: True}}) == {name: "", "n": {name: True}}
    assert shown({name: [1, 2.5]}) == {name: ["•••", "•••"]}


@pytest.mark.parametrize("value", [{"pin": 4711}, ["pin-4711"], "pin-4711", 4711, None, {}])
def test_metadata_that_is_private_is_hidden_whole(value: Any):
    said = {"plan": "vip", "private": value}
    for name in ("metadata", "content"):
        assert shown({name: said}) == {name: {"plan": "vip", "private": "•••"}}
    assert shown([{"metadata": said}]) == [{"metadata": {"plan": "vip", "private": "•••"}}]


def test_what_is_private_elsewhere_is_what_a_bot_says():
    item = {"type": "custom", "private": "a word", "data": {"private": 1}}
    said = {"content": [item], "text": "private", "": {"private": {"a": 1}}, "private": 2}
    frame = json.dumps(said)
    assert redact_frame(frame, []) == frame


def test_a_key_is_hidden_in_values_and_in_names_that_are_not_the_protocols():
    held = {"a": KEY, "b": [ENCODED, {f"<{KEY}>": f"({KEY})"}], "c": 1, "d": None}
    assert shown(held, KEY) == {"a": "•••", "b": ["•••", {"<•••>": "(•••)"}], "c": 1, "d": None}


def test_what_a_server_says_of_itself_may_quote_any_url():
    said = {"error_desc": "ws://h/dev?apiKey=abc is wrong", "text": "ws://h/dev?apiKey=abc"}
    assert shown(said) == {**said, "error_desc": "ws://h/dev?apiKey=••• is wrong"}
    assert shown({"error_desc": "ws://a:b@h is wrong"}) == {"error_desc": "ws://•••@h is wrong"}


def test_a_key_of_digits_is_hidden_in_numbers():
    held = {"a": 12345678, "b": [123456789], "c": 0.12345678, "d": 1234567, "e": True, "f": "é"}
    hidden = {"a": "•••", "b": ["•••9"], "c": "0.•••"}
    assert shown(held, "12345678") == {**held, **hidden}


def test_words_of_the_protocol_stay_where_they_have_a_meaning():
    said = {"type": "livechat", "from": "livechat ", "text": "livechat", "": {"a": "livechat"}}
    assert shown(said, "livechat") == {**said, "text": "•••", "": {"a": "•••"}}
    assert shown({"type": "my-livechat"}, "livechat") == {"type": "my-•••"}


@pytest.mark.parametrize(
    "frame",
    [
        f"not json {KEY}",
        f'{{"a": "{KEY}',
        "[" * 5000 + KEY,
        "[" * 600 + f'"{KEY}"' + "]" * 600,
        f'"{KEY}"',
    ],
)
def test_a_frame_that_is_not_json_is_redacted_as_text(frame: str):
    assert redact_frame(frame, [Secret(KEY)]) == frame.replace(KEY, "•••")


@pytest.mark.parametrize(
    "hostile",
    [
        '"apikey":[',
        '"apikey":"\\\\',
        "x-api-key   ",
        "'apikey' : ",
        "apikey=",
        "%73%33",
        "&token",
        "://a:b",
        "authorization: ",
        "s3cr3t-k3y%2F",
        "s3cr3t-k3y\\\\/",
        "&amp;&#115;",
        "[",
    ],
)
def test_the_work_is_linear(hostile: str):
    """What is quadratic anywhere does not come to an end here."""
    secret = Secret(KEY)
    text = hostile * (1_000_000 // len(hostile))
    assert KEY not in redact(text) + redact_frame(text, [secret])
    said = bot(text)
    assert redact_frame(said, [secret]) == said
    assert redact_frame(bot(text, KEY), [secret]) == to_json(json.loads(bot(text, "•••")))


# --- what is said is what is shown ---------------------------------------------------------------

phrases = st.sampled_from([
    *("apikey=", "apiKey=abc", "x-api-key: ", '"apiKey": "', '"apiKeys": [', "\n", "\r\n", '"'),
    *("\\", "\\n", "'", "•••", "&amp;", "%22", "%", "another-key-of-8", "</a>", "{", "]", ","),
])  # fmt: skip
said = st.lists(st.text(st.characters(exclude_categories=["Cs"])) | phrases, max_size=8).map(
    "".join
)


def kept(*frames: str, key: str = KEY) -> cn.EventLog:
    """The log of a session with that key which received these frames."""
    log = log_without([Secret(key)])
    for each in frames:
        log.record("in", each, 0.0)
    return log


USUAL = [
    *("hi", f"it is {KEY}", f"it is {ENCODED}", "50 % off & more", "apiKey=abcdefgh", "private"),
    *('a "quote"', f'"{KEY}"', "error_desc", "\\ue000", "\u00e9 apikey"),
]


@pytest.mark.parametrize("text", USUAL)
@pytest.mark.parametrize(
    "about", [{}, {"apiKey": "abcdefgh"}, {"name": KEY}, {"error_desc": "?token=a"}]
)
def test_a_message_of_the_usual_form_is_hidden_like_any_frame(text: str, about: dict[str, str]):
    options = (Option(text, text), Option("Yes", KEY))
    content = (Text(text), Buttons(text, options))
    event = BotMessage(content=content, message_id=text, bot=about)
    frame = encode(event)
    assert read_canonical(frame) == event
    (record,) = kept(frame)
    assert record.frame == redact_frame(frame, [Secret(KEY)])
    assert record.event == decode(record.frame)
    assert KEY not in record.frame
    assert ("abcdefgh" in record.frame) == ("abcdefgh" in text)


started = frame("conversation_start_success", {"conversation_id": "c-1"})


@given(text=said, ensure_ascii=st.booleans())
def test_what_a_bot_says_is_what_is_kept_and_shown(text: str, ensure_ascii: bool):
    other = Secret("another-key-of-8")
    entry = {"from": "bot", "messages": [{"type": "text", "text": text}]}
    told = {"conversation_id": "c-1", "transcript": [entry]}
    frames = [bot(text), bot({"type": "html", "html": text}, bot={"name": text})]
    frames = [json.dumps(json.loads(each), ensure_ascii=ensure_ascii) for each in frames]
    log = kept(started, *frames, frame("conversation_transcript", told))
    assert [record.frame for record in log][1:3] == frames
    assert [record.event for record in log][:3] == [decode(each) for each in (started, *frames)]
    first, second = Conversation.replay(log[:3]).transcript
    assert (first.content, first.text) == ((Text(text),), text)
    assert (second.content, second.raw["bot"]) == ((Html(text),), {"name": text})
    assert [entry.content for entry in log[3].event.entries] == [(Text(text),)]
    assert other


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    for inner in value if isinstance(value, list | tuple) else ():
        yield from strings(inner)
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield name
        yield from strings(inner)


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a text in a JSON value: what holds it, and where in that."""
    for place in list(value) if isinstance(value, dict) else range(len(value)):
        if isinstance(value[place], dict | list):
            yield from spots(value[place])
        elif isinstance(value[place], str):
            yield value, place


secret_keys = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="•"), min_size=8),
    st.text('abc%25\\"&;/+ ', min_size=8, max_size=12),
    st.sampled_from(sorted(VALUES | NAMES)),
)


@given(
    event=events(),
    key=secret_keys,
    spell=st.sampled_from(SPELLINGS),
    around=st.tuples(said, said),
    draw=st.data(),
)
def test_a_key_is_kept_nowhere(
    tmp_path_factory: pytest.TempPathFactory,
    event: Event,
    key: str,
    spell: Callable[[str], str],
    around: tuple[str, str],
    draw: st.DataObject,
):
    value = json.loads(encode(event))
    holder, place = draw.draw(st.sampled_from(list(spots(value))))
    holder[place] = spell(key).join(around)
    if isinstance(holder, dict) and draw.draw(st.booleans()):
        holder[spell(key).join(around)] = 1
    log = kept(json.dumps(value), key=key)
    shown = [json.loads(log[0].frame), msgspec.to_builtins(log[0].event)]
    for text in strings(shown):
        assert text.strip() in VALUES | NAMES or (key not in text and spell(key) not in text)
    path = log.save(tmp_path_factory.mktemp("logs") / "talk.jsonl")
    assert list(cn.EventLog.load(path)) == list(log)


@pytest.mark.parametrize("name", ["target", "from"])
def test_a_key_that_is_another_fields_word_is_hidden(name: str):
    frame = json.dumps({"event_type": "metadata", "event_payload": {name: "bot_message"}})
    assert "bot_message" not in kept(frame, key="bot_message")[0].frame


@given(event=events(), key=st.sampled_from(sorted(VALUES | NAMES)))
def test_a_key_that_is_a_word_of_the_protocol_changes_no_structure(event: Event, key: str):
    shown = decode(redact_frame(encode(event), [Secret(key)]), event.sender)
    assert (type(shown), shown.wire_name, shown.problems) == (type(event), event.wire_name, ())
    assert getattr(shown, "target", None) == getattr(event, "target", None)


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


@pytest.fixture(params=[KEY, ODD])
def key_in_environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CAPTIVATE_API_KEY", request.param)
    return request.param


def test_everything_a_chat_leaves_behind(key_in_environment: str, kernel: Kernel):
    key = key_in_environment
    with EmbeddedServer(key=key) as server:
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
        assert hidden(said, key), said[:2000]


@pytest.mark.parametrize(
    "reason",
    [
        *("refused", "nobody", "cancelled", "no server", "bad url", "password"),
        *("password of a bad url", "password before a bad port"),
    ],
)
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
            "password": f"ws://ann:{ENCODED}@127.0.0.1:1/dev?token={ENCODED}",
            "bad url": f"https://host/dev?apiKey={ENCODED}",
            "password of a bad url": f"https://ann:{ENCODED}@host/dev?token={ENCODED}",
            "password before a bad port": f"ws://ann:{ENCODED}@host:99999/dev",
        }.get(reason, server.url)
        opening = asyncio.create_task(cn.connect(url, None if "apiKey" in url else KEY))
        if reason == "cancelled":
            await until(lambda: server.sockets)
            opening.cancel()
        del url
        with pytest.raises((CaptivateError, asyncio.CancelledError)) as caught:
            await opening
    told = with_locals(caught.value).partition("captivate_nb/sessions.py")[2]
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


def told_by_a_server(key: str) -> list[str]:
    """Frames that give a key away in every way that a bot, an agent or a server may."""
    markup = html.escape(key)
    card = {"text": key, "description": f"<{key}>", "image_url": f"https://h/?k={quote(key)}"}
    items = [
        f"Your key is {key}, and in a URL {quote(key, safe='')}",
        {"type": "html", "html": f'<a title="{markup}" href="https://h/?a={markup}">{markup}</a>'},
        {"type": "md", "md": f"```\ncurl -H 'x-api-key: {key}'\n```"},
        {"type": "table", "table": f"<table><tr><td>{markup}</td></tr></table>"},
        {"type": "cards", "cards": [card]},
        {"type": "files", "files": [{"url": f"https://h/{quote(key)}", "filename": key}]},
        {"type": "gauge", key: {"apiKey": "any-key", "more": [key]}},
        buttons(key, key),
    ]
    entry = {"from": "bot", "messages": [{"type": "text", "text": f"I said {key}"}]}
    here = {"conversation_id": "c-1"}
    return [
        bot(*items),
        frame("action", {"id": "go", "data": {"to": key, key: [key]}, **here}),
        frame("conversation_update", {"type": "x", "data": {"a": key}, **here}),
        frame("conversation_metadata", {"content": {"k": key, key: 1}, **here}),
        frame("livechat_message", {"content": [{"type": "text", "text": key}], **here}),
        frame("something_new", {"b": key}),
        frame("general_error", {"error_code": 400, "error_desc": f"apiKey={key} is wrong", **here}),
        frame("conversation_transcript", {"transcript": [entry], **here}),
        bot(f"the last word: {key}"),
    ]


@pytest.mark.parametrize("key", [KEY, ODD, "livechat_message", "bot_message", "metadata"])
async def test_a_key_told_in_every_way_is_in_no_artefact(
    key: str, front_end: FrontEnd, tmp_path: Path
):
    async def tells(socket: Socket) -> None:
        await socket.greet("c-1", 'other-sessions-key, curl -H "x-api-key: YOUR_KEY" ?apikey=1')
        await socket.receive("user_message")
        await socket.send(*told_by_a_server(key))

    async with rogue(tells) as server, await cn.connect(server.url, key) as session:
        other = await cn.connect(server.url, "other-sessions-key")
        panel = cn.ChatPanel(session)
        panel.open_inspector("events")
        await session.say(f"my key is {key}", wait=False)
        await until(lambda: "the last word" in session.transcript.text)
        await until(lambda: "the last word" in json.dumps([sent.data for sent in front_end.sent]))
        artefacts: list[Any] = [
            *(session.transcript.text, session.transcript.to_html(), session.transcript.to_json()),
            *(session.metadata, session.actions, session.updates, session.errors, session.choices),
            *(session.to_code("python"), session.to_code("magic"), session.to_code("botium")),
            *(repr(session), list(session.events), session.events._repr_mimebundle_()),
            *(panel.chat_log.tail(), [sent.data for sent in front_end.sent]),
            *(msgspec.to_builtins(record) for record in session.events),
            json.dumps(embed_data(views=[panel])["manager_state"]),
        ]
        saved = session.events.save(tmp_path / "log.jsonl")
        assert list(cn.EventLog.load(saved)) == list(session.events)
        assert session.transcript[0].text.startswith('other-sessions-key, curl -H "x-api-key: YOUR')
        assert session.transcript[0].text.endswith("apikey=1")
        assert session.transcript[0].raw["content"][0]["text"] == session.transcript[0].text
        assert server.texts() == [f"my key is {key}"], "what is sent is what was said"
        assert {record.problem for record in session.events} == {None}
        panel.close()
        await other.close()
    if key not in VALUES:
        for artefact in [*artefacts, saved.read_text()]:
            assert hidden(str(artefact), key), str(artefact)[:2000]
    else:
        assert hidden(session.transcript.text + str(session.errors), key)


async def test_a_message_that_waits_shows_no_key(front_end: FrontEnd):
    async def breaks(socket: Socket) -> None:
        await socket.greet()
        await socket.drop()

    async with rogue(breaks, Socket.drop) as server, await cn.connect(server.url, KEY) as session:
        panel = cn.ChatPanel(session)
        await until(lambda: session.status == "reconnecting")
        saying = asyncio.create_task(session.say(f"my key is {KEY}", wait=False))
        await until(lambda: session.outbox)
        await until(lambda: "my key is" in str(front_end.sent))
        assert [message.text for message in session.outbox] == ["my key is •••"]
        assert hidden(str(session.trait_values()) + str(front_end.sent))
        panel.close()
        saying.cancel()
        await asyncio.wait([saying])


async def test_a_password_and_a_token_in_the_url_are_in_no_artefact(
    front_end: FrontEnd, tmp_path: Path
):
    secrets = ("the-pass-word", "some-token-8", "another/key-8", quote("another/key-8", safe=""))

    async def echoes(socket: Socket) -> None:
        await socket.greet("c-1", f"You came with {' '.join(secrets)}")

    async with rogue(echoes) as server:
        query = f"?token={secrets[1]}&api_key={secrets[3]}&stage=1"
        url = server.url.replace("://", f"://ann:{secrets[0]}@") + query
        async with await cn.connect(url, KEY) as session:
            panel = cn.ChatPanel(session)
            panel.open_inspector("events")
            artefacts = [
                *(repr(session), session.url, panel.header.about, session.transcript.text),
                *(str(list(session.events)), json.dumps([sent.data for sent in front_end.sent])),
                json.dumps(embed_data(views=[panel])["manager_state"]),
                session.events.save(tmp_path / "log.jsonl").read_text(),
            ]
            panel.close()
            shown = f"{server.url}?token=•••&api_key=•••&stage=1"
            assert session.url == shown
    with pytest.raises(CaptivateError, match=re.escape(f"No server answers at {shown}")) as caught:
        await cn.connect(url, KEY)
    for artefact in [*artefacts, str(caught.value)]:
        assert not any(secret in artefact for secret in secrets), artefact[:2000]


async def test_private_metadata_is_sent_and_shown_nowhere(
    front_end: FrontEnd, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    pins = [f"private-pin-{n}" for n in range(4)]
    number = 471_147_114_711  # in no ID by chance
    caplog.set_level(logging.DEBUG)
    metadata = {"plan": "vip", "private": {"first": pins[0]}}
    async with await cn.demo(metadata=metadata) as session:
        panel = cn.ChatPanel(session)
        panel.open_inspector("metadata")
        await session.set_metadata({"seen": 1, "private": {"second": pins[1], pins[2]: number}})
        await session.send_raw(
            {
                "event_type": "metadata",
                "event_payload": {
                    "conversation_id": session.conversation_id,
                    "client_msg_id": "by-hand",
                    "metadata": {"private": {"third": pins[3]}},
                },
            }
        )
        await session.say("hello")
        other = await session.branch(len(session.events) - 1)
        await session.restart(metadata={"plan": "free"})
        kept = [
            session.server.call(lambda each=each: session.server.service.store.get(each).private)
            for each in (other.conversation_id, session.conversation_id)
        ]
        assert kept[0] == {"first": pins[0], "second": pins[1], pins[2]: number, "third": pins[3]}
        assert kept[1] == {"first": pins[0]}
        assert session.metadata == {"plan": "free"}
        assert json.loads(panel.header.started_with) == {"plan": "free"}
        panel.chat_log.save()
        shown = [
            *(repr(session), str(vars(session)), str(vars(other)), str(session.trait_values())),
            *(session.to_code(form) for form in ("python", "magic", "botium")),
            *(other.to_code(form) for form in ("python", "magic", "botium")),
            *(str(list(session.events)), str(list(other.events)), repr(session.events)),
            *(str(session.errors), str(session.metadata_changes()), repr(session.metadata)),
            str(await session.conversations()),
            str(await session.fetch_metadata()),
            json.dumps([sent.data for sent in front_end.sent]),
            json.dumps(embed_data(views=[panel])["manager_state"]),
            session.events.save(tmp_path / "log.jsonl").read_text(),
            "".join(record.getMessage() for record in caplog.records),
        ]
        panel.close()
    assert any("private" in each and "•••" in each for each in shown)
    for artefact in shown:
        assert not any(pin in artefact for pin in [*pins, str(number)]), artefact[:2000]


async def test_other_users_get_none_of_what_was_private():
    async with await cn.demo(metadata={"private": {"pin": 1}}) as session:
        await session.restart(user_id="ben", metadata={"plan": "free"})
        ben = session.conversation_id or ""
        assert session.server.call(lambda: session.server.service.store.get(ben).private) == {}
        await session.restart(metadata={"private": {"pin": 2}})
        ben = session.conversation_id or ""
        assert session.server.call(lambda: session.server.service.store.get(ben).private) == {
            "pin": 2
        }


async def test_the_embedded_servers_log(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG), EmbeddedServer(key=KEY) as server:
        async with await cn.connect(server.ws_url, KEY):
            pass
        with contextlib.suppress(CaptivateError):
            await cn.connect(server.ws_url, KEY + "-wrong")
        assert hidden(repr(server))
    assert hidden("".join(record.getMessage() for record in caplog.records))
    gc.collect()
