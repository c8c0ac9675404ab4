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


class CellCommand(NamedTuple):
    """What `%%captivate WORD …` does with the rest of its line and with the cell."""

    run: Callable[[str, str], Any]
    usage: str
    help: str


CELL_COMMANDS: dict[str, CellCommand] = {}


def cell_command(
    usage: str, help_text: str
) -> Callable[[Callable[[str, str], Any]], Callable[[str, str], Any]]:
    """Register a function as what a cell that begins with this word does."""

    def register(function: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
        CELL_COMMANDS[usage.split(maxsplit=1)[0]] = CellCommand(function, usage, help_text)
        return function

    return register


def run_cell(line: str, cell: str) -> Any:
    """Do what a cell's word says with the cell; raise `KeyError` where it begins with none."""
    word, _, rest = line.strip().partition(" ")
    return CELL_COMMANDS[word].run(rest.strip(), cell)


def command(
    usage: str, help_text: str, *, variables: bool = False
) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    """Register a function as the subcommand that `usage` begins with."""

    def register(function: Callable[[str], Any]) -> Callable[[str], Any]:
        COMMANDS[usage.split(maxsplit=1)[0]] = Command(function, usage, help_text, variables)
        return function

    return register
