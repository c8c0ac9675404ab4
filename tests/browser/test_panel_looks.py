"""How the panel looks wherever it is shown, and what it says where it cannot live any more."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Locator, Page, expect

from support.axe import violations
from support.lab import Lab, NotebookPage, screenshot

START = """\
import captivate_nb as cn
session = await cn.demo("everything")
p = cn.ChatPanel(session)
p"""
TALK = """\
for said in ("text", "cards", "files", "html", "table", "agent"):
    await session.say(said)"""
SIZE = "p.layout.width = {!r}; p.layout.height = '640px'"
TOO_WIDE = """panel => {
  const box = panel.getBoundingClientRect();
  const scrolls = node => node.closest(".cnb-cards, .cnb-html, .cnb-spoken, pre") !== null;
  const wide = [...panel.querySelectorAll("*")].filter(node => {
    const at = node.getBoundingClientRect();
    return at.width && !scrolls(node) && (at.right > box.right + 1 || at.left < box.left - 1);
  });
  return wide.map(node => node.outerHTML.slice(0, 120));
}"""
TRACEBACK = "[data-mime-type='application/vnd.jupyter.error']"


def panel(page: Page, number: int = 0) -> Locator:
    return page.locator(".cnb-panel").nth(number)


async def pictures_are_there(chat: Locator) -> None:
    for image in await chat.get_by_role("log").get_by_role("img").all():
        await image.scroll_into_view_if_needed()
        await expect(image).not_to_have_js_property("naturalWidth", 0)


async def looked_at(chat: Locator, name: str) -> None:
    """Nothing sticks out; leaves pictures of the beginning and of the end."""
    await pictures_are_there(chat)
    assert await chat.evaluate(TOO_WIDE) == []
    for button in await chat.locator(".cnb-header button:visible").all():
        await expect(button).to_be_in_viewport(ratio=0.99)
    log = chat.get_by_role("log")
    for end, to in (("top", 0), ("end", 1e6)):
        await log.evaluate("(log, to) => { log.scrollTop = to; }", to)
        await screenshot(chat, f"looks-{name}-{end}")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_in_jupyterlab(lab: Lab, theme: str):
    page = await lab.open(f"looks-{theme}.ipynb", [START, TALK], theme=theme)
    await page.run_all()
    chat = panel(page.page)
    await expect(chat.get_by_role("log")).to_contain_text("Hello, this is Robin.")
    for width in ("320px", "auto"):
        await page.add_and_run(SIZE.format(width))
        await chat.scroll_into_view_if_needed()
        await looked_at(chat, f"lab-{theme}-{'narrow' if width == '320px' else 'full'}")
    await chat.get_by_role("button", name="Find in this conversation").click()
    await chat.get_by_role("searchbox").fill("text")
    await expect(chat.locator(".cnb-count")).to_contain_text(" of ")
    await chat.locator(".cnb-list .cnb-bubble").last.hover()
    await expect(chat.get_by_role("toolbar", name="This message")).to_be_visible()
    await page.screenshot(f"looks-lab-{theme}-search", of=chat)
    assert await violations(page.page, chat) == []
    assert page.problems == []


async def test_in_notebook_7(lab: Lab):
    page = await lab.open_notebook7("looks7.ipynb", [START, TALK])
    await page.run_all()
    chat = panel(page.page)
    await expect(chat.get_by_role("log")).to_contain_text("Hello, this is Robin.")
    await chat.scroll_into_view_if_needed()
    await looked_at(chat, "notebook7")
    await page.screenshot("looks-notebook7-page")
    assert page.problems == []


async def test_in_voila(lab: Lab):
    page = await lab.open_voila("looks-voila.ipynb", [START, TALK])
    chat = panel(page)
    await expect(chat.get_by_role("log")).to_contain_text("Hello, this is Robin.")
    await looked_at(chat, "voila")
    box = chat.get_by_role("textbox", name="Message")
    await box.fill("bye")
    await box.press("Enter")
    await expect(chat.get_by_role("log")).to_contain_text("here I am again")
    await screenshot(page, "looks-voila-page")


async def test_a_wrong_key_harms_no_cell(lab: Lab):
    page = await lab.open("looks-keys.ipynb", [START, "1 + 1"])
    await page.run_all()
    chat = panel(page.page)
    for part in (chat.get_by_role("button", name="Cards").last, chat.get_by_role("log")):
        await part.focus()
        for key in ("d", "d", "x", "a", "ArrowDown", "0", "0"):
            await page.page.keyboard.press(key)
    await page.page.keyboard.press("Control+Enter")
    await expect(page.page.locator(".jp-Dialog")).to_have_count(0)
    cells = "jupyterapp.shell.currentWidget.content.widgets.length"
    assert await page.page.evaluate(cells) == 2
    assert await page.add_and_run("session.status") == "'open'"
    await expect(chat.locator(".cnb-state")).to_contain_text("open")
    await chat.get_by_role("log").focus()
    await page.page.keyboard.press("Control+s")
    await page.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    await no_traceback(page)


# --- where a panel does not live --------------------------------------------------------------


async def no_traceback(page: NotebookPage) -> None:
    assert await page.page.locator(TRACEBACK).count() == 0
    assert page.problems == []


async def test_closed_and_shown_again(lab: Lab):
    page = await lab.open("looks-closed.ipynb", [START])
    await page.run_all()
    await expect(panel(page.page).get_by_role("log")).to_contain_text("Choose, and look.")
    await page.add_and_run("p.close()")
    await expect(page.output(0)).to_contain_text("This chat panel was closed.")
    await expect(page.output(0)).to_contain_text("Here is everything")
    await expect(panel(page.page)).to_have_count(0)
    assert "This chat panel was closed." in await page.add_and_run("p")
    await page.screenshot("looks-closed")
    await page.add_and_run("q = cn.ChatPanel(session)\nq")
    await expect(panel(page.page).get_by_role("log")).to_contain_text("Choose, and look.")
    await no_traceback(page)


async def test_shown_twice(lab: Lab):
    page = await lab.open("looks-twice.ipynb", [START])
    await page.run_all()
    await page.add_and_run("p")
    await expect(panel(page.page, 1).get_by_role("log")).to_contain_text("Choose, and look.")
    for chat in (panel(page.page), panel(page.page, 1)):
        await chat.scroll_into_view_if_needed()
        box = chat.get_by_role("textbox", name="Message")
        await box.fill("text")
        await box.press("Enter")
        await expect(box).to_have_value("")
    for chat in (panel(page.page), panel(page.page, 1)):
        await expect(chat.get_by_role("log").get_by_text("text", exact=True)).to_have_count(2)
    await no_traceback(page)


async def test_after_a_kernel_restart(lab: Lab):
    page = await lab.open("looks-restart.ipynb", [START])
    await page.run_all()
    chat = panel(page.page)
    await expect(chat.get_by_role("log")).to_contain_text("Choose, and look.")
    await page.page.evaluate(
        "jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    await expect(chat).to_contain_text("This chat has no kernel behind it. Run its cell again")
    await expect(chat.get_by_role("log")).to_contain_text("Choose, and look.")
    await expect(chat.locator(".cnb-state")).to_contain_text("no kernel")
    await page.screenshot("looks-restarted", of=chat)
    await page.run_cell(0)
    await expect(chat.locator(".cnb-state")).to_contain_text("open")
    await chat.get_by_role("button", name="Cards").last.click()
    await expect(chat.get_by_role("log")).to_contain_text("Everything on it")
    await expect(chat.get_by_role("textbox", name="Message")).to_be_focused()
    await no_traceback(page)


async def test_in_a_saved_notebook(lab: Lab):
    page = await lab.open("looks-saved.ipynb", [START])
    await page.run_all()
    await expect(panel(page.page).get_by_role("log")).to_contain_text("Choose, and look.")
    await page.command("docmanager:save")
    path = lab.server.root / "looks-saved.ipynb"
    await page.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    outputs = json.loads(path.read_text())["cells"][0]["outputs"]
    assert outputs
    await page.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    again = await lab.reopen("looks-saved.ipynb")
    await expect(again.output(0)).to_contain_text("Here is everything that a bot can send")
    await expect(again.output(0)).to_contain_text("Run this cell to chat again.")
    await again.screenshot("looks-saved")
    await no_traceback(again)
