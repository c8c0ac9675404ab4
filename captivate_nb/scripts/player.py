"""Playing a script: one step after the other, each matched the moment that its message comes.

The order of things, and what becomes of a message that an optional step does not take, are those of
botium-core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from captivate_nb.errors import CaptivateError

from . import hooks, inputs
from .asserters import complaint
from .comparing import compare
from .conditions import condition_of, group_of, is_met
from .heard import Heard
from .keywords import OWN_ASSERTERS
from .library import Library
from .matching import CannotMatch, Match
from .outcomes import Played, StepFailed
from .parameters import Parameters
from .situation import Situation
from .syntax import Keyword, Script, Step
from .talk import Talk

BESIDE_MESSAGES = {"ACTION", "METADATA", "UPDATE", "AGENT"}
"""Asserters of what may come without a message."""

_AT_ENDS = {"BOT_CONSUMED", "BOT_UNCONSUMED_COUNT", "PAUSE_ASSERTER"}
"""Asserters that a beginning and an end have."""


class Player:
    """Plays one case of a script in a conversation; `played` has the steps that are over.

    `timeout` is how many seconds a message is waited for; `told(played)` hears of each step.
    """

    def __init__(
        self,
        script: Script,
        library: Library,
        talk: Talk,
        match: Match,
        timeout: float,
        told: Callable[[Played], None] = lambda _played: None,
    ) -> None:
        self._script = script
        self._talk = talk
        self._match = match
        self._timeout = timeout
        self._told = told
        self._at = Situation(
            library, {}, script.name, metadata={}, waiting=talk.waiting, match=match
        )
        self._held: Heard | None = None  # a message that a step has left to the next
        self._late = False  # an optional step has waited in vain
        self._unexpected = False  # a message fitted no optional step so far
        self._met = False  # a condition of the current group was met
        self._parameters = Parameters()
        self._custom: list[Keyword] = []  # what is set before each thing the user does
        self.played: list[Played] = []

    async def play(self) -> None:
        """Play the script to its end. Raise `StepFailed` where it does not hold.

        Cancelling stops it at once.
        """
        await self._begin()
        steps = self._script.steps
        for index, step in enumerate(steps):
            self._late = self._late and step.optional
            if self._late:
                self._over(Played(step, skipped=True))
            elif step.sender == "me":
                await self._me(step)
            else:
                await self._bot(step, steps[index + 1] if index + 1 < len(steps) else None)
        await self._end()

    # --- beginning and end -------------------------------------------------------------------

    async def _begin(self) -> None:
        keywords = [keyword for step in self._script.of("begin") for keyword in step.keywords]
        for step in self._script.of("begin"):
            self._parameters = self._parameters.changed(step)
        first = next(self._script.of("begin"), None)
        async with _failing_at(first or Step("begin", 1, self._script.path)):
            sets = [k for k in keywords if k.name == "SET_SCRIPTING_MEMORY"]
            await hooks.call(sets, "begin", self._at, self._talk)
            self._at.memory.update(self._script.memory)
            others = [k for k in keywords if k.name != "SET_SCRIPTING_MEMORY"]
            await hooks.call(others, "begin", self._at, self._talk)
        self._custom = [k for k in keywords if k.name == "UPDATE_CUSTOM"]
        await self._assert_at_ends("begin")

    async def _end(self) -> None:
        for step in self._script.of("end"):
            async with _failing_at(step):
                await hooks.call(step.keywords, "end", self._at, self._talk)
        await self._assert_at_ends("end")

    async def _assert_at_ends(self, sender: str) -> None:
        for step in self._script.of(sender):
            async with _failing_at(step):
                for keyword in step.of("asserter"):
                    if keyword.name == "PAUSE_ASSERTER":
                        await hooks.pause(self._at.args(keyword.args))
                    elif keyword.name in _AT_ENDS:
                        self._check([keyword], step)

    # --- the user ----------------------------------------------------------------------------

    async def _me(self, step: Step) -> None:
        said = ""
        async with _failing_at(step):
            await hooks.call((*step.keywords, *self._custom), "me_start", self._at, self._talk)
            said = await inputs.do(step, self._at, self._talk)
            await hooks.call(step.keywords, "me_end", self._at, self._talk)
        self._over(Played(step, said=said))

    # --- the bot -----------------------------------------------------------------------------

    async def _bot(self, step: Step, following: Step | None) -> None:
        parameters = self._parameters.changed(step)
        passing: float | None = None  # until when messages that do not fit are passed over
        while True:
            heard = await self._message(step, parameters)
            if heard is None and step.optional and self._late:
                self._over(Played(step, skipped=True))
                return
            self._at.heard = heard
            async with _failing_at(step):
                await hooks.call(step.keywords, "bot_prepare", self._at, self._talk)
                if self._is_left_out(step, following):
                    self._over(Played(step, heard=heard, skipped=True))
                    return
            try:
                await self._check_message(step, parameters)
            except StepFailed as failed:
                if step.optional and following is not None and following.sender == "bot":
                    self._held, self._unexpected = heard, True
                    self._over(Played(step, heard=heard, skipped=True))
                    return
                now = asyncio.get_running_loop().time()
                if passing is None:
                    passing = now + parameters.ignored_for(list(failed.asserters))
                if now < passing:
                    continue
                if self._unexpected:
                    failed.what += "\n  and no optional step before took the message"
                self._over(Played(step, heard=heard, wrong=failed.what))
                raise
            self._unexpected = False
            self._over(Played(step, heard=heard))
            return

    async def _message(self, step: Step, parameters: Parameters) -> Heard | None:
        """Return the message that a step is of; None where it needs none, or is late and optional."""
        held, self._held = self._held, None
        async with _failing_at(step):
            await hooks.call(step.keywords, "bot_start", self._at, self._talk)
            if held is not None:
                return held
            seconds = parameters.seconds or self._timeout
            try:
                async with asyncio.timeout(seconds):
                    return await self._next(step)
            except TimeoutError:
                self._late = step.optional
                if step.optional:
                    return None
                wrong = self._check_beside(step)
                more = f"\n  and {wrong}" if wrong else ""
                what = f"no message came within {seconds:g} s; expected: {_shown(step)}{more}"
                self._over(Played(step, wrong=what))
                raise StepFailed(what, step.path, step.line, late=True) from None

    async def _next(self, step: Step) -> Heard | None:
        """Return the next message, or None once a step holds that is of no message."""
        beside = _is_beside_messages(step)
        while True:
            heard = self._talk.take()
            if heard is not None:
                return heard
            self._at.heard = None
            if beside and not self._check_beside(step):
                return None
            await self._talk.something()

    def _check_beside(self, step: Step) -> str:
        """Return what is wrong with a step of no message, or an empty text."""
        if not _is_beside_messages(step):
            return ""
        self._look()
        try:
            return next(filter(None, (complaint(k, self._at) for k in step.of("asserter"))), "")
        except CannotMatch as error:
            return str(error)

    def _is_left_out(self, step: Step, following: Step | None) -> bool:
        """Whether a step with a condition is not for now. Raise where none of its group is."""
        condition = condition_of(step)
        if condition is None:
            return False
        met = is_met(condition, self._at.args(condition.args), self._at.message)
        left_out = not met or self._met
        self._met = self._met or met
        next_one = condition_of(following) if following and following.sender == "bot" else None
        last = next_one is None or group_of(next_one) != group_of(condition)
        if last and left_out and not self._met and not step.optional:
            group = group_of(condition)
            named = f" of the group “{group}”" if group else ""
            raise CannotMatch(f"None of the conditions{named} is met.")
        if not last or step.optional:
            self._held = self._at.heard
        self._met = self._met and not last
        return left_out

    async def _check_message(self, step: Step, parameters: Parameters) -> None:
        """Check what came. Raise `StepFailed`; what stands beside messages may come a little later."""
        async with _failing_at(step):
            self._at.memory.update(compare(step, self._at, parameters.match(self._match)))
            now = [k for k in step.of("asserter") if not _may_still_come(k)]
            self._check(now, step)
            later = [k for k in step.of("asserter") if _may_still_come(k)]
            await self._check_later(later, step, parameters.seconds or self._timeout)
            await hooks.call(step.keywords, "bot_end", self._at, self._talk)

    async def _check_later(self, keywords: Sequence[Keyword], step: Step, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while keywords:
                    try:
                        return self._check(keywords, step)
                    except StepFailed:
                        await self._talk.something()
        except TimeoutError:
            self._check(keywords, step)

    def _check(self, keywords: Sequence[Keyword], step: Step) -> None:
        """Raise `StepFailed` for the asserters that do not hold."""
        self._look()
        wrong: list[tuple[Keyword, str]] = []
        for keyword in keywords:
            try:
                told = complaint(keyword, self._at)
            except CannotMatch as error:
                told = str(error)
            if told:
                wrong.append((keyword, told))
        if wrong:
            what = "\n  and ".join(told for _, told in wrong)
            names = tuple(keyword.name for keyword, _ in wrong)
            raise StepFailed(what, step.path, wrong[0][0].line, names)

    def _look(self) -> None:
        """See what stands beside messages now."""
        session = self._talk.session
        self._at.turn = self._talk.turn
        self._at.metadata = session.metadata
        self._at.agent = session.agent.name if session.agent else None

    def _over(self, played: Played) -> None:
        self.played.append(played)
        self._told(played)


def _is_beside_messages(step: Step) -> bool:
    """Whether a step expects only what may come without a message."""
    names = {keyword.name for keyword in step.of("asserter")}
    return not step.texts and bool(names) and names <= BESIDE_MESSAGES


def _may_still_come(keyword: Keyword) -> bool:
    return keyword.name in OWN_ASSERTERS - {"LATENCY"} and not keyword.negated


def _shown(step: Step) -> str:
    return str(step).partition(" ")[2] or "any message"


class _failing_at:  # noqa: N801  # it reads as a statement
    """Turns what goes wrong inside into the failure of a step."""

    def __init__(self, step: Step) -> None:
        self._step = step

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        if isinstance(error, CaptivateError):
            raise StepFailed(str(error), self._step.path, self._step.line) from None
