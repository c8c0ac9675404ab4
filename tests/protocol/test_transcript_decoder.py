"""A server's transcript, in every shape, and with holes in it."""

from __future__ import annotations

import msgspec
import pytest

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.transcript_decoder import read_transcript

PDF = c.File("https://a/x.pdf", "x.pdf", "application/pdf")
PDF_WIRE = {"url": "https://a/x.pdf", "type": "application/pdf", "filename": "x.pdf"}
HI, HI_WIRE = c.Text("hi"), {"type": "text", "text": "hi"}


def read(payload, problems=None):
    """The event of a payload; without `problems` it must have none."""
    found = [] if problems is None else problems
    event = read_transcript(payload, found)
    assert problems is not None or found == []
    return event


def entries_of(payload, problems=None):
    """The entries of a transcript, without what they were read from."""
    event = read(payload, problems)
    return [msgspec.structs.replace(entry, raw={}) for entry in event.entries]


@pytest.mark.parametrize(
    ("who", "sender"),
    [
        ("user", "user"),
        ("bot", "bot"),
        ("chatbot", "bot"),
        ("agent", "agent"),
        ("agent ", "agent"),
        ("livechat", "agent"),
        (" LiveChat ", "agent"),
    ],
)
def test_senders_have_many_names(who, sender):
    assert entries_of({"messages": [{"from": who, "messages": [HI_WIRE]}]}) == [
        e.TranscriptEntry(sender, (HI,))
    ]


def test_a_sender_nobody_knows_is_taken_for_the_bot_and_named():
    problems: list[str] = []
    payload = {"messages": [{"from": "user || chatbot", "messages": [HI_WIRE]}]}
    assert entries_of(payload, problems) == [e.TranscriptEntry("bot", (HI,))]
    assert problems == ["an entry from 'user || chatbot' is taken as the bot's"]


def test_the_grouped_shape():
    event = read(
        {
            "conversation_id": "conv-1",
            "transcript": [
                {
                    "event_id": "e-1",
                    "messages": [
                        {"from": "user", "messages": [HI_WIRE]},
                        {"from": "chatbot", "chatbotName": "Bo", "messages": [HI_WIRE, HI_WIRE]},
                    ],
                },
                {"messages": {"from": "livechat", "livechatName": "Grace", "messages": HI_WIRE}},
                {"event_id": "", "messages": [{"from": "user", "message_id": "", "messages": []}]},
                {"event_id": "e-4"},
            ],
        },
    )
    assert (event.conversation_id, event.variant) == ("conv-1", "transcript")
    bare = [msgspec.structs.replace(entry, raw={}) for entry in event.entries]
    assert bare == [
        e.TranscriptEntry("user", (HI,), message_id="e-1"),
        e.TranscriptEntry("bot", (HI, HI), message_id="e-1", name="Bo"),
        e.TranscriptEntry("agent", (HI,), name="Grace"),
        e.TranscriptEntry("user"),
    ]
    assert event.entries[0].raw == {"event_id": "e-1", "from": "user", "messages": [HI_WIRE]}


def test_the_shape_with_a_dict_inside():
    event = read(
        {
            "messages": [
                {"from": "user", "messages": [HI_WIRE], "agentName": "not a user's"},
                {
                    "from": "bot",
                    "messages": {
                        "idChat": "conv-1",
                        "messages": [HI_WIRE],
                        "actions": [{"type": "normal", "title": "go"}],
                    },
                },
                {
                    "from": "bot",
                    "messages": {"messages": [], "actions": [{"title": "inner"}]},
                    "actions": [{"title": "outer"}],
                },
                {"from": "agent ", "messages": {"messages": HI_WIRE}, "agentName": "Grace"},
            ],
        },
    )
    assert (event.conversation_id, event.variant) == ("", "messages")
    bare = [msgspec.structs.replace(entry, raw={}) for entry in event.entries]
    assert bare == [
        e.TranscriptEntry("user", (HI,)),
        e.TranscriptEntry("bot", (HI,), (c.Action("go"),)),
        e.TranscriptEntry("bot", (), (c.Action("outer"),)),
        e.TranscriptEntry("agent", (HI,), name="Grace"),
    ]


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"text": "hi"}, (HI,)),
        ({"content": [HI_WIRE]}, (HI,)),
        ({"content": HI_WIRE}, (HI,)),
        ({"content": "hi"}, (HI,)),
        ({"content": {"text": "hi"}}, (HI,)),
        ({"content": {"text": "hi", "files": [PDF_WIRE]}}, (HI, c.Files((PDF,)))),
        ({"content": {"text": "", "files": [PDF_WIRE]}}, (c.Files((PDF,)),)),
        ({"content": {"text": "hi", "files": []}}, (HI,)),
        ({"content": {"files": [PDF_WIRE]}}, (c.Files((PDF,)),)),
        ({"content": {"html": "<b>"}}, (c.Html("<b>"),)),
        ({"content": "", "text": "hi"}, (HI,)),
        ({"content": {"type": "text", "text": ""}, "text": "hi"}, (HI,)),
        ({"content": [], "text": "hi"}, (HI,)),
        ({"content": None, "text": "hi"}, (HI,)),
        ({"content": [{"type": "md", "md": "*x*"}], "text": "x"}, (c.Markdown("*x*"),)),
        ({"text": "hi", "files": [PDF_WIRE]}, (HI, c.Files((PDF,)))),
        ({"files": {"type": "files", "files": [PDF_WIRE]}}, (c.Files((PDF,)),)),
        ({"content": {"files": [PDF_WIRE]}, "files": [PDF_WIRE]}, (c.Files((PDF,)),)),
        ({}, ()),
    ],
)
def test_flat_entries_come_in_many_shapes(fields, content):
    payload = {"transcript": [{"message_id": "m-1", "from": "user", **fields}]}
    assert entries_of(payload) == [e.TranscriptEntry("user", content, message_id="m-1")]


