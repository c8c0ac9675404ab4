"""A bot from what names it: a callable, a flow, an endpoint's address, or `module:function`."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from captivate_nb.errors import UsageError
from captivate_nb.server.flow.loader import load
from captivate_nb.server.limits import Limits

from .bot import Bot
from .flow_bot import FlowBot
from .function import Function
from .program import ProgramBot
from .workers import Workers

TIMEOUT = 30.0  # seconds

Source = Callable[[dict[str, Any]], Any] | str


class Opener:
    """Makes the bots of one server."""

    def __init__(
        self,
        workers: Workers,
        limits: Limits,
        timeout: float = TIMEOUT,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if not 0 < timeout < math.inf:
            raise UsageError(f"bot_timeout={timeout!r} is no number of seconds above 0.")
        self._workers = workers
        self._limits = limits
        self._timeout = timeout
        self._headers = dict(headers or {})

    def open(self, flow: str | Path, source: Source | None) -> Bot:
        """Return the bot that a callable or `module:function` is, or without one that of a flow.

        Raise `UsageError` for what is no bot, `FlowError` for a flow that cannot be used.
        """
        if source is None:
            return FlowBot(load(flow))
        if isinstance(source, str):
            source = _imported(source)
        if not callable(source):
            raise UsageError(
                f"bot={source!r:.60} is none: give a function of a request, an endpoint's http:// address,"
                " or “module:function”."
            )
        return ProgramBot(Function(source, self._workers, self._timeout), self._limits)


def _imported(name: str) -> Any:
    module, colon, attribute = name.partition(":")
    if not (colon and module and attribute):
        raise UsageError(
            f"bot={name!r:.60} is neither an http:// address nor “module:function”. A function itself can"
            " be given, too."
        )
    try:
        found = importlib.import_module(module)
    except Exception as error:
        raise UsageError(f"The module {module} cannot be imported: {error!r:.200}.") from error
    try:
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError:
        raise UsageError(f"The module {module} has no {attribute}.") from None
    return found
