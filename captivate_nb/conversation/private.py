"""Metadata that is private: it is sent, and shown, logged or saved nowhere."""

from __future__ import annotations

from typing import Any

PRIVATE = "private"
"""Under what name it stands in metadata."""


def without_private(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of metadata, but what is private."""
    return {key: value for key, value in metadata.items() if key != PRIVATE}
