"""An HTTP endpoint as a bot: each turn is posted to it, as the hub does."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from captivate_nb.errors import UsageError

from .answers import Json, plain
from .failures import BotFailed
from .prints import Prints

if TYPE_CHECKING:
    from tornado.iostream import IOStream
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

SHOWN = 2000  # characters of what an endpoint answers in place of an answer
SHORTEST = 4  # characters of what is taken to be secret: less stands in any text


class Endpoint:
    """Posts requests to a URL, with headers of the caller's; a turn may take `timeout` seconds.

    Neither the headers nor a query or password of the URL show anywhere.
    """

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float, largest: int) -> None:
        self.name = self.shown = shown(url)
        self._url = url
        self._secrets = _secrets_of(url, headers)
        self._headers = {**headers, "Content-Type": "application/json"}
        self._timeout = timeout
        self._largest = largest

    async def call(self, request: Json, prints: Prints) -> AsyncGenerator[list[Json], None]:  # noqa: ARG002
        """Yield the answer to a request; raise `BotFailed`. Closing it drops the request."""
        status, body = await self._post(json.dumps(request))
        text = body.decode("utf-8-sig", "replace")
        if status != 200:
            raise BotFailed(f"{self.name} answered {status}: the bot failed.", self._start(text))
        try:
            answer = json.loads(text) if text.strip() else None
        except (ValueError, RecursionError):
            raise BotFailed(
                f"{self.name} answered what is no JSON. Is that the bot's address?",
                self._start(text),
            ) from None
        yield plain(answer)

    def _start(self, text: str) -> str:
        """Return the beginning of what it answered; it may tell back what it was sent."""
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return text[:SHOWN]

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
            async with self._client() as client:
                answer = await client.fetch(request, raise_error=False)
        except HTTPTimeoutError:
            raise BotFailed(
                f"{self.name} has not answered within {self._timeout:g} s. bot_timeout= gives it longer."
            ) from None
        except (HTTPError, OSError, ValueError) as error:
            raise BotFailed(
                f"{self.name} cannot be reached: {error!s:.300}. Does it run?"
            ) from None
        return answer.code, answer.body or b""

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncIterator[SimpleAsyncHTTPClient]:
        """Have a client for one request, whose connection ends with it, whether it was answered or not."""
        from tornado.simple_httpclient import SimpleAsyncHTTPClient

        client = SimpleAsyncHTTPClient(
            force_instance=True, max_body_size=self._largest, max_buffer_size=self._largest
        )
        connect = client.tcp_client.connect
        opened: list[IOStream] = []

        async def noted(*where: Any, **how: Any) -> IOStream:
            stream = await connect(*where, **how)
            opened.append(stream)
            return stream

        client.tcp_client.connect = noted  # type: ignore[method-assign]
        try:
            yield client
        finally:
            for stream in opened:
                stream.close()
            client.close()


def _secrets_of(url: str, headers: Mapping[str, str]) -> list[str]:
    """Return what is secret in an address and in headers, the longest first."""
    parts = urlsplit(url)
    values = [value for _, value in parse_qsl(parts.query)]
    found = {parts.query, parts.password or "", *values, *headers.values()}
    found |= {word for value in headers.values() for word in value.split()[1:]}
    return sorted((secret for secret in found if len(secret) >= SHORTEST), key=len, reverse=True)


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
