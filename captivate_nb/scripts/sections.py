"""A section of a script from its lines: which are keywords, and which are text or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from captivate_nb.conversation.metadata import MISSING
from captivate_nb.errors import ScriptError

from .keywords import kind_of
from .syntax import Expected, Keyword, Step


class Line(NamedTuple):
    """A line of text; `column` is where it begins in its file."""

    text: str
    number: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Head:
    """What a section is, and where: everything but its lines."""

    sender: str
    line: int
    path: str = ""
    channel: str = ""

    def fail(self, what: str, line: int, column: int = 1) -> NoReturn:
        """Raise that the section cannot be understood."""
        raise ScriptError(what, path=self.path, line=line, column=column)


def section(head: Head, items: Iterable[Line | Keyword]) -> Step:
    """Return the section that lines make; a keyword may be given as one, from another notation.

    Raise `ScriptError` with line and column.
    """
    texts, keywords = _sorted_out(head, items)
    optional = {keyword.optional for keyword in keywords if keyword.kind == "asserter"}
    blocks: list[Expected] = []
    data: Any = MISSING
    marked = False
    if head.sender == "me":
        said, data = _said(head, texts)
        blocks = [said] if said is not None else []
    elif texts:
        first = _unmarked(texts[0])[0]
        if _reads_as_json(" ".join([first, *(line.text for line in texts[1:])])):
            data = _json(head, [Line(first, texts[0].number), *texts[1:]])
        else:
            blocks, marks = _blocks(texts)
            optional |= {mark for block, mark in zip(blocks, marks, strict=True) if block.text}
            marked = any(marks)
    if len(optional) > 1:
        head.fail(
            "Optional and mandatory lines do not mix in one section: begin all of them with “?”,"
            " or none.",
            head.line,
        )
    return Step(
        head.sender,
        head.line,
        head.path,
        head.channel,
        texts=tuple(block for block in blocks if block.text),
        data=data,
        keywords=tuple(keywords),
        optional=marked or True in optional,
    )


def _sorted_out(head: Head, items: Iterable[Line | Keyword]) -> tuple[list[Line], list[Keyword]]:
    """Return the lines of text and the keywords; blank lines at the end are neither."""
    texts: list[Line] = []
    held: list[Line] = []  # blank ones, so far
    keywords: list[Keyword] = []
    for item in items:
        keyword = item if isinstance(item, Keyword) else keyword_in(item, head.sender)
        if keyword is not None:
            keywords.append(keyword)
        elif isinstance(item, Line) and not item.text.strip():
            held.append(item)
        elif isinstance(item, Line):
            _check_text(head, item, keywords)
            texts += [*held, item]
            held = []
    return texts, keywords


def _check_text(head: Head, line: Line, keywords: Sequence[Keyword]) -> None:
    if head.sender == "me" and keywords:
        head.fail(
            f"No text is expected after {keywords[-1].name} in a #me section: “{line.text.strip()}”."
            " Put the text before it.",
            line.number,
            line.column,
        )


def keyword_in(line: Line, sender: str) -> Keyword | None:
    """Return the keyword that a line is, or None where it is text."""
    rest, optional, negated = line.text, False, False
    if not rest[:1].isupper() and rest[:1] not in ("?", "!"):
        return None
    if rest.startswith("?"):
        optional, rest = not rest.startswith("??"), rest[1:]
    if rest.startswith("!"):
        negated, rest = not rest.startswith("!!"), rest[1:]
    name = rest.split(" ", 1)[0]
    kind = kind_of(name, sender)
    if kind is None:
        return None
    args = arguments(rest[len(name) + 1 :])
    column = line.column + len(line.text) - len(rest)
    checked = kind == "asserter"
    return Keyword(name, args, kind, line.number, column, negated and checked, optional and checked)


def arguments(text: str) -> tuple[str, ...]:
    """Return the arguments that a keyword is written with; a pipe in one has a backslash."""
    parts = re.split(r"(?<!\\)\|", text) if text else []
    return tuple(part.replace("\\|", "|").strip() for part in parts)


def _unmarked(line: Line) -> tuple[str, bool, bool]:
    """Return a text without its modifiers, and whether it is optional and negated."""
    text, optional, negated = line.text, False, False
    if text[:1] not in ("?", "!"):
        return text, False, False
    if text.startswith("?"):
        optional, text = not text.startswith("??"), text[1:]
    if text.startswith("!"):
        negated, text = not text.startswith("!!"), text[1:]
    return text, optional, negated


def _blocks(lines: Sequence[Line]) -> tuple[list[Expected], list[bool]]:
    """Return the texts that are expected, and which are optional: each modifier begins one."""
    blocks: list[tuple[list[str], int, bool]] = []
    marks: list[bool] = []
    for line in lines:
        text, optional, negated = _unmarked(line)
        if not blocks or optional or negated:
            blocks.append(([text], line.number, negated))
            marks.append(optional)
        else:
            blocks[-1][0].append(text)
    return [Expected(_joined(texts), at, negated) for texts, at, negated in blocks], marks


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n\t\r")


def _said(head: Head, lines: Sequence[Line]) -> tuple[Expected | None, Any]:
    """Return the text that the user says, or the JSON; modifiers at its beginning are cut off."""
    if not lines:
        return None, MISSING
    first = _unmarked(lines[0])[0]
    if _reads_as_json(" ".join([first, *(line.text for line in lines[1:])])):
        return None, _json(head, [Line(first, lines[0].number), *lines[1:]])
    text = _joined([first, *(line.text for line in lines[1:])])
    return Expected(text, lines[0].number), MISSING


def _reads_as_json(text: str) -> bool:
    """Whether text is meant as JSON: told by its look, as the package `is-json` tells it."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    text = re.sub(r"\s", "", text)
    if re.fullmatch(r"\{.*\}", text):
        return re.search(r'".*?":', text) is not None
    if not re.fullmatch(r"\[.*\]", text):
        return False
    parts = text[1:-1].replace("},{", "}\n{").split("\n")
    return _reads_as_json(parts[-1])


def _json(head: Head, lines: Sequence[Line]) -> Any:
    text = " ".join(line.text for line in lines)
    try:
        return json.loads(text, parse_constant=lambda word: _no_constant(text, word))
    except json.JSONDecodeError as error:
        at = error.pos
        for line in lines:
            if at <= len(line.text):
                break
            at -= len(line.text) + 1
        head.fail(
            f"This reads as JSON and is none: {error.msg.lower()}.", line.number, line.column + at
        )
    except RecursionError:
        head.fail("This JSON is nested too deeply to be read.", head.line)


def _no_constant(text: str, word: str) -> Any:
    raise json.JSONDecodeError(f"{word} is not in JSON", text, max(0, text.find(word)))
