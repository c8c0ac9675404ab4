"""What the server's transcripts tell, brought together with what is here."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from captivate_nb.conversation.event_messages import transcript_of
from captivate_nb.conversation.evidence import Ask, Send
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode
from support.conversations import (
    CONV,
    bot,
    echo,
    entry,
    find_out,
    lines,
    problems,
    reconnect,
    say,
    started,
    states,
    told,
    update,
)

FOLDER = Path(__file__).parents[1] / "fixtures" / "socket_api"
AGENT, LEAVE = c.Option("Chat to Agent", "agent"), c.Option("Leave Details", "leave")
GRACE = {"name": "Grace", "id": 7}


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


def test_a_message_told_back_under_another_id_is_the_same():
    conversation = started()
    conversation.apply(say("yes", "u-1"), at=1.0)
    conversation.apply(bot("go on"), at=2.0)
    conversation.apply(say("yes", "u-2"), at=3.0)
    assert echo(conversation, say("Yes", "s-1")) is None
    assert echo(conversation, say("Yes", "s-1")) is None
    assert states(conversation) == ["confirmed", "sent"]
    assert echo(conversation, say("yes", "s-2")) == 2
    assert states(conversation) == ["confirmed", "confirmed"]
    assert lines(conversation) == ["user: yes", "bot: go on", "user: yes"]
    reconnect(conversation)
    shown = (entry("user", "yes", message_id="s-1"), entry("bot", "go on"))
    assert find_out(conversation, *shown, entry("user", "yes", message_id="s-2")) is None
    assert len(lines(conversation)) == 3
    assert echo(conversation, say("yes", "elsewhere")) == 3


def test_a_message_told_back_without_an_id_is_the_one_with_its_words():
    conversation = started()
    nameless = e.UserMessage(conversation_id=CONV, client_msg_id="", text="yes")
    for number in range(2):
        conversation.apply(say("yes", f"u-{number}"), at=1.0)
        assert echo(conversation, nameless) == number
    assert (states(conversation), len(lines(conversation))) == (["confirmed"] * 2, 2)


def test_a_message_told_back_without_an_id_is_rather_one_of_this_connection():
    conversation = started()
    nameless = e.UserMessage(conversation_id=CONV, client_msg_id="", text="yes")
    conversation.apply(say("yes", "u-1"), at=1.0)
    reconnect(conversation)
    conversation.apply(say("yes", "u-2"), at=2.0)
    echo(conversation, nameless)
    assert states(conversation) == ["queued", "confirmed"]
    echo(conversation, nameless)
    assert states(conversation) == ["confirmed", "confirmed"]


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


def test_a_line_of_our_own_is_nothing_that_a_transcript_lacks():
    conversation = started()
    conversation.apply(say("got"), at=1.0)
    conversation.apply(say("lost"), at=2.0)
    conversation.apply(update("livechatAgentConnected", GRACE), at=2.5)
    conversation.apply(e.SocketConnected(), at=3.0)
    assert find_out(conversation, entry("user", "got")) == Send(say("lost"))
    assert conversation.deliveries.lag == 0


def test_a_message_that_stands_here_by_its_id_is_not_repeated():
    conversation = started()
    conversation.apply(told(entry("bot", "hi", message_id="b-1")))
    assert conversation.apply(bot("hi", message_id="b-1", event_id="e-9")) is None
    assert conversation.apply(bot("hi", message_id="b-2")) == 1
    assert conversation.apply(bot("other", message_id="b-1")) == 2


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


def test_a_line_left_out_of_a_transcript_that_has_its_answer_is_not_sent_again():
    conversation = started()
    conversation.apply(bot("Welcome"), at=1.0)
    conversation.apply(say("menu"), at=2.0)
    conversation.apply(bot("Pizza or pasta?"), at=3.0)
    conversation.apply(say("pizza"), at=5.0)
    reconnect(conversation)
    shown = [entry("bot", "Welcome"), entry("user", "menu"), entry("bot", "Pizza or pasta?")]
    assert find_out(conversation, *shown, entry("bot", "Ordered")) is None
    assert states(conversation) == ["confirmed", "unknown"]
    assert lines(conversation)[-2:] == ["user: pizza", "bot: Ordered"]
    assert problems(conversation) == [
        "It is not known whether “pizza” arrived: what came after it may have been its answer."
    ]


@pytest.mark.parametrize(
    "entries",
    [
        (entry("user", "menu"), entry("bot", "Pizza or pasta?"), entry("user", "")),
        (entry("user", "menu"), entry("bot", "Pizza or pasta?")),
    ],
)
def test_an_entry_that_cannot_be_read_may_be_the_line_that_is_missing(entries):
    conversation = started()
    conversation.apply(say("menu"), at=2.0)
    conversation.apply(bot("Pizza or pasta?"), at=3.0)
    conversation.apply(say("pizza"), at=5.0)
    reconnect(conversation)
    holes = (2,) if len(entries) == 2 else ()
    transcript = e.ConversationTranscript(conversation_id=CONV, entries=entries, holes=holes)
    while isinstance(step := conversation.deliveries.step(), Ask):
        conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=step.at)
        conversation.apply(transcript, at=step.at)
    assert step is None
    assert states(conversation) == ["confirmed", "unknown"]
    assert "cannot be read, and may be it" in problems(conversation)[-1]


def test_a_transcript_whose_newest_entry_comes_first_is_turned():
    conversation = started()
    said = ["menu", "Pizza or pasta?", "pizza", "Ordered"]
    shown = [entry(("user", "bot")[n % 2], text) for n, text in enumerate(said)]
    conversation.apply(say(said[0]), at=1.0)
    conversation.apply(bot(said[1]), at=2.0)
    conversation.apply(say(said[2]), at=3.0)
    reconnect(conversation)
    conversation.apply(told(*reversed(shown)), at=4.0)
    assert [m.text for m in conversation.transcript] == said
    assert states(conversation) == ["confirmed", "confirmed"]


@pytest.mark.parametrize(("apart", "shown"), [(5.0, "first, second"), (0.1, "second, first")])
def test_two_of_the_bots_messages_tell_which_way_round_it_is_if_they_are_apart(apart, shown):
    conversation = started()
    conversation.apply(bot("first"), at=1.0)
    conversation.apply(bot("second"), at=1.0 + apart)
    reconnect(conversation)
    conversation.apply(told(entry("bot", "second"), entry("bot", "first")), at=9.0)
    assert ", ".join(m.text for m in conversation.transcript) == shown


def test_equal_lines_do_not_tell_which_way_round_it_is():
    conversation = started()
    shown = []
    for n, text in enumerate(["first", "yes", "yes", "yes"]):
        conversation.apply(say(text, f"u-{n}"), at=10.0 * n)
        conversation.apply(bot(f"answer {n}"), at=10.0 * n + 1)
        shown += [entry("user", text), entry("bot", f"answer {n}")]
    conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=50.0)
    conversation.apply(told(*reversed(shown)), at=50.0)
    assert lines(conversation) == [f"{one.sender}: {one.content[0].text}" for one in shown]


def test_what_was_taken_the_wrong_way_round_is_turned_once_more_is_known():
    conversation = started()
    conversation.apply(bot("hi"), at=1.0)
    conversation.apply(say("menu"), at=2.0)
    reconnect(conversation)
    shown = [entry("bot", "hi"), entry("user", "menu")]
    conversation.apply(told(*reversed(shown)), at=3.0)
    for n in range(3):
        conversation.apply(say(f"line {n}"), at=10.0 + n)
        conversation.apply(bot(f"answer {n}"), at=10.5 + n)
        shown += [entry("user", f"line {n}"), entry("bot", f"answer {n}")]
    conversation.apply(told(*reversed(shown)), at=20.0)
    in_order = [m.text for m in conversation.transcript]
    assert in_order == ["hi", "menu", *(f"{a} {n}" for n in range(3) for a in ("line", "answer"))]
    conversation.apply(told(entry("bot", "missed"), shown[-1]), at=30.0)
    assert [m.text for m in conversation.transcript] == [*in_order, "missed"]


def test_what_a_hole_may_hide_does_not_make_a_transcript_old():
    conversation = started()
    conversation.apply(bot("hi"), at=0.5)
    conversation.apply(say("pizza"), at=1.0)
    conversation.apply(bot("which?"), at=1.1)
    conversation.apply(e.TranscriptRequest(conversation_id=CONV), at=4.0)
    shown = told(entry("bot", "hi"), entry("user", "pizza"), entry("bot", "baked"))
    conversation.apply(msgspec.structs.replace(shown, holes=(2,)), at=4.0)
    assert lines(conversation) == ["bot: hi", "user: pizza", "bot: which?", "bot: baked"]


def test_what_the_server_tells_in_one_entry_item_by_item_is_known_again():
    conversation = started()
    conversation.apply(bot("hi"), at=0.5)
    conversation.apply(say("pizza", "u-1"), at=1.0)
    conversation.apply(say("two of them", "u-2"), at=2.0)
    reconnect(conversation)
    both = e.TranscriptEntry("user", (c.Text("PIZZA"), c.Text("two of them")))
    conversation.apply(told(entry("bot", "hi"), both), at=4.0)
    assert states(conversation) == ["confirmed", "confirmed"]
    assert lines(conversation) == ["bot: hi", "user: pizza", "user: two of them"]


def test_what_the_server_may_have_put_into_one_entry_with_another_line_is_not_sent_again():
    conversation = started()
    conversation.apply(say("pizza", "u-1"), at=1.0)
    conversation.apply(say("two of them", "u-2"), at=2.0)
    reconnect(conversation)
    shown = entry("user", "pizza\ntwo of them", message_id="u-1")
    assert find_out(conversation, shown) is None
    assert states(conversation) == ["confirmed", "unknown"]
    assert lines(conversation) == ["user: pizza", "user: two of them"]


@pytest.mark.parametrize("last", [1, 2])
def test_the_last_entries_hold_no_answer_though_they_have_no_turn_of_the_users(last):
    conversation = started()
    conversation.apply(bot("Welcome"), at=1.0)
    conversation.apply(say("one"), at=2.0)
    conversation.apply(bot("to one"), at=3.0)
    conversation.apply(say("two"), at=5.0)
    reconnect(conversation)
    shown = (entry("bot", "to one"), entry("bot", "Are you still there?"))[-last:]
    assert find_out(conversation, *shown) is None
    assert states(conversation) == ["confirmed", "unknown"]
