"""A session on an embedded server in this process needs no network, nor a thread."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import captivate_nb as cn
from captivate_nb.errors import KeyRefused, UsageError

SCRIPT = Path(__file__).with_name("support") / "without_network.py"


def test_a_whole_conversation_without_tornado_websockets_sockets_and_threads():
    # what counts lines in a process imports sqlite3 itself
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, SCRIPT], capture_output=True, text=True, timeout=60, env=env
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


async def test_closing_leaves_no_task_and_no_server():
    before, threads = asyncio.all_tasks(), threading.active_count()
    session = await cn.demo("everything", transport="local")
    await session.say("Pause", wait=False)
    assert threading.active_count() == threads
    await session.close()
    assert asyncio.all_tasks() == before
    assert repr(session.server) == "<EmbeddedServer 'everything' stopped>"


async def test_what_goes_wrong_leaves_no_server_behind():
    before = asyncio.all_tasks()
    with pytest.raises(UsageError, match="greet"):
        await cn.demo(transport="local", greet="loudly")
    with pytest.raises(UsageError, match=r"transport='lokal' is not known.*Did you mean “local”"):
        await cn.demo(transport="lokal")
    assert asyncio.all_tasks() == before


async def test_in_a_browser_it_is_local_and_cannot_be_a_socket(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("captivate_nb.sessions.IN_BROWSER", True)
    async with await cn.demo() as session:
        assert session.url == "ws://127.0.0.1:0/dev"
    with pytest.raises(UsageError, match="There are no sockets in a web browser"):
        await cn.demo(transport="socket")


async def test_a_refusal_is_told_as_over_a_socket():
    async with await cn.demo(transport="local") as session:
        session.server.faults = "wrong-key"
        with pytest.raises(KeyRefused, match="answered 401: the API key was refused"):
            await session.branch(0)


async def test_a_server_that_was_stopped_starts_again():
    async with await cn.demo(transport="local") as session:
        await session.say("Leave my details")
        session.server.stop()
        session.server.start()
        assert "What is your email" in (await session.say("Ann")).text
