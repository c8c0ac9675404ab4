"""Conditions on a number, such as `>=2`."""

from __future__ import annotations

from collections.abc import Callable

from .javascript import whole_number

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda count, limit: count <= limit,
    "<": lambda count, limit: count < limit,
    ">=": lambda count, limit: count >= limit,
    ">": lambda count, limit: count > limit,
    "==": lambda count, limit: count == limit,
    "=": lambda count, limit: count == limit,
}


def condition_in(text: str) -> tuple[str, str]:
    """Return a condition's sign and the rest; the sign is empty where it has none."""
    text = text.strip()
    sign = next((sign for sign in _SIGNS if text.startswith(sign)), "")
    return sign, text[len(sign) :].strip()


def holds(sign: str, count: float, limit: float) -> bool:
    """Whether a number is as a sign has it; without one it must be the same."""
    return _SIGNS[sign or "="](count, limit)


def counts(count: int, condition: str) -> bool:
    """Whether a count is as a condition has it; one with a word for its number never holds."""
    sign, limit = condition_in(condition)
    return holds(sign, count, whole_number(limit))


def counted(what: str, count: int, condition: str, negated: bool) -> str:
    """Return the complaint of an asserter that counts, or an empty text."""
    if counts(count, condition) != negated:
        return ""
    return f"{'not ' * negated}{condition} {what} expected, and there are {count}"
