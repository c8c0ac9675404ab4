"""What stands beside scripts: utterances by name, and tables of what memory holds, a case a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from captivate_nb.errors import ScriptError


@dataclass(frozen=True, slots=True)
class Utterances:
    """Ways to say one thing, which scripts have by its name."""

    name: str
    variants: tuple[str, ...]
    path: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class MemoryCase:
    """What memory holds in one case: values by variable, None where it holds none."""

    name: str
    values: dict[str, str | None] = field(default_factory=dict)
    path: str = ""
    line: int = 1


def memory_cases(rows: Sequence[tuple[str, int]], path: str) -> list[MemoryCase]:
    """Return the cases of a pipe table, given as lines with their numbers.

    Its header has the variables, or the cases where the second row begins with a variable.
    """
    if len(rows) < 2:
        return []
    (header, at), *rest = rows
    names = _cells(header)[1:]
    filled = [(_cells(row), number) for row, number in rest if row]
    if rest[0][0].strip().startswith("$"):
        cases = [
            MemoryCase(
                case,
                {cells[0]: _cell(cells, column) for cells, _ in filled},
                path,
                at,
            )
            for column, case in enumerate(names, 1)
        ]
    else:
        cases = [
            MemoryCase(
                cells[0],
                {name: _cell(cells, column) for column, name in enumerate(names, 1)},
                path,
                number,
            )
            for cells, number in filled
        ]
    for case in cases:
        check_case(case)
    return cases


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")]


def _cell(cells: Sequence[str], column: int) -> str | None:
    return cells[column] or None if column < len(cells) else None


def check_case(case: MemoryCase) -> None:
    """Raise `ScriptError` for a case without a name, or a variable."""
    if not case.name:
        what = "A case of a memory table has no name: it stands in front of the first “|”."
    elif not case.values:
        what = f"The case “{case.name}” has no variables: the header is “|$name|$other”."
    elif "" in case.values:
        what = f"A variable of the case “{case.name}” has no name."
    else:
        return
    raise ScriptError(what, path=case.path, line=case.line)
