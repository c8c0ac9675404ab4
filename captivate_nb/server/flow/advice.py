"""What is wrong with a flow that can be read, and still does not do what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from captivate_nb.protocol import content as c
from captivate_nb.server.effects import HandOver, SendAction, SendEvent, SetMetadata

from . import model

GIVEN = {"said", "user", "private", "action", "agent"}
"""Names that nobody sets and a flow may use all the same."""

_BLANK = re.compile(r"\{([\w.]+)(\|[^{}]*)?\}")


@dataclass(frozen=True, order=True)
class Advice:
    """One finding: the line it is on, what it is, and what to do."""

    line: int
    told: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.told}"


def advise(flow: model.Flow) -> list[Advice]:
    """Return what looks wrong in a flow, by its lines."""
    found = {*_unreachable(flow), *_blanks(flow), *_doubled_signs(flow), *_dead_options(flow)}
    return sorted({*found, *_loops(flow)})


def _targets(flow: model.Flow, node: model.Node) -> set[str]:
    """Return the nodes to which a node leads by itself or by what is said in it."""
    found = {rule.node for rule in node.rules}
    for step in node.steps:
        match step:
            case model.Go(name):
                found.add(name)
            case model.Say(_, routes):
                found |= set(routes.values())
            case HandOver(_, busy):
                found.add(busy or flow.busy)
    return found


def _reached(flow: model.Flow, begun: set[str]) -> set[str]:
    todo, seen = list(begun), set(begun)
    while todo:
        new = _targets(flow, flow.nodes[todo.pop()]) - seen
        seen |= new
        todo += new
    return seen


def _unreachable(flow: model.Flow) -> Iterator[Advice]:
    begun = {flow.start, flow.fallback, *flow.actions.values(), *(r.node for r in flow.rules)}
    begun |= {flow.files} if flow.files else set()
    script = flow.agent
    agent = {script.greets, script.otherwise, *(rule.node for rule in script.rules), flow.busy}
    seen = _reached(flow, begun | agent)
    for name, node in flow.nodes.items():
        if name not in seen:
            yield Advice(
                _line(node),
                f"nothing leads to the node “{name}”: name it in a “go”, an option or a rule.",
            )


def _blanks(flow: model.Flow) -> Iterator[Advice]:
    """Blanks that are shown as they are written, as nothing sets them and they have no default."""
    known = GIVEN | {name for node in flow.nodes.values() for name in _set_in(node)}
    rules = [*flow.rules, *flow.agent.rules, *(r for n in flow.nodes.values() for r in n.rules)]
    for rule in rules:
        known |= set(re.findall(r"\(\?P<(\w+)>", rule.words))
    for node in flow.nodes.values():
        for step in node.steps:
            for name, default in _BLANK.findall(_written(step)):
                first = name.partition(".")[0]
                if not default and first not in known:
                    yield Advice(
                        step.line,
                        f"nothing sets “{{{name}}}”, so it is said as it is written: give it a"
                        f" default, {{{name}|…}}, or set it before.",
                    )


def _set_in(node: model.Node) -> Iterator[str]:
    for step in node.steps:
        match step:
            case model.Ask(save):
                yield save.partition(".")[0]
            case SetMetadata(values):
                yield from values


def _written(step: model.Step) -> str:
    """Return the texts of a step that blanks are filled in."""
    match step:
        case model.Say(content):
            return _text(content)
        case model.Ask(_, _, retry):
            return retry
        case SetMetadata(values) | SendAction(_, values) | SendEvent(_, values):
            return _text(values)
    return ""


def _text(value: c.Content | Mapping[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def _doubled_signs(flow: model.Flow) -> Iterator[Advice]:
    for node in flow.nodes.values():
        for step in node.steps:
            if isinstance(step, model.Branch) and str(step.condition.value or "").startswith("="):
                path, value = step.condition.path, str(step.condition.value).lstrip("= ")
                yield Advice(step.line, f"“==” never holds: write {path} = {value}.")


def _dead_options(flow: model.Flow) -> Iterator[Advice]:
    """Options that no route, rule or question takes: choosing them says “I did not understand”."""
    for node in flow.nodes.values():
        for place, step in enumerate(node.steps):
            if not isinstance(step, model.Say):
                continue
            asked = isinstance(next(iter(node.steps[place + 1 :]), None), model.Ask)
            for option in c.options_of((step.content,)):
                if option.url or option.value in step.routes or asked:
                    continue
                if not _heard(flow, node, option.value):
                    yield Advice(
                        step.line,
                        f"the option “{option.label}” leads nowhere: give it a node, or hear"
                        f" “{option.value}”.",
                    )


def _heard(flow: model.Flow, node: model.Node, text: str) -> bool:
    return any(rule.pattern.search(text) for rule in (*node.rules, *flow.rules))


def _loops(flow: model.Flow) -> Iterator[Advice]:
    """Nodes that go on to each other for ever, as on no way out of them anything waits."""
    ways = {name: _ways_on(node) for name, node in flow.nodes.items()}
    ending = {name for name, way in ways.items() if None in way}
    while more := {name for name, way in ways.items() if name not in ending and way & ending}:
        ending |= more
    for name in ways.keys() - ending:
        if name in _followed(ways, name):
            told = (
                f"“{name}” comes back to itself and never waits: ask something, or lead out of it."
            )
            yield Advice(_line(flow.nodes[name]), told)


def _ways_on(node: model.Node) -> set[str | None]:
    """Return the nodes to which a node may go on without waiting; None is for waiting."""
    todo, seen = [0], set[int]()
    ways: set[str | None] = set()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        match node.steps[place] if place < len(node.steps) else None:
            case None | model.Ask() | HandOver():
                ways.add(None)
            case model.Go(target):
                ways.add(target)
            case model.Jump(index):
                todo.append(index)
            case model.Branch(_, otherwise):
                todo += [place + 1, otherwise]
            case _:
                todo.append(place + 1)
    return ways


def _followed(ways: Mapping[str, set[str | None]], name: str) -> set[str]:
    """Return the nodes that come after one."""
    todo, seen = [name], set[str]()
    while todo:
        new = {way for way in ways[todo.pop()] if way is not None} - seen
        seen |= new
        todo += new
    return seen


def _line(node: model.Node) -> int:
    return min((step.line for step in node.steps if step.line), default=0)
