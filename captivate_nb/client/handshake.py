"""Opening a WebSocket to a server: where it may lead, and what to tell when it does not open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import (
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    WebSocketException,
)
from websockets.frames import DATA_OPCODES, Frame

from captivate_nb.errors import ConnectError, InvalidURL, NotCaptivate

from .refusals import refusal
from .secrets import Redacting, redact
from .timeouts import Timeouts
from .transport import RECEIVE_LIMIT, Address
from .websocket import WebSocketTransport

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


async def open_transport(address: Address, timeouts: Timeouts) -> WebSocketTransport:
    """Open a WebSocket.

    Raise `ConnectError` (nothing answers) or one of its kinds, without the key in text or chain,
    and nothing else. Cancelling closes what was opened.
    """
    try:
        websocket = await _Connect(
            address.with_key(),
            logger=_logger,
            max_size=RECEIVE_LIMIT,
            open_timeout=timeouts.connect,
            ping_interval=timeouts.ping,
            ping_timeout=timeouts.ping,
            close_timeout=timeouts.close,
            proxy=None if address.loopback else True,
        )
    except asyncio.CancelledError:
        raise asyncio.CancelledError from None  # without the frames that know the URL
    except Exception as error:  # noqa: BLE001  # of websockets, a proxy's library, codecs, sockets
        raise _failure(address, error, timeouts.connect) from None
    return WebSocketTransport(websocket, timeouts.alive, address.secrets)


class _Elsewhere(WebSocketException):
    """A redirect that is not followed; the text is where it leads."""


class _Connect(connect):
    """Follows redirects on the server's own host only, and never out of TLS: the key is for it."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the URL that a redirect leads to, or the error to raise."""
        try:
            target = super().process_redirect(exc)
        except (WebSocketException, ValueError, LookupError):
            return _Elsewhere(_where(exc))
        if isinstance(target, str) and urlsplit(target).hostname == urlsplit(self.uri).hostname:
            return target
        return exc if target is exc else _Elsewhere(_where(exc))


def _where(redirect: Exception) -> str:
    """Return the origin that a redirect names: the rest of its URL may hold the key."""
    assert isinstance(redirect, InvalidStatus)
    location = redirect.response.headers.get_all("Location")[0]
    with contextlib.suppress(ValueError):
        parts = urlsplit(location)
        if parts.hostname:
            scheme = f"{parts.scheme}://" if parts.scheme else ""
            port = f":{parts.port}" if parts.port else ""
            return redact(f"{scheme}{parts.hostname}{port}"[:100])
    return "an address that is none"


def _failure(address: Address, error: Exception, seconds: float) -> ConnectError:
    """Return what to raise instead of what the libraries did."""
    match error:
        case InvalidStatus():
            return refusal(address, error.response.status_code)
        case _Elsewhere():
            return NotCaptivate(
                f"{address} redirects to {error}; it was not followed, as the key is for"
                f" {address.host} only.",
                "Connect to the address that the server has now.",
            )
        case InvalidProxy() | ProxyError() | ImportError():
            return ConnectError(
                f"The proxy to {address} cannot be used: {_proxy_reason(error)}.",
                "Check https_proxy, which looks like http://host:port; no_proxy=* goes without.",
            )
        case InvalidHandshake() | EOFError():
            return NotCaptivate(
                f"{address} does not speak WebSocket ({redact(str(error))}).", "Check the URL."
            )
        case InvalidURI() | UnicodeError():
            return InvalidURL(f"“{address}” is not the URL of a server.", "Check its host.")
        case TimeoutError():
            late = f"{address} did not answer within {seconds:g} s."
            return ConnectError(late, "Check the URL and network.")
        case ssl.SSLError() | ConnectionResetError() if address.secure:
            return ConnectError(
                f"No secure connection to {address}: {_tls_reason(error)}.",
                "Check the host, or use ws:// for a server without TLS.",
            )
        case OSError():
            return ConnectError(
                f"No server answers at {address} ({_reason(error)}).",
                "Check the URL and the network.",
            )
        case _:
            why = redact(f"{type(error).__name__}: {error}")
            return ConnectError(f"No connection to {address} ({why}).", "Check the URL.")


def _proxy_reason(error: Exception) -> str:
    """Say what is wrong with a proxy; its URL, which may hold a password, is not shown."""
    match error:
        case InvalidProxy():
            return error.msg
        case ImportError():
            return "one of SOCKS needs a package: pip install python-socks"
        case _:
            return redact(str(error))


def _tls_reason(error: OSError) -> str:
    return str(error.reason or error) if isinstance(error, ssl.SSLError) else "it was broken off"


def _reason(error: OSError) -> str:
    """Say why nothing answers; asyncio puts addresses where the system's own words should be."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or "every address refused"
