"""How one embedded server differs from another, as all of its parts see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .faults.spec import Faults
from .limits import Limits


@dataclass
class Settings:
    """What an `EmbeddedServer` was made with."""

    greet: Literal["message", "start"]
    """When the bot speaks first: at the client's empty message, or at the start."""
    transcript: Literal["transcript", "messages"]
    """The form in which transcripts are sent."""
    limits: Limits
    faults: Callable[[], Faults] = Faults
    """Returns the faults that are injected now."""
    base_url: str = ""
    """The address of the server's files and pictures; known once it listens."""
