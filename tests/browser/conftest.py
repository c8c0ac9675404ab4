"""A browser, and a JupyterLab in it; both are started once for all tests of this folder.

Every test here runs on one event loop, the one that the browser's connection belongs to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from support import chromium
from support.lab import Lab, screenshot
from support.server import JupyterServer

HERE = Path(__file__).parent
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium, without a window."""
    path = chromium.find()
    assert path, "no Chromium: `make test` gets one"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def jupyter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    server = JupyterServer(tmp_path_factory.mktemp("jupyter"))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def lab(
    request: pytest.FixtureRequest, jupyter_server: JupyterServer, browser: Browser
) -> AsyncIterator[Lab]:
    """Opens notebooks in JupyterLab; see support.lab. A failed test leaves a picture of each."""
    lab = Lab(jupyter_server, browser)
    try:
        yield lab
        if request.node.stash.get(FAILED, False):
            for number, page in enumerate(lab.pages):
                await screenshot(page, f"failed-{request.node.name}-{number}")
    finally:
        await lab.close()
