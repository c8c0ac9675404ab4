"""What speaks for and against the arrival of a message of the user's, and what follows.

Times are in seconds, of one clock that never goes back.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

import msgspec

from captivate_nb.protocol import events as e

from .message import Delivery

Answered = Literal["no", "perhaps", "yes", "surely"]
"""Whether something came from the other side after a message was sent.

"perhaps": other messages had no answer yet, so it may have been theirs. "yes": it alone had none.
"surely": and it had been quiet for `QUIET` seconds before, or the server told of it itself.
"""


class Sent(msgspec.Struct):
    """What is known of one message of the user's."""

    event: e.UserMessage
    at: float  # when it was sent last
    connection: int  # on which it was sent last
    quiet: bool  # whether the other side had been silent for `QUIET` seconds before
    due: float  # when the transcript is to be looked at next
    owed: int  # how many messages of the bot's may still be the rest of an earlier answer
    again: int = 0  # times it was sent again because it was shown to be lost
    copy: int = 0  # times the user had it sent again, after which each may be answered
    state: Delivery = "sent"
    lost: bool = False  # whether it is to be sent again
    since: float = 0.0  # when it was first found out that it arrived
    answered: Answered = "no"
    refused: str | None = None  # the error that the server told after it
    veiled: str = ""  # what a transcript has that may be this one, or the answer to it
    words: int = 0  # the bot's messages that came before the user said something else
    missing: float | None = None  # when the newest transcript without it was asked for
    passed: bool = False  # whether one of those that are not whole has what stands around it
    looks: int = 0  # transcripts without it that were late enough to tell
    lacked: float | None = None  # when the first of them that was fresh and whole was asked for

    @property
    def id(self) -> str:
        """Return the message's ID."""
        return self.event.client_msg_id

    @property
    def known(self) -> float | None:
        """Return since when it is certain that the server has it, None where it is not."""
        certain = self.state == "confirmed" and self.answered == "surely"
        return self.since if certain else None


class Look(NamedTuple):
    """What a transcript that was asked for at `asked` shows of the user's messages.

    It has those `found`, with an answer to those `answered`; those `placed` have another text where
    they should stand, or may stand among another's words, or are among the `disputed`, equal lines
    of which it has fewer; those `hidden` it lacks, though something stands where they should that
    cannot be read; those `passed` it lacks, though it has something before them; those `spoken_after` it lacks, though the bot
    says something new there to no turn that it shows. `behind` is by how many seconds it lacks
    what was known before; it is `older` where that is so, or something was heard since, and no hole may be it. `flaw` says
    why it cannot be the whole conversation, and is empty where it can. `strangers` tells whether it
    has words of the user's that were not said here.
    """

    asked: float
    found: Collection[str] = ()
    answered: Collection[str] = ()
    placed: Collection[str] = ()
    disputed: Collection[str] = ()
    passed: Collection[str] = ()
    spoken_after: Collection[str] = ()
    hidden: Collection[str] = ()
    behind: float = 0.0
    older: bool = False
    flaw: str = ""
    strangers: bool = False


class Verdict(NamedTuple):
    """What is now known of a message, and why; `why` is empty when it was never in doubt."""

    id: str
    state: Delivery
    why: str


class Ask(NamedTuple):
    """Look at the server's transcript at the time `at`."""

    at: float


class Send(NamedTuple):
    """Send a message again."""

    event: e.UserMessage
