"""A script as the cases that are run: one for each row of memory, and each way to say an utterance."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from captivate_nb.errors import ScriptError, UsageError, did_you_mean

from .companions import MemoryCase
from .javascript import formatted
from .library import Library
from .memory import variables
from .syntax import Expected, Keyword, Script, Step

Expansion = Literal["all", "first", "random", "index"]
EXPANSIONS = ("all", "first", "random", "index")

MOST_CASES = 10_000
"""Cases that one script may be."""


class Variant(NamedTuple):
    """One way to do a step, and what it adds to the case's name where there are several."""

    step: Step
    label: str


def check_memory(cases: Sequence[MemoryCase]) -> None:
    """Raise `ScriptError` where memory tables contradict each other."""
    seen: dict[tuple[str, frozenset[str]], MemoryCase] = {}
    tables: dict[frozenset[str], MemoryCase] = {}
    for case in cases:
        names = frozenset(case.values)
        if (case.name, names) in seen:
            raise ScriptError(
                f"The case “{case.name}” stands twice in memory tables of the same variables.",
                path=case.path,
                line=case.line,
            )
        seen[case.name, names] = tables[names] = case
    for (some, one), (others, other) in itertools.combinations(tables.items(), 2):
        if shared := sorted(some & others):
            raise ScriptError(
                f"{', '.join(shared)} is in this memory table and in {one.path}:{one.line}, which"
                " has other variables besides: put them into one.",
                path=other.path,
                line=other.line,
            )


def cases(script: Script, library: Library, expand: str = "all") -> Iterator[Script]:
    """Yield the cases of a script whose includes are followed, in order of the tables and variants.

    `expand` is which variants of an utterance the user says: "all" in every combination, the "first",
    one at "random", or those of the same "index". Raise `ScriptError` where there are too many.
    """
    if expand not in EXPANSIONS:
        raise UsageError(
            f"expand={expand!r} is not known: it is one of {', '.join(EXPANSIONS)}."
            + did_you_mean(expand, EXPANSIONS)
        )
    choices = [_variants(step, library) for step in script.sections]
    rows = list(_rows(script, library))
    count = len(rows) * (math.prod(map(len, choices)) if expand == "all" else 1)
    if count > MOST_CASES:
        raise ScriptError(
            f"The script is {count:,} cases, and at most {MOST_CASES:,} can be run: use"
            ' expand="first" or "index".',
            path=script.path,
        )
    for row in rows:
        for chosen in _chosen(choices, expand):
            name = row.name + "".join(variant.label for variant in chosen)
            steps = tuple(variant.step for variant in chosen)
            yield dataclasses.replace(row, name=name, sections=steps)


def _rows(script: Script, library: Library) -> Iterator[Script]:
    """Yield a script for each case of the memory tables whose variables it has."""
    used = set(_used(script, library))
    tables: dict[frozenset[str], list[MemoryCase]] = {}
    for case in library.memory:
        tables.setdefault(frozenset(case.values), []).append(case)
    matching = [cases for names, cases in tables.items() if names & used]
    for chosen in itertools.product(*matching):
        values = (item for case in chosen for item in case.values.items())
        held = {name: value for name, value in values if value is not None}
        name = ".".join([script.name, *(case.name for case in chosen)])
        yield dataclasses.replace(script, name=name, memory=held)


def _used(script: Script, library: Library) -> Iterator[str]:
    """Yield the variables in a script's texts and arguments, and in the utterances it names."""
    for step in script.sections:
        for text in (text.text for text in step.texts):
            for variant in library.variants(text):
                yield from variables(variant)
        for keyword in step.keywords:
            for arg in keyword.args:
                for variant in library.variants(arg):
                    yield from variables(variant)


def _chosen(choices: Sequence[list[Variant]], expand: str) -> Iterator[Sequence[Variant]]:
    if expand == "all":
        yield from itertools.product(*choices)
    elif expand == "index":
        for index in range(max(map(len, choices), default=1)):
            yield [variants[min(index, len(variants) - 1)] for variants in choices]
    else:
        pick = random.choice if expand == "random" else (lambda variants: variants[0])
        yield [pick(variants)._replace(label="") for variants in choices]


def _variants(step: Step, library: Library) -> list[Variant]:
    """Return the ways to do a step: utterances that it says, or files that it sends."""
    if step.sender != "me":
        return [Variant(step, "")]
    named = library.named(step.texts[0].text) if step.texts else None
    if named is not None:
        utterances, words = named
        texts = [formatted(variant, words) for variant in utterances.variants]
        if not texts:
            raise ScriptError(
                f"The utterances “{utterances.name}” have no variants: the user would say nothing.",
                path=utterances.path,
                line=utterances.line,
            )
        line = step.texts[0].line
        steps = [dataclasses.replace(step, texts=(Expected(text, line),)) for text in texts]
        return list(_labelled(steps, utterances.name))
    media = next((k for k in step.of("input") if k.name == "MEDIA" and _is_many(k)), None)
    return [Variant(step, "")] if media is None else _each_file(step, media)


def _labelled(steps: Sequence[Step], name: str) -> Iterator[Variant]:
    width = len(str(len(steps)))
    for number, step in enumerate(steps, 1):
        yield Variant(step, f"/{name}-L{number:0{width}}" if len(steps) > 1 else "")


def _is_many(media: Keyword) -> bool:
    return len(media.args) > 1 or any("*" in arg for arg in media.args)


def _each_file(step: Step, media: Keyword) -> list[Variant]:
    """Return a variant for each file that a `MEDIA` names, by its name or with a `*`."""
    folder = Path(step.path).parent
    files: list[str] = []
    for arg in media.args:
        found = sorted(folder.glob(arg)) if "*" in arg and not Path(arg).is_absolute() else []
        files += [str(path.relative_to(folder)) for path in found] if "*" in arg else [arg]
    if not files:
        raise ScriptError(
            f"No file in {folder} is called {'|'.join(media.args)}.",
            path=step.path,
            line=media.line,
            column=media.column,
        )
    return list(_labelled([_with_file(step, media, file) for file in files], "MEDIA"))


def _with_file(step: Step, media: Keyword, file: str) -> Step:
    one = dataclasses.replace(media, args=(file,))
    keywords = tuple(one if keyword is media else keyword for keyword in step.keywords)
    return dataclasses.replace(step, keywords=keywords)


def all_cases(scripts: Iterable[Script], library: Library, expand: str = "all") -> Iterator[Script]:
    """Yield the cases of a library's scripts."""
    for script in scripts:
        yield from cases(library.complete(script), library, expand)
