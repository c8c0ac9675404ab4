"""No frame is much work, whatever it holds: counted in what is called and made, never in seconds."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from captivate_nb.client.pacing import messages_in
from captivate_nb.client.secrets import Secret, redact_frame
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.message import readable
from captivate_nb.conversation.state import Conversation
from captivate_nb.rendering.html import messages_html
from captivate_nb.rendering.layout import PIECES, laid_out
from captivate_nb.rendering.sanitize import COPIES_LIMIT, WORK_LIMIT
from captivate_nb.widgets.chat.message_view import items
from captivate_nb.widgets.inspector.event_rows import EventRows
from support import hostile

CALLS = 3_000_000
"""Functions called, Python's and others, to lay out one message, and to do all else for a frame."""

ROW = 40_000
"""Bytes of the inspector's row for it."""

SHOWN = 1_500_000
"""Bytes for the page, and characters of a cell's output."""

KEY = Secret("k" * 20)


def calls(work: Callable[[], Any]) -> int:
    """How many functions are called, each a bounded step but for those on text that it is given."""
    count = 0

    def note(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def work_on(frame: str) -> list[str]:
    """What is too much of the work for a frame: what takes it in, and shows it everywhere."""
    log = EventLog(redact=lambda text: redact_frame(text, [KEY]))
    conversation, trace = Conversation(), EventRows()
    shown: dict[str, int] = {}
    started = hostile.wire("conversation_start_success", {"conversation_id": "c-1"})
    conversation.apply_record(log.record("in", started, 1.0, 1))
    trace.take(log[0])

    def take() -> None:
        record = log.keep(decoded, 1.0, 1)
        conversation.apply_record(record)
        trace.take(record)
        transcript = conversation.transcript
        shown["row"] = len(json.dumps(trace.rows[-1]))
        page = items(transcript, 0, len(transcript))
        shown["page"] = len(json.dumps(page, ensure_ascii=False).encode())
        shown["output"] = len(messages_html(transcript))
        shown["parts"] = max((len(item["parts"]) for item in page), default=0)

    most = {
        "row": ROW,
        "page": SHOWN,
        "output": SHOWN,
        "parts": PIECES + 1,
        "calls": CALLS,
        "calls of a layout": CALLS,
    }
    decoded = log.decode("in", frame)
    messages = list(messages_in(decoded.event))
    layouts = [calls(partial(readable, content)) for content in messages]
    shown["calls of a layout"] = max(layouts, default=0)
    shown["calls"] = calls(take)
    for message in conversation.transcript:
        laid = [markup for _, markup in laid_out(message.content)]
        shown["work"] = max(shown.get("work", 0), sum(markup.work for markup in laid))
        shown["tags"] = max(shown.get("tags", 0), sum(markup.html.count("<") for markup in laid))
    most |= {"work": 2 * WORK_LIMIT + 400, "tags": 2 * COPIES_LIMIT}
    return [f"{name} {value:,}" for name, value in shown.items() if value > most[name]]


@pytest.mark.parametrize(
    "frames", [60, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
)
def test_no_frame_at_random_is_much_work(frames: int, capsys: pytest.CaptureFixture[str]):
    seed = int(os.environ.get("CAPTIVATE_NB_SEED") or random.randrange(2**32))
    with capsys.disabled():
        print(f"\n{frames:,} frames made to be much work, CAPTIVATE_NB_SEED={seed}")
    dice = random.Random(seed)
    for number in range(frames):
        frame = hostile.scrambled(dice)
        assert not (found := work_on(frame)), (seed, number, found, frame[:400])


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_shape_that_is_known_is_much_work():
    for name, make in hostile.frames():
        if "5 MB" not in name:
            assert not (found := work_on(make(0))), (name, found)
