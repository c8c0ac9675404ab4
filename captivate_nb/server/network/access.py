"""Who may connect to the server: the key, and the pages whose scripts may."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit


def same_key(given: str, key: str) -> bool:
    """Compare keys in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), key.encode())


def is_text(key: str) -> bool:
    """Whether it can be sent; half an emoji, or a byte of the environment that is none, can not."""
    return key.encode("utf-8", "ignore").decode() == key


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine, seen from itself only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def may_ask(origin: str | None, allowed: Collection[str]) -> bool:
    """Whether a page of this origin may talk to the server; no origin is no page.

    Pages served from this machine may, and the `allowed` origins.
    """
    if origin is None or origin in allowed:
        return True
    try:
        page = urlsplit(origin)
        return page.scheme in ("http", "https") and is_loopback(page.hostname or "")
    except ValueError:
        return False
