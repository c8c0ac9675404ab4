"""The words of the flow language: each step a designer can write, read into steps of `flow`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import regex

from captivate_nb.errors import did_you_mean
from captivate_nb.protocol import content as c

from . import conditions
from . import model as flow
from . import say_steps as says
from .checks import CHECKS, Check, by_pattern
from .patterns import Pattern
from .yaml_source import Fields, Spot, field

if TYPE_CHECKING:
    from .loader import Reader


def read_steps(reader: Reader, spot: Spot) -> list[flow.Step]:
    """Read a list of steps, or a single one."""
    spots = spot.items("steps") if spot.is_list else [spot]
    steps: list[flow.Step] = []
    for one in spots:
        steps += _shift(_read_step(reader, one), len(steps))
    return steps


def _shift(steps: Sequence[flow.Step], by: int) -> list[flow.Step]:
    """Move the steps that name other steps of their node."""
    moved: list[flow.Step] = []
    for step in steps:
        if isinstance(step, flow.Branch):
            moved.append(flow.Branch(step.condition, step.otherwise + by))
        elif isinstance(step, flow.Jump):
            moved.append(flow.Jump(step.index + by))
        else:
            moved.append(step)
    return moved


def _read_step(reader: Reader, spot: Spot) -> Sequence[flow.Step]:
    if not spot.is_mapping:
        text = spot.text("a step")
        leaves = reader.in_agent and text == "leave"
        return [flow.Leave()] if leaves else [flow.Say(c.Text(text))]
    fields = spot.pairs("a step")
    verbs = [name for name in fields if name in _VERBS]
    if not verbs:
        _fail_unknown(spot, fields)
    if len(verbs) > 1:
        spot.fail(f"A step does one thing; write “{verbs[0]}” and “{verbs[1]}” as two steps.")
    verb = verbs[0]
    read, modifiers = _VERBS[verb]
    for name, (key, _) in fields.items():
        if name != verb and name not in modifiers:
            key.unknown(f"In “{verb}”, the word", name, modifiers or [verb])
    return read(reader, fields[verb][1], fields)


def _ask(reader: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    if "save" not in fields:
        spot.fail("“ask” needs “save”: the name under which the answer is kept.")
    check = _check(fields)
    options, routes = says.read_options(reader, fields)
    title = spot.text("ask")
    question: c.Content = c.Buttons(title, options) if options else c.Text(title)
    retry = field(fields, "retry") or check.retry
    return [flow.Say(question, routes), flow.Ask(field(fields, "save"), check, retry)]


def _check(fields: Fields) -> Check:
    if "check" not in fields:
        return CHECKS["anything"]
    spot = fields["check"][1]
    word = spot.text("check")
    if (pattern := read_pattern(spot)) is not None:
        return by_pattern(pattern)
    if word not in CHECKS:
        spot.unknown("The check", word, CHECKS)
    return CHECKS[word]


def _set(_: Reader, spot: Spot, __: Fields) -> Sequence[flow.Step]:
    return [flow.Learn({name: value.data() for name, (_, value) in spot.pairs("set").items()})]


def _action(_: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    return [flow.Act(spot.text("action"), _data(fields, "data"))]


def _event(_: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    return [flow.Raise(spot.text("event"), _data(fields, "payload"))]


REQUESTS = ("conversation_transcript_request", "get_conversations", "metadata_request")


def _answer(_: Reader, spot: Spot, __: Fields) -> Sequence[flow.Step]:
    request = spot.text("answer")
    if request not in REQUESTS:
        spot.unknown("The request", request, REQUESTS)
    return [flow.Answer(request)]


def _go(reader: Reader, spot: Spot, _: Fields) -> Sequence[flow.Step]:
    return [flow.Go(reader.target(spot))]


def _hand_over(reader: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    busy = reader.target(fields["busy"][1]) if "busy" in fields else None
    return [flow.HandOver("" if spot.is_empty else spot.text("hand over"), busy)]


def _if(reader: Reader, spot: Spot, fields: Fields) -> Sequence[flow.Step]:
    condition = conditions.parse(spot.text("a condition"))
    if condition is None:
        spot.fail(
            f"“{spot.text('if')}” is not a condition; write it like: vip, not vip, plan = gold,"
            " orders >= 3, name has Ann."
        )
    if "then" not in fields:
        spot.fail("“if” needs “then”.")
    then = _shift(read_steps(reader, fields["then"][1]), 1)
    if "else" not in fields:
        return [flow.Branch(condition, len(then) + 1), *then]
    start = len(then) + 2
    otherwise = _shift(read_steps(reader, fields["else"][1]), start)
    return [
        flow.Branch(condition, start),
        *then,
        flow.Jump(start + len(otherwise)),
        *otherwise,
    ]


def _hear(reader: Reader, spot: Spot, _: Fields) -> Sequence[flow.Step]:
    reader.rules += read_rules(reader, spot)
    return []


def _fail_unknown(spot: Spot, fields: Fields) -> NoReturn:
    for name, (key, _) in fields.items():
        if " " in name and not did_you_mean(name, _VERBS):
            key.fail(f"“{name[:40]}” is not a step. If it is text: one with a colon needs quotes.")
        key.unknown("The step", name, _VERBS)
    spot.fail("This step is empty.")


def read_rules(reader: Reader, spot: Spot) -> list[flow.Rule]:
    """Read `words, more words: node` and `/pattern/: node`."""
    rules: list[flow.Rule] = []
    for key, target in spot.pairs("hear").values():
        pattern = read_pattern(key) or keywords(key.text("keywords"))
        if pattern is None:
            key.fail("Name at least one keyword.")
        rules.append(flow.Rule(pattern, reader.target(target)))
    return rules


def read_pattern(spot: Spot) -> Pattern | None:
    """Read `/pattern/`; None when the text is not between slashes."""
    text = spot.text("a pattern")
    if len(text) < 3 or not (text.startswith("/") and text.endswith("/")):
        return None
    try:
        return Pattern(text[1:-1])
    except ValueError as error:
        spot.fail(f"The pattern {text[:80]} is not a regular expression: {error}.")


def keywords(text: str) -> Pattern | None:
    """Return a pattern that finds any of these comma-separated words; None when there is none."""
    words = [flow.fold(word) for word in text.split(",") if word.strip()]
    if not words:
        return None
    return Pattern(rf"(?<!\w)(?:{'|'.join(map(regex.escape, words))})(?!\w)")


def _data(fields: Fields, name: str) -> dict[str, Any]:
    if name not in fields:
        return {}
    return {key: value.data() for key, (_, value) in fields[name][1].pairs(name).items()}


_Verb = tuple[Callable[["Reader", Spot, Fields], Sequence[flow.Step]], tuple[str, ...]]
_VERBS: dict[str, _Verb] = {
    "text": (says.read_text, ("times",)),
    "md": (says.read_markdown, ()),
    "html": (says.read_html, ()),
    "table": (says.read_table, ()),
    "buttons": (says.read_buttons, ("options",)),
    "cards": (says.read_cards, ()),
    "files": (says.read_files, ("title",)),
    "pause": (says.read_pause, ()),
    "raw": (says.read_raw, ()),
    "ask": (_ask, ("save", "check", "retry", "options")),
    "set": (_set, ()),
    "action": (_action, ("data",)),
    "event": (_event, ("payload",)),
    "answer": (_answer, ()),
    "if": (_if, ("then", "else")),
    "go": (_go, ()),
    "hand over": (_hand_over, ("busy",)),
    "hear": (_hear, ()),
}
