"""A connection to a Captivate server: its address, its limits, and a key that never shows.

The service behind the Socket API behaves like AWS API Gateway: frames of at most 32 KiB, messages
of at most 128 KiB, an idle socket closed after 10 minutes and any socket after 2 hours.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import AsyncIterator, Iterator
from typing import Protocol
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from captivate_nb.errors import InvalidMessage, InvalidURL

from .secrets import HIDDEN, Secret, hide_named, secrets_in

FRAME_LIMIT = 32 * 1024
"""Bytes of one frame; a longer message goes out in fragments."""

MESSAGE_LIMIT = 128 * 1024
"""Bytes of one message; a longer one is refused before it is sent."""

RECEIVE_LIMIT = 16 * 1024 * 1024
"""Bytes of one received message: transcripts of servers without the service's limit."""

_KEY_QUERY = re.compile(r"([?&])apikey=([^&#]*)(&?)", re.IGNORECASE)

_MAY_BE_SHOWN = re.compile(r"[a-z]+://|[\w.-]+:\d+(?!\w)|localhost\b", re.IGNORECASE)
"""How a URL begins, or one that lacks `wss://`; what begins otherwise may be the key."""


class Address:
    """Where a server is and the key for it. Shows without the key or any other secret.

    A user and password in its URL, and fields of its query such as `token`, are used and not shown.
    """

    _parts = urlsplit("")  # a traceback may show an address whose URL was found wrong

    def __init__(self, url: str, key: Secret | str | None = None) -> None:
        url, in_url = take_key(url)
        given = key if isinstance(key, Secret) else Secret(key or "")
        self.key = given or in_url
        self._parts = urlsplit(_checked(url, self.key))
        self.secrets = (self.key, *secrets_in(urlunsplit(self._parts)))

    @property
    def host(self) -> str:
        """Return the host's name, lower case."""
        return self._parts.hostname or ""

    @property
    def secure(self) -> bool:
        """Tell whether the connection is encrypted."""
        return self._parts.scheme == "wss"

    @property
    def loopback(self) -> bool:
        """Tell whether the server is on this machine."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"

    def __str__(self) -> str:
        _, _, netloc = self._parts.netloc.rpartition("@")
        shown = hide_named(urlunsplit(self._parts._replace(netloc=netloc)))
        return self.key.hide_in(shown)

    def __repr__(self) -> str:
        return f"<Address {self}>"

    def with_key(self) -> str:
        """Return the URL to connect to, with the key percent-encoded in it."""
        key = f"apiKey={quote(self.key.reveal(), safe='')}" if self.key else ""
        query = "&".join(filter(None, (self._parts.query, key)))
        return urlunsplit(self._parts._replace(query=query))


def take_key(url: str) -> tuple[str, Secret]:
    """Return a URL without the `apiKey` of its query, and that key."""
    if not isinstance(url, str):
        raise InvalidURL(f"A URL is text such as wss://host/dev, not {type(url).__name__}.")
    found = _KEY_QUERY.search(url)
    if found is None:
        return url, Secret("")
    mark = found[1] if found[3] else ""
    return url[: found.start()] + mark + url[found.end() :], Secret(unquote_plus(found[2]))


def _checked(url: str, key: Secret) -> str:
    text = url.strip()
    shown = key.hide_in(_shown(text))
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        why = "" if "@" in text else f": {error}"  # it may quote a password for a port
        raise InvalidURL(f"“{shown}” is not a URL{why}. It looks like wss://host/dev.") from None
    if parts.scheme in ("http", "https"):
        better = "ws" + shown[4:]
        raise InvalidURL(f"“{shown}” is a web address; the Socket API's is {better}.")
    if parts.scheme not in ("ws", "wss") or not host:
        raise InvalidURL(
            f"“{shown}” is not the URL of a server, which looks like wss://host/dev and comes"
            " before the key."
        )
    if parts.username is not None and parts.password is None:
        raise InvalidURL(f"“{shown}” has a user without a password: wss://USER:PASSWORD@host/dev.")
    return text


def _shown(url: str) -> str:
    """Return the beginning of what was given for a URL, without what may be a password or key."""
    before, at, after = url.rpartition("@")
    if url and not at and not _MAY_BE_SHOWN.match(url):
        return HIDDEN
    scheme, slashes, _ = before.partition("://") if "://" in before else ("", "", "")
    return hide_named(f"{scheme}{slashes}{HIDDEN}@{after}" if at else url)[:100]


class Transport(Protocol):
    """An open connection to a server, made by a `Link`."""

    too_large: bool
    """Whether it ended because a message was received that is over the limit."""

    async def send(self, frame: str) -> None:
        """Send one message, in fragments when it is long.

        Raise `InvalidMessage` over the limit, `ConnectionError` when the connection is closed.
        Cancelling may leave the message half sent, which closes the connection.
        """

    def frames(self) -> AsyncIterator[str | bytes]:
        """Yield every message until the connection closes, whatever closed it. Cancelling is safe."""
        ...

    async def close(self) -> None:
        """Close it; harmless on a closed one. Cancelling breaks it instead."""

    async def is_alive(self) -> bool:
        """Ask the other side for an answer; cancelling is safe."""
        ...

    def abort(self) -> None:
        """Break it, as the other side is not there to close it with."""

    @property
    def close_reason(self) -> str:
        """Say why it closed, as far as either side told."""
        ...


def check_size(frame: str) -> bytes:
    """Return a message's bytes; raise `InvalidMessage` when the service would not take so many."""
    data = frame.encode()
    if len(data) > MESSAGE_LIMIT:
        raise InvalidMessage(
            f"The message has {len(data):,} bytes; the service takes at most {MESSAGE_LIMIT:,}."
            " Nothing was sent. Shorten it, or send it as a file."
        )
    return data


def fragments(data: bytes) -> Iterator[str]:
    """Cut UTF-8 into pieces of at most `FRAME_LIMIT` bytes, never inside a character."""
    start = 0
    while start < len(data):
        end = min(start + FRAME_LIMIT, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[start:end].decode()
        start = end
