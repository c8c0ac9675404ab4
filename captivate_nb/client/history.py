"""What a session remembers: its state at any event, what changed, how long it took, as code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from captivate_nb.conversation.code import to_code
from captivate_nb.conversation.metadata import MISSING, MetadataChange, metadata_changes, value_at
from captivate_nb.conversation.replay import state_at
from captivate_nb.conversation.state import Conversation
from captivate_nb.conversation.timing import TurnTiming, turn_timings
from captivate_nb.errors import UsageError

from .live import Wire
from .validation import callback_of


class Recall(Wire):
    """A wire whose past can be looked at. Everything here is read from `events`."""

    def at(self, n: int) -> Conversation:
        """Return the conversation as it stood after event `n`; negative counts from the end.

        Raise `UsageError` when there is no such event. The session itself goes on.
        """
        return state_at(self.events, n)

    def watch(self, path: str, callback: Callable[[Any, Any], Any]) -> Callable[[], None]:
        """Call `callback(old, new)` whenever the metadata at a dotted path changes.

        A value that is not there is None. Return a function that stops it.
        """
        callback_of(callback)
        if not isinstance(path, str):
            raise UsageError(f"A path is text such as “user.name”, not {path!r:.60}.")
        known = value_at(self.metadata, path)

        def look(_event: Any) -> Any:
            nonlocal known
            old, known = known, value_at(self.metadata, path)
            if old is known or old == known:
                return None
            return callback(None if old is MISSING else old, None if known is MISSING else known)

        return self.on("*", look)

    def metadata_changes(self) -> list[MetadataChange]:
        """Return what changed in the metadata, with the event that changed it."""
        return metadata_changes(self.events)

    def timings(self) -> list[TurnTiming]:
        """Return the turns so far, with the seconds until the bot began to answer."""
        return turn_timings(self.events)

    def to_code(self, form: str = "python") -> str:
        """Return this conversation as code to paste: "python", "magic" or "botium"."""
        return to_code(self.events, form)

    def to_script(self) -> str:
        """Return this conversation as a BotiumScript conversation."""
        return to_code(self.events, "botium")
