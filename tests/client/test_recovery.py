"""Recovery: what is asked and sent after a break, and how often, against a session that is made up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.client.recovery import ATTEMPTS, Line, Recovery, delays
from captivate_nb.client.waiting import Disconnected, Garbled
from captivate_nb.conversation.notes import MISSED, Note
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import CaptivateError, ServerError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from support.rogue import until

CONV = "conv-1"


class Made:
    """A session that is made up: `tell` is what it does when a transcript is asked for."""

    def __init__(self) -> None:
        self.conversation = Conversation()
        self.conversation.deliveries.be_checked_after(0.02)
        self.apply(e.SocketConnected())
        self.apply(e.ConversationStarted(conversation_id=CONV))
        self.asked, self.sent, self.written, self.why = 0, [], [], []
        self.tell: Callable[[], Awaitable[object]] = self.nothing
        self.large = False
        self.gone: ConnectionError | None = None
        self.ready = asyncio.Event()
        self.ready.set()
        self.recovery = Recovery(
            Line(
                conversation=self.conversation,
                now=self.now,
                wait_open=self.ready.wait,
                alive=self.alive,
                too_large=lambda: self.large,
                ask=self.ask,
                send=self.send,
                write=self.write,
                missed=self.missed,
                spawn=lambda work: asyncio.get_running_loop().create_task(work),
                timeouts=cn.Timeouts(reconnect_first=0.001),
            )
        )

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def apply(self, event: e.Event) -> None:
        self.conversation.apply(event, at=self.now())

    def say(self, text: str) -> e.UserMessage:
        said = e.UserMessage(conversation_id=CONV, client_msg_id=text, text=text)
        self.apply(said)
        return said

    def told(self, *entries: tuple[Any, str]) -> Callable[[], Awaitable[object]]:
        """What answers with a transcript of these entries."""

        async def tell() -> None:
            listed = tuple(e.TranscriptEntry(who, (c.Text(text),)) for who, text in entries)
            self.apply(e.ConversationTranscript(conversation_id=CONV, entries=listed))

        return tell

    async def nothing(self) -> None:
        pass

    async def alive(self) -> None:
        if self.gone is not None:
            raise self.gone

    async def ask(self, conversation_id: str) -> None:
        assert conversation_id == CONV
        self.asked += 1
        self.apply(e.TranscriptRequest(conversation_id=CONV))
        await self.tell()

    async def send(self, event: e.UserMessage) -> None:
        self.sent.append(event)

    async def write(self, event: e.UserMessage) -> None:
        self.written.append(event)
        self.apply(event)

    def missed(self, conversation_id: str, why: str) -> None:
        self.why.append(why)
        self.apply(Note(kind=MISSED, conversation_id=conversation_id))


def raising(error: Exception) -> Callable[[], Awaitable[object]]:
    async def tell() -> None:
        raise error

    return tell


def test_a_question_is_asked_again_five_times_each_time_later():
    waits = list(delays(0.25))
    assert len(waits) == ATTEMPTS + 1
    assert waits == sorted(set(waits))


async def test_nothing_is_asked_without_a_conversation_or_of_a_deleted_one():
    made = Made()
    made.apply(e.ConversationDeleted(conversation_id=CONV))
    await made.recovery.recover()
    assert made.asked == 0


async def test_one_look_is_enough_where_nothing_is_in_doubt():
    made = Made()
    made.tell = made.told(("bot", "meanwhile"))
    await made.recovery.recover()
    await made.recovery.settled()
    assert (made.asked, made.conversation.transcript.text) == (1, "bot: meanwhile")


async def test_what_is_lost_is_said_again_after_three_looks_and_nothing_overtakes_it():
    made = Made()
    made.say("one")
    await made.told(("user", "one"))()
    lost = [made.say("two"), made.say("three")]
    made.apply(e.SocketConnected())
    made.tell = made.told(("user", "one"))
    await made.recovery.recover()
    await made.recovery.settled()
    assert made.written == lost
    assert made.asked == 3


async def test_what_cannot_be_read_is_asked_for_six_times_and_then_missed():
    made = Made()
    made.say("one")
    made.apply(e.SocketConnected())
    made.tell = raising(Garbled("half of it"))
    await made.recovery.recover()
    await made.recovery.settled()
    assert made.asked == ATTEMPTS + 1
    assert made.why == ["the server's answer cannot be read: half of it"]
    assert [m.delivery for m in made.conversation.undecided] == ["unknown"]


@pytest.mark.parametrize(("named", "asked"), [(CONV, 1), (None, ATTEMPTS + 1)])
async def test_an_error_about_the_conversation_is_final_and_another_may_pass(named, asked):
    made = Made()
    made.tell = raising(ServerError(400, "no", named))
    await made.recovery.recover()
    assert made.asked == asked
    assert "error 400" in made.why[0]


async def test_a_break_while_asking_is_for_who_reconnects():
    made = Made()
    made.tell = raising(Disconnected())
    with pytest.raises(Disconnected):
        await made.recovery.recover()
    assert made.why == []


async def test_a_link_that_cannot_be_followed_is_missed_only_while_the_server_is_there():
    made = Made()
    made.say("one")
    made.tell = raising(CaptivateError("A large message could not be fetched."))
    await made.recovery.recover()
    assert made.why == ["A large message could not be fetched."]
    made.gone = ConnectionError("Nobody answers on the connection.")
    with pytest.raises(ConnectionError):
        await made.recovery.recover()
    assert len(made.why) == 1


async def test_what_is_too_large_is_not_asked_for_again():
    made = Made()
    made.large = True
    await made.recovery.recover()
    assert made.asked == 0
    assert "16 MiB" in made.why[0]


async def test_transcripts_that_tell_nothing_are_not_asked_for_for_ever():
    """They come, and answer no request: the conversation is told of none that was asked for."""
    made = Made()
    made.say("one")
    made.apply(e.SocketConnected())

    async def unasked() -> None:
        made.conversation._requested.opened()
        await made.told()()

    made.tell = unasked
    await made.recovery.recover()
    await made.recovery.settled()
    assert made.asked <= 2 * ATTEMPTS
    assert made.why == ["the server's transcripts tell nothing of it"]


async def test_what_was_cut_short_is_looked_for_until_something_new_is_told():
    made = Made()

    async def at_last() -> None:
        if made.asked == 3:
            await made.told(("bot", "here it is"))()

    made.tell = at_last
    made.recovery.cut_short()
    await until(lambda: made.conversation.heard)
    assert made.asked == 3


async def test_many_frames_cut_short_are_looked_into_ever_less_often(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("captivate_nb.client.recovery.ATTEMPTS", 0)
    made = Made()
    made.tell = made.told(("bot", "hello"))
    made.recovery.cut_short()
    await until(lambda: made.asked == 1)
    patience = []
    for looks in range(2, 5):
        patience.append(made.recovery._patience)
        made.recovery.cut_short()
        await until(lambda looks=looks: made.asked == looks)
    assert patience == sorted(set(patience))


async def test_a_server_that_told_nothing_is_not_asked_because_of_a_cut_frame():
    made = Made()
    made.tell = raising(ServerError(400, "no", CONV))
    await made.recovery.recover()
    made.recovery.cut_short()
    assert made.recovery._reading is None


async def test_the_greeting_is_asked_for_once_more_when_it_is_shown_that_there_was_none():
    made = Made()
    greeting = e.UserMessage(conversation_id=CONV, client_msg_id="g")
    made.recovery.greeting = greeting
    made.tell = made.told()
    await made.recovery.recover()
    await until(lambda: made.sent)
    assert made.sent == [greeting]
    assert made.asked == 2


async def test_a_greeting_that_a_later_transcript_has_is_not_asked_for_again():
    made = Made()
    made.recovery.greeting = e.UserMessage(conversation_id=CONV, client_msg_id="g")

    async def late() -> None:
        await made.told(*[("bot", "hello")][: made.asked - 1])()

    made.tell = late
    await made.recovery.recover()
    await until(lambda: made.conversation.heard)
    assert made.sent == []
