"""A flow file as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from captivate_nb.errors import FlowError
from captivate_nb.protocol import content as c
from captivate_nb.server import FLOWS, flows
from captivate_nb.server.flow import model as f
from captivate_nb.server.flow.loader import LARGEST_PICTURE, load
from support.flows import flow_of


def problem(source: str) -> str:
    with pytest.raises(FlowError) as caught:
        flow_of(source)
    return str(caught.value)


def test_shipped_flows_load_and_say_what_they_are():
    for name in flows():
        flow = load(name)
        assert (flow.name, bool(flow.about)) == (name, True)


def test_a_flow_with_everything_said():
    flow = flow_of(
        """
        flow: mine
        about: Mine.
        bot: My Bot
        start: b
        nodes: {a: A, b: B}
        hear: {x: a, /y+/: [Y.]}
        actions: {go: b}
        files: a
        fallback: b
        busy: [Busy.]
        agent:
          name: Robin
          joins after: 0.1
          greets: Hello.
          hear: {bye: [Bye., leave]}
          otherwise: [Hm., files: mug.svg]
        """
    )
    assert (flow.name, flow.about, flow.bot, flow.start) == ("mine", "Mine.", "My Bot", "b")
    assert (flow.files, flow.fallback, flow.actions) == ("a", "b", {"go": "b"})
    assert flow.nodes[flow.busy].steps == (f.Say(c.Text("Busy.")),)
    assert (flow.agent.name, flow.agent.joins_after) == ("Robin", 0.1)
    assert flow.nodes[flow.agent.greets].steps == (f.Say(c.Text("Hello.")),)
    assert flow.nodes[flow.agent.rules[0].node].steps[-1] == f.Leave()
    assert len(flow.nodes[flow.agent.otherwise].steps) == 2
    assert flow.pictures == {"mug.svg": FLOWS / "mug.svg"}


def test_a_flow_with_as_little_as_possible():
    flow = flow_of("nodes: {hello: Hello.}")
    assert (flow.name, flow.start, flow.files) == ("test", "hello", None)
    assert flow.agent.name == "Maya"
    for name in (flow.fallback, flow.busy, flow.agent.greets, flow.agent.otherwise):
        assert flow.nodes[name].aside


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("[]", "test.yaml:1: a flow must be a mapping"),
        ("flow: x", "test.yaml:1: A flow needs “nodes”"),
        ("nodes: {}", "test.yaml:1: A flow needs at least one node"),
        ("nodes: {a: A}\nnode: x", "test.yaml:2: In a flow, the word “node” is not known. Did"),
        ("start: b\nnodes: {aa: A}", "test.yaml:1: The node “b” is not known. Known: aa."),
        ("nodes: {a: A}\nactions: {go: aa}", "test.yaml:2: The node “aa” is not known. Did you"),
        ("nodes: {a: A}\nfallback: I beg your pardon.", "To say this, write a list of one text"),
        ("nodes: {a: {go: }}", "test.yaml:1: Here a node's name is missing"),
        (
            "nodes: {a: {files: mug.png}}",
            "There is no file “mug.png” beside the flow. Did you mean",
        ),
        ('nodes: {a: {files: "\\0"}}', "There is no file"),
        (f"nodes: {{a: {{files: {'x' * 1000}}}}}", "There is no file"),
        ("nodes: {a: {files: ../embedded.py}}", "is not in the flow's folder"),
        ("nodes: {a: A}\nfallback: aa", "test.yaml:2: The node “aa” is not known"),
        ("nodes: {a: A}\nagent: {nam: x}", "In agent, the word “nam” is not known. Did you mean"),
        ("nodes: {a: A}\nagent: {joins after: x}", "joins after must be a number"),
        (
            "nodes: {a: A}\nagent:\n  greets: {set: {a: 1}}",
            "test.yaml:3: The agent can say things and leave, and do nothing else",
        ),
        (
            "nodes: {a: A}\nagent:\n  hear:\n    x: [{buttons: x, options: {y: [{go: a}]}}]",
            "test.yaml:4: The agent can say things and leave",
        ),
    ],
)
def test_what_is_wrong(source: str, words: str):
    assert words in problem(source)


def test_a_file_of_one_s_own(tmp_path: Path):
    (tmp_path / "my picture.svg").write_text("<svg/>")
    path = tmp_path / "mine.yaml"
    path.write_text("nodes: {a: [files: my picture.svg]}")
    for given in (path, str(path)):
        flow = load(given)
        assert flow.name == "mine"
        assert flow.pictures == {"my picture.svg": tmp_path / "my picture.svg"}


def test_errors_name_the_file_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("nodes:\n  a: {go: b}\n")
    with pytest.raises(FlowError, match="^mine.yaml:2: The node “b”"):
        load("mine.yaml")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("suport", "No flow is named “suport”. Did you mean “support”? A file of your own ends in"),
        ("xyzzy", "There are booking-bug, everything, shop, support."),
        ("nothing.yaml", "nothing.yaml: The flow cannot be read: No such file"),
        ("nowhere/flow", "nowhere/flow: The flow cannot be read: No such file"),
    ],
)
def test_no_such_flow(name: str, words: str):
    with pytest.raises(FlowError) as caught:
        load(name)
    assert words in str(caught.value)


def test_files_are_bounded(tmp_path: Path):
    (tmp_path / "big.png").write_bytes(bytes(LARGEST_PICTURE + 1))
    with pytest.raises(FlowError, match="larger than 5 MiB"):
        flow_of("nodes: {a: [files: big.png]}", tmp_path)
    (tmp_path / "big.yaml").write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(FlowError, match="at most 1 MiB"):
        load(tmp_path / "big.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(FlowError, match="The flow cannot be read: It is a pipe, not a file"):
        load(tmp_path / "pipe.yaml")
    with pytest.raises(FlowError, match="The flow cannot be read: embedded null byte"):
        load("nul\0.yaml")


def test_pictures_that_are_elsewhere_stay_as_they_are():
    flow = flow_of("nodes: {a: [cards: [{picture: 'https://example.org/a.png'}]]}")
    said = flow.nodes["a"].steps[0]
    assert isinstance(said, f.Say)
    assert said.content == c.Cards((c.Card(image_url="https://example.org/a.png"),))
    assert not flow.pictures
