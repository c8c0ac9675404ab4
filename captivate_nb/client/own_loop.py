"""Calls that run on the session's loop, whichever loop they are awaited on."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from captivate_nb.errands import Errand
from captivate_nb.errors import SessionClosed

from .calls import says_await
from .listeners import Listeners


class OnLoop(Protocol):
    """What belongs to a loop."""

    loop: asyncio.AbstractEventLoop
    _listeners: Listeners


P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=OnLoop)


def on_own_loop(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """Run a method on the session's loop, whichever loop it is awaited on.

    Shown instead of awaited, its call says what to write.
    """

    @says_await("session")
    @functools.wraps(method)
    async def bridged(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if asyncio.get_running_loop() is self.loop:
            self._listeners.check_free()
            return await method(self, *args, **kwargs)
        if not self.loop.is_running():
            raise SessionClosed(
                "The event loop this session was opened on no longer runs. Open another session."
            )
        return await Errand(method(self, *args, **kwargs), self.loop).result()

    return bridged
