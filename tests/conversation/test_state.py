"""The live state: what each event does to it, and that the same events give the same state."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captivate_nb.conversation.delivery import CHECK, LOOKS, SECOND_LOOK
from captivate_nb.conversation.event_messages import transcript_of, user_message
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.evidence import Ask, Send
from captivate_nb.conversation.freshness import MOST_BEHIND
from captivate_nb.conversation.live_agent import Agent
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.notes import ARRIVED, MISSED
from captivate_nb.conversation.problems import Problem
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from strategies import break_frame, events

FOLDER = Path(__file__).parents[1] / "fixtures" / "socket_api"
CONV = "conv-1"
AGENT, LEAVE = c.Option("Chat to Agent", "agent"), c.Option("Leave Details", "leave")
PDF = c.File("https://a/x.pdf", "x.pdf")
GRACE = {"name": "Grace", "id": 7}


def started(conversation_id=CONV, **start):
    """A conversation that has just begun."""
    conversation = Conversation()
    conversation.apply(e.SocketConnected(socket_id="s-1"))
    conversation.apply(e.ConversationStart(**start))
    conversation.apply(e.ConversationStarted(conversation_id=conversation_id))
    return conversation


def bot(text, *options, **fields):
    content = (c.Text(text), *((c.Buttons("", options),) if options else ()))
    return e.BotMessage(content=content, **fields)


def say(text, msg="", conversation_id=CONV, **fields):
    return e.UserMessage(
        conversation_id=conversation_id, client_msg_id=msg or f"id of {text}", text=text, **fields
    )


def entry(sender, text, **fields):
    return e.TranscriptEntry(sender, (c.Text(text),), **fields)


def told(*entries, conversation_id=CONV):
    return e.ConversationTranscript(conversation_id=conversation_id, entries=entries)


def update(kind, data=None, **fields):
    return e.ConversationUpdate(type=kind, data=data or {}, **fields)


def lines(conversation):
    return [f"{message.sender}: {message.text}" for message in conversation.transcript]


def states(conversation):
    """How far the user's messages are."""
    return [m.delivery for m in conversation.transcript.where(sender="user")]


def problems(conversation):
    return [str(problem) for problem in conversation.errors]


def state(conversation):
    """All that a conversation shows, and what it would have done next."""
    return {
        "id": conversation.id,
        "user_id": conversation.user_id,
        "messages": list(conversation.transcript),
        "choices": conversation.choices,
        "metadata": conversation.metadata,
        "agent": conversation.agent,
        "actions": list(conversation.actions),
        "updates": list(conversation.updates),
        "errors": list(conversation.errors),
        "deleted": conversation.deleted,
        "socket_id": conversation.socket_id,
        "upload_url": conversation.upload_url,
        "undecided": conversation.undecided,
        "step": conversation.deliveries.step(),
        "holds": conversation.deliveries.holds,
        "connection": conversation.deliveries.connection,
        "lag": conversation.deliveries.lag,
    }


# --- starting ---------------------------------------------------------------------------------


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
    assert conversation.apply(e.ConversationStarted(conversation_id="conv-2")) == 0
    kept = ("errors", "socket_id")
    assert {key: value for key, value in state(conversation).items() if key not in kept} == {
        key: value for key, value in state(started("conv-2")).items() if key not in kept
    }
    assert len(conversation.errors) == 1
    assert (len(old), len(conversation.transcript)) == (2, 0)


# --- messages ---------------------------------------------------------------------------------


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
    conversation.apply(update(MISSED, conversation_id=CONV))
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


# --- several conversations on one socket ------------------------------------------------------

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


# --- metadata, actions, updates, errors, deletion ---------------------------------------------


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


# --- editing ----------------------------------------------------------------------------------


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


# --- the server's transcript ------------------------------------------------------------------


def reconnect(conversation):
    conversation.apply(e.SocketConnected(socket_id="s-2"))
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))


def look(conversation, at, *entries):
    """Ask for a transcript at a time, and get these entries in answer."""
    conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=at)
    return conversation.apply(told(*entries), at=at)


def find_out(conversation, *entries):
    """Look at a transcript of these entries as often as is said; return what is left to do."""
    while isinstance(step := conversation.deliveries.step(), Ask):
        look(conversation, step.at, *entries)
    return step


def test_missed_messages_are_inserted_in_the_servers_order():
    conversation = started()
    conversation.apply(bot("hi"))
    conversation.apply(say("yes"))
    reconnect(conversation)
    conversation.apply(bot("newest"))
    first = conversation.apply(
        told(
            entry("bot", "hi"),
            entry("user", "yes"),
            entry("bot", "missed"),
            entry("agent", "missed too", name="Grace", message_id="a-1"),
            entry("bot", "newest"),
        )
    )
    assert first == 2
    assert lines(conversation) == [
        "bot: hi",
        "user: yes",
        "bot: missed",
        "agent: missed too",
        "bot: newest",
    ]
    missed = conversation.transcript[3]
    assert (missed.id, missed.agent_name, missed.time) == ("a-1", "Grace", None)
    assert states(conversation) == ["confirmed"]
    assert conversation.deliveries.step() is None


def test_what_the_server_has_is_confirmed_and_keeps_its_id_and_time():
    conversation = started()
    conversation.apply(say("yes", "u-1"), at=5.0)
    assert conversation.apply(told(entry("user", "yes", message_id="m-9"))) == 0
    (message,) = conversation.transcript
    assert (message.id, message.time, message.delivery) == ("u-1", 5.0, "confirmed")


