"""A listening socket, and errors that say what to do when there is none."""

from __future__ import annotations

import errno
import socket

from captivate_nb.errors import ServeError

BACKLOG = 1024  # connections that wait to be taken in; the system may have a lower limit


def listen(host: str, port: int) -> socket.socket:
    """Listen on the first address of `host`; port 0 takes any free one. Raise `ServeError`."""
    if not 0 <= port < 1 << 16:
        raise ServeError(f"{port} is no port; name one from 0 (any that is free) to 65535.")
    try:
        family, *_, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address, family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        raise ServeError(_problem(host, port, error)) from None
    listener.setblocking(False)
    return listener


def shown(host: str) -> str:
    """Return a host as it stands in a URL; one that means every address is seen as loopback."""
    seen = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{seen}]" if ":" in seen else seen


def _problem(host: str, port: int, error: OSError | UnicodeError) -> str:
    if not isinstance(error, OSError):
        return f"“{host}” is no host; name one like 127.0.0.1."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use; name another one, or 0 for any that is free."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account; name one above 1023."
    return f"The server cannot listen on {host}: {error.strerror}; name a host of this machine."
