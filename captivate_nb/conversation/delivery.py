"""Whether what the user said has arrived: what counts as evidence, and what is to be done.

Pure: what was sent, what was heard, looks at the server's transcript and times go in, verdicts and
steps come out. It has no clock and no socket. Times are in seconds, of one clock that never goes
back. `docs/delivery.md` has all of it as a table.

The rule: a message is sent again only when it is shown that it did not arrive. What cannot be
found out is “unknown”, and said to be so.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from captivate_nb.protocol import events as e

from .evidence import Ask, Look, Send, Sent, Verdict
from .message import Delivery

CHECK = 2.0
"""Seconds after which a message that arrived stands in the server's transcript."""

SECOND_LOOK = 1.1
"""Seconds between two looks at the transcript of a server that was never seen to be behind.

With `CHECK` it makes 3.1, so that a message which was lost at a break goes out at most 3 s later
than it would without any check. Of other servers it is `CHECK` and what they were behind.
"""

QUIET = 1.0
"""Seconds of silence before a message, after which the bot's next words are the answer to it."""

PATIENCE = 10.0
"""Seconds of silence on both sides, after which what was said before gets no answer any more."""

LOOKS = 5
"""How many transcripts are looked at for one message at the most."""

RESENT = 5
"""Times a message is sent again by itself: what breaks its connection each time must not go on."""

AGAIN = 0.5
"""Seconds until the next look at a transcript that was behind; twice as long each time."""

STRANGE = "other words of yours stand there in the transcript"
HIDDEN = "an entry of the transcript cannot be read, and may be it"
SPOKEN_AFTER = "what came after it may have been its answer"


