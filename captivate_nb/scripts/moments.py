"""Dates and times as scripts write them: the formats of moment.js, in English."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from .javascript import whole_number

_TOKEN = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|Q|MMMM|MMM|MM|Mo|M|DDDD|DDD|Do|DD|D|dddd|ddd|dd|do|d|E"
    r"|WW|W|HH|H|hh|h|kk|k|mm|m|ss|s|SSS|SS|S|A|a|ZZ|Z|X|x|LTS|LT|LL|L"
)
_MACROS = {"LTS": "h:mm:ss A", "LT": "h:mm A", "LL": "MMMM D, YYYY", "L": "MM/DD/YYYY"}

_FORMS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda t: f"{t.year:04}",
    "YY": lambda t: f"{t.year % 100:02}",
    "Q": lambda t: str((t.month + 2) // 3),
    "MMMM": lambda t: calendar.month_name[t.month],
    "MMM": lambda t: calendar.month_abbr[t.month],
    "MM": lambda t: f"{t.month:02}",
    "Mo": lambda t: _ordinal(t.month),
    "M": lambda t: str(t.month),
    "DDDD": lambda t: f"{t.timetuple().tm_yday:03}",
    "DDD": lambda t: str(t.timetuple().tm_yday),
    "Do": lambda t: _ordinal(t.day),
    "DD": lambda t: f"{t.day:02}",
    "D": lambda t: str(t.day),
    "dddd": lambda t: calendar.day_name[t.weekday()],
    "ddd": lambda t: calendar.day_abbr[t.weekday()],
    "dd": lambda t: calendar.day_abbr[t.weekday()][:2],
    "do": lambda t: _ordinal(t.isoweekday() % 7),
    "d": lambda t: str(t.isoweekday() % 7),
    "E": lambda t: str(t.isoweekday()),
    "WW": lambda t: f"{t.isocalendar().week:02}",
    "W": lambda t: str(t.isocalendar().week),
    "HH": lambda t: f"{t.hour:02}",
    "H": lambda t: str(t.hour),
    "hh": lambda t: f"{_of_twelve(t.hour):02}",
    "h": lambda t: str(_of_twelve(t.hour)),
    "kk": lambda t: f"{t.hour or 24:02}",
    "k": lambda t: str(t.hour or 24),
    "mm": lambda t: f"{t.minute:02}",
    "m": lambda t: str(t.minute),
    "ss": lambda t: f"{t.second:02}",
    "s": lambda t: str(t.second),
    "SSS": lambda t: f"{t.microsecond // 1000:03}",
    "SS": lambda t: f"{t.microsecond // 10_000:02}",
    "S": lambda t: str(t.microsecond // 100_000),
    "A": lambda t: "AM" if t.hour < 12 else "PM",
    "a": lambda t: "am" if t.hour < 12 else "pm",
    "ZZ": lambda t: t.strftime("%z"),
    "Z": lambda t: f"{t.strftime('%z')[:3]}:{t.strftime('%z')[3:]}",
    "X": lambda t: str(int(t.timestamp())),
    "x": lambda t: str(int(t.timestamp() * 1000)),
}

_UNITS = {
    "y": "years",
    "Q": "quarters",
    "M": "months",
    "w": "weeks",
    "d": "days",
    "h": "hours",
    "m": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
}
_MONTHS = {"months": 1, "quarters": 3, "years": 12}


def _ordinal(number: int) -> str:
    teen = number % 100 // 10 == 1
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _of_twelve(hour: int) -> int:
    return hour % 12 or 12


def now() -> datetime:
    """Return the time here, with its zone."""
    return datetime.now().astimezone()


def written(time: datetime, form: str) -> str:
    """Return a time in a format of moment.js; what is in square brackets stands as it is."""

    def token(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        if found[0] in _MACROS:
            return written(time, _MACROS[found[0]])
        return _FORMS[found[0]](time)

    return _TOKEN.sub(token, form)


def date(time: datetime) -> str:
    """Return a date as `toLocaleDateString` writes it in English."""
    return written(time, "M/D/YYYY")


def clock(time: datetime) -> str:
    """Return a time of day as `toLocaleTimeString` writes it in English."""
    return written(time, "h:mm:ss A")


def later(time: datetime, amount: str, unit: str) -> datetime:
    """Return a time so many days, months … later; an unknown unit changes nothing."""
    count = whole_number(amount.strip())
    if count != count:  # noqa: PLR0124  # NaN is not itself
        return time
    name = _UNITS.get(unit, unit.lower().rstrip("s") + "s")
    if name in _MONTHS:
        return _months_later(time, int(count) * _MONTHS[name])
    if name not in _UNITS.values():
        return time
    return time + timedelta(**{name: int(count)})


def _months_later(time: datetime, count: int) -> datetime:
    year, month = divmod(time.year * 12 + time.month - 1 + count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return time.replace(year=year, month=month + 1, day=min(time.day, last))
