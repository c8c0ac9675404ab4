"""IPython without a kernel: a shell inside this process, and one at a terminal of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pexpect
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from support.jupyter_env import own_environment


class Shell:
    """IPython in this process and on the test's own loop, history off."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        InteractiveShell.clear_instance()
        self.ip = InteractiveShell.instance(config=config)

    async def run(self, code: str) -> Any:
        """Run a cell, `await` allowed; returns its value and raises what it raised."""
        cell = self.ip.transform_cell(code)
        result = await self.ip.run_cell_async(code, transformed_cell=cell)
        result.raise_error()
        return result.result

    @property
    def names(self) -> dict[str, Any]:
        """The user's variables."""
        names: dict[str, Any] = self.ip.user_ns
        return names

    def close(self) -> None:
        self.ip.reset(new_session=False)
        self.ip.restore_sys_module_state()
        InteractiveShell.clear_instance()


class Terminal:
    """A plain `ipython` as a person starts it in a terminal."""

    PROMPT = r"In \[\d+\]: "

    def __init__(self, folder: Path) -> None:
        options = ["--simple-prompt", "--no-banner", "--no-confirm-exit", "--colors=nocolor"]
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *options, "--HistoryManager.enabled=False"],
            env=own_environment(folder),
            cwd=str(folder),
            encoding="utf-8",
            echo=False,
            dimensions=(50, 200),
        )
        self._child.delaybeforesend = None
        self._child.expect(self.PROMPT, timeout=60)

    def run(self, line: str, timeout: float = 30) -> str:
        """Type one line, wait for the next prompt; returns all that was printed in between."""
        self._child.sendline(line)
        self._child.expect(self.PROMPT, timeout=timeout)
        printed: str = self._child.before
        return printed.replace("\r\n", "\n").strip()

    def close(self) -> None:
        if self._child.isalive():
            self._child.sendline("exit")
            self._child.expect(pexpect.EOF, timeout=30)
        self._child.close(force=True)