def test_the_same_transcript_again_changes_nothing():
    conversation = started()
    conversation.apply(bot("hi"))
    transcript = told(entry("bot", "hi"), entry("user", "yes"), entry("bot", "more"))
    assert conversation.apply(transcript) == 1
    assert conversation.apply(transcript) is None
    assert lines(conversation) == ["bot: hi", "user: yes", "bot: more"]


def test_equal_texts_are_counted():
    conversation = started()
    for number in range(2):
        conversation.apply(say("yes", f"u-{number}"))
        conversation.apply(bot("ok"))
    reconnect(conversation)
    conversation.apply(told(*[entry("user", "yes"), entry("bot", "ok")] * 3))
    assert lines(conversation) == ["user: yes", "bot: ok"] * 3
    assert [m.id for m in conversation.transcript.where(sender="user")][:2] == ["u-0", "u-1"]


def test_a_text_is_known_again_whatever_its_spacing_but_not_from_another_sender():
    conversation = started()
    conversation.apply(bot("hello  there "))
    conversation.apply(told(entry("bot", "hello there"), entry("user", "hello there")))
    assert lines(conversation) == ["bot: hello  there ", "user: hello there"]


def test_lines_of_our_own_stay_behind_the_message_they_came_after():
    conversation = started()
    conversation.apply(update("failedAgentAssignment"))
    conversation.apply(bot("one"))
    conversation.apply(update("livechatAgentConnected", GRACE))
    conversation.apply(bot("two"))
    conversation.apply(update("livechatAgentDisconnected"))
    conversation.apply(
        told(
            entry("user", "before"),
            entry("bot", "one"),
            entry("bot", "between"),
            entry("bot", "two"),
        )
    )
    assert lines(conversation) == [
        "system: No agent is free right now",
        "user: before",
        "bot: one",
        "system: Grace joined the conversation",
        "bot: between",
        "bot: two",
        "system: Grace left the conversation",
    ]


def test_what_the_server_never_got_is_sent_again_once_in_its_order():
    conversation = started()
    conversation.apply(bot("hi"))
    conversation.apply(say("got", "u-1"))
    lost = [say("lost", "u-2"), say("got", "u-3")]
    for event in lost:
        conversation.apply(event)
    conversation.apply(e.SocketConnected(socket_id="s-2"))
    server = entry("bot", "hi"), entry("user", "got")
    after = ["bot: hi", "user: got", "user: lost", "user: got"]
    assert find_out(conversation, *server) == Send(lost[0])
    assert (lines(conversation), states(conversation)) == (after, ["confirmed", "queued", "queued"])
    assert [m.text for m in conversation.undecided] == ["lost", "got"]
    conversation.apply(bot("meanwhile"))
    assert conversation.apply(lost[0]) == 2
    assert states(conversation) == ["confirmed", "queued", "sent"]
    assert [m.text for m in conversation.undecided] == ["got"]
    assert conversation.deliveries.step() == Send(lost[1])
    assert conversation.apply(lost[1]) == 2
    assert conversation.apply(lost[1]) is None
    assert conversation.deliveries.step() is None
    assert lines(conversation) == [*after[:2], "bot: meanwhile", *after[2:]]
    assert states(conversation) == ["confirmed", "sent", "sent"]
    assert problems(conversation) == [
        "“got” arrived: it is in the server's transcript.",
        "“lost” had not arrived, and was sent again.",
        "“got” had not arrived, and was sent again.",
    ]


def test_a_transcript_without_it_is_asked_for_twice_before_a_message_is_sent_again():
    conversation = started()
    conversation.apply(bot("hi"), at=1.0)
    conversation.apply(say("got"), at=2.0)
    conversation.apply(say("lost"), at=3.0)
    conversation.apply(e.SocketConnected(), at=3.0)
    server = entry("bot", "hi"), entry("user", "got")
    look(conversation, 3.5, *server)
    assert conversation.deliveries.step() == Ask(3.0 + CHECK)
    assert look(conversation, 3.0 + CHECK, *server) is None
    assert conversation.deliveries.step() == Ask(3.0 + CHECK + SECOND_LOOK)
    assert conversation.deliveries.holds
    look(conversation, 3.0 + CHECK + SECOND_LOOK, *server)
    assert conversation.deliveries.step() == Send(say("lost"))


def test_a_transcript_that_was_not_asked_for_proves_nothing_of_what_it_lacks():
    conversation = started()
    conversation.apply(say("got"), at=1.0)
    conversation.apply(say("lost"), at=1.0)
    conversation.apply(e.SocketConnected(), at=1.0)
    for at in range(10, 20):
        conversation.apply(told(entry("user", "got")), at=float(at))
    assert conversation.deliveries.step() == Ask(1.0 + CHECK)


def test_a_message_sent_again_moves_behind_the_others_and_that_is_told_as_a_change():
    conversation = started()
    conversation.apply(told(entry("user", "got")))
    conversation.apply(say("lost"))
    reconnect(conversation)
    assert find_out(conversation, entry("user", "got")) == Send(say("lost"))
    assert lines(conversation) == ["user: got", "user: lost"]
    assert conversation.apply(say("lost")) == 1
    assert states(conversation) == ["confirmed", "sent"]


def test_a_break_while_lost_messages_are_sent_again_keeps_them_in_their_order():
    conversation = started()
    conversation.apply(told(entry("user", "zero")))
    events = [say(text) for text in ("one", "two", "three")]
    for event in events:
        conversation.apply(event)
    reconnect(conversation)
    assert find_out(conversation, entry("user", "zero")) == Send(events[0])
    conversation.apply(events[0])
    reconnect(conversation)
    assert find_out(conversation, entry("user", "zero"), entry("user", "two")) == Send(events[0])
    conversation.apply(events[0])
    assert conversation.deliveries.step() == Send(events[2])
    conversation.apply(events[2])
    assert conversation.deliveries.step() is None
    assert lines(conversation) == ["user: zero", "user: two", "user: one", "user: three"]


