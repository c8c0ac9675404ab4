"""The conditions of `CONDITIONAL_STEP_…`: whether a step is for this time, or this message."""

from __future__ import annotations

import json
import zoneinfo
from datetime import datetime, time
from typing import Any

from . import moments
from .heard import Heard
from .json_paths import query
from .keywords import CONDITIONS, UNAVAILABLE
from .matching import CannotMatch
from .syntax import Keyword, Step


def condition_of(step: Step) -> Keyword | None:
    """Return a step's condition, if it has one."""
    return next((k for k in step.of("hook") if k.name in CONDITIONS), None)


def group_of(condition: Keyword) -> str | None:
    """Return the group that a condition is in; of one group, the first that holds is taken."""
    return condition.args[1] if len(condition.args) > 1 else None


def is_met(condition: Keyword, args: list[str], heard: Heard, now: datetime | None = None) -> bool:
    """Whether a condition holds. Raise `CannotMatch` where it cannot be read."""
    if condition.name in UNAVAILABLE:
        raise CannotMatch(
            f"{condition.name} is not available over this API: {UNAVAILABLE[condition.name]}."
        )
    given = _parameters(condition.name, args)
    if condition.name == "CONDITIONAL_STEP_JSON_PATH_BASED":
        path = given.get("jsonPath")
        return bool(path) and given.get("value") in query(str(path), heard.as_botium())
    return _is_time(condition.name, given, now or moments.now())


def _parameters(name: str, args: list[str]) -> dict[str, Any]:
    try:
        given = json.loads(args[0]) if args else None
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise CannotMatch(f"{name} has its condition as a JSON object: {name} {{…}}|group.")
    return given


def _is_time(name: str, given: dict[str, Any], now: datetime) -> bool:
    start, end, days = given.get("start"), given.get("end"), given.get("days")
    if zone := given.get("timeZone"):
        try:
            now = now.astimezone(zoneinfo.ZoneInfo(str(zone)))
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            raise CannotMatch(f"{name}: there is no time zone “{zone}”.") from None
    if name == "CONDITIONAL_STEP_BUSINESS_HOURS" and days:
        if moments.written(now, "dddd") not in days:
            return False
        if not start and not end:
            return True
    if not start or not end:
        raise CannotMatch(f"{name} needs “start” and “end”, as in 09:00, or “days”.")
    return _is_between(now.time(), _clock(name, start), _clock(name, end))


def _clock(name: str, text: Any) -> time:
    try:
        hour, _, minute = str(text).partition(":")
        return time(int(hour), int(minute or 0))
    except ValueError:
        raise CannotMatch(f"{name}: “{text}” is no time of day such as 09:00.") from None


def _is_between(now: time, start: time, end: time) -> bool:
    """Whether it is a time of day from `start` to `end`, both included; that may be over midnight."""
    minute = now.replace(second=0, microsecond=0)
    if start < end:
        return start <= minute <= end
    return minute >= start or minute <= end
