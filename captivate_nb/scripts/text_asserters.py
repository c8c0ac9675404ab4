"""The asserters of a message's text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import matching as m
from .javascript import number, whole_number
from .keywords import TEXT_ASSERTERS
from .matching import CannotMatch, normalized, word_error_rate
from .situation import Situation
from .telling import listed, some

Check = Callable[[Sequence[str], Situation, bool], str]


def _response_length(args: Sequence[str], at: Situation, negated: bool) -> str:
    most = whole_number(args[0]) if args else float("nan")
    too_long = len(at.message.text) > most
    if too_long == negated:
        return ""
    bound = f"{'more than' if negated else 'at most'} {args[0] if args else '?'}"
    return f"{bound} characters expected, and there are {len(at.message.text)}"


def _word_errors(args: Sequence[str], at: Situation, negated: bool) -> str:
    if len(args) != 2:
        raise CannotMatch("TEXT_WER has a text and a limit, as in TEXT_WER hello there|25.")
    limit = _share(args[1])
    if limit != limit:  # noqa: PLR0124  # NaN is not itself
        raise CannotMatch(f"TEXT_WER's limit is per cent or a share, and not “{args[1]}”.")
    rate = word_error_rate(at.message.text, args[0])
    if (rate >= limit) if negated else (rate <= limit):
        return ""
    least = "at least" if negated else "at most"
    return f"{least} {limit:.0%} of the words wrong expected, and {rate:.0%} are: “{args[0]}”"


def _share(limit: str) -> float:
    if "." in limit or "," in limit:
        return m.rounded(number(limit))
    return m.rounded(whole_number(limit) / 100)


def _text(name: str) -> Check:
    match, needs_all, alone = _TEXT_MATCHES[name]

    def check(args: Sequence[str], at: Situation, negated: bool) -> str:
        if not args:
            return (
                some("text", [at.message.text] if at.message.text else [], negated) if alone else ""
            )
        came = normalized(at.message.text)
        wanted = [each for arg in args for each in at.library.variants(arg)]
        held = [each for each in wanted if match(came, normalized(each))]
        found = len(held) == len(wanted) if needs_all else bool(held)
        if found != negated:
            return ""
        if negated:
            return f"not expected: {listed(held)}; the text is “{came}”"
        missing = [each for each in wanted if each not in held]
        which = "all of " * (len(wanted) > 1 and needs_all) or "one of " * (len(wanted) > 1)
        return f"{name} {which}{listed(missing)} expected; the text is “{came}”"

    return check


_BY_MODE = {
    "CONTAINS": (m.include, m.include_ic),
    "WILDCARD": (m.wildcard, m.wildcard_ic),
    "WILDCARDEXACT": (m.wildcard_exact, m.wildcard_exact_ic),
    "REGEXP": (m.regexp, m.regexp_ic),
}
_TEXT_MATCHES = {
    name: (
        _BY_MODE.get(name.split("_")[1] if "_" in name else "", (m.equals, m.equals_ic))[
            name.endswith("_IC")
        ],
        "_ALL" in name,
        "_ANY" not in name and "_ALL" not in name,
    )
    for name in TEXT_ASSERTERS
}

TEXTS: dict[str, Check] = {
    **{name: _text(name) for name in TEXT_ASSERTERS},
    "RESPONSE_LENGTH": _response_length,
    "TEXT_WER": _word_errors,
}
