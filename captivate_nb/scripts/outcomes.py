"""What became of a step, and why one failed."""

from __future__ import annotations

from dataclasses import dataclass

from .heard import Heard
from .syntax import Step


@dataclass(frozen=True, slots=True)
class Played:
    """A step that was played: what was said, or the message that it took; `wrong` is why it failed.

    `event` counts the session's events when it was over.
    """

    step: Step
    said: str = ""
    heard: Heard | None = None
    skipped: bool = False
    wrong: str = ""
    event: int = 0


class StepFailed(Exception):  # it is no error of the program
    """A step does not hold: `what` is wrong, on `line` of the file `path`.

    `asserters` are the keywords that failed; none where the text did.
    """

    def __init__(
        self,
        what: str,
        path: str,
        line: int,
        asserters: tuple[str, ...] = (),
        *,
        late: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.path = path
        self.line = line
        self.asserters = asserters
        self.late = late