def test_a_bad_entry_is_skipped_and_named_and_the_good_ones_stay():
    problems: list[str] = []
    payload = {
        "messages": [
            7,
            {"from": "user", "messages": [HI_WIRE, None]},
            {"from": None},
            {"event_id": "e", "messages": ["?"]},
            {"from": "bot", "files": [{}], "actions": [{}]},
        ]
    }
    assert entries_of(payload, problems) == [
        e.TranscriptEntry("user", (HI,)),
        e.TranscriptEntry("bot"),
    ]
    assert problems == [
        "entry 1 was skipped: an entry must be an object, not 7",
        "item 2 was skipped: an item must be an object, not None",
        "entry 3 was skipped: it has no “from”",
        "entry 4 was skipped: an entry must be an object, not '?'",
        "file 1 was skipped: it has neither “url” nor “filename”",
        "action 1 was skipped: it has no “id”",
    ]


@pytest.mark.parametrize("payload", [{}, {"transcript": None}, {"messages": []}])
def test_an_empty_transcript(payload):
    assert entries_of(payload) == []


# --- holes and repeats ------------------------------------------------------------------------


def group(ident, *texts, sender="user"):
    said = [{"from": sender, "messages": [{"type": "text", "text": text}]} for text in texts]
    return {"event_id": ident, "messages": said}


@pytest.mark.parametrize(
    "hole",
    [
        None,
        "two",
        {"event_id": "u2", "messages": []},
        {"event_id": "u2", "messages": None},
        {"event_id": "u2", "deleted": True},
        {"event_id": "u2", "messages": {"0": {}}},
        {"event_id": "u2", "messages": [{"messages": [HI_WIRE]}]},
        {"event_type": "user_message", "event_payload": {"content": HI_WIRE}},
        {"from": None, "messages": [HI_WIRE]},
    ],
)
def test_what_cannot_be_read_leaves_a_hole(hole):
    event = read({"transcript": [group("u1", "one"), hole, group("u3", "three")]}, [])
    assert [entry.content[0].text for entry in event.entries] == ["one", "three"]
    assert event.holes == (1,)


def test_a_group_that_comes_twice_is_one():
    """Pages that overlap have it twice, word for word."""
    rows = [group("u1", "yes"), group("b1", "ok", sender="chatbot")]
    event = read({"transcript": [*rows, *rows, group("u2", "yes")]})
    assert [entry.message_id for entry in event.entries] == ["u1", "b1", "u2"]
    flat = [{"message_id": n, "from": "user", "messages": [HI_WIRE]} for n in ("1", "2", "1")]
    assert [entry.message_id for entry in read({"messages": flat}).entries] == ["1", "2"]


@pytest.mark.parametrize(
    "rows",
    [
        [group("g", "yes"), group("g", "yes")],
        [group("g", "yes"), group("g", "ok"), group("g", "yes"), group("h", "x")],
        [group("g", "yes", "yes"), group("h", "x")],
        [{"messages": [{"from": "user", "messages": [HI_WIRE]}]}] * 2,
        [{"event_id": n, "from": "user", "messages": [HI_WIRE]} for n in ("1", "1", "2")],
    ],
)
def test_equal_lines_are_not_one_where_no_id_says_so(rows):
    said = sum(len(row["messages"]) if "from" not in row else 1 for row in rows)
    assert len(read({"transcript": rows}).entries) == said
