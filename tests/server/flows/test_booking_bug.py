"""The shipped `booking-bug` flow: it has the bug that its notebook finds, and no other."""

from __future__ import annotations

from pathlib import Path

import captivate_nb as cn
from captivate_nb.server import FLOWS

GUEST = ["four", "4", "Friday", "Change the day", "Sunday", "Change the number", "many", "5"]


async def booked(flow: str | Path) -> cn.Session:
    session = await cn.demo(flow)
    for line in (*GUEST, "Book it"):
        await session.say(line)
    return session


async def test_a_changed_day_is_kept_where_nobody_looks():
    async with await booked("booking-bug") as session:
        assert session.transcript[-1].text.startswith("Booked, for 5 on Friday.")
        known = await session.fetch_metadata()
        assert known == {"guests": 5, "day": "Friday", "date": "Sunday", "booked": True}


async def test_one_word_mends_it(tmp_path: Path):
    source = (FLOWS / "booking-bug.yaml").read_text()
    assert source.count("save: date") == 1
    mended = tmp_path / "booking.yaml"
    mended.write_text(source.replace("save: date", "save: day"))
    async with await booked(mended) as session:
        assert session.transcript[-1].text.startswith("Booked, for 5 on Sunday.")
        assert session.actions == [cn.Action("openCalendar", {"day": "Sunday", "guests": 5})]
        again = await session.say("hello")
        assert again[0].text.startswith("Hello, this is the Red Lion.")
        assert (await session.say("3")).text == "And on which day?"
