"""What is probably meant otherwise in scripts that can be read: misspelt keywords, unused names."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex

from captivate_nb.errors import ScriptError

from . import keywords as k
from .javascript import pattern
from .library import Library
from .loading import Given, companions, files, read_scripts
from .syntax import SENDERS, Expected, Keyword, Script, Step
from .text_form import script as read_text

_WORD = re.compile(r"[?!]{0,2}([A-Za-z_]{3,})(?=[ \t|]|$)")
_TAG = re.compile(r"\s*#\s*(\w+)")
_ALIKE = 0.8
"""How near a word must be to a keyword to be taken for it; 1 is the same."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is probably meant otherwise, and where."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path or 'script'}:{self.line}: {self.what}"


def lint_scripts(paths_or_text: Given) -> list[Note]:
    """Return what is probably meant otherwise in scripts, and why one cannot be read, in order.

    `paths_or_text` is what `run_script` takes. Nothing is run.
    """
    if isinstance(paths_or_text, str) and "\n" in paths_or_text:
        try:
            return _notes([read_text(paths_or_text)], Library())
        except ScriptError as error:
            return [Note(error.path, error.line, error.what)]
    given = (paths_or_text,) if isinstance(paths_or_text, str | Path) else paths_or_text
    by_folder: dict[Path, list[Path]] = {}
    for file in files(Path(each) for each in given):
        by_folder.setdefault(file.parent, []).append(file)
    return [note for folder, found in by_folder.items() for note in _in_folder(folder, found)]


def _in_folder(folder: Path, found: Sequence[Path]) -> Iterator[Note]:
    scripts: list[Script] = []
    try:
        library = companions(folder)
        for file in found:
            scripts += read_scripts(file, library)
    except ScriptError as error:
        yield Note(error.path, error.line, error.what)
        return
    yield from _notes(scripts, library)


def _notes(scripts: Sequence[Script], library: Library) -> list[Note]:
    read = [*scripts, *library.partials.values()]
    notes = [note for script in read for note in _in_script(script, library)]
    notes += _unused(read, library)
    return sorted(notes, key=lambda note: (note.path, note.line))


def _in_script(script: Script, library: Library) -> Iterator[Note]:
    if not script.steps and not any(script.of("include")):
        yield Note(
            script.path, 1, "There are no steps: a tag such as #me stands at a line's start."
        )
    yield from _misplaced_tags(script.path, script.description, 2)
    for step in script.sections:
        for text in step.texts:
            yield from _in_text(step, text)
        for keyword in step.keywords:
            yield from _in_keyword(step, keyword)
        if step.sender != "include" and step.channel:
            yield Note(
                step.path, step.line, f"The channel “{step.channel}” is left out: there is one."
            )
    try:
        library.complete(script)
    except ScriptError as error:
        yield Note(error.path, error.line, error.what)


def _in_text(step: Step, text: Expected) -> Iterator[Note]:
    for number, line in enumerate(text.text.split("\n"), text.line):
        yield from _misplaced_tags(step.path, line, number)
        word = _WORD.match(line)
        if word and (known := _nearest_keyword(word[1], line, step.sender)):
            yield Note(step.path, number, f"“{word[1]}” is text here; it looks like {known}.")
    if text.text.count("*") > 10:
        yield Note(step.path, text.line, "There are more than 10 “*” in a text: it never matches.")


def _nearest_keyword(word: str, line: str, sender: str) -> str | None:
    """Return the keyword that a word of a text may be meant for; small letters must all be right."""
    if k.kind_of(word, sender):
        return f"{word} (a space follows a keyword)" if f"{word}\t" in line else None
    if k.kind_of(word.upper(), sender):
        return word.upper()
    return _near(word, sender) if word.isupper() else None


@functools.lru_cache(1024)
def _near(word: str, sender: str) -> str | None:
    known = [name for name in k.ALL if k.kind_of(name, sender)]
    close = difflib.get_close_matches(word, known, n=1, cutoff=_ALIKE)
    return close[0] if close else None


def _misplaced_tags(path: str, text: str, line: int) -> Iterator[Note]:
    """Yield the lines of text that look like a tag: those that are one are not in a text."""
    for number, each in enumerate(text.split("\n"), line):
        found = _TAG.match(each) if "#" in each else None
        if found and found[1].lower() in SENDERS:
            yield Note(
                path,
                number,
                f"“{each.strip()}” is text: a tag is written #{found[1].lower()}, in small letters"
                " and at the start of its line.",
            )


def _in_keyword(step: Step, keyword: Keyword) -> Iterator[Note]:
    if keyword.name in k.UNAVAILABLE:
        why = k.UNAVAILABLE[keyword.name]
        yield Note(step.path, keyword.line, f"{keyword.name} fails over this API: {why}.")
    if keyword.name == "JSON_PATH" and keyword.negated and len(keyword.args) == 1:
        yield Note(
            step.path,
            keyword.line,
            "!JSON_PATH with a path alone always holds; use JSON_PATH_COUNT path|0.",
        )
    if "REGEXP" in keyword.name:
        for arg in keyword.args:
            try:
                pattern(arg, ignore_case=False)
            except regex.error as error:
                yield Note(step.path, keyword.line, f"“{arg}” is no regular expression: {error}.")


def _unused(scripts: Sequence[Script], library: Library) -> Iterator[Note]:
    used: set[str] = set()
    for script in scripts:
        for step in script.sections:
            texts = [text.text for text in step.texts]
            args = [arg for keyword in step.keywords for arg in keyword.args]
            for text in (*texts, *args):
                found = library.named(text)
                if found is not None:
                    used.add(found[0].name)
    for name, utterances in library.utterances.items():
        if name not in used:
            yield Note(utterances.path, utterances.line, f"No script has the utterances “{name}”.")
