"""A conversation of 20 turns with a server that is odd in ways that chance has chosen."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Any

import captivate_nb as cn
from captivate_nb.errors import CaptivateError
from support.flying import within
from support.judge import Judge, settled
from support.odd import INTERNAL, TIMED_OUT, Fate, Odd, general_error, odd_server
from support.odd_lines import RELABELS, SHAPES

TURNS = 20
BREAKS: dict[Fate, float] = {
    "lost": 0.05,
    "kept": 0.05,
    "unanswered": 0.05,
    "broken": 0.05,
    "half-open": 0.02,
}
ERRORS = (INTERNAL, TIMED_OUT, general_error(429, "Too many requests"), general_error(500, "Oh"))
REFUSALS = ("401", "403", "503", "1008", "key")

KINDS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "honest": lambda _: {},
    "stale": lambda dice: {"stale": dice.uniform(0.2, 1.2)},
    "store late": lambda dice: {"store_late": dice.uniform(0.1, 0.7)},
    "cut": lambda dice: {"cut": dice.uniform(0.1, 0.6)},
    "last": lambda dice: {"last": dice.randint(4, 9)},
    "no turns": lambda _: {"users_turns": False},
    "relabel": lambda dice: {"relabel": dice.choice(RELABELS)},
    "same ids": lambda dice: {"same_ids": True},
    "no ids": lambda dice: {"message_ids": False, "ids": "none"},
    "redeliver": lambda dice: {"redeliver": dice.uniform(0.1, 0.6)},
    "heartbeats": lambda dice: {"heartbeats": dice.uniform(0.5, 5)},
    "errors": lambda dice: {
        "error": dice.choice(ERRORS),
        "fates": BREAKS | {"refused": 0.05, "stumbled": 0.05, "late": 0.05},
    },
    "refuse": lambda dice: {"refuse": dice.choice(REFUSALS), "refuse_for": dice.uniform(0.2, 20)},
    "garbled": lambda _: {"fates": BREAKS | {"garbled": 0.15}},
    "unreadable": lambda dice: {"unreadable": dice.uniform(0.1, 0.6)},
    "edits": lambda dice: {"edits": dice.choice(("answered", "garbled", "broken"))},
    "thinking": lambda dice: {"answers_after": dice.uniform(0.2, 3)},
    "equal": lambda _: {"equal": True},
    "parts": lambda dice: {"parts": dice.randint(2, 3)},
    "echo": lambda dice: {"echo": dice.choice(("client", "server", "words"))},
    "holes": lambda dice: {"holes": dice.uniform(0.05, 0.4)},
    "overlap": lambda dice: {"overlap": dice.randint(1, 3)},
    "joined": lambda _: {"joined": True},
    "newest first": lambda _: {"newest_first": True},
    "hasty": lambda _: {},
}
"""What a server can be odd in. At two, the user: who edits, and who does not wait for answers."""

UNKNOWABLE = (
    {"equal", "cut"},
    {"equal", "holes"},
    {"no ids", "redeliver"},
    {"equal", "no ids", "same ids"},
    {"equal", "newest first"},
    {"last", "newest first"},
    {"hasty", "newest first"},
    {"holes", "parts"},
)
"""Kinds that nobody could see through together: a line left out of equal ones, the same message
again or an equal one, equal ones the wrong way round, too few to tell which way it is, or one that
came unread and is the beginning of the next.
"""


def kinds_of(seed: int) -> list[str]:
    """Return one kind for an even seed, and two to five that go together for an odd one."""
    dice, names = random.Random(seed), list(KINDS)
    if seed % 2 == 0:
        return [names[seed // 2 % len(names)]]
    while True:
        kinds = dice.sample(names[1:], dice.randint(2, 5))
        if not any(both <= set(kinds) for both in UNKNOWABLE):
            return kinds


def odd_of(seed: int) -> Odd:
    """Return how the server of a run is odd."""
    dice = random.Random(-seed - 1)
    oddity: dict[str, Any] = {
        "seed": seed,
        "fates": BREAKS,
        "shape": dice.choice(SHAPES),
        "ids": dice.choice(("none", "server", "client")),
    }
    for kind in kinds_of(seed):
        oddity |= {"fates": oddity["fates"] | (more := KINDS[kind](dice)).pop("fates", {}), **more}
    return Odd(**oddity)


class Run:
    """One run: what was said and when, and what came of it."""

    def __init__(self, seed: int) -> None:
        self.kinds = kinds_of(seed)
        self.odd = odd_of(seed)
        self.said: list[str] = []
        self.edited: dict[str, str] = {}
        self.faults: list[str] = []
        self.unknown = 0
        """Messages that ended “unknown”, before the server became honest."""
        self.held: list[float] = []
        """Seconds from when each message was said to its arrival."""
        self._at: dict[str, list[float]] = {}
        self._dice = random.Random(seed + 1)
        odd = {name: value for name, value in vars(self.odd).items() if value != vars(Odd())[name]}
        self.told = f"seed {seed} ({', '.join(self.kinds)}): {odd}"

    async def play(self) -> Run:
        """Hold the conversation, and judge it twice: as it was, and after honest answers."""
        async with (
            odd_server(self.odd.stilled()) as self.server,
            await cn.connect(self.server.url, "a-key-of-the-soak") as self.session,
        ):
            self.server.odd = self.odd
            for turn in range(TURNS):
                await self._turn(turn)
            await settled(self.session, 300)
            await asyncio.sleep(30)
            self.unknown = sum(m.delivery == "unknown" for m in self.session.outbox)
            self._judge(whole=False)
            await self._end()
            self._judge(whole=True)
        self._measure()
        return self

    def _judge(self, *, whole: bool) -> None:
        judge = Judge(self.session, self.server, self.said, self.edited)
        self.faults += judge.faults(whole=whole)

    async def _turn(self, turn: int) -> None:
        text = self._dice.choice(("yes", "no", "more")) if self.odd.equal else self._text(turn)
        await self._say(text, wait="hasty" not in self.kinds or self._dice.random() < 0.5)
        if "edits" in self.kinds and self._dice.random() < 0.2 and not self.odd.equal:
            await self._edit(text)

    def _text(self, turn: int) -> str:
        """Choose what to say: an option, for a menu, or a line; each is said only once."""
        offered: list[str] = [o.value for o in self.session.choices if o.value not in self._at]
        if offered and self._dice.random() < 0.8:
            return self._dice.choice(offered)
        rest = self._dice.choice(("menu", "a line of some length", "cafe\u0301  & <b>Co</b>"))
        return f"{turn:02} {rest}"

    async def _say(self, text: str, **options: Any) -> cn.Reply | CaptivateError:
        self.said.append(text)
        self._at.setdefault(text, []).append(asyncio.get_running_loop().time())
        try:
            reply: cn.Reply = await within(300, self.session.say(text, **options))
        except CaptivateError as error:
            return error
        return reply

    async def _edit(self, text: str) -> None:
        """Change what was said last, if it was heard of that it arrived."""
        own = [m for m in self.session.transcript if m.sender == "user"]
        if not own or own[-1].text != text or own[-1].delivery in ("queued", "unknown", "failed"):
            return
        self.edited[f"{text} – edited"] = text
        with contextlib.suppress(CaptivateError):
            await within(300, self.session.edit(own[-1].id, f"{text} – edited"))

    async def _end(self) -> None:
        """Go on with an honest server: a line that may find the connection dead, and two more."""
        self.server.still()
        for text in ("96 on", "97 and on"):
            await self._say(text, timeout=30)
        await within(120, self.session.fetch_transcript())
        reply = await self._say("98 and on", timeout=120)
        if not isinstance(reply, cn.Reply) or not reply.text:
            self.faults.append(f"the session is of no use: {reply!r}")
        await settled(self.session, 300)

    def _measure(self) -> None:
        at = {text: list(times) for text, times in self._at.items()}
        for arrival in self.server.arrivals:
            if times := at.get(arrival.text):
                self.held.append(arrival.at - times.pop(0))


def summary(runs: list[Run]) -> str:
    """Say how many messages ended unknown, and how long messages were held, in seconds."""
    said = sum(len(run.said) for run in runs)
    held = [seconds for run in runs for seconds in run.held]
    unknown = sum(run.unknown for run in runs)
    long = sum(seconds > 1 for seconds in held)
    return (
        f"{len(runs)} runs, {said} messages: {unknown} ended unknown; held {sum(held):.0f} s in"
        f" all, {long} of them for more than a second, {max(held, default=0):.1f} s at the most."
    )
