"""The options in the log: where they stand, and how keys reach them; in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from .test_widgets_js import Widgets, asking, text, widgets  # noqa: F401

NODES = """node => {
  const walker = document.createTreeWalker(node);
  let nodes = 0;
  while (walker.nextNode()) nodes += 1;
  return nodes;
}"""


def ask(index: int, *labels: str) -> dict[str, Any]:
    return {**asking(*labels), "id": f"m{index}"}


def group(title: str, first: int) -> dict[str, Any]:
    labels = (f"{title} one", f"{title} two")
    options = [{"n": first + at, "label": label} for at, label in enumerate(labels)]
    return {"kind": "options", "title": title, "options": options}


def message(index: int, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"m{index}", "from": "bot", "parts": list(parts)}


async def test_groups_keep_their_titles_and_cards_their_buttons(widgets: Widgets):  # noqa: F811
    card = {"title": "Mug", "options": [{"n": 4, "label": "Buy"}]}
    cards = {"kind": "cards", "cards": [card]}
    log = await widgets.log(message(0, group("Size", 0), group("Colour", 2), cards))
    for title in ("Size", "Colour"):
        options = log.messages.get_by_role("group", name=title, exact=True)
        await expect(options.get_by_role("button")).to_have_text([f"{title} one", f"{title} two"])
    assert (await log.texts())[0] == "SizeSize oneSize twoColourColour oneColour twoMugBuy"
    buy = log.messages.get_by_role("listitem").get_by_role("button", name="Buy, Mug")
    await expect(buy).to_have_text("Buy")
    await expect(widgets.page.get_by_role("button", name="Buy")).to_have_count(1)


async def test_what_is_not_on_offer_any_more_looks_so(widgets: Widgets):  # noqa: F811
    log = await widgets.log(ask(0, "Old"), ask(1, "Yes"))
    offered = widgets.page.locator(".cnb-offer").get_by_role("button")
    await expect(offered).to_have_text(["Yes"])
    await log.tell(kind="append", start=1, first=1, items=[ask(1, "Yes"), ask(2, "New")], total=3)
    await expect(offered).to_have_text(["New"])
    await log.tell(kind="append", start=1, first=1, items=[], total=1)
    await expect(offered).to_have_text(["Old"])


async def test_options_are_heard_with_their_group(widgets: Widgets):  # noqa: F811
    log = await widgets.log()
    untitled = {"kind": "options", "title": "", "options": [{"n": 2, "label": "Skip"}]}
    await log.append(message(0, group("Milk", 0), untitled))
    spoken = widgets.page.locator(".cnb-spoken")
    await expect(spoken).to_have_text("Shop Bot: Milk: Milk one, Milk two. Options: Skip")


async def test_an_option_is_two_nodes(widgets: Widgets):  # noqa: F811
    log = await widgets.log(ask(0, "Yes"), ask(1, *(f"option {n}" for n in range(101))))
    one, many = [await shown.evaluate(NODES) for shown in await log.messages.all()]
    assert many - one == 2 * 100


async def test_keys_reach_the_options_from_where_one_writes(widgets: Widgets):  # noqa: F811
    log = await widgets.log(ask(0, "Old"), ask(1, "Yes", "No", "Maybe"))
    await widgets("composer", enabled=True, limit=10, text_limit=1000)
    box = widgets.page.get_by_role("textbox", name="Message")
    focused = widgets.page.locator(":focus")
    await box.press("ArrowDown")
    await expect(focused).to_have_text("Yes")
    for key, label in (
        ("ArrowDown", "No"), ("ArrowRight", "Maybe"), ("ArrowDown", "Yes"), ("ArrowUp", "Maybe"),
        ("ArrowLeft", "No"), ("Home", "Yes"), ("End", "Maybe"), ("2", "No"),
    ):  # fmt: skip
        await focused.press(key)
        await expect(focused).to_have_text(label)
    await focused.press("Escape")
    await expect(box).to_be_focused()
    await box.press("ArrowDown")
    await focused.press("h")
    await expect(box).to_have_value("h")
    await box.press("ArrowDown")
    await expect(box).to_be_focused()  # an arrow does not leave what is written
    await box.fill("")
    await box.press("ArrowDown")
    await log.sent()
    await focused.press("Enter")
    [click] = await log.sent("click")
    assert (click["index"], click["option"]) == (1, 0)
    await expect(box).to_be_focused()
    await log.append(text("Yes", 2, "user", answers=[1, 0]))
    await expect(log.messages).to_have_count(3)
    await box.press("ArrowDown")
    await expect(box).to_be_focused()  # nothing is on offer


async def test_one_option_of_a_message_at_a_time(widgets: Widgets):  # noqa: F811
    log = await widgets.log(asking("Yes", "No"))
    await log.sent()
    await log.messages.get_by_role("button", name="Yes").click()
    await log.messages.get_by_role("button", name="No").click()
    [click] = await log.sent("click")
    assert click["option"] == 0
    await log.answer(click)
    await expect(log.messages.get_by_role("button", name="Yes")).to_have_attribute(
        "aria-busy", "false"
    )
    await log.messages.get_by_role("button", name="No").click()
    assert [click["option"] for click in await log.sent("click")] == [1]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"live": False}, "This is the past"),
        ({"status": "closed", "live": False}, "This session is closed"),
        ({"status": "recorded"}, "This is a recording"),
    ],
)
async def test_options_of_what_is_over_cannot_be_chosen(
    widgets: Widgets,  # noqa: F811
    state: dict[str, Any],
    why: str,
):
    log = await widgets.log(ask(0, "Yes", "No"), ask(1, "Left", "Right"))
    buttons = log.messages.get_by_role("button")
    for button in await buttons.all():
        await expect(button).to_be_enabled()
    for trait, value in state.items():
        await log.set(trait, value)
    await log.append(ask(2, "Up"))
    await expect(buttons).to_have_count(5)
    for button in await buttons.all():
        await expect(button).to_be_disabled()
        assert (await button.get_attribute("title") or "").startswith(why)


async def test_who_is_at_an_option_stays_there_when_it_is_drawn_anew(widgets: Widgets):  # noqa: F811
    log = await widgets.log(asking("Yes", "No"))
    no = log.messages.get_by_role("button", name="No")
    await no.focus()
    await log.tell(kind="append", start=0, items=[asking("Yes", "No", "More")], total=1)
    await expect(log.messages.get_by_role("button", name="More")).to_be_visible()
    await expect(no).to_be_focused()
