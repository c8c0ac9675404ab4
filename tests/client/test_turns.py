"""Taking turns, on a conversation that events make, without a session."""

from __future__ import annotations

import asyncio

import pytest

from captivate_nb.client.turns import Turns
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import ReplyTimeout, ServerError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from support.conversations import entry, find_out, told

CONV = "conv-1"
QUICK = {"wait": True, "settle": 0.02, "timeout": 5.0}


class Talk:
    """A conversation, its turns, and a bot that answers when it is told to."""

    def __init__(self, late: str = "") -> None:
        self.conversation = Conversation()
        self.apply(e.ConversationStarted(conversation_id=CONV))
        self.turns = Turns(self.conversation, lambda _name, _timeout: late)

    def apply(self, event: e.Event) -> None:
        self.conversation.apply(event)

    def say(self, name: str) -> None:
        self.turns.sending(name)
        self.apply(e.UserMessage(conversation_id=CONV, client_msg_id=name, text=name))

    def answer(self, text: str) -> None:
        self.sign(e.BotMessage(conversation_id=CONV, content=(c.Text(text),)))

    def sign(self, event: e.Event) -> None:
        heard = self.conversation.heard
        self.apply(event)
        self.turns.sign(event, heard)


async def test_the_reply_is_what_comes_until_it_is_quiet():
    talk = Talk()

    async def send() -> None:
        talk.say("hi")
        talk.answer("one")
        talk.answer("two")

    reply = await talk.turns.take(send, "hi", **QUICK)
    assert [message.text for message in reply] == ["one", "two"]
    assert reply.latency == talk.turns.latency is not None


async def test_who_does_not_wait_gets_nothing():
    talk = Talk()

    async def send() -> None:
        talk.say("hi")

    assert len(await talk.turns.take(send, "hi", wait=False, settle=1, timeout=1)) == 0


@pytest.mark.parametrize(
    ("late", "says"),
    [("", r"No complete reply within 0\.05 s: nothing came"), ("It waits.", r"^It waits\.$")],
)
async def test_what_is_late_is_told_with_what_came(late: str, says: str):
    talk = Talk(late)

    async def send() -> None:
        talk.say("hi")

    with pytest.raises(ReplyTimeout, match=says):
        await talk.turns.take(send, "hi", wait=True, settle=0.01, timeout=0.05)


async def test_one_turn_is_failed_or_stopped_and_the_others_go_on():
    talk = Talk()
    sent = asyncio.Barrier(3)

    def sender(name: str):
        async def send() -> None:
            talk.say(name)
            await sent.wait()

        return send

    async with asyncio.timeout(5):
        failed, stopped = (
            asyncio.ensure_future(talk.turns.take(sender(name), name, **QUICK))
            for name in ("failed", "stopped")
        )
        await sent.wait()
        talk.turns.fail(ServerError("500", "no", CONV), "failed")
        talk.turns.stop("stopped")
        with pytest.raises(ServerError):
            await failed
        assert len(await stopped) == 0


async def test_an_error_in_sending_ends_the_turn():
    talk = Talk()

    async def send() -> None:
        raise ServerError("500", "no", CONV)

    with pytest.raises(ServerError):
        await talk.turns.take(send, "hi", **QUICK)
    talk.turns.fail(ServerError("500", "no", CONV))  # nobody waits any more


async def test_what_comes_before_a_line_is_sent_is_the_reply_to_another():
    talk = Talk()
    ready = asyncio.Event()

    async def send_now() -> None:
        talk.say("a")

    async def send_later() -> None:
        await ready.wait()
        talk.say("b")

    async with asyncio.timeout(10):
        a, b = (
            asyncio.ensure_future(talk.turns.take(send, name, **QUICK))
            for send, name in ((send_now, "a"), (send_later, "b"))
        )
        await asyncio.sleep(0)
        talk.answer("to a")
        assert [message.text for message in await a] == ["to a"]
        ready.set()
        done, _ = await asyncio.wait((b,), timeout=5 * QUICK["settle"])
        assert not done
        talk.answer("to b")
        assert [message.text for message in await b] == ["to b"]


async def test_a_line_that_was_passed_over_gets_no_reply_before_that_is_found_out():
    """The server took the line after it: it was received, and may have been dropped."""
    talk = Talk()
    talk.apply(told(entry("user", "before")))
    sent = asyncio.Barrier(3)

    def sender(name: str):
        async def send() -> None:
            talk.say(name)
            await sent.wait()

        return send

    async with asyncio.timeout(10):
        a, b = (
            asyncio.ensure_future(talk.turns.take(sender(name), name, **QUICK)) for name in "ab"
        )
        await sent.wait()
        talk.apply(e.SocketConnected())
        shown = told(entry("user", "before"), entry("user", "b"), entry("bot", "to b"))
        talk.sign(shown)
        assert [message.text for message in await b] == ["to b"]
        done, _ = await asyncio.wait((a,), timeout=5 * QUICK["settle"])
        assert not done
        a.cancel()


async def test_a_line_that_did_not_arrive_gets_no_reply_until_it_was_sent_again():
    talk = Talk()
    talk.apply(told(entry("user", "before")))
    sent = asyncio.Barrier(3)

    def sender(name: str):
        async def send() -> None:
            talk.say(name)
            await sent.wait()

        return send

    async with asyncio.timeout(10):
        a, b = (
            asyncio.ensure_future(talk.turns.take(sender(name), name, **QUICK)) for name in "ab"
        )
        await sent.wait()
        talk.answer("to a")
        talk.apply(e.SocketConnected())
        done, _ = await asyncio.wait((a, b), timeout=5 * QUICK["settle"])
        assert not done
        shown = (entry("user", "before"), entry("user", "a"), entry("bot", "to a"))
        assert find_out(talk.conversation, *shown) is not None
        talk.turns.look_again()
        assert [message.text for message in await a] == ["to a"]
        talk.say("b")
        talk.answer("to b")
        assert [message.text for message in await b] == ["to b"]


async def test_a_repeat_of_what_was_said_is_no_reply():
    talk = Talk()
    repeated = e.BotMessage(
        conversation_id=CONV, message_id="m-1", event_id="e-1", content=(c.Text("to a"),)
    )

    async def send(name: str) -> None:
        talk.say(name)
        talk.sign(repeated)

    async with asyncio.timeout(10):
        reply = await talk.turns.take(lambda: send("a"), "a", **QUICK)
        assert [message.text for message in reply] == ["to a"]
        b = asyncio.ensure_future(talk.turns.take(lambda: send("b"), "b", **QUICK))
        done, _ = await asyncio.wait((b,), timeout=5 * QUICK["settle"])
        assert not done
        talk.answer("to b")
        assert [message.text for message in await b] == ["to b"]


async def test_who_waits_for_a_reply_is_told_that_another_conversation_was_begun():
    talk = Talk()

    async def send() -> None:
        talk.say("hi")
        talk.turns.leave()

    with talk.turns.begin() as greeting:
        with pytest.raises(ReplyTimeout, match="Another conversation was begun"):
            await talk.turns.take(send, "hi", **QUICK)
        greeting.sign()
        assert await greeting.wait(0.01, asyncio.get_running_loop().time() + 5)


@pytest.mark.parametrize(
    ("late", "says"),
    [("", r"^Not sent within 0\.05 s: the connection takes"), ("Why.", r"^Why\.$")],
)
async def test_what_cannot_be_sent_in_time_is_told(late: str, says: str):
    talk = Talk(late)
    with pytest.raises(ReplyTimeout, match=says):
        await talk.turns.take(asyncio.Event().wait, "hi", wait=False, settle=1, timeout=0.05)
