"""What every request must pass: the key, the page it comes from; and how it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from tornado.web import RequestHandler

from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import encode

from .access import may_ask, same_key
from .hub import Hub

_KEY = re.compile(r"(?i)api[_-]?key")


@dataclass(frozen=True)
class Door:
    """Who may come in."""

    key: str
    origins: frozenset[str]


class Guarded(RequestHandler):
    """Checks of every request; `public` ones need no key, as a page's `<img>` has none."""

    public = False

    def initialize(self, hub: Hub, door: Door) -> None:
        self.hub = hub
        self.door = door

    def prepare(self) -> None:
        origin = self.request.headers.get("Origin")
        if not may_ask(origin, self.door.origins):
            self.refuse(403, f"Pages of {origin} may not talk to this server")
            return
        if origin is not None:
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Vary", "Origin")
        if self.request.method == "OPTIONS" or self.public:
            return
        given = self.get_query_argument("apiKey", "") or self.get_query_argument("apikey", "")
        if not same_key(self.request.headers.get("X-Api-Key", given), self.door.key):
            self.refuse(401, "The API key is missing or wrong")

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

    def log_exception(self, *args: Any) -> None:
        """Log with the key out of the address, which tornado would print."""
        self.request.uri = redacted(self.request.uri or "")
        super().log_exception(*args)


def redacted(address: str) -> str:
    """Return a request's address without the keys in its query."""
    path, mark, query = address.partition("?")
    return path + mark + "&".join(map(_redacted_field, query.split("&")))


def _redacted_field(field: str) -> str:
    name, equals, _ = field.partition("=")
    return f"{name}{equals}***" if equals and _KEY.fullmatch(unquote_plus(name)) else field
