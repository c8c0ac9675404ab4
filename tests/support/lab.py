"""Open a notebook in a real JupyterLab, Notebook 7 or Voilà, in a real Chromium, and drive it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize

from support.server import JupyterServer

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
SIZE = ViewportSize(width=1280, height=1000)

READY = """() => {
  const shown = window.jupyterapp?.shell.currentWidget;
  return shown?.sessionContext?.isReady && shown.content.widgets?.length > 0
    && shown.sessionContext.session?.kernel?.status === "idle";
}"""
IDLE = """() => {
  const shown = window.jupyterapp.shell.currentWidget;
  const prompts = [...shown.node.querySelectorAll(".jp-InputArea-prompt")];
  return !window.testRuns && shown.sessionContext.session?.kernel?.status === "idle"
    && !prompts.some(prompt => prompt.textContent.includes("*"));
}"""
SELECT = "i => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = i; }"
RUN = """command => {
  window.testRuns = (window.testRuns ?? 0) + 1;
  window.jupyterapp.commands.execute(command).finally(() => { window.testRuns -= 1; });
}"""
EXECUTE = "([command, args]) => { window.jupyterapp.commands.execute(command, args); }"
ADD = """code => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  return window.jupyterapp.commands.execute("notebook:insert-cell-below").then(() => {
    notebook.activeCell.model.sharedModel.setSource(code);
    return notebook.activeCellIndex;
  });
}"""


class NotebookPage:
    """One notebook in one browser tab. `page` is Playwright's, for all that is not here.

    Cells are numbered from 0, Markdown cells included. `problems` are the errors that the page's
    own JavaScript raised and did not catch.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def cell(self, index: int) -> Locator:
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-OutputArea")

    async def output_text(self, index: int) -> str:
        """The text that a person reads below the cell."""
        parts = await self.output(index).locator(".jp-OutputArea-output").all_inner_texts()
        return "\n".join(parts).strip()

    async def command(self, name: str, **args: object) -> None:
        """Start one of the application's commands; does not wait for it to end."""
        await self.page.evaluate(EXECUTE, [name, args])

    async def run_all(self, timeout: float = 60) -> None:
        await self.page.evaluate(RUN, "notebook:run-all-cells")
        await self.wait_idle(timeout)

    async def run_cell(self, index: int, timeout: float = 60) -> None:
        await self.start_cell(index)
        await self.wait_idle(timeout)

    async def start_cell(self, index: int) -> None:
        """As `run_cell`, without the wait."""
        await self.page.evaluate(SELECT, index)
        await self.page.evaluate(RUN, "notebook:run-cell")

    async def add_cell(self, code: str) -> int:
        """A new cell at the end; returns its number."""
        return int(await self.page.evaluate(ADD, code))

    async def add_and_run(self, code: str, timeout: float = 60) -> str:
        """A new cell at the end, run to its end; returns the text of its output."""
        index = await self.add_cell(code)
        await self.run_cell(index, timeout)
        return await self.output_text(index)

    async def wait_idle(self, timeout: float = 60) -> None:
        """Wait, at most `timeout` seconds, until no cell is waiting and the kernel is idle."""
        await self.page.wait_for_function(IDLE, timeout=timeout * 1000)

    async def screenshot(self, name: str, of: Locator | None = None) -> Path:
        return await screenshot(of or self.page, name)


async def screenshot(of: Locator | Page, name: str) -> Path:
    """Keep a picture among the test artefacts; returns where."""
    path = ARTEFACTS / f"{name}.png"
    ARTEFACTS.mkdir(exist_ok=True)
    await of.screenshot(path=path)
    return path


class Lab:
    """The server and the browser of one test; every page it opened is closed after the test."""

    def __init__(self, server: JupyterServer, browser: Browser) -> None:
        self.server = server
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.pages: list[Page] = []

    async def open(
        self, notebook: str, cells: Iterable[str] | None = None, *, theme: str = "light"
    ) -> NotebookPage:
        """A notebook of the project, or one made of `cells`, in JupyterLab, its kernel ready."""
        self.server.set_theme(theme)
        name = self.server.add_notebook(notebook, cells)
        page = await self._goto(f"/lab/workspaces/{uuid.uuid4().hex}/tree/{name}", theme)
        return await _ready(page)

    async def reopen(self, notebook: str, *, theme: str = "light") -> NotebookPage:
        """The same notebook, as it is on the server now, in one more tab."""
        page = await self._goto(f"/lab/workspaces/{uuid.uuid4().hex}/tree/{notebook}", theme)
        return await _ready(page)

    async def open_notebook7(
        self, notebook: str, cells: Iterable[str] | None = None, *, theme: str = "light"
    ) -> NotebookPage:
        self.server.set_theme(theme)
        name = self.server.add_notebook(notebook, cells)
        return await _ready(await self._goto(f"/notebooks/{name}", theme))

    async def open_voila(
        self, notebook: str, cells: Iterable[str] | None = None, *, theme: str = "light"
    ) -> Page:
        """The page that Voilà makes of the notebook, after it has run."""
        name = self.server.add_notebook(notebook, cells)
        return await self._goto(f"/voila/render/{name}?theme={theme}", theme)

    async def _goto(self, path: str, theme: str) -> Page:
        scheme: Literal["dark", "light"] = "dark" if theme == "dark" else "light"
        context = await self._browser.new_context(viewport=SIZE, color_scheme=scheme)
        self._contexts.append(context)
        page = await context.new_page()
        self.pages.append(page)
        await page.goto(self.server.url + path)
        return page

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()
        self.server.close_notebooks()


async def _ready(page: Page) -> NotebookPage:
    await page.wait_for_function(READY, timeout=60_000)
    return NotebookPage(page)
