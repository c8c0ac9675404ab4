"""The panels and their parts: a chat's, its past's, and the live agent's.

They call public methods of a session or an agent, and know no sockets.
"""

from __future__ import annotations

from .agent import AgentPanel
from .choices import ChoiceRow, clickable, register
from .panel import ChatPanel
from .replay import ReplayPanel

__all__ = ["AgentPanel", "ChatPanel", "ChoiceRow", "ReplayPanel", "clickable", "register"]
