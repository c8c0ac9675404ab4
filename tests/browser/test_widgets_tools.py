"""What a reader can do in the log: copy, jump, search, stop a wait, and walk along cards."""

from __future__ import annotations

import os
from random import Random, randrange
from typing import Any

import pytest
from playwright.async_api import expect

from .test_widgets_js import Widgets, asking, numbered, text, widgets  # noqa: F401

COPIED = """() => { window.copied = []; Object.defineProperty(navigator, "clipboard", {
  configurable: true, value: { writeText: async (text) => { window.copied.push(text); } } }); }"""
IN_VIEW = """node => {
  const box = node.closest(".cnb-scroll").getBoundingClientRect();
  const at = node.getBoundingClientRect();
  return at.top >= box.top - 1 && at.bottom <= box.bottom + 1;
}"""


SEEK = """async (log, id) => {
  log.dispatchEvent(new CustomEvent("cnb-seek", { detail: id, bubbles: true }));
  const node = log.querySelector(".cnb-linked");
  const [box, first] = [log.getBoundingClientRect(), node.getBoundingClientRect()];
  for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
  const last = node.getBoundingClientRect();
  return first.top >= box.top - 1 && first.bottom <= box.bottom + 1 && Math.abs(last.top - first.top) < 2;
}"""  # whether it is in view at once, and where it was when the browser has laid out all it would


async def test_the_tools_are_made_on_demand_and_once(widgets: Widgets):  # noqa: F811
    log = await widgets.log(*numbered(0, 30), text("mine", 30, "user"))
    bar = widgets.page.get_by_role("toolbar", name="This message")
    assert await widgets.page.locator(".cnb-tools").count() == 0
    await log.messages.nth(29).hover()
    await expect(bar).to_be_visible()
    await log.messages.nth(30).hover()
    await expect(widgets.page.locator(".cnb-tools")).to_have_count(1)
    await widgets.page.mouse.move(799, 599)
    await expect(bar).to_be_hidden()


async def test_a_message_is_copied_as_text_and_as_json(widgets: Widgets):  # noqa: F811
    log = await widgets.log(asking("Yes", "No"))
    await log.sent()
    await widgets.page.evaluate(COPIED)
    await log.messages.first.locator(".cnb-bubble").hover()
    await widgets.page.get_by_role("button", name="Copy as text").click()
    spoken = widgets.page.locator("[aria-live=polite]")
    await expect(spoken).to_have_text("Copied")
    await widgets.page.clock.run_for(3100)
    assert await widgets.page.evaluate("copied") == ["Well?\nWhich one?\nYes\nNo"]
    await log.sent()
    as_json = widgets.page.get_by_role("button", name="Copy as JSON")
    await as_json.click()
    asked = await log.next()
    assert (asked["kind"], asked["index"], asked["id"]) == ("raw", 0, "m0")
    await log.answer(asked, text='{"raw": 1}')
    await expect(spoken).to_have_text("Copied")
    assert await widgets.page.evaluate("copied[1]") == '{"raw": 1}'
    await widgets.page.clock.run_for(3100)
    await log.sent()
    await as_json.click()
    await log.next()
    await widgets.page.clock.run_for(3000)
    await expect(spoken).to_have_text("Copied")
    assert '"from": "bot"' in await widgets.page.evaluate("copied[2]")


async def test_a_page_without_a_clipboard_copies_all_the_same(widgets: Widgets):  # noqa: F811
    log = await widgets.log(text("Hello"))
    await widgets.page.evaluate(
        """() => {
          Object.defineProperty(navigator, "clipboard", { configurable: true, value: undefined });
          document.execCommand = () => { window.copied = document.activeElement.value; return true; };
        }"""
    )
    await log.messages.first.locator(".cnb-bubble").hover()
    button = widgets.page.get_by_role("button", name="Copy as text")
    await button.click()
    await expect(button).to_be_focused()
    assert await widgets.page.evaluate("copied") == "Hello"


