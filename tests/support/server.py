"""A real Jupyter server on a free loopback port, with every folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

import nbformat

from support.jupyter_env import own_environment

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--expose-app-in-browser",
    "--JupyterNotebookApp.expose_app_in_browser=True",
    "--IdentityProvider.token=",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--ServerApp.disable_check_xsrf=True",
    "--LabApp.extension_manager=readonly",
)


class JupyterServer:
    """`jupyter lab` of a Python, with Notebook 7 and Voilà; `root` is where its notebooks are."""

    def __init__(self, folder: Path, python: Path = Path(sys.executable)) -> None:
        self._folder = folder
        self._python = python
        self.root = folder / "root"
        self.root.mkdir()

    def start(self, timeout: float = 90) -> None:
        environment = own_environment(self._folder)
        self._settings = Path(environment["JUPYTERLAB_SETTINGS_DIR"])
        self._set("notification", {"fetchNews": "false", "checkForUpdates": False})
        command = [
            str(self._python),
            "-m",
            "jupyterlab",
            *OPTIONS,
            f"--ServerApp.root_dir={self.root}",
        ]
        self._log = (self._folder / "server.log").open("wb")
        self._process = subprocess.Popen(
            command, env=environment, cwd=self.root, stdout=self._log, stderr=self._log
        )
        told = Path(environment["JUPYTER_RUNTIME_DIR"]) / f"jpserver-{self._process.pid}.json"
        try:
            self._wait(told, timeout)
        except BaseException:
            self.stop()
            raise

    def _wait(self, told: Path, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while self._process.poll() is None and time.monotonic() < deadline:
            if told.exists() and (text := told.read_text()).endswith("}"):
                self.url = json.loads(text)["url"].rstrip("/")
                with suppress(URLError):  # the file may be there before the port is
                    self.request("GET", "/api/status")
                    return
            time.sleep(0.05)
        raise RuntimeError(f"jupyter lab did not start:\n{self.log}")

    @property
    def log(self) -> str:
        """All it has written so far."""
        return (self._folder / "server.log").read_text(errors="replace")

    def request(self, method: str, path: str) -> Any:
        """The server's REST API; the decoded answer, None when it is empty."""
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def set_theme(self, theme: str) -> None:
        """ "light" or "dark", for the pages opened from now on."""
        self._set("themes", {"theme": THEMES[theme]})

    def _set(self, name: str, values: dict[str, Any]) -> None:
        path = self._settings / "@jupyterlab" / "apputils-extension" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    def add_notebook(self, name: str, cells: Iterable[str] | None = None) -> str:
        """Put the project's notebook `name`, or one made of these code cells, in `root`."""
        if cells is None:
            text = (NOTEBOOKS / name).read_text()
        else:
            made = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
                cells=[nbformat.v4.new_code_cell(cell) for cell in cells],  # type: ignore[no-untyped-call]
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            )
            text = nbformat.writes(made)  # type: ignore[no-untyped-call]
        (self.root / name).write_text(text)
        return name

    def close_notebooks(self) -> None:
        """Shut every kernel down and forget its session; each writes down what it covered."""
        for session in self.request("GET", "/api/sessions"):
            self.request("DELETE", f"/api/sessions/{session['id']}")
        for kernel in self.request("GET", "/api/kernels"):
            self.request("DELETE", f"/api/kernels/{kernel['id']}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        finally:
            self._process.kill()
            self._process.wait()
            self._log.close()