def test_an_error_without_a_conversation_puts_in_doubt_what_waits_and_nothing_else():
    conversation = started()
    conversation.apply(say("zero"), at=1.0)
    conversation.apply(told(entry("user", "zero")), at=1.0)
    conversation.apply(e.GeneralError(code=400), at=2.0)
    assert conversation.deliveries.step() is None
    conversation.apply(say("one"), at=3.0)
    conversation.apply(e.GeneralError(code=400, conversation_id="conv-2"), at=3.0)
    assert conversation.deliveries.step() is None
    conversation.apply(e.GeneralError(code=400), at=3.0)
    assert conversation.deliveries.step() == Ask(3.0 + CHECK)


def test_an_error_that_answers_a_transcript_request_is_about_no_message():
    conversation = started()
    conversation.apply(say("one"))
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))
    conversation.apply(e.GeneralError(code=400))
    assert conversation.deliveries.step() is None


def test_a_frame_that_cannot_be_read_is_no_evidence_against_a_message():
    conversation, log = started(), EventLog()
    conversation.apply(say("one"))
    for frame in ("{garbled", '{"event_type":"bot_message","event_pay', "ping", ""):
        conversation.apply_record(log.record("in", frame, 3.0))
    assert conversation.deliveries.step() is None
    assert states(conversation) == ["sent"]


def test_what_the_server_refused_and_does_not_have_has_failed_and_is_not_sent_again():
    conversation = started()
    conversation.apply(told(entry("user", "zero")))
    conversation.apply(say("one"))
    conversation.apply(e.GeneralError(code=429, description="Too many"))
    assert find_out(conversation, entry("user", "zero")) is None
    assert states(conversation) == ["confirmed", "failed"]
    assert [m.text for m in conversation.undecided] == ["one"]
    assert problems(conversation)[-1] == (
        "“one” was not delivered: the server answered error 429: Too many."
    )
    conversation.apply(told(entry("user", "zero"), entry("user", "one")))
    assert states(conversation) == ["confirmed", "confirmed"]
    assert conversation.undecided == []
    assert problems(conversation)[-1] == "“one” arrived: it is in the server's transcript."


def test_an_error_that_cannot_be_read_is_a_reason_to_look():
    conversation, log = started(), EventLog()
    conversation.apply(told(entry("user", "zero")))
    conversation.apply(say("one"))
    cut = '{"action":"receiveMessage","event":{"event_type":"general_error","event_pay'
    conversation.apply_record(log.record("in", cut, 3.0))
    assert find_out(conversation, entry("user", "zero")) is None
    assert states(conversation) == ["confirmed", "failed"]
    assert problems(conversation)[-1] == (
        "“one” was not delivered: the server answered an error that cannot be read."
    )


def test_what_failed_or_is_unknown_is_sent_again_when_the_user_says_so():
    conversation = started()
    conversation.apply(say("one"))
    conversation.apply(say("two"))
    conversation.apply(e.SocketConnected())
    conversation.apply(update(MISSED, conversation_id=CONV))
    assert states(conversation) == ["unknown", "unknown"]
    before = problems(conversation)
    assert conversation.apply(say("one")) == 0
    assert states(conversation) == ["unknown", "sent"]
    assert [m.text for m in conversation.undecided] == ["two"]
    assert problems(conversation) == [*before, "“one” was sent again, as you asked."]
    assert lines(conversation) == [
        "user: two",
        "system: Messages may be missing here",
        "user: one",
    ]


def test_what_the_user_says_arrived_is_believed_for_good():
    conversation = started()
    conversation.apply(say("one", "u-1"))
    conversation.apply(say("two", "u-2"))
    conversation.apply(e.SocketConnected())
    conversation.apply(update(MISSED, conversation_id=CONV))
    assert conversation.apply(update(ARRIVED, {"message": "u-1"}, conversation_id=CONV)) == 0
    assert conversation.apply(update(ARRIVED, {"message": "u-9"}, conversation_id=CONV)) is None
    assert states(conversation) == ["confirmed", "unknown"]
    assert [m.id for m in conversation.undecided] == ["u-2"]
    assert conversation.updates == []
    conversation.apply(e.SocketConnected())
    assert find_out(conversation, entry("user", "else")) is None
    assert states(conversation)[:1] == ["confirmed"]


def test_a_gap_is_shown_until_the_server_tells_what_was_said():
    conversation = started()
    conversation.apply(say("old"))
    conversation.apply(told(entry("user", "old")))
    conversation.apply(say("one"))
    conversation.apply(e.SocketConnected())
    conversation.apply(say("two"))
    gap = update(MISSED, conversation_id=CONV)
    assert conversation.apply(gap) == 1
    assert lines(conversation)[-1] == "system: Messages may be missing here"
    assert states(conversation) == ["confirmed", "unknown", "sent"]
    assert conversation.updates == []
    conversation.apply(told(entry("user", "old"), entry("user", "one"), entry("bot", "hi")))
    assert lines(conversation) == ["user: old", "user: one", "user: two", "bot: hi"]
    assert states(conversation) == ["confirmed", "confirmed", "sent"]


def test_a_gap_alone_is_a_change_too():
    conversation = started()
    conversation.apply(bot("hi"))
    assert conversation.apply(update(MISSED, conversation_id=CONV)) == 1


