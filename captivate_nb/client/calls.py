"""What a call of the session's is before it is awaited: a coroutine that says so when it is shown."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine, Generator
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])


class Call(Coroutine[Any, Any, R_co]):
    """A coroutine that, shown instead of awaited, says what to write.

    It is awaited, or made a task, as any other. Dropped unseen, it warns that it was never awaited.
    """

    def __init__(self, coro: Coroutine[Any, Any, R_co], written: str) -> None:
        self._coro = coro
        self._written = written
        self._shown = False

    def __await__(self) -> Generator[Any, Any, R_co]:
        return self._coro.__await__()

    def send(self, value: Any) -> Any:
        return self._coro.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coro.throw(*error)

    def close(self) -> None:
        self._coro.close()

    def __getattr__(self, name: str) -> Any:
        """Return what else asyncio and debuggers look at in a coroutine."""
        return getattr(self._coro, name)

    def __repr__(self) -> str:
        if not self._is_new():
            return f"<{self._written}, begun>"
        self._shown = True
        return (
            f"<{self._written} has not run: write `await {self._written}`, or where you cannot"
            f" await, `captivate_nb.run({self._written})`>"
        )

    def __del__(self) -> None:
        if self._shown and self._is_new():
            self._coro.close()  # it was told already

    def _is_new(self) -> bool:
        return inspect.getcoroutinestate(self._coro) == inspect.CORO_CREATED


def says_await(
    owner: str,
) -> Callable[[Callable[P, Coroutine[Any, Any, R_co]]], Callable[P, Call[R_co]]]:
    """Let a coroutine function, or a method, of `owner` return a `Call`."""

    def decorate(function: Callable[P, Coroutine[Any, Any, R_co]]) -> Callable[P, Call[R_co]]:
        given = "..." if inspect.signature(function).parameters.keys() - {"self"} else ""
        written = f"{owner}.{function.__name__}({given})"

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Call[R_co]:
            return Call(function(*args, **kwargs), written)

        return _marked(call)

    return decorate


def _marked(function: F) -> F:
    """Mark a function whose result is awaited as a coroutine function."""
    if hasattr(inspect, "markcoroutinefunction"):  # Python >= 3.12
        return cast("F", inspect.markcoroutinefunction(function))
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way
    return function
