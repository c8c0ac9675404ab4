"""The live state: what each event does to it."""

from __future__ import annotations

import pytest

from captivate_nb.conversation.event_messages import user_message
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.live_agent import Agent
from captivate_nb.conversation.notes import GIVEN_UP, MISSED
from captivate_nb.conversation.problems import Problem
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from support.conversations import (
    CONV,
    bot,
    entry,
    lines,
    note,
    problems,
    say,
    started,
    state,
    told,
    update,
)

AGENT, LEAVE = c.Option("Chat to Agent", "agent"), c.Option("Leave Details", "leave")
PDF = c.File("https://a/x.pdf", "x.pdf")
GRACE = {"name": "Grace", "id": 7}


def test_before_anything_came_there_is_nothing():
    conversation = Conversation()
    assert state(conversation) == {
        "id": None,
        "user_id": "anon",
        "messages": [],
        "choices": (),
        "metadata": {},
        "agent": None,
        "actions": [],
        "updates": [],
        "errors": [],
        "deleted": False,
        "socket_id": None,
        "upload_url": None,
        "undecided": [],
        "step": None,
        "holds": False,
        "connection": 0,
        "lag": 0.0,
    }


def test_a_socket_tells_its_id_and_where_files_go():
    conversation = Conversation()
    assert conversation.apply(e.SocketConnected(socket_id="s-1", upload_url="http://a/f")) is None
    assert (conversation.socket_id, conversation.upload_url) == ("s-1", "http://a/f")
    conversation.apply(e.SocketConnected(socket_id="s-2"))
    assert (conversation.socket_id, conversation.upload_url) == ("s-2", None)


def test_a_start_gives_the_user_and_the_metadata_but_what_is_private():
    conversation = started(user_id="ada", metadata={"plan": "vip", "private": {"k": 1}})
    assert (conversation.id, conversation.user_id) == (CONV, "ada")
    assert conversation.metadata == {"plan": "vip"}


def test_answers_to_starts_come_in_the_order_of_the_requests():
    conversation = Conversation()
    conversation.apply(e.ConversationStart(user_id="ada"))
    conversation.apply(e.ConversationStart(user_id="bob"))
    seen = []
    for number in (1, 2, 3):
        assert conversation.apply(e.ConversationStarted(conversation_id=f"conv-{number}")) == 0
        seen.append((conversation.id, conversation.user_id))
    assert seen == [("conv-1", "ada"), ("conv-2", "bob"), ("conv-3", "anon")]


def test_a_conversation_that_nobody_asked_for_is_told_of():
    conversation = started()
    assert conversation.apply(e.ConversationStarted(conversation_id="conv-2")) == 0
    assert conversation.id == "conv-2"
    line = "The server began conversation conv-2 by itself. session.resume('conv-1') goes back."
    assert problems(conversation) == [line]


def test_a_conversation_that_is_waited_for_no_more_moves_nobody():
    conversation = started()
    conversation.apply(e.ConversationStart())
    conversation.apply(note(GIVEN_UP))
    assert conversation.apply(e.ConversationStarted(conversation_id="late")) is None
    assert (conversation.id, problems(conversation)) == (CONV, [])
    conversation.apply(e.TranscriptRequest(conversation_id="conv-2"))
    conversation.apply(note(GIVEN_UP))
    assert conversation.apply(told(conversation_id="conv-2")) is None
    assert conversation.id == CONV


def test_the_answer_to_a_later_start_is_not_taken_for_a_late_one():
    conversation = started()
    conversation.apply(e.ConversationStart(user_id="ada"))
    conversation.apply(note(GIVEN_UP))
    conversation.apply(e.ConversationStart(user_id="bob"))
    assert conversation.apply(e.ConversationStarted(conversation_id="conv-2")) == 0
    assert (conversation.id, conversation.user_id) == ("conv-2", "bob")
    assert conversation.apply(e.ConversationStarted(conversation_id="conv-3")) is None


def test_starts_that_a_broken_connection_swallowed_are_not_answered_later():
    conversation = Conversation()
    conversation.apply(e.ConversationStart(user_id="ada"))
    conversation.apply(e.SocketConnected())
    conversation.apply(e.ConversationStart(user_id="bob"))
    conversation.apply(e.ConversationStarted(conversation_id=CONV))
    assert conversation.user_id == "bob"