async def test_the_tools_are_reached_by_keyboard(widgets: Widgets):  # noqa: F811
    log = await widgets.log(*numbered(0, 30))
    await widgets.page.keyboard.press("Tab")
    await expect(log.log).to_be_focused()
    await widgets.page.keyboard.press("Tab")
    names = ("Copy as text", "Copy as JSON", "Previous turn", "Next turn", "Copy as text")
    for name in names:
        await expect(widgets.page.get_by_role("button", name=name)).to_be_focused()
        await widgets.page.keyboard.press("ArrowRight")
    await widgets.page.keyboard.press("ArrowLeft")
    await widgets.page.keyboard.press("Escape")
    await expect(log.log).to_be_focused()


async def test_one_jumps_from_turn_to_turn(widgets: Widgets):  # noqa: F811
    turns = {5, 240, 480}
    items = [text(f"message {n}", n, "user" if n in turns else "bot") for n in range(500)]
    log = await widgets.log(*items)
    await expect(log.messages).to_have_count(500)
    await log.log.focus()
    spoken = widgets.page.locator("[aria-live=polite]")
    for index in (480, 240, 5):
        await widgets.page.keyboard.press("Alt+ArrowUp")
        await expect(spoken).to_have_text(f"message {index}")
        await widgets.page.clock.run_for(100)
        assert await log.messages.nth(index).evaluate(IN_VIEW)
    await widgets.page.keyboard.press("Alt+ArrowUp")
    await expect(spoken).to_have_text("This is the first turn.")
    await widgets.page.get_by_role("button", name="Next turn of the user").click()
    await expect(spoken).to_have_text("message 240")
    await expect(widgets.page.locator(".cnb-linked")).to_have_text("message 240")


async def test_what_is_jumped_to_stays_in_view(widgets: Widgets):  # noqa: F811
    seed = int(os.environ.get("CAPTIVATE_NB_SEED") or randrange(2**32))
    print(f"CAPTIVATE_NB_SEED={seed}")
    chance = Random(seed)
    items = [text("word " * chance.choice([1, 3, 40]), n) for n in range(1000)]
    log = await widgets.log(*items)
    await expect(log.messages).to_have_count(1000)
    await log.log.evaluate("log => { log.style.overflowAnchor = 'none'; }")  # else it hides a move
    starts = [100 * block + chance.randrange(3) for block in range(1, 10)]  # those above show too
    for index in chance.sample([*starts, *chance.sample(range(1000), 10)], 19):
        assert await log.log.evaluate(SEEK, f"m{index}"), (seed, index)


# --- search --------------------------------------------------------------------------------------


async def test_what_is_said_is_found_wherever_it_is(widgets: Widgets):  # noqa: F811
    items = [
        text("a Needle, and a NEEDLE" if n in (3, 777) else f"hay {n}", n) for n in range(1000)
    ]
    log = await widgets.log(*items, asking("Needle"))
    await expect(log.messages).to_have_count(1001)
    await log.log.focus()
    await widgets.page.keyboard.press("/")
    field = widgets.page.get_by_role("searchbox", name="Find in this conversation")
    await expect(field).to_be_focused()
    await field.press_sequentially("needle")
    await widgets.page.clock.run_for(1000)
    count = widgets.page.locator(".cnb-count")
    await expect(count).to_have_text("3 of 3")
    for key, told, index in (
        ("Enter", "1 of 3", 3),
        ("Enter", "2 of 3", 777),
        ("Shift+Enter", "1 of 3", 3),
    ):
        await field.press(key)
        await expect(count).to_have_text(told)
        await widgets.page.clock.run_for(100)
        assert await log.messages.nth(index).evaluate(IN_VIEW)
        assert await widgets.page.evaluate("CSS.highlights.get('cnb-here').size") == 2
    assert await widgets.page.evaluate("CSS.highlights.get('cnb-found').size") == 5
    await log.append(text("one more needle", 1001))
    await widgets.page.clock.run_for(1000)
    await expect(count).to_have_text("1 of 4")
    await field.fill("nothing like it")
    await expect(count).to_have_text("Not found")
    await field.press("Escape")
    await expect(field).to_be_hidden()
    await expect(log.log).to_be_focused()
    assert await widgets.page.evaluate("CSS.highlights.get('cnb-found').size") == 0


