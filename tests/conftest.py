"""What every test may ask for: a real kernel, IPython in this process, IPython at a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.front_end import FrontEnd
from support.kernels import Kernel
from support.shells import Shell, Terminal


@pytest.fixture(autouse=True)
def asyncio_as_it_was() -> Iterator[None]:
    """Undo what nest_asyncio2 does to asyncio, for good and for everybody, when a test used it.

    What it does to tornado may stay: tornado then takes both kinds of future.
    """
    patched: list[Any] = [asyncio, asyncio.events, asyncio.futures, asyncio.tasks]
    patched.append(asyncio.SelectorEventLoop)
    if sys.version_info < (3, 14):
        patched.append(type(asyncio.get_event_loop_policy()))
    before = [dict(vars(place)) for place in patched]
    yield
    if not hasattr(asyncio, "_nest_patched"):
        return
    for place, names in zip(patched, before, strict=True):
        for name in vars(place).keys() - names.keys():
            delattr(place, name)
        for name, value in names.items():
            if vars(place)[name] is not value:
                setattr(place, name, value)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    """A fresh ipykernel; see support.kernels."""
    kernel = Kernel(tmp_path)
    kernel.start()
    try:
        yield kernel
    finally:
        kernel.stop()


@pytest.fixture
def front_end(monkeypatch: pytest.MonkeyPatch) -> FrontEnd:
    """The page's side of widgets; see support.front_end."""
    return FrontEnd(monkeypatch)


@pytest.fixture
def ipython() -> Iterator[Shell]:
    """IPython in this process, on the test's loop, raising what a cell raises."""
    shell = Shell()
    try:
        yield shell
    finally:
        shell.close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """IPython in a terminal of its own."""
    terminal = Terminal(tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()
