"""The embedded server as a process of its own, that a test may kill and start again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")  # of the system's clock of processes, in a second


class Served:
    """`captivate-nb serve` on one port; its options are the same at every start."""

    def __init__(self, *options: str, key: str = "a-key") -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.key = key
        self.ws_url = ""
        self._command = [sys.executable, "-m", "captivate_nb", "serve", *options]
        self._command += ["--port", str(port), "--key", key]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start, and return when it listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.ws_url = json.loads(self._process.stdout.readline())["ws"]
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it at once, by SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def stop(self) -> int:
        """End it in order, and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._end()

    def _end(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        assert process.stdout is not None
        code = process.wait(timeout=30)
        process.stdout.close()
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


def resident(pid: int, *, highest: bool = False) -> int:
    """Return the memory that a process has now, or has had at its highest, in bytes."""
    name = "VmHWM:" if highest else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) << 10
    raise RuntimeError(f"no memory is told of process {pid}")


def processor(pid: int) -> float:
    """Return the processor time that a process has taken, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
