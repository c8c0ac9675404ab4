"""Events as the inspector's rows."""

from __future__ import annotations

import json

import pytest

import captivate_nb as cn
from captivate_nb.conversation.notes import ARRIVED, DISCONNECTED, MISSED, Note
from captivate_nb.errors import UsageError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.protocol.content import File, Text, Unknown
from captivate_nb.widgets.inspector.event_rows import (
    CHANGES_LIMIT,
    FRAME_LIMIT,
    EventRows,
    about,
    frame_text,
    position,
    read_object,
    template,
    to_text,
)


def log(*sent: tuple[str, e.Event | str]) -> cn.EventLog:
    made = cn.EventLog()
    for second, (way, event) in enumerate(sent):
        frame = event if isinstance(event, str) else encode(event)
        made.record("out" if way == "out" else "in", frame, 100.0 + second)
    return made


def rows(made: cn.EventLog) -> list[dict]:
    trace = EventRows()
    for record in made:
        trace.take(record)
    return trace.rows


def test_a_row_says_what_came_of_an_event():
    started = e.ConversationStarted(conversation_id="c")
    said = e.UserMessage(conversation_id="c", client_msg_id="m-1", text="hello")
    answer = e.BotMessage(conversation_id="c", message_id="b-1", content=(Text("hi"),))
    told = e.ConversationMetadata(conversation_id="c", metadata={"cart": {"total": 3}, "a": 1})
    acts = e.ActionsReceived(conversation_id="c", actions=(cn.Action("open", {"page": 1}),))
    made = rows(
        log(
            ("in", started),
            ("out", said),
            ("in", answer),
            ("in", told),
            ("in", acts),
            ("in", '{"event": {"pong'),
            ("in", started),
            ("in", e.ConversationStarted(conversation_id="d")),
        )
    )
    assert [row["chat"] for row in made] == [1, 1, 1, 1, 1, 1, 1, 2]
    assert made[1] == {
        "n": 1,
        "out": True,
        "at": 101.0,
        "type": "user_message",
        "about": "hello",
        "size": made[1]["size"],
        "chat": 1,
        "id": "m-1",
        "turn": [1, "hello", None],
    }
    assert made[2]["id"] == "b-1"
    assert made[2]["about"] == "text"
    assert made[2]["turn"] == [1, "hello", 1.0]
    assert made[3]["changes"] == [["cart", None, '{"total": 3}'], ["a", None, "1"]]
    assert made[4]["actions"] == [["open", '{"page": 1}']]
    assert made[5]["problem"].startswith("The frame is not JSON")
    assert made[5]["problem"].endswith('{"event": {"pong')
    assert not {"id", "changes", "actions", "turn", "problem"} & made[7].keys()


def test_an_action_that_was_sent_is_listed_too():
    sent = e.ActionSent(conversation_id="c", action=cn.Action("go", {"n": 1}))
    made = rows(log(("in", e.ConversationStarted(conversation_id="c")), ("out", sent)))
    assert (made[1]["out"], made[1]["actions"]) == (True, [["go", '{"n": 1}']])


def test_a_row_tells_of_so_many_actions():
    [row] = rows(log(("in", e.ActionsReceived(actions=(cn.Action("a"),) * 3000))))
    assert len(row["actions"]) == 51
    assert row["actions"][-1] == ["… 2,950 more actions", ""]


def test_changes_are_short_and_few():
    many = {f"key {n}": "x" * 500 for n in range(CHANGES_LIMIT + 9)}
    made = rows(
        log(
            ("in", e.ConversationStarted(conversation_id="c")),
            ("out", e.MetadataSet(conversation_id="c", client_msg_id="1", metadata=many)),
            ("in", e.ConversationMetadata(conversation_id="c", metadata={})),
        )
    )
    assert len(made[1]["changes"]) == len(made[2]["changes"]) == CHANGES_LIMIT
    assert len(made[1]["changes"][0][2]) == 80
    assert made[2]["changes"][0][2] is None


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (e.UserMessage(conversation_id="c", client_msg_id="1"), "(asks for the greeting)"),
        (
            e.UserMessage(
                conversation_id="c",
                client_msg_id="1",
                files=(File("https://x.org/a", "a"), File("https://x.org/b")),
            ),
            "a, https://x.org/b",
        ),
        (e.LivechatMessage(content=(Text("a"), Unknown("odd", {}))), "text, odd"),
        (e.ActionSent(conversation_id="c", action=cn.Action("go")), "go"),
        (e.ActionsReceived(actions=(cn.Action("a"), cn.Action("b"))), "a, b"),
        (e.MetadataSet(conversation_id="c", client_msg_id="1", metadata={"a": 1, "b": 2}), "a, b"),
        (e.ConversationUpdate(type="livechatAgentConnected"), "livechatAgentConnected"),
        (e.ConversationStart(), "anon"),
        (e.ConversationTranscript(conversation_id="c"), "0 messages"),
        (e.UserConversations(), "0 conversations"),
        (e.GeneralError(code=404, description="not\nfound"), "404 not found"),
        (
            e.EditMessage(conversation_id="c", client_msg_id="1", message_id="m", text="new"),
            "new",
        ),
        (e.SocketConnected(), ""),
    ],
)
def test_an_event_in_a_few_words(event: e.Event, words: str):
    assert about(event) == words


def test_json_hides_nothing():
    assert to_text({"a": "x\u202ey\u200b é"}, None) == '{"a": "x\\u202ey\\u200b é"}'
    record = log(("in", '{"a":[1.0,12345678901234567890]}'))[0]
    assert frame_text(record) == '{\n  "a": [\n    1.0,\n    12345678901234567890\n  ]\n}'
    assert frame_text(log(("in", "pong\x1b"))[0]) == "pong\\u001b"
    long = frame_text(log(("in", "y" * (FRAME_LIMIT + 5)))[0])
    assert long.endswith("y\n… and 5 more characters")


def test_a_template_is_the_event_with_an_id_of_its_own():
    said = e.UserMessage(conversation_id="c", client_msg_id="m-1", text="hello")
    again = json.loads(template(log(("out", said))[0]))
    assert again["event_type"] == "user_message"
    assert again["event_payload"]["client_msg_id"] != "m-1"
    bare = log(("out", '{"event_type": "metadata_request"}'))[0]
    assert json.loads(template(bare)) == {"event_type": "metadata_request", "event_payload": {}}


def test_what_is_wrong_with_json_is_said_with_its_place():
    assert read_object('{"a": 1}') == {"a": 1}
    with pytest.raises(UsageError, match=r"not JSON: .*, line 2, column 1\.") as caught:
        read_object('{"a": 1,\n?}')
    assert position(caught.value) == 9
    with pytest.raises(UsageError, match="not an object") as caught:
        read_object("[1]")
    assert position(caught.value) is None
    with pytest.raises(UsageError, match="too deeply"):
        read_object("[" * 100_000)


def test_what_is_noted_here_is_told_from_what_the_server_said():
    told = {kind: about(Note(kind=kind)) for kind in (DISCONNECTED, MISSED, ARRIVED)}
    assert all(text.startswith("noted here: ") for text in told.values())
    for kind in ("livechatAgentConnected", MISSED):
        assert about(e.ConversationUpdate(type=kind)) == kind
