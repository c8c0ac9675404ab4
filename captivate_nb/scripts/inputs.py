"""What a `#me` section does: it says a text, chooses, sends files, acts, and what only we have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from captivate_nb.conversation.metadata import MISSING

from .keywords import UNAVAILABLE
from .matching import CannotMatch
from .situation import Situation
from .syntax import Keyword, Step
from .talk import Talk


async def do(step: Step, at: Situation, talk: Talk) -> str:
    """Do what a section says, and return what was done, for people. An empty one does nothing.

    Raise `CannotMatch` where something of it cannot be done, and what a session raises.
    """
    if step.data is not MISSING:
        raise CannotMatch("JSON in a #me section is not available over this API: it takes texts.")
    text = at.filled(step.texts[0].text) if step.texts else ""
    files: list[str | Path] = []
    done: list[str] = []
    for keyword in step.of("input"):
        args = at.args(keyword.args)
        if keyword.name == "BUTTON":
            text = _payload(args)
        elif keyword.name == "MEDIA":
            files.append(_file(args, step))
        else:
            await _do_own(keyword, args, talk)
            done.append(" ".join([keyword.name, "|".join(args)]).strip())
    if files:
        await talk.send(files, text)
    elif text.strip():
        await talk.say(text)
    return "\n".join(filter(None, [*done, text, *map(str, files)]))


def _payload(args: list[str]) -> str:
    if not 1 <= len(args) <= 2:
        raise CannotMatch("BUTTON has an option's value, and perhaps its label: value|label.")
    return args[0]


def _file(args: list[str], step: Step) -> str | Path:
    """Return a file's URL, or its path in the script's folder."""
    if len(args) != 1 or not args[0]:
        raise CannotMatch("MEDIA has a file of the script's folder, or a URL.")
    if args[0].startswith(("http://", "https://")):
        return args[0]
    folder = Path(step.path).parent.resolve()
    path = (folder / args[0]).resolve()
    if not path.is_relative_to(folder):
        raise CannotMatch(f"MEDIA {args[0]}: the file is outside of the script's folder, {folder}.")
    return path


async def _do_own(keyword: Keyword, args: list[str], talk: Talk) -> None:
    match keyword.name, args:
        case ("ACT", [ident]) if ident:
            await talk.act(ident, None)
        case ("ACT", [ident, data]) if ident:
            await talk.act(ident, _json(data))
        case ("SETMETA", [key, value]) if key:
            await talk.set_metadata(_nested(key, _json_or_text(value)), "default")
        case ("SETMETA", [key, value, target]) if key:
            await talk.set_metadata(_nested(key, _json_or_text(value)), target)
        case ("RESTART", []):
            await talk.restart()
        case ("NETWORK", [preset]) if preset:
            talk.network(preset)
        case (name, _) if name in UNAVAILABLE:
            raise CannotMatch(f"{name} is not available over this API: {UNAVAILABLE[name]}.")
        case (name, _):
            raise CannotMatch(f"{name} is written as {_FORMS[name]}, and not as {keyword}.")


_FORMS = {
    "ACT": "ACT id or ACT id|{json}",
    "SETMETA": "SETMETA key|value or SETMETA key|value|target",
    "RESTART": "RESTART",
    "NETWORK": "NETWORK preset",
}


def _nested(path: str, value: Any) -> dict[str, Any]:
    """Return a value under a dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return dict(value)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CannotMatch(f"ACT's data is JSON, and “{text}” is none: {error}.") from None
