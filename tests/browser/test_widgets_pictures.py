"""Pictures and files of other hosts: asked for first, and got where the page cannot reach them."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, expect

from captivate_nb.conversation.message import Message
from captivate_nb.conversation.transcript import Transcript
from captivate_nb.protocol import content as c
from captivate_nb.widgets.inspector.replay_panel import ReplayPanel
from support.front_end import FrontEnd

from .test_widgets_js import Widgets, widgets  # noqa: F401

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
GIVE = """([ask, text, data]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  for (const hear of models.log.heard) hear({ kind: "answer", ask, text }, [new DataView(bytes.buffer)]);
}"""
HEARD = "window.fake = ((fake) => (name, state) => { const model = fake(name, state); const { on } = model; model.heard = []; model.on = (event, f) => { if (event === 'msg:custom') model.heard.push(f); on(event, f); }; return model; })(window.fake)"
WIDTH = "image => image.naturalWidth"


def item(number: int, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"m{number}", "from": "bot", "parts": list(parts)}


def card(image: str) -> dict[str, Any]:
    return {"kind": "cards", "cards": [{"title": "Mug", "image": image}]}


async def test_a_picture_that_the_page_cannot_reach_comes_from_python(widgets: Widgets):  # noqa: F811
    await widgets.page.evaluate(HEARD)
    log = await widgets.log()
    url = "http://127.0.0.1:9/a.png"
    other = "http://localhost:9/b.png"
    page = {"kind": "html", "html": f'<p>Hi<img src="{other}"></p>'}
    await log.append(item(0, card(url)), item(1, card(url), page))
    asked = await log.next()
    while asked["kind"] != "file":
        asked = await log.next()
    assert asked["url"] == url
    await widgets.page.evaluate(GIVE, [asked["ask"], "image/png", PNG])
    for number in (0, 1):
        picture = log.messages.nth(number).get_by_role("img", name="Mug")
        await expect(picture).to_have_js_property("naturalWidth", 1)
        assert (await picture.get_attribute("src") or "").startswith("blob:")
    asked = await log.next()
    assert asked["url"] == other
    await log.answer(asked, error="It is not on the session's own server.")
    await widgets.page.clock.run_for(60_000)
    assert await log.sent("file") == []


async def test_a_file_that_python_does_not_send_is_asked_for_once_more(widgets: Widgets):  # noqa: F811
    log = await widgets.log()
    await log.append(item(0, card("http://127.0.0.1:9/a.png")))
    for _ in range(2):
        asked = await log.next()
        while asked["kind"] != "file":
            asked = await log.next()
        await widgets.page.clock.run_for(5100)
    await widgets.page.clock.run_for(60_000)
    assert await log.sent("file") == []


async def test_a_file_that_the_page_cannot_reach_is_downloaded(widgets: Widgets):  # noqa: F811
    await widgets.page.evaluate(HEARD)
    log = await widgets.log()
    url = "http://127.0.0.1:9/1/list.csv"
    named = {"name": "price list.csv", "type": "text/csv", "size": 3, "url": url}
    await log.append(item(0, {"kind": "files", "title": "", "files": [named]}))
    await log.sent()
    async with widgets.page.expect_download() as downloading:
        await log.log.get_by_role("link", name="price list.csv").click()
        asked = await log.next()
        assert asked["url"] == url
        await widgets.page.evaluate(GIVE, [asked["ask"], "text/html", PNG])
    assert (await downloading.value).suggested_filename == "price list.csv"


async def test_no_host_is_asked_before_the_reader_allows_it(widgets: Widgets):  # noqa: F811
    requests: list[str] = []

    async def answer(route: Any) -> None:
        requests.append(route.request.url)
        await route.abort()

    await widgets.page.route("**/*.png", answer)
    page = {
        "kind": "html",
        "html": '<p>Hi<img src="https://a.test/1.png"><img src="https://b.test/2.png"></p>',
    }
    picture = {"name": "p.png", "image": "https://a.test/3.png", "url": "https://a.test/3.png"}
    own = card("https://own.test:8000/4.png")
    items = [
        item(0, page, card("https://b.test/5.png"), own),
        item(1, {"kind": "files", "title": "", "files": [picture]}),
    ]
    await widgets("log", 2, saved={"start": 0, "items": items}, note="", empty="", bot="Bot",
                  fallback="", remote_images="ask", trusted=["own.test:8000"])  # fmt: skip
    first = widgets.page.get_by_role("button", name="Show pictures from a.test")
    await expect(first).to_have_count(4)
    await expect(widgets.page.get_by_role("img", name="Mug")).to_have_count(2)
    assert set(requests) <= {"https://own.test:8000/4.png"}
    async with widgets.page.expect_request("https://a.test/3.png") as asking:
        await first.last.click()
    assert "referer" not in (await asking.value).headers
    await expect(first).to_have_count(0)
    await expect(
        widgets.page.get_by_role("button", name="Show pictures from b.test")
    ).to_have_count(4)
    assert not [url for url in requests if "b.test" in url]


TRACKERS = (
    c.Html('<p style="background:url(http://x.test/1)">a<img src="http://x.test/2"></p>'),
    c.Html('<a href="http://x.test/z"><img srcset="http://x.test/3 2x" src="//x.test/4"></a>'),
    c.Markdown("![a](http://x.test/5) and [![b](http://x.test/6)](http://x.test/y)"),
    c.Table('<table background="http://x.test/7"><tr><td><img src="http://x.test/8"></table>'),
    c.Cards((c.Card(text="Mug", image_url="http://x.test/9", link="http://x.test/x"),)),
    c.Files((c.File("http://x.test/10", "a.png", "image/png"),)),
)


async def test_what_is_saved_beside_a_panel_that_asks_loads_nothing(
    browser: Browser, front_end: FrontEnd
):
    said = Transcript([Message(id="1", sender="bot", text="", content=TRACKERS)])
    for choice, loaded in (("ask", False), ("allow", True)):
        panel = ReplayPanel(said, remote_images=choice)
        page, asked = await browser.new_page(), []
        page.on("request", lambda request: asked.append(request))  # noqa: B023, PLW0108  # of this turn
        await page.set_content(panel.text_bundle()["text/html"], wait_until="load")
        panel.close()
        await page.set_content(panel._text()["text/html"], wait_until="load")
        assert bool(asked) == loaded
        await page.close()
