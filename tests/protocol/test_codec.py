"""Frames and their envelope, the document's own blocks, and whatever else may come by a socket.

The blocks of the vendor's Socket API document are in `fixtures/socket_api`, numbered in its order.
`BLOCKS` says of each what had to be mended to make it JSON, and what it means.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from captivate_nb.errors import ProtocolError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import DEPTH_LIMIT, decode, encode, to_json
from strategies import FIELDS, events, json_values, wire_frames, wire_json

FOLDER = Path(__file__).parents[1] / "fixtures" / "socket_api"
CONVERSATION = "hart_acb3b13e-4818-40fa-b57e-d8a80feba5c1"
HART = "hart_0bf45c1c-dbf7-4ece-ac17-abb2a41e160b"
PICTURE = (
    "https://fc-euc1-00-pics-bkt-00.s3.eu-central-1.amazonaws.com/"
    "9ca67af811a929e146797ca9a098a7baa924f5f3f97462ea995a15f3f6ef6b39/f_marketingpicFull/"
    "u_c3f0d156af45b476c0be56a8d22f56bc4df846910c1b1a5b6ff1d8f4577b4d9d/"
    "img_37o2ah9f8j_309cbb43ff98c47af2ee993cb95fe23f9349f6e2386d9d188cf23b0fe8c336ec.jpeg"
)
JOHN = {"firstName": "John", "lastName": "Doe", "email": "john@sample.io"}
MODEL_ITEM = {
    "type": "text || buttons || cards",
    "text": "bot text message",
    "buttons": {},
    "cards": {},
}
MODEL_ENTRY = {
    "type": "text || buttons || cards",
    "text": "Actual message if type is text",
    "buttons": {
        "title": "Choose from the following:",
        "options": [{"label": "button label 1", "value": "button value 1"}],
    },
}
ESCALATE = (c.Action("escalateToHuman"),)
BOT = "AWS-LEX-QORBITAL-DEMO"

NOTHING = "nothing"
COMMENTS = "comments taken out"
STRAY = "the stray word “Javasc” taken out"

# file, what was mended, what it means, what could only be read in part
BLOCKS = [
    (
        "01_socket_connected",
        NOTHING,
        e.SocketConnected(event_id="Vp6roFYZLPEFfcg=", socket_id="Vp6roemHLPECFOQ="),
        (),
    ),
    (
        "02_conversation_start",
        COMMENTS,
        e.ConversationStart(user_id="super-unique-user-id", user=JOHN, user_data={}),
        (),
    ),
    (
        "03_conversation_start_with_metadata",
        NOTHING,
        e.ConversationStart(
            user_id="super-unique-user-id", user=JOHN, user_data={}, metadata={"sample": "sample"}
        ),
        (),
    ),
    (
        "04_conversation_start_success",
        NOTHING,
        e.ConversationStarted(
            event_id="Vp6xHFY9LPEFYXw=",
            conversation_id="super-unique-user-id-d1816568-2b18-4e8b-a09e-ec6f86eeccfd",
        ),
        (),
    ),
    (
        "05_user_message",
        COMMENTS,
        e.UserMessage(
            conversation_id="temp123-aaaaa-aaaa", client_msg_id="unique-message-id", text="hello"
        ),
        (),
    ),
    (
        "06_bot_message_model",
        COMMENTS,
        e.BotMessage(
            event_id="Vp6x7GxOLPEFb7A=",
            message_id="f14efe6e-773a-4a52-85f5-90b6d801f2d1",
            content=(c.Unknown("text || buttons || cards", MODEL_ITEM),),
        ),
        (),
    ),
    (
        "07_bot_message",
        NOTHING,
        e.BotMessage(
            event_id="Vp6x7GxOLPEFb7A=",
            message_id="f14efe6e-773a-4a52-85f5-90b6d801f2d1",
            content=(
                c.Text("Hi. I'm the Captivate Bot."),
                c.Text("You can leave us your contact details or you can chat to us directly now!"),
                c.Buttons(
                    "Please choose from one of the following:",
                    (
                        c.Option("Leave Contact Details", "Leave Contact Details"),
                        c.Option("Chat to Agent", "Chat to Agent"),
                    ),
                ),
            ),
        ),
        (),
    ),
    (
        "08_user_message_with_files",
        NOTHING,
        e.UserMessage(
            conversation_id="6f61b997-6e2c-471e-8481-27a584c5dcdc",
            client_msg_id="unique-message-id",
            files=(c.File("https://sample.pdf", "sample.pdf", "application/pdf"),),
        ),
        (),
    ),
    (
        "09_livechat_message",
        COMMENTS,
        e.LivechatMessage(
            event_id="103fb31a-a70c-4b16-977c-917956ff12ae",
            content=(c.Text("hello"), c.Files((c.File(PICTURE, "", "image"),))),
        ),
        (),
    ),
    (
        "10_metadata",
        f"{COMMENTS}, {STRAY}",
        e.MetadataSet(
            conversation_id="temp123-aaaaa-aaaa",
            client_msg_id="unique-message-id",
            metadata={"sample_metadata": "Sample metadata"},
        ),
        (
            f"target {' || '.join(e.TARGETS)!r} is not one of {', '.join(e.TARGETS)}: default is taken",
        ),
    ),
    (
        "11_action",
        COMMENTS,
        e.ActionSent(conversation_id="temp123-aaaaa-aaaa", action=c.Action("escalateToHuman")),
        (),
    ),
    (
        "12_conversation_transcript_request",
        STRAY,
        e.TranscriptRequest(conversation_id="assigned conversation id"),
        (),
    ),
    ("13_get_conversations", NOTHING, e.GetConversations(user_id="aidan"), ()),
    ("14_delete_conversation", NOTHING, e.DeleteConversation(conversation_id=HART), ()),
    ("15_delete_all_conversations", NOTHING, e.DeleteConversation(conversation_id="hart"), ()),
    (
        "16_delete_conversation_success",
        NOTHING,
        e.ConversationDeleted(user_id="hart", conversation_id=HART),
        (),
    ),
    (
        "17_metadata_request",
        NOTHING,
        e.MetadataRequest(conversation_id="6f61b997-6e2c-471e-8481-27a584c5dcdc"),
        (),
    ),
    (
        "18_conversation_transcript_model",
        COMMENTS,
        e.ConversationTranscript(
            event_id="WvVB-EB6rPEFkJQ=",
            conversation_id=CONVERSATION,
            entries=(
                e.TranscriptEntry(
                    "bot",
                    (c.Unknown("text || buttons || cards", MODEL_ENTRY),),
                    message_id="event id",
                    name="Name of chatbot in your hub if there is",
                ),
            ),
        ),
        ("an entry from 'user || chatbot || livechat' is taken as the bot's",),
    ),
    (
        "19_conversation_transcript",
        NOTHING,
        e.ConversationTranscript(
            event_id="WvVB-EB6rPEFkJQ=",
            conversation_id=CONVERSATION,
            variant="messages",
            entries=(
                e.TranscriptEntry("user", (c.Text("hello"),)),
                e.TranscriptEntry("bot", (c.Text("Hi. I'm the Captivate Bot."),), name=BOT),
                e.TranscriptEntry("user", (c.Text("agent"),)),
                e.TranscriptEntry(
                    "bot",
                    (c.Text("Please wait while I connect you to the support team."),),
                    ESCALATE,
                    name=BOT,
                ),
                e.TranscriptEntry("user", (c.Text("hello"),)),
                e.TranscriptEntry("user", (c.Text("hello"),)),
                e.TranscriptEntry(
                    "agent", (c.Text("Our agents are currently busy at the moment."),)
                ),
            ),
        ),
        (),
    ),
    (
        "20_conversation_update",
        COMMENTS,
        e.ConversationUpdate(
            type="failedAgentAssignment || livechatAgentConnected || livechatAgentDisconnected",
            conversation_id="Captivate Hub Session ID",
        ),
        (),
    ),
    (
        "21_nested_general_error",
        NOTHING,
        e.GeneralError(
            event_id="event_id",
            code="Error code",
            description="Error Description",
            conversation_id="Conversation ID",
        ),
        (),
    ),
    (
        "22_general_error",
        NOTHING,
        e.GeneralError(
            event_id="WJ8pqG9gLPEF9ng=",
            code=400,
            description="Invalid conversation_id",
            conversation_id="sasa-5beb-4a96-a0d6-8c3369e82627",
        ),
        (),
    ),
]

# What we write of a block is the block itself, but for these.
REWRITTEN = {
    "02_conversation_start": "userMetadata is written as userData, and metadata always",
    "05_user_message": None,
    "06_bot_message_model": None,
    "09_livechat_message": "a file's null filename and mimetype are one empty name and one type",
    "10_metadata": "the four targets at once are taken as default",
    "15_delete_all_conversations": None,
    "16_delete_conversation_success": "accepts_response_payload is written always",
    "18_conversation_transcript_model": "an entry's three senders at once are taken as the bot",
    "19_conversation_transcript": "an entry's messages are a list, whoever it is from",
    "20_conversation_update": "accepts_response_payload is written always",
    "21_nested_general_error": "the error is not wrapped",
}


def bare(event):
    """An event without what is never sent: what was skipped of it, and what it was read from."""
    event = msgspec.structs.replace(event, problems=())
    if isinstance(event, e.ConversationTranscript):
        entries = tuple(msgspec.structs.replace(entry, raw={}) for entry in event.entries)
        return msgspec.structs.replace(event, entries=entries)
    return event


# --- the document's blocks --------------------------------------------------------------------


def test_every_block_of_the_document_is_here():
    assert [name for name, *_ in BLOCKS] == sorted(path.stem for path in FOLDER.glob("*.json"))
    assert len(BLOCKS) == 22


@pytest.mark.parametrize(
    ("name", "_mended", "event", "problems"), BLOCKS, ids=[name for name, *_ in BLOCKS]
)
def test_a_block_means(name, _mended, event, problems):
    read = decode((FOLDER / f"{name}.json").read_text())
    assert bare(read) == event
    assert read.problems == problems


@pytest.mark.parametrize("name", [name for name, *_ in BLOCKS])
def test_a_block_survives_the_round_trip(name):
    frame = (FOLDER / f"{name}.json").read_text()
    event = bare(decode(frame))
    assert bare(decode(encode(event))) == event
    same = json.loads(encode(event)) == json.loads(frame)
    assert same is (REWRITTEN.get(name) is None)


# --- the envelope -----------------------------------------------------------------------------


def test_a_client_event_is_wrapped_for_sending():
    event = e.MetadataRequest(conversation_id="conv-1", socket_id="s-1")
    assert json.loads(encode(event)) == {
        "action": "sendMessage",
        "event": {
            "event_type": "metadata_request",
            "event_payload": {"conversation_id": "conv-1"},
            "socket_id": "s-1",
        },
    }


def test_a_server_event_is_wrapped_as_received():
    event = e.MetadataUpdated(conversation_id="conv-1", event_id="e-1")
    assert json.loads(encode(event)) == {
        "action": "receiveMessage",
        "event": {
            "event_type": "metadata_update_success",
            "event_payload": {"conversation_id": "conv-1"},
            "event_id": "e-1",
            "accepts_response_payload": False,
        },
    }
    assert "event_id" not in encode(e.MetadataUpdated(conversation_id="conv-1"))


STARTED = {"event_type": "conversation_start_success", "event_payload": {"conversation_id": "c"}}


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "receiveMessage", "event": STARTED},
        {"event": STARTED},
        STARTED,
        {**STARTED, "event": None},
        {**STARTED, "event": {"other": 1}},
    ],
)
def test_an_event_comes_with_or_without_its_envelope(frame):
    assert decode(json.dumps(frame)) == e.ConversationStarted(conversation_id="c")


def test_an_event_id_may_be_a_number_or_missing():
    assert decode(json.dumps({**STARTED, "event_id": 7})).event_id == "7"
    assert decode(json.dumps(STARTED)).event_id is None


@pytest.mark.parametrize("payload", ["", ', "event_payload": null', ', "event_payload": {}'])
def test_a_payload_may_be_missing(payload):
    assert decode('{"event_type": "socket_connected"' + payload + "}") == e.SocketConnected()


def test_the_envelope_tells_the_sender_unless_the_caller_does():
    action = {"event_type": "action", "event_payload": {"id": "go", "conversation_id": "c"}}
    out, come = {"action": "sendMessage", "event": action}, {"action": "x", "event": action}
    assert isinstance(decode(json.dumps(out)), e.ActionSent)
    assert isinstance(decode(json.dumps(come)), e.ActionsReceived)
    assert isinstance(decode(json.dumps(action)), e.ActionsReceived)
    assert isinstance(decode(json.dumps(out), "server"), e.ActionsReceived)
    assert isinstance(decode(json.dumps(come), "client"), e.ActionSent)


def test_a_frame_may_be_bytes():
    assert decode(json.dumps(STARTED).encode()) == e.ConversationStarted(conversation_id="c")


ERROR = {
    "event_type": "general_error",
    "event_payload": {"error_code": "400", "error_desc": "Invalid"},
    "event_id": "e-9",
}


@pytest.mark.parametrize("times", [0, 1, 2, 5])
def test_an_error_inside_updates_is_unwrapped(times):
    event = ERROR
    for _ in range(times):
        event = {"event_type": "conversation_update", "event_payload": event, "event_id": "outer"}
    error = e.GeneralError(code=400, description="Invalid", event_id="e-9")
    assert decode(json.dumps({"action": "receiveMessage", "event": event})) == error
    assert decode(json.dumps(event)) == error


def test_an_unknown_event_is_kept_whole():
    event = decode('{"event_type": "typing", "event_payload": {"on": true}, "event_id": "e-1"}')
    assert event == e.UnknownEvent(type="typing", payload={"on": True}, event_id="e-1")


def test_a_frame_with_one_bad_item_keeps_its_good_ones_and_lists_the_problem():
    event = decode(
        json.dumps(
            {
                "event_type": "bot_message",
                "event_payload": {
                    "content": [
                        {"type": "text", "text": "before"},
                        {"type": "text"},
                        {"type": "cards", "cards": [{"text": "Tea"}, 5]},
                    ]
                },
            }
        )
    )
    assert event.content == (c.Text("before"), c.Cards((c.Card("Tea"),)))
    assert event.problems == (
        "item 2 was skipped: it has no “text”",
        "card 2 was skipped: a card must be an object, not 5",
    )


# --- what is no event -------------------------------------------------------------------------


def nested(levels):
    """A frame that nests so many levels of objects and arrays, three of them its own."""
    inner = "[" * (levels - 3) + "]" * (levels - 3)
    return '{"event": {"event_type": "zz", "event_payload": {"a": ' + inner + "}}}"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"\xff\xfe\x00", "The frame is not JSON: "),
        ('{"a": "\ud800"}', "The frame is not JSON: 'utf-8' codec can't encode character"),
        ('{"a": ' + "1" * 5000 + "}", "The frame is not JSON: "),
        ('{"a": NaN}', "The frame is not JSON: "),
        ("[" * 5000, "The frame is not JSON: "),
        ('{"a": tru}', "The frame is not JSON: "),
        ('{"a": -}', "The frame is not JSON: "),
        ("[1]", "The frame is JSON, and not an object."),
        ('{"text": "x"}', "The frame has no “event_type”."),
        ('{"event": {"text": "x"}}', "The frame has no “event_type”."),
        ('{"event_type": ""}', "The frame has no “event_type”."),
        ('{"event_type": ["user_message"]}', "The frame has no “event_type”."),
        (
            '{"event_type": "bot_message", "event_payload": []}',
            "The bot_message event cannot be read: event_payload must be an object, not [].",
        ),
        (
            '{"event_type": "general_error"}',
            "The general_error event cannot be read: it has no “error_code”.",
        ),
    ],
    ids=range(14),
)
def test_what_is_no_event_is_a_protocol_error_that_says_why(frame, reason):
    with pytest.raises(ProtocolError) as caught:
        decode(frame)
    assert str(caught.value).startswith(reason)
    assert caught.value.frame == (frame if isinstance(frame, str) else "��\x00")[:200]
    assert not caught.value.cut


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ('{"event_type": "bot_message", "event_payload": []}', "bot_message"),
        (nested(DEPTH_LIMIT + 1), "zz"),
        (
            '{"event": {"event_payload": {"a": NaN}, "event_type" : "conversation_update"}}',
            "conversation_update",
        ),
        ('{"event_type": "bot_message"} {}', "bot_message"),
        ('{"event_type": "bot_message", "event_payl', "bot_message"),
        ('{"event_type": "bot_mess', ""),
        ('{"event_type": ["bot_message"]}', ""),
        ('{"text": "x"}', ""),
    ],
    ids=range(8),
)
def test_what_cannot_be_read_says_which_event_it_was_to_be(frame, kind):
    with pytest.raises(ProtocolError) as caught:
        decode(frame)
    assert caught.value.event_type == kind


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\ud83d", "\ufffd"),
        (r"a\uDE00b", "a\ufffdb"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ud83d\u00e9\\ud83d\n", "\ufffdé\\ud83d\n"),
    ],
)
def test_half_a_surrogate_pair_is_a_replacement_character(escaped, text):
    """JavaScript writes it where a text is cut inside an emoji."""
    frame = '{"event_type": "bot_message", "event_payload": {"content": "' + escaped + '"}}'
    assert decode(frame) == e.BotMessage(content=(c.Text(text),))
    assert decode("\ufeff" + frame) == decode(frame)


def test_a_frame_nests_only_so_deep_that_nothing_after_it_recurses_too_far():
    assert decode(nested(DEPTH_LIMIT)).type == "zz"
    with pytest.raises(ProtocolError, match="nests more than 100 levels deep"):
        decode(nested(DEPTH_LIMIT + 1))


def test_a_frame_may_hold_many_lists_side_by_side():
    wide = [[] for _ in range(5000)]
    frame = json.dumps({"event_type": "zz", "event_payload": {"a": wide}})
    assert decode(frame).payload == {"a": wide}


@pytest.mark.parametrize("levels", [300, 900, 970, 980, 985, 990, 1000, 100_000])
def test_no_depth_of_nesting_breaks_the_reading(levels):
    with pytest.raises(ProtocolError):
        decode(nested(levels))


@pytest.mark.parametrize("value", ["\ud800", object(), [{"a": object()}]], ids=range(3))
def test_what_has_no_json_form_is_a_protocol_error(value):
    with pytest.raises(ProtocolError, match="This cannot be sent as JSON"):
        to_json(value)
    with pytest.raises(ProtocolError, match="This cannot be sent as JSON"):
        encode(e.MetadataUpdated(conversation_id=value))


def test_what_contains_itself_has_no_json_form():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ProtocolError, match="This cannot be sent as JSON"):
        to_json(loop)


# --- properties -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FIELDS)
@given(data=st.data())
@settings(max_examples=50)
def test_an_event_written_and_read_is_the_same_event(kind, data):
    event = data.draw(events(kind))
    assert bare(decode(encode(event))) == event


@given(events())
def test_an_event_is_the_same_in_text_and_bytes_and_without_its_envelope(event):
    frame = encode(event)
    assert decode(frame.encode()) == decode(frame)
    assert decode(json.dumps(json.loads(frame)["event"]), event.sender) == decode(frame)


PIECES = st.sampled_from(
    ["é", "\U0001f600", "\\", '"', "\n", "{", "}", 0, -1, -2.5e-300, 1e300, None, True, [], {}]
)


@given(event=events(), more=st.lists(PIECES, max_size=4), escaped=st.booleans(), data=st.data())
def test_a_frame_that_ends_too_early_is_cut_wherever_it_ends(event, more, escaped, data):
    frame = json.dumps({**json.loads(encode(event)), "more": more}, ensure_ascii=escaped)
    end = data.draw(st.integers(1, len(frame) - 1))
    for piece in (frame[:end], " \n" + frame[:end], frame.encode()[:end]):
        for sender in ("server", "client", None):
            with pytest.raises(ProtocolError) as caught:
                decode(piece, sender)
            assert caught.value.cut


@given(events(), st.sampled_from(["}", "x", " {", "\x00", ",", '"']))
def test_a_frame_with_too_much_is_not_cut(event, more):
    with pytest.raises(ProtocolError) as caught:
        decode(encode(event) + more)
    assert not caught.value.cut


def read_or_refuse(frame, sender=None):
    """Read a frame that may be anything: what is read can be written, and reads the same then."""
    with contextlib.suppress(ProtocolError):
        event = decode(frame, sender)
        if isinstance(event, e.ClientEvent):
            event = msgspec.structs.replace(event, event_id=None)
        assert bare(decode(encode(event))) == bare(event)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xef\xbb\xbf{}")
def test_no_bytes_break_the_reading(frame):
    read_or_refuse(frame)


@given(st.text(st.characters(), max_size=200))
def test_no_text_breaks_the_reading(frame):
    read_or_refuse(frame)


@given(json_values | wire_json)
def test_no_json_value_breaks_the_reading(value):
    read_or_refuse(json.dumps(value))


@given(wire_frames, st.sampled_from(["client", "server", None]))
def test_no_frame_breaks_the_reading(frame, sender):
    read_or_refuse(frame, sender)
