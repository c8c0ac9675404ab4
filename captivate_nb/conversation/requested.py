"""What the server was asked for and has not answered yet: conversations to begin, and transcripts."""

from __future__ import annotations

from collections import deque

from captivate_nb.protocol import events as e


class Requested:
    """The requests of one connection, in order; the wire gives them no names."""

    def __init__(self) -> None:
        self.resuming: str | None = None
        """The conversation whose transcript was asked for last; None once it came."""
        self._starts: deque[e.ConversationStart] = deque()
        self._late = 0  # starts that are waited for no more
        self._transcripts: deque[float] = (
            deque()
        )  # when each of the current conversation was asked for

    def connected(self) -> None:
        """Begin another connection, on which nothing was asked for yet."""
        self._late = 0
        self._starts.clear()
        self._transcripts.clear()

    def opened(self) -> None:
        """Begin another conversation, of which nothing was asked for yet."""
        self._transcripts.clear()
        self.resuming = None

    def give_up(self) -> None:
        """Wait for no other conversation any more: what comes late moves nobody."""
        self._late += len(self._starts)
        self._starts.clear()
        self.resuming = None

    def start(self, event: e.ConversationStart) -> None:
        """Note that a conversation is asked to begin."""
        self._starts.append(event)

    def is_late(self) -> bool:
        """Whether the conversation that begins now was waited for once, and is no more."""
        late = self._late > 0 and not self._starts
        self._late -= late
        return late

    def started(self) -> e.ConversationStart | None:
        """Return what the conversation that begins now was asked with; None where none was."""
        return self._starts.popleft() if self._starts else None

    def transcript(self, conversation_id: str, at: float, *, current: bool) -> None:
        """Note that a transcript is asked for."""
        self.resuming = conversation_id
        if current:
            self._transcripts.append(at)

    def told(self) -> float | None:
        """Return when the transcript that comes now was asked for; None where none was."""
        return self._transcripts.popleft() if self._transcripts else None

    def refused(self, since: float) -> None:
        """Note an error, which may be the answer to the last transcript if that was asked for since."""
        if self._transcripts and self._transcripts[-1] >= since:
            self._transcripts.pop()
