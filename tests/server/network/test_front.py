"""Connections that show no key: little time, not many of them, and no end of the server."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tornado.iostream import IOStream

from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.limits import Limits
from captivate_nb.server.network.front import HEADERS, Strangers
from support.raw import Raw, request

GREETING = request(
    "GET /dev?apiKey=k",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)
ASK = request("GET /api/transcript?apiKey=k")  # 404: the key is right


class Line:
    """A connection, and whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


def lines(count: int) -> list[IOStream]:
    return [Line() for _ in range(count)]  # type: ignore[misc]


def test_the_oldest_stranger_gives_way():
    strangers, (first, second, third, fourth) = Strangers(2), lines(4)
    strangers.add(first)
    strangers.add(second)
    strangers.remove(first)
    strangers.add(third)
    assert not second.closed
    strangers.add(fourth)
    assert [line.closed for line in (first, second, third, fourth)] == [False, True, False, False]
    assert list(strangers) == [third, fourth]
    strangers.drop(third)
    strangers.drop(first)
    assert [line.closed for line in (first, second, third, fourth)] == [False, True, True, False]


@pytest.mark.parametrize(
    "sent",
    [b"", GREETING[:9], GREETING[:-2], request("POST /files")[:-3], ASK],
    ids=["nothing", "half a line", "half a handshake", "half a request", "nothing more"],
)
def test_who_does_not_go_on_is_closed(sent: bytes):
    with EmbeddedServer(key="k", limits=Limits(handshake=0.1)) as server:
        with Raw(server.port, sent) as raw:
            assert raw.rest().startswith(b"HTTP/1.1 404" if sent == ASK else b"")
        with Raw(server.port, ASK) as raw:
            assert raw.status() == 404


def test_a_body_that_does_not_come_ends_too():
    with EmbeddedServer(key="k", limits=Limits(upload=0.1)) as server:
        half = request("POST /files?apiKey=k", "Content-Length: 9", body=b"half")
        with Raw(server.port, half) as raw:
            assert raw.rest() == b""


def test_too_many_strangers_are_closed_from_the_oldest_on():
    with (
        EmbeddedServer(key="k", limits=Limits(strangers=3, handshake=1)) as server,
        ExitStack() as open_ones,
    ):
        guest, asker = (open_ones.enter_context(Raw(server.port, sent)) for sent in (GREETING, ASK))
        assert (guest.status(), asker.status()) == (101, 404)
        halves = [open_ones.enter_context(Raw(server.port, GREETING[:50])) for _ in range(4)]
        assert halves[0].rest() == b""
        with Raw(server.port, ASK) as raw:
            assert raw.status() == 404
        guest.send(b"\x89\x80\0\0\0\0")  # a ping
        assert b"socket_connected" in guest.socket.recv(1 << 16)
        asker.send(request("GET /nothing?apiKey=k", "Connection: close"))
        assert asker.rest().count(b"HTTP/1.1 404") == 1
        halves[-1].send(GREETING[50:])
        assert halves[-1].status() == 101


def test_headers_are_bounded():
    with EmbeddedServer(key="k") as server:
        with Raw(server.port, request("GET /", f"Cookie: {'c' * HEADERS}")) as raw:
            assert raw.rest() == b""
        with Raw(server.port, request("GET /?apiKey=k", f"Cookie: {'c' * (HEADERS // 2)}")) as raw:
            assert raw.status() == 404


@contextmanager
def short_of_descriptors(spare: int) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A server that may open a few more files than it has, and its port."""
    command = [sys.executable, "-m", "captivate_nb", "serve", "--key", "k"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            most = len(list(Path(f"/proc/{process.pid}/fd").iterdir())) + spare
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (most, most))
            yield int(ready["http"].rpartition(":")[2]), process
        finally:
            process.kill()


ONCE = (
    "The server takes in no new connection: Too many open files. It tries again, and says so only"
    " once; `ulimit -n` tells how many files and connections a process may have.\n"
)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux changes others' limits")
@pytest.mark.parametrize("held", [GREETING[:50], ASK], ids=["by strangers", "by those let in"])
def test_out_of_descriptors(held: bytes):
    with short_of_descriptors(8) as (port, process):
        with ExitStack() as open_ones:
            holding = [open_ones.enter_context(Raw(port, held)) for _ in range(20)]
            if held == ASK:
                assert holding[0].status() == 404
            else:
                with Raw(port, ASK) as raw:
                    assert raw.status() == 404
        with Raw(port, ASK) as raw:
            assert raw.status() == 404
        process.terminate()
        assert process.communicate(timeout=20) == ("", ONCE)
