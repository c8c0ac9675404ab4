"""The front-end modules in a real browser, with anywidget's model played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from captivate_nb.widgets.common.assets import CHAT_SHEETS, WIDGETS, module, styles

MODEL = """
window.fake = (name, state) => {
  const listeners = {};
  const emit = (event, value) => (listeners[event] ?? []).forEach((listener) => listener(value));
  return window.models[name] = {
    state, sent: [], emit,
    get: (key) => state[key],
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    set: (key, value) => { state[key] = value; emit(`change:${key}`, value); },
    send(content, _callbacks, buffers = []) {
      this.sent.push({ ...content, sizes: buffers.map((buffer) => buffer.byteLength) });
      this.wake?.();
    },
    async next() {
      if (!this.sent.length) await new Promise((resolve) => (this.wake = resolve));
      return this.sent.shift();
    },
  };
};
window.models = {};
window.closers = [];
window.start = async (name, source, state, views) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const made = (await import(url)).default;
  const widget = typeof made === "function" ? made() : made;
  const model = window.fake(name, state);
  const end = await widget.initialize?.({ model });
  if (end) window.closers.push(end);
  for (let view = 0; view < views; view += 1) {
    const el = document.createElement("div");
    document.querySelector(".cnb-panel").append(el);
    const close = await widget.render({ model, el });
    if (close) window.closers.push(close);
  }
};
"""
PAGE = '<!doctype html><meta charset="utf-8"><body><div class="cnb-panel"></div>'
SIZE = ".cnb-panel { display: flex; flex-direction: column; height: 500px; width: 400px; }"


class Widget:
    """A widget of ours in the page, and the model that the test plays."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.total = 0

    async def tell(self, **content: Any) -> None:
        """Send a custom message, as Python does."""
        await self.page.evaluate(
            "([name, content]) => models[name].emit('msg:custom', content)", [self.name, content]
        )

    async def answer(self, asked: dict[str, Any], **what: Any) -> None:
        """Answer what the page has asked."""
        await self.tell(kind="answer", ask=asked["ask"], **what)

    async def set(self, trait: str, value: Any) -> None:
        await self.page.evaluate(
            "([name, trait, value]) => models[name].set(trait, value)", [self.name, trait, value]
        )

    async def sent(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What the page sent and no test has looked at yet."""
        sent = await self.page.evaluate("name => models[name].sent.splice(0)", self.name)
        return [content for content in sent if kind in (None, content["kind"])]

    async def next(self) -> dict[str, Any]:
        """The next message the page sends, once it does."""
        content = await asyncio.wait_for(
            self.page.evaluate("name => models[name].next()", self.name), timeout=10
        )
        return dict(content)

    async def append(self, *items: dict[str, Any], **more: Any) -> None:
        start, self.total = self.total, self.total + len(items)
        await self.tell(kind="append", start=start, items=items, total=self.total, **more)

    async def texts(self) -> list[str]:
        """The text of every message, in the order of the page."""
        return await self.messages.evaluate_all("nodes => nodes.map((node) => node.textContent)")

    async def shows(self, *texts: str) -> None:
        """Wait until these are the texts of all messages: they are drawn a slice at a time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                while await self.texts() != list(texts):
                    await self.page.evaluate("new Promise(requestAnimationFrame)")
        assert await self.texts() == list(texts)

    @property
    def messages(self) -> Locator:
        return self.page.locator(".cnb-list .cnb-message")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")


class Widgets:
    """Starts widgets of ours in one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def __call__(self, name: str, /, views: int = 1, **state: Any) -> Widget:
        (path,) = WIDGETS.glob(f"*/{name}.js")
        arguments = [name, module(path.relative_to(WIDGETS).as_posix()), state, views]
        await self.page.evaluate(
            "([name, source, state, views]) => start(name, source, state, views)", arguments
        )
        return Widget(self.page, name)

    async def log(self, *known: dict[str, Any], start: int = 0, views: int = 1) -> Widget:
        saved = {"start": start, "items": known}
        state = {
            "note": "",
            "empty": "Nothing yet.",
            "bot": "Shop Bot",
            "fallback": "",
            "live": True,
        }
        log = await self("log", views, saved=saved, **state)
        log.total = start + len(known)
        drawn = views * sum(item is not None for item in known)
        await expect(log.messages).to_have_count(drawn)  # a slice of them is drawn at a time
        return log


@pytest_asyncio.fixture(loop_scope="session")
async def widgets(browser: Browser) -> AsyncIterator[Widgets]:
    page = await browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.clock.install()
    await page.set_content(PAGE)
    await page.add_style_tag(content=styles(*CHAT_SHEETS) + SIZE)
    await page.evaluate(f"() => {{ {MODEL} }}")
    yield Widgets(page)
    await page.evaluate("closers.forEach((close) => close())")
    await page.close()
    assert errors == []


def text(words: str, index: int = 0, sender: str = "bot", **fields: Any) -> dict[str, Any]:
    return {"id": f"m{index}", "from": sender, "parts": [{"kind": "text", "text": words}], **fields}


def asking(*labels: str) -> dict[str, Any]:
    options = [{"n": n, "label": label} for n, label in enumerate(labels)]
    item = text("Well?")
    item["parts"].append({"kind": "options", "title": "Which one?", "options": options})
    return item


def numbered(start: int, stop: int) -> list[dict[str, Any]]:
    return [text(f"message {index}", index) for index in range(start, stop)]


# --- drawing -------------------------------------------------------------------------------------


async def test_text_is_never_markup_and_is_cheap(widgets: Widgets):
    log = await widgets.log()
    await log.append(text("<img src=x onerror=alert(1)>\n& <b>so</b> on"))
    await log.shows("<img src=x onerror=alert(1)>\n& <b>so</b> on")
    await log.append(text("Hello", 1, "agent", name="Maya"))
    nodes = await log.messages.evaluate_all(
        """nodes => nodes.map((node) => {
          const walker = document.createTreeWalker(node, NodeFilter.SHOW_ALL);
          let count = 1;
          while (walker.nextNode()) count += 1;
          return count;
        })"""
    )
    assert nodes == [3, 5]


async def test_addresses_in_a_text_are_links(widgets: Widgets):
    log = await widgets.log()
    await log.append(text("See https://x.test/a?b=1. Not javascript:alert(1), nor http://."))
    link = log.messages.get_by_role("link")
    assert await link.count() == 1
    assert await link.evaluate("a => [a.textContent, a.href, a.rel, a.target]") == [
        "https://x.test/a?b=1",
        "https://x.test/a?b=1",
        "noopener noreferrer",
        "_blank",
    ]


async def test_every_kind_of_content_has_its_look(widgets: Widgets):
    log = await widgets.log()
    picture = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
    cards = [
        {
            "title": "Mug",
            "text": "Blue",
            "image": picture,
            "link": "https://x.test/mug",
            "options": [{"n": 0, "label": "Buy"}],
        },
        {"link": "javascript:alert(1)", "image": picture},
    ]
    files = [
        {
            "name": "guide.pdf",
            "type": "application/pdf",
            "size": 182_000,
            "url": "https://x.test/g",
        },
        {"name": "cat.png", "image": picture},
        {"name": "notes", "size": 12},
        {"name": "film", "type": "video/mp4", "size": 2_500_000},
    ]
    parts = [
        {"kind": "html", "html": "<p>Some <b>bold</b></p><table><tr><td>1</td></tr></table><img>"},
        {"kind": "cards", "cards": cards},
        {"kind": "files", "title": "Files:", "files": files},
        {"kind": "pause", "ms": 1500},
        {"kind": "source", "title": "Content of unknown type “?”", "data": "{}"},
        {
            "kind": "options",
            "title": "",
            "options": [{"n": 1, "label": "Read", "url": "https://x.test/r"}],
        },
    ]
    await log.append(
        {"id": "m", "from": "bot", "parts": parts}, {"id": "n", "from": "bot", "parts": []}
    )
    await expect(log.log.locator("b")).to_have_text("bold")
    await expect(log.log.get_by_role("link", name="Mug")).to_have_attribute(
        "href", "https://x.test/mug"
    )
    await expect(log.log.get_by_role("listitem")).to_have_count(2)
    image = log.log.get_by_role("img", name="Mug")
    assert await image.evaluate("i => [i.loading, i.referrerPolicy]") == ["lazy", "no-referrer"]
    await expect(log.log.get_by_role("link", name="guide.pdf")).to_contain_text(
        "182 kB · application/pdf"
    )
    await expect(log.log.get_by_role("img", name="cat.png")).to_have_count(1)
    kinds = await log.log.locator(".cnb-kind").all_inner_texts()
    assert [kind.upper() for kind in kinds] == ["PDF", "FILE", "VIDE"]
    await expect(log.log.get_by_text("2.5 MB")).to_have_count(1)
    await expect(log.log.get_by_text("pause 1.5 s")).to_have_count(1)
    await expect(log.log.get_by_text("Content of unknown type “?”")).to_have_count(1)
    await expect(log.log.get_by_role("link", name="Read")).to_have_count(1)
    await expect(log.messages.last).to_have_text("(empty message)")
    assert await log.log.locator("[href^='javascript']").count() == 0


async def test_messages_are_grouped_and_say_who_when_and_how(widgets: Widgets):
    log = await widgets.log()
    await log.append(
        text("a", 0, at=1.7e9),
        text("b", 1),
        text("c", 2, "user", at=1.7e9, delivery="sent"),
        text("d", 3, "agent", name="Maya"),
        text("e", 4, "agent", name="Bo"),
        text("Bo left", 5, "system"),
    )
    await expect(log.messages).to_have_count(6)
    groups = await log.messages.evaluate_all(
        "nodes => nodes.map((n) => ['first', 'last'].filter((c) => n.classList.contains(`cnb-${c}`)).join(' '))"
    )
    assert groups == ["first", "last", "first last", "first last", "first last", "first last"]
    names = await log.messages.evaluate_all(
        "nodes => nodes.map((n) => n.getAttribute('aria-label').split(',')[0])"
    )
    assert names == ["Shop Bot", "Shop Bot", "You", "Maya", "Bo", "Note"]
    assert await log.messages.nth(3).get_attribute("data-initials") == "M"
    assert await log.messages.first.get_attribute("data-initials") == "SB"
    await expect(log.messages.nth(3)).to_contain_text("Maya · agent")
    sent = await log.messages.nth(2).locator(".cnb-bubble").get_attribute("data-time")
    assert sent is not None
    assert sent.endswith(" ✓")
    assert (await log.messages.nth(2).get_attribute("aria-label") or "").endswith("sent")


async def test_it_says_what_it_is_where_it_is_empty_ended_or_dead(widgets: Widgets):
    log = await widgets.log()
    await expect(log.log.get_by_text("Nothing yet.")).to_be_visible()
    await log.set("note", "This session is closed.")
    await expect(log.log.get_by_text("This session is closed.")).to_be_visible()
    dead = log.log.get_by_text("This chat has no kernel behind it")
    await expect(dead).to_be_hidden()
    await widgets.page.evaluate(
        "document.querySelector('.cnb-panel').classList.add('jupyter-widgets-disconnected')"
    )
    await expect(dead).to_be_visible()
    await expect(log.log.get_by_text("This session is closed.")).to_be_hidden()
    await log.append(text("Hello"))
    await expect(log.log.get_by_text("Nothing yet.")).to_be_hidden()


# --- what there is and what is lacking -------------------------------------------------------------


async def test_a_view_draws_what_is_saved_and_asks_for_the_rest(widgets: Widgets):
    log = await widgets.log(*numbered(600, 650), start=600)
    await expect(log.messages).to_have_count(50)
    [need] = await log.sent()
    assert (need["kind"], need["start"], need.get("stop")) == ("need", 100, 600)
    await log.tell(kind="fill", start=100, items=numbered(100, 600), total=650)
    [need] = await log.sent()
    assert (need["start"], need["stop"]) == (0, 100)
    await log.tell(kind="fill", start=0, items=numbered(0, 100), total=650)
    await expect(log.messages).to_have_count(650)
    await log.shows(*(f"message {n}" for n in range(650)))
    assert await log.sent() == []


async def test_all_of_a_very_long_conversation_is_in_the_page_in_order(widgets: Widgets):
    log = await widgets.log(views=2)
    await log.sent()
    items = numbered(0, 10_000)
    await log.tell(kind="append", start=9_500, items=items[9_500:], total=10_000)
    while needs := await log.sent("need"):
        start, stop = needs[-1]["start"], needs[-1]["stop"]
        await log.tell(kind="fill", start=start, items=items[start:stop], total=10_000)
    await widgets.page.clock.run_for(1000)
    await expect(log.messages).to_have_count(20_000)
    texts = await log.texts()
    assert texts[:10_000] == texts[10_000:] == [f"message {n}" for n in range(10_000)]


async def test_a_lost_message_is_asked_for_until_it_comes(widgets: Widgets):
    log = await widgets.log(*numbered(0, 2))
    assert [need["start"] for need in await log.sent()] == [2]
    await log.tell(kind="fill", start=2, items=[], total=2)
    await log.tell(kind="append", start=3, items=numbered(3, 4), total=4)
    await log.shows("message 0", "message 1", "message 3")
    for _ in range(2):
        [need] = await log.sent()
        assert (need["start"], need["stop"]) == (2, 3)
        await widgets.page.clock.run_for(3100)
    await widgets.page.clock.run_for(60_000)
    assert len(await log.sent()) <= 5
    await log.tell(kind="fill", start=2, items=numbered(2, 3), total=4)
    await log.shows(*(f"message {n}" for n in range(4)))


async def test_changes_replace_and_a_new_conversation_forgets(widgets: Widgets):
    log = await widgets.log(*numbered(0, 120))
    await log.tell(kind="append", start=60, items=[text("edited", 60)], total=120)
    await log.shows(*(f"message {n}" if n != 60 else "edited" for n in range(120)))
    await log.tell(kind="append", first=100, start=100, items=numbered(900, 901), total=101)
    await log.shows(*(f"message {n}" if n != 60 else "edited" for n in range(100)), "message 900")
    await log.tell(kind="append", first=0, start=0, items=[], total=0)
    await log.shows()
    assert await widgets.page.locator(".cnb-list > *").count() == 0
    log.total = 0
    await log.append(text("anew"))
    await log.shows("anew")


async def test_the_saved_state_is_the_whole_conversation(widgets: Widgets):
    log = await widgets.log(*numbered(3, 5), start=3)
    await log.append(text("message 5", 5))
    await log.tell(kind="fill", start=0, items=numbered(0, 3), total=6)
    saved = "() => models.log.state.saved"
    ids = [f"m{n}" for n in range(6)]
    state = await widgets.page.evaluate(saved)
    assert (state["start"], [item["id"] for item in state["items"]]) == (0, ids)
    await log.set("saved", {"start": 4, "items": numbered(4, 6)})
    state = await widgets.page.evaluate(saved)
    assert (state["start"], [item["id"] for item in state["items"]]) == (0, ids)
    await expect(log.messages).to_have_count(6)


async def test_a_state_saved_too_early_is_no_harm(widgets: Widgets):
    log = await widgets.log(None, None, *numbered(2, 4))  # type: ignore[arg-type]
    await log.shows("message 2", "message 3")
    [need] = await log.sent()
    assert (need["start"], need["stop"]) == (0, 2)


# --- clicking ------------------------------------------------------------------------------------


async def test_a_click_is_pending_at_once_and_sent_once(widgets: Widgets):
    log = await widgets.log(asking("Yes", "No"), text("hm", 1, "user"))
    await log.sent()
    no = log.messages.get_by_role("button", name="No")
    await no.dblclick()
    await no.click()
    [click] = await log.sent()
    expected = {"kind": "click", "index": 0, "id": "m0", "option": 1, "sizes": []}
    assert click == {**expected, "ask": click["ask"]}
    await expect(no).to_have_attribute("aria-busy", "true")
    await log.answer(click)
    await expect(no).to_have_attribute("aria-busy", "false")
    await no.click()
    assert len(await log.sent("click")) == 1


async def test_the_chosen_option_is_marked_whatever_comes_first(widgets: Widgets):
    log = await widgets.log()
    answered = text("No", 1, "user", answers=[0, 1])
    await log.tell(kind="append", start=1, items=[answered], total=2)
    await log.tell(kind="fill", start=0, items=[asking("Yes", "No")], total=2)
    await expect(log.messages.first.get_by_role("button")).to_have_text(["Yes", "✓ No"])
    await expect(log.messages.get_by_role("button", pressed=True)).to_have_text("✓ No")
    await log.tell(kind="append", first=1, start=1, items=[text("hm", 1, "user")], total=2)
    await log.tell(kind="append", start=0, items=[asking("Yes", "No")], total=2)
    await expect(log.messages.first.get_by_role("button")).to_have_text(["Yes", "No"])


async def test_options_stand_in_their_message_and_are_on_offer_until_answered(widgets: Widgets):
    log = await widgets.log(asking("Yes", "No"))
    options = log.messages.first.locator(".cnb-ask")
    offered = widgets.page.locator(".cnb-offer").get_by_role("button")
    await expect(options.get_by_role("button")).to_have_text(["Yes", "No"])
    await expect(offered).to_have_count(2)
    await log.append(text("Bo joined", 1, "system"))
    await expect(offered).to_have_count(2)
    await log.append(text("Yes", 2, "user", answers=[0, 0]))
    await expect(options.get_by_role("button")).to_have_text(["✓ Yes", "No"])
    await expect(offered).to_have_count(0)


# --- following -----------------------------------------------------------------------------------

AT_END = """async (log) => {
  for (let still = 0, top = log.scrollTop; still < 15; still = log.scrollTop === top ? still + 1 : 0) {
    top = log.scrollTop;
    await new Promise(requestAnimationFrame);
  }
  return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
}"""  # once nothing moves any more


async def test_it_follows_stays_and_follows_again(widgets: Widgets):
    log = await widgets.log(*numbered(0, 100))
    fresh = widgets.page.get_by_role("button", name="New messages")
    assert await log.log.evaluate(AT_END)
    await log.append(*numbered(100, 110))
    assert await log.log.evaluate(AT_END)
    await expect(fresh).to_be_hidden()

    await log.log.hover()
    await widgets.page.mouse.wheel(0, -1500)
    await expect(log.messages.nth(100)).not_to_be_in_viewport()
    assert not await log.log.evaluate(AT_END)
    where = await log.log.evaluate("log => log.scrollTop")
    await log.append(*numbered(110, 120))
    await expect(fresh).to_be_visible()
    assert await log.log.evaluate("log => log.scrollTop") == where
    await fresh.click()
    assert await log.log.evaluate(AT_END)
    await expect(fresh).to_be_hidden()

    await widgets.page.mouse.move(200, 200)
    await widgets.page.mouse.wheel(0, -1500)
    await expect(log.messages.nth(110)).not_to_be_in_viewport()
    await log.append(text("my own", 120, "user"))
    assert await log.log.evaluate(AT_END)


# --- telling -------------------------------------------------------------------------------------


async def test_only_what_is_new_is_read_out(widgets: Widgets):
    log = await widgets.log(text("old"))
    spoken = widgets.page.locator("[aria-live=polite]")
    await expect(spoken).to_have_text("")
    assert await log.log.get_attribute("aria-live") == "off"
    await log.tell(kind="fill", start=0, items=[text("old")], total=1)
    await expect(spoken).to_have_text("")
    card = {"kind": "cards", "cards": [{"title": "Mug"}]}
    file = {"kind": "files", "title": "", "files": [{"name": "a.txt"}]}
    page = {"kind": "html", "html": "<p>A <b>page</b></p>"}
    item = asking("Yes", "No")
    item["parts"] += [card, file, page, {"kind": "pause", "ms": 1}]
    await log.append(item, text("mine", 2, "user"))
    await expect(spoken).to_have_text("Shop Bot: Well?. Which one?: Yes, No. Mug. a.txt. A page")
    await widgets.page.clock.run_for(3100)
    await expect(spoken).to_have_text("")


async def test_it_shows_that_a_reply_is_awaited(widgets: Widgets):
    log = await widgets.log()
    dots = widgets.page.locator(".cnb-typing")
    await expect(dots).to_be_hidden()
    await log.append(text("Hello?", 0, "user"))
    await expect(dots).to_be_visible()
    pause = text("Wait", 1)
    pause["parts"].append({"kind": "pause", "ms": 2000})
    await log.append(pause)
    await expect(dots).to_be_visible()
    await widgets.page.clock.run_for(2100)
    await expect(dots).to_be_hidden()
    await log.append(text("Hello?", 2, "user"))
    await log.append(text("Hi", 3, "agent", name="Maya"))
    await expect(dots).to_be_hidden()
    await log.append(text("Are you human?", 4, "user"))
    await expect(dots).to_be_hidden()


async def test_what_waits_to_be_sent_is_shown_apart(widgets: Widgets):
    log = await widgets.log(text("Hello"))
    await log.tell(
        kind="append",
        start=1,
        items=[],
        total=1,
        outbox=[text("Later", 1, "user", delivery="queued")],
    )
    queued = log.log.get_by_role("group", name="You, waiting to be sent")
    await expect(queued).to_have_text("Later")
    await expect(queued.locator("[data-time='waiting to be sent']")).to_have_count(1)
    await log.append(text("Later", 1, "user", delivery="sent"), outbox=[])
    await expect(queued).to_have_count(0)
    await log.shows("Hello", "Later")


async def test_errors_are_lines_that_go_when_dismissed(widgets: Widgets):
    log = await widgets.log(views=2)
    await log.sent()
    problems = [{"id": 1, "message": "One <b>"}, {"id": 2, "message": "Two", "detail": "pong"}]
    await log.tell(kind="problems", problems=problems)
    lines = widgets.page.get_by_role("alert")
    await expect(lines).to_have_count(2)
    await expect(lines.first).to_contain_text("Two")
    folded = widgets.page.get_by_role("button", name="1 earlier notice")
    for views in (2, 1):
        await expect(folded).to_have_count(views)
        await folded.first.click()
    await expect(lines).to_have_count(4)
    await expect(lines.first).to_have_text("One <b>")
    await lines.nth(1).get_by_text("Two").click()
    await expect(lines.nth(1).get_by_text("pong")).to_be_visible()
    await lines.first.get_by_role("button", name="Dismiss").click()
    assert [(s["kind"], s["id"]) for s in await log.sent()] == [("dismiss", 1)]
    await log.tell(kind="problems", problems=problems[1:])
    await expect(lines).to_have_count(2)
    await log.tell(kind="fill", start=0, items=[], total=0, problems=[], outbox=[])
    await expect(lines).to_have_count(0)


async def test_good_news_is_a_quiet_line(widgets: Widgets):
    log = await widgets.log()
    await log.sent()
    await log.tell(kind="problems", problems=[{"id": 1, "message": "It arrived", "good": True}])
    await expect(widgets.page.get_by_role("alert")).to_have_count(0)
    line = widgets.page.get_by_role("status").filter(has_text="It arrived")
    await line.get_by_role("button", name="Dismiss").click()
    assert [(s["kind"], s["id"]) for s in await log.sent()] == [("dismiss", 1)]


# --- the composer --------------------------------------------------------------------------------


WRITING = {
    "enabled": True,
    "limit": 10_000,
    "text_limit": 131_072,
    "hint": "This chat is closed",
    "topic": "",
}


async def composer(widgets: Widgets) -> tuple[Widget, Locator]:
    return (
        await widgets("composer", **WRITING),
        widgets.page.get_by_role("textbox", name="Message"),
    )


async def test_enter_sends_and_the_text_stays_until_taken(widgets: Widgets):
    write, box = await composer(widgets)
    await box.press("Enter")
    await box.fill("   ")
    await box.press("Enter")
    assert await write.sent() == []
    await box.fill("One")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    await box.press("Enter")
    await box.press("Enter")
    said = await write.next()
    assert (said["kind"], said["text"], said["files"]) == ("send", "One\ntwo", [])
    await expect(box).to_have_value("One\ntwo")
    await expect(box).not_to_be_editable()
    assert await write.sent() == []
    await write.answer({"ask": "another's"})
    await expect(box).to_have_value("One\ntwo")
    await write.answer(said)
    await expect(box).to_have_value("")
    await expect(box).to_be_editable()
    await expect(box).to_be_focused()


async def test_a_refused_text_stays_and_says_why(widgets: Widgets):
    write, box = await composer(widgets)
    await box.fill("Too much")
    await widgets.page.get_by_role("button", name="Send").click()
    said = await write.next()
    await write.answer(said, error="It is too large.")
    await expect(box).to_have_value("Too much")
    line = widgets.page.get_by_role("alert")
    await expect(line).to_have_text("It is too large.")
    await line.get_by_role("button", name="Dismiss").click()
    await expect(line).to_have_count(0)
    await box.press("Enter")
    assert (await write.next())["text"] == "Too much"


async def test_enter_of_an_input_method_does_not_send(widgets: Widgets):
    write, box = await composer(widgets)
    await box.fill("にほん")
    await box.evaluate(
        "b => b.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true }))"
    )
    assert await write.sent() == []


async def test_enter_that_ends_a_composition_does_not_send(widgets: Widgets):
    write, box = await composer(widgets)
    await box.fill("日本")
    await box.evaluate(
        """b => {
          b.dispatchEvent(new CompositionEvent("compositionend"));
          b.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
          b.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229 }));
        }"""
    )
    assert await write.sent() == []
    await widgets.page.clock.run_for(100)
    await box.press("Enter")
    assert (await write.next())["text"] == "日本"


async def say(write: Widget, box: Locator, words: str) -> None:
    await box.fill(words)
    await box.press("Enter")
    await write.answer(await write.next())
    await expect(box).to_have_value("")


async def test_up_and_down_bring_back_what_was_said(widgets: Widgets):
    log = await widgets.log(text("Hi"), text("from Python", 1, "user"))
    write, box = await composer(widgets)
    await say(write, box, "one")
    await log.append(text("one", 2, "user"))
    await say(write, box, "two\nlines")
    queued = text("two\nlines", 3, "user", delivery="queued")
    await log.append(outbox=[queued])
    await box.fill("a draft\nof two lines")
    await box.press("ArrowUp")
    await expect(box).to_have_value("a draft\nof two lines")
    for shown in ("two\nlines", "one", "from Python", "from Python"):
        await box.press("ArrowUp")
        await expect(box).to_have_value(shown)
    await box.press("End")
    await box.press_sequentially("!")
    for shown in ("one", "two\nlines", "a draft\nof two lines", "a draft\nof two lines"):
        await box.press("ArrowDown")
        await expect(box).to_have_value(shown)
    for _ in range(4):
        await box.press("Control+Home")
        await box.press("ArrowUp")
    await expect(box).to_have_value("from Python!")
    await box.press("Enter")
    await write.answer(await write.next())
    await log.append(text("two\nlines", 3, "user"), text("from Python!", 4, "user"), outbox=[])
    for shown in ("from Python!", "two\nlines"):
        await box.press("ArrowUp")
        await expect(box).to_have_value(shown)


async def test_a_line_that_wraps_is_walked_through_first(widgets: Widgets):
    write, box = await composer(widgets)
    await say(write, box, "before")
    long = "many words " * 20
    await box.fill(long)
    await box.press("ArrowUp")
    await expect(box).to_have_value(long)
    await box.press("Control+Home")
    await box.press("ArrowUp")
    await expect(box).to_have_value("before")
    await box.press("Shift+ArrowDown")
    await expect(box).to_have_value("before")
    await box.press("End")
    await box.press("ArrowDown")
    await expect(box).to_have_value(long)


async def test_a_text_larger_than_a_message_is_refused_and_kept(widgets: Widgets):
    write, box = await composer(widgets)
    await box.evaluate(
        "b => { b.value = 'é'.repeat(2.5e6); b.dispatchEvent(new InputEvent('input')); }"
    )
    await box.press("Enter")
    await expect(widgets.page.get_by_role("alert")).to_have_text(
        "Nothing was sent: the text has 5.0 MB, and one message takes at most 131 kB."
        " Shorten it, or attach it as a file."
    )
    assert await write.sent() == []
    assert await box.evaluate("b => b.value.length") == 2_500_000
    await box.fill("Short")
    await box.press("Enter")
    assert (await write.next())["text"] == "Short"
    await expect(widgets.page.get_by_role("alert")).to_have_count(0)


async def test_a_paste_of_an_office_program_is_its_text(widgets: Widgets):
    _, box = await composer(widgets)
    pasted = """b => {
      const data = new DataTransfer();
      data.items.add(new File(["1"], "image.png", { type: "image/png" }));
      data.setData("text/plain", "A1");
      data.setData("text/html", "<td>A1</td>");
      return b.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    assert await box.evaluate(pasted) is True
    await expect(widgets.page.locator(".cnb-chip")).to_have_count(0)


GIVE = """(box, [type, names]) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File(["12345"], name, { type: "text/plain" }));
  const event = type === "drop" ? new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })
    : new ClipboardEvent(type, { clipboardData: data, bubbles: true, cancelable: true });
  return box.dispatchEvent(event);
}"""


async def test_files_are_picked_dropped_and_pasted(widgets: Widgets):
    write, box = await composer(widgets)
    async with widgets.page.expect_file_chooser() as choosing:
        await widgets.page.get_by_role("button", name="Attach a file").click()
    await (await choosing.value).set_files(
        [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"one"}]
    )
    assert await box.evaluate(GIVE, ["drop", ["b.txt"]]) is False
    assert await box.evaluate(GIVE, ["paste", ["c.txt", "d.txt"]]) is False
    assert await box.evaluate(GIVE, ["paste", []]) is True
    await widgets.page.get_by_role("button", name="Remove c.txt").click()
    await expect(widgets.page.locator(".cnb-chip")).to_have_text(
        ["a.txt3 B", "b.txt5 B", "d.txt5 B"]
    )
    await box.press("Enter")
    said = await write.next()
    assert [file["name"] for file in said["files"]] == ["a.txt", "b.txt", "d.txt"]
    assert said["files"][0]["type"] == "text/plain"
    assert (said["text"], said["sizes"]) == ("", [3, 5, 5])
    await write.answer(said)
    await expect(widgets.page.locator(".cnb-chip")).to_have_count(0)


