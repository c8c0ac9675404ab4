"""What is measured. A case drives tabs and returns lines of the table; times are milliseconds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles
from typing import Any

from .tab import Tab, Task
from .words import text

MANY = 10_000
FEW = 100
BURST = 5_000
SAMPLES = 600
TRACED = 40
"""Appends while the page's tasks are looked at."""

PACE = 0.06
"""Seconds between appends: longer than the panel puts changes together for."""

OPENINGS = 5
ROUNDS = 10
TURNS = 50
WARM = 10
"""Rounds of turns before the page's heap is looked at: JupyterLab itself adds listeners meanwhile."""

ORDER = """() => [...document.querySelectorAll(".cnb-list .cnb-message")]
  .map((message) => Number(/#(\\d+)#/.exec(message.textContent)[1]))"""
COUNT = 'document.querySelectorAll(".cnb-list .cnb-message").length'
NODES = """() => {
  const list = document.querySelector(".cnb-list");
  const walker = document.createTreeWalker(list, NodeFilter.SHOW_ALL);
  let count = 0;
  while (walker.nextNode()) count += 1;
  return count / list.querySelectorAll(".cnb-message").length;
}"""
DRAWN = """() => {
  const messages = [...document.querySelectorAll(".cnb-list .cnb-message")];
  return messages.filter((message) => message.checkVisibility({ contentVisibilityAuto: true })).length;
}"""
FIND = """() => {
  getSelection().removeAllRanges();
  const found = find("#17#", false, false, true);
  getSelection().removeAllRanges();
  return found;
}"""
SCROLL = """async () => {
  const log = document.querySelector(".cnb-scroll");
  for (let step = 20; step >= 0; step -= 1) {
    log.scrollTop = log.scrollHeight * step / 20;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }
  log.scrollTop = log.scrollHeight;
}"""
LAYOUT = ("LayoutDuration", "RecalcStyleDuration")


@dataclass
class Line:
    """A line of the table; `met` is None where the figure stands beside another."""

    what: str
    figure: str
    asked: str
    met: bool | None
    raw: str


def most(what: str, figure: float, limit: float, unit: str, raw: str) -> Line:
    """A line on a figure that is asked to be at most `limit`."""
    return Line(what, f"{figure:.4g} {unit}", f"≤ {limit:g} {unit}", figure <= limit, raw)


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


async def filled(tab: Tab, count: int) -> None:
    """Wait until every message is in the page, and nothing more comes."""
    await tab.until(f"{COUNT} === {count}")
    await tab.quiet()


def longest(what: str, tasks: list[Task]) -> Line:
    """A line on the longest task, by what it took of the CPU: others share the machine."""
    task = max(tasks)
    wall = max(each.wall for each in tasks)
    raw = f"CPU; with what others took of it {wall:.0f} ms; {len(tasks)} tasks"
    return most(f"longest task in the page, {what}", task.cpu, 100, "ms", raw)


async def burst(tab: Tab) -> list[Line]:
    """Send `BURST` messages at once, twice."""
    lines = []
    for start in range(0, MANY, BURST):
        await tab.reset()
        await tab.page.evaluate("bench.watching = false")
        async with tab.tasks() as tasks:
            await tab.chat.say(BURST)
            await tab.until(f"{COUNT} === {start + BURST}", 120)
            took = await tab.page.evaluate("performance.timeOrigin + performance.now()")
            await tab.quiet()
        order = await tab.page.evaluate(ORDER)
        await tab.page.evaluate("bench.watching = true")
        comms = await tab.probe("comms")
        sound = order == list(range(start + BURST))
        raw = (
            f"{len(comms)} comm messages, {sum(c['bytes'] for c in comms) / BURST:.0f} B a message,"
            f" {(took - tab.chat.sent[start]) / 1000:.2f} s to the last"
        )
        what = f"messages in order, of {BURST:,} sent at once behind {start:,}"
        lines += [Line(what, f"{len(order) - start:,}", f"{BURST:,}", sound, raw)]
        lines += [longest("meanwhile", tasks)]
    return lines


