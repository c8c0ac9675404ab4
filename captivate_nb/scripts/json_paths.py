"""JSONPath as scripts write it: RFC 9535 by `python-jsonpath`, and what people wrote before it."""

from __future__ import annotations

import re
from typing import Any

import jsonpath

from .matching import CannotMatch

_FROM_THE_END = re.compile(r"\[\(@\.length\s*-\s*(\d+)\)\]")
_BEGINS = re.compile(r"[$\w\[]")
_LENGTH = re.compile(r"(.*[^.])\.length\Z", re.DOTALL)


def query(path: str, value: Any) -> list[Any]:
    """Return what a path finds in a JSON value, in order. Raise `CannotMatch` for no path.

    `[(@.length-1)]` counts from the end, `===` is `==`, and `.length` at the end of a path is that of
    a list or a text, all as in the JavaScript implementations.
    """
    if not _BEGINS.match(path.strip()):
        raise CannotMatch(f"“{path}” is no JSONPath: it begins with $, as in $.content[0].text.")
    written = _FROM_THE_END.sub(r"[-\1]", path.strip())
    written = written.replace("!==", "!=").replace("===", "==")
    try:
        found = jsonpath.findall(written, value)
        if not found and (measured := _LENGTH.match(written)):
            return [
                len(e) for e in jsonpath.findall(measured[1], value) if isinstance(e, list | str)
            ]
    except (jsonpath.JSONPathError, RecursionError) as error:
        why = str(error).partition("\n")[0]
        raise CannotMatch(f"“{path}” is no JSONPath: {why}.") from None
    return found
