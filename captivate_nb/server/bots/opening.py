"""A bot from what names it: a callable, a flow, an endpoint's address, or `module:function`."""

from __future__ import annotations

import importlib
import math
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from captivate_nb.errors import UsageError
from captivate_nb.server.flow.loader import load
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

    def open(self, flow: str | Path | Flow, source: Source | None) -> Bot:
        """Return the bot that a callable, an address or `module:function` is; else that of a flow.

        Raise `UsageError` for what is no bot, `FlowError` for a flow that cannot be used.
        """
        if source is None:
            return FlowBot(flow if isinstance(flow, Flow) else load(flow))
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


def _imported(name: str) -> Any:
    module, colon, attribute = name.partition(":")
    if not (colon and module and attribute):
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