class Deliveries:
    """The user's messages of one conversation."""

    def __init__(self) -> None:
        self.connection = 0
        """The newest connection's number."""
        self.broken = False
        """Whether that is over, and there is no other yet."""
        self.lag = 0.0
        """By how many seconds the server's transcript was behind, at the most."""
        self.flawed = False
        """Whether a transcript ever lacked what it should have had."""
        self.check = CHECK
        """Seconds after which a message that arrived stands in the transcript of this server."""
        self._longest = 0  # the most messages that the bot ever said in a row
        self.begin()

    def be_checked_after(self, seconds: object) -> None:
        """Believe the transcripts of this server after so many seconds; what is no such is ignored."""
        if isinstance(seconds, int | float) and 0 < seconds < math.inf:
            self.check = float(seconds)

    def begin(self) -> None:
        """Begin another conversation with the same server."""
        self._sent: dict[str, Sent] = {}
        self._waiting: dict[str, Sent] = {}  # those of which nothing is decided
        self._unanswered: dict[tuple[str, int], Sent] = {}  # copies not spoken to yet
        self._unheard: dict[str, Sent] = {}  # those after which nothing was heard
        self._spoke = float("-inf")  # when the user said something last
        self._last: Sent | None = None  # what that was
        self._at_risk = False  # whether a connection broke on any
        self.undecided: dict[str, None] = {}
        """Those that are unknown, or have failed, in the order in which it turned out."""
        self._heard = float("-inf")
        self._turn = self._owed = (
            0  # the bot's messages since, and those that may be owed from before
        )

    @property
    def last_sent(self) -> float:
        """Return when the newest of the messages that wait was sent."""
        return max((sent.at for sent in self._waiting.values()), default=float("-inf"))

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._sent

    def has_arrived(self, message_id: str) -> bool:
        """Whether a message that was sent here is known to have arrived."""
        sent = self._sent.get(message_id)
        return sent is not None and sent.state == "confirmed"

    def get(self, message_id: str) -> Sent | None:
        """Return what is known of a message; None for one that was not sent here."""
        return self._sent.get(message_id)

    # --- what is to be done ------------------------------------------------------------------

    @property
    def doubted(self) -> list[str]:
        """Return those of which it is being found out whether they arrived, as a connection broke."""
        return [sent.id for sent in self._doubted()]

    @property
    def unanswered(self) -> list[str]:
        """Return those of which nothing is decided, and after which nothing was heard."""
        return [sent.id for sent in self._waiting.values() if sent.answered == "no"]

    @property
    def holds(self) -> bool:
        """Whether what the user says next has to wait, so as not to overtake a message."""
        return any(sent.lost or sent.answered != "yes" for sent in self._doubted())

    def _doubted(self) -> list[Sent]:
        if not self._at_risk:
            return []
        doubted = [
            sent
            for sent in self._waiting.values()
            if sent.lost or (self.in_doubt(sent) and sent.refused is None)
        ]
        self._at_risk = bool(doubted) or self.broken
        return doubted

    def step(self) -> Ask | Send | None:
        """Return what to do next; None while nothing is in doubt.

        What is lost is sent when nothing is in doubt any more, so that the order stays.
        """
        doubts = [sent for sent in self._sent.values() if self._is_checked(sent)]
        if doubts:
            return Ask(max(self._due(sent) for sent in doubts))
        return next((Send(sent.event) for sent in self._waiting.values() if sent.lost), None)

    def _due(self, sent: Sent) -> float:
        return sent.due if sent.looks else sent.at + self.check + self.lag

    @property
    def doubtful(self) -> set[str]:
        """Return those that may well not have arrived."""
        waiting = self._waiting.values()
        return {
            *self.undecided,
            *(one.id for one in waiting if one.lost or one.refused is not None),
        }

    def in_doubt(self, sent: Sent) -> bool:
        """Whether it is not known that a message arrived, and something went wrong since."""
        wrong = self._is_over(sent) or sent.refused is not None
        return sent.state == "sent" and not sent.lost and wrong

    def _is_suspect(self, sent: Sent) -> bool:
        """Whether what seemed to be the answer to it may have been that to an earlier one."""
        wrong = self._is_over(sent) or sent.refused is not None
        return sent.state == "confirmed" and sent.answered == "yes" and wrong

    def _is_over(self, sent: Sent) -> bool:
        """Whether the connection on which it was sent is over."""
        return self.broken or sent.connection != self.connection

    def _is_open(self, sent: Sent) -> bool:
        """Whether a transcript without it would mean something."""
        return (sent.state == "sent" and not sent.lost) or self._is_suspect(sent)

    def _is_checked(self, sent: Sent) -> bool:
        return self.in_doubt(sent) or (self._is_open(sent) and sent.missing is not None)

    # --- evidence ----------------------------------------------------------------------------

    def connected(self, connection: int) -> None:
        """Note a new connection: what waits for an answer on another may be lost."""
        self.connection, self.broken, self._at_risk = connection, False, True

    def disconnected(self) -> None:
        """Note that the connection is over: what waits for an answer on it may be lost."""
        self.broken = self._at_risk = True

    def sent(self, event: e.UserMessage, at: float) -> None:
        """Note that a message was sent, for the first time or again.

        What was lost keeps its place among the others that were, as it may be lost again; what the
        user sends again stands behind them.
        """
        at = at if at > self._spoke else math.nextafter(self._spoke, math.inf)  # in their order
        if at - max(self._heard, self._spoke) >= PATIENCE:
            self._unanswered.clear()
        self._spoke = at
        quiet = at - self._heard >= QUIET
        before = self._sent.get(event.client_msg_id)
        again = before.again + 1 if before is not None and before.lost else 0
        copy = 0 if before is None else before.copy + (not before.lost)
        self._owed = 0 if quiet else max(0, self._owed + self._longest - self._turn)
        self._turn = 0
        sent = Sent(event, at, self.connection, quiet, at + self.check, self._owed, again, copy)
        self._last = sent
        self.undecided.pop(sent.id, None)
        for messages in (self._sent, self._waiting):
            known = messages.get(sent.id)
            if known is not None and not known.lost:
                del messages[sent.id]
            messages[sent.id] = sent
        self._unanswered[sent.id, copy] = sent
        self._unheard[sent.id] = sent
        self._at_risk |= self.broken

    def heard(self, at: float, *, agent: bool = False) -> list[Verdict]:
        """Note that the other side said or did something, and return what that decides.

        What an agent says need not be an answer to anything.
        """
        self._count_words(at, agent=agent)
        self._heard = at
        unheard, self._unheard = self._unheard, {}
        oldest = next(iter(self._unanswered.values()), None)
        if oldest is None:
            self._unheard = unheard
            return []
        del self._unanswered[oldest.id, oldest.copy]
        others = {ident for ident, _ in self._unanswered} | self._waiting.keys()
        newest = self._sent[oldest.id]
        if oldest.id not in self._waiting or others != {oldest.id} or newest.answered != "no":
            for sent in unheard.values():
                sent.answered = "perhaps" if sent.answered == "no" else sent.answered
            return []
        calm = newest.quiet and not self.in_doubt(newest)
        verdicts = self._arrived(newest, at, "it was answered")
        newest.answered = "surely" if calm and not agent else "yes"
        return verdicts

    def _count_words(self, at: float, *, agent: bool) -> None:
        """Learn how much the bot says in a row, from what it said without the user in between."""
        if agent:
            return
        if at - self._heard >= QUIET:
            self._owed = self._turn
        self._turn += 1
        self._longest = max(self._longest, self._turn - self._owed)
        if self._last is not None:
            self._last.words = self._turn

    def seen(self, message_id: str, at: float, why: str) -> list[Verdict]:
        """Note that the server told of a message itself, and return what that decides."""
        sent = self._sent.get(message_id)
        if sent is None:
            return []
        verdicts = self._arrived(sent, at, why)
        sent.answered = "surely"
        return verdicts

    def refused(self, why: str) -> None:
        """Note an error of which it is not said what it is about."""
        for sent in self._waiting.values():
            if not self._is_over(sent):
                sent.refused = why

    def decide(self, message_id: str, state: Delivery) -> None:
        """Note what was decided elsewhere."""
        sent = self._sent.get(message_id)
        if sent is not None:
            self._settle(sent, state)
            sent.answered, sent.since = "surely", float("inf")  # the server need not have it

    def give_up(self, why: str) -> list[Verdict]:
        """Note that nothing can be found out for now, and return what that decides.

        What was answered is looked for again when there is a transcript.
        """
        doubts = [sent for sent in self._sent.values() if sent.lost or self._is_checked(sent)]
        for sent in doubts:
            sent.missing = None
        waiting = [sent for sent in doubts if sent.state != "confirmed"]
        return [verdict for sent in waiting for verdict in self._give_up(sent, why)]

    def looked(self, look: Look, *, conclusive: bool = True) -> list[Verdict]:
        """Note what a transcript shows, and return what that decides.

        One that is not `conclusive` was not asked for: of what it lacks nothing follows.
        """
        verdicts = [verdict for name in look.found for verdict in self._found(name, look)]
        for name in look.answered:
            self._unanswered.pop((name, 0), None)  # of several copies, it may be another's answer
        self._note_order(look.found)
        if not conclusive:
            return verdicts
        lacked = [s for s in self._sent.values() if s.at < look.asked and self._is_open(s)]
        late = [sent for sent in lacked if look.asked >= self._due(sent)]
        self.lag = max(self.lag, look.behind)
        self.flawed |= bool(look.flaw)
        for sent in lacked:
            if look.strangers or sent.id in look.placed:
                sent.veiled = STRANGE
            elif sent.id in look.hidden:
                sent.veiled = sent.veiled or HIDDEN
            elif sent.id in look.spoken_after:
                sent.veiled = sent.veiled or SPOKEN_AFTER
            sent.missing = look.asked
        return verdicts + [verdict for sent in late for verdict in self._lacking(sent, look)]

    def _note_order(self, found: Collection[str]) -> None:
        """Note what was sent before one of those found: on one connection it arrives in order."""
        newest: dict[int, float] = {}
        for name in found:
            if (sent := self._sent.get(name)) is not None:
                newest[sent.connection] = max(sent.at, newest.get(sent.connection, sent.at))
        for other in self._waiting.values():
            if other.at < newest.get(other.connection, other.at):
                other.answered = "yes"

    def _found(self, message_id: str, look: Look) -> Iterator[Verdict]:
        sent = self._sent.get(message_id)
        if sent is None:
            return
        if sent.missing is not None and sent.veiled != HIDDEN and sent.state != "confirmed":
            self.lag = max(self.lag, sent.missing - sent.at)
        yield from self.seen(message_id, look.asked, "it is in the server's transcript")

    def _lacking(self, sent: Sent, look: Look) -> list[Verdict]:
        """Weigh that a transcript does not have a message, though it was late enough to tell."""
        sent.looks += 1
        if look.behind:
            sent.lacked = None
            sent.due = look.asked + max(self.lag, self._scaled(AGAIN) * 2**sent.looks)
            why = f"the server's transcript is {look.behind:.1f} s behind"
            return self._give_up(sent, why) if sent.looks >= LOOKS else []
        slow = self.lag > 0 or self.flawed
        sent.due = look.asked + (self.check + self.lag if slow else self._scaled(SECOND_LOOK))
        if look.flaw:
            sent.passed |= sent.id in look.passed
            gone = sent.state == "confirmed" and (sent.passed or sent.words <= sent.owed)
            if sent.looks == 1:
                return []
            return self._contradict(sent) if gone else self._give_up(sent, look.flaw)
        enough = sent.at + self.check + self.lag
        if sent.lacked is not None and sent.lacked >= enough:
            return self._conclude(sent, look)
        if look.asked >= enough:
            sent.lacked = look.asked
        else:
            sent.due = enough  # only now is it known how far the server may be behind
        return []

    def _conclude(self, sent: Sent, look: Look) -> list[Verdict]:
        """Conclude from a second transcript without it that is fresh and whole."""
        if sent.answered == "yes" and (sent.id not in look.placed or sent.id in look.disputed):
            return self._contradict(sent)
        if sent.veiled:
            return self._give_up(sent, sent.veiled)
        if sent.refused is not None:
            self._settle(sent, "failed")
            return [Verdict(sent.id, "failed", sent.refused)]
        if not self._is_over(sent):
            return self._give_up(sent, "the server's transcript lacks it")
        if sent.answered == "perhaps" and (self.lag or self.flawed):
            return self._give_up(sent, SPOKEN_AFTER)
        if sent.again >= RESENT:
            why = f"the connection broke each of the {RESENT + 1} times that it was sent"
            return self._give_up(sent, why)
        sent.lost = True
        return []

    def _contradict(self, sent: Sent) -> list[Verdict]:
        self._settle(sent, "unknown")
        why = "something came after it, and yet the server's transcript lacks it"
        return [Verdict(sent.id, "unknown", why)]

    def _give_up(self, sent: Sent, why: str) -> list[Verdict]:
        """Leave it at what is known: that it was answered, or nothing."""
        if sent.state == "confirmed":
            sent.answered = "surely"
            return []
        self._settle(sent, "unknown")
        return [Verdict(sent.id, "unknown", why)]

    def _arrived(self, sent: Sent, at: float, why: str) -> list[Verdict]:
        known = sent.state == "confirmed"
        doubted = sent.lost or self.in_doubt(sent) or sent.state in ("unknown", "failed")
        self._settle(sent, "confirmed")
        sent.since = sent.since if known else at
        return [] if known else [Verdict(sent.id, "confirmed", why if doubted else "")]

    def _scaled(self, seconds: float) -> float:
        """Return seconds that are meant beside `CHECK`, beside the check of this server."""
        return seconds * self.check / CHECK

    def _settle(self, sent: Sent, state: Delivery) -> None:
        sent.state, sent.lost = state, False
        self._waiting.pop(sent.id, None)
        self.undecided.pop(sent.id, None)
        if state in ("unknown", "failed"):
            self.undecided[sent.id] = None
