"""The panel while there is no connection: why, what can be done, and that nothing stands in the way."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from support.axe import violations
from support.lab import Lab

from .test_panel_looks import TOO_WIDE, panel

START = """\
import captivate_nb as cn
session = await cn.demo("support", timeouts=cn.Timeouts(reconnect_first=3600))
p = cn.ChatPanel(session)
p.layout.width = {width!r}
p"""
LOSE = """\
session.server.faults = "slow, wrong-key"
session.server.call(session.server._network.restart)
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["420px", "760px", "1100px"])
async def test_a_lost_connection(lab: Lab, theme: str, width: str):
    page = await lab.open("lost.ipynb", [START.format(width=width)], theme=theme)
    await page.run_all()
    chat = panel(page.page)
    state = chat.locator(".cnb-state").first
    await page.add_and_run("session.server.faults = 'slow'")
    await expect(state).to_contain_text("network: slow")
    await page.add_and_run("await session.say('Where are you?', wait=False)\n" + LOSE)
    await expect(chat.get_by_text("The connection is lost")).to_be_visible()
    box = chat.get_by_role("textbox", name="Message")
    for line in ("One more thing: I wrote this while nobody could hear me.", "And this."):
        await box.fill(line)
        await box.press("Enter")
    await expect(chat.locator(".cnb-typing")).to_be_hidden()
    retry = chat.get_by_role("button", name="Try now")
    note = chat.locator(".cnb-note")
    async with asyncio.timeout(20):
        while "answered 401: the API key was refused." not in await note.inner_text():
            await retry.click()
    await page.screenshot(f"lost-{width}-{theme}", of=chat)
    assert await violations(page.page, chat) == []
    assert await chat.evaluate(TOO_WIDE) == []
    await chat.get_by_role("button", name="More", exact=True).click()
    assert (
        await chat.get_by_role("menu").evaluate("menu => getComputedStyle(menu).position")
        == "absolute"
    )
    await page.screenshot(f"lost-menu-{width}-{theme}", of=chat)
    await chat.get_by_role("menuitemradio", name="off", exact=True).click()
    await retry.click()
    await expect(retry).to_be_hidden()
    await expect(chat.get_by_text("And this.")).to_be_visible()
    await page.add_and_run("await session.close()")
    restart = chat.get_by_role("button", name="Start a new conversation")
    await expect(restart).to_be_disabled()
    await expect(restart).to_have_attribute(
        "title", "This session is closed: open another with %captivate"
    )
    notices = chat.locator(".cnb-problem")
    await expect(notices.last).to_be_visible()
    await page.screenshot(f"lost-closed-{width}-{theme}", of=chat)


async def test_notices_fold_and_never_crowd_out_the_chat(lab: Lab):
    page = await lab.open("notices.ipynb", [START.format(width="420px")])
    await page.run_all()
    chat = panel(page.page)
    tell = "for n in range(9): session._parts.intake.problem(f'Notice {n}: ' + 'something happened ' * 6)"
    await page.add_and_run(tell)
    notices = chat.locator(".cnb-problem:visible")
    await expect(notices).to_have_count(1)
    await expect(notices).to_contain_text("Notice 8")
    more = chat.get_by_role("button", name="earlier notices")
    await expect(more).to_have_attribute("aria-expanded", "false")
    await more.click()
    await expect(chat.get_by_role("button", name="Show only one")).to_be_visible()
    shares = await chat.evaluate(
        "panel => panel.querySelector('.cnb-problems').offsetHeight / panel.querySelector('.cnb-log').offsetHeight"
    )
    assert shares < 0.4
    await page.screenshot("notices", of=chat)
    assert await violations(page.page, chat) == []
