"""An HTTP endpoint as a bot: each turn is posted to it, as the hub does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import urlsplit

from captivate_nb.errors import UsageError

from .answers import Json, plain
from .failures import BotFailed
from .prints import Prints

SHOWN = 2000  # characters of what an endpoint answers in place of an answer
AT_ONCE = 500  # requests


class Endpoint:
    """Posts requests to a URL, with headers of the caller's; a turn may take `timeout` seconds.

    Neither the headers nor a query or password of the URL show anywhere.
    """

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float, largest: int) -> None:
        self.name = self.shown = shown(url)
        self._url = url
        self._headers = {**headers, "Content-Type": "application/json"}
        self._timeout = timeout
        self._largest = largest
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None  # the client's

    async def call(self, request: Json, prints: Prints) -> AsyncGenerator[list[Json], None]:  # noqa: ARG002
        """Yield the answer to a request; raise `BotFailed`. Closing it drops the request."""
        status, body = await self._post(json.dumps(request))
        text = body.decode("utf-8", "replace")
        if status != 200:
            raise BotFailed(f"{self.name} answered {status}: the bot failed.", text[:SHOWN])
        try:
            answer = json.loads(text) if text.strip() else None
        except (ValueError, RecursionError):
            raise BotFailed(
                f"{self.name} answered what is no JSON. Is that the bot's address?", text[:SHOWN]
            ) from None
        yield plain(answer)

    async def _post(self, body: str) -> tuple[int, bytes]:
        from tornado.httpclient import HTTPError, HTTPRequest
        from tornado.simple_httpclient import HTTPTimeoutError

        request = HTTPRequest(
            self._url,
            "POST",
            self._headers,
            body,
            connect_timeout=self._timeout,
            request_timeout=self._timeout,
            follow_redirects=False,
        )
        try:
            answer = await self._opened().fetch(request, raise_error=False)
        except HTTPTimeoutError:
            raise BotFailed(
                f"{self.name} has not answered within {self._timeout:g} s. bot_timeout= gives it longer."
            ) from None
        except (HTTPError, OSError, ValueError) as error:
            raise BotFailed(
                f"{self.name} cannot be reached: {error!s:.300}. Does it run?"
            ) from None
        return answer.code, answer.body or b""

    def _opened(self) -> Any:
        """Return the client of the loop that is running."""
        from tornado.simple_httpclient import SimpleAsyncHTTPClient

        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            self._client = SimpleAsyncHTTPClient(
                force_instance=True,
                max_clients=AT_ONCE,
                max_body_size=self._largest,
                max_buffer_size=self._largest,
            )
        return self._client


def is_address(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def shown(url: str) -> str:
    """Return an address without what may be secret in it; raise `UsageError` for one that is none."""
    advice = "bot= is no address: write it like http://127.0.0.1:8000/chat."
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise UsageError(advice) from None
    if not parts.hostname:
        raise UsageError(advice)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}"
