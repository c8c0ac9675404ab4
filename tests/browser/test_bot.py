"""A bot in a cell beside its chat, in a real JupyterLab: edited, broken, found out, mended."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from support.axe import violations
from support.lab import Lab, NotebookPage

BOT = """%%captivate bot shop
def shop(request):
    said = request["user_input"]
    print("heard", said)
    {step}
    options = [{{"label": "Tea", "value": "tea"}}, {{"label": "Milk", "value": "milk"}}]
    return ["{word} " + said, {{"type": "button", "buttons": {{"title": "What?", "options": options}}}}]
"""
FAILS = "if said == 'milk': raise ValueError('no milk today')"


def bot(word: str, step: str = "pass") -> str:
    return BOT.format(word=word, step=step)


async def run_again(page: NotebookPage, index: int, code: str) -> None:
    """Write another text into a cell, and run it, as a person does."""
    await page.page.evaluate(
        """([index, code]) => window.jupyterapp.shell.currentWidget.content
            .widgets[index].model.sharedModel.setSource(code)""",
        [index, code],
    )
    await page.run_cell(index)


async def test_a_bot_is_edited_broken_and_mended_under_its_chat(lab: Lab):
    page = await lab.open("bot.ipynb", ["%load_ext captivate_nb", bot("You said"), "%captivate"])
    await page.run_all()
    chat: Locator = page.page.locator(".cnb-panel").last
    said = chat.get_by_role("log")
    await chat.get_by_role("button", name="Tea", exact=True).last.click()
    await expect(said).to_contain_text("You said tea")

    await run_again(page, 1, bot("Now you said"))
    await expect(page.output(1)).to_contain_text("shop answers as it is now")
    await chat.get_by_role("button", name="Tea", exact=True).last.click()
    await expect(said).to_contain_text("Now you said tea")

    await run_again(page, 1, bot("Now you said", FAILS))
    await chat.get_by_role("button", name="Milk", exact=True).last.click()
    await expect(said).to_contain_text("Sorry, something went wrong here")
    problem = chat.locator(".cnb-problems .cnb-problem", has_text="ValueError: no milk today")
    await expect(problem).to_contain_text("Cell In[")
    await problem.locator("summary").click()
    await expect(problem.locator("pre")).to_contain_text("raise ValueError('no milk today')")

    await chat.get_by_role("button", name="Inspector", exact=True).click()
    await chat.get_by_role("tab", name="Bot").click()
    turn = chat.locator(".cnb-bot-turns > li").last
    await expect(turn).to_contain_text("failed")
    await turn.locator("summary").first.click()
    await expect(turn).to_contain_text("heard milk")
    await turn.get_by_text("Request", exact=True).click()
    asked = turn.locator(".cnb-leaf").filter(has_text="user_input")
    await expect(asked).to_have_text('user_input"milk"')
    assert await violations(page.page, chat) == []
    await page.screenshot("bot-tab", of=chat)

    await run_again(page, 1, bot("At last:"))
    await problem.get_by_role("button", name="Send this turn again").click()
    await expect(said).to_contain_text("At last: milk")
    await expect(problem).to_be_hidden()
    await expect(chat.locator(".cnb-bot-turns > li").last).not_to_contain_text("failed")
    await chat.get_by_role("button", name="Do all again").click()
    await expect(page.page.locator(".cnb-panel").last).to_contain_text("is the first that differs")
    assert page.problems == []


async def test_a_flow_that_is_saved_answers_at_once_and_may_be_begun_anew(lab: Lab):
    flow = "nodes: {menu: ['Tea or coffee?']}\n"
    page = await lab.open(
        "saved.ipynb",
        [
            "%load_ext captivate_nb",
            f"import pathlib; pathlib.Path('tea.yaml').write_text({flow!r})",
            "%captivate open tea.yaml",
            f"pathlib.Path('tea.yaml').write_text({flow.replace('coffee', 'milk')!r})",
        ],
    )
    await page.run_all()
    chat: Locator = page.page.locator(".cnb-panel").last
    saved = chat.locator(".cnb-problem").filter(has_text="The flow tea was saved")
    await expect(saved).to_be_visible()
    await page.screenshot("flow-saved", of=chat)
    await saved.get_by_role("button", name="Restart", exact=True).click()
    await expect(chat.get_by_role("log")).to_contain_text("Tea or milk?")
    await expect(saved).to_be_hidden()
    assert page.problems == []
