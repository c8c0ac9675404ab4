"""Reading scripts in their YAML form: conversations, partials, utterances and memory in one file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .companions import MemoryCase, Utterances, check_case, memory_cases
from .keywords import Kind, kind_of
from .sections import Head, Line, section
from .syntax import SENDERS, Keyword, Script, Step
from .text_form import check_name, lines_of
from .yaml_values import Value, values

_NAMED: dict[str, Kind] = {
    "asserter": "asserter",
    "logichook": "hook",
    "logicHook": "hook",
    "userinput": "input",
    "userInput": "input",
}
PARTS = ("convos", "partialConvos", "utterances", "scriptingMemory")
"""What a YAML file of scripts may have."""


@dataclass(frozen=True, slots=True)
class Document:
    """What one YAML file holds."""

    scripts: list[Script] = field(default_factory=list)
    partials: list[Script] = field(default_factory=list)
    utterances: list[Utterances] = field(default_factory=list)
    memory: list[MemoryCase] = field(default_factory=list)


def document(text: str, path: str = "", name: str = "") -> Document:
    """Return what a YAML file holds; `name` is what a conversation without one is called.

    Raise `ScriptError` with line and column.
    """
    parts = values(text, path).mapping("A file of scripts")
    given = {part: value for part, value in parts.items() if value.data is not None}
    read = Document()
    if "convos" in given:
        items = given["convos"].items("“convos”")
        read.scripts.extend(_script(item, name) for item in items)
    if "partialConvos" in given:
        for item in given["partialConvos"].items("“partialConvos”"):
            partial = _script(item, "")
            check_name(partial.name, path, item.line)
            read.partials.append(partial)
    if "utterances" in given:
        read.utterances.extend(_utterances(given["utterances"]))
    if "scriptingMemory" in given:
        read.memory.extend(_memory(given["scriptingMemory"]))
    return read


def has(parts: Iterable[str], text: str) -> bool:
    """Whether a YAML file looks as if it had one of these parts: any YAML may stand in a folder."""
    return re.search(rf"^[\"']?(?:{'|'.join(parts)})[\"']?\s*:", text, re.MULTILINE) is not None


def _script(value: Value, name: str) -> Script:
    fields = value.mapping("A conversation")
    if "steps" not in fields:
        value.fail("A conversation has “steps:”, a list.")
    steps = tuple(_section(step) for step in fields["steps"].items("“steps”"))
    title = fields["name"].text() if "name" in fields else name
    told = fields["description"].text() if "description" in fields else ""
    return Script(title or name, value.path, told, steps)


def _section(value: Value) -> Step:
    pairs = value.pairs("A step")
    if len(pairs) != 1 or pairs[0][0].data not in SENDERS:
        value.fail(f"A step has one of {', '.join(SENDERS)}, and a list of lines.")
    sender, lines = pairs[0]
    head = Head(str(sender.data), sender.line, value.path)
    listed = lines.data if isinstance(lines.data, list) else [lines]
    return section(head, [item for line in listed for item in _items(line, head)])


def _items(value: Value, head: Head) -> Iterator[Line | Keyword]:
    if isinstance(value.data, str):
        yield Line(value.data, value.line, value.column)
    elif isinstance(value.data, dict) and value.data:
        yield _keyword(value, head)
    else:
        value.fail(f"A line of a step is a text or a keyword: put “{value.data}” into quotes.")


def _keyword(value: Value, head: Head) -> Keyword:
    fields = value.mapping("A keyword")
    named = next((key for key in _NAMED if key in fields), None)
    if named is None:
        return _short_keyword(value, head)
    name = fields[named].text()
    kind = _NAMED[named]
    if kind_of(name, head.sender) != kind:
        value.fail(f"There is no {named} “{name}” in a #{head.sender} section.")
    args = _args(fields["args"]) if "args" in fields else ()
    marks = {
        mark: kind == "asserter" and mark in fields and bool(fields[mark].data)
        for mark in ("not", "optional")
    }
    return Keyword(name, args, kind, value.line, value.column, marks["not"], marks["optional"])


def _short_keyword(value: Value, head: Head) -> Keyword:
    """Return a keyword that is written as `KEYWORD: arguments`."""
    key, given = value.pairs("A keyword")[0]
    name, optional = _cut(str(key.data), "?", "OPTIONAL_")
    name, negated = _cut(name, "!", "NOT_")
    kind = kind_of(name, head.sender)
    if kind is None:
        value.fail(f"“{name}” is no keyword of a #{head.sender} section. A text goes into quotes.")
    checked = kind == "asserter"
    return Keyword(
        name,
        _args(given),
        kind,
        value.line,
        value.column,
        negated and checked,
        optional and checked,
    )


def _cut(name: str, mark: str, word: str) -> tuple[str, bool]:
    for prefix in (mark, word):
        if name.startswith(prefix):
            return name.removeprefix(prefix), True
    return name, False


def _args(value: Value) -> tuple[str, ...]:
    if isinstance(value.data, list):
        return tuple(item.text() for item in value.data)
    return () if value.data in (None, "") else (value.text(),)


def _utterances(value: Value) -> Iterator[Utterances]:
    for name, variants in value.pairs("“utterances”"):
        if not isinstance(variants.data, list):
            variants.fail(f"The utterances “{name.text()}” are a list of their variants.")
        texts = tuple(text for variant in variants.data if (text := variant.text()))
        yield Utterances(name.text(), texts, name.path, name.line)


def _memory(value: Value) -> list[MemoryCase]:
    items = value.items("“scriptingMemory”")
    if items and isinstance(items[0].data, str):
        rows = [(line, item.line) for item in items for line in lines_of(item.text())]
        return memory_cases(rows, value.path)
    cases = [_case(item) for item in items]
    for case in cases:
        check_case(case)
    return cases


def _case(value: Value) -> MemoryCase:
    fields = value.mapping("A case")
    header = fields["header"].mapping("A case's header") if "header" in fields else {}
    given = fields["values"].mapping("A case's values") if "values" in fields else {}
    name = header["name"].text() if "name" in header else ""
    held = {
        variable: None if each.data in (None, "") else each.text()
        for variable, each in given.items()
    }
    return MemoryCase(name, held, value.path, value.line)
