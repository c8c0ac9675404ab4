"""A kernel on another machine: what only that machine can reach is seen in the page all the same."""

from __future__ import annotations

from playwright.async_api import Route, expect

from support.lab import Lab


async def test_pictures_and_files_of_the_embedded_server_are_seen(lab: Lab):
    page = await lab.open("remote.ipynb", ["%load_ext captivate_nb\n%captivate"])

    async def refuse(route: Route) -> None:
        ours = route.request.url.startswith(lab.server.url)
        await (route.fallback() if ours else route.abort())

    await page.page.route("http://127.0.0.1:*/**", refuse)
    await page.run_all()
    chat = page.page.locator(".cnb-panel")
    await chat.get_by_role("button", name="Chat to Agent").last.click()
    picture = chat.get_by_role("log").get_by_role("img", name="maya.svg")
    await expect(picture).not_to_have_js_property("naturalWidth", 0)
    assert (await picture.get_attribute("src") or "").startswith("blob:")
    async with page.page.expect_download() as downloading:
        await chat.get_by_role("link", name="maya.svg").click()
    assert (await downloading.value).suggested_filename == "maya.svg"
    assert page.problems == []
