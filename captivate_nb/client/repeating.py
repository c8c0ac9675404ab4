"""Doing again, in another session, what a user did."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from captivate_nb.errors import ReplyTimeout

if TYPE_CHECKING:
    from captivate_nb.conversation.code import Step

    from .session import Session

ACTION_WAIT = 1.0
"""Seconds that an action is given to have a reply; it need not have one."""


async def repeat(session: Session, steps: Iterable[Step]) -> None:
    """Do steps again, one after the other, each when the reply to the last is complete.

    A turn that gets no complete reply in time is no error: it goes on from what did come.
    """
    for step in steps:
        with contextlib.suppress(ReplyTimeout):
            await _do(session, step)


async def _do(session: Session, step: Step) -> None:
    if step.choice is not None:
        await session.click(step.choice)
    elif step.files:
        await session.send_files(step.files, step.text)
    elif step.text:
        await session.say(step.text)
    elif step.action is not None:
        action = step.action.action
        await session.act(action.id, action.data, wait=True, timeout=ACTION_WAIT)
    elif step.metadata is not None:
        await session.set_metadata(step.metadata.metadata, step.metadata.target)
