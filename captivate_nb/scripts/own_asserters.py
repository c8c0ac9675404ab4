"""The asserters that only this package has: actions, metadata, agent, updates and latency.

They look at what stands beside messages. What of it has not come yet may still come, so a runner
asks them again until the step's time is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from captivate_nb.conversation.metadata import MISSING, value_at

from .counting import condition_in, counts, holds
from .javascript import compact, number, to_text
from .json_paths import query
from .matching import CannotMatch, wildcard_exact, wildcard_exact_ic
from .situation import Situation
from .telling import listed, nearest


def is_as(value: Any, expected: str) -> bool:
    """Whether a JSON value is what a script expects: `>=3` and its kin compare, `*` is anything."""
    sign, limit = condition_in(expected)
    if sign and number(limit) == number(limit):  # NaN is not itself
        told = number(to_text(value)) if not isinstance(value, bool) else float("nan")
        return holds(sign, told, number(limit))
    return wildcard_exact(to_text(value), expected)


def _action(args: Sequence[str], at: Situation, negated: bool) -> str:
    if not 1 <= len(args) <= 2 or not args[0]:
        raise CannotMatch("ACTION has an action's ID, and perhaps a condition: ACTION id|$.a=1.")
    came = [action for action in at.turn.actions if wildcard_exact(action.id, args[0])]
    path, _, value = args[1].partition("=") if len(args) > 1 else ("", "", "")
    fitting = [action for action in came if not path or _has(action.data, path.strip(), value)]
    if bool(fitting) != negated:
        return ""
    if negated:
        return f"action not expected: {listed([action.id for action in fitting])}"
    ids = [action.id for action in at.turn.actions]
    if came:
        data = ", ".join(compact(action.data) for action in came)
        return f"action “{args[0]}” expected with {args[1]}, and its data is {data}"
    return f"action “{args[0]}” expected; there is {listed(ids)}{nearest(args[0], ids)}"


def _has(data: Any, path: str, value: str) -> bool:
    found = query(path, data)
    return bool(found) if not value else any(is_as(each, value.strip()) for each in found)


def _metadata(args: Sequence[str], at: Situation, negated: bool) -> str:
    if not 1 <= len(args) <= 2 or not args[0]:
        raise CannotMatch("METADATA has a path, and perhaps a value: METADATA user.name|Anna.")
    value = value_at(at.metadata, args[0])
    fits = value is not MISSING and (len(args) == 1 or is_as(value, args[1]))
    if fits != negated:
        return ""
    wanted = f"“{args[1]}” " if len(args) > 1 else "a value "
    there = "nothing" if value is MISSING else compact(value)
    hint = nearest(args[0], at.metadata) if value is MISSING and not negated else ""
    return (
        f"{wanted}{'not ' * negated}expected in metadata at {args[0]}, and there is {there}{hint}"
    )


def _agent(args: Sequence[str], at: Situation, negated: bool) -> str:
    told = at.heard.message.agent_name if at.heard and at.heard.message.sender == "agent" else None
    name = told or at.agent
    fits = name is not None and (not args or any(wildcard_exact_ic(name, arg) for arg in args))
    if fits != negated:
        return ""
    wanted = listed(args) if args else "an agent"
    return f"agent {'not ' * negated}expected: {wanted}; there is {name or 'none'}"


def _update(args: Sequence[str], at: Situation, negated: bool) -> str:
    updates = at.turn.updates
    fits = bool(updates) if not args else any(arg in updates for arg in args)
    if fits != negated:
        return ""
    hint = nearest(args[0], updates) if args else ""
    wanted = listed(args) if args else "one"
    return f"update {'not ' * negated}expected: {wanted}; there is {listed(updates)}{hint}"


def _latency(args: Sequence[str], at: Situation, negated: bool) -> str:
    if len(args) != 1:
        raise CannotMatch("LATENCY has a condition in milliseconds: LATENCY <2000.")
    latency = at.message.latency
    if latency is None:
        raise CannotMatch("LATENCY is of a message that answers the user, and nobody has spoken.")
    condition = args[0].removesuffix("ms").strip()
    if counts(round(latency), condition) != negated:
        return ""
    return f"{'not ' * negated}{condition} ms expected, and the message took {latency:.0f} ms"


OWN: dict[str, Callable[[Sequence[str], Situation, bool], str]] = {
    "ACTION": _action,
    "METADATA": _metadata,
    "AGENT": _agent,
    "UPDATE": _update,
    "LATENCY": _latency,
}
