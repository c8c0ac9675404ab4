"""What it costs to find out whether a message arrived, when the connection breaks.

    python benchmarks/recovery.py [--runs 10]

A prompt, honest server that shares no code with the client breaks the connection: with nothing on
its way, after it took a message in, and before it did. Measured is the time from the break until the
session is open, and until the message has its answer; with the checks of `delivery`, and without
them, which is what a client does that sends again whatever the first transcript lacks.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import captivate_nb as cn
from support.odd import OddServer, odd_server

MOST = 3.0  # seconds that the checks may cost
KINDS = {
    "nothing on its way, until the session is open": None,
    "taken in before the break, until its answer": "kept",
    "lost with the break, until its answer": "lost",
}


async def reopened(session: cn.Session, server: OddServer) -> None:
    """Break the connection, and wait until there is another."""
    opened = asyncio.Event()

    def look(change: dict[str, str]) -> None:
        if change["new"] == "open":
            opened.set()

    session.observe(look, "status")
    await server.cut_off()
    await opened.wait()


async def measured(fate: str | None, timeouts: cn.Timeouts) -> float:
    """Return the seconds from a break until all is well."""
    loop = asyncio.get_running_loop()
    async with (
        odd_server() as server,
        await cn.connect(server.url, "a-key-to-measure", timeouts=timeouts) as session,
    ):
        await session.say("hello")
        began = loop.time()
        if fate is None:
            await reopened(session, server)
        else:
            server.next = [fate]  # type: ignore[list-item]  # one of its fates
            await session.say("a line", settle=0.0, timeout=30)
        return loop.time() - began


async def median(fate: str | None, runs: int, timeouts: cn.Timeouts) -> float:
    return statistics.median([await measured(fate, timeouts) for _ in range(runs)])


async def main(runs: int) -> int:
    """Print the table; return 1 when the checks cost more than they may."""
    missed, unchecked = False, cn.Timeouts(check=0.001)  # as good as none
    print(f"{'':48} without  with   costs")
    for name, fate in KINDS.items():
        without = await median(fate, runs, unchecked)
        with_them = await median(fate, runs, cn.Timeouts())
        missed |= with_them - without > MOST
        print(f"{name:48} {without:5.2f} s {with_them:5.2f} s {with_them - without:5.2f} s")
    return int(missed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    sys.exit(asyncio.run(main(parser.parse_args().runs)))