def test_a_new_conversation_starts_empty_and_the_old_transcript_stays_with_who_has_it():
    conversation = started(metadata={"plan": "vip"})
    conversation.apply(bot("hi", AGENT))
    conversation.apply(update("livechatAgentConnected", GRACE))
    conversation.apply(e.ActionsReceived(actions=(c.Action("go"),)))
    conversation.apply(e.GeneralError(code=500))
    old = conversation.transcript
    conversation.apply(e.ConversationStart())
    assert conversation.apply(e.ConversationStarted(conversation_id="conv-2")) == 0
    kept = ("errors", "socket_id")
    assert {key: value for key, value in state(conversation).items() if key not in kept} == {
        key: value for key, value in state(started("conv-2")).items() if key not in kept
    }
    assert len(conversation.errors) == 1
    assert (len(old), len(conversation.transcript)) == (2, 0)


def test_what_the_user_says_is_a_message_that_was_sent():
    conversation = started()
    event = say("look", "u-1", files=(PDF,))
    assert conversation.apply(event, at=5.0) == 0
    (message,) = conversation.transcript
    assert message == user_message(event, 5.0)
    assert (message.id, message.sender, message.text) == ("u-1", "user", "look\nx.pdf")
    assert (message.time, message.delivery) == (5.0, "sent")
    assert message.content == (c.Text("look"), c.Files((PDF,)))
    assert message.raw["content"]["text"] == "look"


def test_asking_for_the_greeting_is_no_turn():
    conversation = started()
    assert conversation.apply(say("", "u-1")) is None
    assert lines(conversation) == []


def test_a_message_sent_again_stands_once_and_one_without_an_id_each_time():
    conversation = started()
    assert conversation.apply(say("hi", "u-1")) == 0
    assert conversation.apply(say("hi", "u-1")) is None
    for index in (1, 2):
        event = e.UserMessage(conversation_id=CONV, client_msg_id="", text="hi")
        assert conversation.apply(event) == index
    assert len({message.id for message in conversation.transcript}) == 3


def test_the_bots_message_is_kept_with_all_it_says():
    conversation = started()
    event = bot("hi", AGENT, message_id="b-1", event_id="e-1", bot={"name": "Bo"})
    assert conversation.apply(event, at=7.0) == 0
    (message,) = conversation.transcript
    assert (message.id, message.sender, message.time) == ("b-1", "bot", 7.0)
    assert (message.text, message.content) == ("hi\nChat to Agent", event.content)
    assert (message.agent_name, message.delivery) == (None, None)
    assert message.raw["ch_msg_id"] == "b-1"
    assert message.raw["content"][0] == {"type": "text", "text": "hi"}


def test_a_message_without_an_id_gets_its_events_or_its_place():
    conversation = started()
    conversation.apply(bot("a", event_id="e-1"))
    conversation.apply(bot("b"))
    conversation.apply(e.LivechatMessage(content=(c.Text("c"),), event_id="e-2"))
    conversation.apply(e.LivechatMessage(content=(c.Text("d"),)))
    assert [m.id for m in conversation.transcript] == ["e-1", "bot-1", "e-2", "agent-3"]


def test_every_message_has_an_id_of_its_own_whatever_servers_give():
    conversation = started()
    for text in ("a", "b"):
        conversation.apply(bot(text, event_id="e-1"))
        conversation.apply(e.LivechatMessage(content=(c.Text(text),), event_id="e-1"))
        conversation.apply(update(f"to {text}", event_id="e-1"))
    conversation.apply(say("mine", "e-1"))
    conversation.apply(say("mine too", ""))
    conversation.apply(told(entry("bot", "c", message_id="e-1"), entry("user", "d")))
    conversation.apply(bot("e", event_id="e-1"))
    names = [m.id for m in conversation.transcript]
    assert (len(names), len(set(names))) == (11, 11)
    conversation.apply(e.SocketConnected())
    conversation.apply(note(MISSED, conversation_id=CONV))
    assert [m.text for m in conversation.undecided] == ["mine", "mine too"]


def test_a_server_that_gives_all_events_one_id_does_not_mix_their_texts_up():
    conversation = started()
    for text in ("a", "b", "c"):
        conversation.apply(bot(text, event_id="e-1"))
    conversation.apply(told(*(entry("bot", text) for text in "abc")))
    conversation.apply(told(entry("bot", "missed"), entry("bot", "b"), entry("bot", "c")))
    assert lines(conversation) == ["bot: a", "bot: missed", "bot: b", "bot: c"]


