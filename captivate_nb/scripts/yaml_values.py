"""YAML as scripts are written in: version 1.2, where `yes` is a text, and every value has its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import yaml

from captivate_nb.errors import ScriptError, sentence

MOST_NESTED = 50
"""Values inside each other; more is no script."""

MOST_VALUES = 2_000_000
"""Values in all, those that aliases repeat included."""


class _Loader(yaml.SafeLoader):
    """A loader that knows the scalars of YAML 1.2, and no others."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _looks, _begins in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.nan)$",
        "-+0123456789.",
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_looks), list(_begins))


@dataclass(frozen=True, slots=True)
class Value:
    """A YAML value with its place: `data` is a text, a number, a bool, None, a list or pairs."""

    data: Any
    path: str
    line: int
    column: int

    def fail(self, what: str) -> NoReturn:
        """Raise that the value is not what it must be."""
        raise ScriptError(what, path=self.path, line=self.line, column=self.column)

    def pairs(self, what: str) -> list[tuple[Value, Value]]:
        """Return a mapping's keys and values. Raise `ScriptError` where it is none."""
        if not isinstance(self.data, dict):
            self.fail(f"{what} is a mapping, with “key: value” lines.")
        return list(self.data.items())

    def mapping(self, what: str) -> dict[str, Value]:
        """Return a mapping by its keys. Raise `ScriptError` where it is none."""
        return {str(key.data): value for key, value in self.pairs(what)}

    def items(self, what: str) -> list[Value]:
        """Return a list's items. Raise `ScriptError` where it is none."""
        if not isinstance(self.data, list):
            self.fail(f"{what} is a list, with “- ” before each item.")
        return cast("list[Value]", self.data)

    def plain(self) -> Any:
        """Return it as plain JSON values."""
        match self.data:
            case dict():
                return {str(key.data): value.plain() for key, value in self.data.items()}
            case list():
                return [value.plain() for value in self.data]
        return self.data

    def text(self) -> str:
        """Return a scalar as text."""
        match self.data:
            case None:
                return "null"
            case bool():
                return str(self.data).lower()
            case dict() | list():
                self.fail("A text is expected here, and not a list or a mapping.")
        return str(self.data)


def values(text: str, path: str) -> Value:
    """Return what a YAML document holds. Raise `ScriptError` with line and column."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Value({}, path, 1, 1)
        return _Reading(loader, path).value(node, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        told = sentence(f"This is no YAML: {error.problem or error.context}")
        raise ScriptError(told, path=path, line=line, column=column) from None
    except (yaml.YAMLError, ValueError) as error:
        told = sentence(f"This is no YAML: {str(error).partition(chr(10))[0]}")
        raise ScriptError(told, path=path) from None
    except RecursionError:
        raise ScriptError("This YAML is nested too deeply.", path=path) from None


class _Reading:
    """Turns the nodes of one document into values."""

    def __init__(self, loader: _Loader, path: str) -> None:
        self._loader = loader
        self._path = path
        self._count = 0

    def value(self, node: yaml.Node, depth: int) -> Value:
        mark = node.start_mark
        at = (self._path, mark.line + 1, mark.column + 1)
        self._count += 1
        if depth > MOST_NESTED or self._count > MOST_VALUES:
            raise ScriptError(
                "This YAML has too many values in each other.",
                path=self._path,
                line=at[1],
                column=at[2],
            )
        match node:
            case yaml.MappingNode():
                return Value(dict(self._pairs(node, depth)), *at)
            case yaml.SequenceNode():
                return Value([self.value(item, depth + 1) for item in node.value], *at)
        return Value(self._loader.construct_object(node), *at)

    def _pairs(self, node: yaml.MappingNode, depth: int) -> Iterator[tuple[Value, Value]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = self.value(key_node, depth + 1)
            name = key.text()
            if name in seen:
                key.fail(f"“{name}” stands twice in one mapping.")
            seen.add(name)
            yield key, self.value(value_node, depth + 1)
