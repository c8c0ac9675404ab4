"""The live chat queue."""

from __future__ import annotations

import pytest

from captivate_nb.errors import CaptivateError
from captivate_nb.protocol import content as c
from captivate_nb.server.livechat.queue import Handoff, LiveChatQueue, QueueEvent
from support.handoffs import handoff_of

HELLO = (c.Text("Hello."),)


@pytest.fixture
def queue() -> LiveChatQueue:
    return LiveChatQueue()


@pytest.fixture
def seen(queue: LiveChatQueue) -> list[tuple[QueueEvent, str | None]]:
    seen: list[tuple[QueueEvent, str | None]] = []
    queue.watchers.append(
        lambda what, handoff: seen.append((what, handoff and handoff.conversation_id))
    )
    return seen


def test_a_live_chat(queue: LiveChatQueue, seen: list[tuple[QueueEvent, str | None]]):
    handoff, conversation = handoff_of()
    queue.request(handoff)
    queue.request(Handoff("c1", "ann", "again", conversation))
    queue.accept(handoff, "Maya")
    queue.say(handoff, HELLO)
    assert queue.receive("c1", "Hi.", ())
    queue.leave(handoff)
    assert not queue.receive("c1", "Still there?", ())
    assert conversation.told == [
        ("livechatAgentConnected", {"agent": handoff.agent}),
        ("Maya", HELLO),
        ("livechatAgentDisconnected", {"agent": handoff.agent}),
        "gone",
    ]
    assert handoff.heard == [("Hi.", ())]
    assert seen == [(what, "c1") for what in ("waiting", "connected", "said", "heard", "left")]


def test_nobody_free(queue: LiveChatQueue, seen: list[tuple[QueueEvent, str | None]]):
    first, first_conversation = handoff_of("c1")
    taken, taken_conversation = handoff_of("c2")
    queue.request(first)
    queue.request(taken)
    queue.accept(taken, "Maya")
    queue.available = False
    late, late_conversation = handoff_of("c3")
    queue.request(late)
    refusal = [("failedAgentAssignment", {"reason": "No agent is available."}), "busy"]
    assert first_conversation.told == late_conversation.told == refusal
    assert len(taken_conversation.told) == 1, "who has an agent keeps it"
    assert list(queue.handoffs) == ["c2"]
    queue.available = True
    assert queue.available
    assert seen[-4:] == [("changed", None), ("refused", "c1"), ("refused", "c3"), ("changed", None)]


def test_drop(queue: LiveChatQueue, seen: list[tuple[QueueEvent, str | None]]):
    handoff, conversation = handoff_of()
    queue.request(handoff)
    queue.drop("c1")
    queue.drop("c1")
    assert (queue.handoffs, conversation.told) == ({}, [])
    assert seen == [("waiting", "c1"), ("gone", "c1")]


def test_who_plays(queue: LiveChatQueue, seen: list[tuple[QueueEvent, str | None]]):
    assert queue.scripted
    queue.play(scripted=False)
    assert not queue.scripted
    assert seen == [("changed", None)]


def test_find(queue: LiveChatQueue):
    handoffs = [handoff_of(f"conversation {number}")[0] for number in range(4)]
    for handoff in handoffs:
        queue.request(handoff)
    queue.accept(handoffs[0], "Maya")
    queue.accept(handoffs[1], "Maya")
    assert queue.find(None, connected=False) is handoffs[2]
    assert queue.find(None, connected=True) is handoffs[1]
    assert queue.find("conversation 0", connected=True) is handoffs[0]
    assert queue.find("conversation 3", connected=False) is handoffs[3]
    with pytest.raises(CaptivateError, match=r"^Conversation conversation 0 does not wait for an"):
        queue.find("conversation 0", connected=False)
    with pytest.raises(CaptivateError, match=r"has no agent\. Did you mean “conversation"):
        queue.find("conversation", connected=True)
    with pytest.raises(CaptivateError, match=r"^No conversation has an agent\.$"):
        LiveChatQueue().find(None, connected=True)
    with pytest.raises(CaptivateError, match=r"^No conversation waits for an agent\.$"):
        LiveChatQueue().find(None, connected=False)


def test_calls_that_were_here_before(
    queue: LiveChatQueue, seen: list[tuple[QueueEvent, str | None]]
):
    waiting, _ = handoff_of("c1")
    taken, conversation = handoff_of("c2")
    taken.agent = {"id": "1", "name": "Maya"}
    queue.restore(waiting)
    queue.restore(taken)
    assert seen == [("waiting", "c1"), ("connected", "c2")]
    assert (list(queue.handoffs), conversation.told) == (["c1", "c2"], [])