async def page(few: Tab, many: Tab) -> list[Line]:
    """Look at what `MANY` messages are in the page."""
    nodes, drawn = [await many.page.evaluate(each) for each in (NODES, DRAWN)]
    objects = [(await tab.metrics())["LayoutObjects"] for tab in (few, many)]
    return [
        most("DOM nodes a text message, blocks and texts counted", nodes, 6, "nodes", ""),
        Line(
            f"messages with a layout, of {MANY:,} in the page",
            f"{drawn}",
            "those near the view",
            drawn < MANY / 20,
            f"layout objects of the whole page {objects[1]:.0f}, with {FEW} messages {objects[0]:.0f}",
        ),
    ]


async def looks(many: Tab) -> list[Line]:
    """Go through all of a long conversation, and find what is out of view in it."""
    async with many.tasks() as tasks:
        await many.page.evaluate(SCROLL)
    found = await many.page.evaluate(FIND)
    return [
        longest("while scrolled from end to start", tasks),
        Line("find-in-page reaches a message out of view", str(found), "True", found, ""),
    ]


async def appends(few: Tab, many: Tab) -> list[Line]:
    """Append to the short and to the long conversation in turns."""
    tabs = (few, many)
    for tab in tabs:
        await tab.quiet()
        await tab.reset()
    idle = await _cpu(tabs, asyncio.sleep(2 * SAMPLES * PACE / 10))
    first = [len(tab.chat.sent) for tab in tabs]
    before = [await tab.metrics() for tab in tabs]
    busy = await _cpu(tabs, _alternate(tabs, SAMPLES))
    for tab in tabs:
        await tab.shown(len(tab.chat.sent) - 1)
    after = [await tab.metrics() for tab in tabs]
    cpu = [1000 * (b - 10 * i) / SAMPLES for b, i in zip(busy, idle, strict=True)]
    layout = [
        1000 * sum(b[name] - a[name] for name in LAYOUT) / SAMPLES
        for a, b in zip(before, after, strict=True)
    ]
    times = [await _delays(tab, start) for tab, start in zip(tabs, first, strict=True)]
    comms = [await _bytes(tab) for tab in tabs]
    async with many.tasks() as tasks:  # apart, as tracing takes time too
        await _alternate(tabs, TRACED)
        await many.shown(len(many.chat.sent) - 1)
    size = [sum(each["append"]) / SAMPLES for each in comms]
    kept = comms[1].get("update", [])
    own = len(text(MANY).encode())
    return [
        most(
            "comm messages an append",
            (sum(map(len, comms[1].values())) - len(kept)) / SAMPLES,
            1,
            "",
            f"and {len(kept)} after 2 s of quiet for the saved notebook, {sum(kept)} B",
        ),
        most(
            "bytes of such a message, its text left out",
            median(comms[1]["append"]) - own,
            1000,
            "B",
            f"the whole frame, Jupyter's headers included; the largest {max(comms[1]['append']) - own} B",
        ),
        _ratio("kernel CPU an append", cpu, "ms"),
        _ratio("bytes an append", size, "B"),
        _ratio("time from frame to DOM, 95th percentile", list(map(p95, times)), "ms"),
        _ratio("  median", list(map(median, times)), "ms"),
        _ratio("  style and layout an append", layout, "ms"),
        longest("while appending", tasks),
    ]


def _ratio(what: str, figures: list[float], unit: str) -> Line:
    ratio = figures[1] / figures[0]
    raw = f"{figures[1]:.4g} {unit} at {MANY:,}, {figures[0]:.4g} {unit} at {FEW}"
    if what.startswith(" "):
        return Line(what, f"{ratio:.2f}x", "", None, raw)
    return Line(f"{what}, {MANY:,} : {FEW}", f"{ratio:.2f}x", "≤ 1.2x", ratio <= 1.2, raw)


async def _bytes(tab: Tab) -> dict[str, list[int]]:
    """Return the sizes of what came over the kernel's socket, by kind."""
    sizes: dict[str, list[int]] = {}
    for told in await tab.probe("comms"):
        sizes.setdefault(told["kind"], []).append(told["bytes"])
    return sizes


async def _cpu(tabs: tuple[Tab, ...], work: Any) -> list[float]:
    """Return the seconds of CPU that the kernels take while something is awaited."""
    before = [tab.cpu() for tab in tabs]
    await work
    return [tab.cpu() - start for tab, start in zip(tabs, before, strict=True)]


async def _alternate(tabs: tuple[Tab, ...], count: int) -> None:
    """Append `count` times to each; neither is always the one that follows the other."""
    for number in range(count):
        for tab in tabs if number % 2 else tabs[::-1]:
            await tab.chat.say()
            await asyncio.sleep(PACE)


