"""Callbacks, without a session."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from captivate_nb.client.listeners import Listeners
from captivate_nb.client.tasks import Tasks
from captivate_nb.conversation.problems import Problem
from captivate_nb.errors import UsageError
from support.until import until


class Made:
    """Listeners that list in `problems`."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.tasks = Tasks(asyncio.get_running_loop())
        self.listeners = Listeners(self.tasks.spawn, self.report)

    def report(self, text: str) -> Problem:
        self.problems.append(text)
        return Problem(text)


async def test_who_listens_is_called_until_stopped():
    made, told = Made(), []
    stop = made.listeners.add("bot_message", told.append)
    made.listeners.notify("bot_message", 1)
    made.listeners.notify("action", 2)
    stop()
    stop()
    made.listeners.notify("bot_message", 3)
    assert told == [1]


async def test_a_callback_may_stop_itself_while_all_are_called():
    made, told = Made(), []

    def once(value: Any) -> None:
        told.append(value)
        stop()

    stop = made.listeners.add("*", once)
    made.listeners.add("*", told.append)
    for value in (1, 2):
        made.listeners.notify("*", value)
    assert told == [1, 1, 2]


async def test_what_fails_is_listed_and_told_as_an_error():
    made, told = Made(), []
    made.listeners.add("error", told.append)

    async def later(_: Any) -> None:
        raise KeyError("later")

    made.listeners.add("action", lambda _: 1 / 0)
    made.listeners.add("action", later)
    made.listeners.notify("action", None)
    made.listeners.guard("status", lambda: 1 / 0)
    await until(lambda: len(made.problems) == 3)
    assert [str(problem) for problem in told] == made.problems
    assert made.problems[0] == "A callback for action raised ZeroDivisionError: division by zero"
    assert made.problems[2] == "A callback for action raised KeyError: 'later'"


async def test_what_fails_in_telling_an_error_is_not_told_to_itself():
    made = Made()
    made.listeners.add("error", lambda _: 1 / 0)
    made.listeners.notify("error", Problem("first"))
    assert made.problems == ["A callback for error raised ZeroDivisionError: division by zero"]


async def test_nothing_may_be_waited_for_while_a_callback_is_called():
    made, refused = Made(), []

    def waits(_: Any) -> None:
        with pytest.raises(UsageError, match="A callback for action waits here") as caught:
            made.listeners.check_free()
        refused.append(caught)

    made.listeners.add("action", waits)
    made.listeners.notify("action", None)
    made.listeners.check_free()
    assert (len(refused), made.problems) == (1, [])
