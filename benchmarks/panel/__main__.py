"""Measure the chat panel in a real JupyterLab: see benchmarks/README.md."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import async_playwright

from support import chromium
from support.server import JupyterServer

from . import cdn
from .cases import FEW, Line, appends, burst, choices, filled, looks, opening, page, pixels
from .source import Source
from .tab import Desk

LIMIT = 2400
"""Seconds after which a run is broken."""

FLAGS = [
    "--disable-background-networking",
    "--disable-gpu",
    "--no-first-run",
    "--no-sandbox",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
MARKS = {True: "met", False: "missed", None: ""}


async def measure(desk: Desk) -> list[Line]:
    """Run every case; what is compared is measured in turns."""
    lines: list[Line] = []

    def told(more: list[Line]) -> None:
        lines.extend(more)
        for line in more:
            print(row(line), file=sys.stderr, flush=True)

    async with desk.tab() as few, desk.tab() as many:
        for tab in (few, many):
            await tab.connect()
            await tab.show()
        await few.chat.say(FEW)
        await filled(few, FEW)
        told(await burst(many))
        told(await page(few, many))
        told(await appends(few, many))
        told(await looks(many))
        async with cdn.serve() as root, desk.tab(f"Feed({root!r})") as feed:
            told(await opening(many, feed))
            await feed.connect(FEW)
            told(await pixels(few, feed))
    async with desk.tab() as tab:
        await tab.connect()
        await tab.show()
        told(await choices(tab))
    return lines


async def run(server: JupyterServer) -> list[Line]:
    """Measure in a browser of its own."""
    async with asyncio.timeout(LIMIT), Source().serve() as source, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        try:
            return await measure(Desk(server, browser, source))
        finally:
            await browser.close()


def row(line: Line) -> str:
    """Return a line as it is printed."""
    start = f"{line.what:<66} {line.figure:>14}  {line.asked:<20} {MARKS[line.met]:<7}"
    return f"{start} {line.raw}".rstrip()


def main() -> None:
    """Print the table, or fail when the run is broken; a figure that is missed is no failure."""
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        server = JupyterServer(Path(folder))
        server.start()
        try:
            lines = asyncio.run(run(server))
        finally:
            server.stop()
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    after = os.getloadavg()[0]
    print(f"{at}, {os.cpu_count()} cores, load {before:.1f} before and {after:.1f} after")
    print("\n".join(map(row, lines)))


main()
