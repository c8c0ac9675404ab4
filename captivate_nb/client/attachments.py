"""What a user hands over as a file, made into something that can be sent."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from captivate_nb.conversation.file_links import file_at
from captivate_nb.errors import InvalidFile
from captivate_nb.local_files import TooLarge, guess_type, read_regular
from captivate_nb.protocol.content import File
from captivate_nb.rendering.sanitize import clean

Attachable = File | str | Path | tuple[str, bytes, str]
"""A `File`, a URL, a path, or `(name, bytes, MIME type)`."""

INLINE_LIMIT = 90 * 1024
"""Bytes of a file that still fits into a message as a `data:` URL."""


LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is read at all: more cannot be uploaded."""


class Local:
    """A file whose bytes are here: its name, its bytes and its MIME type."""

    def __init__(self, name: str, data: bytes, mimetype: str = "") -> None:
        self.name = clean(Path(name).name) or "file"
        self.data = data
        self.mimetype = mimetype or guess_type(self.name)

    def inline(self) -> File:
        """Return it as a `data:` URL; raise `InvalidFile` when it is too large for that."""
        if len(self.data) > INLINE_LIMIT:
            raise InvalidFile(
                f"“{self.name}” has {len(self.data):,} bytes. This server takes no uploads, and"
                f" inside a message only {INLINE_LIMIT:,} fit. Put the file on the web and send"
                " its URL."
            )
        encoded = base64.b64encode(self.data).decode()
        return File(
            url=f"data:{self.mimetype};base64,{encoded}",
            name=self.name,
            type=self.mimetype,
            size=len(self.data),
        )


def attachables(given: Attachable | Sequence[Attachable]) -> list[Attachable]:
    """Return what was given as a list; one file alone counts as a list of one."""
    if isinstance(given, File | str | Path):
        return [given]
    match given:
        case (str(), bytes() | bytearray(), *_):
            return [cast("Attachable", given)]
    try:
        return list(cast("Iterable[Attachable]", given))
    except TypeError:  # it is no list, and `resolve` says what it might be
        return [cast("Attachable", given)]


def resolve(given: Attachable) -> File | Local:
    """Tell a file by address from one whose bytes are here, and read the latter.

    Raise `InvalidFile` for what is neither, such as a path with no file, a folder, a pipe or a URL
    of another kind, and for a file larger than `LARGEST`; nothing of these is read.
    """
    match given:
        case File():
            return given
        case (str() as name, bytes() | bytearray() as data, str() as mimetype):
            return Local(name, bytes(data), mimetype)
        case (str() as name, bytes() | bytearray() as data):
            return Local(name, bytes(data))
        case str() | Path():
            text = str(given)
        case _:
            raise InvalidFile(
                "A file is a URL, a path, a File, or (name, bytes, MIME type), not"
                f" {given!r:.60}. Nothing was sent."
            )
    if isinstance(given, str) and text.lower().startswith(("http://", "https://", "data:")):
        return file_at(text)
    if isinstance(given, str) and "://" in text:
        raise InvalidFile(f"“{text[:80]}” is not a web address: it must begin with https://.")
    try:
        path = Path(text).expanduser()
        return Local(path.name, read_regular(path, LARGEST))
    except TooLarge as error:
        raise InvalidFile(
            f"The file “{text[:200]}” has {error.size:,} bytes, and at most {LARGEST:,} can be sent."
            " Put it on the web and send its URL."
        ) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidFile(
            f"The file “{text[:200]}” cannot be read: {reason}. Check the path (now in {Path.cwd()})."
        ) from None
