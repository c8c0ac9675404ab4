"""Where an API key may come from: the environment, a file of one's own, or the person asked."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from captivate_nb.errors import InvalidKey
from captivate_nb.local_files import open_regular

VARIABLE = "CAPTIVATE_API_KEY"
"""The environment variable a key is looked for in."""

LONGEST = 4096
"""Bytes a key file may have: more is another file."""


_ASSIGNMENT = re.compile(r"(export\s+)?[A-Za-z_]\w*\s*=\s*[^\s=]")
"""How a line of a `.env` file begins; a key may end in = signs."""


def from_environment(variable: str = VARIABLE) -> str:
    """Return the key in an environment variable. Raise `InvalidKey` when it is not set."""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InvalidKey(f"The environment variable {variable} is not set.")
    return key


def from_file(path: str | Path) -> str:
    """Return the key that a file holds alone.

    It may begin with a byte order mark, as editors on Windows write. Raise `InvalidKey` when it cannot be read, holds anything else, or others than its owner may
    read it (where the system tells; not on Windows).
    """
    file = Path(path)
    try:
        file = file.expanduser()
        with open_regular(file) as opened:
            mode = os.fstat(opened.fileno()).st_mode
            data = opened.read(LONGEST + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidKey(f"The key file {file} cannot be read: {reason}.") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise InvalidKey(
            f"Others than you may read the key file {file}. Change that: chmod 600 {file}"
        )
    key = _text(data).strip()
    if _ASSIGNMENT.match(key):
        raise InvalidKey(
            f"The key file {file} holds a NAME=value line. Leave only the value in it: the key"
            " and nothing else."
        )
    if not key or len(data) > LONGEST or len(key.split()) != 1 or "\ufffd" in key:
        raise InvalidKey(f"The key file {file} must hold the key and nothing else.")
    return key


def _text(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig", errors="replace")
