"""Captivate Chat in Jupyter: a clickable chat panel whose conversation is Python objects.

    import captivate_nb as cn
    session = await cn.demo()
    reply = await session.click("Chat to Agent")

or, in a notebook, `%load_ext captivate_nb` and `%captivate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import captivate_nb.demo as _demo_server  # noqa: F401  # before the function of that name below
from captivate_nb.conversation import Agent, Conversation, Problem
from captivate_nb.errors import CaptivateError
from captivate_nb.eventlog import EventLog, EventRecord
from captivate_nb.kernel import post, run
from captivate_nb.protocol.content import Action, File, Option
from captivate_nb.records import ConversationRecord
from captivate_nb.session import Session
from captivate_nb.start import connect, current, demo
from captivate_nb.transcript import Choices, Message, Reply, Transcript

if TYPE_CHECKING:
    from captivate_nb.widgets import AgentPanel, ChatPanel, ReplayPanel

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Agent",
    "AgentPanel",
    "CaptivateError",
    "ChatPanel",
    "Choices",
    "Conversation",
    "ConversationRecord",
    "EventLog",
    "EventRecord",
    "File",
    "Message",
    "Option",
    "Problem",
    "ReplayPanel",
    "Reply",
    "Session",
    "Transcript",
    "connect",
    "current",
    "demo",
    "post",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import a panel, and with it ipywidgets, only when it is asked for."""
    if name in ("AgentPanel", "ChatPanel", "ReplayPanel"):
        from captivate_nb import widgets

        return getattr(widgets, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(ip: Any) -> None:
    """Bring `%captivate` into the shell: what `%load_ext captivate_nb` calls."""
    from captivate_nb.magic import load

    load(ip)
