"""Payloads out: the one form that the document shows, for every event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.encoder import _WRITERS, write_payload, write_transcript_entry
from strategies import events

PDF = c.File("https://a/x.pdf", "x.pdf", "application/pdf")
PDF_WIRE = {"url": "https://a/x.pdf", "type": "application/pdf", "filename": "x.pdf"}
GO = c.Action("go", {"a": 1})
GO_WIRE = {"type": "normal", "id": "go", "data": {"a": 1}}
IDS = {"conversation_id": "conv-1", "client_msg_id": "msg-1"}
HI = {"type": "text", "text": "hi"}

WRITTEN = [
    (
        e.ConversationStart(),
        ("conversation_start", {"userBasicInfo": {}, "metadata": {}}),
    ),
    (
        e.ConversationStart(
            user_id="ada", user={"firstName": "Ada"}, user_data={"k": 1}, metadata={"plan": "vip"}
        ),
        (
            "conversation_start",
            {
                "userId": "ada",
                "userBasicInfo": {"firstName": "Ada"},
                "userData": {"k": 1},
                "metadata": {"plan": "vip"},
            },
        ),
    ),
    (
        e.UserMessage(**IDS, text="hi"),
        ("user_message", {"type": "message_create", **IDS, "content": HI}),
    ),
    (
        e.UserMessage(**IDS),
        (
            "user_message",
            {"type": "message_create", **IDS, "content": {"type": "text", "text": ""}},
        ),
    ),
    (
        e.UserMessage(**IDS, files=(PDF,)),
        ("user_message", {"type": "message_create", **IDS, "content": {"files": [PDF_WIRE]}}),
    ),
    (
        e.UserMessage(**IDS, text="look", files=(PDF,)),
        (
            "user_message",
            {"type": "message_create", **IDS, "content": {"text": "look", "files": [PDF_WIRE]}},
        ),
    ),
    (
        e.EditMessage(**IDS, message_id="m-7", text="hi"),
        ("edit_message", {"type": "message_create", **IDS, "message_id": "m-7", "content": HI}),
    ),
    *(
        (
            e.MetadataSet(**IDS, metadata={"k": 1}, target=target),
            ("metadata", {**IDS, "metadata": {"k": 1}, "target": target}),
        )
        for target in e.TARGETS
    ),
    (
        e.ActionSent(conversation_id="conv-1", action=GO),
        ("action", {**GO_WIRE, "conversation_id": "conv-1"}),
    ),
    (
        e.TranscriptRequest(conversation_id="conv-1"),
        ("conversation_transcript_request", {"conversation_id": "conv-1"}),
    ),
    (
        e.MetadataRequest(conversation_id="conv-1"),
        ("metadata_request", {"conversation_id": "conv-1"}),
    ),
    (e.GetConversations(user_id="ada"), ("get_conversations", {"userId": "ada"})),
    (
        e.GetConversations(user_id="ada", variant="get_user_conversations"),
        ("get_user_conversations", {"userId": "ada"}),
    ),
    (
        e.GetConversations(
            user_id="ada",
            variant="get_user_conversations_v2",
            filter={"plan": "vip"},
            search={"name": "A"},
            page=2,
            limit=5,
            api_keys=("key-1",),
        ),
        (
            "get_user_conversations_v2",
            {
                "userId": "ada",
                "filter": {"plan": "vip"},
                "search": {"name": "A"},
                "pagination": {"page": 2, "limit": 5},
                "apiKeys": ["key-1"],
            },
        ),
    ),
    (
        e.DeleteConversation(conversation_id="conv-1"),
        ("delete_conversation", {"conversation_id": "conv-1"}),
    ),
    (
        e.DeleteConversation(user_id="ada", soft=True, variant="delete_user_conversations"),
        ("delete_user_conversations", {"userId": "ada", "softdelete": True}),
    ),
    (e.SocketConnected(socket_id="s-1"), ("socket_connected", {"socket_id": "s-1"})),
    (
        e.SocketConnected(socket_id="s-1", upload_url="http://127.0.0.1/files"),
        ("socket_connected", {"socket_id": "s-1", "upload_url": "http://127.0.0.1/files"}),
    ),
    (
        e.ConversationStarted(conversation_id="conv-1"),
        ("conversation_start_success", {"conversation_id": "conv-1"}),
    ),
    (
        e.BotMessage(content=(c.Text("hi"),)),
        ("bot_message", {"type": "message_create", "bot": {}, "content": [HI]}),
    ),
    (
        e.BotMessage(message_id="b-1", conversation_id="conv-1", bot={"name": "Bo"}),
        (
            "bot_message",
            {
                "type": "message_create",
                "ch_msg_id": "b-1",
                "conversation_id": "conv-1",
                "bot": {"name": "Bo"},
                "content": [],
            },
        ),
    ),
    (
        e.LivechatMessage(content=(c.Text("hi"),)),
        ("livechat_message", {"type": "message_create", "conversation_id": "", "content": [HI]}),
    ),
    (
        e.LivechatMessage(message_id="a-1", conversation_id="conv-1", agent_name="Grace"),
        (
            "livechat_message",
            {
                "type": "message_create",
                "conversation_id": "conv-1",
                "message_id": "a-1",
                "agent_name": "Grace",
                "content": [],
            },
        ),
    ),
    (
        e.ActionsReceived(actions=(GO, c.Action("stop")), conversation_id="conv-1"),
        (
            "action",
            {
                **GO_WIRE,
                "actions": [GO_WIRE, {"type": "normal", "id": "stop", "data": {}}],
                "conversation_id": "conv-1",
            },
        ),
    ),
    (e.ActionsReceived(actions=()), ("action", {"actions": []})),
    (
        e.UserConversations(),
        ("user_conversations", {"conversations": []}),
    ),
    (
        e.UserConversations(
            conversations=(
                e.ConversationSummary("conv-1", {"plan": "vip"}, "key-1"),
                e.ConversationSummary("conv-2"),
            ),
            pagination=e.Pagination(
                page=1, page_size=2, total=5, total_pages=3, has_next=True, has_previous=False
            ),
            user_id="ada",
        ),
        (
            "user_conversations",
            {
                "conversations": [
                    {"conversation_id": "conv-1", "metadata": {"plan": "vip"}, "apiKey": "key-1"},
                    {"conversation_id": "conv-2", "metadata": {}},
                ],
                "userId": "ada",
                "pagination": {
                    "hasNextPage": True,
                    "hasPrevPage": False,
                    "page": 1,
                    "pageSize": 2,
                    "total": 5,
                    "totalPages": 3,
                },
            },
        ),
    ),
    (
        e.ConversationDeleted(conversation_id="conv-1", user_id="ada"),
        ("delete_conversation_success", {"userId": "ada", "conversation_id": "conv-1"}),
    ),
    (e.ConversationDeleted(user_id="ada"), ("delete_conversation_success", {"userId": "ada"})),
    (
        e.ConversationMetadata(conversation_id="conv-1", metadata={"k": 1}),
        ("conversation_metadata", {"conversation_id": "conv-1", "content": {"k": 1}}),
    ),
    (
        e.MetadataUpdated(conversation_id="conv-1"),
        ("metadata_update_success", {"conversation_id": "conv-1"}),
    ),
    (
        e.MessageEdited(conversation_id="conv-1", message_id="m-7"),
        ("message_edited_success", {"conversation_id": "conv-1", "message_id": "m-7"}),
    ),
    (
        e.ConversationUpdate(type="failedAgentAssignment"),
        ("conversation_update", {"type": "failedAgentAssignment", "data": {}}),
    ),
    (
        e.ConversationUpdate(
            type="livechatAgentConnected", conversation_id="conv-1", data={"name": "Grace"}
        ),
        (
            "conversation_update",
            {
                "type": "livechatAgentConnected",
                "conversation_id": "conv-1",
                "data": {"name": "Grace"},
            },
        ),
    ),
    (
        e.GeneralError(code=400, description="Invalid conversation_id", conversation_id="conv-1"),
        (
            "general_error",
            {
                "conversation_id": "conv-1",
                "error_code": 400,
                "error_desc": "Invalid conversation_id",
            },
        ),
    ),
    (
        e.GeneralError(code=413, message_link="https://a/large"),
        (
            "general_error",
            {"error_code": 413, "error_desc": "", "message_link": "https://a/large"},
        ),
    ),
    (e.UnknownEvent(type="typing", payload={"on": True}), ("typing", {"on": True})),
]


@pytest.mark.parametrize(("event", "written"), WRITTEN)
def test_an_event_is_written_in_the_documents_form(event, written):
    assert write_payload(event) == written


def test_every_event_has_a_writer():
    assert set(_WRITERS) | {e.ConversationTranscript} == {*e.CLIENT_EVENTS, *e.SERVER_EVENTS}
    assert {type(event) for event, _ in WRITTEN} >= set(_WRITERS) - {e.ConversationTranscript}


ENTRIES = (
    e.TranscriptEntry("user", (c.Text("hi"),), message_id="e-1"),
    e.TranscriptEntry("bot", (c.Text("hello"),), (GO,), name="Bo"),
    e.TranscriptEntry("agent", (), name="Grace"),
)


def test_a_transcript_is_written_in_groups_as_in_the_documents_schema():
    event = e.ConversationTranscript(conversation_id="conv-1", entries=ENTRIES)
    kind, payload = write_payload(event)
    assert (kind, payload["conversation_id"]) == ("conversation_transcript", "conv-1")
    assert payload["transcript"] == [
        {
            "event_id": "e-1",
            "messages": [
                {"from": "user", "message_id": "e-1", "messages": [HI], "actions": [], "files": []}
            ],
        },
        {
            "event_id": "",
            "messages": [
                {
                    "from": "chatbot",
                    "chatbotName": "Bo",
                    "messages": [{"type": "text", "text": "hello"}],
                    "actions": [GO_WIRE],
                    "files": [],
                }
            ],
        },
        {
            "event_id": "",
            "messages": [
                {
                    "from": "livechat",
                    "agentName": "Grace",
                    "messages": [],
                    "actions": [],
                    "files": [],
                }
            ],
        },
    ]


def test_a_transcript_is_written_flat_as_in_the_documents_example():
    event = e.ConversationTranscript(conversation_id="conv-1", entries=ENTRIES, variant="messages")
    kind, payload = write_payload(event)
    assert kind == "conversation_transcript"
    assert "transcript" not in payload
    assert [entry["from"] for entry in payload["messages"]] == ["user", "bot", "agent"]
    assert payload["messages"] == [
        write_transcript_entry(entry, grouped=False) for entry in ENTRIES
    ]


@given(events())
def test_a_payload_is_plain_json(event):
    _, payload = write_payload(event)
    assert isinstance(payload, dict)
    assert json.loads(json.dumps(payload)) == payload
