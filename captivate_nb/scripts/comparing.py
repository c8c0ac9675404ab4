"""Comparing a message with what a step expects: its texts, its JSON, and what memory takes of them."""

from __future__ import annotations

from typing import Any

from captivate_nb.conversation.metadata import MISSING

from .javascript import compact, to_text
from .matching import Match, normalized, regexp, regexp_ic
from .memory import Memory, captured
from .outcomes import StepFailed
from .situation import Situation
from .syntax import Expected, Step
from .telling import listed, word_diff


def compare(step: Step, at: Situation, match: Match) -> Memory:
    """Return what memory takes of a message that is as a step expects. Raise `StepFailed`."""
    if step.data is not MISSING:
        _compare_json(step, at, match)
        return {}
    found: Memory = {}
    for expected in step.texts:
        found.update(_compare_text(step, expected, at, match))
    return found


def _compare_text(step: Step, expected: Expected, at: Situation, match: Match) -> Memory:
    came = normalized(at.message.text)
    found = _captured(expected.text, came, at, match)
    held = Situation(**{**vars(at), "memory": {**found, **at.memory}})
    wanted = held.expected(expected.text)
    if any(match(came, each) for each in wanted) == expected.negated:
        raise StepFailed(_told(wanted, came, expected), step.path, expected.line)
    return found


def _captured(expected: str, came: str, at: Situation, match: Match) -> Memory:
    found: Memory = {}
    if "$" in expected or at.library.utterances:
        for variant in at.library.variants(normalized(expected)):
            if "$" in variant:
                is_pattern = match in (regexp, regexp_ic)
                found.update(captured(variant, came, is_pattern=is_pattern))
    return found


def _told(wanted: list[str], came: str, expected: Expected) -> str:
    which = "one of " * (len(wanted) > 1)
    if expected.negated:
        return f"text not expected: {which}{listed(wanted)}\n  came: “{came}”"
    diff = word_diff(wanted[0], came) if len(wanted) == 1 and "*" not in wanted[0] else ""
    told = f"text expected: {which}{listed(wanted)}\n  came: {f'“{came}”' if came else 'no text'}"
    return f"{told}\n  difference: {diff}" if diff else told


def _compare_json(step: Step, at: Situation, match: Match) -> None:
    wrong = _differs(step.data, at.message.source, "$", at, match)
    if wrong:
        raise StepFailed(f"payload expected: {wrong}", step.path, step.line)


def _differs(wanted: Any, came: Any, path: str, at: Situation, match: Match) -> str:
    """Return how JSON differs from what is expected of it, or an empty text; what is more is well."""
    if wanted is None:
        return ""
    if isinstance(wanted, list):
        if not isinstance(came, list) or len(came) != len(wanted):
            return f"a list of {len(wanted)} at {path}, and there is {compact(came)}"
        pairs = enumerate(zip(wanted, came, strict=True))
        told = (_differs(a, b, f"{path}[{n}]", at, match) for n, (a, b) in pairs)
        return next(filter(None, told), "")
    if isinstance(wanted, dict):
        return _object_differs(wanted, came, path, at, match)
    text = to_text(came)
    if isinstance(wanted, str):
        at.memory.update(_captured(wanted, text, at, match))
        expected = at.expected(wanted)
    else:
        expected = [to_text(wanted)]
    if any(match(normalized(text), each) for each in expected):
        return ""
    return f"{listed(expected)} at {path}, and there is {compact(came)}"


def _object_differs(
    wanted: dict[str, Any], came: Any, path: str, at: Situation, match: Match
) -> str:
    if not isinstance(came, dict):
        return f"an object at {path}, and there is {compact(came)}"
    for key, value in wanted.items():
        if key not in came:
            return f"something at {path}.{key}, and there is nothing"
        if told := _differs(value, came[key], f"{path}.{key}", at, match):
            return told
    return ""
