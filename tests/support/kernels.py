"""A real ipykernel, driven the way a front end does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from support.jupyter_env import own_environment


@dataclass
class Executed:
    """What one cell gave: `text` is stdout, then the plain text of what it showed and its value."""

    stdout: str = ""
    stderr: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)  # MIME bundles, in order
    error: str | None = None  # "Name: message"
    traceback: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        shown = [bundle.get("text/plain", "") for bundle in self.outputs]
        return "\n".join(part for part in [self.stdout.rstrip("\n"), *shown] if part)

    def take(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "stream":
            setattr(self, content["name"], getattr(self, content["name"]) + content["text"])
        elif kind in {"display_data", "execute_result", "update_display_data"}:
            self.outputs.append(content["data"])
        elif kind == "error":
            self.error = f"{content['ename']}: {content['evalue']}"
            self.traceback = content["traceback"]


class Kernel:
    """One ipykernel process; `manager` and `client` are jupyter_client's own, for all the rest."""

    def __init__(self, folder: Path) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self._folder = folder

    def start(self, timeout: float = 60) -> None:
        self.manager.start_kernel(env=own_environment(self._folder), cwd=str(self._folder))
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=timeout)

    def stop(self) -> None:
        """Ask first: a kernel that leaves by itself writes down what it covered."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()
        self.manager.cleanup_resources()

    def execute(self, code: str, timeout: float = 30) -> Executed:
        """Run a cell to its end, at most `timeout` seconds; a cell's error is in the result."""
        return self.finish(self.begin(code), timeout)

    def begin(self, code: str) -> str:
        """Send a cell and do not wait; `finish` takes what this returns."""
        return str(self.client.execute(code, allow_stdin=False))

    def finish(self, sent: str, timeout: float = 30) -> Executed:
        executed = Executed()
        deadline = time.monotonic() + timeout
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=max(0, deadline - time.monotonic()))
            except Empty:
                raise TimeoutError(f"the cell ran for more than {timeout} s: {executed}") from None
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return executed
            executed.take(kind, content)

    def wait_for_stdout(self, text: str, timeout: float = 30) -> None:
        """Wait until a cell that was begun has printed `text`; the code it was sent with is not."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0, deadline - time.monotonic()))
            if message["msg_type"] == "stream" and text in message["content"]["text"]:
                return

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def complete(self, code: str, cursor: int | None = None) -> list[str]:
        reply = self.client.complete(code, cursor, reply=True, timeout=30)
        return list(reply["content"]["matches"])
