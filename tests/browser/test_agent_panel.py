"""Both sides in one notebook: a visitor asks for an agent, and a person is that agent."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from support.axe import violations
from support.lab import Lab, NotebookPage

BOTH = [
    """\
%load_ext captivate_nb
import captivate_nb as cn
session = await cn.demo(user={"firstName": "Ada", "lastName": "Lovelace"})
%captivate""",
    "agent = %captivate agent\nagent",
]
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON()
  .cells.flatMap(cell => cell.outputs ?? [])"""


def visitor_side(page: NotebookPage) -> Locator:
    return page.page.locator(".cnb-panel:not(.cnb-desk)").first


def agent_side(page: NotebookPage, number: int = 0) -> Locator:
    return page.page.locator(".cnb-desk").nth(number)


async def write(panel: Locator, text: str) -> None:
    box = panel.get_by_role("textbox", name="Message")
    await box.fill(text)
    await box.press("Enter")
    await expect(box).to_have_value("")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_handoff_by_hand_on_both_sides(lab: Lab, theme: str, tmp_path: Path):
    page = await lab.open(f"handoff-{theme}.ipynb", BOTH, theme=theme)
    await page.run_all()
    user, agent = visitor_side(page), agent_side(page)
    await expect(agent).to_contain_text("Nobody is waiting.")
    await page.screenshot(f"agent-empty-{theme}", of=agent)

    await user.get_by_role("button", name="Chat to Agent").last.click()
    waiting = agent.get_by_role("list", name="Waiting")
    await expect(waiting).to_contain_text("Ada Lovelace")
    await expect(agent.get_by_role("log")).to_contain_text("Chat to Agent")
    await expect(agent.get_by_role("textbox", name="Message")).to_be_disabled()
    await page.screenshot(f"agent-waiting-{theme}", of=agent)
    assert await violations(page.page, agent) == []
    await write(user, "My order 4711 is late.")
    await expect(waiting).to_contain_text("My order 4711 is late.")

    await agent.get_by_role("button", name="Accept Ada Lovelace").dblclick()
    await expect(user.get_by_role("log")).to_contain_text("Maya joined the conversation")
    await write(agent, "Hello Ada, I have it in front of me.")
    await expect(user.get_by_role("log")).to_contain_text("I have it in front of me.")
    await write(user, "Thank you! When does it come?")
    await expect(agent.get_by_role("log")).to_contain_text("When does it come?")

    path = tmp_path / "delivery-note.pdf"
    path.write_bytes(b"%PDF-1.4 " + b"x" * 4000)
    async with page.page.expect_file_chooser() as choosing:
        await agent.get_by_role("button", name="Attach").click()
    await (await choosing.value).set_files(path)
    await write(agent, "Tomorrow. Here is the note:")
    await expect(user.get_by_role("log")).to_contain_text("delivery-note.pdf")
    await page.screenshot(f"agent-chat-{theme}", of=agent)
    assert await violations(page.page, agent) == []
    await page.screenshot(f"agent-both-{theme}")

    await agent.get_by_role("button", name="Leave the chat with Ada Lovelace").click()
    await expect(user.get_by_role("log")).to_contain_text("Thank you for chatting with our team.")
    await expect(agent.get_by_role("log")).to_contain_text("This live chat has ended.")
    await page.screenshot(f"agent-ended-{theme}", of=agent)
    assert await violations(page.page, agent) == []
    await page.add_and_run("agent.layout.width = '320px'")
    await user.get_by_role("button", name="Chat to Agent").last.click()
    await expect(agent.get_by_role("button", name="Refuse Ada Lovelace")).to_be_visible()
    await agent.get_by_role("button", name="Ada Lovelace, waiting").click()
    await page.screenshot(f"agent-narrow-{theme}", of=agent)
    assert await violations(page.page, agent) == []
    assert page.problems == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_shipped_notebook_runs_without_a_hand_and_then_by_hand(lab: Lab, theme: str):
    page = await lab.open("03_live_agent_handoff.ipynb", theme=theme)
    await page.command("application:toggle-left-area")
    await page.run_all()
    user, agent = visitor_side(page), agent_side(page)
    outputs = await page.page.evaluate(OUTPUTS)
    assert [one for one in outputs if one["output_type"] == "error"] == []
    printed = "".join("".join(one.get("text", ())) for one in outputs)
    assert "Ada Lovelace waits." in printed
    assert "until an agent joined" in printed
    assert "update: livechatAgentDisconnected" in printed
    await expect(agent.get_by_role("log")).to_contain_text("Wonderful, thank you!")

    await user.get_by_role("button", name="Chat to Agent").last.click()
    await agent.get_by_role("button", name="Accept Ada Lovelace").click()
    await write(agent, "Hello again!")
    await expect(user.get_by_role("log")).to_contain_text("Hello again!")
    await write(user, "That was quick.")
    await expect(agent.get_by_role("log")).to_contain_text("That was quick.")
    await page.screenshot(f"handoff-notebook-{theme}")
    await agent.get_by_role("button", name="Leave the chat with Ada Lovelace").click()
    await expect(user.get_by_role("log")).to_contain_text("Thank you for chatting with our team.")
    assert page.problems == []


async def test_two_agents_and_a_visitor_who_goes(lab: Lab):
    page = await lab.open("two-agents.ipynb", [*BOTH, "%captivate agent Robin"])
    await page.run_all()
    user, maya, robin = visitor_side(page), agent_side(page), agent_side(page, 1)
    await user.get_by_role("button", name="Chat to Agent").last.click()
    await robin.get_by_role("button", name="Accept Ada Lovelace").click()
    await expect(user.get_by_role("log")).to_contain_text("Robin joined the conversation")
    await expect(maya.get_by_role("list", name="In a chat")).to_contain_text("Ada Lovelace")
    await page.add_and_run("await session.restart()")
    await expect(robin.get_by_role("log")).to_contain_text("Ada Lovelace is away")
    switch = maya.get_by_role("switch", name="Available")
    await switch.focus()
    await page.page.keyboard.press("Space")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await expect(robin.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    await robin.get_by_role("button", name="Close the agent's panel").click()
    await expect(page.output(2)).to_contain_text("This agent's panel was closed.")
    await page.add_and_run("await session.close()")
    await expect(maya).to_contain_text("The server has stopped")
    assert page.problems == []
