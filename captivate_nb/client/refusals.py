"""What to tell when a server answers, and does not let in."""

from __future__ import annotations

from captivate_nb.errors import ConnectError, KeyRefused, NotCaptivate

from .transport import Address

SET_KEY = "Set CAPTIVATE_API_KEY, or pass api_key=, with the key of your custom channel."
"""What to do when a key was refused."""

_BUSY = {
    429: "it gets too many requests",
    502: "the service behind it is down",
    503: "the service is down or busy",
    504: "the service behind it does not answer",
}


def refusal(address: Address, status: int) -> ConnectError:
    """Return the error for an HTTP status with which a connection is refused."""
    if status in (401, 403):
        given = "the API key was refused" if address.key else "no API key was given"
        return KeyRefused(f"{address} answered {status}: {given}.", SET_KEY)
    if status in _BUSY:
        return ConnectError(
            f"{address} answered {status}: {_BUSY[status]}.", "Try again in a minute."
        )
    return NotCaptivate(f"{address} answered HTTP {status} instead of a chat.", "Check the URL.")