def test_an_answer_is_evidence_on_any_connection():
    conversation = started()
    conversation.apply(say("one"))
    assert conversation.apply(bot("its answer")) == 0
    assert states(conversation) == ["confirmed"]
    assert problems(conversation) == []
    conversation.apply(say("two"))
    conversation.apply(e.SocketConnected())
    assert conversation.apply(bot("its answer, late")) == 2
    assert states(conversation) == ["confirmed", "confirmed"]
    assert problems(conversation) == ["“two” arrived: it was answered."]
    assert conversation.deliveries.step() is None


def test_an_edit_that_the_server_confirms_is_evidence():
    conversation = started()
    conversation.apply(say("helo", "u-1"))
    conversation.apply(e.SocketConnected())
    edit = e.EditMessage(conversation_id=CONV, client_msg_id="m", message_id="u-1", text="hello")
    conversation.apply(edit)
    assert conversation.apply(e.MessageEdited(conversation_id=CONV, message_id="u-1")) == 0
    assert (lines(conversation), states(conversation)) == (["user: hello"], ["confirmed"])
    assert problems(conversation) == ["“helo” arrived: the server has changed it as you asked."]


def test_an_edit_whose_answer_was_cut_off_is_taken_from_the_transcript():
    conversation = started()
    conversation.apply(say("helo", "u-1"))
    conversation.apply(bot("hi"))
    edit = e.EditMessage(conversation_id=CONV, client_msg_id="m", message_id="u-1", text="hello")
    conversation.apply(edit)
    conversation.apply(e.SocketConnected())
    server = entry("user", "hello"), entry("bot", "hi")
    assert find_out(conversation, *server) is None
    look(conversation, conversation.transcript[-1].time + 10, *server)
    assert lines(conversation) == ["user: hello", "bot: hi"]
    assert states(conversation) == ["confirmed"]
    assert conversation.apply(e.MessageEdited(conversation_id=CONV, message_id="u-1")) is None


def echo(conversation, event, at=9.0):
    """Take in what a server tells of a user's message by itself."""
    return conversation.apply_record(EventLog().record("in", encode(event), at))


def test_a_message_that_the_server_tells_back_is_evidence():
    conversation = started()
    conversation.apply(say("one", "u-1"), at=1.0)
    conversation.apply(say("two", "u-2"), at=1.0)
    assert echo(conversation, say("ONE", "u-1")) == 0
    assert echo(conversation, say("ONE", "u-1")) is None
    assert (lines(conversation), states(conversation)) == (
        ["user: one", "user: two"],
        ["confirmed", "sent"],
    )
    assert problems(conversation) == []
    conversation.apply(e.SocketConnected())
    assert echo(conversation, say("two", "u-2")) == 1
    assert problems(conversation) == ["“two” arrived: the server told it back."]


def test_what_the_same_user_says_elsewhere_is_shown_once_and_has_arrived():
    conversation = started()
    assert echo(conversation, say("elsewhere", "x-1")) == 0
    assert echo(conversation, say("", "x-2")) is None
    assert echo(conversation, say("elsewhere", "x-3", "conv-2")) is None
    assert echo(conversation, say("elsewhere", "x-1")) is None
    assert (lines(conversation), states(conversation)) == (["user: elsewhere"], ["confirmed"])
    assert conversation.undecided == []
    assert conversation.deliveries.step() is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("agent", "Chat to Agent"),
        ("AGENT", "chat  to agent"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("cafe\u0301", "caf\u00e9"),
        ("\ufb01ne", "fine"),
        ("Hello   there", "hello there\n"),
        ("a long line of the user's", "a long line of…"),
    ],
)
def test_a_message_that_the_server_shows_differently_is_not_sent_again(said, shown):
    conversation = started()
    conversation.apply(bot("hi", AGENT, LEAVE))
    conversation.apply(say(said))
    hi = e.TranscriptEntry("bot", (c.Text("hi"), c.Buttons("", (AGENT, LEAVE))))
    for _ in range(3):
        conversation.apply(e.SocketConnected())
        assert find_out(conversation, hi, entry("user", shown)) is None
        assert lines(conversation)[1:] == [f"user: {said}"]
        assert states(conversation) == ["confirmed"]


def test_a_label_that_only_a_transcript_told_is_known_as_well():
    conversation = started()
    offer = e.TranscriptEntry("bot", (c.Buttons("Well?", (AGENT, LEAVE)),))
    conversation.apply(told(offer))
    conversation.apply(say("leave"))
    conversation.apply(e.SocketConnected())
    find_out(conversation, offer, entry("user", "Leave Details"))
    assert states(conversation) == ["confirmed"]


def test_an_id_that_the_server_gives_a_message_is_remembered():
    conversation = started()
    conversation.apply(say("one", "u-1"))
    conversation.apply(told(entry("user", "one", message_id="m-1")))
    other = entry("user", "shown quite differently", message_id="m-1")
    conversation.apply(told(entry("user", "one", message_id="m-0"), other))
    assert lines(conversation) == ["user: one", "user: one"]
    assert [m.id for m in conversation.transcript] == ["m-0", "u-1"]


def test_other_words_of_the_users_in_its_place_leave_it_unknown():
    conversation = started()
    conversation.apply(bot("hi"))
    conversation.apply(say("one"))
    conversation.apply(e.SocketConnected())
    for _ in range(2):
        assert find_out(conversation, entry("bot", "hi"), entry("user", "else")) is None
        assert (lines(conversation), states(conversation)) == (
            ["bot: hi", "user: one"],
            ["unknown"],
        )
    (problem,) = problems(conversation)
    assert problem == (
        "It is not known whether “one” arrived: other words of yours stand there in the transcript."
    )


