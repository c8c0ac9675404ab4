"""Who may talk to the server."""

from __future__ import annotations

import pytest

from captivate_nb.server.network.access import is_loopback, is_text, may_ask, same_key


def test_keys():
    assert same_key("schlüssel", "schlüssel")
    assert not same_key("schlussel", "schlüssel")
    assert not same_key("", "x")
    assert not same_key("\ud800", "x")
    assert is_text("schlüssel 🔑")
    assert not is_text("half an emoji: \ud83d")


@pytest.mark.parametrize(
    ("host", "yes"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("192.168.1.2", False),
        ("example.org", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_loopback(host: str, yes: bool):
    assert is_loopback(host) is yes


@pytest.mark.parametrize(
    ("origin", "yes"),
    [
        (None, True),
        ("http://localhost:8888", True),
        ("https://127.0.0.1", True),
        ("http://[::1]:8888", True),
        ("https://hub.example.org", True),
        ("https://example.org", False),
        ("https://hub.example.org:8443", False),
        ("http://localhost.example.org", False),
        ("null", False),
        ("file://localhost", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_origins(origin: str | None, yes: bool):
    assert may_ask(origin, {"https://hub.example.org"}) is yes