def test_its_repr_says_where_it_stands():
    assert repr(Conversation()) == "<Conversation not started: 0 messages>"
    conversation = started()
    assert repr(started("c\x1b[31m-1\u202e")) == "<Conversation c[31m-1: 0 messages>"
    agent = {"agent": {"name": "Maya\u202e"}}
    conversation.apply(e.ConversationUpdate(type="livechatAgentConnected", data=agent))
    assert repr(conversation) == f"<Conversation {CONV}: 1 message, with Maya>"


def test_the_agents_message_has_the_agents_name():
    conversation = started()
    conversation.apply(e.LivechatMessage(content=(c.Text("one"),)))
    conversation.apply(update("livechatAgentConnected", GRACE))
    conversation.apply(e.LivechatMessage(content=(c.Text("two"),), message_id="a-1"))
    conversation.apply(e.LivechatMessage(content=(c.Text("three"),), agent_name="Ada"))
    names = [(m.text, m.agent_name) for m in conversation.transcript.where(sender="agent")]
    assert names == [("one", None), ("two", "Grace"), ("three", "Ada")]


def test_the_time_is_now_unless_told():
    conversation = started()
    conversation.apply(bot("hi"))
    assert conversation.transcript[0].time > 1.7e9


def test_an_event_that_comes_again_changes_nothing():
    conversation = started()
    assert conversation.apply(bot("hi", event_id="e-1")) == 0
    assert conversation.apply(bot("hi", event_id="e-1")) is None
    assert conversation.apply(bot("hi", event_id="e-2")) == 1
    assert conversation.apply(bot("other", event_id="e-1")) == 2
    assert conversation.apply(bot("hi")) == 3
    assert lines(conversation) == ["bot: hi", "bot: hi", "bot: other", "bot: hi"]


def test_choices_are_those_of_the_newest_message_until_the_user_answers():
    conversation = started()
    assert conversation.choices == ()
    conversation.apply(bot("hi", AGENT, LEAVE))
    assert conversation.choices == (AGENT, LEAVE)
    conversation.apply(update("failedAgentAssignment"))
    assert conversation.choices == (AGENT, LEAVE)
    conversation.apply(say("agent"))
    assert conversation.choices == ()
    conversation.apply(bot("again", LEAVE))
    conversation.apply(bot("no question"))
    assert conversation.choices == ()


OTHERS = [
    bot("hi", conversation_id="conv-2"),
    say("hi", conversation_id="conv-2"),
    e.LivechatMessage(content=(c.Text("hi"),), conversation_id="conv-2"),
    e.ActionsReceived(actions=(c.Action("go"),), conversation_id="conv-2"),
    e.MetadataSet(conversation_id="conv-2", client_msg_id="m", metadata={"a": 1}),
    e.ConversationMetadata(conversation_id="conv-2", metadata={"a": 1}),
    e.ConversationDeleted(conversation_id="conv-2", user_id="anon"),
    update("livechatAgentConnected", GRACE, conversation_id="conv-2"),
    told(entry("bot", "hi"), conversation_id="conv-2"),
    e.EditMessage(conversation_id="conv-2", client_msg_id="m", message_id="b-1", text="x"),
    e.MessageEdited(conversation_id="conv-2", message_id="b-1"),
    e.MetadataUpdated(conversation_id="conv-2"),
    e.UserConversations(),
    e.UnknownEvent(type="typing"),
]


@pytest.mark.parametrize("event", OTHERS, ids=lambda event: event.event_type)
def test_events_of_another_conversation_change_nothing(event):
    conversation = started()
    conversation.apply(bot("here", AGENT, message_id="b-1"))
    before = state(conversation)
    assert conversation.apply(event) is None
    assert state(conversation) == before


def test_events_without_a_conversation_belong_to_the_current_one():
    conversation = started()
    assert conversation.apply(bot("hi")) == 0
    assert conversation.apply(update("livechatAgentConnected", GRACE)) == 1
    assert (
        conversation.apply(told(entry("bot", "hi"), entry("bot", "more"), conversation_id="")) == 2
    )


def test_metadata_is_merged_when_set_and_replaced_when_told():
    conversation = started(metadata={"a": 1})
    event = e.MetadataSet(
        conversation_id=CONV, client_msg_id="m", metadata={"b": 2, "private": {"k": 1}}
    )
    assert conversation.apply(event) is None
    assert conversation.metadata == {"a": 1, "b": 2}
    assert (
        conversation.apply(e.ConversationMetadata(conversation_id=CONV, metadata={"c": 3})) is None
    )
    assert conversation.metadata == {"c": 3}


