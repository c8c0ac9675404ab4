"""A listening socket."""

from __future__ import annotations

import socket

import pytest

from captivate_nb.errors import ServeError
from captivate_nb.server.network.listen import listen, shown


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
def test_any_free_port(host: str):
    with listen(host, 0) as listener, listen(host, 0) as other:
        port = listener.getsockname()[1]
        assert port != other.getsockname()[1]
        with socket.create_connection(("localhost", port), timeout=5):
            pass


def test_a_port_in_use():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ServeError, match=rf"^Port {port} on 127\.0\.0\.1 is in use; name an"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("127.0.0.1", 70000, "70000 is no port; name one from 0"),
        ("127.0.0.1", -1, "-1 is no port"),
        ("192.0.2.1", 0, "The server cannot listen on 192.0.2.1: "),
        ("no.such.host.invalid", 0, "The server cannot listen on no.such.host.invalid: "),
        ("a..b", 0, "“a..b” is no host"),
    ],
)
def test_where_one_cannot_listen(host: str, port: int, words: str):
    with pytest.raises(ServeError) as caught:
        listen(host, port)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_of_the_system(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(ServeError, match="^Port 80 may not be used by this account"):
        listen("127.0.0.1", 80)


@pytest.mark.parametrize(
    ("host", "seen"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("example.org", "example.org"),
        ("", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("fe80::1", "[fe80::1]"),
    ],
)
def test_a_host_in_a_url(host: str, seen: str):
    assert shown(host) == seen
