"""axe-core, which finds what keeps people from using a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page

AXE = Path(__file__).parents[1] / "frontend/node_modules/axe-core/axe.min.js"
CHECK = """async node => {
  const found = await axe.run(node, { resultTypes: ["violations"] });
  return found.violations.map(({ id, nodes }) => [id, nodes.map(node => node.html.slice(0, 200) + " " + (node.any[0]?.message ?? ""))]);
}"""


async def violations(page: Page, node: Locator) -> list[Any]:
    """What axe has against a part of a page: its rules, and the elements that break them."""
    if not await page.evaluate("typeof axe === 'object'"):
        assert AXE.exists(), "axe-core is missing: `make test` installs it"
        await page.add_script_tag(content=AXE.read_text())
    found: list[Any] = await node.evaluate(CHECK)
    return found