def test_a_long_message_is_quoted_in_part_on_one_line():
    conversation = started()
    conversation.apply(say("a\nb " * 30))
    conversation.apply(update(MISSED, conversation_id=CONV))
    conversation.apply(e.SocketConnected())
    conversation.apply(update(MISSED, conversation_id=CONV))
    (problem,) = problems(conversation)
    quoted = problem.partition("“")[2].partition("”")[0]
    assert (len(quoted), quoted[:7], quoted[-1]) == (60, "a b a b", "…")


def test_a_transcript_without_the_users_turns_proves_nothing_but_what_it_ends_with():
    conversation = started()
    conversation.apply(bot("hi"), at=1.0)
    conversation.apply(say("one"), at=2.0)
    conversation.apply(e.SocketConnected(), at=2.0)
    conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=3.0)
    conversation.apply(told(entry("bot", "hi"), entry("bot", "its answer")), at=3.0)
    assert states(conversation) == ["confirmed"]
    conversation.apply(say("two"), at=4.0)
    conversation.apply(e.SocketConnected(), at=4.0)
    assert find_out(conversation, entry("bot", "hi"), entry("bot", "its answer")) is None
    assert states(conversation) == ["confirmed", "unknown"]
    assert "the server's transcript has none of your messages" in problems(conversation)[-1]


def test_what_may_have_been_missed_before_a_message_is_no_answer_to_it():
    conversation = started()
    conversation.apply(bot("hi"), at=1.0)
    conversation.apply(e.SocketConnected(), at=2.0)
    conversation.apply(update(MISSED, conversation_id=CONV), at=2.0)
    conversation.apply(say("one"), at=3.0)
    conversation.apply(e.SocketConnected(), at=4.0)
    look(conversation, 5.0, entry("bot", "hi"), entry("bot", "missed"))
    assert states(conversation) == ["queued"]
    assert conversation.deliveries.holds


def test_news_are_no_answer_on_a_server_that_left_the_users_turns_out_only_this_time():
    conversation = started()
    conversation.apply(say("zero"), at=1.0)
    conversation.apply(told(entry("user", "zero")), at=2.0)
    conversation.apply(say("one"), at=3.0)
    conversation.apply(e.SocketConnected(), at=4.0)
    look(conversation, 5.0, entry("bot", "more to zero"))
    assert states(conversation) == ["confirmed", "queued"]
    assert find_out(conversation, entry("bot", "more to zero")) is None
    assert states(conversation) == ["confirmed", "unknown"]


def test_the_last_entries_of_more_prove_nothing_of_what_is_not_among_them():
    conversation = started()
    for number in range(4):
        conversation.apply(say(f"{number}"), at=float(number))
        conversation.apply(bot(f"to {number}"), at=number + 0.5)
    conversation.apply(say("last"), at=5.0)
    conversation.apply(e.SocketConnected(), at=5.0)
    assert find_out(conversation, entry("user", "3"), entry("bot", "to 3")) is None
    assert states(conversation) == [*["confirmed"] * 4, "unknown"]
    assert "does not begin where the conversation did" in problems(conversation)[-1]


def test_a_line_of_our_own_is_nothing_that_a_transcript_lacks():
    conversation = started()
    conversation.apply(say("got"), at=1.0)
    conversation.apply(say("lost"), at=2.0)
    conversation.apply(update("livechatAgentConnected", GRACE), at=2.5)
    conversation.apply(e.SocketConnected(), at=3.0)
    assert find_out(conversation, entry("user", "got")) == Send(say("lost"))
    assert conversation.deliveries.lag == 0


def test_a_lag_that_was_seen_prolongs_what_is_waited_for():
    conversation = started()
    conversation.apply(bot("hi"), at=0.0)
    conversation.apply(say("one"), at=1.0)
    conversation.apply(bot("to one"), at=1.1)
    conversation.apply(e.SocketConnected(), at=2.0)
    conversation.apply(say("lost"), at=2.0)
    conversation.apply(e.SocketConnected(), at=2.0)
    look(conversation, 4.0, entry("bot", "hi"), entry("user", "one"))
    assert conversation.deliveries.lag == pytest.approx(2.9)
    whole = entry("bot", "hi"), entry("user", "one"), entry("bot", "to one")
    step = conversation.deliveries.step()
    assert isinstance(step, Ask)
    assert step.at >= 4.0 + 2.9
    assert find_out(conversation, *whole) == Send(say("lost"))


def test_a_server_that_stays_behind_is_asked_a_bounded_number_of_times():
    conversation = started()
    conversation.apply(say("zero"), at=0.0)
    conversation.apply(bot("hi"), at=0.5)
    conversation.apply(say("lost"), at=1.0)
    conversation.apply(e.SocketConnected(), at=1.0)
    looks = 0
    while isinstance(step := conversation.deliveries.step(), Ask):
        conversation.apply(bot(f"news {looks}"), at=step.at - 0.1)
        look(conversation, step.at, entry("user", "zero"))
        looks += 1
    assert looks <= LOOKS + MOST_BEHIND / CHECK
    assert states(conversation)[1] == "confirmed"


def test_connections_are_counted_by_who_records_them_and_else_by_their_first_event():
    conversation, log = Conversation(), EventLog()
    hello = encode(e.SocketConnected(socket_id="s", event_id="always the same"))
    for number, connection in enumerate([1, 1, 2, 2, 1, 3]):
        conversation.apply_record(log.record("in", hello, float(number), connection))
    assert conversation.deliveries.connection == 3
    again = Conversation()
    for number in range(4):
        again.apply_record(log.record("in", hello, float(number)))
    assert again.deliveries.connection == 4


