"""What can be read of a live conversation, and observed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import traitlets
from traitlets import Dict, HasTraits, Instance, Tuple, Unicode

from captivate_nb.conversation.code import to_code
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.live_agent import Agent
from captivate_nb.conversation.metadata import MISSING, MetadataChange, metadata_changes, value_at
from captivate_nb.conversation.problems import Problems
from captivate_nb.conversation.replay import state_at
from captivate_nb.conversation.state import Conversation
from captivate_nb.conversation.timing import TurnTiming, turn_timings
from captivate_nb.conversation.transcript import Choices, Transcript
from captivate_nb.errors import UsageError
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content import Action

from .listeners import Listeners
from .tasks import Tasks
from .validation import callback_of, event_name_of


class LiveConversation(HasTraits):
    """A conversation that goes on: as it is, as it was after any event, and who is told of changes.

    `status`, `reconnect_error`, `conversation_id`, `metadata`, `agent`, `choices` and `outbox` can
    be observed (`session.observe(callback, "status")`); nobody else writes them.
    """

    status = Unicode("connecting", read_only=True, help="connecting, open, reconnecting or closed")
    reconnect_error = Unicode(
        read_only=True, help="why the newest attempt to reconnect failed; empty while connected"
    )
    conversation_id = Unicode(None, allow_none=True, read_only=True)
    metadata = Dict(read_only=True)
    agent = Instance(Agent, allow_none=True, read_only=True)
    choices = traitlets.Any(Choices(), read_only=True, help="the options of the newest message")
    outbox = Tuple(
        read_only=True,
        help="the user's messages that wait to be sent, or of which it is not known if they arrived",
    )

    def __init__(self, events: EventLog) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        """The loop it belongs to."""
        self.events = events
        """Every frame, both ways, without its secrets."""
        self.conversation = Conversation()
        """The state that the events make."""
        self._tasks = Tasks(self.loop)
        """What runs beside its calls."""
        self._listeners = Listeners(self._tasks.spawn, self.conversation.add_problem)
        """Who is called when something happens."""

    @property
    def user_id(self) -> str:
        """Return who the conversation is with."""
        return self.conversation.user_id

    @property
    def transcript(self) -> Transcript:
        """Return the conversation's messages; it grows as the conversation goes on."""
        return self.conversation.transcript

    @property
    def actions(self) -> list[Action]:
        """Return the actions received."""
        return self.conversation.actions

    @property
    def updates(self) -> list[e.ConversationUpdate]:
        """Return the conversation updates received."""
        return self.conversation.updates

    @property
    def errors(self) -> Problems:
        """Return what went wrong without ending the session, and what was decided of doubts."""
        return self.conversation.errors

    # --- who is told of changes --------------------------------------------------------------

    def on(self, event_type: str, callback: Callable[[Any], Any]) -> Callable[[], None]:
        """Call `callback(event)` for each event of a wire type; "*" is all of them.

        Two names are local: "transcript" gives the index of the first message that is new or
        changed, "error" a `Problem`. A callback may be a coroutine function; what it raises is
        listed in `errors`. A name nearly that of an event is warned of. Return a function that
        stops it.
        """
        return self._listeners.add(event_name_of(event_type), callback_of(callback))

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

    # --- its past, read from `events` --------------------------------------------------------

    def at(self, n: int) -> Conversation:
        """Return the conversation as it stood after event `n`; negative counts from the end.

        Raise `UsageError` when there is no such event. The session itself goes on.
        """
        return state_at(self.events, n)

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

    # --- for the session ---------------------------------------------------------------------

    def _show(self, name: str, value: Any) -> None:
        """Set a trait, if it is another value; what an observer raises is listed, and ends nothing."""
        shown = getattr(self, name)
        if shown is value or shown == value:
            return
        self._listeners.guard(name, lambda: self.set_trait(name, value))
