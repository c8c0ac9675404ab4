"""`CONVO_STEP_PARAMETERS`: how one step, or each, is waited for and compared."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .javascript import number, to_text
from .matching import MODES, CannotMatch, Match, equals, words_match
from .syntax import Keyword, Step

NAME = "CONVO_STEP_PARAMETERS"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a step's parameters are, by the names they have in scripts."""

    given: dict[str, Any] = field(default_factory=dict)

    def changed(self, step: Step) -> Parameters:
        """Return these with what a step gives in their place."""
        keyword = next((k for k in step.keywords if k.name == NAME), None)
        return self if keyword is None else Parameters({**self.given, **_read(keyword)})

    @property
    def seconds(self) -> float | None:
        """Return how long a message is waited for, where that is told."""
        told = self.given.get("stepTimeout")
        return None if told is None else _milliseconds(told) / 1000

    def match(self, default: Match) -> Match:
        """Return how the step's text is compared."""
        name = self.given.get("matchingMode")
        if not name:
            return default
        if name == "wer":
            if "matchingModeWer" not in self.given:
                raise CannotMatch("The matching mode “wer” needs matchingModeWer, in per cent.")
            return words_match(_milliseconds(self.given["matchingModeWer"]) / 100)
        return MODES.get(str(name), equals)

    def ignored_for(self, asserters: list[str]) -> float:
        """Return for how many seconds messages that do not fit are passed over.

        `asserters` are those that failed; none of them where the step's own text did.
        """
        ignored = self.given.get("ignoreNotMatchedBotResponses")
        if not isinstance(ignored, dict) or not ignored.get("timeout"):
            return 0.0
        named = ignored.get("asserters") or []
        fits = (
            bool(ignored.get("allAsserters")) or any(name in named for name in asserters)
            if asserters
            else bool(ignored.get("mainAsserter"))
        )
        return _milliseconds(ignored["timeout"]) / 1000 if fits else 0.0


def _read(keyword: Keyword) -> dict[str, Any]:
    """Return parameters from their JSON, or from arguments of `name:value`."""
    if keyword.args and keyword.args[0].strip().startswith("{"):
        try:
            read = json.loads(keyword.args[0])
        except ValueError:
            read = None
        if read:
            return dict(read)
    pairs = (arg.partition(":") for arg in keyword.args)
    return {name: value for name, colon, value in pairs if colon}


def _milliseconds(told: Any) -> float:
    read = number(to_text(told))
    if read != read:  # noqa: PLR0124  # NaN is not itself
        raise CannotMatch(f"{NAME}: “{told}” is no number.")
    return read
