"""One WebSocket to a Captivate server: its address, its limits, and a key that never shows.

The service behind the Socket API behaves like AWS API Gateway: frames of at most 32 KiB, messages
of at most 128 KiB, an idle socket closed after 10 minutes and any socket after 2 hours.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import DATA_OPCODES, CloseCode, Frame

from captivate_nb.errors import InvalidMessage, InvalidURL

from .secrets import HIDDEN, Redacting, Secret, hide_named, redact, secrets_in

FRAME_LIMIT = 32 * 1024
"""Bytes of one frame; a longer message goes out in fragments."""

MESSAGE_LIMIT = 128 * 1024
"""Bytes of one message; a longer one is refused before it is sent."""

ANSWER_LIMIT = 5.0
"""Seconds that the answer to a ping may take when it is asked whether the connection is alive."""

_KEY_QUERY = re.compile(r"([?&])apikey=([^&#]*)(&?)", re.IGNORECASE)

_logger = logging.getLogger("captivate_nb.client.transport")


def _without_data(record: logging.LogRecord) -> bool:
    """Log only how large a message is: what it says, a session logs without what is hidden of it."""
    frame = record.args[0] if isinstance(record.args, tuple) and record.args else None
    if isinstance(frame, Frame) and frame.opcode in DATA_OPCODES:
        size = f"{frame.opcode.name} [{len(frame.data)} bytes]"
        record.args = (size,)
    return True


_logger.addFilter(_without_data)
_logger.addFilter(Redacting())


class Address:
    """Where a server is and the key for it. Shows without the key or any other secret.

    A user and password in its URL, and fields of its query such as `token`, are used and not shown.
    """

    _parts = urlsplit("")  # a traceback may show an address whose URL was found wrong

    def __init__(self, url: str, key: Secret | str | None = None) -> None:
        url, in_url = take_key(url)
        self._parts = urlsplit(_checked(url))
        given = key if isinstance(key, Secret) else Secret(key or "")
        self.key = given or in_url
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
        return hide_named(urlunsplit(self._parts._replace(netloc=netloc)))

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


def _checked(url: str) -> str:
    text = url.strip()
    shown = _shown(text)
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
        raise InvalidURL(f"“{shown}” is not the URL of a server. It looks like wss://host/dev.")
    if parts.username is not None and parts.password is None:
        raise InvalidURL(f"“{shown}” has a user without a password: wss://USER:PASSWORD@host/dev.")
    return text


def _shown(url: str) -> str:
    """Return the beginning of what was given for a URL, without what may be a password in it."""
    before, at, after = url.rpartition("@")
    scheme, slashes, _ = before.partition("://") if "://" in before else ("", "", "")
    return hide_named(f"{scheme}{slashes}{HIDDEN}@{after}" if at else url)[:100]


class Transport:
    """An open WebSocket. Made by `open_transport`."""

    def __init__(self, websocket: ClientConnection, secrets: tuple[Secret, ...] = ()) -> None:
        self._websocket = websocket
        self._secrets = secrets  # known, and so hidden in log lines, for as long as it is used
        self.too_large = False
        """Whether it ended because a message was received that is over the limit."""

    async def send(self, frame: str) -> None:
        """Send one message, in fragments when it is long.

        Raise `InvalidMessage` over the limit, `ConnectionError` when the socket is closed.
        Cancelling may leave the message half sent, which closes the socket.
        """
        data = check_size(frame)
        try:
            if len(data) <= FRAME_LIMIT:
                await self._websocket.send(frame)
            else:
                await self._websocket.send(fragments(data))
        except ConnectionClosed:
            raise ConnectionError("The connection closed.") from None

    async def frames(self) -> AsyncIterator[str | bytes]:
        """Yield every message until the socket closes, whatever closed it. Cancelling is safe."""
        while True:
            try:
                frame = await self._websocket.recv()
            except ConnectionClosed as closed:
                code = closed.sent.code if closed.sent else None
                self.too_large = code == CloseCode.MESSAGE_TOO_BIG and not closed.rcvd_then_sent
                return
            yield frame

    async def close(self) -> None:
        """Close the socket; harmless on a closed one. Cancelling breaks the connection instead."""
        try:
            await self._websocket.close()
        except asyncio.CancelledError:
            self.abort()
            raise

    async def is_alive(self) -> bool:
        """Ask the other side for an answer, within `ANSWER_LIMIT` seconds; cancelling is safe.

        A loop that was blocked meanwhile saw the time pass and not the answer, so it asks twice.
        """
        for _ in range(2):
            try:
                answer = asyncio.ensure_future(await self._websocket.ping())
                done, _ = await asyncio.wait([answer], timeout=ANSWER_LIMIT / 2)
            except ConnectionClosed:
                return False
            if done and not answer.cancelled() and answer.exception() is None:
                return True
        return False

    def abort(self) -> None:
        """Break the connection, as the other side is not there to close it with."""
        self._websocket.transport.abort()

    @property
    def close_reason(self) -> str:
        """Say why the socket closed, as far as either side told."""
        code, reason = self._websocket.close_code, self._websocket.close_reason
        return redact(f"{code} {reason}".strip()) if code else "the connection broke"


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
