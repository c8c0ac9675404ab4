"""Why a bot did not answer, and where in its own code that was."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

OURS = str(Path(__file__).parents[2])
LONGEST = 20_000  # characters of a traceback
MOST_FRAMES = 40
LONGEST_LINE = 500  # characters of what an error says


class BotFailed(Exception):
    """A turn that the bot did not answer: what happened and what to do, and the bot's traceback."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.trace = trace


def failure_of(error: BaseException) -> BotFailed:
    """Return what a bot raised, with the frames of its own code only."""
    told = traceback.TracebackException.from_exception(error, limit=-MOST_FRAMES, compact=True)
    _drop_ours(told)
    line = "".join(told.format_exception_only()).strip().splitlines()[-1][:LONGEST_LINE]
    where = _where(error.__traceback__)
    trace = "".join(told.format())
    if len(trace) > LONGEST:
        trace = f"{trace[: LONGEST // 2]}\n…\n{trace[-LONGEST // 2 :]}"
    return BotFailed(f"The bot raised {line}{where}", trace)


def _is_ours(file: str) -> bool:
    return file.startswith(OURS)


def _shown(file: str) -> str:
    """Return a file as people know it: a notebook's cell by its number."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    name = getattr(getattr(shell, "compile", None), "format_code_name", None)
    cell = name(file) if name is not None else None
    return " ".join(cell) if cell else file


def _drop_ours(told: traceback.TracebackException) -> None:
    todo = [told]
    while todo:
        one = todo.pop()
        theirs = [frame for frame in one.stack if not _is_ours(frame.filename)]
        for frame in theirs:
            frame.line  # noqa: B018  # read by the file's own name
            frame.filename = _shown(frame.filename)
        one.stack = traceback.StackSummary.from_list(theirs)
        more = (one.__cause__, one.__context__, *(one.exceptions or ()))
        todo += [each for each in more if each is not None]


def _where(trace: TracebackType | None) -> str:
    """Return the innermost line of the bot's own code."""
    found = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not (_is_ours(file) or "site-packages" in file or file.startswith("<frozen")):
            found = f" ({_shown(file)}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
