"""What any journal of a server offers."""

from __future__ import annotations

from .conversations import Journal
from .files import FileJournal


class BaseJournal(Journal, FileJournal):
    """A journal of conversations and files; this one writes nothing."""

    def open(self) -> None:
        """Make it ready; raise `ServeError` when it cannot be used."""

    def close(self) -> None:
        """Let go of it, with all that was committed in it."""