def test_actions_are_kept_in_order():
    conversation = started()
    conversation.apply(e.ActionsReceived(actions=(c.Action("a"), c.Action("b"))))
    conversation.apply(e.ActionsReceived(actions=(c.Action("a"),), conversation_id=CONV))
    assert [action.id for action in conversation.actions] == ["a", "b", "a"]
    assert lines(conversation) == []


def test_an_agent_comes_and_goes():
    conversation = started()
    joined = update("livechatAgentConnected", GRACE, event_id="e-1")
    assert conversation.apply(joined, at=3.0) == 0
    assert conversation.agent == Agent("Grace", "7", GRACE)
    left = update("livechatAgentDisconnected")
    assert conversation.apply(left) == 1
    assert conversation.agent is None
    assert conversation.updates == [joined, left]
    assert lines(conversation) == [
        "system: Grace joined the conversation",
        "system: Grace left the conversation",
    ]
    first, second = conversation.transcript
    assert (first.id, first.time, second.id) == ("e-1", 3.0, "system-1")


@pytest.mark.parametrize(
    ("kind", "data", "line"),
    [
        ("failedAgentAssignment", {}, "No agent is free right now"),
        ("livechatAgentDisconnected", {"name": "Ada"}, "Ada left the conversation"),
        ("transferred", {}, "The conversation changed: transferred"),
    ],
)
def test_other_updates_are_told_too(kind, data, line):
    conversation = started()
    conversation.apply(update(kind, data))
    assert lines(conversation) == [f"system: {line}"]
    assert conversation.agent is None


@pytest.mark.parametrize(
    ("data", "agent"),
    [
        ({"name": "Grace", "id": "a-1"}, ("Grace", "a-1")),
        ({"agent": {"agentName": "Grace"}}, ("Grace", None)),
        ({"agentInfo": {"displayName": "Grace", "id": 7}}, ("Grace", "7")),
        ({"agent": "x", "firstName": "Grace", "id": []}, ("Grace", None)),
        ({"name": "", "agentName": 5}, ("An agent", None)),
        ({}, ("An agent", None)),
    ],
)
def test_an_agents_name_is_found_wherever_it_is_told(data, agent):
    conversation = started()
    conversation.apply(update("livechatAgentConnected", data))
    assert (conversation.agent.name, conversation.agent.id) == agent


def test_errors_are_listed_but_for_the_one_that_stands_for_a_large_message():
    conversation = started()
    large = e.GeneralError(code=413, message_link="https://a/large")
    assert conversation.apply(large) == 0
    assert conversation.errors == []
    error = e.GeneralError(code=400, description="Invalid", conversation_id="conv-9")
    assert conversation.apply(error, at=3.0) is None
    assert conversation.errors == [Problem("The server answered error 400: Invalid", "conv-9", 3.0)]
    assert str(conversation.errors[0]) == "The server answered error 400: Invalid"
    conversation.apply(e.GeneralError(code="E-7"))
    assert conversation.errors[1].detail == ""


def test_what_was_skipped_of_an_event_is_listed_and_the_rest_stands():
    conversation = started()
    event = e.BotMessage(content=(c.Text("hi"),), problems=("item 2 was skipped: it is empty",))
    assert conversation.apply(event, at=3.0) == 0
    assert conversation.errors == [
        Problem("Part of a bot_message was skipped: item 2 was skipped: it is empty", "", 3.0)
    ]


def test_a_frame_that_was_no_event_is_listed():
    conversation, log = started(), EventLog()
    assert conversation.apply_record(log.record("in", "{hello", 3.0)) is None
    (problem,) = conversation.errors
    assert problem.message.startswith("A frame was skipped: The frame is not JSON")
    assert (problem.detail, problem.time) == ("{hello", 3.0)
    assert conversation.add_problem("Something") == Problem("Something")


def test_of_what_was_sent_and_is_no_event_the_server_tells():
    conversation, log = started(), EventLog()
    record = log.record("out", '{"event": {"event_type": "user_message"}}', 3.0)
    assert record.problem
    conversation.apply_record(record)
    assert conversation.errors == []


@pytest.mark.parametrize(
    ("event", "deleted"),
    [
        (e.ConversationDeleted(conversation_id=CONV, user_id="ada"), True),
        (e.ConversationDeleted(conversation_id=CONV), True),
        (e.ConversationDeleted(conversation_id="ada", user_id="ada"), True),
        (e.ConversationDeleted(user_id="ada"), True),
        (e.ConversationDeleted(conversation_id="conv-2", user_id="ada"), False),
        (e.ConversationDeleted(user_id="bob"), False),
        (e.ConversationDeleted(), False),
    ],
)
def test_a_conversation_is_deleted_alone_or_with_all_of_its_user(event, deleted):
    conversation = started(user_id="ada")
    conversation.apply(update("livechatAgentConnected", GRACE))
    conversation.apply(event)
    assert conversation.deleted is deleted
    assert (conversation.agent is None) is deleted
    assert len(conversation.transcript) == 1


