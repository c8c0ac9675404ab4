"""Where a panel's parts and what is in them stand, at every width; measured in a real JupyterLab."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from support.lab import Lab, NotebookPage

from .test_widgets_js import Widgets, text, widgets  # noqa: F401

START = """\
import captivate_nb as cn
session = await cn.demo("everything")
p = cn.ChatPanel(session)
p"""
TALK = """\
for said in ("text", "cards", "files", "html", "markdown", "table", "mixed"):
    await session.say(said)"""
WIDTHS = (380, 600, 760, 900, 1300, 1900)

WRONG = """panel => {
  const shown = node => node.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
  const name = node => `${node.tagName}.${node.className} ${(node.textContent ?? "").slice(0, 30)}`;
  const box = panel.getBoundingClientRect();
  const wrong = [];
  for (const node of panel.querySelectorAll("*")) {
    if (!shown(node) || node.closest("svg") || node.matches(".cnb-spoken")) continue;
    const style = getComputedStyle(node);
    const at = node.getBoundingClientRect();
    const may = node.closest(".cnb-cards, .cnb-wide, pre, .cnb-event") ; // an event opens
    if (!may && at.width && (at.right > box.right + 1 || at.left < box.left - 1)) wrong.push(`out: ${name(node)}`);
    const scrolls = ["auto", "scroll"].includes(style.overflowX) && node.scrollWidth > node.clientWidth + 1;
    if (scrolls && !node.matches(".cnb-cards, .cnb-wide, pre")) wrong.push(`scrolls: ${name(node)}`);
    const cut = style.overflowX === "hidden" && node.scrollWidth > node.clientWidth + 1;
    if (cut && !node.title && !node.closest(".cnb-event, .cnb-stage > .cnb-parts") && node.matches("div, span, button")
      && [...node.childNodes].some(child => child.nodeType === 3)) wrong.push(`cut: ${name(node)}`);
  }
  for (const log of panel.querySelectorAll(".cnb-log")) {
    const messages = [...log.querySelectorAll(".cnb-message")].filter(shown).map(node => node.getBoundingClientRect());
    messages.slice(1).forEach((at, n) => { if (at.top < messages[n].bottom - 1) wrong.push(`over: message ${n}`); });
  }
  return wrong;
}"""
BOXES = """nodes => nodes.map(node => node.getBoundingClientRect()).map(
  ({ x, y, width, height }) => [x, y, width, height].map(Math.round))"""


async def boxes(of: Locator) -> list[list[int]]:
    found: list[list[int]] = await of.evaluate_all(BOXES)
    return found


async def opened(lab: Lab, name: str) -> tuple[NotebookPage, Locator]:
    page = await lab.open(name, [START, TALK])
    await page.page.set_viewport_size({"width": 2300, "height": 1000})
    await page.run_all()
    chat = page.page.locator(".cnb-panel").first
    await expect(chat.get_by_role("log")).to_contain_text("Another picture")
    return page, chat


async def widen(page: NotebookPage, chat: Locator, width: int) -> None:
    await page.add_and_run(f"p.layout.width = p.layout.max_width = '{width}px'")
    await expect(chat).to_have_css("width", f"{width}px")
    await chat.scroll_into_view_if_needed()


async def test_nothing_is_cut_or_in_the_way_at_any_width(lab: Lab):
    page, chat = await opened(lab, "layout.ipynb")
    log = chat.get_by_role("log").first
    await page.add_and_run("await p.branch(4)")
    for inspected in (False, True):
        if inspected:
            await page.add_and_run("p.open_inspector()")
        for width in WIDTHS:
            await widen(page, chat, width)
            if width < 900:
                await chat.locator(".cnb-parts").get_by_role("button", name="Chat").click()
            await expect(log).to_be_visible()
            for top in (0, 700, 1e6):
                await log.evaluate("(log, top) => { log.scrollTop = top; }", top)
                assert await chat.evaluate(WRONG) == [], (width, inspected, top)
            if width < 900 and inspected:
                await chat.locator(".cnb-parts").get_by_role("button", name="Inspector").click()
                assert await chat.evaluate(WRONG) == [], (width, "inspector")
            await page.screenshot(
                f"layout-{width}-{len(await boxes(chat.locator('.cnb-inspector')))}", of=chat
            )
    assert page.problems == []


async def test_the_parts_share_the_width_they_have(lab: Lab):
    page, chat = await opened(lab, "parts.ipynb")
    assert await page.add_and_run("p.layout.max_width") == "'760px'"
    await page.add_and_run("await p.branch(4)")
    assert await page.add_and_run("p.layout.max_width") == "'1500px'"
    await page.add_and_run("p.open_inspector()")
    parts = chat.locator(":scope > .cnb-stage > :is(.cnb-chat, .cnb-panel, .cnb-inspector):visible")
    for width, count in ((380, 1), (870, 1), (900, 2), (1270, 2), (1300, 3), (1900, 3)):
        await widen(page, chat, width)
        await expect(parts).to_have_count(count)
        found = await boxes(parts)
        assert max(each[2] for each in found) - min(each[2] for each in found) <= 2
        ends = {
            y + height for _, y, _, height in await boxes(chat.locator(".cnb-composer:visible"))
        }
        assert len(ends) == (
            0 if count == 1 else 1
        )  # the inspector is shown first, and composers are in line
    await page.page.set_viewport_size({"width": 2300, "height": 600})
    [[_, _, _, height]] = await boxes(page.page.locator(".cnb-panel").first)
    assert height <= 600 - 100
    await page.add_and_run("p.close_inspector()")
    assert page.problems == []


async def test_a_new_view_is_filled(lab: Lab):
    page, _ = await opened(lab, "view.ipynb")
    await page.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
    await page.command("notebook:create-output-view")
    view = page.page.locator(".jp-LinkedOutputView")
    chat = view.locator(".cnb-panel")
    await expect(chat.get_by_role("log")).to_contain_text("Another picture")
    [[_, _, width, height]] = await boxes(view)
    [[_, _, own_width, own_height]] = await boxes(chat)
    assert height - 40 < own_height < height
    assert own_width > width - 40
    await page.screenshot("layout-new-view")
    assert page.problems == []


@pytest.mark.parametrize("sender", ["bot", "user"])
async def test_the_toolbar_covers_no_other_message(widgets: Widgets, sender: str):  # noqa: F811
    said = [text("words " * (1 + 3 * (n % 5)), n, sender) for n in range(12)]
    log = await widgets.log(*said)
    bar = widgets.page.get_by_role("toolbar", name="This message")
    for n in range(4, 11):
        await log.messages.nth(n).locator(".cnb-bubble").hover()
        await expect(bar).to_be_visible()
        [[_, top, _, height]] = await boxes(bar)
        around = await boxes(log.messages.locator(".cnb-bubble"))
        others = [each for at, each in enumerate(around) if at != n]
        assert not [1 for _, y, _, tall in others if y < top + height - 1 and top + 1 < y + tall]


@pytest.mark.parametrize("inspected", [False, True])
async def test_a_click_marks_a_bubble_while_the_inspector_is_open(
    widgets: Widgets,  # noqa: F811
    inspected: bool,
):
    log = await widgets.log(text("Hello"))
    await widgets.page.locator(".cnb-panel").evaluate(
        "(panel, on) => panel.classList.toggle('cnb-inspected', on)", inspected
    )
    await log.messages.first.locator(".cnb-bubble").click(position={"x": 4, "y": 4})
    await expect(widgets.page.locator(".cnb-linked")).to_have_count(int(inspected))
