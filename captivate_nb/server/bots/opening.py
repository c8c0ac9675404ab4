"""A bot from what names it: a callable, a flow, an endpoint's address, or `module:function`."""

from __future__ import annotations

import dataclasses
import importlib
import math
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from captivate_nb.errors import UsageError, did_you_mean
from captivate_nb.server.flow.loader import load, path_of
from captivate_nb.server.flow.model import Flow
from captivate_nb.server.limits import Limits

from .bot import Bot
from .endpoint import Endpoint, is_address
from .flow_bot import FlowBot
from .function import Function
from .program import ProgramBot
from .workers import Workers

TIMEOUT = 30.0  # seconds

Source = Callable[[dict[str, Any]], Any] | str


_IMPORTABLE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def is_bot(what: object) -> bool:
    """Whether it names a bot, and not a flow: a callable, an address or `module:function`."""
    if isinstance(what, str):
        return is_address(what) or bool(_IMPORTABLE.fullmatch(what))
    return callable(what)


class Opener:
    """Makes the bots of one server."""

    def __init__(
        self,
        limits: Limits,
        timeout: float = TIMEOUT,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if not 0 < timeout < math.inf:
            raise UsageError(f"bot_timeout={timeout!r} is no number of seconds above 0.")
        self.workers = Workers()
        """Where their Python runs."""
        self._limits = limits
        self._timeout = timeout
        self._headers = dict(headers or {})
        self._start: str | None = None  # the node at which a flow begins

    def reopen(self, what: str | Path | Flow | Source) -> Bot:
        """Return the bot, or else the flow, that takes the place of another one."""
        if is_bot(what):
            return self.open("", cast("Source", what))
        return self.open(cast("str | Path | Flow", what), None, self._start)

    def open(self, flow: str | Path | Flow, source: Source | None, start: str | None = None) -> Bot:
        """Return the bot that a callable, an address or `module:function` is; else that of a flow.

        Raise `UsageError` for what is no bot, `FlowError` for a flow that cannot be used.
        """
        self._start = start
        if source is None:
            read = flow if isinstance(flow, Flow) else load(flow)
            source_file = None if isinstance(flow, Flow) else path_of(flow)
            return FlowBot(_from(read, start), source_file)
        if start is not None:
            raise UsageError(f"start={start!r:.60} names a node of a flow, and a bot has none.")
        if isinstance(source, str) and is_address(source):
            largest = 4 * self._limits.transcript  # what is too large is told by its size
            endpoint = Endpoint(source, self._headers, self._timeout, largest)
            return ProgramBot(endpoint, self._limits)
        if isinstance(source, str):
            source = _imported(source)
        if not callable(source):
            raise UsageError(
                f"bot={source!r:.60} is none: give a function of a request, an endpoint's http:// address,"
                " or “module:function”."
            )
        return ProgramBot(Function(source, self.workers, self._timeout), self._limits)


def _from(flow: Flow, start: str | None) -> Flow:
    """Return a flow that begins at one of its nodes; raise `UsageError` when it is none."""
    if start is None:
        return flow
    if start not in flow.nodes:
        named = [name for name in flow.nodes if not name.startswith("(")]
        hint = did_you_mean(start, named) or f" It has {', '.join(named[:20])}."
        raise UsageError(f"The flow {flow.name} has no node “{start}” to start at.{hint}")
    return dataclasses.replace(flow, start=start)


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not _IMPORTABLE.fullmatch(name):
        raise UsageError(
            f"bot={name!r:.60} is neither an http:// address nor “module:function”. A function itself can"
            " be given, too."
        )
    try:
        known = sys.modules.get(module)
        found = importlib.reload(known) if known else importlib.import_module(module)
    except Exception as error:
        raise UsageError(f"The module {module} cannot be imported: {error!r:.200}.") from error
    try:
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError:
        raise UsageError(f"The module {module} has no {attribute}.") from None
    return found