def test_deleting_before_there_is_a_conversation_is_no_matter():
    conversation = Conversation()
    conversation.apply(e.ConversationDeleted(user_id="anon"))
    assert conversation.deleted is False


def test_an_edit_shows_once_the_server_confirms_it():
    conversation = started()
    conversation.apply(say("helo", "u-1"))
    conversation.apply(say("other", "u-2"))
    edit = e.EditMessage(
        conversation_id=CONV, client_msg_id="m", message_id="u-1", text="hello", files=(PDF,)
    )
    assert conversation.apply(edit) is None
    assert lines(conversation)[0] == "user: helo"
    assert conversation.apply(e.MessageEdited(conversation_id=CONV, message_id="u-1")) == 0
    assert lines(conversation) == ["user: hello\nx.pdf", "user: other"]
    assert conversation.transcript[0].files == (PDF,)
    assert conversation.apply(e.MessageEdited(conversation_id=CONV, message_id="u-1")) is None


def test_an_edit_of_a_message_that_is_not_here_changes_nothing():
    conversation = started()
    conversation.apply(say("hi", "u-1"))
    conversation.apply(
        e.EditMessage(conversation_id=CONV, client_msg_id="m", message_id="u-9", text="x")
    )
    assert conversation.apply(e.MessageEdited(conversation_id=CONV, message_id="u-9")) is None
    assert lines(conversation) == ["user: hi"]


def test_a_conversation_is_resumed_by_asking_for_its_transcript():
    conversation = started(user_id="ada", metadata={"a": 1})
    conversation.apply(bot("here", AGENT))
    assert conversation.apply(e.TranscriptRequest(conversation_id="conv-2")) is None
    assert conversation.id == CONV
    assert conversation.apply(told(entry("bot", "there"), conversation_id="conv-2")) == 0
    assert (conversation.id, conversation.user_id) == ("conv-2", "ada")
    assert (lines(conversation), conversation.metadata) == (["bot: there"], {})
    assert conversation.apply(bot("on", conversation_id="conv-2")) == 1


def test_resuming_an_empty_conversation_changes_all():
    conversation = started()
    conversation.apply(bot("here"))
    conversation.apply(e.TranscriptRequest(conversation_id="conv-2"))
    assert conversation.apply(told(conversation_id="conv-2")) == 0
    assert (conversation.id, lines(conversation)) == ("conv-2", [])


def test_a_transcript_without_a_conversation_answers_the_request():
    conversation = started()
    conversation.apply(bot("here"))
    conversation.apply(e.TranscriptRequest(conversation_id="conv-2"))
    conversation.apply(told(entry("bot", "there"), conversation_id=""))
    assert (conversation.id, lines(conversation)) == ("conv-2", ["bot: there"])


def test_a_late_transcript_of_an_earlier_conversation_is_ignored():
    conversation = started()
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))
    conversation.apply(e.ConversationStarted(conversation_id="conv-2"))
    assert conversation.apply(told(entry("bot", "there"))) is None
    assert (conversation.id, lines(conversation)) == ("conv-2", [])


def test_a_transcript_that_was_asked_for_once_resumes_once():
    conversation = started()
    conversation.apply(e.TranscriptRequest(conversation_id="conv-2"))
    conversation.apply(told(conversation_id="conv-2"))
    conversation.apply(e.ConversationStarted(conversation_id="conv-3"))
    assert conversation.apply(told(conversation_id="conv-2")) is None
    assert conversation.id == "conv-3"


def test_a_conversation_the_server_does_not_know_is_not_resumed_later():
    conversation = started()
    conversation.apply(e.TranscriptRequest(conversation_id="conv-2"))
    conversation.apply(e.GeneralError(code=400, conversation_id="conv-2"))
    assert conversation.apply(told(conversation_id="conv-2")) is None
    assert conversation.id == CONV


def test_a_request_outlives_answers_about_other_conversations():
    conversation = started()
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))
    conversation.apply(e.TranscriptRequest(conversation_id="conv-2"))
    assert conversation.apply(told(entry("bot", "here"))) == 0
    assert conversation.id == CONV
    conversation.apply(told(conversation_id="conv-2"))
    assert conversation.id == "conv-2"
