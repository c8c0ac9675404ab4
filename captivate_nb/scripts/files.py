"""Reading script files: what each is by its name, and its text in whichever encoding it is."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Literal

from captivate_nb.errors import ScriptError

FileKind = Literal["convo", "pconvo", "utterances", "scriptingmemory", "yaml"]

LARGEST = 64 << 20
"""Bytes of a script file; a larger one is none."""

_SKIPPED = re.compile(r"skip[.\-_]", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def kind_of_file(path: Path) -> FileKind | None:
    """Return what a file is by its name, or None where it is no script's."""
    name = path.name.lower()
    for kind in ("convo", "pconvo", "utterances", "scriptingmemory"):
        if name.endswith(f".{kind}.txt"):
            return kind
    return "yaml" if name.endswith((".yaml", ".yml")) else None


def is_skipped(name: str) -> bool:
    """Whether a file or a script is left out by its name, as in `skip_old.convo.txt`."""
    return _SKIPPED.match(name) is not None


def read(path: Path) -> str:
    """Return a file's text. Raise `ScriptError` where it cannot be read, or is neither UTF-8 nor 16."""
    try:
        if path.stat().st_size > LARGEST:
            raise ScriptError(f"The file is larger than {LARGEST >> 20} MiB.", path=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise ScriptError(
            f"The file cannot be read: {error.strerror or error}.", path=str(path)
        ) from None
    return decoded(data, str(path))


def decoded(data: bytes, path: str = "") -> str:
    """Return the text of a file's bytes, without its byte order mark."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding, path)
    return _decoded(data, _guessed(data), path)


def _guessed(data: bytes) -> str:
    """Return the encoding of bytes without a mark: every second one is 0 in UTF-16 of plain text."""
    head = data[:400]
    if len(head) > 1 and head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if len(head) > 1 and head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    return "utf-8"


def _decoded(data: bytes, encoding: str, path: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace").replace("\r\n", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ScriptError(
            f"The file is not in {encoding.upper()}: {data[error.start : error.start + 1]!r} is no"
            " character there. Save it as UTF-8.",
            path=path,
            line=line,
            column=column,
        ) from None
