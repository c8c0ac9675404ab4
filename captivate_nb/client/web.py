"""HTTP requests over the network: bounded in size and time, and never redirected."""

from __future__ import annotations

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.simple_httpclient import HTTPStreamClosedError

from .link import Request, RequestFailed, Response

TIMEOUT = 30.0
"""Seconds for one request."""


async def fetch(request: Request) -> Response:
    """Make one request. Raise `RequestFailed`, `OSError` or `ValueError`; cancelling drops it.

    No local holds the key, as a traceback may show them.
    """
    client = AsyncHTTPClient(force_instance=True, max_body_size=request.limit)
    try:
        response = await client.fetch(_as_tornado(request))
    except HTTPStreamClosedError:
        reason = f"the connection was closed, or the answer has more than {request.limit:,} bytes"
        raise RequestFailed(reason) from None
    except HTTPClientError as error:
        raise RequestFailed(str(error)) from None
    finally:
        client.close()
    return Response(response.headers.get("content-type", ""), response.body)


def _as_tornado(request: Request) -> HTTPRequest:
    return HTTPRequest(
        request.url,
        method=request.method,
        headers={**request.headers, **_key_header(request)},
        body=request.body,
        follow_redirects=False,
        connect_timeout=TIMEOUT,
        request_timeout=TIMEOUT,
    )


def _key_header(request: Request) -> dict[str, str]:
    return {} if request.key is None else {"x-api-key": request.key.reveal()}
