"""Waiting: answers matched in order, turns that end when it is quiet."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from captivate_nb.client.waiting import (
    Disconnected,
    Garbled,
    Pending,
    ReplyWaiter,
    Requests,
    error_of,
)
from captivate_nb.conversation.message import Message
from captivate_nb.errors import CaptivateError, ProtocolError, ServerError, SessionClosed
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Pause, Text


def waiting_for(requests: Requests, *what: Any, **how: Any) -> Pending:
    """Let a request wait, and return it."""
    pending = Pending(*what, **how)
    requests.add(pending)
    return pending


def is_metadata(event: e.Event) -> bool:
    return isinstance(event, e.ConversationMetadata)


async def test_answers_go_to_the_oldest_request_they_match():
    requests = Requests()
    first, second = (waiting_for(requests, is_metadata, "c") for _ in range(2))
    answer = e.ConversationMetadata(conversation_id="c")

    assert not requests.settle(e.BotMessage())
    assert requests.settle(answer)
    assert first.answer.result() is answer
    assert not second.answer.done()
    assert requests.settle(answer)
    assert not requests.settle(answer)


async def test_an_error_goes_to_the_oldest_request_of_its_conversation():
    requests = Requests()
    other, mine = (
        waiting_for(requests, is_metadata, "other"),
        waiting_for(requests, is_metadata, "c"),
    )

    assert requests.settle(e.GeneralError(code=400, description="no", conversation_id="c"))
    with pytest.raises(ServerError, match="400: no"):
        mine.answer.result()
    assert not requests.settle(e.GeneralError(code=400, conversation_id="c"))
    assert requests.settle(e.GeneralError(code=500))
    with pytest.raises(ServerError, match="500"):
        other.answer.result()


async def test_failing_ends_every_wait_and_a_cancelled_one_is_left_alone():
    requests = Requests()
    gone, there = waiting_for(requests, is_metadata, "c"), waiting_for(requests, is_metadata, "c")
    gone.answer.cancel()
    requests.fail(SessionClosed("over"))
    with pytest.raises(SessionClosed):
        there.answer.result()
    requests.remove(there)
    late = waiting_for(requests, is_metadata, "c")
    requests.remove(late)
    assert not requests.settle(e.ConversationMetadata(conversation_id="c"))


def test_an_error_says_code_words_and_conversation():
    error = error_of(e.GeneralError(code="E7", description="odd", conversation_id="c-9"))
    assert str(error) == "The server answered error E7: odd (conversation c-9)."


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_turn_ends_when_it_is_quiet():
    turn = ReplyWaiter()
    waiting = asyncio.create_task(turn.wait(0.05, soon(5)))
    await asyncio.sleep(0)
    turn.note(e.MetadataUpdated(conversation_id="c"))
    assert turn.latency is None
    turn.note(e.BotMessage(content=(Text("a"), Pause(100))))
    assert turn.latency is not None
    assert await waiting


async def test_a_turn_without_a_sign_ends_at_its_deadline():
    assert not await ReplyWaiter().wait(0.01, soon(0.02))


async def test_a_turn_that_talks_past_its_deadline_is_not_quiet():
    turn = ReplyWaiter()
    turn.note(e.LivechatMessage(content=(Pause(10_000),)))
    assert not await turn.wait(0.01, soon(0.05))


async def test_a_turn_that_is_stopped_ends_with_what_has_come():
    turn = ReplyWaiter()
    waiting = asyncio.create_task(turn.wait(0.05, soon(60)))
    await asyncio.sleep(0)
    turn.stop()
    assert await waiting


async def test_a_turn_that_fails_raises():
    turn = ReplyWaiter()
    waiting = asyncio.create_task(turn.wait(0.05, soon(5)))
    await asyncio.sleep(0)
    turn.fail(SessionClosed("over"))
    with pytest.raises(SessionClosed):
        await waiting


async def test_only_what_reads_is_asked_again_after_something_unreadable():
    requests = Requests()
    reading = waiting_for(requests, lambda _: True, "c-1", name="a", reads=True)
    other = waiting_for(requests, lambda _: True, "c-1", name="b", reads=True)
    writing = waiting_for(requests, lambda _: True, "c-1", name="a")
    assert requests.fail_unreadable(ProtocolError("what it is", event_type="a")) == {"a"}
    assert isinstance(garbled := reading.answer.exception(), Garbled)
    assert str(garbled) == "what it is"
    assert not other.answer.done()
    assert requests.fail_unreadable(ProtocolError("half of it", cut=True)) == {"b"}
    assert isinstance(other.answer.exception(), Garbled)
    assert not writing.answer.done()


async def test_an_answer_that_cannot_be_had_ends_the_waits_for_it():
    requests = Requests()
    mine = waiting_for(requests, lambda _: True, "c-1", name="a")
    other = waiting_for(requests, lambda _: True, "c-1", name="b")
    requests.refuse("a", error := CaptivateError("gone"))
    assert mine.answer.exception() is error
    assert not other.answer.done()


async def test_an_error_that_nobody_waits_for_any_more_is_no_complaint():
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    requests = Requests()
    pending = waiting_for(requests, lambda _: True, "c-1")
    requests.fail(Disconnected())
    requests.remove(pending)
    del pending
    gc.collect()
    assert complaints == []


async def test_a_turn_does_not_end_while_its_message_may_have_to_be_sent_again():
    doubted = True
    turn = ReplyWaiter(doubted=lambda: doubted)
    turn.sign()
    assert not await turn.wait(0.01, soon(0.05))
    doubted = False
    assert await turn.wait(0.01, soon(5))


async def test_what_came_before_a_message_was_sent_is_no_reply_to_it():
    turn = ReplyWaiter("a")
    turn.sign()
    assert not await turn.wait(0.01, soon(0.05))
    turn.begin()
    assert not await turn.wait(0.01, soon(0.05))
    turn.sign()
    assert await turn.wait(0.01, soon(5))


async def test_what_came_before_a_message_was_sent_again_is_no_reply_to_it():
    turn = ReplyWaiter()
    turn.reply = [Message(id="1", sender="bot", text="another's")]
    turn.sign(pause=60)
    turn.begin()
    assert (turn.latency, turn.reply) == (None, [])
    turn.sign()
    assert await turn.wait(0.01, soon(5))
