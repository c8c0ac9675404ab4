"""YAML values that know their file and line, so that an error can name them.

A subset of YAML that has no surprises: `Yes`, `12:30` and `2024-01-01` are text, there are no
aliases, tags or duplicate keys, and size and depth are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from captivate_nb.errors import FlowError, did_you_mean

LARGEST_FILE = 1 << 20  # bytes
LONGEST_PAUSE = 60.0  # seconds
DEEPEST = 30  # mappings and lists inside each other


class _PlainLoader(yaml.SafeLoader):
    """Only null, true, false and numbers are anything but text (YAML 1.1 has many more)."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _form, _first in (
    ("null", r"~|", ["~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(0|[1-9]\d{0,17})", list("-+0123456789")),
    ("float", r"[-+]?\d{1,17}\.\d{1,17}", list("-+0123456789")),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), _first
    )


_HALF = re.compile(r"[\ud800-\udfff]")  # of a surrogate pair, which has no form as UTF-8
_TABS = "Indent with spaces, not with tabs."
_QUOTES = "Text needs quotes when it has a colon, or a sign like { [ * & @ % ? at an end."


@dataclass(frozen=True)
class YamlNode:
    """One value of the file. Its methods raise `FlowError` naming file and line."""

    raw: yaml.Node
    file: str

    def fail(self, problem: str) -> NoReturn:
        raise FlowError(f"{self.file}:{self.line}: {problem}")

    def unknown(self, what: str, word: str, known: Iterable[str]) -> NoReturn:
        """Fail over an unknown word: with the nearest known one, or all of them."""
        known = sorted(known)
        hint = did_you_mean(word, known) or f" Known: {', '.join(known)}."
        self.fail(f"{what} “{word}” is not known.{hint}")

    @property
    def line(self) -> int:
        return int(self.raw.start_mark.line) + 1

    @property
    def column(self) -> int:
        return int(self.raw.start_mark.column) + 1

    @property
    def is_text(self) -> bool:
        return isinstance(self.raw, yaml.ScalarNode) and not self.is_empty

    @property
    def is_empty(self) -> bool:
        return str(self.raw.tag).endswith(":null")

    @property
    def is_list(self) -> bool:
        return isinstance(self.raw, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.raw, yaml.MappingNode)

    def text(self, what: str) -> str:
        """Return text as it is written, whatever YAML would make of it: `Yes`, 007, true."""
        if not self.is_text:
            self.fail(f"{what} must be text, not {self._kind()}.")
        return str(self.raw.value)

    def number(self, what: str) -> float:
        """Return a number of a sane size, in the form that a number in data has."""
        if not (self.is_text and re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", self.raw.value)):
            self.fail(f"{what} must be a number, not {self._kind()}.")
        return float(self.raw.value)

    def seconds(self, what: str) -> float:
        seconds = self.number(what)
        if not 0 <= seconds <= LONGEST_PAUSE:
            self.fail(f"{what} takes 0 to {LONGEST_PAUSE:g} seconds, not {seconds:g}.")
        return seconds

    def items(self, what: str) -> list[YamlNode]:
        if not self.is_list:
            self.fail(f"{what} must be a list, not {self._kind()}.")
        return [YamlNode(item, self.file) for item in self.raw.value]

    def pairs(self, what: str) -> dict[str, tuple[YamlNode, YamlNode]]:
        """Return a mapping as `{key: (where the key is, the value)}`, in the file's order."""
        if not self.is_mapping:
            self.fail(f"{what} must be a mapping of names to values, not {self._kind()}.")
        found: dict[str, tuple[YamlNode, YamlNode]] = {}
        for key_node, value_node in self.raw.value:
            key = YamlNode(key_node, self.file)
            name = key.text("a name")
            if name in found:
                key.fail(f"“{name}” is here twice; the first is on line {found[name][0].line}.")
            found[name] = (key, YamlNode(value_node, self.file))
        return found

    def data(self) -> Any:
        """Return the value as JSON-like data."""
        if self.is_mapping:
            return {key: value.data() for key, (_, value) in self.pairs("data").items()}
        if self.is_list:
            return [item.data() for item in self.items("data")]
        if self.is_empty:
            return None
        kind = str(self.raw.tag).rpartition(":")[2]
        value = str(self.raw.value)
        read: dict[str, Any] = {"bool": lambda text: text == "true", "int": int, "float": float}
        return read.get(kind, str)(value)

    def _kind(self) -> str:
        if self.is_list:
            return "a list"
        if self.is_mapping:
            return "a mapping"
        return "nothing" if self.is_empty else f"“{self.raw.value}”"


Fields = dict[str, tuple[YamlNode, YamlNode]]


def known(node: YamlNode, what: str, words: Sequence[str]) -> Fields:
    """Return the pairs of a mapping that has only these words."""
    fields = node.pairs(what)
    for name, (key, _) in fields.items():
        if name not in words:
            key.unknown(f"In {what}, the word", name, words)
    return fields


def field(fields: Fields, name: str) -> str:
    """Return the text of a field, or "" where it is left out."""
    return fields[name][1].text(name) if name in fields else ""


def too_large(file: str) -> FlowError:
    return FlowError(f"{file}: A flow file has at most {LARGEST_FILE >> 20} MiB; shorten it.")


def read_yaml(source: bytes, file: str) -> YamlNode:
    """Read one YAML document in UTF-8; `file` is the name that errors show."""
    if len(source) > LARGEST_FILE:
        raise too_large(file)
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise FlowError(f"{file}:{line}: This is not UTF-8 text.") from None
    try:
        _refuse_excess(text, file)
        raw = yaml.compose(text, _PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        hint = _TABS if "'\\t'" in str(error.problem) else _QUOTES
        raise FlowError(f"{file}:{line}: This is not YAML: {error.problem}. {hint}") from None
    except yaml.YAMLError as error:
        raise FlowError(f"{file}: This is not YAML: {' '.join(str(error).split())}.") from None
    if raw is None:
        raise FlowError(f"{file}: The file is empty.")
    return YamlNode(raw, file)


def _refuse_excess(source: str, file: str) -> None:
    """Refuse what would cost more than its size, before anything is built of it."""
    depth = 0
    for event in yaml.parse(source, _PlainLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise FlowError(f"{file}:{line}: Aliases (*{event.anchor}) cannot be used in a flow.")
        if isinstance(event, yaml.NodeEvent) and (tag := getattr(event, "tag", None)):
            raise FlowError(f"{file}:{line}: Tags ({tag}) cannot be used in a flow.")
        if isinstance(event, yaml.ScalarEvent) and (half := _HALF.search(event.value)):
            raise FlowError(f"{file}:{line}: This has half a character, {half[0]!a}.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise FlowError(f"{file}:{line}: This nests more than {DEEPEST} levels deep.")
