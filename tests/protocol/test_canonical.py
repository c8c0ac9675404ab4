"""The short way to read a bot's message: what it reads, the liberal reader reads the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.protocol import codec
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.canonical import read_canonical
from strategies import json_values

TEXTS = st.text(max_size=8) | st.sampled_from(["", "\ud83d", "\u0000", "\ufeff", "“”", "null"])
OPTIONS = st.fixed_dictionaries({"label": TEXTS}, optional={"value": TEXTS})
GROUPS = st.fixed_dictionaries(
    {"options": st.lists(OPTIONS, max_size=3)}, optional={"title": TEXTS}
)
ITEMS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}),
    st.fixed_dictionaries({"type": st.sampled_from(["button", "buttons"]), "buttons": GROUPS}),
)
PAYLOADS = st.fixed_dictionaries(
    {"content": st.lists(ITEMS, max_size=3)},
    optional={
        "type": TEXTS,
        "conversation_id": TEXTS,
        "ch_msg_id": TEXTS,
        "bot": st.dictionaries(TEXTS, TEXTS),
    },
)


def frame(payload: Any, **more: Any) -> str:
    event = {"event_type": "bot_message", "event_payload": payload, **more}
    return json.dumps({"action": "receiveMessage", "event": event})


def liberally(text: str) -> e.Event | str:
    """What the liberal reader makes of a frame: the event, or why there is none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "read_canonical", lambda _: None)
        try:
            return codec.decode(text)
        except codec.ProtocolError as error:
            return str(error)


@given(PAYLOADS, st.none() | TEXTS)
def test_what_it_reads_the_liberal_reader_reads_the_same(payload: Any, event_id: str | None):
    text = frame(payload, event_id=event_id)
    read = read_canonical(text)
    if read is not None:
        assert read == liberally(text)
    assert read is not None or "\\ud83d" in text


@given(PAYLOADS, st.data())
def test_whatever_departs_from_the_form_reads_the_same(payload: Any, data: st.DataObject):
    holders: list[Any] = [payload]
    for holder in holders:  # it grows
        inner = holder.values() if isinstance(holder, dict) else holder
        holders += [each for each in inner if isinstance(each, dict | list)]
    holder = data.draw(st.sampled_from(holders))
    odd = data.draw(json_values)
    if isinstance(holder, dict):
        known = ["type", "text", "buttons", "options", "label", "value", "url", "content", "title"]
        holder[data.draw(st.sampled_from([*known, "conversation_id", "bot", "extra"]))] = odd
    else:
        holder.append(odd)
    text = frame(payload)
    read = read_canonical(text)
    if read is not None:
        assert read == liberally(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        frame({"content": [{"type": "card"}]}),
        frame({"content": [{"type": "text", "text": 5}]}),
        frame({"content": [{"type": "text", "text": "hi", "more": 1}]}),
        frame({"content": []}, more=1),
        frame({"content": []}).replace("receiveMessage", "sendMessage"),
        "\ufeff" + frame({"content": []}),
        '{"action":"receiveMessage","event":{"event_type":"action","event_payload":{}}}',
        '{"a":' * 5000,
    ],
)
def test_what_is_not_in_the_form_is_left_to_the_liberal_reader(text: str):
    assert read_canonical(text) is None


def test_what_this_project_itself_writes_is_in_the_form():
    options = (c.Option("Yes", "y"), c.Option("No", "n"))
    event = e.BotMessage(content=(c.Text("Hi"), c.Buttons("Well?", options)), event_id="e-1")
    assert read_canonical(codec.encode(event)) == event


def test_what_is_in_it_is_read():
    options = [{"label": "Yes", "value": "y"}, {"label": "No"}]
    buttons = {"type": "button", "buttons": {"title": "Well?", "options": options}}
    content = [{"type": "text", "text": "Hi"}, buttons]
    assert read_canonical(frame({"content": content, "ch_msg_id": "m-1"}, event_id="e-1")) == (
        e.BotMessage(
            content=(
                c.Text("Hi"),
                c.Buttons("Well?", (c.Option("Yes", "y"), c.Option("No", "No"))),
            ),
            message_id="m-1",
            event_id="e-1",
        )
    )
