"""Every error of captivate_nb, one tree.

Each renders in a notebook cell as one line, what happened and what to do, by IPython's own hook
`_render_traceback_`; IPython itself is never patched. What a server said stands in some of them, so
that line holds nothing a terminal would act on. In a script they are ordinary exceptions.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

UNKNOWN_CONVERSATION = "Invalid conversation_id"
"""What a server says of a conversation that it does not know; the only error the document shows."""


class CaptivateError(Exception):
    """Root of the tree: catch this to catch everything captivate_nb raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        line = f"{type(self).__name__}: {self}"
        return ["".join(char if char.isprintable() else " " for char in line)]


class ProtocolError(CaptivateError):
    """A frame that is not a Socket API event; `frame` holds at most its first 200 characters.

    `cut` tells that it ends too early. `event_type` is what it says it is; empty where it says
    nothing that can be read.
    """

    def __init__(
        self, reason: str, frame: str = "", *, cut: bool = False, event_type: str = ""
    ) -> None:
        super().__init__(reason)
        self.frame = frame[:200]
        self.cut = cut
        self.event_type = event_type


class ConnectError(CaptivateError):
    """No connection to a Captivate server could be made; `reason` is why, without what to do."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason} {advice}".strip())
        self.reason = reason


class InvalidURL(ConnectError):
    """The URL cannot be that of a Socket API server."""


class KeyRefused(ConnectError):
    """The server refused the API key."""


class InvalidKey(ConnectError):
    """The place an API key was to come from has none, or is not safe."""


class NotCaptivate(ConnectError):
    """Something answers there, and it does not speak the Socket API."""


class SessionClosed(CaptivateError):
    """The session was closed; nothing more can be sent on it."""


class NoSession(CaptivateError):
    """There is no current session yet."""


class NoConversation(CaptivateError):
    """The session has no conversation to speak in: it was deleted."""


class InvalidMessage(CaptivateError):
    """A message that the service cannot take: empty, or larger than 128 KiB."""


class Undelivered(CaptivateError):
    """A message of the user's failed, or it cannot be found out whether it arrived."""


class InvalidFile(CaptivateError):
    """A file that cannot be read, uploaded or sent."""


class UnknownChoice(CaptivateError):
    """No option with that label or value is on offer."""


class ServerError(CaptivateError):
    """The server's own `general_error`; `code` is its number or text, `description` its words."""

    def __init__(
        self, code: int | str, description: str, conversation_id: str | None = None
    ) -> None:
        where = f" (conversation {conversation_id})" if conversation_id else ""
        told = sentence(f"{_one_line(description).rstrip('.')}{where}")
        if description == UNKNOWN_CONVERSATION:
            told += " session.conversations() lists those it knows; session.restart() starts one."
        super().__init__(f"The server answered error {_one_line(str(code))}: {told}")
        self.code = code
        self.description = description
        self.conversation_id = conversation_id


def _one_line(told: str, limit: int = 500) -> str:
    """Return what a server told as one line of bounded length that moves no terminal."""
    line = " ".join("".join(c if c.isprintable() else " " for c in told[: 2 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


class RequestTimeout(CaptivateError):
    """The server did not answer a request in time."""


class ReplyTimeout(CaptivateError):
    """The bot had not finished at the timeout; `reply` holds the messages that did arrive."""

    def __init__(self, message: str, reply: Sequence[Any]) -> None:
        super().__init__(message)
        self.reply = reply


class FlowError(CaptivateError):
    """A flow file that cannot be used: which file and line, and what is wrong there."""


class ScriptError(CaptivateError):
    """A script that cannot be read: `path`, and `line` and `column` from 1, with what is wrong there."""

    def __init__(self, what: str, *, path: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(f"{path or 'script'}:{line}:{column}: {what}")
        self.what = what
        self.path = path
        self.line = line
        self.column = column


class ServeError(CaptivateError):
    """The embedded server could not start."""


class UsageError(CaptivateError):
    """A `%captivate` line or a command that cannot be understood."""


class MissingExtra(CaptivateError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs an optional package: pip install 'captivate-nb[{extra}]'."
        )


def sentence(told: str) -> str:
    """Return what was told, with a full stop if nothing ends it."""
    return told if told.endswith((".", "!", "?", "…")) else f"{told}."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: “1 message”, “2,000 messages”."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def did_you_mean(word: str, known: Iterable[str], alike: float = 0.5) -> str:
    """Return ` Did you mean “x”?` for the nearest known word, or an empty string.

    Case does not count: designers write "chat to agent" for "Chat to Agent". `alike` is how near a
    word must be, from 0 to 1, where equal ones are 1.
    """
    by_fold = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=alike)
    return f" Did you mean “{by_fold[close[0]]}”?" if close else ""
