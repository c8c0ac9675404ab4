"""The words of the flow language: each step that a designer can write, read into steps of `model`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import regex

from captivate_nb.errors import did_you_mean
from captivate_nb.protocol import content as c
from captivate_nb.server import effects

from . import conditions, model, say_steps
from .checks import CHECKS, Check, by_pattern
from .context import ReadContext
from .patterns import Pattern
from .yaml_source import Fields, YamlNode, field


def read_steps(context: ReadContext, node: YamlNode) -> list[model.Step]:
    """Read a list of steps, or a single one."""
    nodes = node.items("steps") if node.is_list else [node]
    steps: list[model.Step] = []
    for one in nodes:
        read = [
            s if s.line else dataclasses.replace(s, line=one.line) for s in _read_step(context, one)
        ]
        steps += _shift(read, len(steps))
    return steps


def _shift(steps: Sequence[model.Step], by: int) -> list[model.Step]:
    """Move the steps that name other steps of their node."""
    moved: list[model.Step] = []
    for step in steps:
        if isinstance(step, model.Branch):
            moved.append(dataclasses.replace(step, otherwise=step.otherwise + by))
        elif isinstance(step, model.Jump):
            moved.append(dataclasses.replace(step, index=step.index + by))
        else:
            moved.append(step)
    return moved


def _read_step(context: ReadContext, node: YamlNode) -> Sequence[model.Step]:
    if not node.is_mapping:
        text = node.text("a step")
        leaves = context.in_agent and text == "leave"
        return [model.Leave()] if leaves else [model.Say(c.Text(text))]
    fields = node.pairs("a step")
    verbs = [name for name in fields if name in _VERBS]
    if not verbs:
        _fail_unknown(node, fields)
    if len(verbs) > 1:
        node.fail(f"A step does one thing; write “{verbs[0]}” and “{verbs[1]}” as two steps.")
    verb = verbs[0]
    read, modifiers = _VERBS[verb]
    for name, (key, _) in fields.items():
        if name != verb and name not in modifiers:
            key.unknown(f"In “{verb}”, the word", name, modifiers or [verb])
    return read(context, fields[verb][1], fields)


def _ask(context: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    if "save" not in fields:
        node.fail("“ask” needs “save”: the name under which the answer is kept.")
    check = _check(fields)
    options, routes = say_steps.read_options(context, fields)
    title = node.text("ask")
    question: c.Content = c.Buttons(title, options) if options else c.Text(title)
    retry = field(fields, "retry") or check.retry
    return [model.Say(question, routes), model.Ask(field(fields, "save"), check, retry)]


def _check(fields: Fields) -> Check:
    if "check" not in fields:
        return CHECKS["anything"]
    node = fields["check"][1]
    word = node.text("check")
    if (pattern := read_pattern(node)) is not None:
        return by_pattern(pattern)
    if word not in CHECKS:
        node.unknown("The check", word, CHECKS)
    return CHECKS[word]


def _set(_: ReadContext, node: YamlNode, __: Fields) -> Sequence[model.Step]:
    return [
        effects.SetMetadata({name: value.data() for name, (_, value) in node.pairs("set").items()})
    ]


def _action(_: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    return [effects.SendAction(node.text("action"), _data(fields, "data"))]


def _event(_: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    return [effects.SendEvent(node.text("event"), _data(fields, "payload"))]


REQUESTS = ("conversation_transcript_request", "get_conversations", "metadata_request")


def _answer(_: ReadContext, node: YamlNode, __: Fields) -> Sequence[model.Step]:
    request = node.text("answer")
    if request not in REQUESTS:
        node.unknown("The request", request, REQUESTS)
    return [effects.Answer(request)]


def _go(context: ReadContext, node: YamlNode, _: Fields) -> Sequence[model.Step]:
    return [model.Go(context.target(node))]


def _hand_over(context: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    busy = context.target(fields["busy"][1]) if "busy" in fields else None
    return [effects.HandOver("" if node.is_empty else node.text("hand over"), busy)]


def _if(context: ReadContext, node: YamlNode, fields: Fields) -> Sequence[model.Step]:
    condition = conditions.parse(node.text("a condition"))
    if condition is None:
        node.fail(
            f"“{node.text('if')}” is not a condition; write it like: vip, not vip, plan = gold,"
            " orders >= 3, name has Ann."
        )
    if "then" not in fields:
        node.fail("“if” needs “then”.")
    then = _shift(read_steps(context, fields["then"][1]), 1)
    if "else" not in fields:
        return [model.Branch(condition, len(then) + 1), *then]
    start = len(then) + 2
    otherwise = _shift(read_steps(context, fields["else"][1]), start)
    return [
        model.Branch(condition, start),
        *then,
        model.Jump(start + len(otherwise)),
        *otherwise,
    ]


def _hear(context: ReadContext, node: YamlNode, _: Fields) -> Sequence[model.Step]:
    context.rules += read_rules(context, node)
    return []


def _fail_unknown(node: YamlNode, fields: Fields) -> NoReturn:
    for name, (key, _) in fields.items():
        if " " in name and not did_you_mean(name, _VERBS):
            key.fail(f"“{name[:40]}” is not a step. If it is text: one with a colon needs quotes.")
        key.unknown("The step", name, _VERBS)
    node.fail("This step is empty.")


def read_rules(context: ReadContext, node: YamlNode) -> list[model.Rule]:
    """Read `words, more words: node` and `/pattern/: node`."""
    rules: list[model.Rule] = []
    for key, target in node.pairs("hear").values():
        pattern = read_pattern(key) or keywords(key.text("keywords"))
        if pattern is None:
            key.fail("Name at least one keyword.")
        rules.append(
            model.Rule(pattern, context.target(target), key.text("keywords"), line=key.line)
        )
    return rules


def read_pattern(node: YamlNode) -> Pattern | None:
    """Read `/pattern/`; None when the text is not between slashes."""
    text = node.text("a pattern")
    if len(text) < 3 or not (text.startswith("/") and text.endswith("/")):
        return None
    try:
        return Pattern(text[1:-1])
    except ValueError as error:
        node.fail(f"The pattern {text[:80]} is not a regular expression: {error}.")


def keywords(text: str) -> Pattern | None:
    """Return a pattern that finds any of these comma-separated words; None when there is none."""
    words = [model.fold(word) for word in text.split(",") if word.strip()]
    if not words:
        return None
    return Pattern(rf"(?<!\w)(?:{'|'.join(map(regex.escape, words))})(?!\w)")


def _data(fields: Fields, name: str) -> dict[str, Any]:
    if name not in fields:
        return {}
    return {key: value.data() for key, (_, value) in fields[name][1].pairs(name).items()}


_Verb = tuple[Callable[[ReadContext, YamlNode, Fields], Sequence[model.Step]], tuple[str, ...]]
_VERBS: dict[str, _Verb] = {
    "text": (say_steps.read_text, ("times",)),
    "md": (say_steps.read_markdown, ()),
    "html": (say_steps.read_html, ()),
    "table": (say_steps.read_table, ()),
    "buttons": (say_steps.read_buttons, ("options",)),
    "cards": (say_steps.read_cards, ()),
    "files": (say_steps.read_files, ("title",)),
    "pause": (say_steps.read_pause, ()),
    "raw": (say_steps.read_raw, ()),
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
