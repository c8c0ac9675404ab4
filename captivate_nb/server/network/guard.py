"""What every request must pass: the key, the page it comes from, its size; and how it is refused.

All of it is checked when the headers are there. A body is read only of those who may send it, as
many at a time as there is room for.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import unquote_plus

import msgspec
from tornado.http1connection import HTTP1Connection
from tornado.web import HTTPError, RequestHandler, stream_request_body

from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode
from captivate_nb.server.limits import ByteBudget
from captivate_nb.server.service import Service

from .access import may_ask, same_key
from .front import Strangers

DRAINED = 1 << 20  # bytes of a stranger's body that are read, and dropped, so that it hears why

_KEY = re.compile(r"(?i)api[_-]?key")
_LENGTH = re.compile(r"[0-9]{1,18}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AccessPolicy:
    """Who may send requests, and speak for the bot, who has not shown that yet, and how many bytes may come at a time."""

    key: str
    push_secret: str
    origins: frozenset[str]
    strangers: Strangers
    bodies: ByteBudget


@stream_request_body
class Guarded(RequestHandler):
    """Checks of every request; `public` ones need no key, as a page's `<img>` has none."""

    public = False
    carries: ClassVar = "This request"  # what its body is, for people

    def initialize(self, service: Service, policy: AccessPolicy) -> None:
        self.service = service
        self.policy = policy
        self.body = bytearray()
        self._taken = 0  # bytes of the budget for bodies
        self._drained = DRAINED
        self._dropping = False  # what still comes of the body

    @property
    def longest(self) -> int:
        """Bytes that the body may have."""
        return 0

    async def prepare(self) -> None:
        origin = self.request.headers.get("Origin")
        if not may_ask(origin, self.policy.origins):
            self._reject(403, f"Pages of {origin} may not talk to this server")
            return
        if origin is not None:
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Vary", "Origin")
        if not (self.public or self.request.method == "OPTIONS"):
            if not self._has_key():
                self._reject(401, "The API key is missing or wrong")
                return
            self._drained = self.service.limits.body
            self.policy.strangers.remove(self._connection.stream)
        if self._content_length > self.longest:
            self._reject(413, self._too_long)
            return
        self._taken = await self.policy.bodies.take(self._content_length)

    def data_received(self, chunk: bytes) -> None:
        if self._dropping:
            return
        if len(self.body) + len(chunk) > self.longest:
            self._reject(413, self._too_long)
            return
        self.body += chunk

    def on_finish(self) -> None:
        self._release_bodies()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        RequestHandler.on_connection_close(self)  # that of a WebSocket does not end the body
        self._release_bodies()

    def decode_argument(self, value: bytes, name: str | None = None) -> str:  # noqa: ARG002
        """Take what is not UTF-8 for a wrong value; tornado would log it, and it may be a key."""
        return value.decode(errors="replace")

    def options(self, *_: str) -> None:
        """Answer a browser that asks before it sends."""
        self.set_header("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
        self.set_header(
            "Access-Control-Allow-Headers", "x-api-key, content-type, accept, x-filename"
        )
        self.set_header("Access-Control-Max-Age", "600")
        self.set_status(204)

    def set_default_headers(self) -> None:
        self.set_header("Server", "captivate-nb")
        self.set_header("X-Content-Type-Options", "nosniff")

    def refuse(self, status: int, why: str) -> None:
        """End the request with an error in the form that sockets get."""
        self.answer(e.GeneralError(code=status, description=why), status)

    def answer(self, event: e.ServerEvent, status: int = 200, **more: Any) -> None:
        self.set_status(status)
        self.finish({**msgspec.json.decode(encode(event)), **more})

    def write_error(self, status_code: int, **_: Any) -> None:
        self.refuse(status_code, self._reason)

    def log_exception(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Log with the key out of the address; what a client does wrong is told to the client."""
        self.request.uri = redacted(self.request.uri or "")
        if isinstance(error, HTTPError):
            _log.debug("%s: %s", self.request.uri, error)
        else:
            super().log_exception(kind, error, trace)

    @property
    def _connection(self) -> HTTP1Connection:
        connection = self.request.connection
        assert isinstance(connection, HTTP1Connection)
        return connection

    @property
    def _content_length(self) -> int:
        """Bytes that the body has; as many as it may have where the headers do not tell."""
        told = self.request.headers.get("Content-Length", "")
        if _LENGTH.fullmatch(told):
            return int(told)
        return self.longest if told or "Transfer-Encoding" in self.request.headers else 0

    @property
    def _too_long(self) -> str:
        return f"{self.carries} has at most {self.longest} bytes"

    def _has_key(self) -> bool:
        given = self.get_query_argument("apiKey", "") or self.get_query_argument("apikey", "")
        return same_key(self.request.headers.get("X-Api-Key", given), self.policy.key)

    def _reject(self, status: int, why: str) -> None:
        """Refuse a request before its body is there.

        Who still sends does not listen, and a closed connection takes the answer along: so the
        rest of a body that is not too long is read, and dropped.
        """
        self._dropping = True
        self._release_bodies()
        if not 0 < self._content_length <= self._drained or "Expect" in self.request.headers:
            self.set_header("Connection", "close")
            self.refuse(status, why)
            return
        told = encode(e.GeneralError(code=status, description=why)).encode()
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.set_header("Content-Length", str(len(told)))
        self.write(told)
        self.flush()
        self._connection.set_max_body_size(self._drained)
        self._connection.set_body_timeout(self.service.limits.handshake)
        setattr(self, str(self.request.method).lower(), lambda *_: self.finish())

    def _release_bodies(self) -> None:
        self.policy.bodies.release(self._taken)
        self._taken = 0


def redacted(address: str) -> str:
    """Return a request's address without the keys in its query."""
    path, mark, query = address.partition("?")
    return path + mark + "&".join(map(_redacted_field, query.split("&")))


def _redacted_field(field: str) -> str:
    name, equals, _ = field.partition("=")
    return f"{name}{equals}***" if equals and _KEY.fullmatch(unquote_plus(name)) else field
