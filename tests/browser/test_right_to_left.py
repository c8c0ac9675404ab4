"""Arabic and Hebrew begin at the right, each line of its own, wherever a bot or a user may put them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from captivate_nb.conversation.message import Message
from captivate_nb.conversation.transcript import Choices
from captivate_nb.protocol import content as c
from captivate_nb.rendering import html as render
from captivate_nb.widgets.common.assets import INSPECTOR_SHEETS, WIDGETS, styles
from support.lab import Lab

from .test_widgets_js import Widget, Widgets, text, widgets  # noqa: F401

ARABIC = "مرحبا بك!"
HEBREW = "שלום (לך)!"
MIXED = f"Hello!\n{ARABIC}\nBye!"
SIDES = """node => {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const sides = [];
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    for (const { index, 0: line } of text.data.matchAll(/[^\\n]+!/g)) {
      const range = document.createRange();
      const at = (offset) => {
        range.setStart(text, index + offset);
        range.setEnd(text, index + offset + 1);
        return range.getBoundingClientRect();
      };
      sides.push(at(0).x > at(line.length - 1).x ? "rtl" : "ltr");
    }
  }
  return sides.join(" ");
}"""  # on which side each line ends that ends with "!"
ORDER = "nodes => nodes.map((node) => node.getBoundingClientRect().x)"


async def sides(node: Locator) -> str:
    return str(await node.evaluate(SIDES))


async def begin_at_the_right(nodes: Locator) -> None:
    """They stand in one row, each left of the one before."""
    found = await nodes.evaluate_all(ORDER)
    assert len(found) > 1
    assert found == sorted(found, reverse=True)


def options(*labels: str) -> list[dict[str, Any]]:
    return [{"n": number, "label": label} for number, label in enumerate(labels)]


def item(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**text("", **fields), "parts": list(parts)}


async def drawn(widgets: Widgets, *items: dict[str, Any]) -> Widget:  # noqa: F811
    log = await widgets.log(*items)
    await log.append(text("So it is.", 9))
    await expect(log.messages).to_have_count(len(items) + 1)
    return log


async def test_a_text_takes_its_direction_line_by_line(widgets: Widgets):  # noqa: F811
    said = [text(words, n) for n, words in enumerate((ARABIC, HEBREW, MIXED, "Hello!"))]
    user = text(f"{HEBREW} https://x.test/a/ {ARABIC}", 4, "user", at=1.7e9, delivery="confirmed")
    log = await drawn(widgets, *said, user)
    bubbles = log.messages.locator(".cnb-bubble")
    found = [await sides(bubble) for bubble in await bubbles.all()]
    assert found == ["rtl", "rtl", "ltr rtl ltr", "ltr", "rtl rtl", ""]
    assert (
        await bubbles.nth(4).get_by_role("link").evaluate("a => getComputedStyle(a).unicodeBidi")
        == "plaintext"
    )  # or its last slash would stand before it
    time = "b => getComputedStyle(b, '::after').direction"
    assert await bubbles.nth(4).evaluate(time) == "ltr"


async def test_who_says_it_and_what_happens_keep_their_place(widgets: Widgets):  # noqa: F811
    joined = text(f"{ARABIC} joined!", 0, "system")
    agent = text("Hello!", 1, "agent", name=ARABIC)
    log = await drawn(widgets, joined, agent)
    assert await sides(log.messages.first.locator(".cnb-bubble")) == "ltr"  # ours, in English
    assert await sides(log.messages.nth(1).locator(".cnb-name")) == "rtl"


async def test_lists_tables_and_options_begin_at_the_right(widgets: Widgets):  # noqa: F811
    html = (
        f"<p>{ARABIC}</p><ul><li>{HEBREW}</li></ul><p>Hello!</p><table><tr><th>{ARABIC}</th>"
        f"<th>{HEBREW}</th></tr><tr><td>{HEBREW}</td><td>Tea!</td></tr></table>"
    )
    ask = {"kind": "options", "title": HEBREW, "options": options(ARABIC, HEBREW, "Maybe!")}
    log = await drawn(widgets, item({"kind": "html", "html": html}, ask))
    bubble = log.messages.first.locator(".cnb-bubble")
    assert await sides(bubble) == "rtl rtl ltr rtl rtl rtl ltr rtl rtl rtl ltr"
    await begin_at_the_right(bubble.get_by_role("columnheader"))
    await begin_at_the_right(bubble.locator(".cnb-pill"))
    point, line = [bubble.locator(tag).first for tag in ("li", "p")]
    gap = "nodes => nodes.map((node) => node.getBoundingClientRect().right)"
    [[inner], [outer]] = [await node.evaluate_all(gap) for node in (point, line)]
    assert inner < outer - 10  # there stands the bullet


async def test_cards_begin_at_the_right_and_the_arrows_know(widgets: Widgets):  # noqa: F811
    cards = [
        {"title": ARABIC, "text": HEBREW, "options": options(ARABIC)},
        *({"title": f"{HEBREW} {n}!"} for n in range(4)),
    ]
    file = {"name": ARABIC, "type": "text/plain", "size": 12}
    files = {"kind": "files", "title": HEBREW, "files": [file]}
    log = await drawn(widgets, item({"kind": "cards", "cards": cards}, files))
    row = log.log.get_by_role("list", name="Cards")
    assert await sides(row) == " ".join(["rtl"] * 7)
    assert await sides(log.messages.locator(".cnb-file")) == "rtl"
    await begin_at_the_right(row.get_by_role("listitem"))
    await row.focus()
    start = "row => Math.round(row.children[{}].getBoundingClientRect().right - row.getBoundingClientRect().right)"
    for key, card in (("ArrowLeft", 1), ("ArrowLeft", 2), ("ArrowRight", 1), ("Home", 0)):
        await row.press(key)
        assert await row.evaluate(start.format(card)) == 0


async def test_what_is_written_and_looked_for_begins_at_the_right(widgets: Widgets):  # noqa: F811
    log = await drawn(widgets, text("Hello"))
    await widgets("composer", enabled=True, limit=10, text_limit=1000)
    await log.log.press("/")
    for box in (
        widgets.page.get_by_role("textbox", name="Message"),
        widgets.page.get_by_role("searchbox"),
    ):
        for words, side in (("Hello", "ltr"), (ARABIC, "rtl"), ("", "ltr")):
            await box.fill(words)
            await expect(box).to_have_css("direction", side)


async def test_a_row_of_options_begins_at_the_right(widgets: Widgets):  # noqa: F811
    await widgets("choices")
    await widgets.page.evaluate(
        """labels => {
          const row = document.querySelector(".cnb-panel");
          row.className = "jupyter-widgets cnb-choices";
          for (const label of labels) {
            const button = document.createElement("button");
            button.className = "jupyter-button cnb-pill";
            button.textContent = label;
            row.append(button);
          }
        }""",
        [ARABIC, "Yes!", HEBREW],
    )
    await widgets.page.clock.run_for(10)
    row = widgets.page.locator(".cnb-choices")
    assert await sides(row) == "rtl ltr rtl"
    await begin_at_the_right(row.get_by_role("button"))


async def test_the_desk_shows_visitors_as_they_are_called(widgets: Widgets):  # noqa: F811
    await widgets.page.add_style_tag(content=(WIDGETS / "agent/agent.css").read_text())
    visitor = {
        "id": "c", "name": ARABIC, "reason": "", "since": 1.7e9, "agent": "Maya",
        "present": True, "last": HEBREW * 20, "unread": 0,
    }  # fmt: skip
    await widgets("queue", name="Maya", facts=[], available=True, running=True,
                  visitors=[visitor], shown="c", hint="")  # fmt: skip
    row = widgets.page.get_by_role("listitem")
    assert await sides(row.locator(".cnb-visitor-name > span")) == "rtl"
    line = row.locator(".cnb-visitor-line")
    await expect(line).to_have_css("direction", "rtl")
    await expect(line).to_have_css("text-align", "left")
    assert await sides(widgets.page.locator(".cnb-bar .cnb-heading")) == "rtl"


async def test_the_inspector_shows_values_as_they_are(widgets: Widgets):  # noqa: F811
    await widgets.page.add_style_tag(content=styles(*INSPECTOR_SHEETS))
    inspector = await widgets("inspector", tab="metadata", live=False, targets=[])
    row = {
        "n": 0, "out": True, "at": 1.7e9, "type": "metadata", "about": ARABIC, "size": 5, "chat": 0,
        "changes": [[ARABIC, HEBREW, ARABIC]], "actions": [[ARABIC, HEBREW]], "turn": [0, HEBREW, None],
    }  # fmt: skip
    metadata = f'{{"{ARABIC}": "{HEBREW}", "plan": {{"{HEBREW}": 1}}}}'
    await inspector.tell(kind="rows", start=0, rows=[row], total=1)
    await inspector.tell(kind="state", past=None, chat=0, metadata=metadata, errors=0)
    page = widgets.page
    assert await sides(page.locator(".cnb-tree")) == "rtl rtl rtl"
    assert await sides(page.locator(".cnb-changes:visible")) == "rtl rtl rtl"
    for tab, found in (("Events", "rtl"), ("Actions", "rtl rtl"), ("Timing", "rtl")):
        await page.get_by_role("tab", name=tab).click()
        shown = page.get_by_role("tabpanel")
        assert await sides(shown.locator(".cnb-event, .cnb-changes")) == found


# --- where no panel lives ----------------------------------------------------------------------

CONTENT = (
    c.Text(ARABIC),
    c.Text(MIXED),
    c.Buttons(HEBREW, (c.Option(ARABIC), c.Option(HEBREW), c.Option("Maybe!"))),
    c.Cards((c.Card(ARABIC, HEBREW, options=(c.Option(ARABIC),)), c.Card("Mug!"))),
    c.Files((c.File("", ARABIC),), HEBREW),
    c.Markdown(f"{HEBREW}\n\n- {ARABIC}\n\nHello!"),
    c.Table(f"<table><tr><td>{ARABIC}</td><td>{HEBREW}</td></tr></table>"),
)
STATIC_SIDES = (
    "rtl ltr rtl ltr rtl rtl rtl ltr rtl rtl rtl ltr rtl rtl rtl rtl ltr rtl rtl"  # as in CONTENT
)


@pytest.mark.parametrize("sender", ["bot", "user"])
async def test_static_html_takes_the_direction_of_its_text(browser: Browser, sender: Any):
    page = await browser.new_page()
    said = [
        Message(id="1", sender=sender, text="", content=CONTENT),
        Message(id="2", sender="agent", text=HEBREW, agent_name=ARABIC),
        Message(id="3", sender="system", text=f"{ARABIC} joined!"),
    ]
    await page.set_content(render.page_html(said))
    bubble = page.locator(".b").first
    assert await sides(bubble) == STATIC_SIDES
    await begin_at_the_right(bubble.locator(":scope > div > .o"))
    await begin_at_the_right(bubble.locator(".c"))
    await begin_at_the_right(bubble.locator("td"))
    assert await sides(page.locator(".m").nth(1)) == "rtl rtl"
    assert await sides(page.locator(".m").nth(2)) == "ltr"
    await page.set_content(render.options_html(Choices((c.Option(ARABIC), c.Option(HEBREW)))))
    assert await sides(page.locator(".cnb-static")) == "rtl rtl"
    await begin_at_the_right(page.locator(".o"))
    await page.close()


FLOW = f"""
flow: greeting
nodes:
  hello:
    - {ARABIC!r}
    - md: "{HEBREW}\\n\\n- {ARABIC}"
    - buttons: {HEBREW!r}
      options: [{ARABIC!r}, {HEBREW!r}]
fallback: [{HEBREW!r}]
"""
START = f"""\
import captivate_nb as cn
open("greeting.yaml", "w").write({FLOW!r})
session = await cn.demo("greeting.yaml")
cn.ChatPanel(session)"""


async def test_in_jupyterlab(lab: Lab):
    page = await lab.open("rtl.ipynb", [START, f"await session.say({ARABIC!r})"])
    await page.run_all()
    chat = page.page.locator(".cnb-panel")
    await expect(chat.locator(".cnb-list .cnb-message")).to_have_count(3)
    assert await sides(chat.locator(".cnb-list")) == "rtl rtl rtl rtl rtl rtl rtl rtl"
    assert await sides(page.output(1)) == "rtl"
    transcript = await page.add_cell("session.transcript")
    await page.run_cell(transcript)
    bubble = page.output(transcript).locator(".b").first
    assert await sides(bubble) == "rtl rtl rtl rtl rtl rtl"
    await expect(bubble.locator("p")).to_have_css("text-align", "start")  # not as JupyterLab has it
    await page.screenshot("right-to-left", of=chat)
    assert page.problems == []