async def test_more_files_than_a_message_takes_are_refused(widgets: Widgets):
    write, box = await composer(widgets)
    await widgets.page.locator("input[type=file]").set_input_files(
        [{"name": "large", "mimeType": "", "buffer": b"x" * 10_001}]
    )
    await expect(widgets.page.get_by_role("alert")).to_contain_text("10 kB")
    await expect(widgets.page.locator(".cnb-chip")).to_have_count(0)
    await box.press("Enter")
    assert await write.sent() == []


async def test_a_closed_chat_takes_nothing(widgets: Widgets):
    write, box = await composer(widgets)
    await write.set("enabled", False)
    await expect(box).to_be_disabled()
    await expect(box).to_have_attribute("placeholder", "This chat is closed")
    for name in ("Send", "Attach a file"):
        await expect(widgets.page.get_by_role("button", name=name)).to_be_disabled()


async def test_where_nothing_can_be_written_every_control_says_why(widgets: Widgets):
    write, box = await composer(widgets)
    page = widgets.page
    send, attach = [page.get_by_role("button", name=name) for name in ("Send", "Attach a file")]
    await write.set("hint", "Session closed: run %captivate")
    await write.set("enabled", False)
    await expect(box).to_have_attribute("placeholder", "Session closed: run %captivate")
    room = "box => { const pen = document.createElement('canvas').getContext('2d'); const look = getComputedStyle(box); pen.font = look.font; return box.clientWidth - parseFloat(look.paddingLeft) * 2 - pen.measureText(box.placeholder).width; }"
    assert await box.evaluate(room) >= 0
    for control in (box, send, attach):
        await expect(control).to_be_disabled()
        await expect(control).to_have_attribute("title", "Session closed: run %captivate")
    await write.set("enabled", True)
    await expect(send).to_have_attribute("title", "Send")
    await expect(attach).to_have_attribute("title", "Attach a file")


