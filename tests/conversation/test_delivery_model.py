"""Delivery against a model of a server, a network and a user, in any order that chance finds.

The client is the real `Conversation`, fed with frames and times, and carries out exactly what
`deliveries.step()` says, as `recovery` does. The server is odd within the limits that
`docs/delivery.md` names. Time moves only when the machine moves it.
"""

from __future__ import annotations

import html
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import strategies  # noqa: F401  # sets Hypothesis up
from captivate_nb.conversation.delivery import CHECK, LOOKS
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.evidence import Ask, Send
from captivate_nb.conversation.notes import ARRIVED, DISCONNECTED, MISSED, Note, encode_note
from captivate_nb.conversation.state import Conversation
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode

CONV = "conv-1"
OPTIONS = tuple(c.Option(f"Choice {n:02}", f"pick {n:02}") for n in range(60))
LABELS = {option.value: option.label for option in OPTIONS}
GREETING = (c.Text("hello"), c.Buttons("", OPTIONS))
UNSEEN = CHECK - 0.1
"""Seconds that a server may be behind though it never showed it."""

WINDOW = 8
"""Entries that a transcript has to have, so that what was lost has not fallen out of it so soon."""

PART = 0.3
"""Seconds between two messages of one answer."""

RELABELS = {
    "as sent": lambda text: text,
    "label": lambda text: LABELS.get(text, text),
    "escaped": html.escape,
    "case": str.upper,
    "spaces": lambda text: f" {text.replace(' ', '  ')}\n",
    "ends": lambda text: text if len(text) < 24 else f"{text[:20]}…",
}
FATES = ("answered", "answered", "silent", "lost", "kept", "refused", "stumbled", "late")


@dataclass
class Odd:
    """How a server is odd, times in seconds."""

    stale: float = 0.0
    store_late: float = 0.0
    cut: bool = False
    last: int | None = None
    users_turns: bool = True
    relabel: str = "as sent"
    ids: str = "none"
    same_events: bool = False
    equal: bool = False
    slow: bool = False
    """Whether its bot may think for longer; then it says one thing at a time."""
    agent: bool = False
    """Whether an agent says things by themselves; only a whole transcript tells if they answer."""
    bubbles: int = 1
    """How many messages its answers have at the most, as its greeting has: more in a row than ever
    before is beyond what can be known (docs/delivery.md)."""


ODD = st.builds(
    Odd,
    stale=st.sampled_from([0.0, 0.0, 0.4, 0.9]),
    store_late=st.sampled_from([0.0, 0.0, 0.5, 1.0]),
    cut=st.booleans(),
    last=st.none() | st.integers(2, 12),
    users_turns=st.sampled_from([True, True, True, False]),
    relabel=st.sampled_from(sorted(RELABELS)),
    ids=st.sampled_from(["none", "server", "client", "same"]),
    same_events=st.booleans(),
    equal=st.booleans(),
    slow=st.booleans(),
    agent=st.booleans(),
    bubbles=st.sampled_from([1, 2]),
).filter(
    lambda odd: (
        sum([odd.equal, odd.agent, odd.cut or odd.last is not None]) <= 1
        and not (odd.agent and (odd.slow or not odd.users_turns))
    )
)


@dataclass
class Line:
    """Something that was said, in transcripts from `stored` on."""

    sender: str
    content: tuple
    client_id: str | None
    server_id: str
    stored: float


