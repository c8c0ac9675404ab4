"""The panel as an app, as Binder shows it: a page with the chat and nothing else."""

from __future__ import annotations

from playwright.async_api import expect

from support.lab import Lab, screenshot


async def test_the_app_is_the_panel_and_works(lab: Lab):
    page = await lab.open_voila("app.ipynb")
    chat = page.locator(".cnb-panel")
    await chat.get_by_role("button", name="Chat to Agent").click()
    await expect(chat.get_by_role("log")).to_contain_text("this is Maya")
    await screenshot(page, "app")
    await expect(page.get_by_text("load_ext")).to_have_count(0)
