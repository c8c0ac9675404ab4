"""The panels and their parts: a chat's, its past's, and the live agent's.

They call public methods of a session or an agent, and know no sockets.
"""

from __future__ import annotations

from captivate_nb.widgets.agent.panel import AgentPanel
from captivate_nb.widgets.chat.choices import ChoiceRow, clickable, register
from captivate_nb.widgets.chat.panel import ChatPanel
from captivate_nb.widgets.inspector.replay_panel import ReplayPanel

__all__ = ["AgentPanel", "ChatPanel", "ChoiceRow", "ReplayPanel", "clickable", "register"]
