"""How a session reaches its server: connections, and requests to the server's own URLs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from captivate_nb.errors import CaptivateError

from .secrets import Secret
from .timeouts import Timeouts
from .transport import Address, Transport


class RequestFailed(CaptivateError):
    """An HTTP request that got no answer, or one that is an error."""


@dataclass(frozen=True)
class Request:
    """An HTTP request; an answer of more than `limit` bytes fails."""

    url: str
    limit: int
    key: Secret | None = None
    """Sent with it, where there is one."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Response:
    """What a request was answered with."""

    type: str
    """Its content type, as the server gives it."""
    body: bytes


class Link(Protocol):
    """A way to a server."""

    async def open(self, address: Address, timeouts: Timeouts) -> Transport:
        """Open a connection.

        Raise `ConnectError` or one of its kinds, without the key in text or chain, and nothing
        else. Cancelling closes what was opened.
        """
        ...

    async def fetch(self, request: Request) -> Response:
        """Make a request. Raise `RequestFailed`, `OSError` or `ValueError` when it fails.

        Cancelling drops it.
        """
        ...
