"""What can be read of a live conversation, and observed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import traitlets
from traitlets import HasTraits, Tuple, Unicode

from captivate_nb.conversation.code import to_code
from captivate_nb.conversation.eventlog import EventLog
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

_STATE = ("conversation_id", "metadata", "agent", "choices")
"""What of the conversation's state can be observed."""


class _Now(traitlets.Any):
    """A part of the conversation's state: read as it is, observed as it was told of last."""

    def __init__(self, default: Any, read: Callable[[Conversation], Any], what: str) -> None:
        super().__init__(default, read_only=True, help=what)
        self._read = read

    def get(self, obj: Any, cls: Any = None) -> Any:  # noqa: ARG002  # as traitlets calls it
        """Return what it is now."""
        return self._read(obj.conversation)


class LiveConversation(HasTraits):
    """A conversation that goes on: as it is, as it was after any event, and who is told of changes.

    `status`, `reconnect_error`, `conversation_id`, `metadata`, `agent`, `choices` and `outbox` can
    be observed (`session.observe(callback, "status")`); nobody else writes them. Of the state that
    frames make which come together, its observers are called once.
    """

    status = Unicode("connecting", read_only=True, help="connecting, open, reconnecting or closed")
    reconnect_error = Unicode(
        read_only=True, help="why the newest attempt to reconnect failed; empty while connected"
    )
    conversation_id = _Now(None, lambda now: now.id, "the id; None before the first has started")
    metadata = _Now({}, lambda now: now.metadata, "as set here, or told by the server")
    agent = _Now(None, lambda now: now.agent, "the live agent connected now")
    choices = _Now(Choices(), lambda now: now.choices, "the options of the newest message")
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
        self._due = False  # whether who observes the state is told before the loop turns

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
        """Set a trait; what an observer of another value raises is listed, and ends nothing."""
        shown = getattr(self, name)
        if shown is value or shown == value:
            return
        self._listeners.guard(name, self.set_trait, name, value)

    def _tell(self, soon: bool) -> None:  # of one caller
        """Tell who observes the conversation's state what it is: now, or `soon`, once for many."""
        if not soon:
            self._tell_now()
        elif not self._due:
            self._due = True
            self.loop.call_soon(self._tell_now)

    def _tell_now(self) -> None:
        self._due = False
        for name in _STATE:
            self._listeners.guard(name, self.set_trait, name, getattr(self, name))