def test_a_new_connection_forgets_which_transcripts_were_due():
    conversation = started()
    conversation.apply(say("got"), at=1.0)
    conversation.apply(say("lost"), at=1.0)
    conversation.apply(e.SocketConnected(), at=1.0)
    conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=9.0)
    conversation.apply(e.SocketConnected(), at=9.0)
    conversation.apply(told(entry("user", "got")), at=9.0)
    assert conversation.deliveries.step() == Ask(1.0 + CHECK)


def test_transcripts_answer_their_requests_in_order():
    conversation = started()
    conversation.apply(say("got"), at=1.0)
    conversation.apply(say("lost"), at=1.0)
    conversation.apply(e.SocketConnected(), at=1.0)
    for at in (1.5, 3.5):
        conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=at)
    conversation.apply(told(entry("user", "got")), at=9.0)
    assert conversation.deliveries.step() == Ask(1.0 + CHECK)
    conversation.apply(told(entry("user", "got")), at=9.0)
    assert conversation.deliveries.step() == Ask(3.5 + SECOND_LOOK)


LARGE = e.GeneralError(code=413, message_link="https://a/1", event_id="e-1", conversation_id=CONV)


def test_a_large_message_has_its_place_before_it_is_fetched():
    conversation = started()
    assert conversation.apply(LARGE) == 0
    assert conversation.apply(LARGE) is None
    conversation.apply(bot("next"))
    assert lines(conversation) == ["system: A large message is on its way", "bot: next"]
    assert conversation.heard == 1
    assert conversation.apply(bot("large", event_id="e-1")) == 0
    assert conversation.apply(bot("large", event_id="e-1")) is None
    assert (lines(conversation), conversation.heard) == (["bot: large", "bot: next"], 2)


def test_a_large_message_that_a_transcript_told_first_is_not_repeated():
    conversation = started()
    conversation.apply(LARGE)
    conversation.apply(told(entry("bot", "large"), entry("bot", "next")))
    assert conversation.apply(bot("large", event_id="e-1")) is None
    assert lines(conversation) == ["bot: large", "bot: next"]


def test_a_large_message_that_a_transcript_told_before_its_error_came_leaves_no_gap():
    conversation = started()
    conversation.apply(told(entry("bot", "large", message_id="b-1"), entry("bot", "next")))
    conversation.apply(LARGE)
    assert conversation.apply(bot("large", event_id="e-1", message_id="b-1")) == 2
    assert (lines(conversation), conversation.heard) == (["bot: large", "bot: next"], 2)


def test_what_follows_a_large_message_under_the_same_id_is_not_taken_for_it():
    conversation = Conversation()
    conversation.apply(e.SocketConnected(event_id="e"))
    conversation.apply(e.ConversationStarted(conversation_id=CONV, event_id="e"))
    link = "https://h/1"
    error = e.GeneralError(code=413, event_id="e", conversation_id=CONV, message_link=link)
    conversation.apply(error)
    conversation.apply(bot("large", event_id=conversation.large_key(error)))
    conversation.apply(bot("next", event_id="e"))
    assert lines(conversation) == ["bot: large", "bot: next"]


def test_large_messages_of_a_server_that_gives_all_events_one_id_are_kept_apart():
    conversation = started()
    errors = [
        e.GeneralError(code=413, event_id="e", conversation_id=CONV, message_link=f"https://h/{n}")
        for n in range(2)
    ]
    keys = []
    for error in errors:
        conversation.apply(error)
        keys.append(conversation.large_key(error))
    assert len(set(keys)) == 2
    for key, text in zip(reversed(keys), ("second", "first"), strict=True):
        conversation.apply(bot(text, event_id=key))
    assert lines(conversation) == ["bot: first", "bot: second"]


def test_a_large_message_that_cannot_be_had_leaves_a_line():
    conversation = started()
    conversation.apply(LARGE)
    assert conversation.apply(update(MISSED, {"large": "e-1"})) == 0
    assert conversation.apply(update(MISSED, {"large": "e-2"})) is None
    assert lines(conversation) == ["system: A large message came, and could not be shown here"]


def test_a_message_that_stands_here_by_its_id_is_not_repeated():
    conversation = started()
    conversation.apply(told(entry("bot", "hi", message_id="b-1")))
    assert conversation.apply(bot("hi", message_id="b-1", event_id="e-9")) is None
    assert conversation.apply(bot("hi", message_id="b-2")) == 1
    assert conversation.apply(bot("other", message_id="b-1")) == 2


def test_what_was_said_on_this_connection_is_on_its_way_and_not_lost():
    conversation = started()
    conversation.apply(say("on its way"))
    assert conversation.apply(told()) is None
    assert lines(conversation) == ["user: on its way"]
    assert states(conversation) == ["sent"]
    assert conversation.deliveries.step() is None


def test_what_was_confirmed_once_is_not_lost_when_a_server_forgets_it():
    conversation = started()
    conversation.apply(say("old"))
    conversation.apply(told(entry("user", "old")))
    reconnect(conversation)
    conversation.apply(told())
    assert lines(conversation) == ["user: old"]
    assert states(conversation) == ["confirmed"]
    assert conversation.deliveries.step() is None


def test_what_the_bot_said_here_stays_when_the_server_does_not_tell_it():
    conversation = started()
    conversation.apply(bot("one"))
    conversation.apply(bot("two", AGENT))
    reconnect(conversation)
    conversation.apply(told(entry("bot", "one")))
    assert lines(conversation) == ["bot: one", "bot: two\nChat to Agent"]
    assert conversation.choices == (AGENT,)


