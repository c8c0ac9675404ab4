"""The inspector and time travel in a real JupyterLab: clicked, looked at, and checked by axe."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Locator, expect

from support.axe import violations
from support.lab import Lab, NotebookPage

from .test_widgets_js import Widgets, widgets  # noqa: F401

START = "%load_ext captivate_nb\np = %captivate\np"


def panel(page: NotebookPage, number: int = 0) -> Locator:
    return page.page.locator(".cnb-panel").nth(number)


async def opened(lab: Lab, name: str, theme: str = "light") -> tuple[NotebookPage, Locator]:
    """A notebook with a panel whose inspector is open."""
    page = await lab.open(name, [START], theme=theme)
    await page.run_all()
    chat = panel(page)
    await chat.get_by_role("button", name="Inspector", exact=True).click()
    await expect(chat.get_by_role("tab", name="Events")).to_be_visible()
    return page, chat


async def wide(page: NotebookPage, width: int = 1720, height: int = 1080) -> None:
    await page.page.set_viewport_size({"width": width, "height": height})


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_everybody_can_use_it(lab: Lab, theme: str):
    page, chat = await opened(lab, f"axe-{theme}.ipynb", theme)
    await chat.get_by_role("button", name="Chat to Agent").last.click()
    await expect(chat.get_by_role("log")).to_contain_text("Hi, this is Maya")
    await page.add_and_run('%captivate metadata {"cart": {"total": 3, "items": ["mug"]}}')
    await page.add_and_run("await session._parts._receiver.receive('pong')")
    event = chat.locator(".cnb-event", has_text="livechatAgentConnected")
    await event.locator("summary").click()
    await expect(event.locator("pre")).to_contain_text("Maya")
    await chat.locator(".cnb-event", has_text="socket_connected").hover()
    found = {"events": await violations(page.page, chat)}
    await page.screenshot(f"inspector-{theme}-events", of=chat)
    for tab in ("Metadata", "Actions", "Timing", "Code"):
        await chat.get_by_role("tab", name=tab).click()
        found[tab] = await violations(page.page, chat)
        await page.screenshot(f"inspector-{theme}-{tab.lower()}", of=chat)
    await chat.get_by_role("tab", name="Events").click()
    await chat.get_by_role("slider").fill("4")
    await expect(chat.locator(".cnb-banner")).to_contain_text("The past: after event 4")
    found["past"] = await violations(page.page, chat)
    await page.screenshot(f"inspector-{theme}-past", of=chat)
    await chat.get_by_role("button", name="More", exact=True).click()
    found["menu"] = await violations(page.page, chat)
    await page.screenshot(f"inspector-{theme}-menu", of=chat)
    await chat.get_by_role("menuitem", name="Restart with other metadata…").click()
    box = chat.get_by_role("textbox", name="Metadata to start with, as JSON")
    await box.fill("{")
    await box.press("Control+Enter")
    await expect(chat.get_by_text("This is not JSON")).to_be_visible()
    found["form"] = await violations(page.page, chat)
    await page.screenshot(f"inspector-{theme}-form", of=chat)
    await wide(page, 436)
    await page.page.evaluate("jupyterapp.shell.collapseLeft()")
    await expect(chat).not_to_have_class("cnb-wide")
    found["narrow"] = await violations(page.page, chat)
    await page.screenshot(f"inspector-{theme}-narrow", of=chat)
    assert {name: each for name, each in found.items() if each} == {}
    assert page.problems == []


async def test_bubbles_and_events_know_each_other(lab: Lab):
    page, chat = await opened(lab, "linked.ipynb")
    await chat.get_by_role("button", name="Leave Contact Details").last.click()
    await expect(chat.get_by_role("log")).to_contain_text("What is your name?")
    said = chat.locator(".cnb-event", has_text="Leave Contact Details")
    await chat.locator(".cnb-message.cnb-user").click()
    await expect(said).to_have_attribute("aria-current", "true")
    await said.locator("summary").focus()
    await page.page.keyboard.press("ArrowDown")
    answer = chat.locator(".cnb-event", has_text="bot_message").last
    await expect(answer.locator("summary")).to_be_focused()
    await expect(chat.locator(".cnb-linked")).to_contain_text("What is your name?")
    await page.page.keyboard.press("Enter")
    await expect(answer.locator("pre")).to_contain_text('"event_type": "bot_message"')
    assert page.problems == []


async def test_events_are_filtered_found_and_sent(lab: Lab):
    page, chat = await opened(lab, "filter.ipynb")
    rows = chat.locator(".cnb-event:visible")
    await expect(rows).to_have_count(5)
    await chat.get_by_label("Direction").select_option("out")
    await expect(rows).to_have_count(2)
    await chat.get_by_label("Type").select_option("conversation_start")
    await expect(rows).to_have_count(1)
    await chat.get_by_label("Direction").select_option("in")
    await expect(chat.get_by_text("No event is like that.")).to_be_visible()
    for name in ("Direction", "Type"):
        await chat.get_by_label(name).select_option("")
    await chat.get_by_label("Find in events").fill("leave us your contact")
    await expect(rows).to_have_count(1)
    await chat.get_by_label("Find in events").fill("")

    box = chat.get_by_role("textbox", name="Event to send, as JSON")
    event = json.loads(await box.input_value())
    assert event["event_type"] == "user_message"
    event["event_payload"]["content"] = {"type": "text", "text": "from the box"}
    await box.fill(json.dumps(event)[:-1])
    await box.press("Control+Enter")
    await expect(chat.get_by_text("This is not JSON")).to_contain_text("line 1, column")
    await box.fill(json.dumps(event))
    await chat.get_by_role("button", name="Send").last.click()
    log = chat.get_by_role("log")
    await expect(log.get_by_text("from the box")).to_have_count(1)
    await expect(box).not_to_have_value(json.dumps(event))
    await chat.get_by_role("button", name="Send").last.click()
    await expect(log.get_by_text("from the box")).to_have_count(2)
    assert page.problems == []


async def test_tabs_by_keyboard_and_what_they_do(lab: Lab):
    page, chat = await opened(lab, "tabs.ipynb")
    await chat.get_by_role("tab", name="Events").focus()
    await page.page.keyboard.press("ArrowRight")
    await expect(chat.get_by_role("tab", name="Metadata")).to_be_focused()
    await chat.get_by_role("textbox", name="Metadata to set, as JSON").fill(
        '{"cart": {"total": 3}}'
    )
    await chat.get_by_role("button", name="Set", exact=True).click()
    leaf = chat.get_by_role("button", name="total 3")
    await leaf.click()
    box = chat.get_by_role("textbox", name="Metadata to set, as JSON")
    assert json.loads(await box.input_value()) == {"cart": {"total": 3}}
    await expect(chat.locator(".cnb-changes ins").first).to_have_text('{"total": 3}')
    await chat.get_by_role("tab", name="Actions").click()
    await chat.get_by_role("textbox", name="Action id").fill("escalateToHuman")
    await chat.get_by_role("button", name="Send").last.click()
    await expect(chat.get_by_role("log")).to_contain_text("Hi, this is Maya")
    await chat.get_by_role("tab", name="Timing").click()
    await expect(chat.get_by_role("img", name="Seconds until a reply")).to_be_visible()
    await chat.get_by_role("tab", name="Code").click()
    await expect(chat.get_by_role("region", name="This conversation as code")).to_contain_text(
        "await session.act('escalateToHuman', {})"
    )
    await chat.get_by_role("button", name="BotiumScript").click()
    await expect(chat.get_by_role("region", name="This conversation as code")).to_contain_text(
        "#bot"
    )
    await chat.get_by_role("button", name="Close the inspector").click()
    await expect(chat.get_by_role("tab")).to_have_count(0)
    await chat.get_by_role("button", name="Inspector", exact=True).click()
    await expect(chat.get_by_role("tab", name="Code")).to_have_attribute("aria-selected", "true")
    assert page.problems == []


async def test_the_past_and_a_branch_of_it(lab: Lab):
    page, chat = await opened(lab, "travel.ipynb")
    log = chat.get_by_role("log").first
    await chat.get_by_role("button", name="Leave Contact Details").last.click()
    await expect(log).to_contain_text("What is your name?")
    box = chat.get_by_role("textbox", name="Message")
    await box.fill("Ada")
    await box.press("Enter")
    await expect(log).to_contain_text("Thank you, Ada")
    row = chat.locator(".cnb-event", has_text="Leave Contact Details")
    n = int(await row.get_attribute("data-n")) + 1
    await chat.get_by_role("slider").fill(str(n))
    await expect(log).not_to_contain_text("Ada")
    await expect(box).to_be_disabled()
    await wide(page)
    await chat.get_by_role("button", name="Branch here").click()
    branch = panel(page, 1)
    await expect(branch.get_by_role("log")).to_contain_text("What is your name?")
    await expect(log).to_contain_text("Thank you, Ada")
    name = branch.get_by_role("textbox", name="Message")
    await name.fill("Grace")
    await name.press("Enter")
    await expect(branch.get_by_role("log")).to_contain_text("Thank you, Grace")
    await expect(log).not_to_contain_text("Grace")
    await page.screenshot("inspector-branch-wide", of=chat)
    await wide(page, 1240)
    await page.screenshot("inspector-branch", of=chat)
    await branch.get_by_role("button", name="Close this branch").click()
    await expect(page.page.locator(".cnb-panel")).to_have_count(1)
    assert page.problems == []


async def test_restarts_of_every_kind(lab: Lab):
    page, chat = await opened(lab, "restarts.ipynb")
    more = chat.get_by_role("button", name="More", exact=True)
    await more.click()
    await expect(chat.get_by_role("menuitem").first).to_be_focused()
    await page.page.keyboard.press("ArrowDown")
    await page.page.keyboard.press("Enter")
    await expect(chat.locator(".cnb-about", has_text="user-")).to_have_count(1)
    await more.click()
    await page.page.keyboard.press("Escape")
    await expect(more).to_be_focused()
    await more.click()
    await chat.get_by_role("menuitem", name="other metadata").click()
    box = chat.get_by_role("textbox", name="Metadata to start with, as JSON")
    await box.fill('{"plan": "vip"}')
    await box.press("Control+Enter")
    await expect(box).to_be_hidden()
    assert (
        await page.add_and_run("print(session.metadata, session.user_id[:5])")
    ) == "{'plan': 'vip'} user-"
    await more.click()
    await page.screenshot("menu", of=chat)
    await chat.get_by_role("menuitemradio", name="slow", exact=True).click()
    await expect(chat.locator(".cnb-state").first).to_contain_text("network: slow")
    await more.click()
    chosen = chat.get_by_role("menuitemradio", name="slow", exact=True)
    await expect(chosen).to_have_attribute("aria-checked", "true")


async def test_a_saved_log_is_replayed(lab: Lab):
    page = await lab.open(
        "replay.ipynb",
        [
            "import captivate_nb as cn\nsession = await cn.demo('shop')\nawait session.click('Look around')\nsession.events.save('log.jsonl')\nawait session.close()",
            "cn.ReplayPanel('log.jsonl')",
        ],
    )
    await page.run_all()
    chat = panel(page)
    await expect(chat.get_by_role("log")).to_contain_text("Here is what we have today.")
    await chat.get_by_role("slider").fill("2")
    await expect(chat.get_by_role("log")).to_contain_text("Nothing had been said yet.")
    await page.screenshot("replay", of=chat)
    await expect(chat.get_by_role("textbox", name="Message")).to_have_count(0)
    assert page.problems == []


async def test_the_shipped_notebook_finds_the_bug_without_a_hand(lab: Lab):
    page = await lab.open("02_debug_a_flow.ipynb")
    await wide(page, 1440, 1400)
    await page.run_all()
    errors = page.page.locator("[data-mime-type='application/vnd.jupyter.error']")
    assert await errors.count() == 0
    again = page.cell(7)
    await again.scroll_into_view_if_needed()
    await expect(again.locator(".cnb-banner")).to_contain_text("The past: after event")
    await expect(again.get_by_role("tab", name="Metadata")).to_have_attribute(
        "aria-selected", "true"
    )
    await page.screenshot("02-debug-a-flow", of=again)
    await again.get_by_role("button", name="Back to now").click()
    await expect(again.locator(".cnb-tree")).to_contain_text('date"Sunday"')
    await page.screenshot("02-debug-a-flow-now", of=again)
    await again.get_by_role("button", name="event").last.click()
    await expect(again.locator(".cnb-event[aria-current]")).to_contain_text("conversation_metadata")
    booked = page.cell(19).get_by_role("log")
    await booked.scroll_into_view_if_needed()
    await expect(booked).to_contain_text("Booked, for 4 on Sunday.")
    replay = page.cell(21)
    await replay.scroll_into_view_if_needed()
    await expect(replay.get_by_role("log")).to_contain_text("A table for 4 on Friday.")
    assert page.problems == []


async def test_a_long_log_is_all_there_in_order(lab: Lab):
    page = await lab.open(
        "long.ipynb",
        [
            "import captivate_nb as cn\nlog = cn.EventLog()",
            "for n in range(3000): log.record('in', f'not JSON, number {n}', 1.0 * n)",
            "cn.ReplayPanel(log)",
        ],
    )
    await page.run_all()
    chat = panel(page)
    rows = chat.locator(".cnb-event")
    await expect(rows).to_have_count(3000)
    numbers = await rows.evaluate_all("nodes => nodes.map(node => Number(node.dataset.n))")
    assert numbers == list(range(3000))
    await expect(rows.last).to_be_in_viewport()
    await chat.get_by_label("Find in events").fill("number 2999")
    await expect(chat.locator(".cnb-event:visible")).to_have_count(1)
    height = "node => node.scrollHeight - node.clientHeight"
    assert await chat.locator(".cnb-events").evaluate(height) == 0
    await page.screenshot("inspector-long", of=chat)
    await chat.get_by_label("Find in events").fill("")
    await expect(chat.locator(".cnb-rows:visible")).to_have_count(60)
    assert page.problems == []


async def test_every_action_says_which_way_it_went(widgets: Widgets):  # noqa: F811
    inspector = await widgets("inspector", tab="actions", live=False, targets=[])
    await inspector.tell(kind="rows", start=0, rows=[], total=0)
    await inspector.tell(kind="state", past=None, chat=0, metadata="{}", errors=0)
    actions = widgets.page.get_by_role("region", name="Actions", exact=True)
    await expect(actions).to_contain_text("Those that the bot sends, and those sent to it")
    base = {"at": 1.7e9, "type": "action", "about": "", "size": 5, "chat": 0}
    sides = enumerate((("call", True), ("ring", False)))
    rows = [{**base, "n": n, "out": out, "actions": [[name, "{}"]]} for n, (name, out) in sides]
    await inspector.tell(kind="rows", start=0, rows=rows, total=2)
    await inspector.tell(kind="state", past=None, chat=0, metadata="{}", errors=0)
    told = actions.get_by_role("listitem")
    await expect(told).to_have_text(
        [re.compile("event 0, sent.*call"), re.compile("event 1, received.*ring")]
    )
