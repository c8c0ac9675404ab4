"""The live chat desk."""

from __future__ import annotations

import pytest

from captivate_nb.errors import CaptivateError
from captivate_nb.protocol import content as c
from captivate_nb.server.livechat.queue import Call, Desk, What
from support.desks import call_of

HELLO = (c.Text("Hello."),)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def seen(desk: Desk) -> list[tuple[What, str | None]]:
    seen: list[tuple[What, str | None]] = []
    desk.watchers.append(lambda what, call: seen.append((what, call and call.conversation_id)))
    return seen


def test_a_live_chat(desk: Desk, seen: list[tuple[What, str | None]]):
    call, line = call_of()
    desk.request(call)
    desk.request(Call("c1", "ann", "again", line))
    desk.accept(call, "Maya")
    desk.say(call, HELLO)
    assert desk.hear("c1", "Hi.", ())
    desk.leave(call)
    assert not desk.hear("c1", "Still there?", ())
    assert line.told == [
        ("livechatAgentConnected", {"agent": call.agent}),
        ("Maya", HELLO),
        ("livechatAgentDisconnected", {"agent": call.agent}),
        "gone",
    ]
    assert call.heard == [("Hi.", ())]
    assert seen == [(what, "c1") for what in ("waiting", "connected", "said", "heard", "left")]


def test_nobody_free(desk: Desk, seen: list[tuple[What, str | None]]):
    first, first_line = call_of("c1")
    taken, taken_line = call_of("c2")
    desk.request(first)
    desk.request(taken)
    desk.accept(taken, "Maya")
    desk.available = False
    late, late_line = call_of("c3")
    desk.request(late)
    refusal = [("failedAgentAssignment", {"reason": "No agent is available."}), "busy"]
    assert first_line.told == late_line.told == refusal
    assert len(taken_line.told) == 1, "who has an agent keeps it"
    assert list(desk.calls) == ["c2"]
    desk.available = True
    assert desk.available
    assert seen[-4:] == [("changed", None), ("refused", "c1"), ("refused", "c3"), ("changed", None)]


def test_drop(desk: Desk, seen: list[tuple[What, str | None]]):
    call, line = call_of()
    desk.request(call)
    desk.drop("c1")
    desk.drop("c1")
    assert (desk.calls, line.told) == ({}, [])
    assert seen == [("waiting", "c1"), ("gone", "c1")]


def test_who_plays(desk: Desk, seen: list[tuple[What, str | None]]):
    assert desk.scripted
    desk.play(scripted=False)
    assert not desk.scripted
    assert seen == [("changed", None)]


def test_find(desk: Desk):
    calls = [call_of(f"conversation {number}")[0] for number in range(4)]
    for call in calls:
        desk.request(call)
    desk.accept(calls[0], "Maya")
    desk.accept(calls[1], "Maya")
    assert desk.find(None, connected=False) is calls[2]
    assert desk.find(None, connected=True) is calls[1]
    assert desk.find("conversation 0", connected=True) is calls[0]
    assert desk.find("conversation 3", connected=False) is calls[3]
    with pytest.raises(CaptivateError, match=r"^Conversation conversation 0 does not wait for an"):
        desk.find("conversation 0", connected=False)
    with pytest.raises(CaptivateError, match=r"has no agent\. Did you mean “conversation"):
        desk.find("conversation", connected=True)
    with pytest.raises(CaptivateError, match=r"^No conversation has an agent\.$"):
        Desk().find(None, connected=True)
    with pytest.raises(CaptivateError, match=r"^No conversation waits for an agent\.$"):
        Desk().find(None, connected=False)


def test_calls_that_were_here_before(desk: Desk, seen: list[tuple[What, str | None]]):
    waiting, _ = call_of("c1")
    taken, line = call_of("c2")
    taken.agent = {"id": "1", "name": "Maya"}
    desk.restore(waiting)
    desk.restore(taken)
    assert seen == [("waiting", "c1"), ("connected", "c2")]
    assert (list(desk.calls), line.told) == (["c1", "c2"], [])
