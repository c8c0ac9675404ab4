"""A server with a store that is killed while people talk to it: real clients see no message lost."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

import captivate_nb as cn
from captivate_nb.client.session import Session
from support.rogue import until
from support.served import Served

FLOW = """
nodes:
  welcome: Hello.
fallback:
  - "You said {said}."
  - pause: 0.02
  - So it is.
"""
CLIENTS = 4
PATIENCE = 180.0  # seconds for an answer; after some failures a client waits 30 s to reconnect


class Talker:
    """A client that says one thing after another, each when all of the answer has come."""

    def __init__(self, session: Session, name: str) -> None:
        self.session = session
        self.name = name
        self.said: list[str] = []
        self.id = session.conversation_id

    async def talk(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.said.append(f"{self.name} {len(self.said)}")
            await self.session.say(self.said[-1], wait=False)
            try:
                await until(self.is_answered, PATIENCE)
            except TimeoutError:
                raise AssertionError(self.state) from None

    @property
    def state(self) -> str:
        last = [record.frame[:200] for record in list(self.session.events)[-6:]]
        return f"{self.session!r} has {self.texts[-6:]}, {self.session.errors}; events: {last}"

    def is_answered(self) -> bool:
        last = [message.text for message in self.session.transcript[-2:]]
        return last == self.answer(self.said[-1])

    @staticmethod
    def answer(text: str) -> list[str]:
        return [f"You said {text}.", "So it is."]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.session.transcript]

    @property
    def expected(self) -> list[str]:
        return ["Hello.", *(line for text in self.said for line in (text, *self.answer(text)))]


def check_clean(store: Path, folder: Path) -> None:
    """Open what the killed server has left, as it is, in a copy."""
    folder.mkdir()
    for path in store.parent.glob(f"{store.name}*"):
        shutil.copy(path, folder)
    with closing(sqlite3.connect(folder / store.name)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    shutil.rmtree(folder)


def check_left(store: Path) -> None:
    """Look at what a server that has stopped leaves: one file, with what is private in it too."""
    assert [path.name for path in store.parent.glob("store*")] == ["store.db"]
    with closing(sqlite3.connect(store)) as database:
        found = database.execute("SELECT private FROM conversations ORDER BY metadata").fetchall()
    assert found == [(f'{{"secret":{number}}}',) for number in range(CLIENTS)]


async def kill_again_and_again(
    served: Served, talkers: list[Talker], kills: int, chance: random.Random, store: Path
) -> None:
    seen = 0

    def count(_: object) -> None:
        nonlocal seen
        seen += 1

    for talker in talkers:
        talker.session.on("*", count)
    for number in range(kills):
        if number % 4 != 3:  # else some are still to come back
            await until(lambda: all(one.session.status == "open" for one in talkers), PATIENCE)
        enough = seen + chance.randint(1, 60)
        await until(lambda enough=enough: seen >= enough, PATIENCE)
        await asyncio.to_thread(served.kill)
        check_clean(store, store.parent / f"copy {number}")
        print(f"killed {number + 1} times, {sum(len(one.said) for one in talkers)} lines said")
        await asyncio.to_thread(served.start)


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(5, marks=pytest.mark.timeout(600)),
        pytest.param(100, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
    ],
)
async def test_no_message_is_lost_or_said_twice(kills: int, tmp_path: Path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    flow, store = tmp_path / "echo.yaml", tmp_path / "store.db"
    flow.write_text(FLOW)
    async with AsyncExitStack() as stack:
        served = stack.enter_context(Served("--flow", str(flow), "--store", str(store)))
        talkers = []
        for number in range(CLIENTS):
            metadata = {"number": number, "private": {"secret": number}}
            session = await cn.connect(served.ws_url, served.key, metadata=metadata)
            await stack.enter_async_context(session)
            talkers.append(Talker(session, f"line {number}:"))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for talker in talkers:
                tasks.create_task(talker.talk(stop))
            await kill_again_and_again(served, talkers, kills, random.Random(seed), store)
            stop.set()
        for number, talker in enumerate(talkers):
            session = talker.session
            assert [m.text for m in await session.fetch_transcript()] == talker.expected
            assert talker.texts == talker.expected
            assert session.conversation_id == talker.id
            doubts = ("arrived: it", "had not arrived, and was sent again.", "Reconnecting failed")
            assert [p for p in session.errors if not any(d in str(p) for d in doubts)] == []
            assert await session.fetch_metadata() == {"number": number}
        assert served.stop() == 0
    check_left(store)
