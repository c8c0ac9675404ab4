"""A server, and a client of it that knows the wire alone; a module may have others of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from captivate_nb.server.embedded import EmbeddedServer
from support.bare import Bare, connect


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """The module's server: it has the shipped flow that the module names as `SERVES`."""
    with EmbeddedServer(getattr(request.module, "SERVES", "support")) as server:
        yield server


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Bare]:
    async with connect(server) as client:
        yield client
