"""Scripts with what stands beside them: the partials they include, their utterances and memory.

The companions of a script are those of its own folder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

from captivate_nb.errors import ScriptError, did_you_mean

from . import text_form, yaml_form
from .companions import MemoryCase, Utterances
from .files import is_skipped, kind_of_file, read
from .javascript import formatted
from .syntax import Keyword, Script, Step


class Library:
    """What scripts can name: partials and utterances, and the cases that memory tables give."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        """The conversations of the files that were added, includes not followed."""
        self.partials: dict[str, Script] = {}
        self.utterances: dict[str, Utterances] = {}
        self.memory: list[MemoryCase] = []

    def add_file(self, path: Path) -> None:
        """Add what a file holds. Raise `ScriptError` where it cannot be read."""
        kind = kind_of_file(path)
        text, name = read(path), str(path)
        if kind == "pconvo":
            self._add_partial(text_form.partial(text, name))
        elif kind == "utterances":
            self._add_utterances(text_form.utterances(text, name))
        elif kind == "scriptingmemory":
            self.memory += text_form.memory(text, name)
        elif kind == "yaml":
            self.add_document(yaml_form.document(text, name, path.name))
        else:
            self.scripts.append(text_form.script(text, name, path.name))

    def add_document(self, document: yaml_form.Document) -> None:
        """Add what a YAML document holds."""
        self.scripts += document.scripts
        for partial in document.partials:
            self._add_partial(partial)
        for utterances in document.utterances:
            self._add_utterances(utterances)
        self.memory += document.memory

    def _add_partial(self, partial: Script) -> None:
        if partial.name in self.partials:
            other = self.partials[partial.name].path
            raise ScriptError(
                f"There is another partial script “{partial.name}”, in {other}.", path=partial.path
            )
        self.partials[partial.name] = partial

    def _add_utterances(self, given: Utterances) -> None:
        known = self.utterances.get(given.name)
        if known is not None:
            variants = tuple(dict.fromkeys((*known.variants, *given.variants)))
            given = dataclasses.replace(known, variants=variants)
        self.utterances[given.name] = given

    def named(self, text: str) -> tuple[Utterances, list[str]] | None:
        """Return the utterances that a text names, and the words that fill them, if it names any."""
        if text in self.utterances:
            return self.utterances[text], []
        name, *words = text.split(" ")
        return (self.utterances[name], words) if name in self.utterances else None

    def variants(self, text: str) -> list[str]:
        """Return what a text stands for: the variants of utterances that it names, or itself."""
        found = self.named(text)
        if found is None:
            return [text]
        utterances, words = found
        return [formatted(variant, words) for variant in utterances.variants]

    def complete(self, script: Script) -> Script:
        """Return a script with every include followed. Raise `ScriptError` where one cannot be."""
        sections = tuple(self._followed(script.sections, ()))
        return dataclasses.replace(script, sections=sections)

    def _followed(self, sections: Iterable[Step], within: tuple[str, ...]) -> Iterator[Step]:
        for step in sections:
            names = list(_included(step))
            outside = not within or step.sender not in ("begin", "end")
            if step.sender != "include" and outside and (not step.includes or not step.is_empty):
                yield dataclasses.replace(step, included=within)
            for name, line in names:
                partial = self._partial(name, line, step, within)
                yield from self._followed(partial.sections, (*within, name))

    def _partial(self, name: str, line: int, step: Step, within: tuple[str, ...]) -> Script:
        if name in within:
            circle = " → ".join((*within[within.index(name) :], name))
            raise ScriptError(
                f"Partial scripts include each other in a circle: {circle}.",
                path=step.path,
                line=line,
            )
        if name not in self.partials:
            known = ", ".join(sorted(self.partials)) or "none"
            raise ScriptError(
                f"There is no partial script “{name}”; there are: {known}."
                + did_you_mean(name, self.partials),
                path=step.path,
                line=line,
            )
        return self.partials[name]


def _included(step: Step) -> Iterator[tuple[str, int]]:
    """Yield the names that a section includes, with their lines."""
    if step.sender == "include":
        if step.channel:
            yield step.channel, step.line
        for text in step.texts:
            for at, name in enumerate(text.text.split("\n")):
                if name.strip():
                    yield name.strip(), text.line + at
        return
    for keyword in step.includes:
        yield _one_name(keyword, step), keyword.line


def _one_name(keyword: Keyword, step: Step) -> str:
    if len(keyword.args) != 1:
        raise ScriptError(
            f"INCLUDE has one argument, a partial script's name, and not {len(keyword.args)}.",
            path=step.path,
            line=keyword.line,
            column=keyword.column,
        )
    return keyword.args[0]


def companions_of(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that scripts in it may name, in order."""
    for path in sorted(folder.iterdir()):
        kind = kind_of_file(path)
        if kind is None or kind == "convo" or is_skipped(path.name) or not path.is_file():
            continue
        if kind != "yaml" or yaml_form.has(yaml_form.PARTS, read(path)):
            yield path
