"""The same script by botium-core and by us, on the same bot: what became of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from captivate_nb.errors import CaptivateError
from captivate_nb.scripts.runner import run_script

from .fixed_bot import FixedBot, Message, as_botium

FOLDER = Path(__file__).parent.parent / "botium_core"
NODE = shutil.which("node") or ""


@dataclass(frozen=True)
class Example:
    """Files of scripts, and the bot that they are run on."""

    files: Mapping[str, str]
    greeting: Sequence[Message] = ()
    answers: Mapping[str, Sequence[Message]] = field(default_factory=dict)
    caps: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of `run_script` that mean the same as `caps`."""


@dataclass(frozen=True)
class Outcome:
    """What became of it: each conversation by its name, or `error`, that it could not be read."""

    passed: Mapping[str, bool]
    said: Sequence[str] = ()
    error: str = ""
    why: Sequence[str] = ()

    @property
    def told(self) -> tuple[Any, ...]:
        """Return what must be the same."""
        return (bool(self.error), dict(self.passed), tuple(sorted(self.said)))


def by_botium(examples: Iterable[Example]) -> list[Outcome]:
    """Run examples by botium-core."""
    cases = [
        {
            "files": dict(each.files),
            "greeting": [as_botium(message) for message in each.greeting],
            "answers": {
                said: [as_botium(message) for message in messages]
                for said, messages in each.answers.items()
            },
            "caps": dict(each.caps),
        }
        for each in examples
    ]
    ran = subprocess.run(
        [NODE, "driver.mjs"],
        cwd=FOLDER,
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr
    return [_outcome(each) for each in json.loads(ran.stdout)]


def _outcome(told: dict[str, Any]) -> Outcome:
    if "error" in told:
        return Outcome({}, error=told["error"])
    convos = told["convos"]
    return Outcome(
        {each["name"]: each["passed"] for each in convos},
        [text for each in convos for text in each["said"] if text is not None],
        why=[each["why"] for each in convos if each["why"]],
    )


def write(files: Mapping[str, str], folder: str | Path) -> None:
    """Write files into a folder."""
    for name, text in files.items():
        Path(folder, name).write_text(text, encoding="utf-8", newline="")


async def by_us(example: Example) -> Outcome:
    """Run an example by captivate_nb."""
    bot = FixedBot(example.greeting, example.answers)
    with tempfile.TemporaryDirectory() as folder:
        write(example.files, folder)
        try:
            options = {"timeout": 0.4, "traces": None, "progress": False, **example.options}
            report = await run_script(folder, bot.session, **options)
        except CaptivateError as error:
            return Outcome({}, error=str(error))
    if unread := [r for r in report.results if r.failure and not r.log]:
        return Outcome({}, error="; ".join(r.failure.message for r in unread))
    assert bot.open == 0, "a connection is left"
    assert bot.conversations == 0, "a conversation is left"
    return Outcome(
        {result.name: result.passed for result in report.results},
        bot.said,
        why=[failure.message for failure in report.failures],
    )
