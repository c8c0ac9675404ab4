"""Running scripts: each case in a conversation of its own, several at once, and a report of all."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from captivate_nb.client.session import Session
from captivate_nb.errors import CaptivateError, UsageError

from . import trace
from .loading import Case, Given, load_cases
from .matching import DEFAULT_MODE, Match, mode
from .outcomes import StepFailed
from .player import Player
from .progress import bar
from .report import Failure, Report, Result, told
from .talk import Talk
from .targets import Opener, Target

CLOSING = 3.0
"""Seconds that a conversation may take to be deleted and its session to be closed."""

TRACES = "captivate-traces"
"""The folder for the pages of failed scripts."""


async def run_script(
    paths_or_text: Given,
    target: Target = None,
    *,
    api_key: str | None = None,
    timeout: float = 10,
    concurrency: int = 8,
    keep: bool = False,
    expand: str = "all",
    matching: str = DEFAULT_MODE,
    traces: str | Path | None = TRACES,
    progress: bool | None = None,
) -> Report:
    """Run scripts, and return what became of each case of them.

    `paths_or_text` is a file, a folder, a script itself (text of several lines), or a list of them;
    `target` what they are run on: None (the current session's server, else the demo), a flow's name
    or file, a URL, an open session, or an async function that returns a fresh one. Each case has a
    conversation of its own, deleted afterwards unless `keep`; `concurrency` of them go on at once.
    A bot's message is waited for `timeout` seconds, or as a step has it. `expand` is which variants
    of an utterance are said: "all", "first", "random" or "index". `matching` is how texts are
    compared, a name of Botium's or "wer:25". Each failed case leaves a page in the folder `traces`,
    unless that is None. `progress` shows a bar, by default where somebody looks.

    A script that cannot be read is a failure where there are several, and alone raises
    `ScriptError`. Cancelling ends every conversation; what is done by then is written to stderr.
    """
    match = mode(matching)
    if concurrency < 1:
        raise UsageError(f"concurrency={concurrency}: at least one script is run at a time.")
    opener = Opener(target, api_key)
    runner = _Runner(opener, match, timeout, keep=keep, traces=traces)
    cases = load_cases(paths_or_text, expand)
    try:
        with bar(len(cases), shown=progress) as over:
            return await runner.run(cases, concurrency, over)
    finally:
        await opener.close()


class _Runner:
    """Runs the cases of one suite."""

    def __init__(
        self,
        opener: Opener,
        match: Match,
        timeout: float,
        *,
        keep: bool,
        traces: str | Path | None,
    ) -> None:
        self._opener = opener
        self._match = match
        self._timeout = timeout
        self._keep = keep
        self._traces = traces

    async def run(
        self, cases: Sequence[Case], concurrency: int, over: Callable[[Result], None]
    ) -> Report:
        results: dict[int, Result] = {}
        rest = iter(enumerate(cases))

        async def work() -> None:
            for index, case in rest:
                results[index] = await self.case(case)
                over(results[index])

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(concurrency, len(cases))):
                    group.create_task(work())
        except asyncio.CancelledError:
            report = Report([results[index] for index in sorted(results)], len(cases))
            print(f"Interrupted. {report}", file=sys.stderr)  # noqa: T201  # nobody gets it returned
            raise
        return Report([results[index] for index in sorted(results)], len(cases))

    async def case(self, case: Case) -> Result:
        """Run one case; whatever goes wrong with it is its failure."""
        begun = time.monotonic()
        name, path = case.script.name, case.script.path
        if case.error is not None:
            failure = Failure(case.error.path or path, case.error.line, str(case.error))
            return Result(name, path, 0.0, failure, script=case.script)
        try:
            session = await self._open(case)
        except CaptivateError as error:
            what = f"no conversation could be begun: {error}"
            message = told(case.script, 1, what, path, ())
            return Result(name, path, _since(begun), Failure(path, 1, message), script=case.script)
        try:
            result = await self._play(case, session, begun)
        finally:
            await self._leave(session)
        return result

    async def _open(self, case: Case) -> Session:
        apart = any(k.name == "NETWORK" for step in case.script.steps for k in step.keywords)
        return await (self._opener.open_apart() if apart else self._opener.open())

    async def _play(self, case: Case, session: Session, begun: float) -> Result:
        script = case.script
        talk = Talk(session)
        player = Player(script, case.library, talk, self._match, self._timeout)
        failure: Failure | None = None
        try:
            await player.play()
        except StepFailed as failed:
            message = told(script, failed.line, failed.what, failed.path, player.played)
            failure = Failure(failed.path or script.path, failed.line, message)
        finally:
            talk.close()
        played = tuple(player.played)
        seconds = _since(begun)
        result = Result(script.name, script.path, seconds, failure, played, script, session.events)
        return trace.left(result, self._traces)

    async def _leave(self, session: Session) -> None:
        """Delete a conversation and close its session, in bounded time, also when cancelled."""
        leaving = asyncio.ensure_future(_left(session, keep=self._keep))
        try:
            await asyncio.shield(leaving)
        except asyncio.CancelledError:
            with contextlib.suppress(asyncio.CancelledError):
                await leaving
            raise


async def _left(session: Session, *, keep: bool) -> None:
    try:
        if not keep and session.conversation_id is not None and session.status == "open":
            with contextlib.suppress(CaptivateError, TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await session.delete()
    finally:
        await session.close()


def _since(begun: float) -> float:
    return time.monotonic() - begun
