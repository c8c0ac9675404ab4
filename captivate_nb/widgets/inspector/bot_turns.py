"""The bot's turns as the inspector shows them: rows, the whole of one, and code that asks again."""

from __future__ import annotations

import json
import shlex
from typing import Any

from captivate_nb.errors import UsageError
from captivate_nb.rendering.sanitize import clean_text

SHOWN = 100
"""Turns that are listed: the newest."""

LONGEST = 200_000
"""Characters of one part of a turn."""

LARGEST_TREE = 20_000
"""Characters of JSON, indented, that are drawn as a tree; what has more is drawn as text."""

CUES = {
    "greet": "greeting",
    "busy": "no agent was free",
    "idle": "the agent is silent",
    "left": "the agent left",
    "push": "pushed by itself",
}


def rows(server: Any, conversation_id: str | None) -> str:
    """Return the newest turns of a conversation as JSON: a list of objects, the oldest first."""
    turns = [turn for turn in server.turns if turn.conversation_id == conversation_id]
    return json.dumps([_row(turn) for turn in turns[-SHOWN:]])


def _row(turn: Any) -> dict[str, Any]:
    asked = turn.turn
    said = asked.text if asked.cue == "hear" else CUES.get(asked.cue, "")
    return {
        "n": turn.n,
        "said": clean_text((asked.action.id if asked.action else said)[:200]) or "(files)",
        "ms": round((turn.seconds or 0) * 1000),
        "error": clean_text(turn.error[:500]),
        "printed": bool(turn.printed),
        "push": asked.cue == "push",
    }


def whole(server: Any, n: int) -> str:
    """Return all of one turn as JSON: a list of parts, each a title, a text, and a value or null.

    What is too long for a tree is in the text.
    """
    turn = server.turn(n)
    answers = turn.answers[0] if len(turn.answers) == 1 else turn.answers
    parts = [
        _text("Error", turn.error),
        _text("Traceback", turn.trace),
        _text("Skipped", "\n".join(turn.notes)),
        _text("Steps", "\n".join(_step(*step) for step in turn.steps)),
        _text("Printed", turn.printed),
        _tree("Request", turn.request),
        _tree("Answer", answers if turn.answers else None),
    ]
    return json.dumps([[title, text, value] for title, text, value in parts if text or value])


def _step(node: str, line: int, what: str) -> str:
    return f"{node}, line {line}: {what}" if line else f"{node}: {what}"


def _text(title: str, text: str) -> tuple[str, str, None]:
    return title, clean_text(text[:LONGEST]), None


def _tree(title: str, value: Any) -> tuple[str, str, Any]:
    text = "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
    if not value or len(text) > LARGEST_TREE:
        return _text(title, text)
    return title, "", json.loads(clean_text(text))


def code(server: Any, n: int, form: str) -> str:
    """Return a turn's request as Python that calls the bot, or as `curl`; raise `UsageError`."""
    turn = server.turn(n)
    if turn.request is None:
        raise UsageError("Only a program gets a request: this turn was a flow's, or a push.")
    if form == "curl":
        name = server.flow.name
        url = name if "://" in name else "http://127.0.0.1:8000/chat"
        body = shlex.quote(json.dumps(turn.request))
        return f"curl -H 'Content-Type: application/json' -d {body} {shlex.quote(url)}"
    name = server.flow.name if server.flow.name.isidentifier() else "answer"
    return f"request = {turn.request!r}\n{name}(request)"
