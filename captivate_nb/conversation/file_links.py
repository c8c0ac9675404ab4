"""A file on the web, named and typed by its address alone."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from captivate_nb.errors import InvalidFile
from captivate_nb.local_files import guess_type
from captivate_nb.protocol.content import File
from captivate_nb.rendering.sanitize import clean, split_url


def file_at(url: str) -> File:
    """Return the file at a `http:`, `https:` or `data:` URL. Raise `InvalidFile` for a broken one."""
    if url.lower().startswith("data:"):
        kind = url[len("data:") :].partition(",")[0].partition(";")[0]
        return File(url=url, name="file", type=kind or "text/plain")
    try:
        parts = split_url(url)
    except ValueError as error:
        raise InvalidFile(f"“{url[:80]}” is not a web address: {error}.") from None
    path = unquote(parts.path)
    return File(url=url, name=clean(Path(path).name or parts.netloc), type=guess_type(path))
