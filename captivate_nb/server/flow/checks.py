"""Checks of what a user answers: a name, an email address, a phone number, a number, a pattern."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .patterns import Pattern

LONGEST_ANSWER = 1000  # characters; also bounds what a flow's own pattern has to look at

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_NAME = re.compile(r"[^\W\d_][^\d_@<>{}\[\]]{0,79}")
_PHONE = re.compile(r"\+?[\d\s()./-]{5,25}")
_SHORTEST_PHONE = 5  # digits


@dataclass(frozen=True)
class Check:
    """A named check: `read` returns the answer to store, or None to refuse it."""

    name: str
    read: Callable[[str], str | int | float | None]
    retry: str


def _anything(answer: str) -> str | None:
    return answer or None


def _name(answer: str) -> str | None:
    return answer if _NAME.fullmatch(answer) else None


def _email(answer: str) -> str | None:
    return answer if _EMAIL.fullmatch(answer) else None


def _phone(answer: str) -> str | None:
    digits = sum(letter.isdigit() for letter in answer)
    return answer if _PHONE.fullmatch(answer) and digits >= _SHORTEST_PHONE else None


def _number(answer: str) -> int | float | None:
    try:
        value = float(answer.replace(",", "."))
    except ValueError:
        return None
    if value != value or abs(value) == float("inf"):  # noqa: PLR0124 (only NaN differs from itself)
        return None
    return int(value) if value.is_integer() else value


CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        Check("anything", _anything, "Please write something."),
        Check("name", _name, "That does not look like a name. Please try again."),
        Check("email", _email, "That does not look like an email address. Please try again."),
        Check("phone", _phone, "That does not look like a phone number. Please try again."),
        Check("number", _number, "Please write a number."),
    )
}


def by_pattern(pattern: Pattern) -> Check:
    """Return a check that takes what matches the whole pattern."""

    def read(answer: str) -> str | None:
        return answer if pattern.fullmatch(answer) else None

    return Check(f"/{pattern.pattern}/", read, "Please try again.")
