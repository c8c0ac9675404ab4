"""A conversation of 20 turns over a network that has faults, and what both sides make of it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import captivate_nb as cn
from captivate_nb.conversation.message import readable
from captivate_nb.errors import CaptivateError
from captivate_nb.protocol.events import UserMessage
from captivate_nb.server.embedded import EmbeddedServer

Line = tuple[str, str]

TURNS = 20
SOON = cn.Timeouts(connect=3.0, answer=2.0, reconnect_first=0.02, ping=0.3, alive=0.4, check=0.4)
"""What takes seconds otherwise is noticed and repaired in fractions of one."""
FLOW = """
flow: storm
nodes:
  welcome:
    - buttons: Welcome
      options: {Again: again, Agent: agent}
  again:
    - Here again.
  more:
    - You want more of {said}.
    - pause: 0.01
    - That was more of {said}.
  agent:
    - hand over: Somebody asks.
      busy: welcome
    - buttons: Back with the bot
      options: {Again: again, Agent: agent}
hear:
  /more/: more
fallback:
  - You said {said}.
agent:
  name: Maya
  greets:
    - Maya is here.
  hear:
    bye:
      - Goodbye.
      - leave
  otherwise: Maya heard {said}.
"""
KINDS = {
    "delay": (1, 15),
    "jitter": (1, 15),
    "drop": (0.01, 0.12),
    "drop-after": (6, 14),
    "drop-mid-message": (0.01, 0.1),
    "half-open": (0.005, 0.03),
    "duplicate": (0.05, 0.3),
    "truncate": (0.01, 0.06),
    "garbage": (0.02, 0.15),
    "413": (0.05, 0.3),
    "slow-handshake": (1, 30),
    "restart": (0.005, 0.02),
    "stale": (0.05, 0.4),
    "store-late": (0.05, 0.4),
    "last": (4, 12),
    "relabel": (0.3, 1.0),
    "same-ids": (1, 1),
    "heartbeats": (5, 40),
    "refuse": (0.05, 0.5),
}
TELLING = ("stale", "store-late", "last", "relabel")
"""Those that change what a transcript tells."""
WORDS = ("yes", "yes", "no", "more", "tell me", "Again", "Agent", "bye")


def faults_of(seed: int, *, reorder: bool) -> str:
    """The faults of a run: one kind and breaks, or two to five, each as strong as chance has it."""
    dice = random.Random(seed)
    alone = seed % 3 == 0
    kinds = sorted(KINDS)
    words = [kinds[seed // 3 % len(kinds)]] if alone else dice.sample(kinds, dice.randint(2, 5))
    spec = ["drop=0.08"] if alone and "drop" not in words else []
    for word in words:
        low, high = KINDS[word]
        value = dice.uniform(low, high)
        spec.append(f"{word}={value:.0f}" if low >= 1 else f"{word}={value:.3f}")
    if reorder:
        spec.append(f"reorder={dice.uniform(0.05, 0.3):.3f}")
    return ", ".join([*spec, f"seed={seed}"])


class Storm:
    """One run."""

    def __init__(self, seed: int, folder: Path, *, reorder: bool = False) -> None:
        self.faults = faults_of(seed, reorder=reorder)
        self.told = f"seed {seed}: {self.faults}"
        self.reorder = reorder
        self.said: list[str] = []
        self.raised: list[CaptivateError] = []
        self.here: list[Line] = []
        self.there: list[Line] = []
        self.unknown = 0
        self.held: list[float] = []
        """Seconds from when a message went out first until it went out again."""
        self._dice = random.Random(-seed - 1)
        self._flow = folder / "storm.yaml"
        if not self._flow.exists():
            self._flow.write_text(FLOW)

    async def play(self) -> bool:
        """Hold the conversation; tell whether both sides came to tell the same of it."""
        self.server = EmbeddedServer(self._flow)
        await asyncio.to_thread(self.server.start)
        try:
            async with await cn.connect(
                self.server.ws_url, self.server.key, timeouts=SOON
            ) as self.session:
                self.server.faults = self.faults
                for turn in range(TURNS):
                    await self._turn(turn)
                self.server.faults = "off"
                agreed = await self._settle()
                self._count()
                return agreed
        finally:
            await asyncio.to_thread(self.server.stop)

    async def _turn(self, turn: int) -> None:
        """Say or click something, and most often wait for the reply."""
        text = self._dice.choice((*WORDS, f"line {turn}"))
        wait = self._dice.random() < 0.7 or "truncate" in self.faults
        self.said.append(text)
        try:
            await self.session.say(text, wait=wait, settle=0.02, timeout=20)
        except CaptivateError as error:
            self.raised.append(error)

    async def _settle(self) -> bool:
        for _ in range(1000):
            waiting = any(m.delivery == "queued" for m in self.session.outbox)
            if self.session.status == "open" and not waiting and not self._in_doubt():
                if self.reorder or any(word in self.faults for word in TELLING):
                    await self.session.fetch_transcript()
                self.here, self.there = self._here(), self.server.call(self._there)
                if self._agreed():
                    return True
            await asyncio.sleep(0.01)
        return False

    def _count(self) -> None:
        self.unknown = sum(m.delivery == "unknown" for m in self.session.outbox)
        went: defaultdict[str, list[float]] = defaultdict(list)
        for record in self.session.events:
            if record.direction == "out" and isinstance(record.event, UserMessage):
                went[record.event.client_msg_id].append(record.time)
        self.held = [times[-1] - times[0] for times in went.values() if len(times) > 1]

    def faults_found(self) -> Iterator[str]:
        """What is wrong: said twice, lost without a word, or out of order."""
        there = [text for sender, text in self.there if sender == "user"]
        twice = Counter(there) - Counter(self.said)
        lost = Counter(self.said) - Counter(there) - Counter(m.text for m in self.session.outbox)
        if twice:
            yield f"arrived too often: {twice}"
        if lost:
            yield f"lost silently: {lost}"
        if not _within(there, self.said):
            yield f"out of order\nsaid  {self.said}\nthere {there}"
        told = {problem.about for problem in self.session.errors}
        if untold := [m.text for m in self.session.outbox if m.id not in told]:
            yield f"not told: {untold}"

    def _agreed(self) -> bool:
        """Whether both sides tell the same: what the user said, and what was said to the user.

        How the two mix is no part of it: a user may speak before an answer comes. What is not
        known to have arrived may be on both sides, or on one.
        """
        mine, theirs = ([t for who, t in side if who == "user"] for side in (self.here, self.there))
        unknown = Counter(m.text for m in self.session.outbox)
        others = [[line for line in side if line[0] != "user"] for side in (self.here, self.there)]
        more = Counter(mine) - Counter(theirs)
        return _within(theirs, mine) and more <= unknown and others[0] == others[1]

    def _in_doubt(self) -> bool:
        return self.session.conversation.deliveries.step() is not None

    def _here(self) -> list[Line]:
        """What the client shows, its own system lines left out."""
        shown = (m for m in self.session.transcript if m.sender != "system" and m.text)
        return [(m.sender, m.text) for m in shown]

    def _there(self) -> list[Line]:
        """What the server has."""
        conversation = self.server.service.store.get(self.session.conversation_id or "")
        assert conversation is not None
        told = ((entry.sender, readable(entry.content)) for entry in conversation.entries)
        return [(sender, text) for sender, text in told if text]


def summary(storms: Sequence[Storm]) -> str:
    """Say how many messages ended unknown, and how long those sent again were held for checking."""
    held = [seconds for storm in storms for seconds in storm.held]
    return (
        f"{len(storms)} runs, {sum(len(storm.said) for storm in storms)} messages:"
        f" {sum(storm.unknown for storm in storms)} ended unknown; {len(held)} were sent again,"
        f" {max(held, default=0):.1f} s later at the most."
    )


def _within(part: list[str], whole: list[str]) -> bool:
    """Whether the lines of `part` are in `whole` in the same order."""
    rest = iter(whole)
    return all(line in rest for line in part)
