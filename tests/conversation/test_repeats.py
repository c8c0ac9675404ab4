"""Repeats: what came before by its id and content, and ids that tell nothing."""

from __future__ import annotations

import pytest

from captivate_nb.conversation.repeats import Repeats
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e


def bot(text, event_id=None, message_id=None):
    return e.BotMessage(content=(c.Text(text),), event_id=event_id, message_id=message_id)


def noted(*events, turns=0):
    repeats = Repeats()
    return [repeats.note(event, turns) for event in events]


@pytest.mark.parametrize(
    "event",
    [
        bot("hi", "e-1"),
        e.LivechatMessage(content=(c.Text("hi"),), event_id="e-1"),
        e.ActionsReceived(actions=(c.Action("go"),), event_id="e-1"),
        e.ConversationUpdate(type="livechatAgentConnected", event_id="e-1"),
    ],
)
def test_what_is_shown_and_comes_again_is_a_repeat(event):
    assert noted(event, event, event) == [False, True, True]


@pytest.mark.parametrize(
    "event",
    [
        e.SocketConnected(event_id="e-1"),
        e.ConversationTranscript(conversation_id="c-1", event_id="e-1"),
        e.ConversationMetadata(conversation_id="c-1", event_id="e-1"),
        e.GeneralError(code=400, event_id="e-1"),
        e.UnknownEvent(type="news", event_id="e-1"),
    ],
)
def test_anything_else_is_none_however_often_it_comes(event):
    assert noted(event, event, event) == [False, False, False]


def test_without_an_id_nothing_is_a_repeat():
    assert noted(bot("hi"), bot("hi")) == [False, False]


def test_a_message_is_known_by_its_own_id_under_another_event_id():
    assert noted(bot("hi", "e-1", "m-1"), bot("hi", "e-2", "m-1")) == [False, True]


def test_the_same_id_with_another_content_is_no_repeat():
    assert noted(bot("one", "e-1"), bot("two", "e-1")) == [False, False]


def test_an_id_that_once_stood_for_something_else_tells_nothing_any_more():
    always = [bot("one", "e"), bot("two", "e"), bot("two", "e"), bot("two", "e")]
    assert noted(*always) == [False] * 4
    assert noted(e.SocketConnected(event_id="e"), bot("ok", "e"), bot("ok", "e")) == [False] * 3


def test_a_message_id_still_tells_where_event_ids_do_not():
    first, again = bot("hi", "e", "m-1"), bot("hi", "e", "m-1")
    assert noted(e.SocketConnected(event_id="e"), first, again) == [False, False, True]


def test_what_bears_only_an_event_id_is_said_anew_after_the_user_has_spoken():
    repeats = Repeats()
    assert not repeats.note(bot("ok", "e"), turns=0)
    assert not repeats.note(bot("ok", "e"), turns=1)
    assert repeats.note(bot("ok", "e"), turns=1)
    assert not repeats.note(bot("ok", None, "m-1"), turns=1)
    assert repeats.note(bot("ok", None, "m-1"), turns=2)
