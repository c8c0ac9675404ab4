"""Cancelled at any await point, the session is usable and nothing is left behind.

An interrupted cell is a cancelled coroutine (see test_kernel), so this is what interrupting does.
"""

from __future__ import annotations

import asyncio
import itertools
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import captivate_nb as cn
from captivate_nb.server.embedded import EmbeddedServer
from support.rogue import until

MOST = 200  # await points; a call that has more goes in a circle
REPLY = {"settle": 0.02}


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    server = EmbeddedServer()
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@types.coroutine
def stepped(
    work: Coroutine[Any, Any, Any], last: int, then: Callable[[], Any]
) -> Generator[Any, Any, Any]:
    """Run `work`, and call `then` while it waits at its await point number `last`."""
    error: BaseException | None = None
    for point in itertools.count():
        try:
            waits_for = work.send(None) if error is None else work.throw(error)
        except StopIteration as done:
            return done.value
        error = None
        if point == last:
            asyncio.get_running_loop().call_soon(then)
        try:
            yield waits_for
        except BaseException as thrown:
            error = thrown
    return None


async def cancelled_at(point: int, work: Coroutine[Any, Any, Any]) -> bool:
    """Cancel `work` at an await point; tell whether it still had one there."""

    async def run() -> Any:
        return await stepped(work, point, task.cancel)

    task = asyncio.create_task(run())
    await asyncio.wait([task])
    if task.cancelled():
        return True
    task.result()
    return False


def tasks() -> int:
    return len(asyncio.all_tasks())


def sockets() -> set[str]:
    """The open sockets of this process by inode, the server's own included."""
    found = set()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder's own, or closed meanwhile
            found.add(str(file.readlink()))
    return {name for name in found if name.startswith("socket:")}


class Left:
    """What there is now, to compare with later."""

    def __init__(self) -> None:
        self._tasks, self._sockets = asyncio.all_tasks(), sockets()

    async def nothing(self) -> None:
        try:
            await until(lambda: not self._new())
        except TimeoutError:
            pytest.fail(f"Left behind: {self._new()}")

    def _new(self) -> set[Any]:
        return (asyncio.all_tasks() - self._tasks) | (sockets() - self._sockets)


async def test_connecting(server: EmbeddedServer):
    left = Left()
    for point in range(MOST):
        opened: list[cn.Session] = []

        async def connect(opened: list[cn.Session] = opened) -> None:
            opened.append(await cn.connect(server.ws_url, server.key))

        cancelled = await cancelled_at(point, connect())
        for session in opened:
            await session.close()
        await left.nothing()
        if not cancelled:
            break
    assert 5 < point < MOST - 1
    assert len(opened) == 1


async def test_opening_a_demo():
    left = Left()
    for point in range(MOST):
        opened: list[cn.Session] = []

        async def demo(opened: list[cn.Session] = opened) -> None:
            opened.append(await cn.demo())

        cancelled = await cancelled_at(point, demo())
        for session in opened:
            await session.close()
        await left.nothing()
        if not cancelled:
            break
    assert 5 < point < MOST - 1


async def usable(session: cn.Session) -> None:
    """Nothing waits any more, and the next line is answered."""
    assert session._parts._requests._pending == []
    assert session.status == "open"
    await until(lambda: session.outbox == ())
    assert (await session.say("hello", **REPLY)).text


def said_on(server: EmbeddedServer, session: cn.Session) -> list[str]:
    def look() -> list[str]:
        conversation = server.service.store.get(session.conversation_id or "")
        assert conversation is not None
        users = [entry for entry in conversation.entries if entry.sender == "user"]
        return [item.text for entry in users for item in entry.content]  # type: ignore[union-attr]

    return server.call(look)


@pytest.mark.parametrize("how", ["say", "click", "another loop"])
async def test_saying_and_clicking(server: EmbeddedServer, how: str):
    left = Left()
    async with await cn.connect(server.ws_url, server.key) as session:
        idle = tasks()
        for point in range(MOST):
            if how == "click":
                work = session.click(session.transcript[0].choices[0], **REPLY)
            else:
                work = session.say(f"line {point}", **REPLY)
            if how == "another loop":
                cancelled = await asyncio.to_thread(asyncio.run, cancelled_at(point, work))
            else:
                cancelled = await cancelled_at(point, work)
            await until(lambda: not session._parts.turns._turns)
            await usable(session)
            if not cancelled:
                break
        await until(lambda: tasks() <= idle + 1)  # a ping may be on its way
        assert 1 <= point < MOST - 1
        if how == "say":
            said = [text for text in said_on(server, session) if text.startswith("line")]
            assert said == [f"line {number}" for number in range(point + 1)]
        await session.fetch_transcript()
        users = [m.text for m in session.transcript.where(sender="user")]
        assert users == said_on(server, session)
    await left.nothing()


@pytest.mark.parametrize("broken", [False, True])
async def test_closing(server: EmbeddedServer, broken: bool):
    left = Left()
    for point in range(MOST):
        session = await cn.connect(server.ws_url, server.key)
        if broken:
            server.faults = "wrong-key=0, slow-handshake=20, drop-after=1"
            await session.say("x", wait=False)
            await until(lambda session=session: session.status == "reconnecting")
        cancelled = await cancelled_at(point, session.close())
        server.faults = "off"
        await session.close()
        assert session.status == "closed"
        await left.nothing()
        if not cancelled:
            break
    assert point < MOST - 1
