"""Reading scripts in their text form: `.convo.txt`, `.pconvo.txt`, and their companions."""

from __future__ import annotations

import re

from captivate_nb.errors import ScriptError

from .companions import MemoryCase, Utterances, memory_cases
from .sections import Head, Line, section
from .syntax import SENDERS, Script, Step

_LINE_END = re.compile(r"\r\n|\r|\n")


def lines_of(text: str) -> list[str]:
    """Return the lines of a script, whichever way they end."""
    return _LINE_END.split(text)


def script(text: str, path: str = "", name: str = "") -> Script:
    """Return a script; `name` is what it is called where its first line is empty.

    Raise `ScriptError` with line and column.
    """
    header: list[str] = []
    sections: list[Step] = []
    head: Head | None = None
    lines: list[Line] = []
    for number, line in enumerate(lines_of(text), 1):
        tag = _tag(line, number, path)
        if tag is not None:
            if head is not None:
                sections.append(section(head, lines))
            head, lines = tag, []
        elif head is None:
            header.append(line)
        else:
            lines.append(Line(line, number))
    if head is not None:
        sections.append(section(head, lines))
    title, *rest = header or [""]
    return Script(title or name, path, "\n".join(rest).strip("\n"), tuple(sections))


def _tag(line: str, number: int, path: str) -> Head | None:
    """Return the section that a line begins, or None where it is another line."""
    if not line.startswith("#") or line[1:].split(" ", 1)[0] not in SENDERS:
        return None
    sender, _, channel = line[1:].strip().partition(" ")
    return Head(sender, number, path, channel.strip())


def partial(text: str, path: str = "") -> Script:
    """Return a partial script. Raise `ScriptError` where it has no name that could be included."""
    read = script(text, path)
    check_name(read.name, path, 1)
    return read


def check_name(name: str, path: str, line: int) -> None:
    """Raise `ScriptError` for what cannot be a partial script's name."""
    if not name:
        raise ScriptError(
            "A partial script needs a name in its first line: it is included by it.",
            path=path,
            line=line,
        )
    if "|" in name:
        raise ScriptError(
            f"A partial script cannot be called “{name}”: leave out the “|”.", path=path, line=line
        )


def utterances(text: str, path: str = "") -> Utterances:
    """Return the utterances of a file: its first line is their name, each other is a variant."""
    name, *variants = lines_of(text)
    kept = (variant.rstrip("\n\t\r") for variant in variants)
    return Utterances(name.strip(), tuple(v for v in kept if v), path, 1)


def memory(text: str, path: str = "") -> list[MemoryCase]:
    """Return the cases of a memory table. Raise `ScriptError` where it is none."""
    return memory_cases([(line, at) for at, line in enumerate(lines_of(text), 1)], path)
