"""What the user says, on its way, with a made-up connection, channel and recovery."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from captivate_nb.client.clock import Clock
from captivate_nb.client.intake import Intake
from captivate_nb.client.listeners import Listeners
from captivate_nb.client.outbox import Outbox
from captivate_nb.client.tasks import Tasks
from captivate_nb.client.transport import Address
from captivate_nb.client.turns import Turns
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.notes import DISCONNECTED, Note
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import SessionClosed, Undelivered, UsageError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from support.until import until

CONV = "conv-1"


class Made:
    """Everything beside the outbox. `shown` are the outboxes that were shown."""

    address = Address("ws://127.0.0.1/dev", "a-long-test-key")
    is_closed = False

    def __init__(self) -> None:
        self.is_open = True
        self.ready = asyncio.Event()
        self.ready.set()
        self.end: Exception | None = None
        self.conversation = Conversation()
        self.conversation.apply(e.ConversationStarted(conversation_id=CONV))
        self.tasks = Tasks(asyncio.get_running_loop())
        listeners = Listeners(self.tasks.spawn, self.conversation.add_problem)
        self.intake = Intake(
            EventLog(), self.conversation, listeners, Clock(), lambda: 1, lambda *_: None
        )
        self.turns = Turns(self.conversation, lambda *_: "")
        self.sent: list[str] = []
        self.shown: list[list[tuple[str, str | None]]] = []
        part: Any = self
        self.outbox = Outbox(
            part,
            part,
            self.intake,
            self.turns,
            part,
            self.tasks,
            lambda messages: self.shown.append([(m.text, m.delivery) for m in messages]),
        )

    def message(self, text: str) -> e.UserMessage:
        return e.UserMessage(conversation_id=CONV, client_msg_id=text, text=text)

    async def wait_open(self) -> None:
        await self.ready.wait()
        if self.end is not None:
            raise self.end

    async def settled(self) -> None:
        """Nothing is in doubt."""

    async def send_message(self, event: e.UserMessage) -> None:
        self.sent.append(event.text)
        self.intake.take("out", encode(event))

    def problems(self) -> list[str]:
        return [str(problem) for problem in self.conversation.errors]


async def test_after_a_frame_it_is_shown_while_anything_is_open_or_was():
    made = Made()
    made.outbox.look_again()
    assert made.shown == []

    made.is_open = False
    made.ready.clear()
    sending = asyncio.create_task(made.outbox.send(made.message("hi")))
    await until(lambda: made.shown)
    made.outbox.look_again()
    assert made.shown == [[("hi", "queued")], [("hi", "queued")]]

    made.ready.set()
    await sending
    shown = len(made.shown)
    made.outbox.look_again()
    assert made.shown[shown - 1 :] == [[]]

    broken = Note(kind=DISCONNECTED, conversation_id=CONV, data={"why": "it is closed"})
    made.conversation.apply(broken)
    made.outbox.look_again()
    assert made.shown[shown:] == [[("hi", "unknown")]]


async def test_what_can_be_sent_is_sent_and_never_waits():
    made = Made()
    await made.outbox.send(made.message("hi"))
    assert made.sent == ["hi"]
    assert made.shown == [[]]


async def test_what_waits_is_shown_and_goes_out_in_order():
    made = Made()
    made.is_open = False
    made.ready.clear()
    sending = [asyncio.create_task(made.outbox.send(made.message(text))) for text in "abc"]
    await asyncio.sleep(0.01)
    assert made.shown[-1] == [(text, "queued") for text in "abc"]
    made.is_open = True
    made.ready.set()
    await asyncio.gather(*sending)
    assert made.sent == ["a", "b", "c"]
    assert made.shown[-1] == []


async def test_what_waits_when_the_session_ends_stays_and_says_why():
    made = Made()
    made.is_open = False
    made.ready.clear()
    sending = asyncio.create_task(made.outbox.send(made.message("hi")))
    await asyncio.sleep(0.01)
    made.end = SessionClosed("The key was refused.")
    made.ready.set()
    with pytest.raises(SessionClosed):
        await sending
    assert made.shown[-1] == [("hi", "failed")]
    assert made.problems() == ["“hi” was not sent. The key was refused. It is in session.outbox."]


async def test_cancelling_stops_the_wait_and_not_the_sending():
    made = Made()
    made.is_open = False
    made.ready.clear()
    sending = asyncio.create_task(made.outbox.send(made.message("hi")))
    await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    made.ready.set()
    async with asyncio.timeout(5):
        while made.sent != ["hi"]:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)


async def test_what_waited_for_another_conversation_is_said_in_this_one_or_dropped():
    made = Made()
    texts = ("again", "dropped")
    made.is_open = False
    made.ready.clear()
    sending = [asyncio.create_task(made.outbox.send(made.message(text))) for text in texts]
    await asyncio.sleep(0.01)
    made.conversation.apply(e.ConversationStarted(conversation_id="conv-2"))
    made.ready.set()
    made.is_open = True
    for each in sending:
        with pytest.raises(Undelivered, match="another conversation was begun"):
            await each
    event = made.outbox.undecided("again", "again", "conv-2")
    assert event.conversation_id == "conv-2"
    await made.outbox.send_again(event)
    assert made.sent == ["again"]
    made.outbox.mark_arrived(made.outbox.undecided("dropped", "dropped", "conv-2"))
    assert made.outbox.messages == ()
    with pytest.raises(UsageError, match="^“dropped” is no message that was sent"):
        made.outbox.undecided("dropped", "dropped", "conv-2")


async def test_what_waited_for_a_conversation_that_was_deleted_is_not_sent():
    made = Made()
    made.is_open = False
    made.ready.clear()
    sending = asyncio.create_task(made.outbox.send(made.message("behind")))
    await asyncio.sleep(0.01)
    made.conversation.apply(e.ConversationDeleted(conversation_id=made.conversation.id))
    made.ready.set()
    made.is_open = True
    with pytest.raises(Undelivered, match="“behind” was not sent: its conversation was deleted"):
        await sending
    assert (made.sent, [m.delivery for m in made.outbox.messages]) == ([], ["failed"])


async def test_advice_is_given_only_where_it_can_be_followed():
    made = Made()
    await made.outbox.send(made.message("hi"))
    made.conversation.deliveries.disconnected()
    assert made.outbox.advice("hi").startswith(" session.send_again(session.outbox[0])")
    assert made.outbox.advice("else") == ""
    cast("Any", made).is_closed = True
    assert made.outbox.advice("hi") == ""