def test_asking_for_the_greeting_and_empty_entries_are_no_turns():
    conversation = started()
    conversation.apply(
        told(
            entry("user", ""),
            e.TranscriptEntry("bot", ()),
            e.TranscriptEntry("bot", (), (c.Action("go"),)),
            e.TranscriptEntry("bot", (c.Text(""), c.Text("hi"))),
        )
    )
    silent, greeting = conversation.transcript
    assert (silent.text, silent.actions) == ("", (c.Action("go"),))
    assert greeting.content == (c.Text("hi"),)
    assert conversation.actions == []


def test_a_servers_transcript_is_of_the_same_messages():
    document = decode((FOLDER / "19_conversation_transcript.json").read_text())
    messages = transcript_of(document)
    assert [(m.sender, m.text) for m in messages] == [
        ("user", "hello"),
        ("bot", "Hi. I'm the Captivate Bot."),
        ("user", "agent"),
        ("bot", "Please wait while I connect you to the support team."),
        ("user", "hello"),
        ("user", "hello"),
        ("agent", "Our agents are currently busy at the moment."),
    ]
    assert [m.id for m in messages][:2] == ["user-0", "bot-1"]
    assert {m.delivery for m in messages.where(sender="user")} == {"confirmed"}
    assert messages[3].actions == (c.Action("escalateToHuman"),)
    assert messages[1].raw["channelName"] == "test custom channel"
    conversation = started("hart_acb3b13e-4818-40fa-b57e-d8a80feba5c1")
    conversation.apply(document)
    assert conversation.transcript == messages


# --- resuming ---------------------------------------------------------------------------------


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


# --- properties -------------------------------------------------------------------------------


def check(conversation):
    """Whatever came, what a conversation shows fits together."""
    messages = list(conversation.transcript)
    assert all(type(message) is Message for message in messages)
    for message in messages:
        assert message.sender in ("user", "bot", "agent", "system")
        assert isinstance(message.id, str)
        assert isinstance(message.text, str)
        assert (message.delivery is not None) is (message.sender == "user")
        assert message.agent_name is None or message.sender == "agent"
        json.dumps(message.raw)
    turns = [message for message in messages if message.sender != "system"]
    answered = not turns or turns[-1].sender == "user"
    assert conversation.choices == (() if answered else turns[-1].choices)
    assert conversation.agent is None or conversation.agent.name
    assert all(isinstance(problem.message, str) for problem in conversation.errors)
    assert conversation.transcript[-20:].to_html()
    assert json.loads(conversation.transcript.to_json()) == conversation.transcript.to_dicts()
    assert conversation.transcript._repr_mimebundle_()
    assert conversation.choices._repr_mimebundle_()


words = st.sampled_from(["yes", "no", "a longer line of the user's"])
names = st.sampled_from(["u-1", "u-2", "u-3"])
own = st.builds(say, words, names)
told_back = st.lists(
    st.builds(entry, st.sampled_from(["user", "bot"]), words, message_id=st.none() | names),
    max_size=4,
).map(lambda entries: told(*entries))
TALK = {
    "out": st.one_of(
        own,
        own,
        st.just(e.TranscriptRequest(conversation_id=CONV)),
        st.builds(
            e.EditMessage,
            conversation_id=st.just(CONV),
            client_msg_id=st.just("m"),
            message_id=names,
            text=words,
        ),
    ),
    "in": st.one_of(
        own,
        told_back,
        told_back,
        st.builds(bot, words, message_id=st.none() | names),
        st.just(e.MessageEdited(conversation_id=CONV, message_id="u-1")),
        st.sampled_from([e.GeneralError(code=429), e.GeneralError(code=400, conversation_id=CONV)]),
        st.just(update(MISSED, conversation_id=CONV)),
        st.builds(lambda name: update(ARRIVED, {"message": name}, conversation_id=CONV), names),
    ),
}
PASSED = st.sampled_from(["in", "out"]).flatmap(
    lambda direction: st.tuples(
        st.just(direction),
        (TALK[direction] | TALK[direction] | events()).map(encode),
        st.integers(0, 4),
        st.booleans(),
    )
)


@given(st.lists(PASSED, max_size=25), st.booleans(), st.data())
def test_a_log_replayed_gives_the_state_that_was(tmp_path_factory, passed, counting, data):
    """Delivery and errors too, whether the log counts connections or not."""
    conversation, log, states = Conversation(), EventLog(), []
    start = encode(e.ConversationStarted(conversation_id=CONV))
    at, connection = 0.0, 1
    for direction, frame, later, breaks in [("in", start, 0, False), *passed]:
        states.append(state(conversation))
        at, connection = at + later, connection + breaks
        number = connection if counting else None
        conversation.apply_record(log.record(direction, frame, at, number))
    check(conversation)
    path = log.save(tmp_path_factory.mktemp("logs") / "talk.jsonl")
    assert state(Conversation.replay(EventLog.load(path))) == state(conversation)
    part = data.draw(st.integers(0, len(log) - 1))
    assert state(Conversation.replay(log[:part])) == states[part]


TEXTS = st.sampled_from(["yes", "no", "hello"])
STORY = st.lists(
    st.tuples(st.sampled_from(["say", "hear", "line", "lose", "break"]), TEXTS), max_size=25
)


