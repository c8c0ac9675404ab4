"""The embedded server, a whole server side of the Socket API, and the flows that come with it.

    from captivate_nb.server.embedded import EmbeddedServer

Nothing heavy is imported here, so that the names of the flows can be had without a server.
"""

from __future__ import annotations

from pathlib import Path

FLOWS = Path(__file__).with_name("flows")


def flows() -> tuple[str, ...]:
    """Return the names of the flows that come with the package."""
    return tuple(sorted(path.stem for path in FLOWS.glob("*.yaml")))