# --- the header and the choices ------------------------------------------------------------------


async def test_the_header_says_how_it_stands(widgets: Widgets):
    header = await widgets(
        "header", name="Shop Bot", status="open", facts=["c-1", "38 ms"], about="c-1"
    )
    state = widgets.page.get_by_role("status")
    await expect(state).to_have_text("open · c-1 · 38 ms")
    restart = widgets.page.get_by_role("button", name="Start a new conversation")
    await restart.dblclick(force=True)
    [asked] = await header.sent()
    assert (asked["kind"], asked.get("user")) == ("restart", None)
    await expect(restart).to_be_disabled()
    await header.answer(asked)
    await expect(restart).to_be_enabled()
    await header.set("status", "closed")
    await expect(state).to_have_text("closed · c-1 · 38 ms")
    await expect(restart).to_be_disabled()
    await widgets.page.evaluate(
        """() => {
          document.querySelector(".cnb-panel").classList.add("jupyter-widgets-disconnected");
          models.header.emit("comm_live_update");
        }"""
    )
    await widgets.page.clock.run_for(10)
    await expect(state).to_have_text("no kernel · c-1 · 38 ms")


@pytest.mark.parametrize("width", [420, 760])
async def test_what_the_header_says_can_be_read_at_every_width(widgets: Widgets, width: int):
    facts = ["1046 ms", "with Maya", "network: hotel wifi", "anon-01644e5d…"]
    await widgets.page.add_style_tag(content=f".cnb-panel.cnb-panel {{ width: {width}px; }}")
    await widgets(
        "header",
        name="Shop Bot",
        status="open",
        facts=facts,
        about="at ws://x.test/dev",
        tools=["restart", "inspect"],
    )
    state = widgets.page.get_by_role("status")
    said = " · ".join(["open", *facts])
    await expect(state).to_have_text(said)
    await expect(state).to_have_attribute("title", f"{said}\nat ws://x.test/dev")
    shown = """(state, fact) => {
      const [node] = state.childNodes, at = state.getBoundingClientRect(), range = document.createRange();
      range.setStart(node, node.data.indexOf(fact));
      range.setEnd(node, node.data.indexOf(fact) + fact.length);
      return [...range.getClientRects()].every((box) => box.right <= at.right + 1 && box.bottom <= at.bottom + 1);
    }"""
    for fact in facts if width > 420 else facts[:-1]:  # the last is in the title alone
        assert await state.evaluate(shown, fact), fact


