"""Files of this machine, read only when they are files, and no larger than they may be."""

from __future__ import annotations

import errno
import mimetypes
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

IN_BROWSER = sys.platform == "emscripten"
"""Whether Python runs in a web browser, where it has neither sockets nor threads."""

_KINDS = {stat.S_IFIFO: "pipe", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}


class TooLarge(OSError):
    """A file of more bytes than may be read; `size` is how many it has."""

    def __init__(self, size: int) -> None:
        super().__init__(errno.EFBIG, f"It has {size:,} bytes")
        self.size = size


def read_regular(path: Path, limit: int) -> bytes:
    """Return a file's bytes. Raise `TooLarge` when it has more than `limit`, else as `open_regular`."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(limit + 1) if size <= limit else b""
        if max(size, len(data)) > limit:  # what the kernel makes up as it is read has no size
            raise TooLarge(max(size, len(data)))
    return data


def open_regular(path: Path) -> BinaryIO:
    """Open a file without waiting. Raise `OSError` when it is a pipe, a device or a folder."""
    file = open(path, "rb", opener=_opener)  # noqa: SIM115  # Path.open takes no opener
    mode = os.fstat(file.fileno()).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        kind = _KINDS.get(stat.S_IFMT(mode), "special file")
        raise OSError(errno.EINVAL, f"It is a {kind}, not a file")
    return file


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has none


def guess_type(name: str) -> str:
    """Return the MIME type that a file's name suggests."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
