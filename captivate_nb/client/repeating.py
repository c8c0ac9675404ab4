"""Doing again, in another conversation, what a user did."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from captivate_nb.conversation.code import Step
from captivate_nb.errors import ReplyTimeout
from captivate_nb.protocol.content import File, Option


class Repeatable(Protocol):
    """What a step is done in again; a `Session` is one."""

    async def say(self, text: str, /) -> object: ...
    async def click(self, choice: Option | str, /) -> object: ...
    async def send_files(self, files: Sequence[File], text: str | None, /) -> object: ...
    async def act(self, id: str, data: Any, /, *, wait: bool, timeout: float) -> object: ...  # noqa: A002
    async def set_metadata(self, metadata: dict[str, Any], target: str, /) -> object: ...


async def repeat(session: Repeatable, steps: Iterable[Step], action: float) -> None:
    """Do steps again, one after the other, each when the reply to the last is complete.

    An action has `action` seconds to have a reply. A turn that gets no complete reply in time is no
    error: it goes on from what did come.
    """
    for step in steps:
        with contextlib.suppress(ReplyTimeout):
            await _do(session, step, action)


async def _do(session: Repeatable, step: Step, wait: float) -> None:
    if step.choice is not None:
        await session.click(step.choice)
    elif step.files:
        await session.send_files(step.files, step.text)
    elif step.text:
        await session.say(step.text)
    elif step.action is not None:
        action = step.action.action
        await session.act(action.id, action.data, wait=True, timeout=wait)
    elif step.metadata is not None:
        await session.set_metadata(step.metadata.metadata, step.metadata.target)