@dataclass
class Server:
    """A server that tells its events to nobody: `due` has them, with their times."""

    odd: Odd
    dice: random.Random
    arrivals: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    due: list[tuple[float, e.Event]] = field(default_factory=list)
    answered: int = 0
    missing: Line | None = None

    def receive(self, event, now, fate):
        """Take in a user's message, or refuse it."""
        error = e.GeneralError(code=500, description="Oh", conversation_id=None)
        if fate in ("refused", "stumbled", "late"):
            self.due.append((now, error))
        if fate == "refused":
            return
        self.arrivals.append(event.client_msg_id)
        self.lines.append(self._line("user", (c.Text(event.text),), event.client_msg_id, now))
        if fate in ("answered", "late"):
            think = self.dice.choice([0.2, 4.0] if self.odd.slow else [0.0, 0.2])
            for part in range(1 if self.odd.slow else self.dice.randint(1, self.odd.bubbles)):
                self.due.append((now + think + PART * part, None))

    def speak(self, now, sender="bot", content=None):
        """Say something, store it, and return it as an event."""
        content = content or (c.Text(f"line {len(self.lines)} of the {sender}"),)
        line = self._line(sender, content, None, now)
        self.lines.append(line)
        kind = e.BotMessage if sender == "bot" else e.LivechatMessage
        message_id = None if self.odd.ids == "none" else line.server_id
        event_id = "e-1" if self.odd.same_events else f"e-{len(self.lines)}"
        return kind(content=content, message_id=message_id, event_id=event_id)

    def transcript(self, now):
        shown = [line for line in self.lines if line.stored <= now - self.odd.stale]
        missing, self.missing = self.missing, None
        if self.odd.cut and shown and self.dice.random() < 0.5:
            line = self.dice.choice(shown)
            if line is not missing:
                shown.remove(line)
                self.missing = line
        shown = [line for line in shown if self.odd.users_turns or line.sender != "user"]
        shown = shown[-self.odd.last :] if self.odd.last else shown
        entries = tuple(self._entry(line) for line in shown)
        return e.ConversationTranscript(conversation_id=CONV, entries=entries)

    def still(self):
        """Be odd no longer, but in how it shows what was said."""
        self.odd.stale = self.odd.store_late = 0.0
        self.odd.cut, self.odd.last, self.odd.users_turns = False, None, True

    def _line(self, sender, content, client_id, now):
        name = f"s-{len(self.lines)}"
        return Line(sender, content, client_id, name, now + self.odd.store_late)

    def _entry(self, line):
        content = line.content
        if line.sender == "user":
            content = (c.Text(RELABELS[self.odd.relabel](content[0].text)),)
        names = {"none": None, "server": line.server_id, "same": "g-1"}
        name = names.get(self.odd.ids, line.client_id or line.server_id)
        return e.TranscriptEntry(line.sender, content, message_id=name)