async def _delays(tab: Tab, first: int) -> list[float]:
    """Return how long each message from `first` on took to the DOM."""
    at = await tab.probe("seen")
    return [at[str(n)] - sent for n, sent in enumerate(tab.chat.sent) if n >= first]


async def opening(many: Tab, feed: Tab) -> list[Line]:
    """Display new panels on the long conversation, and a ChatFeed of 100 messages between."""
    ours, whole, theirs = [], [], []
    for number in range(OPENINGS):
        if number in (1, OPENINGS - 1):
            began, made = await feed.show()
            at = await feed.shown(FEW - 1, 300)
            theirs.append((at - began, at - made))
            await feed.reset()
        await many.reset()
        began, _ = await many.show()
        ours.append(await many.shown(len(many.chat.sent) - 1) - began)
        await many.until(f"{COUNT} === {len(many.chat.sent)}")
        whole.append(await many.page.evaluate("performance.timeOrigin + performance.now()") - began)
        await many.quiet()
    async with many.tasks() as tasks:
        await many.show()
        await many.until(f"{COUNT} === {len(many.chat.sent)}")
    made, drawn = (median(each) for each in zip(*theirs, strict=True))
    raw = f"{median(ours):.0f} ms : {made:.0f} ms, of which {drawn:.0f} ms after it was made in Python"
    ratio = median(ours) / made
    return [
        Line(
            f"opening on {MANY:,} until the newest shows : ChatFeed on {FEW}",
            f"{ratio:.3f}x",
            "≤ 0.5x",
            ratio <= 0.5,
            raw,
        ),
        Line("  all of them in the page after", f"{median(whole):.0f} ms", "", None, ""),
        longest("while opening", tasks),
    ]


async def pixels(few: Tab, feed: Tab, samples: int = 20) -> list[Line]:
    """Append to a short conversation in our panel and in a ChatFeed, in turns."""
    delays: dict[Tab, list[float]] = {few: [], feed: []}
    for tab in (few, feed):
        await tab.quiet()
        await tab.reset()
    for _ in range(samples):
        for tab, noted in delays.items():
            number = len(tab.chat.sent)
            await tab.chat.say()
            noted.append(await tab.shown(number, 120) - tab.chat.sent[number])
            await asyncio.sleep(0.3)
    ours, theirs = delays.values()
    ratio = median(theirs) / median(ours)
    raw = (
        f"median {median(ours):.1f} ms : {median(theirs):.0f} ms,"
        f" 95th percentile {p95(ours):.1f} ms : {p95(theirs):.0f} ms"
    )
    return [
        Line("socket frame to pixels, ChatFeed : ours", f"{ratio:.0f}x", "≥ 10x", ratio >= 10, raw)
    ]


async def choices(tab: Tab) -> list[Line]:
    """Let a user answer questions with buttons, and begin anew after every `TURNS`."""
    noted = []
    for _ in range(ROUNDS + WARM):
        await tab.run(f"await chat.turns({TURNS})")
        await tab.until(f"{COUNT} === 0")
        await tab.reset()
        models = await tab.page.evaluate(
            "jupyterapp.shell.currentWidget.sessionContext.session.kernel._comms.size"
        )
        noted.append({**await tab.swept(), "models": models})
    noted = noted[WARM - 1 :]
    turns = (len(noted) - 1) * TURNS
    grown = {name: noted[-1][name] - noted[0][name] for name in noted[0]}
    wobble = max(abs(b["JSHeapUsedSize"] - a["JSHeapUsedSize"]) for a, b in pairwise(noted))
    raw = f"{grown['JSHeapUsedSize'] / 1000:.0f} kB in all; between two rounds up to {wobble / 1000:.0f} kB"
    return [
        most(
            f"heap grown a turn, in {turns} turns", grown["JSHeapUsedSize"] / turns, 500, "B", raw
        ),
        most("  widget models in the page grown", grown["models"], 0, "", f"{noted[-1]['models']}"),
        most("  DOM nodes grown", grown["Nodes"], 0, "", f"{noted[-1]['Nodes']:.0f}"),
        most(
            "  listeners grown",
            grown["JSEventListeners"],
            0,
            "",
            f"{noted[-1]['JSEventListeners']:.0f}",
        ),
    ]
