"""The page that a failed script leaves: it opens from a file, with no network and no kernel.

It is readable without scripts; with them, a slider shows the chat as it was after each event.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.message import Message
from captivate_nb.conversation.metadata import metadata_changes
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import counted
from captivate_nb.rendering import html
from captivate_nb.rendering.sanitize import clean_text, escape

from .files import read
from .report import Result

MOST_EVENTS = 400
"""Events that a page shows, the newest ones."""

MOST_OF_AN_EVENT = 1200
"""Characters that a page shows of one event."""

MOST_MESSAGES = 300
"""Messages that a page shows, the newest ones."""


def left(result: Result, folder: str | Path | None) -> Result:
    """Return a failed result with the page that it left in a folder, made if it is not there."""
    if result.failure is None or folder is None:
        return result
    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    file = into / _file_name(result)
    file.write_text(page(result), encoding="utf-8")
    return replace(result, failure=replace(result.failure, trace=file))


def _file_name(result: Result) -> str:
    plain = re.sub(r"[^\w.-]+", "-", result.name).strip("-.")[:60] or "script"
    mark = hashlib.sha256(f"{result.path}\0{result.name}".encode()).hexdigest()[:8]
    return f"{plain}-{mark}.html"


def page(result: Result) -> str:
    """Return the page of a result: chat, failure, script, events and metadata."""
    log = result.log or EventLog()
    title = f"{'✓' if result.passed else '✗'} {result.name}"
    failed = "" if result.failure is None else _section("Failure", _pre(result.failure.message))
    return _PAGE.format(
        title=escape(clean_text(title)),
        failure=failed,
        chat=_chat(log),
        script=_script(result),
        metadata=_metadata(log),
        events=_events(log),
        last=max(0, len(log) - 1),
    )


def session_page(log: EventLog, title: str = "Conversation") -> str:
    """Return the page of any conversation's log."""
    return page(Result(title, "", log=log))


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inner}</section>"


def _pre(text: str) -> str:
    return f"<pre>{escape(clean_text(text))}</pre>"


def _chat(log: EventLog) -> str:
    """Return the messages, each with the event that it came in."""
    conversation = Conversation()
    seen: dict[str, tuple[int, Message]] = {}
    for record in log:
        first = conversation.apply_record(record)
        if first is not None:
            for index in range(first, len(conversation.transcript)):
                message = conversation.transcript[index]
                seen[message.id] = (seen.get(message.id, (record.n, message))[0], message)
    shown = list(seen.values())[-MOST_MESSAGES:]
    more = len(seen) - len(shown)
    above = f"<p>… {counted(more, 'earlier message')}</p>" if more else ""
    drawn = "".join(f'<div data-n="{n}">{html.messages_html([each])}</div>' for n, each in shown)
    return _section("Chat", above + drawn)


def _script(result: Result) -> str:
    """Return the script's lines, those that failed marked, with what each step took."""
    script = result.script
    if script is None:
        return ""
    path = result.failure.path if result.failure else script.path
    try:
        lines = read(Path(path)).splitlines() if path else []
    except Exception:  # noqa: BLE001  # it may be gone meanwhile, and the page is worth more
        lines = []
    wrong = result.failure.line if result.failure else 0
    rows = "".join(
        f'<tr class="{"wrong" if number == wrong else ""}"><td>{number}</td>'
        f"<td>{escape(clean_text(line))}</td></tr>"
        for number, line in enumerate(lines[:2000], 1)
    )
    steps = "".join(
        f'<tr class="{"wrong" if each.wrong else ""}"><td>{each.step.line}</td>'
        f"<td>{escape(clean_text(str(each.step)[:400]))}</td><td>{escape(_came(each.said or '', each))}</td></tr>"
        for each in result.played
    )
    listed = f"<table><tr><th>line</th><th>expected</th><th>came</th></tr>{steps}</table>"
    source = f"<table>{rows}</table>" if rows else ""
    return _section("Steps", listed) + (_section(path, source) if source else "")


def _came(said: str, played: object) -> str:
    heard = getattr(played, "heard", None)
    text = heard.message.text if heard is not None else said
    mark = " (skipped)" if getattr(played, "skipped", False) else ""
    return clean_text(text[:400]) + mark


def _metadata(log: EventLog) -> str:
    rows = "".join(
        f'<tr data-n="{change.n}"><td>{change.n}</td><td>{escape(clean_text(change.path))}</td>'
        f"<td>{_value(change.old)}</td><td>{_value(change.new)}</td></tr>"
        for change in metadata_changes(log)[-200:]
    )
    head = "<tr><th>event</th><th>path</th><th>before</th><th>after</th></tr>"
    return _section("Metadata", f"<table>{head}{rows}</table>") if rows else ""


def _value(value: object) -> str:
    return escape(clean_text(json.dumps(value, ensure_ascii=False, default=repr)[:300]))


def _events(log: EventLog) -> str:
    records = list(log)[-MOST_EVENTS:]
    rows = "".join(
        f'<details data-n="{record.n}"><summary>{record.n} {escape(record.direction)} '
        f"{escape(clean_text(record.type))}</summary>{_pre(record.frame[:MOST_OF_AN_EVENT])}</details>"
        for record in records
    )
    return _section("Events", rows)


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
 script-src 'unsafe-inline'; img-src data: https: http:">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body{{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c1c1e;
background:#fff}}
h1{{font-size:1.4rem}}h2{{font-size:1.1rem;margin:1.5rem 0 .4rem}}
pre{{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f6;padding:.6rem;margin:.2rem 0}}
table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;vertical-align:top;padding:.15rem .6rem;
white-space:pre-wrap;overflow-wrap:anywhere}}td:first-child{{color:#5f5f66;white-space:nowrap}}
.wrong{{background:#ffe3e0}}#slider[hidden]{{display:none}}#slider{{position:sticky;top:0;background:#fff}}
[data-n][hidden]{{display:none}}input[type=range]{{width:100%}}
</style>
<h1>{title}</h1>
<div id="slider" hidden><label>After event <output id="at">{last}</output>
<input id="time" type="range" min="0" max="{last}" value="{last}"></label></div>
{failure}{chat}{script}{metadata}{events}
<script>
const slider = document.getElementById("slider"), time = document.getElementById("time");
slider.hidden = false;
time.addEventListener("input", () => {{
  document.getElementById("at").value = time.value;
  for (const each of document.querySelectorAll("[data-n]")) {{
    each.hidden = Number(each.dataset.n) > Number(time.value);
  }}
}});
</script>
</html>
"""
