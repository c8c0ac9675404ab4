"""What is decided of messages in doubt, and how it shows in a conversation."""

from __future__ import annotations

import pytest

from captivate_nb.conversation.delivery import CHECK, LOOKS, SECOND_LOOK
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.evidence import Ask, Send
from captivate_nb.conversation.freshness import MOST_BEHIND
from captivate_nb.conversation.notes import ARRIVED, MISSED
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from support.conversations import (
    CONV,
    bot,
    entry,
    find_out,
    lines,
    look,
    note,
    problems,
    reconnect,
    say,
    started,
    states,
    told,
)


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


def test_an_error_after_a_transcript_was_asked_for_may_yet_be_about_a_message():
    conversation = started()
    conversation.apply(told(entry("user", "zero")))
    conversation.apply(say("one"))
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))
    conversation.apply(e.GeneralError(code=400))
    assert find_out(conversation, entry("user", "zero")) is None
    assert states(conversation) == ["confirmed", "failed"]


def test_an_error_that_answered_a_transcript_request_leaves_what_arrived_alone():
    conversation = started()
    conversation.apply(say("one"))
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))
    conversation.apply(e.GeneralError(code=400))
    conversation.apply(e.TranscriptRequest(conversation_id=CONV))
    conversation.apply(told(entry("user", "one")))
    assert conversation.deliveries.step() is None
    assert states(conversation) == ["confirmed"]


def test_a_frame_that_cannot_be_read_is_no_evidence_against_a_message():
    conversation, log = started(), EventLog()
    conversation.apply(say("one"))
    for frame in ("{garbled", '{"event_type":"bot_message","event_pay', "ping", ""):
        conversation.apply_record(log.record("in", frame, 3.0))
    assert conversation.deliveries.step() is None
    assert states(conversation) == ["sent"]


@pytest.mark.parametrize("ending", ["", ".", "!"])
def test_what_the_server_refused_and_does_not_have_has_failed_and_is_not_sent_again(ending: str):
    conversation = started()
    conversation.apply(told(entry("user", "zero")))
    conversation.apply(say("one"))
    conversation.apply(e.GeneralError(code=429, description=f"Too many{ending}"))
    assert find_out(conversation, entry("user", "zero")) is None
    assert states(conversation) == ["confirmed", "failed"]
    assert [m.text for m in conversation.undecided] == ["one"]
    assert problems(conversation)[-1] == (
        f"“one” was not delivered: the server answered error 429: Too many{ending or '.'}"
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
    conversation.apply(note(MISSED, conversation_id=CONV))
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
    conversation.apply(note(MISSED, conversation_id=CONV))
    assert conversation.apply(note(ARRIVED, {"message": "u-1"}, conversation_id=CONV)) == 0
    assert conversation.apply(note(ARRIVED, {"message": "u-9"}, conversation_id=CONV)) is None
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
    gap = note(MISSED, conversation_id=CONV)
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
    assert conversation.apply(note(MISSED, conversation_id=CONV)) == 1


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


def test_what_is_in_doubt_in_a_conversation_that_is_deleted_is_unknown():
    conversation = started()
    conversation.apply(say("one"))
    conversation.apply(e.SocketConnected(socket_id="s-2"))
    assert conversation.apply(e.ConversationDeleted(conversation_id=CONV)) == 0
    assert (states(conversation), conversation.deliveries.step()) == (["unknown"], None)
    why = "It is not known whether “one” arrived: its conversation was deleted."
    assert problems(conversation) == [why]


def test_a_line_without_an_answer_is_named_where_its_conversation_is_left():
    conversation = started()
    conversation.apply(say("one"))
    conversation.apply(bot("to one"))
    conversation.apply(say("hang", "u-2"))
    conversation.apply(e.ConversationStart())
    conversation.apply(e.ConversationStarted(conversation_id="conv-2"))
    (line,) = conversation.errors
    assert (line.about, line.good) == ("u-2", False)
    assert line.message == (
        "“hang” had no answer when this conversation was left; session.resume('conv-1') shows what"
        " the server has of it."
    )


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
    conversation.apply(note(MISSED, conversation_id=CONV))
    conversation.apply(e.SocketConnected())
    conversation.apply(note(MISSED, conversation_id=CONV))
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
    conversation.apply(note(MISSED, conversation_id=CONV), at=2.0)
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


def test_of_equal_lines_that_both_seemed_answered_a_transcript_with_one_leaves_both_unknown():
    """The agent's first words were about something earlier, and seemed to answer the line lost."""
    agent = e.LivechatMessage(conversation_id=CONV, content=(c.Text("Maya is here."),))
    answer = e.LivechatMessage(conversation_id=CONV, content=(c.Text("I heard more."),))
    conversation = started()
    conversation.apply(say("hi"), at=1.0)
    conversation.apply(bot("hello"), at=1.1)
    conversation.apply(say("more", "u-1"), at=1.5)
    conversation.apply(e.SocketConnected(), at=1.6)
    conversation.apply(agent, at=1.7)
    conversation.apply(say("more", "u-2"), at=1.8)
    conversation.apply(answer, at=1.9)
    conversation.apply(e.SocketConnected(), at=2.0)
    before = (entry("user", "hi"), entry("bot", "hello"))
    shown = (*before, entry("agent", "Maya is here."), entry("user", "more"))
    look(conversation, 2.1, *shown, entry("agent", "I heard more."))
    assert find_out(conversation, *shown, entry("agent", "I heard more.")) is None
    assert states(conversation) == ["confirmed", "unknown", "unknown"]
