"""A notebook in a real JupyterLab in a real Chromium, with the probe in its page."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser, CDPSession

from support.lab import READY, SIZE, NotebookPage
from support.server import JupyterServer

from .source import Chat, Source

HERE = Path(__file__).parent
PROBE = (HERE / "probe.js").read_text(encoding="utf-8")
TRACED = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
PREPARE = """import sys
sys.path.insert(0, {folder!r})
from benchmarks.panel.inside import Feed, Ours
chat = {made}"""


class Task(NamedTuple):
    """A task of a page's main thread, in milliseconds: what it took of the CPU, and how long."""

    cpu: float
    wall: float


class Tab:
    """One notebook, its kernel, and the chat that its session is in once it is connected."""

    chat: Chat

    def __init__(
        self, browser: Browser, notebook: NotebookPage, devtools: CDPSession, source: Source
    ) -> None:
        self.notebook = notebook
        self._browser = browser
        self.page = notebook.page
        self._devtools = devtools
        self._source = source
        self._pid = 0

    async def connect(self, said: int = 0) -> None:
        """Open the kernel's session; `said` messages are there already."""
        if not self._pid:
            self._pid = int(await self.value("__import__('os').getpid()"))
        name = str(self._pid)
        await self.run(f"await chat.connect({self._source.url(name)!r})")
        self.chat = self._source.chats[name]
        self.chat.sent = [0.0] * said

    async def run(self, code: str) -> None:
        """Run code in the kernel, in no cell."""
        await self.page.evaluate("code => bench.run(code)", code)

    async def value(self, expression: str) -> str:
        """Return the `repr` of what an expression is in the kernel."""
        told = await self.page.evaluate("it => bench.run('', { it })", expression)
        return str(told["it"]["data"]["text/plain"])

    async def show(self) -> tuple[float, float]:
        """Display a new panel; return when it began to be made and was, in milliseconds."""
        await self.notebook.run_cell(1, timeout=600)
        began, made = [float(await self.value(f"chat.{name}")) for name in ("began", "made")]
        return 1000 * began, 1000 * made

    async def reset(self) -> None:
        """Forget what the probe has noted."""
        await self.page.evaluate("bench.reset()")

    async def probe(self, name: str) -> Any:
        return await self.page.evaluate(f"bench.{name}")

    async def until(self, condition: str, seconds: float = 60) -> None:
        """Wait until something holds in the page, asked for once in 20 ms."""
        await self.page.wait_for_function(condition, timeout=seconds * 1000, polling=20)

    async def shown(self, number: int, seconds: float = 60) -> float:
        """Wait for a message to be on the screen; return when it was, in milliseconds."""
        await self.until(f"bench.shown[{number}]", seconds)
        return float(await self.probe(f"shown[{number}]"))

    async def quiet(self, seconds: float = 60) -> None:
        """Wait until nothing has come from the kernel for 3 s, so that nothing is under way."""
        await self.until(
            "performance.timeOrigin + performance.now() - (bench.comms.at(-1)?.at ?? 0) > 3000",
            seconds,
        )

    async def metrics(self) -> dict[str, float]:
        """Return Chromium's own counts of the page: seconds, bytes, numbers of things."""
        told = await self._devtools.send("Performance.getMetrics")
        return {each["name"]: each["value"] for each in told["metrics"]}

    @asynccontextmanager
    async def tasks(self) -> AsyncIterator[list[Task]]:
        """EventRows the page meanwhile; then the list has the tasks of its main thread."""
        found: list[Task] = []
        await self._browser.start_tracing(page=self.page, categories=TRACED)
        try:
            yield found
        finally:
            found += _tasks(json.loads(await self._browser.stop_tracing())["traceEvents"])

    async def swept(self) -> dict[str, float]:
        """The same after the page's garbage was collected."""
        for _ in range(3):
            await self._devtools.send("HeapProfiler.collectGarbage")
            await asyncio.sleep(0.2)
        return await self.metrics()

    def cpu(self) -> float:
        """Return the seconds of CPU that the kernel has taken so far, all threads together."""
        threads = Path(f"/proc/{self._pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


class Desk:
    """Opens tabs."""

    def __init__(self, server: JupyterServer, browser: Browser, source: Source) -> None:
        self._server = server
        self._browser = browser
        self._source = source

    @asynccontextmanager
    async def tab(self, made: str = "Ours()") -> AsyncIterator[Tab]:
        """A notebook whose first cell makes a chat of `inside` and whose second shows it."""
        cells = [PREPARE.format(folder=str(HERE.parents[1]), made=made), "chat.show()"]
        file = self._server.add_notebook(f"{uuid.uuid4().hex}.ipynb", cells)
        context = await self._browser.new_context(viewport=SIZE)
        page = await context.new_page()
        await page.add_init_script(PROBE)
        await page.goto(f"{self._server.url}/lab/workspaces/{uuid.uuid4().hex}/tree/{file}")
        await page.wait_for_function(READY, timeout=90_000)
        notebook = NotebookPage(page)
        await notebook.run_cell(0, timeout=90)
        devtools = await context.new_cdp_session(page)
        await devtools.send("Performance.enable")
        yield Tab(self._browser, notebook, devtools, self._source)
        await context.close()


def _tasks(events: list[dict[str, Any]]) -> list[Task]:
    [started] = [each for each in events if each["name"] == "TracingStartedInBrowser"]
    process = started["args"]["data"]["frames"][0]["processId"]
    [main] = [
        each["tid"]
        for each in events
        if each["pid"] == process and each.get("args") == {"name": "CrRendererMain"}
    ]
    return [
        Task(each["tdur"] / 1000, each["dur"] / 1000)
        for each in events
        if each["name"] == "RunTask"
        and "tdur" in each
        and (each["pid"], each["tid"]) == (process, main)
    ]
