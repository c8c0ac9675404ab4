"""Whether a text is the one expected: the matching modes, and the word error rate.

A mode is a function of what came and what is expected. Both are normalised before, where they are
texts of a conversation; `docs/scripts.md` has the modes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import regex

from captivate_nb.errors import CaptivateError, UsageError, did_you_mean

from .javascript import LINE_ENDS, WHITE, fold, pattern

MOST_WILDCARDS = 10
"""`*` in one text; more would be no text any more."""

PATTERN_SECONDS = 2.0
"""Seconds that a regular expression may take on one text."""

_PARAGRAPHS = re.compile(r"</?p[^>]*>|<br[^>]*>")
_TAGS = re.compile(r"<[^>]*>")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_WHITE = re.compile(f"[{WHITE}]+")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_PUNCTUATION = re.compile(r"[.,/#!$%^&;:{}=\-_`~()]")
_ENDS = re.compile(f"[{LINE_ENDS}]")

Match = Callable[[str, str], bool]


class CannotMatch(CaptivateError):
    """What is expected is nothing that a text could be compared with; the text says why."""


def normalized(text: str) -> str:
    """Return a text without its tags and entities, and with single spaces for its white space."""
    if "<" in text:
        text = _TAGS.sub("", _PARAGRAPHS.sub(" ", text))
    text = _CONTROLS.sub(" ", text)
    if "&" in text:
        text = text.replace("&amp;", "&")
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return _WHITE.sub(" ", text).strip(" ")


def wildcard(response: str, expected: str) -> bool:
    """Whether a text holds what is expected, where `*` is anything within a line."""
    parts = _parts(expected)
    if len(parts) == 1:
        return expected in response
    return any(_in_order(line, parts) for line in _lines(response, expected))


def wildcard_exact(response: str, expected: str) -> bool:
    """Whether a text is all of what is expected, where `*` is anything within a line."""
    parts = _parts(expected)
    if len(parts) == 1:
        return expected == response
    return _lines(response, expected) == [response] and _in_order(response, parts, whole=True)


def _parts(expected: str) -> list[str]:
    parts = expected.split("*")
    if len(parts) - 1 > MOST_WILDCARDS:
        raise CannotMatch(f"There are {len(parts) - 1} “*” in a text, and at most 10 can be.")
    return parts


def _lines(response: str, expected: str) -> list[str]:
    """Return what a wildcard may reach over: a line, but where a line break is expected."""
    return [response] if _ENDS.search(expected) else _ENDS.split(response)


def _in_order(text: str, parts: list[str], *, whole: bool = False) -> bool:
    """Whether a text has the parts one after the other; `whole` is from its beginning to its end."""
    first, *between, last = parts
    if whole:
        if len(text) < len(first) + len(last):
            return False
        if not (text.startswith(first) and text.endswith(last)):
            return False
        text, parts = text[len(first) : len(text) - len(last)], between
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def include(response: str, expected: str) -> bool:
    """Whether a text holds what is expected."""
    return expected in response


def equals(response: str, expected: str) -> bool:
    """Whether a text is what is expected."""
    return response == expected


def _by_pattern(*, ignore_case: bool) -> Match:
    def matches(response: str, expected: str) -> bool:
        try:
            found = pattern(expected, ignore_case=ignore_case)
            return found.search(response, timeout=PATTERN_SECONDS) is not None
        except regex.error as error:
            raise CannotMatch(f"“{expected}” is no regular expression: {error}.") from None
        except TimeoutError:
            raise CannotMatch(
                f"The regular expression “{expected}” took longer than {PATTERN_SECONDS:g} s on"
                f" a text of {len(response):,} characters: let it have fewer ways to match."
            ) from None

    return matches


def _folded(match: Match, how: Callable[[str], str]) -> Match:
    return lambda response, expected: match(how(response), how(expected))


regexp, regexp_ic = _by_pattern(ignore_case=False), _by_pattern(ignore_case=True)
wildcard_ic = _folded(wildcard, fold)
wildcard_exact_ic = _folded(wildcard_exact, fold)
include_ic = _folded(include, str.lower)
equals_ic = _folded(equals, str.lower)

MODES: dict[str, Match] = {
    "wildcard": wildcard,
    "wildcardIgnoreCase": wildcard_ic,
    "wildcardLowerCase": wildcard_ic,
    "wildcardExact": wildcard_exact,
    "wildcardExactIgnoreCase": wildcard_exact_ic,
    "include": include,
    "includeIgnoreCase": include_ic,
    "includeLowerCase": include_ic,
    "equals": equals,
    "equalsIgnoreCase": equals_ic,
    "regexp": regexp,
    "regexpIgnoreCase": regexp_ic,
}
"""The matching modes by name, but for `wer`, which has a limit besides."""

DEFAULT_MODE = "wildcardIgnoreCase"


def mode(name: str) -> Match:
    """Return the matching mode of a name: one of `MODES`, or `wer:25` with a limit in per cent.

    Raise `UsageError` for another name.
    """
    word, _, limit = name.partition(":")
    if word == "wer" and limit.strip().isdecimal():
        return words_match(int(limit) / 100)
    if name not in MODES:
        raise UsageError(
            f"There is no matching mode {name!r}: it is one of {', '.join(MODES)}, or “wer:25”."
            + did_you_mean(name, MODES)
        )
    return MODES[name]


def words_match(limit: float) -> Match:
    """Return the mode in which a share of the words may be wrong."""
    return lambda response, expected: word_error_rate(response, expected) <= limit


def word_error_rate(response: str, expected: str) -> float:
    """Return the share of words that differ, in hundredths: 0 where none does."""
    heard, wanted = _plain(response), _plain(expected)
    if "*" not in wanted:
        return _rate(heard.split(" "), wanted.split(" "))
    errors = count = 0
    for part in (part.strip() for part in wanted.split("*")):
        words = part.split(" ") if part else []
        wrong = _wrong_words(heard.split(" "), words)
        errors, count = errors + wrong, count + max(1, len(words))
    return rounded(errors / count)


def _plain(text: str) -> str:
    return _PUNCTUATION.sub("", text).lower()


def rounded(share: float) -> float:
    """Return a share in hundredths."""
    return float(Decimal(share).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _wrong_words(heard: list[str], words: list[str]) -> int:
    """Return how many words differ from the most alike stretch of what came."""
    if not words:
        return 0
    size = min(len(words), len(heard))
    stretches = [heard[at : at + size] for at in range(len(heard) - size + 1)]
    alike: list[str] | None = None
    least = 1.0
    for stretch in stretches:
        rate = _rate(stretch, words)
        if rate <= least:
            alike, least = stretch, rate
    if alike is None:
        raise CannotMatch("A text between “*” must be shorter than the bot's message.")
    return sum(word != (alike[at] if at < len(alike) else None) for at, word in enumerate(words))


def _rate(heard: list[str], words: list[str]) -> float:
    """Return the share of words to put in, take out or replace, of the longer text's.

    A word that is put in or taken out at the very beginning is not counted twice, as in the package
    `word-error-rate`, whose figures people have in their scripts.
    """
    most = max(len(heard), len(words))
    if heard == [""] or words == [""]:
        return 1.0
    row: list[int] = []
    for number, word in enumerate(words):
        above, row = row, []
        for at, other in enumerate(heard):
            wrong = int(word != other)
            if not number or not at:
                before = row[at - 1] if at else (above[0] if number else 0)
                row.append(before + wrong)
            else:
                row.append(min(above[at] + 1, row[at - 1] + 1, above[at - 1] + wrong))
    return rounded(row[-1] / most)