class Exchange(RuleBasedStateMachine):
    """A user, a client, a network, and a server."""

    @initialize(odd=ODD, dice=st.randoms(use_true_random=False))
    def start(self, odd, dice):
        self.dice = dice
        self.server = Server(odd, dice)
        self.log = EventLog()
        self.conversation = Conversation()
        self.now = 100.0
        self.connection = 0
        self.open = self.hears = self.is_heard = False
        self.tells = True
        self.said: list[str] = []
        self.queue: list[e.UserMessage] = []
        self.sent_again: Counter[str] = Counter()
        self.marked: set[str] = set()
        self.arrived: set[str] = set()
        self.connect()
        self.take("in", e.ConversationStarted(conversation_id=CONV))
        self.take("in", self.server.speak(self.now, content=GREETING))
        for _ in range(1, odd.bubbles):
            self.take("in", self.server.speak(self.now))

    @property
    def deliveries(self):
        return self.conversation.deliveries

    def take(self, direction, event):
        if isinstance(event, e.UserMessage) and self.server.odd.ids == "none":
            self.newest = None  # what has only an event's id is said anew from here on
        self.take_frame(direction, encode(event))

    def take_frame(self, direction, frame):
        self.conversation.apply_record(self.log.record(direction, frame, self.now, self.connection))
        self.arrived |= {m.id for m in self.own() if m.delivery == "confirmed"}

    def note(self, kind, **data):
        """Take in something that the client notes of its own."""
        self.take_frame("note", encode_note(Note(kind=kind, conversation_id=CONV, data=data)))

    def own(self):
        return [m for m in self.conversation.transcript if m.sender == "user"]

    # --- the network -------------------------------------------------------------------------

    def connect(self):
        self.now += 0.01
        self.connection += 1
        self.unanswered = 0
        self.open = self.hears = self.is_heard = True
        self.take("in", e.SocketConnected(socket_id="s", event_id="e-0"))
        if self.conversation.id is not None:
            self.look()

    def transmit(self, event):
        """Send a message; it may get lost, and then all that follows on this connection."""
        self.now += 0.01
        self.take("out", event)
        fates = FATES[:5] if self.server.odd.equal else FATES
        fate = self.dice.choice(fates) if self.fates else "answered"
        if fate == "lost":
            self.is_heard = False
            self.hears = self.hears and self.dice.random() < 0.5
        if self.is_heard:
            self.server.receive(event, self.now, fate)
        if fate == "kept":
            self.is_heard = self.hears = False

    def look(self):
        """Ask for the transcript, or note that it cannot be had."""
        self.take("out", e.TranscriptRequest(conversation_id=CONV))
        if not self.is_heard:
            return
        if self.tells:
            self.take("in", self.server.transcript(self.now))
        else:
            self.unanswered += 1
            self.note(MISSED)

    # --- the client --------------------------------------------------------------------------

    def act(self):
        """Do all that is to be done now.

        A look is in vain when its answer may be that to an earlier request, which had none.
        """
        in_vain = 0
        for _ in range(200):
            step = self.deliveries.step()
            if not self.open or not self.is_heard:
                return
            if isinstance(step, Send):
                name = step.event.client_msg_id
                assert name not in self.arrived
                self.transmit(step.event)
            elif isinstance(step, Ask) and step.at <= self.now:
                self.look()
                in_vain += self.deliveries.step() == step
                assert in_vain <= 1 + self.unanswered
            elif self.queue and not self.deliveries.holds:
                self.transmit(self.queue.pop(0))
            else:
                return
        raise AssertionError("it never ends")

    def advance(self, seconds):
        """Let time pass, and everything happen in it, in order."""
        end = self.now + seconds
        self.act()
        for _ in range(2000):
            times = [at for at, _ in self.server.due]
            step = self.deliveries.step()
            if isinstance(step, Ask) and self.open and self.is_heard:
                times.append(step.at)
            at = min(times, default=end)
            self.now = max(self.now, min(at, end))
            self.tell()
            self.act()
            if at > end or not times:
                self.now = end
                return
        raise AssertionError("it never ends")

    def tell(self):
        """Bring the client what the server says now; what it said earlier to nobody is lost."""
        due = [item for item in self.server.due if item[0] <= self.now]
        for item in due:
            self.server.due.remove(item)
            event = item[1] or self.server.speak(self.now)
            if self.open and self.hears:
                self.bring(event)

    def bring(self, event):
        self.take("in", event)
        self.newest = event

    # --- what happens ------------------------------------------------------------------------

    fates = True
    newest: e.Event | None = None

    @rule()
    def say(self):
        number = len(self.said)
        name = f"u-{number}"
        text = f"{number:02} tell me more & thank you" if number % 2 else f"pick {number:02}"
        if self.server.odd.equal:
            text = "yes"
        self.said.append(name)
        event = e.UserMessage(conversation_id=CONV, client_msg_id=name, text=text)
        self.queue.append(event)
        if not self.open or not self.is_heard:
            if self.open:
                self.transmit_in_vain()
            return
        self.act()

    def transmit_in_vain(self):
        """On a connection that only seems to be there, what is not held goes out and is lost."""
        while self.queue and not self.deliveries.holds:
            self.now += 0.01
            self.take("out", self.queue.pop(0))

    @rule(seconds=st.sampled_from([0.1, 0.4, 1.0, 1.1, 2.0, 3.0, 20.0]))
    def wait(self, seconds):
        self.advance(seconds)

    @precondition(lambda self: self.open)
    @rule()
    def break_off(self):
        self.open = self.hears = self.is_heard = False
        self.server.due = [(at, event) for at, event in self.server.due if event is None]
        self.note(DISCONNECTED)

    @precondition(lambda self: not self.open)
    @rule()
    def reconnect(self):
        self.connect()
        self.act()

    @precondition(lambda self: self.server.odd.agent and self.server.arrivals)
    @rule()
    def agent_says(self):
        event = self.server.speak(self.now, "agent")
        if self.open and self.hears:
            self.bring(event)
        self.act()

    @precondition(lambda self: self.open and self.is_heard)
    @rule()
    def fetch(self):
        self.look()
        self.act()

    @precondition(lambda self: self.open and self.hears and self.newest is not None)
    @rule()
    def repeat(self):
        alone = self.server.odd.ids == "none" and self.server.odd.same_events
        if isinstance(self.newest, e.BotMessage) and not alone:
            self.take("in", self.newest)
        self.act()

    @rule(more=st.sampled_from([0.5, 1.5]))
    def fall_behind(self, more):
        """Be behind by more than at first, once that is known."""
        if (
            self.deliveries.lag
            >= self.server.odd.stale + self.server.odd.store_late + more - UNSEEN
        ):
            self.server.odd.stale += more

    @precondition(lambda self: not self.server.odd.agent)
    @rule()
    def turn_silent(self):
        self.tells = not self.tells

    @precondition(lambda self: self.deliveries.undecided and not self.server.odd.equal)
    @rule()
    def send_again(self):
        name = self.dice.choice(list(self.deliveries.undecided))
        if any(event.client_msg_id == name for event in self.queue):
            return
        self.sent_again[name] += 1
        self.arrived.discard(name)
        self.queue.append(self.deliveries.get(name).event)
        self.act()

    @precondition(lambda self: self.deliveries.undecided and not self.server.odd.equal)
    @rule()
    def mark(self):
        name = self.dice.choice(list(self.deliveries.undecided))
        if any(event.client_msg_id == name for event in self.queue):
            return
        self.marked.add(name)
        self.note(ARRIVED, message=name)
        self.act()

    # --- what holds --------------------------------------------------------------------------

    def nothing_arrives_twice(self):
        for name, times in Counter(self.server.arrivals).items():
            assert times <= 1 + self.sent_again[name], name

    def nothing_is_shown_twice(self):
        shown = Counter(
            m.text for m in self.conversation.transcript if m.sender in ("bot", "agent")
        )
        assert max(shown.values(), default=0) <= 1
        waiting = {event.client_msg_id for event in self.queue} - set(self.sent_again)
        shown = [m.id for m in self.own() if m.id in self.said]
        assert sorted(shown) == sorted(set(self.said) - waiting)
        assert len(self.own()) - len(shown) <= self.sent_again.total()

    def arrivals_keep_their_order(self):
        came = [name for name in self.server.arrivals if not self.sent_again[name]]
        assert came == sorted(came, key=self.said.index)

    def looks_are_bounded(self):
        sent = [self.deliveries.get(name) for name in self.said]
        assert all(one.looks <= LOOKS for one in sent if one is not None)

    @invariant()
    def all_is_well(self):
        self.nothing_arrives_twice()
        self.nothing_is_shown_twice()
        self.arrivals_keep_their_order()
        self.looks_are_bounded()

    def teardown(self):
        """Rest with a connection that holds, and then look at an honest transcript."""
        if not hasattr(self, "server"):
            return
        self.fates, self.tells = False, True
        if self.open:
            self.break_off()
        self.reconnect()
        self.advance(300.0)
        assert self.deliveries.step() is None
        assert not self.deliveries.holds
        assert self.queue == []
        self.nothing_arrives_twice()
        self.nothing_is_shown_twice()
        self.arrivals_keep_their_order()
        came, open_ = set(self.server.arrivals), self.marked | set(self.deliveries.undecided)
        if self.server.odd.equal:  # which of equal lines arrived, nobody can say
            assert len(self.said) <= len(came) + len(open_)
        elif (self.server.odd.last or WINDOW) >= WINDOW:
            assert set(self.said) <= came | open_
        self.server.still()
        self.now += 300
        self.look()
        self.nothing_is_shown_twice()
        unsure = {m.id for m in self.conversation.undecided}
        if not self.server.odd.equal:
            assert not unsure & set(self.server.arrivals)
        turns = [m for m in self.conversation.transcript if m.sender != "system"]
        here = [m.id if m.sender == "user" else m.text.split("\n")[0] for m in turns]
        there = [line.client_id or line.content[0].text for line in self.server.lines]
        if not self.server.odd.equal and not self.sent_again:
            assert [one for one in here if one in there] == [one for one in there if one in here]
            assert set(there) <= set(here)
        again = Conversation.replay(self.log)
        assert list(again.transcript) == list(self.conversation.transcript)
        assert again.errors == self.conversation.errors


TestExchange = Exchange.TestCase
TestExchange.settings = settings(max_examples=150, stateful_step_count=25)


@pytest.mark.soak
@pytest.mark.timeout(7200)
class TestManyExchanges(Exchange.TestCase):
    settings = settings(max_examples=30_000, stateful_step_count=25)
