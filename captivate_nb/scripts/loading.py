"""Finding scripts: by file, by folder or as text, each with the companions of its own folder."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from captivate_nb.errors import ScriptError, UsageError, counted

from . import text_form, yaml_form
from .cases import cases, check_memory
from .files import is_skipped, kind_of_file, read
from .library import Library, companions_of
from .syntax import Script

Given = str | Path | Iterable[str | Path]
"""A script's file, a folder, a script itself as text, or several of them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a script, with what it can name; `error` is why there is none."""

    script: Script
    library: Library
    error: ScriptError | None = None


def load_script(path: str | Path, name: str | None = None) -> Script:
    """Return the script of a file, its includes followed; `name` is which, where there are several.

    Raise `ScriptError`, with path, line and column, where it cannot be read.
    """
    file = Path(path)
    library = companions(file.parent)
    scripts = read_scripts(file, library)
    found = [script for script in scripts if name is None or script.name == name]
    if len(found) != 1:
        names = ", ".join(f"“{script.name}”" for script in scripts) or "none"
        wanted = f"called “{name}” " if name is not None else ""
        raise UsageError(
            f"{file} has {counted(len(found), 'script')} {wanted}and one is to be loaded. There are:"
            f" {names}. Name one: load_script(path, name)."
        )
    return library.complete(found[0])


def load_text(
    text: str, name: str = "script", folder: Path | None = None
) -> tuple[Script, Library]:
    """Return a script that is given as text, with the companions of a folder, if one is named."""
    library = companions(folder) if folder is not None else Library()
    return library.complete(text_form.script(text, "", name)), library


def load_cases(given: Given, expand: str = "all") -> list[Case]:
    """Return the cases of scripts. One file or text that cannot be read raises `ScriptError`.

    Of several, each that cannot is a case with its error.
    """
    if isinstance(given, str) and "\n" in given:
        script, library = load_text(given)
        return [Case(case, library) for case in cases(script, library, expand)]
    alone = isinstance(given, str | Path) and not Path(given).is_dir()
    paths = [Path(given)] if isinstance(given, str | Path) else [Path(each) for each in given]
    found: list[Case] = []
    companions_once = functools.cache(companions)
    for file in files(paths):
        try:
            found += _cases(file, companions_once, expand)
        except ScriptError as error:
            if alone:
                raise
            found.append(Case(Script(file.name, str(file)), Library(), error))
    return found


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the script files among paths and in folders, each once and in order."""
    seen: set[Path] = set()
    for path in paths:
        for file in _in_folder(path) if path.is_dir() else [path]:
            if file not in seen:
                seen.add(file)
                yield file


def _in_folder(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        kind = kind_of_file(file)
        if kind not in ("convo", "yaml") or is_skipped(file.name) or not file.is_file():
            continue
        if kind == "convo" or yaml_form.has(("convos",), read(file)):
            yield file


def _cases(
    file: Path, companions_of_folder: Callable[[Path], Library], expand: str
) -> Iterator[Case]:
    library = companions_of_folder(file.parent)
    for script in read_scripts(file, library):
        for case in cases(library.complete(script), library, expand):
            yield Case(case, library)


def companions(folder: Path) -> Library:
    """Return what the scripts of a folder can name. Raise `ScriptError` where it cannot be read."""
    library = Library()
    if folder.is_dir():
        for path in companions_of(folder):
            library.add_file(path)
    check_memory(library.memory)
    return library


def read_scripts(file: Path, library: Library) -> list[Script]:
    """Return the scripts of a file, includes not followed. Raise `ScriptError` where it has none."""
    kind = kind_of_file(file)
    if kind in ("pconvo", "utterances", "scriptingmemory"):
        raise ScriptError(
            f"A .{kind}.txt stands beside scripts, and is none: run the .convo.txt that uses it.",
            path=str(file),
        )
    if kind != "yaml":
        return [text_form.script(read(file), str(file), file.name)]
    scripts = [script for script in library.scripts if script.path == str(file)]
    scripts = scripts or yaml_form.document(read(file), str(file), file.name).scripts
    if not scripts:
        raise ScriptError("There are no “convos” in this file.", path=str(file))
    return scripts
