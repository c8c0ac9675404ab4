"""Conversations at once on one embedded server: what is lost, what is crossed, what it costs.

    python benchmarks/server_load.py [--conversations 500] [--seconds 60] [--turns 5]

Everything is on loopback. The server is a process of its own, whose memory and processor time are
read from the system; each guest says its next line as soon as it has the answer to the last, and
deletes its conversation after so many turns, so that what the server holds does not grow. The run
is made twice, in memory and with --store, a quarter as long; ratios are within one run. It fails
when a message is lost or crossed, or when memory grows by more than 5 %.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.crowd import FLOW, Tally, crowd
from support.served import Served, processor, resident

MOST_GROWTH = 1.05


@dataclass
class Run:
    """One crowd's figures; `memory` in bytes, once a second; `processor` and `seconds` in seconds."""

    tally: Tally = field(default_factory=Tally)
    memory: list[int] = field(default_factory=list)
    processor: float = 0.0
    seconds: float = 0.0

    @property
    def growth(self) -> float:
        """Memory in the last third of the run against the third before."""
        third = max(len(self.memory) // 3, 1)
        before, last = self.memory[-2 * third : -third], self.memory[-third:]
        return statistics.median(last) / statistics.median(before or last)

    @property
    def cost(self) -> float:
        """Milliseconds of processor time for one turn."""
        return 1000 * self.processor / max(self.tally.turns, 1)


async def sample(pid: int, run: Run) -> None:
    while True:
        await asyncio.sleep(1)
        run.memory.append(resident(pid))


async def measure(options: argparse.Namespace, seconds: float, *more: str) -> Run:
    run = Run()
    with tempfile.TemporaryDirectory() as folder:
        flow = Path(folder) / "echo.yaml"
        flow.write_text(FLOW)
        store = ["--store", f"{folder}/store.db"] if "--store" in more else []
        with Served("--flow", str(flow), *store) as served:
            sampling = asyncio.create_task(sample(served.pid, run))
            began, taken = time.monotonic(), processor(served.pid)
            await crowd(
                served.ws_url,
                served.key,
                guests=options.conversations,
                turns=options.turns,
                again=lambda: time.monotonic() - began < seconds,
                tally=run.tally,
            )
            run.seconds = time.monotonic() - began
            run.processor = processor(served.pid) - taken
            sampling.cancel()
    return run


def tell(name: str, run: Run, base: Run) -> None:
    tally = run.tally
    rate = tally.turns / run.seconds
    say(
        f"{name:10} {run.seconds:6.1f} s {tally.turns:8} turns {tally.conversations:6} conversations"
        f" {rate:7.0f} turns/s   lost {tally.lost}  crossed {len(tally.crossed)}"
        f"  refused {len(tally.refused)}"
    )
    say(
        f"{'':10} memory {run.memory[-1] / (1 << 20):.1f} MiB, last third : third before"
        f" = {run.growth:.3f}   processor {run.cost:.3f} ms a turn = {run.cost / base.cost:.2f} x"
        " in memory"
    )
    for problem in [*tally.crossed, *tally.refused][:5]:
        say(f"{'':10} {problem}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def failed(run: Run) -> bool:
    tally = run.tally
    return bool(tally.lost or tally.crossed or tally.refused)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--turns", type=int, default=5, help="of one conversation")
    options = parser.parse_args()
    say(f"{options.conversations} conversations at once, {options.turns} turns each, then anew")
    memory = asyncio.run(measure(options, options.seconds))
    tell("in memory", memory, memory)
    store = asyncio.run(measure(options, options.seconds / 4, "--store"))
    tell("--store", store, memory)
    return int(failed(memory) or failed(store) or memory.growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
