"""The asserters of a script: each tells what is wrong with a message, or nothing.

They are called with their arguments, filled in, and whether they are negated; one that is no more
than the contrary is told so once, in `complaint`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from .counting import counted
from .javascript import compact, to_text
from .json_paths import query
from .keywords import UNAVAILABLE
from .matching import CannotMatch, normalized
from .own_asserters import OWN
from .situation import Situation
from .syntax import Keyword
from .telling import listed, nearest, some
from .text_asserters import TEXTS

Check = Callable[[Sequence[str], Situation, bool], str]
"""Returns what is wrong, given arguments, situation and whether it is negated; "" where nothing is."""


def complaint(keyword: Keyword, at: Situation) -> str:
    """Return what is wrong by an asserter, or an empty text. Raise `CannotMatch` for a wrong one."""
    if keyword.name in UNAVAILABLE:
        raise CannotMatch(
            f"{keyword.name} is not available over this API: {UNAVAILABLE[keyword.name]}."
        )
    return CHECKS[keyword.name](at.args(keyword.args), at, keyword.negated)


def _each(
    what: str,
    args: Sequence[str],
    has: Callable[[str], bool],
    offered: Sequence[str],
    negated: bool,
) -> str:
    """Return the complaint of an asserter that names what must all be there, or none of it."""
    wrong = [arg for arg in args if has(arg) == negated]
    if not wrong:
        return ""
    if negated:
        return f"{what} not expected: {listed(wrong)}"
    hint = "".join(nearest(arg, offered) for arg in wrong[:1])
    return f"{what} expected: {listed(wrong)}; there is {listed(offered)}{hint}"


def _buttons(args: Sequence[str], at: Situation, negated: bool) -> str:
    options = at.message.all_options
    texts = [normalized(option.label) for option in options]
    if not args:
        return some("option", texts, negated)
    payloads = [_payload(option.value) for option in options]

    def offered(arg: str) -> bool:
        wanted = normalized(arg)
        return any(at.match(text, wanted) for text in (*texts, *payloads))

    return _each("option", args, offered, texts, negated)


def _payload(value: str) -> str:
    """Return an option's value as botium-core compares it: as JSON, in quotes where it is text."""
    if not value:
        return ""
    try:
        return compact(json.loads(value))
    except ValueError:
        return compact(value)


def _cards(args: Sequence[str], at: Situation, negated: bool) -> str:
    cards = at.message.cards
    texts = [normalized(text) for card in cards for text in (card.text, card.description) if text]
    if not args:
        return some("card", texts, negated)

    def shown(arg: str) -> bool:
        return any(at.match(text, normalized(arg)) for text in texts)

    return _each("card", args, shown, texts, negated)


def _media(args: Sequence[str], at: Situation, negated: bool) -> str:
    files = at.message.all_files
    if not args:
        return some("file", files, negated)
    return _each("file", args, lambda arg: any(at.match(f, arg) for f in files), files, negated)


def _count(what: str, number: Callable[[Situation], int]) -> Check:
    def check(args: Sequence[str], at: Situation, negated: bool) -> str:
        return counted(what, number(at), args[0] if args and args[0] else ">0", negated)

    return check


def _json_path_count(args: Sequence[str], at: Situation, negated: bool) -> str:
    if not 1 <= len(args) <= 2:
        raise CannotMatch(f"JSON_PATH_COUNT has a path and a condition, and not {len(args)} parts.")
    found = query(args[0], at.message.source)
    first = found[0] if found else None
    count = len(first) if isinstance(first, str | list) else 0
    return counted(f"values at {args[0]}", count, args[1] if len(args) > 1 else ">0", negated)


def _json_path(args: Sequence[str], at: Situation, negated: bool) -> str:
    if not 1 <= len(args) <= 2:
        raise CannotMatch(f"JSON_PATH has a path and perhaps a value, and not {len(args)} parts.")
    found = query(args[0], at.message.source)
    if not found:
        return "" if negated else f"something expected at {args[0]}, and there is nothing"
    if len(args) == 1:
        return ""
    if any(at.match(to_text(value), args[1]) for value in found) != negated:
        return ""
    values = ", ".join(map(compact, found))
    return f"“{args[1]}” {'not ' * negated}expected at {args[0]}, and there is {values}"


def _pause(_args: Sequence[str], _at: Situation, _negated: bool) -> str:
    return ""  # it waits at the beginning and the end, and checks nothing


CHECKS: dict[str, Check] = {
    **TEXTS,
    **OWN,
    "BUTTONS": _buttons,
    "BUTTONS_COUNT": _count("options", lambda at: len(at.message.options)),
    "BUTTONS_COUNT_REC": _count("options", lambda at: len(at.message.all_options)),
    "CARDS": _cards,
    "CARDS_COUNT": _count("cards", lambda at: len(at.message.cards)),
    "CARDS_COUNT_REC": _count("cards", lambda at: len(at.message.cards)),
    "MEDIA": _media,
    "MEDIA_COUNT": _count("files", lambda at: len(at.message.files)),
    "MEDIA_COUNT_REC": _count("files", lambda at: len(at.message.all_files)),
    "BOT_UNCONSUMED_COUNT": _count("messages left", lambda at: at.waiting()),
    "BOT_CONSUMED": lambda _args, at, negated: counted(
        "messages left", at.waiting(), "=0", negated
    ),
    "JSON_PATH": _json_path,
    "JSON_PATH_COUNT": _json_path_count,
    "PAUSE_ASSERTER": _pause,
}
"""Every asserter that there is over this API, by its keyword."""
