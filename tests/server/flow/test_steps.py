"""The words of the flow language."""

from __future__ import annotations

from typing import Any

import pytest

from captivate_nb.errors import FlowError
from captivate_nb.protocol import content as c
from captivate_nb.server.flow import model as f
from captivate_nb.server.flow.steps import keywords
from support.flows import flow_of


def steps(body: str) -> tuple[Any, ...]:
    return flow_of(f"nodes:\n  a: {body}\n  b: x\n").nodes["a"].steps


def text(said: str) -> f.Say:
    return f.Say(c.Text(said))


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("Hello", (text("Hello"),)),
        ("[Hello, leave]", (text("Hello"), text("leave"))),
        ("{set: {vip: true, n: 3, t: Yes}}", (f.SetMetadata({"vip": True, "n": 3, "t": "Yes"}),)),
        ("{action: go}", (f.SendAction("go", {}),)),
        ("{action: go, data: {to: [1]}}", (f.SendAction("go", {"to": [1]}),)),
        ("{event: x, payload: {a: {b: 1}}}", (f.SendEvent("x", {"a": {"b": 1}}),)),
        ("{answer: metadata_request}", (f.Answer("metadata_request"),)),
        ("{go: b}", (f.Go("b"),)),
        ("{hand over: Help}", (f.HandOver("Help"),)),
        ("{hand over: , busy: b}", (f.HandOver("", "b"),)),
    ],
)
def test_steps(body: str, read: tuple[Any, ...]):
    assert steps(body) == read


def test_conditions_become_branches_and_jumps():
    body = """
      - if: vip
        then: [A, B]
        else: C
      - if: not vip
        then:
          - if: old
            then: D
      - E
    """
    read = steps(body)
    assert [type(step).__name__ for step in read] == [
        *("Branch", "Say", "Say", "Jump", "Say"),
        *("Branch", "Branch", "Say", "Say"),
    ]
    assert (read[0].otherwise, read[3].index) == (4, 5)
    assert (read[5].otherwise, read[6].otherwise) == (8, 8)


def test_ask():
    question, ask = steps("{ask: Mail, save: email, check: email, retry: No.}")
    assert question == text("Mail")
    assert (ask.save, ask.check.name, ask.retry) == ("email", "email", "No.")
    question, ask = steps("{ask: Plan, save: plan, options: [Gold, Silver]}")
    assert question.content.options == (c.Option("Gold", "Gold"), c.Option("Silver", "Silver"))
    assert ask.check.name == "anything"
    _, ask = steps("{ask: Code, save: code, check: '/[A-Z]{3}/'}")
    assert ask.check.read("ABC") == "ABC"
    assert ask.check.read("ABCD") is None


def test_hear_makes_rules_of_its_node():
    flow = flow_of("nodes: {a: [Hi, {hear: {'yes, ok': b, '/n(o|ah)/': b}}], b: x}")
    yes, no = flow.nodes["a"].rules
    assert flow.nodes["a"].steps == (text("Hi"),)
    assert flow.nodes["b"].rules == ()
    assert yes.pattern.search("Well, OK then")
    assert not yes.pattern.search("okay")
    assert no.pattern.search("NAH")


def test_keywords_are_whole_words():
    pattern = keywords("thank you, c++ ,bye")
    assert pattern is not None
    assert pattern.search("I thank you!")
    assert pattern.search("in C++.")
    assert not pattern.search("goodbyes")
    assert keywords(" , ") is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{buton: x}", "The step “buton” is not known. Did you mean “buttons”?"),
        ("{xyzzy: x}", "The step “xyzzy” is not known. Known: action, answer"),
        ("[One thing: x]", "“One thing” is not a step. If it is text: one with a colon needs"),
        ("{}", "This step is empty"),
        ("[~]", "a step must be text, not nothing"),
        ("[[x]]", "a step must be text, not a list"),
        ("{text: x, pause: 1}", "A step does one thing; write “text” and “pause” as two steps"),
        ("{md: x, title: y}", "In “md”, the word “title” is not known"),
        ("{ask: x}", "“ask” needs “save”"),
        ("{ask: x, save: y, check: mail}", "The check “mail” is not known. Did you mean “email”?"),
        ("{ask: x, save: y, check: '/[/'}", "The pattern /[/ is not a regular expression"),
        ("{if: a b, then: x}", "“a b” is not a condition; write it like: vip"),
        ("{if: a}", "“if” needs “then”"),
        ("{go: c}", "The node “c” is not known. Known: a, b."),
        ("{go: }", "Here a node's name is missing"),
        ("{answer: metadata}", "Did you mean “metadata_request”"),
        ("{hear: {',': b}}", "Name at least one keyword"),
        ("{hear: x}", "hear must be a mapping"),
        ("{set: x}", "set must be a mapping"),
        ("{action: go, data: x}", "data must be a mapping"),
    ],
)
def test_what_is_wrong(body: str, words: str):
    with pytest.raises(FlowError) as caught:
        steps(body)
    assert str(caught.value).startswith("test.yaml:2: ")
    assert words in str(caught.value)