async def test_the_menu_names_its_networks_once(widgets: Widgets):
    networks = [["off", "Nothing goes wrong"], ["hotel wifi", "Breaks"]]
    header = await widgets(
        "header",
        name="Shop Bot",
        status="open",
        facts=[],
        about="",
        networks=networks,
        network="off",
    )
    await widgets.page.get_by_role("button", name="More", exact=True).click()
    group = widgets.page.get_by_role("menu").get_by_role("group", name="Network")
    items = group.get_by_role("menuitemradio")
    for item, name in zip(await items.all(), ("off", "hotel wifi"), strict=True):
        await expect(item).to_have_accessible_name(name)
    await header.set("network", "hotel wifi")
    await expect(items.last).to_have_attribute("aria-checked", "true")
    await expect(items.first).to_have_attribute("aria-checked", "false")


async def test_the_header_starts_anew_in_one_click_where_there_is_room(widgets: Widgets):
    header = await widgets(
        "header", name="Shop Bot", status="open", facts=[], about="", started_with='{"plan": "vip"}'
    )
    anew = widgets.page.get_by_role("button", name="Start as a new user")
    other = widgets.page.get_by_role("button", name="Start with other metadata")
    await expect(anew).to_be_hidden()
    await expect(other).to_be_hidden()
    await widgets.page.add_style_tag(content=".cnb-panel.cnb-panel { width: 760px; }")
    await anew.dblclick(force=True)
    [asked] = await header.sent()
    expected = {"kind": "restart", "user": "new", "sizes": []}
    assert asked == {**expected, "ask": asked["ask"]}
    await expect(anew).to_be_disabled()
    await expect(other).to_be_disabled()
    await header.answer(asked)
    await other.click()
    box = widgets.page.get_by_role("textbox", name="Metadata to start with, as JSON")
    await expect(box).to_be_focused()
    await expect(box).to_have_value('{"plan": "vip"}')
    await header.set("tools", ["inspect"])
    await expect(anew).to_be_hidden()
    await expect(other).to_be_hidden()


async def test_a_row_of_buttons_answers_before_python(widgets: Widgets):
    row = await widgets("choices")
    await widgets.page.evaluate(
        """() => {
          window.clicks = [];
          for (const label of ["Yes", "No"]) {
            const button = document.createElement("button");
            button.className = "cnb-pill";
            button.textContent = label;
            button.onclick = () => clicks.push(label);
            document.querySelector(".cnb-panel").append(button);
          }
        }"""
    )
    yes = widgets.page.get_by_role("button", name="Yes")
    await yes.dblclick()
    await widgets.page.get_by_role("button", name="No").click()
    assert await widgets.page.evaluate("clicks") == ["Yes"]
    await expect(yes).to_have_attribute("aria-busy", "true")
    await row.tell(kind="settled")
    await expect(yes).not_to_have_attribute("aria-busy", "true")
    await widgets.page.get_by_role("button", name="No").click()
    assert await widgets.page.evaluate("clicks") == ["Yes", "No"]
    await widgets.page.locator("body").click(position={"x": 1, "y": 1})
