"""Start: which server a session is opened on, and which is the current one."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

import captivate_nb as cn
from captivate_nb import sessions as start
from captivate_nb.errors import (
    ConnectError,
    FlowError,
    InvalidURL,
    KeyRefused,
    NoSession,
    UsageError,
)
from support.rogue import Socket, rogue, until


@pytest.fixture(autouse=True)
def no_current(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("CAPTIVATE_URL", raising=False)
    monkeypatch.delenv("CAPTIVATE_API_KEY", raising=False)
    start._opened.clear()
    yield
    start._opened.clear()


def servers() -> int:
    return sum("captivate_nb server" in thread.name for thread in threading.enumerate())


async def test_with_nothing_given_it_is_the_embedded_server():
    async with await cn.connect(user_id="ann", metadata={"a": 1}) as session:
        assert session.server is not None
        assert session.user_id == "ann"
        assert session.metadata == {"a": 1}
        assert cn.current() is session
    assert servers() == 0
    with pytest.raises(NoSession, match="%captivate"):
        cn.current()


def test_a_session_whose_loop_has_ended_is_none():
    session = asyncio.run(cn.demo())
    with pytest.raises(NoSession):
        cn.current()
    session.server.stop()


async def test_the_environment_says_where_and_with_which_key(monkeypatch: pytest.MonkeyPatch):
    async with rogue(Socket.greet) as server:
        monkeypatch.setenv("CAPTIVATE_URL", server.url)
        monkeypatch.setenv("CAPTIVATE_API_KEY", "from-the-environment")
        async with await cn.connect() as session:
            assert session.server is None
        async with await cn.connect(api_key="given-by-hand"):
            pass
        assert [path.partition("=")[2] for path in server.paths] == [
            "from-the-environment",
            "given-by-hand",
        ]


async def test_a_key_alone_means_the_service(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(start, "SERVICE_URL", "ws://127.0.0.1:1/dev")
    with pytest.raises(ConnectError, match="127.0.0.1:1"):
        await cn.connect(api_key="some-key")


async def test_what_goes_wrong_leaves_no_server_behind(tmp_path: Path):
    with pytest.raises(UsageError, match="greet"):
        await cn.demo(greet="loudly")
    with pytest.raises(FlowError, match="Did you mean “support”"):
        await cn.demo("suport")
    with pytest.raises(FlowError):
        await cn.demo(tmp_path / "nope.yaml")
    with pytest.raises(InvalidURL):
        await cn.connect("nowhere")
    assert servers() == 0
    with pytest.raises(NoSession):
        cn.current()


async def test_a_wrong_key_is_refused():
    async with await cn.demo() as host:
        with pytest.raises(KeyRefused, match="API key was refused"):
            await cn.connect(host.url, "another-key")
        assert cn.current() is host


async def test_the_newest_session_is_the_current_one():
    async with await cn.demo() as first:
        async with await cn.demo() as second:
            assert cn.current() is second
        assert cn.current() is first


async def test_a_session_that_is_closed_is_let_go_of():
    async with await cn.demo() as host:
        closed: list[weakref.ref[cn.Session]] = []
        for _ in range(3):
            session = await cn.connect(host.url, host.server.key)
            await session.say("hello")
            await session.close()
            closed.append(weakref.ref(session))
            del session
        await until(lambda: gc.collect() >= 0 and not any(ref() for ref in closed))
        assert cn.current() is host
