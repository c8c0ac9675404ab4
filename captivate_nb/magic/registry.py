"""The subcommands of `%captivate`: what `commands` registers, and `completion` offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Command(NamedTuple):
    """A subcommand: what runs it, how it is written, what it does, and whether it takes `$name`."""

    run: Callable[[str], Any]
    usage: str
    help: str
    variables: bool


COMMANDS: dict[str, Command] = {}


def command(
    usage: str, help_text: str, *, variables: bool = False
) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    """Register a function as the subcommand that `usage` begins with."""

    def register(function: Callable[[str], Any]) -> Callable[[str], Any]:
        COMMANDS[usage.split(maxsplit=1)[0]] = Command(function, usage, help_text, variables)
        return function

    return register
