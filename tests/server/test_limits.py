"""What one server bears."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import msgspec
import pytest

from captivate_nb.errors import ServeError, UsageError
from captivate_nb.server.limits import ByteBudget, Limits, TokenBucket


def test_limits_are_read_from_text_and_the_last_of_a_name_counts():
    read = Limits.parse(["queue=100", "rate=0.5", "queue=200"])
    assert read == Limits(queue=200, rate=0.5)
    assert Limits.parse([]) == Limits()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("conversation=3", "There is no limit “conversation”. Did you mean “conversations”?"),
        ("zzz", f"There is no limit “zzz”. There are: {', '.join(Limits.__struct_fields__)}."),
        ("queue", "A limit is given with its value: queue=NUMBER."),
        ("queue=1.5", "The limit queue is “1.5”; it must be a whole number."),
        ("rate=fast", "The limit rate is “fast”; it must be a number."),
    ],
)
def test_text_that_is_no_limit(text: str, problem: str):
    with pytest.raises(UsageError) as raised:
        Limits.parse([text])
    assert str(raised.value) == problem


@pytest.mark.parametrize(
    ("text", "shown"), [("queue=0", "0"), ("idle=-2.5", "-2.5"), ("rate=nan", "nan")]
)
def test_a_limit_is_above_zero(text: str, shown: str):
    name = text.partition("=")[0]
    with pytest.raises(ServeError) as raised:
        Limits.parse([text])
    assert str(raised.value) == f"The limit {name} is {shown}; it must be above 0."


def test_a_bucket_gives_a_burst_and_then_its_rate():
    now = [100.0]
    bucket = TokenBucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] += 0.25
    assert bucket.take() == 0.25
    now[0] += 0.25
    assert bucket.take() == 0
    now[0] += 1000
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]


async def test_room_is_shared_and_a_small_one_need_not_wait_for_a_large_one():
    room = ByteBudget(10)
    assert await room.take(6) == 6
    large = asyncio.ensure_future(room.take(8))
    assert await room.take(3) == 3
    assert not large.done()
    room.release(6)
    assert not large.done()
    room.release(3)
    assert await large == 8


async def test_more_than_there_ever_is_takes_all_and_at_the_end_nobody_waits():
    room = ByteBudget(10)
    assert await room.take(99) == 10
    waiting = asyncio.ensure_future(room.take(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    room.open()
    assert await waiting == 1


UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "s": 1, "days": 86400}


def test_the_page_on_security_tells_every_default():
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) ?(\w*) \|", page, re.MULTILINE)
    told = {name: int(number.replace(",", "")) * UNITS[unit] for name, number, unit in rows}
    assert told == msgspec.structs.asdict(Limits())
