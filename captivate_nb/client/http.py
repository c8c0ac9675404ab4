"""A session's HTTP requests: upload a file, fetch one, fetch a message too large for the socket.

Bounded in size and time, never redirected, and the key goes only to hosts that may have it.
`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

import msgspec

from captivate_nb.errors import CaptivateError, InvalidFile, sentence
from captivate_nb.local_files import IN_BROWSER
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, from_json, to_json
from captivate_nb.protocol.content import File
from captivate_nb.protocol.content_decoder import read_file
from captivate_nb.rendering.sanitize import split_url

from .attachments import Attachable, resolve
from .link import Link, Request
from .secrets import hide_named, redact
from .transport import Address

SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of a file."""

TRANSCRIPT_LIMIT = 64 * 1024 * 1024
"""Bytes of what a link of the server's leads to: a large message, or a long transcript."""

VENDOR_DOMAINS = ("captivatechat.ai", "captivat.io")
"""Under these are the vendor's own hosts, which know every key already."""


async def upload(
    link: Link, url: str, address: Address, name: str, data: bytes, mimetype: str
) -> File:
    """Upload a file to where the server offers it, and return it by its new address.

    Raise `InvalidFile` when it is too large, the offer points to another host, or it fails.
    Cancelling drops the request.
    """
    if len(data) > SIZE_LIMIT:
        raise InvalidFile(
            f"“{name}” has {len(data):,} bytes; at most {SIZE_LIMIT:,} can be uploaded."
        )
    parts = _parts(url)
    if parts.hostname != address.host or (address.secure and parts.scheme != "https"):
        raise InvalidFile(
            f"The server offers uploads at another host ({parts.hostname}); nothing was sent there."
        )
    headers = {"content-type": mimetype, "x-filename": quote(name, safe="")}
    try:
        request = Request(url, SIZE_LIMIT, address.key, "POST", headers, data)
        response = await link.fetch(request)
        return read_file(msgspec.json.decode(response.body))
    except (OSError, ValueError, CaptivateError) as error:
        raise InvalidFile(
            sentence(f"“{name}” could not be uploaded: {redact(str(error))}")
        ) from None


async def sendable(given: Attachable, link: Link, offer: str | None, address: Address) -> File:
    """Return a file that can be sent: uploaded where the server made an `offer`, else inline.

    Raise `InvalidFile` when it cannot be read or is too large for either.
    """
    on_disk = isinstance(given, str | Path) and not IN_BROWSER
    local = await asyncio.to_thread(resolve, given) if on_disk else resolve(given)
    if isinstance(local, File):
        return local
    if not local.data:
        raise InvalidFile(f"“{local.name}” is empty. Nothing was sent.")
    if offer is None:
        return local.inline()
    return await upload(link, offer, address, local.name, local.data, local.mimetype)


async def fetch_file(link: Link, url: str, address: Address) -> tuple[str, bytes]:
    """Fetch a file from the server itself, on this machine, and return its MIME type and bytes.

    For a reader whose browser is elsewhere. Only the server's own host and port are asked, without
    the key. Raise `InvalidFile` for any other URL, and when it is too large or cannot be had.
    Cancelling drops the request.
    """
    shown = hide_named(str(url))[:100]
    try:
        parts, own = split_url(str(url)), urlsplit(str(address))
        same = (parts.hostname, parts.port) == (own.hostname, own.port)
    except ValueError:
        same = False
    if not (address.loopback and same and parts.scheme in ("http", "https")):
        raise InvalidFile(
            f"“{shown}” is not on the session's own server on this machine; it was not fetched."
        )
    try:
        response = await link.fetch(Request(str(url), SIZE_LIMIT))
    except (OSError, ValueError, CaptivateError) as error:
        raise InvalidFile(
            sentence(f"“{shown}” could not be fetched: {redact(str(error))}")
        ) from None
    kind = response.type.partition(";")[0].strip()
    return kind or "application/octet-stream", response.body


async def fetch_large_message(
    link: Link, url: str, address: Address, trusted: Iterable[str] = ()
) -> e.ServerEvent:
    """Fetch what an error 413 links to: the whole event where it is told, else a bot message.

    The link must be https, and its host the server's own, one of the vendor's or of `trusted`; on
    this machine the embedded server's own http address will do. Raise `CaptivateError` otherwise,
    and when it cannot be had or has more than `TRANSCRIPT_LIMIT` bytes. Cancelling drops the
    request.
    """
    if not may_fetch(url, address, trusted):
        host = _parts(url).hostname or "nowhere"
        raise CaptivateError(
            f"A large message lies at {host}, which is not the server's own host; it was not"
            " fetched. Pass trusted_hosts=[…] to allow that host."
        )
    try:
        headers = {"accept": "application/json"}
        request = Request(url, TRANSCRIPT_LIMIT, address.key, headers=headers)
        response = await link.fetch(request)
        return _server_event(response.body)
    except (OSError, ValueError, CaptivateError) as error:
        told = f"A large message could not be fetched: {redact(str(error))}"
        raise CaptivateError(sentence(told)) from None


def _server_event(body: bytes) -> e.ServerEvent:
    """Read an event, or the vendor's own form of a large bot message."""
    value = from_json(body)
    message = value.get("botMessage") if isinstance(value, dict) else None
    if isinstance(message, dict) and "event_type" not in value:
        payload = {"content": message.get("content")}
        body = to_json({"event_type": "bot_message", "event_payload": payload}).encode()
    event = decode(body, "server")
    if isinstance(event, e.GeneralError):
        raise CaptivateError(f"the server answered {event.description or event.code}")
    if not isinstance(event, e.ServerEvent):
        raise CaptivateError("it is not an event of the server's")
    return event


def may_fetch(url: str, address: Address, trusted: Iterable[str] = ()) -> bool:
    """Tell whether a URL that the server links to may be fetched with the key."""
    parts = _parts(url)
    host = parts.hostname or ""
    if address.loopback and host == address.host:
        return parts.scheme in ("http", "https")
    vendors = any(host.endswith("." + domain) for domain in VENDOR_DOMAINS)
    return parts.scheme == "https" and (host == address.host or vendors or host in trusted)


def _parts(url: str) -> SplitResult:
    """Return the parts of a URL that the server gave; of one that is none, no parts."""
    try:
        return split_url(url)
    except ValueError:
        return urlsplit("")
