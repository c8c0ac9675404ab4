"""What is no event: heartbeats, the errors of gateways, and what is neither."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.errors import ProtocolError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from captivate_nb.protocol.strays import GATEWAY, TEXT_LIMIT
from strategies import json_values

HEARTBEATS = [
    *("", " \r\n\t", "ping", "PONG\n", "heartbeat", "keep-alive", "keep alive", "2probe", "h", "."),
    *("ping 1712345678", "pong:2026-01-01T10:20:30.5Z", "\ufeffping"),
    *("null", "true", "0", "1712345678.5", '"ping"', '""', "[]", " {} "),
    *('{"type":"ping"}', '{"type":"PONG","id":"x"}', '{"event":"heartbeat","data":{"n":[1]}}'),
    *('{"op":"keepalive"}', '{"action":"keep-alive"}', '{"msg":"ping"}', '{"type":"server.ping"}'),
    *('{"ping":1712345678}', '{"heartbeat":true,"message":"all is well"}', '{"time":1712345678}'),
    *('{"event":{}}', '{"event":null,"data":"","items":[]}', '{"message":"ping"}'),
]

PAGE = """<!DOCTYPE html>
<html><head><title>504 Time-out</title><style>a > b { c }</style></head>
<body><h1>504 Time-out</h1><script>if (a < b) c()</script><p>nginx &amp; co</body></html>"""

ERRORS = [
    (
        '{"message":"Internal server error","connectionId":"x=","requestId":"y="}',
        GATEWAY,
        "Internal server error",
    ),
    ('{"message": "Endpoint request timed out"}', GATEWAY, "Endpoint request timed out"),
    ('{"Message":"Forbidden","StatusCode":"403"}', 403, "Forbidden"),
    ('{"statusCode":502,"error":"Bad Gateway"}', 502, "Bad Gateway"),
    ('{"error":{"code":429,"message":"Slow\\n down"}}', 429, "Slow down"),
    ('{"status":"error","code":500,"errorMessage":"Task timed out"}', 500, "Task timed out"),
    ('{"errors":[{"message":"one"},"two",{"detail":"three"},"four"]}', GATEWAY, "one; two; three"),
    ('{"error":true,"detail":"No such stage"}', GATEWAY, "No such stage"),
    ('{"code":true,"message":"no number"}', GATEWAY, "no number"),
    ('{"code":-1,"message":"no number"}', GATEWAY, "no number"),
    ('{"type":"typing","message":"is no beat"}', GATEWAY, "is no beat"),
    ('{"message":"half \\ud83d"}', GATEWAY, "half \ufffd"),
    ("Endpoint request timed out", GATEWAY, "Endpoint request timed out"),
    ('"Endpoint request\\ntimed out"', GATEWAY, "Endpoint request timed out"),
    ("ping timeout", GATEWAY, "ping timeout"),
    ("502 Bad Gateway", 502, "502 Bad Gateway"),
    ("HTTP/1.1 504 Gateway Timeout", 504, "HTTP/1.1 504 Gateway Timeout"),
    ("Error 503: back soon", 503, "Error 503: back soon"),
    ("<html>502 Bad Gateway</html>", 502, "502 Bad Gateway"),
    (
        PAGE,
        504,
        "504 Time-out nginx & co",
    ),
    ("<?xml version='1.0'?><Error><Code>Denied</Code></Error>", GATEWAY, "Denied"),
    ("<html><style>left open", GATEWAY, "a page without text"),
    ("< no page at all", GATEWAY, "< no page at all"),
    ('{"message":"ping: nobody answers"}', GATEWAY, "ping: nobody answers"),
]

NEITHER = [
    *(
        "\x00",
        "two\x01 words here",
        "{'a': 1}",
        '{"event_type":"bot_message"} {}',
        "]",
        "12 34",
        "\ufffd",
    ),
    *('"world"}}', 'hello world"}]}}', "[1]", '["ping"]', "[error] not found", "x" * 33),
    *("a" * 32 + "\x7f", '{"event_type":""}', '{"event_type":null,"type":"ping"}'),
    *('{"text":"hello"}', '{"success":false}', '{"statusCode":500}', '{"type":"typing"}'),
    *('{"error":true}', '{"message":" "}', '{"message":[[["deep"]]]}', '{"message":{"text":"x"}}'),
    *('{"action":"sendMessage","type":"ping"}', '"\\u0000 two words"'),
]


@pytest.mark.parametrize("frame", HEARTBEATS)
def test_what_only_keeps_the_connection_busy_is_a_heartbeat(frame):
    beat = decode(frame)
    assert beat == e.Heartbeat(text=frame)
    assert decode(frame.encode(), "server") == beat
    assert encode(beat) == frame
    assert (beat.sender, beat.wire_name) == ("server", "heartbeat")


@pytest.mark.parametrize(("frame", "code", "description"), ERRORS)
def test_what_a_gateway_says_is_an_error(frame, code, description):
    error = decode(frame)
    assert error == e.GeneralError(code=code, description=description)
    assert type(error.code) is type(code)
    assert decode(encode(error)) == error


@pytest.mark.parametrize("frame", NEITHER)
def test_what_is_neither_is_no_event(frame):
    with pytest.raises(ProtocolError) as caught:
        decode(frame)
    assert not caught.value.cut


@pytest.mark.parametrize("frame", [*HEARTBEATS, *(frame for frame, *_ in ERRORS), *NEITHER])
def test_a_client_sends_none_of_these(frame):
    with pytest.raises(ProtocolError):
        decode(frame, "client")


@given(st.text(st.characters(), max_size=60), json_values)
def test_a_description_is_one_bounded_line(text, more):
    for frame in (text * 300, json.dumps({"message": text * 300, "more": more})):
        try:
            event = decode(frame)
        except ProtocolError:
            continue
        if isinstance(event, e.GeneralError):
            assert 0 < len(event.description) <= TEXT_LIMIT
            assert event.description == " ".join(event.description.split())


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<script>", "error ", "a ", "{", '{"error":', "[", "\\ud83d"]
)
def test_a_frame_of_one_piece_again_and_again_is_read(piece):
    """With anything but linear reading, this would not end."""
    for frame in (piece * 1_000_000, json.dumps({"message": piece * 1_000_000})):
        with contextlib.suppress(ProtocolError):
            assert decode(frame)
