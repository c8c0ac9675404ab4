"""A visitor's conversation as the agent's log shows it, and the visitor as the queue does."""

from __future__ import annotations

from dataclasses import dataclass, replace

from captivate_nb.protocol.content import Buttons, Content, Option, Text
from captivate_nb.widgets.agent.visitors import LINE, VisitorTranscript, row


@dataclass(frozen=True)
class Someone:
    conversation_id: str = "c-1"
    name: str = "Ada"
    reason: str = "A question"
    agent: str | None = None
    heard: tuple[str, ...] = ()
    since: float = 3.0
    joined: float | None = None
    present: bool = True


@dataclass(frozen=True)
class Line:
    id: str
    sender: str
    time: float
    content: tuple[Content, ...]
    name: str | None = None


HELLO = Line("1", "bot", 1, (Text("Hello"), Buttons("Which?", (Option("A", "a"),))), "Bot")
ASKED = Line("2", "user", 2, (Text("agent"),))
ANSWER = Line("3", "agent", 5, (Text("Here I am"),), "Maya")
MORE = Line("4", "user", 6, (Text("Good"),))


def shown(case: VisitorTranscript) -> list[str]:
    return [f"{message.who}: {message.text}" for message in case.transcript]


def test_who_came_stands_between_what_was_said():
    case = VisitorTranscript()
    taken = Someone(agent="Maya", joined=4)
    assert case.update(taken, (HELLO, ASKED, ANSWER)) == 0
    assert shown(case) == [
        "bot: Hello\nWhich?\nA",
        "user: agent",
        "system: Ada asked for an agent",
        "system: Maya joined the conversation",
        "Maya: Here I am",
    ]
    assert case.transcript[0].choices == (Option("A", "a"),)
    assert case.outbox == ()


def test_it_tells_from_where_on_it_is_another():
    case = VisitorTranscript()
    waiting = Someone()
    assert case.update(waiting, (HELLO, ASKED)) == 0
    kept = case.transcript[0]
    assert case.update(waiting, (HELLO, ASKED)) is None
    taken = replace(waiting, agent="Maya", joined=4)
    assert case.update(taken, (HELLO, ASKED, ANSWER)) == 3
    edited = replace(ASKED, content=(Text("a person"),))
    assert case.update(taken, (HELLO, edited, ANSWER)) == 1
    assert case.update(taken, (HELLO, edited)) == 4
    assert case.transcript[0] is kept


def test_what_is_said_to_the_bot_afterwards_is_not_the_agents():
    case = VisitorTranscript()
    taken = Someone(agent="Maya", joined=4)
    case.update(taken, (HELLO, ANSWER))
    assert case.update(None, (HELLO, ANSWER, MORE), end=5.5) is None
    assert case.transcript[-1].text == "Here I am"
    assert case.update(None, ()) is None, "it was deleted"
    assert len(case.transcript) == 4


def test_a_conversation_that_nobody_asked_for_an_agent_in():
    case = VisitorTranscript()
    assert case.update(None, (HELLO,)) == 0
    assert shown(case) == ["bot: Hello\nWhich?\nA"]


def test_a_row_of_the_queue():
    heard = ("first", "a\nlong " + "x" * LINE, "")
    told = row(Someone(name="A\u202ela", heard=heard, agent="Ma\nya"), 2)
    assert told == {
        "id": "c-1",
        "name": "Ala",
        "reason": "A question",
        "since": 3.0,
        "agent": "Ma ya",
        "present": True,
        "last": ("a long " + "x" * LINE)[:LINE],
        "unread": 2,
    }
    assert row(Someone(), 0)["agent"] is None
