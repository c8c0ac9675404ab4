"""What the server's transcripts tell, brought together with what is here."""

from __future__ import annotations

from collections.abc import Sequence

from captivate_nb.protocol import events as e

from .delivery import Deliveries
from .edits import Edits
from .entries import Told, holes_in, messages_of, turned
from .event_messages import user_content
from .freshness import NO_TURNS, look_at
from .joined_turns import parted
from .merging import merge
from .message import Message
from .message_list import MessageList
from .naming import Naming
from .outcomes import Outcomes
from .reconcile import Matches, is_newest_first, match


class ServerTranscripts:
    """Takes in the transcripts of one server, of whichever conversation goes on."""

    def __init__(self, deliveries: Deliveries, edits: Edits) -> None:
        self._deliveries = deliveries
        self._edits = edits
        self._tell_turns = False  # whether one ever had turns of the user
        self._newest_first = False  # whether they were seen to begin with what was said last

    def begin(self, messages: MessageList, naming: Naming, outcomes: Outcomes) -> None:
        """Begin another conversation."""
        self._messages, self._naming, self._outcomes = messages, naming, outcomes
        self.ids: set[str] = set()
        """The ids of the messages that the newest transcript has."""

    def take_in(self, event: e.ConversationTranscript, asked: float | None, at: float) -> None:
        """Merge a transcript that was asked for at `asked`, if it was, and see what it proves."""
        gaps = self._messages.gaps.copy()
        here = [message for message in self._messages.items if message.id not in gaps]
        told, matches = self._matched(here, event)
        ordered = self._in_order(here, event, matches)
        if ordered is not event:
            event = ordered
            told, matches = self._matched(here, event)
        when = at if asked is None else asked
        look = look_at(when, here, told, matches, self._known_since, holes_in(event))
        self._messages.replace_all(merge(here, told, matches, older=look.older))
        self._naming.add_transcript(here, told, matches)
        for edit in self._edits.shown(here, told, matches):
            self._messages.rewrite(edit.message_id, user_content(edit.text, edit.files))
        self.ids = {entry.message_id for entry in event.entries if entry.message_id}
        self._tell_turns |= any(message.sender == "user" for _, message in told)
        verdicts = []
        news = told and matches.places[-1] is None and not gaps
        whole_but_for_turns = look.flaw == NO_TURNS and not look.behind and not self._tell_turns
        if news and whole_but_for_turns:
            verdicts += self._deliveries.heard(look.asked)
        verdicts += self._deliveries.looked(look, conclusive=asked is not None)
        self._outcomes.show(verdicts, at)

    def _in_order(
        self, here: Sequence[Message], event: e.ConversationTranscript, matches: Matches
    ) -> e.ConversationTranscript:
        """Return a transcript that tells turn for turn, the oldest first."""
        newest_first = is_newest_first(here, matches)
        self._newest_first = self._newest_first if newest_first is None else newest_first
        event = turned(event) if self._newest_first else event
        return parted(event, self._naming.users_words(here))

    def _matched(
        self, here: Sequence[Message], event: e.ConversationTranscript
    ) -> tuple[Told, Matches]:
        told = messages_of(event.entries)
        return told, match(here, told, self._naming.known, self._deliveries.doubtful)

    def _known_since(self, message: Message) -> float | None:
        """Return since when the server is known to have a message; None where it may not."""
        if message.sender == "system":
            return None
        sent = self._deliveries.get(message.id)
        if sent is not None:
            return sent.known
        return float("-inf") if message.time is None else message.time
