"""The main job: a notebook is opened and run, a person clicks and types, and Python has it all."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from support.lab import Lab, NotebookPage

SAID = "for m in session.transcript: print(f'{m.who}: {m.text!r}')"


def panel(page: NotebookPage, number: int = 0) -> Locator:
    return page.page.locator(".cnb-panel").nth(number)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_chat_by_hand_is_the_same_conversation_in_python(
    lab: Lab, theme: str, tmp_path: Path
):
    page = await lab.open(
        f"first-{theme}.ipynb", ["%load_ext captivate_nb\n%captivate"], theme=theme
    )
    await page.run_all()
    chat = panel(page)
    log = chat.get_by_role("log")
    await expect(log).to_contain_text("Hi. I'm the Captivate Bot.")

    await chat.get_by_role("button", name="Chat to Agent").last.click()
    await expect(log).to_contain_text("Hi, this is Maya from the support team")
    picture = log.get_by_role("img", name="maya.svg").last
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    await page.screenshot(f"panel-{theme}", of=chat)
    box = chat.get_by_role("textbox", name="Message")
    await box.fill("My order is late")
    await box.press("Enter")
    await expect(log).to_contain_text("I see: “My order is late”")
    await expect(box).to_have_value("")

    path = tmp_path / "receipt.txt"
    path.write_text("42 CHF")
    async with page.page.expect_file_chooser() as choosing:
        await chat.get_by_role("button", name="Attach").click()
    await (await choosing.value).set_files(path)
    await box.press("Enter")
    await expect(log).to_contain_text("receipt.txt")
    await page.screenshot(f"first-chat-{theme}")
    await expect(log.get_by_text("receipt.txt")).to_have_count(1)

    printed = (await page.add_and_run(SAID)).splitlines()
    said = [line for line in printed if line.startswith("user: ")]
    assert said == ["user: 'Chat to Agent'", "user: 'My order is late'", "user: 'receipt.txt'"]
    assert printed[0].startswith("bot: \"Hi. I'm the Captivate Bot.")
    assert printed[2] == "bot: 'Please wait while I connect you to the support team.'"
    assert printed[3] == "system: 'Maya joined the conversation'"
    assert printed[4].startswith("Maya: 'Hi, this is Maya")
    assert printed[6].startswith("Maya: 'I see: “My order is late”")
    assert page.problems == []


async def test_a_double_click_and_a_shift_enter(lab: Lab):
    page = await lab.open("twice.ipynb", ["%load_ext captivate_nb\n%captivate"])
    await page.run_all()
    chat = panel(page)
    await chat.get_by_role("button", name="Leave Contact Details").last.dblclick()
    await expect(chat.get_by_role("log")).to_contain_text("What is your name?")
    box = chat.get_by_role("textbox", name="Message")
    await box.fill("Ada")
    await box.press("Shift+Enter")
    await box.press_sequentially("Lovelace")
    await box.press("Enter")
    await expect(chat.get_by_role("log")).to_contain_text("email")
    printed = await page.add_and_run(SAID)
    assert printed.count("user: 'Leave Contact Details'") == 1
    assert "user: 'Ada\\nLovelace'" in printed


async def test_two_panels_show_one_session(lab: Lab):
    cells = ["%load_ext captivate_nb\n%captivate", "%captivate"]
    page = await lab.open("two.ipynb", cells)
    await page.run_all()
    first, second = panel(page, 0), panel(page, 1)
    await second.get_by_role("button", name="Chat to Agent").last.click()
    for log in (first.get_by_role("log"), second.get_by_role("log")):
        await expect(log).to_contain_text("Hi, this is Maya")
    box = first.get_by_role("textbox", name="Message")
    await box.fill("from the first")
    await box.press("Enter")
    for log in (first.get_by_role("log"), second.get_by_role("log")):
        await expect(log.get_by_text("from the first", exact=True)).to_have_count(1)
    printed = await page.add_and_run(SAID)
    assert printed.count("user: ") == 2


async def test_the_completer_offers_what_can_be_clicked(lab: Lab):
    page = await lab.open("complete.ipynb", ["%load_ext captivate_nb\np = %captivate"])
    await page.run_all()
    index = await page.add_cell("%captivate click ")
    await page.cell(index).locator(".cm-content").click()
    await page.page.keyboard.press("End")
    await page.page.keyboard.press("Tab")
    labels = page.page.locator(".jp-Completer-match")
    await expect(labels.nth(0)).to_have_text("Leave Contact Details")
    await expect(labels.nth(1)).to_have_text("Chat to Agent")
    await page.page.keyboard.press("ArrowDown")
    await page.page.keyboard.press("Enter")
    await expect(page.cell(index)).to_contain_text("%captivate click Chat to Agent")


async def test_the_shipped_notebook_runs_without_a_hand(lab: Lab):
    page = await lab.open("01_first_chat.ipynb")
    await page.run_all()
    await expect(panel(page).get_by_role("log")).to_contain_text("We will write to ada@example.com")
    await expect(panel(page, 1).get_by_role("log")).to_contain_text("the little shop")
    errors = page.page.locator("[data-mime-type='application/vnd.jupyter.error']")
    assert await errors.count() == 0
    assert page.problems == []
