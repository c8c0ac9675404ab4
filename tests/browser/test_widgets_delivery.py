"""How far a message is: what its bubble says, and what its writer can decide where it is in doubt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from support.axe import violations
from support.lab import Lab

from .test_widgets_js import WRITING, Widget, Widgets, text, widgets  # noqa: F401

SAID = {
    "queued": "Checking whether it arrived; if not, it is sent again",
    "sent": "Sent",
    "confirmed": "Arrived",
    "failed": "Not delivered",
    "unknown": "Not known whether it arrived",
}
DISCONNECT = """() => {
  document.querySelector(".cnb-panel").classList.add("jupyter-widgets-disconnected");
  models.log.emit("comm_live_update");
}"""
FOCUSED = "document.activeElement.getAttribute('aria-label')"


def mine(words: str, index: int, delivery: str) -> dict[str, Any]:
    return text(words, index, "user", delivery=delivery)


async def started(widgets: Widgets, *known: dict[str, Any], **state: Any) -> Widget:  # noqa: F811
    saved = {"start": 0, "items": known}
    lines = {"note": "", "empty": "", "bot": "Shop Bot", "fallback": ""}
    log = await widgets("log", saved=saved, **{"live": True, **lines, **state})
    log.total = len(known)
    await expect(log.messages).to_have_count(len(known))
    await log.sent()
    return log


async def names(log: Widget) -> list[str | None]:
    found: list[str | None] = await buttons(log).evaluate_all(
        "nodes => nodes.map((node) => node.getAttribute('aria-label'))"
    )
    return found


def buttons(log: Widget) -> Locator:
    return log.messages.get_by_role("button")


async def test_a_bubble_says_how_far_its_message_is(widgets: Widgets):  # noqa: F811
    items = [mine(state, index, state) for index, state in enumerate(SAID)]
    log = await started(widgets, *items, text("Hi", 5))
    for index, said in enumerate(SAID.values()):
        message = log.messages.nth(index)
        await expect(message).to_have_attribute("aria-label", f"You, {said.lower()}")
        await expect(message.locator(".cnb-bubble")).to_have_attribute("title", said)
    marks = await log.messages.locator(".cnb-bubble").evaluate_all(
        "nodes => nodes.map((node) => node.getAttribute('data-time'))"
    )
    assert marks == ["checking…", "✓", "✓✓", "!", "?", None]
    assert await log.messages.last.locator("[title]").count() == 0


async def test_what_is_in_doubt_can_be_decided(widgets: Widgets):  # noqa: F811
    long = "Where is my order? I wrote to you on Monday already"
    log = await started(
        widgets, mine(long, 0, "unknown"), mine("Refused", 1, "failed"), mine("Fine", 2, "sent")
    )
    await expect(log.log).to_contain_text("Not known whether this arrived")
    await expect(log.messages.nth(1)).to_contain_text("Not delivered")
    assert await names(log) == [
        "Send again: Where is my order? I wrote to you on Mon…",
        "It arrived: Where is my order? I wrote to you on Mon…",
        "Send again: Refused",
    ]
    again, arrived, other = [buttons(log).nth(index) for index in range(3)]
    await again.dblclick()
    await arrived.click(force=True)
    [asked] = await log.sent()
    expected = {"kind": "decide", "id": "m0", "how": "again", "sizes": []}
    assert asked == {**expected, "ask": asked["ask"]}
    await expect(again).to_have_attribute("aria-busy", "true")
    await expect(arrived).to_be_disabled()
    await expect(other).to_be_enabled()
    await log.answer(asked)
    await expect(again).to_have_attribute("aria-busy", "false")
    await arrived.click()
    assert (await log.next())["how"] == "arrived"


async def test_a_button_redrawn_meanwhile_is_pressed_still(widgets: Widgets):  # noqa: F811
    log = await started(widgets, mine("Well?", 0, "unknown"))
    await buttons(log).last.press("Enter")
    await log.append(text("Messages may be missing here", 1, "system"))
    await log.tell(kind="append", start=0, items=[mine("Well?!", 0, "unknown")], total=2)
    await log.shows(
        "Well?!Not known whether this arrivedSend againIt arrived", "Messages may be missing here"
    )
    await expect(buttons(log).last).to_have_attribute("aria-busy", "true")
    assert await widgets.page.evaluate(FOCUSED) == "It arrived: Well?!"


async def test_what_is_redrawn_moves_no_reader(widgets: Widgets):  # noqa: F811
    items = [mine(f"message {n}", n, "unknown") for n in range(40)]
    log = await started(widgets, *items, text("Hi", 40))
    await log.log.evaluate("log => log.scrollTo(0, 0)")
    await expect(buttons(log).first).to_be_in_viewport()
    await buttons(log).nth(1).click()
    await log.tell(kind="append", start=0, items=[mine("message 0", 0, "confirmed")], total=41)
    await expect(log.messages.first.locator(".cnb-doubt")).to_have_count(0)
    await expect(log.messages.first).to_be_in_viewport()
    for hidden in (".cnb-fresh", ".cnb-typing"):
        await expect(widgets.page.locator(hidden)).to_be_hidden()


async def test_no_reply_is_awaited_to_what_may_not_have_arrived(widgets: Widgets):  # noqa: F811
    log = await started(widgets)
    dots = widgets.page.locator(".cnb-typing")
    await log.append(mine("Well?", 0, "sent"))
    await expect(dots).to_be_visible()
    for delivery in ("unknown", "failed"):
        await log.tell(kind="append", start=0, items=[mine("Well?", 0, delivery)], total=1)
        await expect(dots).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "mark", "retried"),
    [
        ("reconnecting", "waiting for the connection", True),
        ("connecting", "waiting for the connection", False),
        ("closed", "not checked", False),
        ("no kernel", "not checked", False),
    ],
)
async def test_nothing_is_typed_or_checked_without_a_connection(
    widgets: Widgets,  # noqa: F811
    status: str,
    mark: str,
    retried: bool,
):
    log = await started(widgets, mine("Well?", 0, "queued"))
    dots, bubble = widgets.page.locator(".cnb-typing"), log.messages.first.locator(".cnb-bubble")
    await log.append(mine("And?", 1, "sent"))
    await expect(dots).to_be_visible()
    await expect(bubble).to_have_attribute("data-time", "checking…")
    if status == "no kernel":
        await widgets.page.evaluate(DISCONNECT)
        await widgets.page.clock.run_for(10)
    else:
        await log.set("status", status)
    await expect(dots).to_be_hidden()
    await expect(bubble).to_have_attribute("data-time", mark)
    await log.append(mine("Hello?", 2, "sent"))
    await expect(dots).to_be_hidden()
    await expect(widgets.page.get_by_role("button", name="Try now")).to_be_visible(visible=retried)
    if status != "no kernel":
        await log.set("status", "open")
        await expect(bubble).to_have_attribute("data-time", "checking…")


@pytest.mark.parametrize(("status", "why"), [("closed", "session is closed"), ("open", "the past")])
async def test_a_button_that_cannot_decide_says_why(
    widgets: Widgets,  # noqa: F811
    status: str,
    why: str,
):
    log = await started(widgets, mine("Well?", 0, "unknown"))
    await expect(buttons(log).first).to_have_attribute("title", "")
    await log.set("status", status)
    await log.set("live", False)
    for button in await buttons(log).all():
        await expect(button).to_be_disabled()
        await expect(button).to_have_attribute("title", re.compile(why))


async def test_nothing_can_be_decided_where_nobody_is_there_to_do_it(
    widgets: Widgets,  # noqa: F811
):
    log = await started(widgets, mine("Well?", 0, "unknown"), live=False)
    for button in await buttons(log).all():
        await expect(button).to_be_disabled()
    await log.append(outbox=[mine("And?", 1, "failed")])
    await log.set("live", True)
    for button in await log.log.locator(".cnb-decide").all():
        await expect(button).to_be_enabled()
    await widgets.page.evaluate(DISCONNECT)
    await widgets.page.clock.run_for(10)
    await expect(log.log.locator(".cnb-decide")).to_have_count(3)
    for button in await log.log.locator(".cnb-decide").all():
        await expect(button).to_be_disabled()


@pytest.mark.parametrize("width", [300, 420, 760])
async def test_what_stands_beside_a_bubble_stays_in_the_panel(widgets: Widgets, width: int):  # noqa: F811
    """Of the longest messages, on another day than today; and below one that waits."""
    await widgets.page.add_style_tag(content=f".cnb-panel.cnb-panel {{ width: {width}px; }}")
    long = "Where is my order? " * 20
    before = [{**mine(long, n, state), "at": 60} for n, state in enumerate(("confirmed", "queued"))]
    log = await started(widgets, *before, {**text(long, 2), "at": 60}, status="reconnecting")
    await log.append(outbox=[mine("And?", 3, "queued")])
    where = """nodes => nodes.map((node) => {
      const look = getComputedStyle(node, "::after"), at = node.getBoundingClientRect();
      const panel = node.closest(".cnb-panel").getBoundingClientRect();
      const [left, right] = [at.left + parseFloat(look.left), at.right - parseFloat(look.right)];
      const below = node.closest(".cnb-message").nextElementSibling?.getBoundingClientRect().top ?? Infinity;
      return left >= panel.left && right <= panel.right && at.bottom - parseFloat(look.bottom) <= below;
    })"""
    assert await log.log.locator("[data-time]").evaluate_all(where) == [True] * 4


# --- several in doubt ----------------------------------------------------------------------------


def notice(number: int, message: str, about: str = "", *, good: bool = False) -> dict[str, Any]:
    return {"id": number, "message": message, "detail": "", "about": about, "good": good}


async def test_several_in_doubt_are_one_line_that_opens(widgets: Widgets):  # noqa: F811
    log = await started(widgets, mine("One", 0, "unknown"), text("Hi", 1))
    summary = widgets.page.locator(".cnb-doubts")
    shown = widgets.page.locator(".cnb-problem:visible")
    lines = [notice(1, "It is not known whether “One” arrived.", "m0"), notice(2, "Other.")]
    await log.tell(kind="problems", problems=lines)
    await expect(summary).to_have_count(0)
    await expect(widgets.page.get_by_role("button", name="1 earlier notice")).to_be_visible()
    await log.append(
        mine("Two", 2, "unknown"), outbox=[mine("Three", 3, "failed"), mine("Four", 4, "queued")]
    )
    await expect(shown).to_have_text(["Other.", re.compile("^3 messages may not have arrived")])
    await expect(widgets.page.get_by_role("button", name="earlier notice")).to_have_count(0)
    await expect(summary.get_by_role("button")).to_have_count(0)
    await summary.get_by_text("3 messages may not have arrived").press("Enter")
    labels = await summary.get_by_role("button").evaluate_all(
        "nodes => nodes.map((node) => node.ariaLabel)"
    )
    assert labels == [
        "Send again: One",
        "It arrived: One",
        "Send again: Two",
        "It arrived: Two",
        "Send again: Three",
    ]
    await log.sent()
    await summary.get_by_role("button", name="It arrived: Two").click()
    [asked] = await log.sent()
    expected = {"kind": "decide", "id": "m2", "how": "arrived", "sizes": []}
    assert asked == {**expected, "ask": asked["ask"]}
    await log.tell(
        kind="append",
        start=0,
        items=[mine("One", 0, "confirmed"), text("Hi", 1), mine("Two", 2, "confirmed")],
        total=3,
    )
    await expect(summary).to_have_count(0)


async def test_several_that_failed_are_not_said_to_be_in_doubt(widgets: Widgets):  # noqa: F811
    log = await started(widgets, mine("One", 0, "failed"), mine("Two", 1, "failed"))
    await log.append()
    summary = widgets.page.locator(".cnb-doubts")
    await expect(summary).to_contain_text("2 messages were not delivered")
    await log.tell(kind="append", start=1, first=1, items=[text("Hi", 1)], total=2)
    await expect(summary).to_have_count(0)


async def test_many_in_doubt_leave_room_for_the_chat(widgets: Widgets):  # noqa: F811
    await widgets.page.add_style_tag(content=".cnb-panel.cnb-panel { width: 420px; }")
    log = await started(widgets, *[mine(f"message {n} " * 9, n, "unknown") for n in range(60)])
    await log.append()
    summary = widgets.page.locator(".cnb-doubts")
    share = "panel => panel.querySelector('.cnb-problems').offsetHeight / panel.offsetHeight"
    assert await widgets.page.locator(".cnb-panel").evaluate(share) < 0.12
    await summary.get_by_text("60 messages may not have arrived").click()
    await expect(summary.get_by_role("listitem")).to_have_count(51)
    await expect(summary.get_by_role("listitem").last).to_have_text(
        "and 10 more, in session.outbox"
    )
    assert await widgets.page.locator(".cnb-panel").evaluate(share) < 0.34


@pytest.mark.parametrize("how", ["Send again", "It arrived"])
@pytest.mark.parametrize("place", [".cnb-list", ".cnb-doubts"])
async def test_who_has_decided_is_at_the_next_decision_and_then_where_one_writes(
    widgets: Widgets,  # noqa: F811
    place: str,
    how: str,
):
    said = ["One", "Two", "Three"]
    log = await started(widgets, *[mine(word, n, "unknown") for n, word in enumerate(said)])
    await widgets("composer", **WRITING)
    await log.append()
    await widgets.page.locator(".cnb-doubts summary").click()
    await widgets.page.locator(place).get_by_role("button", name=f"{how}: One").focus()
    for n, after in enumerate([f"{how}: Two", f"{how}: Three", "Message"]):
        await widgets.page.keyboard.press("Enter")
        [asked] = await log.sent("decide")
        if how == "It arrived":
            now = [mine(said[n], n, "confirmed")]
            await log.tell(kind="append", start=n, items=now, total=3)
        else:  # it is moved to the end
            waiting = [mine(word, n + 1 + k, "unknown") for k, word in enumerate(said[n + 1 :])]
            now = [*waiting, mine(said[n], n, "sent")]
            await log.tell(kind="append", start=0, first=0, items=now, total=len(now))
        await log.answer(asked)
        assert await widgets.page.evaluate(FOCUSED) == after


async def test_in_a_group_each_message_has_its_own_mark(widgets: Widgets):  # noqa: F811
    items = [{**mine(word, n, "unknown"), "at": 60 * n} for n, word in enumerate(("a", "b", "c"))]
    log = await started(widgets, *items)
    await buttons(log).nth(3).press("Enter")
    for n in (1, 2):
        await log.tell(
            kind="append", start=n, items=[{**items[n], "delivery": "confirmed"}], total=3
        )
    bubbles = log.messages.locator(".cnb-bubble")
    marks = await bubbles.evaluate_all(
        "nodes => nodes.map((node) => node.dataset.time.split(' ').at(-1))"
    )
    assert marks == ["?", "✓✓", "✓✓"]
    await widgets.page.mouse.move(799, 599)
    await log.log.focus()
    seen = "nodes => nodes.map((node) => getComputedStyle(node, '::after').opacity)"
    assert await bubbles.evaluate_all(seen) == ["0", "0", "1"]
    edges = "nodes => nodes.map((node) => [node.matches('.cnb-first'), node.matches('.cnb-last')])"
    assert await log.messages.evaluate_all(edges) == [[True, False], [False, False], [False, True]]


# --- a session whose connection breaks ---------------------------------------------------------

START = """\
import asyncio, sys
sys.path[:0] = [{tests!r}]
import captivate_nb as cn
from support.rogue import Socket, bot, frame, rogue, until

