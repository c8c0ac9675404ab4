"""A bar of how far a suite is, in a notebook and in a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from .report import Result


@contextlib.contextmanager
def bar(total: int, *, shown: bool | None = None) -> Iterator[Callable[[Result], None]]:
    """Give a function that is called with each result; `shown` None is where somebody looks."""
    if shown is False or (shown is None and total < 2):
        yield lambda _result: None
        return
    from tqdm.auto import tqdm

    in_notebook = "ipykernel" in sys.modules
    hidden = None if shown is None and not in_notebook else False  # None: where it is no terminal
    failed = 0
    with tqdm(total=total, unit="script", disable=hidden, leave=False) as drawn:

        def over(result: Result) -> None:
            nonlocal failed
            failed += not result.passed
            drawn.set_postfix_str(f"{failed} failed" if failed else "", refresh=False)
            drawn.update()

        yield over