class Honest:
    """A conversation, and an honest server, whose transcript is a list.

    What is said just before a break is lost, and arrives when it is sent again; what the bot says
    meanwhile is missed.
    """

    def __init__(self):
        self.conversation = started()
        self.transcript = []
        self.lines = 0
        self.lost = []
        self.asleep = False
        self.now = 0.0
        self.say("begin")

    def apply(self, event):
        self.now += 1
        self.conversation.apply(event, at=self.now)

    def say(self, text):
        if not self.asleep and not self.lost:
            self.apply(say(text, f"u-{self.now}"))
            self.transcript.append(entry("user", text))

    def lose(self, text):
        if not self.asleep:
            self.apply(say(text, f"u-{self.now}"))
            self.lost.append(text)

    def hear(self, text):
        self.transcript.append(entry("bot", text))
        if not self.asleep and not self.lost:
            self.apply(bot(text))

    def line(self, text):
        if not self.asleep:
            self.lines += 1
            self.apply(update(str(self.lines)))

    def break_(self, _):
        self.asleep = not self.asleep
        if self.asleep:
            return
        self.apply(e.SocketConnected())
        look(self.conversation, self.now, *self.transcript)
        while todo := self.conversation.deliveries.step():
            if isinstance(todo, Ask):
                self.now = max(self.now, todo.at)
                look(self.conversation, self.now, *self.transcript)
            else:
                assert todo.event.text == self.lost.pop(0)
                self.transcript.append(entry("user", todo.event.text))
                self.apply(todo.event)
        assert self.lost == []


@given(STORY)
@settings(max_examples=200)
def test_after_any_broken_connections_the_transcript_is_the_servers(story):
    server = Honest()
    steps = {
        "say": server.say,
        "hear": server.hear,
        "line": server.line,
        "lose": server.lose,
        "break": server.break_,
    }
    for step, text in [*story, ("break", ""), ("break", "")]:
        steps[step](text)
    conversation = server.conversation
    assert conversation.undecided == []
    turns = [(m.sender, m.text) for m in conversation.transcript if m.sender != "system"]
    assert turns == [(entry.sender, entry.content[0].text) for entry in server.transcript]
    ours = [m.text.rpartition(" ")[2] for m in conversation.transcript.where(sender="system")]
    assert ours == [str(number) for number in range(1, server.lines + 1)]
    check(conversation)


GOOD = [path.read_text() for path in sorted(FOLDER.glob("*.json"))] + [
    encode(event)
    for event in (
        e.SocketConnected(socket_id="s-1", upload_url="http://a/f"),
        e.ConversationStarted(conversation_id=CONV),
        bot("hi", AGENT, LEAVE, event_id="e-1"),
        e.BotMessage(
            content=(
                c.Cards((c.Card("Tea", "Hot", "https://a/t.png", "https://a", (AGENT,)),)),
                c.Files((PDF,), "Read"),
                c.Html("<b>x</b>"),
                c.Markdown("*x*"),
                c.Table("<table><tr><td>x</td></tr></table>"),
                c.Pause(500),
                c.Unknown("sticker", {"type": "sticker", "n": 1}),
            ),
            conversation_id=CONV,
        ),
        say("hello", files=(PDF,)),
        update("livechatAgentConnected", GRACE, conversation_id=CONV),
        update("livechatAgentDisconnected", conversation_id=CONV),
        e.LivechatMessage(content=(c.Text("hi"),), agent_name="Grace"),
        e.ActionsReceived(actions=(c.Action("go", {"a": 1}),)),
        e.MetadataSet(conversation_id=CONV, client_msg_id="m", metadata={"a": 1}),
        e.ConversationMetadata(conversation_id=CONV, metadata={"a": 1}),
        e.MetadataUpdated(conversation_id=CONV),
        e.TranscriptRequest(conversation_id="conv-2"),
        told(entry("user", "hello"), entry("bot", "hi"), entry("agent", "ho", name="Grace")),
        told(entry("bot", "there"), conversation_id="conv-2"),
        e.EditMessage(conversation_id=CONV, client_msg_id="m", message_id="id of hello", text="x"),
        e.MessageEdited(conversation_id=CONV, message_id="id of hello"),
        e.UserConversations(
            conversations=(e.ConversationSummary(CONV, {"a": 1}),), pagination=e.Pagination()
        ),
        e.GetConversations(user_id="ada", variant="get_user_conversations_v2", page=1, limit=5),
        e.ConversationDeleted(conversation_id=CONV, user_id="ada"),
        e.GeneralError(code=413, message_link="https://a/large"),
        e.UnknownEvent(type="typing", payload={"on": True}),
    )
]


@pytest.mark.parametrize(
    "logs", [100, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
)
def test_broken_frames_break_nothing(logs, capsys):
    """20,000 of them in 100 logs, and 1,000,000 in 5,000."""
    seed = int(os.environ.get("CAPTIVATE_NB_SEED") or random.randrange(2**32))
    with capsys.disabled():
        print(f"\n{logs * 200:,} broken frames, CAPTIVATE_NB_SEED={seed}")
    chance = random.Random(seed)
    read = 0
    for _ in range(logs):
        conversation, log = started(), EventLog()
        for number in range(200):
            frames = [break_frame(chance.choice(GOOD), chance)]
            if number % 4 == 0:
                frames.append(chance.choice(GOOD))
            for frame in frames:
                direction = chance.choice(["in", "in", "in", "out"])
                record = log.record(direction, frame, float(number))
                read += record.event is not None
                changed = conversation.apply_record(record)
                assert changed is None or 0 <= changed <= len(conversation.transcript)
        check(conversation)
        again = started()
        for record in log:
            again.apply_record(record)
        assert state(again) == state(conversation)
    assert read > logs * 140  # all 50 good ones of a log, and most broken ones in part
