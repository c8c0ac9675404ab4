"""What the server has at its own URLs: uploads, files, pictures, and what was too large for a socket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from captivate_nb.local_files import guess_type
from captivate_nb.protocol import content as c
from captivate_nb.protocol.codec import encode
from captivate_nb.protocol.content_decoder import write_file

from .service import Refusal, Service
from .store.files import StoredFile

_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True)
class Resource:
    """An answer by HTTP, in-process: a MIME type, a body, and a status."""

    type: str
    body: bytes
    status: int = 200


def upload(service: Service, name: str, mime: str, body: bytes) -> c.File:
    """Store an upload; `name` is percent-encoded and `mime` may have parameters, as in headers."""
    name = _file_name(unquote(name))
    kind = mime.partition(";")[0].strip()
    if not _MIME.fullmatch(kind):
        kind = guess_type(name)
    return service.add_file(StoredFile(name, kind, body))


def _file_name(name: str) -> str:
    """Return a name that is only a name: no folders, no control characters, bounded."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip(". ")[:200] or "file"


def large_transcript(service: Service, conversation_id: str) -> dict[str, Any]:
    """Return a transcript as the event it is; raise `Refusal` where there is no such conversation."""
    found = service.find(conversation_id, deleted=True)
    event: dict[str, Any] = msgspec.json.decode(encode(service.queries.transcript(found)))["event"]
    return event


def fetch(
    service: Service, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> Resource:
    """Return what is at a URL of the server, without the network: for clients in-process."""
    match [method, *map(unquote, urlsplit(url).path.strip("/").split("/"))]:
        case ["POST", "files"]:
            return _uploaded(service, headers, body)
        case ["GET", "files", key, _]:
            return _stored(service.files.get(key))
        case ["GET", "messages", key]:
            return _stored(service.router.messages.get(key))
        case ["GET", "pictures", *parts]:
            return _picture(service, "/".join(parts))
        case ["GET", "transcripts", conversation_id]:
            return _transcript(service, conversation_id)
    return _MISSING


_MISSING = Resource("text/plain", b"", 404)


def _uploaded(service: Service, headers: Mapping[str, str], body: bytes) -> Resource:
    if len(body) > service.limits.file:
        return Resource("text/plain", b"", 413)
    file = upload(service, headers.get("x-filename", ""), headers.get("content-type", ""), body)
    return Resource("application/json", msgspec.json.encode(write_file(file)), 201)


def _stored(stored: StoredFile | None) -> Resource:
    return _MISSING if stored is None else Resource(stored.type, stored.body)


def _picture(service: Service, name: str) -> Resource:
    path = service.bot.script.pictures.get(name)
    try:
        return _MISSING if path is None else Resource(guess_type(name), path.read_bytes())
    except OSError:  # it was there when the flow was read
        return _MISSING


def _transcript(service: Service, conversation_id: str) -> Resource:
    try:
        event = large_transcript(service, conversation_id)
    except Refusal as refusal:
        return Resource("application/json", encode(refusal.event).encode(), 404)
    return Resource("application/json", msgspec.json.encode(event))
