"""Conditions on metadata: `vip`, `not vip`, `plan = gold`, `orders >= 3`, `name has Ann`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_FORM = re.compile(
    r"(?P<no>not\s+)?(?P<path>[\w.-]+)\s*(?:(?P<op>!=|>=|<=|=|>|<|\bhas\b)\s*(?P<value>.+))?"
)


def look_up(metadata: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, or None where there is none."""
    value: Any = metadata
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


@dataclass(frozen=True)
class Condition:
    """One comparison of the metadata at `path`; with `negated`, its opposite."""

    path: str
    op: str = ""
    value: Any = None
    negated: bool = False

    def holds(self, metadata: Mapping[str, Any]) -> bool:
        found = look_up(metadata, self.path)
        truth = _OPS[self.op](found, self.value) if self.op else bool(found)
        return truth is not self.negated


def parse(text: str) -> Condition | None:
    """Read a condition as a designer writes it; None when it is not one."""
    form = _FORM.fullmatch(text.strip())
    if form is None:
        return None
    return Condition(
        form["path"], form["op"] or "", (form["value"] or "").strip(), form["no"] is not None
    )


def _equal(found: Any, value: Any) -> bool:
    return found is not None and _written(found) == _written(value)


def _has(found: Any, value: Any) -> bool:
    if isinstance(found, list | tuple):
        return any(_equal(item, value) for item in found)
    return found is not None and _written(value) in _written(found)


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, value: Any) -> bool:
        try:
            return compare(float(found), float(value))
        except (TypeError, ValueError):
            return False

    return holds


def _written(value: Any) -> str:
    """Write a value as a designer would: true, 3, Gold and gold are what they look like."""
    return str(value).strip().casefold()


_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "!=": lambda found, value: not _equal(found, value),
    "has": _has,
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
}
