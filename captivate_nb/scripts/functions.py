"""The functions that a script may write in a text, such as `$date(DD.MM.YYYY)` and `$random(5)`."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, NamedTuple

from . import moments
from .javascript import to_text, whole_number
from .json_paths import query
from .matching import CannotMatch


class Place(NamedTuple):
    """Where a function is called: the script's name, and the message at hand as Botium has it."""

    script: str = ""
    message: Mapping[str, Any] | None = None


class Function(NamedTuple):
    """One function: `call(place, arguments)`, and how many arguments it has at the most."""

    call: Callable[[Place, list[str]], object]
    arguments: int = 0


def _written(form: str) -> Function:
    return Function(lambda _place, _args: moments.written(moments.now(), form))


def _date(days: int) -> Function:
    def call(_place: Place, args: list[str]) -> str:
        time = moments.later(moments.now(), str(days), "days")
        return moments.written(time, args[0]) if args and args[0] else moments.date(time)

    return Function(call, 1)


def _date_moved(sign: str) -> Function:
    def call(_place: Place, args: list[str]) -> str:
        amount, unit, form = [*args, "", "", ""][:3]
        time = moments.later(moments.now(), f"{sign}{amount}" if amount else "", unit)
        return moments.written(time, form) if form else moments.date(time)

    return Function(call, 3)


def _now(_place: Place, _args: list[str]) -> str:
    time = moments.now()
    return f"{moments.date(time)}, {moments.clock(time)}"


def _now_iso(_place: Place, _args: list[str]) -> str:
    return moments.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _clock(_place: Place, _args: list[str]) -> str:
    return moments.clock(moments.now())


def _digits(count: float) -> str:
    if not 0 < count <= 1000:
        raise CannotMatch("$random(n) writes n digits, and n is a number from 1 to 1000.")
    return "".join(random.choices("0123456789", k=int(count)))


def _random(_place: Place, args: list[str]) -> str:
    return _digits(whole_number(args[0]) if args else 0)


def _message(place: Place, args: list[str]) -> str:
    if not args or not args[0]:
        raise CannotMatch("$msg(path) needs a JSONPath, as in $msg($.messageText).")
    if place.message is None:
        raise CannotMatch("$msg is used where there is no message to look into.")
    found = query(args[0], place.message)
    return to_text(found[0]) if found else ""


def _refused(name: str, why: str) -> Function:
    def call(_place: Place, _args: list[str]) -> str:
        raise CannotMatch(f"{name} is refused: {why}")

    return Function(call, 1)


FUNCTIONS: dict[str, Function] = {
    "$now": Function(_now),
    "$now_EN": Function(_now),
    "$now_DE": _written("DD.MM.YYYY, HH:mm:ss"),
    "$now_ISO": Function(_now_iso),
    "$date": _date(0),
    "$date_EN": Function(lambda _place, _args: moments.date(moments.now())),
    "$date_DE": _written("YYYY.MM.DD"),
    "$date_ISO": _written("YYYY-MM-DD"),
    "$time": Function(_clock),
    "$time_EN": Function(_clock),
    "$time_DE": _written("HH:mm:ss"),
    "$time_ISO": _written("HH:mm:ss"),
    "$time_HH_MM": _written("HH:mm"),
    "$time_HH": _written("HH"),
    "$time_H_A": _written("h A"),
    "$timestamp": _written("x"),
    "$tomorrow": _date(1),
    "$yesterday": _date(-1),
    "$date_add": _date_moved(""),
    "$date_subtract": _date_moved("-"),
    "$year": _written("YYYY"),
    "$month": _written("MMMM"),
    "$month_MM": _written("MM"),
    "$day_of_month": _written("D"),
    "$day_of_week": _written("dddd"),
    "$random": Function(_random, 1),
    "$random10": Function(lambda _place, _args: _digits(10)),
    "$uniqid": Function(lambda _place, _args: uuid.uuid1()),
    "$projectname": Function(lambda _place, _args: "Botium Project"),
    "$testsessionname": Function(lambda _place, _args: "Botium Test Session"),
    "$testcasename": Function(lambda place, _args: place.script),
    "$env": _refused("$env", "a script may come from anywhere, and the environment holds keys."),
    "$cap": _refused("$cap", "there are no capabilities here; use a scripting memory file."),
    "$msg": Function(_message, 1),
}
"""Every function by its name; a variable of the same name goes before it."""