async def hear_and_go(socket):
    await socket.greet()
    await socket.receive("user_message")
    await socket.drop()

async def know_nothing(socket):
    await socket.connect()
    while True:
        payload = await socket.receive()
        if serving_state.received[-1]["event_type"] == "user_message":
            await socket.send(bot("There you are."))
        else:
            error = {{"error_code": "500", "error_desc": "No transcripts", **payload}}
            await socket.send(frame("general_error", error))

serving = rogue(hear_and_go, know_nothing)
serving_state = await serving.__aenter__()
session = await cn.connect(serving_state.url, "a-test-key")
panel = cn.ChatPanel(session)
display(panel)
await session.say("Please send it to Hauptstrasse 5, " + "Donaudampfschiffahrt" * 9, wait=False)
[said] = session.transcript.where(sender="user")
await until(lambda: session.transcript.where(id=said.id)[0].delivery == "unknown", 60)"""
TOLD = "len(serving_state.texts()), session.transcript.where(id=said.id)[0].delivery == 'unknown'"
WIDTHS = {"narrow": "300px", "medium": "480px", "wide": "760px"}
TOO_WIDE = """panel => {
  const box = panel.getBoundingClientRect();
  return [...panel.querySelectorAll(".cnb-message, .cnb-message *")].map(node => node.getBoundingClientRect())
    .filter(at => at.right > box.right || at.left < box.left).length;
}"""


@pytest.mark.parametrize(("theme", "decision"), [("light", "Send again"), ("dark", "It arrived")])
async def test_a_message_in_doubt_is_decided_by_hand(lab: Lab, theme: str, decision: str):
    tests = str(Path(__file__).parents[1])
    page = await lab.open(f"doubt-{theme}.ipynb", [START.format(tests=tests)], theme=theme)
    await page.run_all(120)
    chat = page.page.locator(".cnb-panel")
    for name, width in WIDTHS.items():
        await page.add_and_run(f"panel.layout.width = {width!r}")
        await chat.scroll_into_view_if_needed()
        await expect(chat.locator(".cnb-doubt")).to_be_visible()
        assert await chat.evaluate(TOO_WIDE) == 0
        await page.screenshot(f"doubt-{theme}-{name}", of=chat)
    assert await violations(page.page, chat) == []
    await chat.get_by_role("button", name=f"{decision}: Please send it").click()
    await expect(chat.locator(".cnb-doubt")).to_have_count(0)
    if decision == "Send again":
        await expect(chat.get_by_role("log")).to_contain_text("There you are.")
        assert await page.add_and_run(TOLD) == "(2, False)"
    else:
        assert await page.add_and_run(TOLD) == "(1, False)"
    assert page.problems == []
