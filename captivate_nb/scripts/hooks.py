"""The logic hooks of a script: what it does at a step besides saying and expecting.

Each has the moments at which it acts, as in botium-core; at others it does nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Literal

import regex

from captivate_nb.protocol.content import Option

from .javascript import pattern, whole_number
from .json_paths import query
from .keywords import CONDITIONS
from .matching import CannotMatch
from .memory import name_of
from .parameters import NAME as PARAMETERS
from .situation import Situation
from .syntax import Keyword
from .talk import Talk

Moment = Literal["begin", "me_start", "me_end", "bot_start", "bot_prepare", "bot_end", "end"]
Hook = Callable[[list[str], Situation, Talk], Awaitable[None] | None]

LONGEST_PAUSE = 600_000
"""Milliseconds that a script may pause."""

_NUMBERED = r"^\s*(\d+)\."


async def call(keywords: Iterable[Keyword], moment: Moment, at: Situation, talk: Talk) -> None:
    """Do what hooks do at a moment, memory first. Raise `CannotMatch` where one cannot."""
    hooks = [hook for hook in keywords if hook.kind == "hook" and moment in _MOMENTS[hook.name]]
    for hook in sorted(hooks, key=lambda hook: hook.name != "SET_SCRIPTING_MEMORY"):
        doing = _DOES[hook.name](at.args(hook.args), at, talk)
        if doing is not None:
            await doing


async def pause(args: list[str], _at: Situation | None = None, _talk: Talk | None = None) -> None:
    """Wait so many milliseconds. Raise `CannotMatch` for another argument."""
    milliseconds = whole_number(args[0]) if len(args) == 1 else float("nan")
    if not 0 <= milliseconds <= LONGEST_PAUSE or not args[0].strip().isdecimal():
        raise CannotMatch(f"PAUSE has milliseconds, up to {LONGEST_PAUSE:,}: PAUSE 500.")
    await asyncio.sleep(milliseconds / 1000)


async def _wait_for_bot(args: list[str], _at: Situation, talk: Talk) -> None:
    """Wait for a message that comes from now on; none is no failure."""
    if len(args) > 1:
        raise CannotMatch("WAITFORBOT has milliseconds, or nothing.")
    limit = whole_number(args[0]) if args else float("nan")
    seconds = limit / 1000 if limit > 0 else LONGEST_PAUSE / 1000
    came = talk.came
    try:
        async with asyncio.timeout(seconds):
            while talk.came == came:
                await talk.something()
    except TimeoutError:
        return


def _set(args: list[str], at: Situation, _talk: Talk) -> None:
    if len(args) != 2:
        raise CannotMatch("SET_SCRIPTING_MEMORY has a name and a value: name|value.")
    at.memory[name_of(args[0])] = args[1]


def _clear(args: list[str], at: Situation, _talk: Talk) -> None:
    if len(args) != 1:
        raise CannotMatch("CLEAR_SCRIPTING_MEMORY has one argument, a variable's name.")
    at.memory.pop(name_of(args[0]), None)


def _assign(args: list[str], at: Situation, _talk: Talk) -> None:
    if len(args) != 2:
        raise CannotMatch("ASSIGN_SCRIPTING_MEMORY has a name and a JSONPath: name|$.messageText.")
    found = query(args[1], at.message.as_botium())
    if not found:
        raise CannotMatch(f"ASSIGN_SCRIPTING_MEMORY: there is nothing at {args[1]}.")
    at.memory[name_of(args[0])] = found[0]


def _forget(_args: list[str], _at: Situation, talk: Talk) -> None:
    talk.forget()


def _options_from_list(args: list[str], at: Situation, _talk: Talk) -> None:
    """Take the numbers of a list in the text for options."""
    try:
        numbered = pattern(args[0] if args and args[0] else _NUMBERED, ignore_case=False).pattern
        found = regex.finditer(numbered.replace(r"\A", "^"), at.message.text, regex.MULTILINE)
        numbers = [each[1] for each in found if each[1]]
    except (regex.error, IndexError):
        raise CannotMatch(
            f"ORDERED_LIST_TO_BUTTON: “{args[0]}” is no regular expression with a group."
        ) from None
    at.message.extra_options = [Option(number, number) for number in numbers]


async def _update_custom(args: list[str], _at: Situation, talk: Talk) -> None:
    """Set metadata: it is where this API has what a channel tells the bot besides the text."""
    if not 2 <= len(args) <= 3:
        raise CannotMatch("UPDATE_CUSTOM has a name and a value, or a name, a key and a value.")
    value = _json_or_text(args[-1])
    await talk.set_metadata({args[0]: {args[1]: value} if len(args) == 3 else value}, "default")


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


_DOES: dict[str, Hook] = {
    "SET_SCRIPTING_MEMORY": _set,
    "CLEAR_SCRIPTING_MEMORY": _clear,
    "ASSIGN_SCRIPTING_MEMORY": _assign,
    "PAUSE": pause,
    "WAITFORBOT": _wait_for_bot,
    "SKIP_BOT_UNCONSUMED": _forget,
    "UPDATE_CUSTOM": _update_custom,
    "ORDERED_LIST_TO_BUTTON": _options_from_list,
}
_MEMORY: frozenset[Moment] = frozenset(("begin", "me_end", "bot_end"))
_MOMENTS: dict[str, frozenset[Moment]] = {
    "SET_SCRIPTING_MEMORY": _MEMORY,
    "CLEAR_SCRIPTING_MEMORY": _MEMORY,
    "ASSIGN_SCRIPTING_MEMORY": frozenset(("bot_end",)),
    "PAUSE": frozenset(("begin", "me_end", "bot_end", "end")),
    "WAITFORBOT": frozenset(("begin", "bot_start", "end")),
    "SKIP_BOT_UNCONSUMED": frozenset(("begin", "me_start", "bot_end", "end")),
    "UPDATE_CUSTOM": frozenset(("me_start",)),
    "ORDERED_LIST_TO_BUTTON": frozenset(("bot_prepare",)),
    **{name: frozenset() for name in (*CONDITIONS, "INCLUDE", PARAMETERS)},
}
