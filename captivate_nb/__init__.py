"""Captivate Chat in Jupyter: a clickable chat panel whose conversation is Python objects.

    import captivate_nb as cn
    session = await cn.demo()
    reply = await session.click("Chat to Agent")

or, in a notebook, `%load_ext captivate_nb` and `%captivate`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .client.queries import ConversationRecord
from .client.session import Session
from .client.timeouts import Timeouts
from .conversation.eventlog import EventLog, EventRecord
from .conversation.live_agent import Agent
from .conversation.message import Message
from .conversation.problems import Problem
from .conversation.state import Conversation
from .conversation.transcript import Choices, Reply, Transcript
from .errors import CaptivateError
from .kernel import post, run
from .protocol.content import Action, File, Option
from .sessions import connect, current, demo

if TYPE_CHECKING:
    from .scripts.lint import lint_scripts
    from .scripts.loading import load_script
    from .scripts.report import Report
    from .scripts.runner import run_script
    from .widgets import AgentPanel, ChatPanel, ReplayPanel

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
    "Report",
    "Session",
    "Timeouts",
    "Transcript",
    "connect",
    "current",
    "demo",
    "lint_scripts",
    "load_script",
    "post",
    "run",
    "run_script",
]


_LATER = {
    **dict.fromkeys(("AgentPanel", "ChatPanel", "ReplayPanel"), "widgets"),
    "Report": "scripts.report",
    "lint_scripts": "scripts.lint",
    "load_script": "scripts.loading",
    "run_script": "scripts.runner",
}
"""Names that are imported only when they are asked for, with their modules."""


def __getattr__(name: str) -> Any:
    """Import a panel, and with it ipywidgets, or the scripts, only when it is asked for."""
    if name in _LATER:
        return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(ip: Any) -> None:
    """Bring `%captivate` into the shell: what `%load_ext captivate_nb` calls."""
    from .magic.extension import load

    load(ip)
