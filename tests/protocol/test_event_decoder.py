"""Payloads in: every spelling of every event, and what cannot be done without."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.errors import ProtocolError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.event_decoder import _CLIENT, _SERVER, reader_of
from strategies import WIRE_KEYS, wire_json

IDS = {"conversation_id": "conv-1", "client_msg_id": "msg-1"}
PDF = c.File("https://a/x.pdf", "x.pdf", "application/pdf")
PDF_WIRE = {"url": "https://a/x.pdf", "type": "application/pdf", "filename": "x.pdf"}
HI, HI_WIRE = c.Text("hi"), {"type": "text", "text": "hi"}


def read(kind, payload, sender="server", problems=None):
    """The event of a payload; without `problems` it must have none."""
    found = [] if problems is None else problems
    reader = reader_of(kind, sender)
    assert reader is not None
    event = reader(payload, found)
    assert problems is not None or found == []
    return event


# --- from the client --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({}, e.ConversationStart()),
        ({"userId": 12}, e.ConversationStart(user_id="12")),
        ({"userMetadata": {"k": 1}}, e.ConversationStart(user_data={"k": 1})),
        ({"userData": {"k": 1}, "userMetadata": {}}, e.ConversationStart(user_data={"k": 1})),
        ({"userData": None, "userMetadata": {"k": 1}}, e.ConversationStart(user_data={"k": 1})),
        ({"userData": "x", "metadata": [], "userBasicInfo": 7}, e.ConversationStart()),
        (
            {"metadata": {"private": {"p": 1}}, "userBasicInfo": {"email": "a@b.c"}},
            e.ConversationStart(metadata={"private": {"p": 1}}, user={"email": "a@b.c"}),
        ),
    ],
)
def test_conversation_start(payload, event):
    assert read("conversation_start", payload, "client") == event


@pytest.mark.parametrize(
    ("content", "text", "files"),
    [
        (HI_WIRE, "hi", ()),
        ("hi", "hi", ()),
        ({"text": "hi"}, "hi", ()),
        ({"type": "text", "text": ""}, "", ()),
        ({"text": "look", "files": [PDF_WIRE]}, "look", (PDF,)),
        ({"type": "files", "files": [PDF_WIRE]}, "", (PDF,)),
        ({"files": {"type": "files", "files": [PDF_WIRE, PDF_WIRE]}}, "", (PDF, PDF)),
        ({"files": PDF_WIRE}, "", (PDF,)),
        ({"files": []}, "", ()),
        ({"text": None, "files": "https://a/x"}, "", (c.File("https://a/x"),)),
    ],
)
def test_what_a_user_says_comes_in_many_shapes(content, text, files):
    said = read("user_message", {**IDS, "content": content}, "client")
    assert said == e.UserMessage(**IDS, text=text, files=files)
    edited = read("edit_message", {**IDS, "message_id": "m-1", "content": content}, "client")
    assert edited == e.EditMessage(**IDS, message_id="m-1", text=text, files=files)


@pytest.mark.parametrize("content", [None, [], 5, {}, {"text": None}, {"type": "text"}])
def test_a_user_who_says_nothing_at_all_is_an_error(content):
    with pytest.raises(ProtocolError):
        read("user_message", {**IDS, "content": content}, "client")


def test_a_bad_file_is_skipped_and_named_and_the_good_ones_stay():
    problems: list[str] = []
    payload = {**IDS, "content": {"text": "look", "files": [None, PDF_WIRE]}}
    event = read("user_message", payload, "client", problems)
    assert (event.text, event.files) == ("look", (PDF,))
    assert problems == ["file 1 was skipped: a file must be an object, not None"]


def test_a_message_without_an_id_of_its_own_is_read():
    payload = {"conversation_id": 7, "content": HI_WIRE}
    assert read("user_message", payload, "client") == e.UserMessage(
        conversation_id="7", client_msg_id="", text="hi"
    )
    payload["message_id"] = "m-1"
    assert read("edit_message", payload, "client").client_msg_id == ""


@pytest.mark.parametrize("target", e.TARGETS)
def test_metadata_has_four_targets(target):
    payload = {**IDS, "metadata": {"k": 1}, "target": target}
    assert read("metadata", payload, "client") == e.MetadataSet(
        **IDS, metadata={"k": 1}, target=target
    )


def test_metadata_without_a_target_has_the_default_one():
    payload = {"conversation_id": "conv-1", "metadata": {}}
    event = e.MetadataSet(conversation_id="conv-1", client_msg_id="", metadata={})
    assert read("metadata", payload, "client") == event


def test_an_unknown_target_is_named_and_the_default_taken():
    problems: list[str] = []
    event = read("metadata", {**IDS, "metadata": {}, "target": "boat"}, "client", problems)
    assert event.target == "default"
    assert problems == [
        "target 'boat' is not one of default, bot, live, bot_live: default is taken"
    ]


def test_an_action_of_the_client():
    payload = {"conversation_id": "conv-1", "id": "escalateToHuman", "data": {"why": "x"}}
    assert read("action", payload, "client") == e.ActionSent(
        conversation_id="conv-1", action=c.Action("escalateToHuman", {"why": "x"})
    )


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("conversation_transcript_request", e.TranscriptRequest),
        ("metadata_request", e.MetadataRequest),
    ],
)
def test_requests_by_conversation(kind, event):
    assert read(kind, {"conversation_id": "conv-1"}, "client") == event(conversation_id="conv-1")


@pytest.mark.parametrize(
    "variant", ["get_conversations", "get_user_conversations", "get_user_conversations_v2"]
)
def test_a_list_is_asked_for_by_three_names(variant):
    assert read(variant, {"userId": "ada"}, "client") == e.GetConversations(
        user_id="ada", variant=variant
    )


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        (
            {
                "filter": {"plan": "vip"},
                "search": {"name": "A"},
                "pagination": {"page": 2, "limit": "5"},
                "apiKeys": ["key-1", 7, "key-2"],
            },
            {
                "filter": {"plan": "vip"},
                "search": {"name": "A"},
                "page": 2,
                "limit": 5,
                "api_keys": ("key-1", "key-2"),
            },
        ),
        ({"apiKeys": "key-1"}, {"api_keys": ("key-1",)}),
        ({"filter": [], "search": None, "pagination": "x", "apiKeys": None}, {}),
        ({"pagination": {"page": -1, "limit": 10**12}}, {}),
        ({"pagination": {"page": "one", "limit": 1.5}}, {}),
    ],
)
def test_a_list_may_be_filtered_searched_and_paged(payload, fields):
    event = read("get_user_conversations_v2", {"userId": "ada", **payload}, "client")
    assert event == e.GetConversations(user_id="ada", variant="get_user_conversations_v2", **fields)


@pytest.mark.parametrize(
    ("kind", "payload", "fields"),
    [
        ("delete_conversation", {"conversation_id": "conv-1"}, {"conversation_id": "conv-1"}),
        ("delete_conversation", {"userId": "ada"}, {"user_id": "ada"}),
        (
            "delete_user_conversations",
            {"userId": "ada", "softdelete": True},
            {"user_id": "ada", "soft": True},
        ),
        (
            "delete_user_conversations",
            {"userId": "ada", "softdelete": "yes"},
            {"user_id": "ada", "soft": None},
        ),
    ],
)
def test_deleting_comes_in_three_shapes(kind, payload, fields):
    assert read(kind, payload, "client") == e.DeleteConversation(variant=kind, **fields)


def test_deleting_nothing_in_particular_is_an_error():
    with pytest.raises(ProtocolError, match="neither “conversation_id” nor “userId”"):
        read("delete_conversation", {}, "client")


# --- from the server --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "payload", "event"),
    [
        ("socket_connected", {}, e.SocketConnected()),
        (
            "socket_connected",
            {"socket_id": "s-1", "upload_url": "http://127.0.0.1/files"},
            e.SocketConnected(socket_id="s-1", upload_url="http://127.0.0.1/files"),
        ),
        (
            "conversation_start_success",
            {"conversation_id": "conv-1"},
            e.ConversationStarted(conversation_id="conv-1"),
        ),
        ("bot_message", {}, e.BotMessage()),
        (
            "bot_message",
            {"content": HI_WIRE, "ch_msg_id": "b-1", "conversation_id": "", "bot": None},
            e.BotMessage(content=(HI,), message_id="b-1"),
        ),
        (
            "bot_message",
            {"content": [HI_WIRE], "message_id": "b-1", "conversation_id": "conv-1", "bot": {"n": 1}},
            e.BotMessage(content=(HI,), message_id="b-1", conversation_id="conv-1", bot={"n": 1}),
        ),
        (
            "livechat_message",
            {"content": [HI_WIRE], "conversation_id": ""},
            e.LivechatMessage(content=(HI,)),
        ),
        ("livechat_message", {"agent_name": "Grace"}, e.LivechatMessage(agent_name="Grace")),
        ("livechat_message", {"agentName": "Grace"}, e.LivechatMessage(agent_name="Grace")),
        ("livechat_message", {"agent": {"name": "Grace"}}, e.LivechatMessage(agent_name="Grace")),
        (
            "delete_conversation_success",
            {"userId": "ada", "conversation_id": "conv-1"},
            e.ConversationDeleted(user_id="ada", conversation_id="conv-1"),
        ),
        ("delete_conversation_success", {}, e.ConversationDeleted()),
        (
            "conversation_metadata",
            {"conversation_id": "conv-1", "content": {"k": 1}},
            e.ConversationMetadata(conversation_id="conv-1", metadata={"k": 1}),
        ),
        (
            "metadata_request",
            {"metadata": {"k": 1}},
            e.ConversationMetadata(conversation_id="", metadata={"k": 1}),
        ),
        (
            "conversation_metadata",
            {"conversation_id": "conv-1", "content": None},
            e.ConversationMetadata(conversation_id="conv-1"),
        ),
        (
            "metadata_update_success",
            {"conversation_id": "conv-1"},
            e.MetadataUpdated(conversation_id="conv-1"),
        ),
        ("metadata_update_success", {}, e.MetadataUpdated(conversation_id="")),
        (
            "message_edited_success",
            {"conversation_id": "conv-1", "message_id": 7},
            e.MessageEdited(conversation_id="conv-1", message_id="7"),
        ),
        ("message_edited_success", {}, e.MessageEdited(conversation_id="", message_id="")),
        (
            "conversation_update",
            {"type": "livechatAgentConnected", "conversation_id": "conv-1", "data": {"name": "G"}},
            e.ConversationUpdate(
                type="livechatAgentConnected", conversation_id="conv-1", data={"name": "G"}
            ),
        ),
        (
            "conversation_update",
            {"type": "failedAgentAssignment", "conversation_id": "", "data": "?"},
            e.ConversationUpdate(type="failedAgentAssignment"),
        ),
    ],
)  # fmt: skip
def test_the_servers_events(kind, payload, event):
    assert read(kind, payload) == event


@pytest.mark.parametrize(
    ("payload", "actions"),
    [
        ({"type": "normal", "id": "go", "data": {"a": 1}}, [c.Action("go", {"a": 1})]),
        ({"id": "go", "payload": [1]}, [c.Action("go", [1])]),
        ({"actions": [{"id": "go"}, {"id": "stop"}]}, [c.Action("go"), c.Action("stop")]),
        ({"actions": [{"type": "normal", "title": "go"}]}, [c.Action("go")]),
        ({"id": "go", "data": {}, "actions": [{"id": "go"}]}, [c.Action("go")]),
        ({"id": "go", "actions": []}, [c.Action("go")]),
        ({"id": "go", "actions": None}, [c.Action("go")]),
        ({"actions": []}, []),
    ],
)
def test_actions_come_in_every_clients_form(payload, actions):
    event = read("action", {**payload, "conversation_id": "conv-1"})
    assert event == e.ActionsReceived(actions=tuple(actions), conversation_id="conv-1")


def test_a_bad_action_is_skipped_and_named_and_the_good_ones_stay():
    problems: list[str] = []
    event = read("action", {"actions": [{}, "go", 5]}, problems=problems)
    assert event == e.ActionsReceived(actions=(c.Action("go"),))
    assert problems == [
        "action 1 was skipped: it has no “id”",
        "action 3 was skipped: an action must be an object, not 5",
    ]
    with pytest.raises(ProtocolError, match="action 1 was skipped"):
        read("action", {"actions": [{}]})


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"error_code": 400}, e.GeneralError(code=400)),
        ({"error_code": "400"}, e.GeneralError(code=400)),
        ({"error_code": -1}, e.GeneralError(code=-1)),
        ({"error_code": 10**12}, e.GeneralError(code=10**12)),
        ({"error_code": "9" * 40}, e.GeneralError(code="9" * 40)),
        ({"error_code": "Error code"}, e.GeneralError(code="Error code")),
        ({"code": "E-7", "message": "Busy"}, e.GeneralError(code="E-7", description="Busy")),
        (
            {"error_code": 400, "error_desc": "Invalid", "conversation_id": "conv-1"},
            e.GeneralError(code=400, description="Invalid", conversation_id="conv-1"),
        ),
        (
            {"error_code": 413, "message_link": "https://a/large", "conversation_id": ""},
            e.GeneralError(code=413, message_link="https://a/large"),
        ),
    ],
)
def test_an_errors_code_is_a_number_or_text(payload, error):
    assert read("general_error", payload) == error
    assert type(read("general_error", payload).code) is type(error.code)


@pytest.mark.parametrize(
    "kind",
    [
        "user_conversations",
        "get_conversations",
        "get_user_conversations",
        "get_user_conversations_v2",
    ],
)
def test_a_list_is_of_ids_or_of_records_under_any_of_its_names(kind):
    payload = {
        "userId": "ada",
        "conversations": [
            "conv-1",
            {"conversation_id": "conv-2", "metadata": {"k": 1}, "apiKey": "key-1"},
            {"conversationId": "conv-3", "metadata": None},
            {"id": 4},
        ],
    }
    assert read(kind, payload) == e.UserConversations(
        conversations=(
            e.ConversationSummary("conv-1"),
            e.ConversationSummary("conv-2", {"k": 1}, "key-1"),
            e.ConversationSummary("conv-3"),
            e.ConversationSummary("4"),
        ),
        user_id="ada",
    )


def test_a_bad_line_of_a_list_is_skipped_and_named():
    problems: list[str] = []
    event = read("user_conversations", {"conversations": [None, "conv-1", {}]}, problems=problems)
    assert [line.conversation_id for line in event.conversations] == ["conv-1"]
    assert problems == [
        "conversation 1 was skipped: a conversation must be an object, not None",
        "conversation 3 was skipped: it has no “conversation_id”",
    ]


@pytest.mark.parametrize(
    ("wire", "pagination"),
    [
        (None, None),
        ({}, e.Pagination()),
        (
            {
                "hasNextPage": True,
                "hasPrevPage": False,
                "page": 2,
                "pageSize": "10",
                "total": 25,
                "totalPages": 3,
            },
            e.Pagination(2, 10, 25, 3, has_next=True),
        ),
        ({"page": 1, "total": 0, "totalPages": 0}, e.Pagination(total_pages=0)),
        ({"page": "x", "hasPrevPage": 1}, e.Pagination(has_previous=True)),
    ],
)
def test_pages(wire, pagination):
    assert read("user_conversations", {"pagination": wire}).pagination == pagination


# --- whatever comes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "sender", "missing"),
    [
        ("user_message", "client", "conversation_id"),
        ("edit_message", "client", "conversation_id"),
        ("metadata", "client", "conversation_id"),
        ("action", "client", "conversation_id"),
        ("conversation_transcript_request", "client", "conversation_id"),
        ("metadata_request", "client", "conversation_id"),
        ("get_conversations", "client", "userId"),
        ("conversation_start_success", "server", "conversation_id"),
        ("action", "server", "id"),
        ("conversation_update", "server", "type"),
        ("general_error", "server", "error_code"),
    ],
)
def test_what_an_event_cannot_do_without_is_named(kind, sender, missing):
    good = {"content": HI_WIRE, "metadata": {}, "message_id": "m-1"}
    with pytest.raises(ProtocolError, match=f"it has no “{missing}”"):
        read(kind, good, sender)


@pytest.mark.parametrize("payload", [{**IDS, "metadata": 5}, IDS])
def test_metadata_must_be_an_object(payload):
    with pytest.raises(ProtocolError, match="metadata must be an object"):
        read("metadata", payload, "client")


def test_the_other_sides_event_is_read_all_the_same():
    assert read("user_message", {**IDS, "content": "hi"}, "server") == e.UserMessage(
        **IDS, text="hi"
    )
    assert read("bot_message", {}, "client") == e.BotMessage()
    assert reader_of("typing", "server") is None
    assert reader_of("", "client") is None


@given(
    st.sampled_from(
        [("client", kind) for kind in _CLIENT] + [("server", kind) for kind in _SERVER]
    ),
    st.dictionaries(st.sampled_from(WIRE_KEYS), wire_json, max_size=8),
)
def test_no_payload_breaks_a_reader(side, payload):
    problems: list[str] = []
    with contextlib.suppress(ProtocolError):
        event = read(side[1], payload, side[0], problems)
        assert isinstance(event, e.Event)
    assert all(isinstance(problem, str) and problem for problem in problems)
