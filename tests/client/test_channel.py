"""Sending and asking, on a connection that is made up."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from captivate_nb.client.channel import Channel
from captivate_nb.client.connection import Connection
from captivate_nb.client.intake import Intake
from captivate_nb.client.recovery import ATTEMPTS
from captivate_nb.client.tasks import Tasks
from captivate_nb.client.timeouts import Timeouts
from captivate_nb.client.waiting import Garbled, Requests
from captivate_nb.errors import InvalidMessage, ProtocolError, RequestTimeout, SessionClosed
from captivate_nb.protocol import events as e

REQUEST = e.MetadataRequest(conversation_id="c-1")
ANSWER = e.ConversationMetadata(conversation_id="c-1", metadata={"a": 1})


class Made:
    """A connection and an intake that note what they are given, and a channel on them."""

    is_open = True
    prospect = "Reconnecting is under way."

    def __init__(self, **timeouts: float) -> None:
        self.ready = asyncio.Event()
        self.ready.set()
        self.sent: list[str] = []
        self.taken: list[str] = []
        self.breaks = 0  # times that sending fails
        self.answers: list[Any] = []
        self.requests = Requests()
        self.tasks = Tasks(asyncio.get_running_loop())
        self.channel = Channel(
            cast("Connection", self),
            cast("Intake", self),
            self.requests,
            self.tasks,
            Timeouts(**{"reconnect_first": 0.001, **timeouts}),
            self.taken.append,
        )

    # --- the connection ---

    async def wait_open(self) -> None:
        await self.ready.wait()

    async def send(self, frame: str) -> None:
        if self.breaks:
            self.breaks -= 1
            raise ConnectionError
        self.sent.append(frame)
        if self.answers and (answer := self.answers.pop(0)) is not None:
            asyncio.get_running_loop().call_soon(answer)

    async def check(self) -> None:
        """Somebody answers."""

    # --- the intake ---

    def take(self, _direction: str, frame: str) -> None:
        self.taken.append(frame)

    def original(self, event: Any) -> Any:
        return event


async def test_a_frame_waits_for_the_connection_and_goes_out_once_it_can():
    made = Made()
    made.ready.clear()
    made.breaks = 2
    sending = asyncio.create_task(made.channel.send(REQUEST))
    await asyncio.sleep(0)
    assert made.sent == []
    made.ready.set()
    await sending
    assert made.sent == made.taken
    assert len(made.sent) == 1


async def test_a_message_is_noted_as_sent_though_the_connection_breaks():
    made = Made()
    made.breaks = 1
    await made.channel.send_message(
        e.UserMessage(conversation_id="c-1", client_msg_id="m", text="hi")
    )
    assert (made.taken[0], len(made.taken), made.sent) == ("m", 2, [])


async def test_what_is_too_large_is_refused_before_anything_waits():
    made = Made()
    made.ready.clear()
    with pytest.raises(InvalidMessage):
        await made.channel.send_frame("x" * 200_000)


async def test_an_answer_is_told_by_its_type_and_conversation():
    made = Made()
    other = e.ConversationMetadata(conversation_id="c-2", metadata={})

    def answer() -> None:
        assert not made.requests.settle(other)
        assert made.requests.settle(ANSWER)

    made.answers = [answer]
    assert await made.channel.request(REQUEST, e.ConversationMetadata, "c-1") is ANSWER


async def test_what_cannot_be_read_is_asked_for_again_and_then_given_up():
    made = Made()
    made.answers = [lambda: made.requests.fail(Garbled("It is cut."))] * 99
    with pytest.raises(ProtocolError, match=r"cannot be read, however often .* It is cut\."):
        await made.channel.request(REQUEST, e.ConversationMetadata, "c-1")
    assert len(made.sent) == ATTEMPTS + 1


@pytest.mark.parametrize(
    ("is_open", "says"),
    [(True, "^The server did not answer"), (False, "^There is no connection, so .*under way")],
)
async def test_no_answer_says_whether_there_was_a_connection(is_open: bool, says: str):
    made = Made(answer=0.02)
    made.is_open = is_open
    with pytest.raises(RequestTimeout, match=says):
        await made.channel.request(REQUEST, e.ConversationMetadata, "c-1")


async def test_a_session_that_is_closed_ends_what_is_sent():
    made = Made()
    made.ready.clear()

    async def forever() -> None:
        await asyncio.Event().wait()

    waiting = asyncio.create_task(made.tasks.shielded(forever()))
    await asyncio.sleep(0)
    made.tasks.end()
    with pytest.raises(SessionClosed):
        await waiting
