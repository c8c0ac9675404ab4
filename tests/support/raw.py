"""Requests byte by byte, as an attacker sends them."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

LIMIT = 5.0  # seconds for an answer, or for the end of a connection


class Raw:
    """One TCP connection to a server on this machine."""

    def __init__(self, port: int, sent: bytes = b"", *, buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(LIMIT)
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(("127.0.0.1", port))
        self.send(sent)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def status(self) -> int:
        """Return the status of the next answer; raise `TimeoutError` where none comes."""
        return int(self.line().split()[1])

    def line(self) -> bytes:
        """Return a line, or what there is of one at the end."""
        line = b""
        while not line.endswith(b"\r\n") and (more := self.socket.recv(1)):
            line += more
        return line

    def rest(self) -> bytes:
        """Return all that comes until the server closes; raise `TimeoutError` if it does not."""
        rest = b""
        try:
            while more := self.socket.recv(1 << 16):
                rest += more
        except ConnectionResetError:
            pass
        return rest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """Return a whole request: its line without the version, and its headers."""
    head = "\r\n".join([f"{line} HTTP/1.1", "Host: x", *headers])
    return f"{head}\r\n\r\n".encode("latin-1") + body
