"""What looks wrong in a flow that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from captivate_nb.__main__ import main
from captivate_nb.server import flows
from captivate_nb.server.flow.advice import advise
from captivate_nb.server.flow.loader import load
from support.flows import flow_of

FAULTY = """
nodes:
  menu:
    - Hello {nickname}!
    - Hello {user.firstName|there}, {plan}!
    - buttons: Choose
      options: [Tea, Milk, Round]
  lost:
    - Nobody comes here.
  asks:
    - ask: Which plan?
      save: plan
      retry: "Once more, {nobody}."
    - if: plan == gold
      then: Good.
  round:
    - if: vip
      then: {go: back}
      else: {go: round}
  back:
    - go: round
hear:
  tea: asks
  /(?P<lumps>\\d+) lumps/: ["{lumps} lumps, {said}."]
  round: round
"""


def test_each_finding_has_its_line_and_what_to_do():
    told = [(each.line, each.told) for each in advise(flow_of(FAULTY))]
    assert [line for line, _ in told] == [4, 6, 9, 11, 14, 17, 21]
    for (_, text), part in zip(
        told,
        (
            "nothing sets “{nickname}”",
            "the option “Milk” leads nowhere",
            "nothing leads to the node “lost”",
            "nothing sets “{nobody}”",
            "“==” never holds: write plan = gold.",
            "“round” comes back to itself and never waits",
            "“back” comes back to itself and never waits",
        ),
        strict=True,
    ):
        assert part in text


@pytest.mark.parametrize("name", flows())
def test_the_shipped_flows_have_none(name: str):
    assert advise(load(name)) == []


def test_a_loop_that_something_leads_out_of_is_none():
    flow = "nodes:\n  a:\n    - if: vip\n      then: Bye.\n      else: {go: a}\n"
    assert advise(flow_of(flow)) == []


def test_the_command_tells_them_and_its_exit_code_is_for_ci(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    good, bad, broken = (tmp_path / f"{name}.yaml" for name in ("good", "bad", "broken"))
    good.write_text("nodes: {a: Hello.}")
    bad.write_text("nodes:\n  a: Hello.\n  b: Nobody.\n")
    broken.write_text("nodes: {a: {go: nowhere}}")
    assert main(["check", str(good), "shop"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", str(good), str(bad), str(broken)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{bad}:3: nothing leads to the node “b”")
    assert second.startswith(f"{broken}:1: The node “nowhere” is not known")
    assert main(["check"]) == 2
