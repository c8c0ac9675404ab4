"""The way to a server over the network: a WebSocket, and HTTP."""

from __future__ import annotations

from .link import Request, Response
from .timeouts import Timeouts
from .transport import Address, Transport


class NetworkLink:
    """Imports what WebSockets and HTTP need when they are used: a local session needs neither."""

    async def open(self, address: Address, timeouts: Timeouts) -> Transport:
        from .handshake import open_transport

        return await open_transport(address, timeouts)

    async def fetch(self, request: Request) -> Response:
        from .web import fetch

        return await fetch(request)
