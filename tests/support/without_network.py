"""A whole conversation in a process that has no tornado, no websockets, no sockets and no threads.

Run as a script. What it needs and must not have raises an error; so does anything left behind.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from importlib.abc import MetaPathFinder
from typing import Any, NoReturn

MISSING = ("tornado", "websockets", "sqlite3")


class Missing(MetaPathFinder):
    """Finds nothing of what is to be missing."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def refuse(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("there are neither sockets nor threads here")


async def converse() -> None:
    import captivate_nb as cn

    session: Any = await cn.demo("everything", transport="local", metadata={"plan": "gold"})
    async with session:
        assert session.choices.labels[0] == "Text"
        assert "Plain text" in (await session.say("Text")).text
        cards = await session.say("Cards")
        assert "Everything on it" in cards.text
        assert "Plain text" in (await session.click("Text, please")).text
        await files(session)
        branch = await session.branch(-1)
        assert branch.conversation_id != session.conversation_id
        assert branch.metadata["plan"] == "gold"
        await live_agent(session)
        await session.set_metadata({"n": 1})
        assert await session.fetch_metadata() == {"plan": "gold", "n": 1}
        shown = [m.text for m in session.transcript if m.sender != "system"]
        assert [m.text for m in await session.fetch_transcript() if m.text] == shown
        await breaks(session)
        before = session.conversation_id
        await session.restart()
        assert session.conversation_id != before
        assert len(await session.conversations("anon")) == 3
    assert session.status == "closed"


async def files(session: Any) -> None:
    """Upload, show and fetch; and fetch what is too large for a frame."""
    await session.send_files([("note.txt", b"hello", "text/plain")], text="Text")
    (sent,) = next(m.files for m in reversed(session.transcript) if m.sender == "user")
    assert await session.fetch_file(sent.url) == ("text/plain", b"hello")
    picture, _ = (await session.say("Files"))[-1].files
    kind, data = await session.fetch_file(picture.url)
    assert (kind, data[:4]) == ("image/svg+xml", b"<svg")
    assert len((await session.say("Very long message")).text) > 128 * 1024


async def live_agent(session: Any) -> None:
    agent = session.server.agent
    agent.take_over()
    await session.say("Live agent", settle=0.05)
    agent.accept(name="Robin")
    agent.say("Hello from the loop")
    await until(lambda: session.transcript[-1].text == "Hello from the loop")
    await session.say("Thank you", wait=False)
    await until(lambda: agent.chats[0].heard == ("Thank you",))
    agent.leave()
    await until(lambda: session.agent is None)
    assert session.server.call(threading.current_thread) is threading.main_thread()


async def breaks(session: Any) -> None:
    """Have the connection break, and recover."""
    statuses: list[str] = []
    session.observe(lambda change: statuses.append(change.new), "status")
    session.server.faults = "drop-after=1"
    await session.say("Text", wait=False)
    await until(lambda: "reconnecting" in statuses)
    session.server.faults = "off"
    await until(lambda: session.status == "open" and not session.outbox)
    said = [m.text for m in await session.fetch_transcript() if m.sender == "user"]
    assert said[-1] == "Text"


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.005)


async def main() -> None:
    await converse()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left


if __name__ == "__main__":
    sys.meta_path.insert(0, Missing())
    with asyncio.Runner() as runner:
        loop = runner.get_loop()  # it has a pair of sockets of its own
        socket.socket.__init__ = refuse  # type: ignore[method-assign]
        threading.Thread.start = refuse  # type: ignore[method-assign]
        runner.run(main())
    assert not any(name.partition(".")[0] in MISSING for name in sys.modules)
    print("done")