async def test_the_header_opens_the_search(widgets: Widgets):  # noqa: F811
    await widgets("header", name="Shop Bot", status="open", facts=[], about="")
    await widgets.log(text("Hello"))
    await widgets.page.get_by_role("button", name="Find in this conversation").click()
    field = widgets.page.get_by_role("searchbox", name="Find in this conversation")
    await expect(field).to_be_focused()
    await widgets.page.get_by_role("button", name="Close the search").click()
    await expect(field).to_be_hidden()


# --- waiting, cards, keys --------------------------------------------------------------------------


async def test_a_wait_can_be_stopped(widgets: Widgets):  # noqa: F811
    log = await widgets.log()
    await log.append(text("Hello?", 0, "user"))
    await log.sent()
    stop = widgets.page.get_by_role("button", name="Stop waiting")
    await stop.click()
    assert [said["kind"] for said in await log.sent()] == ["stop"]
    await expect(stop).to_be_hidden()
    await expect(widgets.page.locator("[aria-live=polite]")).to_have_text(
        "No longer waiting. The bot may still answer."
    )


def cards(count: int) -> dict[str, Any]:
    shown = [
        {"title": f"Card {n}", "options": [{"n": n, "label": f"Pick {n}"}]} for n in range(count)
    ]
    return {"id": "c", "from": "bot", "parts": [{"kind": "cards", "cards": shown}]}


async def test_one_walks_along_the_cards_by_key(widgets: Widgets):  # noqa: F811
    log = await widgets.log(cards(6), text("hm", 1, "user"))
    row = log.log.get_by_role("list", name="Cards")
    await row.focus()
    await expect(row).to_have_css("outline-style", "solid")
    for key, card in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("Home", 0)):
        await row.press(key)
        await expect(row).to_have_js_property("scrollLeft", card * 186)
    await row.press("End")
    await expect(row.get_by_text("Card 5")).to_be_in_viewport()
    await row.get_by_role("button", name="Pick 5").focus()
    await widgets.page.keyboard.press("Home")
    await expect(row).to_be_focused()
    await expect(row).to_have_js_property("scrollLeft", 0)


SCROLLED = """async (row) => {
  for (let frames = 0; frames < 30 && !row.scrollLeft; frames += 1)
    await new Promise(requestAnimationFrame);
  return row.scrollLeft > 0;
}"""


async def test_a_finger_swipes_the_cards(widgets: Widgets):  # noqa: F811
    log = await widgets.log(cards(6))
    row = log.log.get_by_role("list", name="Cards")
    box = await row.bounding_box()
    assert box is not None
    session = await widgets.page.context.new_cdp_session(widgets.page)
    await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for _ in range(10):  # a finger that comes while the page is busy is not felt, and swipes again
        for kind, x in (("touchStart", 250), *(("touchMove", x) for x in range(240, 0, -20))):
            points = [{"x": box["x"] + x, "y": box["y"] + 15}]
            await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        if await row.evaluate(SCROLLED):
            return
    pytest.fail("the cards did not move")


@pytest.mark.parametrize(
    ("key", "kept"), [("d", True), ("Control+Enter", True), ("Escape", True), ("Control+s", False)]
)
async def test_a_notebook_gets_no_key_but_its_own(widgets: Widgets, key: str, kept: bool):  # noqa: F811
    log = await widgets.log(text("Hello"))
    await log.log.focus()
    await widgets.page.evaluate(
        """() => document.addEventListener("keydown", (event) => {
          window.kept = event.target.closest("[data-lm-suppress-shortcuts]") !== null;
          event.preventDefault();
        }, true)"""
    )
    await widgets.page.keyboard.press(key)
    assert await widgets.page.evaluate("kept") is kept
