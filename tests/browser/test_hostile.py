"""Hostile content in a real page: everywhere a bot may put a word, and nothing of it runs."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, expect

from support.attacks import ATTACKS
from support.lab import Lab

SERVE = """
import asyncio, json, os, sys
sys.path[:0] = [{tests!r}]
import captivate_nb as cn
from support.attacks import ATTACKS
from support.rogue import Socket, bot, frame, rogue

def items(attack):
    option = {{"label": attack, "value": attack}}
    link = {{"title": attack, "url": attack}}
    card = {{"text": attack, "description": attack, "image_url": attack, "link": attack,
            "options": [option, link]}}
    file = {{"url": attack, "filename": attack, "mimetype": "image/png"}}
    return [
        {{"type": "text", "text": attack}}, {{"type": "html", "html": attack}},
        {{"type": "md", "md": attack}}, {{"type": "table", "table": attack}},
        {{"type": "button", "buttons": {{"title": attack, "options": [option, link]}}}},
        {{"type": "cards", "cards": [card]}}, {{"type": "files", "title": attack, "files": [file]}},
        {{"type": attack or "x", "x": attack}},
    ]

async def attack(socket):
    await socket.greet()
    await socket.receive("user_message")
    for number, text in enumerate(ATTACKS):
        await socket.send(bot(*items(text), ch_msg_id=f"{{text}} {{number}}"))
        told = {{"type": "livechatAgentConnected", "data": {{"agent": {{"name": text}}}}}}
        await socket.send(frame("conversation_update", told))
        await socket.send(frame("livechat_message", {{"content": items(text)[:2], "agent_name": text}}))
        await socket.send(frame("action", {{"id": text, "data": {{text: text}}}}))
        error = {{"error_code": text, "error_desc": text}}
        await socket.send(frame("general_error", error), frame(text or "x", {{}}), "{{not json " + text)
        content = {{text: {{text: text}}}}
        told = {{"conversation_id": "c-1", "content": content}}
        await socket.send(frame("conversation_metadata", told))
    await socket.send(bot("That was all."))

serving = rogue(attack)
server = await serving.__aenter__()
session = await cn.connect(server.url, "some-key-of-mine")
panel = cn.ChatPanel(session)
display(panel)
await session.say("Go on", wait=False)
"""
REPRS = """
from IPython.display import HTML
display(session.transcript, session.transcript[-3], session.events, session.choices)
display(cn.Reply(session.transcript[:40]))
open("page.html", "w").write(session.transcript.to_html())
"""
WATCH = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "open", "print"])
  window[name] = (...said) => { window.ran.push(`${name}(${said})`); };
window.msgbox = () => { window.ran.push("msgbox"); };
window.ran;
"""
BOUND = """() => [...document.querySelectorAll(".jp-OutputArea *")].flatMap(node =>
  [...node.attributes].filter(({ name, value }) => /^on/i.test(name)
    || (/^(href|src|action|formaction|xlink:href|data)$/i.test(name)
        && /^\\s*(javascript|vbscript|livescript|file|data:text)/i.test(value)))
  .map(({ name, value }) => `${node.tagName} ${name}=${value}`))"""


async def test_nothing_runs_in_the_panel_nor_in_any_repr(lab: Lab, browser: Browser):
    tests = str(Path(__file__).parents[1])
    page = await lab.open("hostile.ipynb", [SERVE.format(tests=tests), REPRS])
    strangers: list[str] = []
    page.page.on("request", lambda r: strangers.append(r.url) if "xss.example" in r.url else None)
    await page.page.evaluate(WATCH)
    await page.run_cell(0)
    log = page.page.locator(".cnb-panel").first.get_by_role("log")
    await expect(log).to_contain_text("That was all.", timeout=30_000)
    await page.run_cell(1)

    height = await log.evaluate("node => node.scrollHeight")
    for at in range(0, height, 2000):
        await log.evaluate("(node, at) => node.scrollTo(0, at)", at)
    await page.screenshot("hostile")

    assert await page.page.evaluate("window.ran") == []
    assert await page.page.evaluate(BOUND) == []
    scripts = page.page.locator(
        ".jp-OutputArea :is(script, iframe, object, embed, link, meta, base, form)"
    )
    assert await scripts.count() == 0
    assert [url for url in strangers if not url.endswith("xss.example/")] == []
    assert page.problems == []
    count = "print(sum(m.sender != 'system' for m in session.transcript), session.status)"
    assert await page.add_and_run(count) == f"{3 + 2 * len(ATTACKS)} open"

    exported = await browser.new_page()
    await exported.add_init_script(WATCH)
    await exported.goto((Path(lab.server.root) / "page.html").as_uri())
    assert await exported.evaluate("window.ran") == []
    assert await exported.locator("script, iframe, object, embed, link, base, form").count() == 0
    await exported.close()
