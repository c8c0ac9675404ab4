"""kernel.run and post: in a script, in a real kernel, at an IPython prompt."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

import pytest

from captivate_nb import kernel as room
from captivate_nb.errors import UsageError
from support.kernels import Kernel
from support.until import until


async def answer(value: int = 42) -> int:
    await asyncio.sleep(0)
    return value


@pytest.fixture
def fresh_loop() -> Any:
    room._loop = None
    yield
    if room._loop is not None:
        room._loop.close()
        room._loop = None


def test_in_a_script_every_run_is_on_one_loop(fresh_loop: None):
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert room.run(answer()) == 42
    assert room.run(loop()) is room.run(loop())


def test_an_error_comes_out_as_it_is(fresh_loop: None):
    async def fails() -> None:
        raise LookupError("x")

    with pytest.raises(LookupError):
        room.run(fails())

    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        room.run(cancelled())


def test_an_interrupt_cancels_the_coroutine_and_nothing_else(fresh_loop: None):
    async def main() -> str:
        bystander = asyncio.ensure_future(asyncio.sleep(0.05, "unharmed"))
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(30)
        finally:
            seen.append(bystander)
        return "never"

    seen: list[asyncio.Future[str]] = []
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        room.run(main())
    assert signal.getsignal(signal.SIGINT) is before
    assert room.run(asyncio.wait_for(seen[0], 5)) == "unharmed"


def test_from_a_thread_it_runs_on_the_main_loop(fresh_loop: None):
    async def main() -> tuple[int, bool]:
        home = asyncio.get_running_loop()

        async def there() -> bool:
            return asyncio.get_running_loop() is home

        return (
            await asyncio.to_thread(room.run, answer(7)),
            await asyncio.to_thread(room.run, there()),
        )

    assert room.run(main()) == (7, True)


def test_in_a_thread_of_its_own_loop(fresh_loop: None):
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(room.run(answer(1))))
    thread.start()
    thread.join(10)
    assert results == [1]


def in_a_thread(coro: Coroutine[Any, Any, Any]) -> Future[Any]:
    """What `run` gives in a thread that nobody has to wait for."""
    future: Future[Any] = Future()

    def work() -> None:
        try:
            future.set_result(room.run(coro))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


def test_threads_of_a_script_share_a_loop_and_the_second_outlives_the_first(fresh_loop: None):
    began = [threading.Event(), threading.Event()]

    async def first() -> int:
        began[0].set()
        await until(began[1].is_set)
        return 1

    async def second() -> int:
        began[1].set()
        await asyncio.sleep(0.1)  # the first ends meanwhile, and with it its thread's part
        return 2

    async def fails() -> None:
        await second()
        raise LookupError("x")

    running = in_a_thread(first())
    assert began[0].wait(10)
    others = [in_a_thread(second()), in_a_thread(fails())]
    assert running.result(10) == 1
    assert others[0].result(10) == 2
    assert isinstance(others[1].exception(10), LookupError)
    assert room.run(answer()) == 42


def test_threads_that_begin_at_once_have_one_loop(
    fresh_loop: None, monkeypatch: pytest.MonkeyPatch
):
    both = threading.Barrier(2, timeout=0.5)

    def make() -> asyncio.AbstractEventLoop:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()  # where both make one, they meet here
        return asyncio.new_event_loop()

    monkeypatch.setattr(room, "_new_loop", make)

    async def where() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    loops = [in_a_thread(where()) for _ in range(2)]
    assert loops[0].result(10) is loops[1].result(10)


def test_under_another_kind_of_loop_it_says_that_it_cannot_wait(fresh_loop: None):
    uvloop = pytest.importorskip("uvloop")

    async def main() -> int:
        with pytest.raises(UsageError, match="cannot wait inside a running uvloop.*`await`"):
            room.run(answer())
        assert not hasattr(asyncio, "_nest_patched")
        return await asyncio.to_thread(room.run, answer(7))

    assert uvloop.run(main()) == 7


@pytest.mark.parametrize("given", [5, None, answer])
def test_what_is_no_coroutine_is_not_run(given: Any):
    with pytest.raises(
        UsageError, match=r"what would be awaited.*not .*Was the call's \(\) forgotten"
    ):
        room.run(given)


async def test_post_starts_on_the_loop_named_and_tells_errors():
    home = asyncio.get_running_loop()
    told: list[Exception] = []

    async def fails() -> None:
        raise LookupError("x")

    def from_a_thread() -> None:
        assert room.post(answer(3), home).result(5) == 3
        assert isinstance(room.post(fails(), home, told.append).exception(5), LookupError)
        assert isinstance(room.post(fails(), home).exception(5), LookupError)

    await asyncio.to_thread(from_a_thread)
    assert isinstance(told[0], LookupError)


def test_post_without_a_loop_takes_the_home_loop(fresh_loop: None):
    future = room.post(answer(5))
    room.run(asyncio.sleep(0.01))
    assert future.result(0) == 5


def test_nesting_in_a_running_loop_keeps_the_loop_going():
    """In a process of its own, as nest_asyncio2 patches asyncio for good."""
    script = """
import asyncio, os, signal, captivate_nb as cn
async def main():
    ticks = []
    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.001)
    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0)
    assert cn.run(asyncio.sleep(0.05, "nested")) == "nested"
    assert len(ticks) > 3, ticks
    asyncio.get_running_loop().call_later(0.02, os.kill, os.getpid(), signal.SIGINT)
    try:
        cn.run(asyncio.sleep(30))
    except KeyboardInterrupt:
        print("interrupted")
    before = len(ticks)
    await asyncio.sleep(0.02)
    assert len(ticks) > before
    ticker.cancel()
    print("fine")
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["interrupted", "fine"], done.stderr


def test_nesting_leaves_the_loop_what_it_still_has_to_go_through():
    script = """
import asyncio, captivate_nb as cn
async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: print(cn.run(asyncio.sleep(0.01, "nested"))))
    for number in range(3):
        loop.call_soon(print, number)
    await asyncio.sleep(0.05)
    print("fine")
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["0", "1", "2", "nested", "fine"], done.stderr


def test_a_script_has_no_signal_of_ours():
    assert signal.getsignal(signal.SIGURG) is signal.SIG_DFL


def test_a_script_may_end_with_an_open_session():
    script = (
        "import captivate_nb as cn\ns = cn.run(cn.demo())\nprint(cn.run(s.say('hi'))[0].sender)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("bot\n", "", 0)


def test_in_a_kernel_a_blocking_run_keeps_the_session(kernel: Kernel):
    kernel.execute("import captivate_nb as cn, asyncio, time")
    assert kernel.execute("session = cn.run(cn.demo())").error is None
    shown = kernel.execute("print(cn.run(session.click('Chat to Agent'))[-1].agent_name)")
    assert shown.text == "Maya"
    shown = kernel.execute("print((await session.say('hello'))[0].sender)")
    assert shown.text == "agent"
    thread = "import threading; out = []\nt = threading.Thread(target=lambda: "
    kernel.execute(thread + "out.append(cn.run(session.say('from a thread')).text))\nt.start()")
    shown = kernel.execute("await asyncio.to_thread(t.join, 20); print(bool(out[0]))")
    assert shown.text == "True", shown


POOLED = """
from concurrent.futures import ThreadPoolExecutor, wait
from multiprocessing.pool import ThreadPool
import threading
def say(n):
    return bool(cn.run(session.say(f"hello {n}")))
"""


@pytest.mark.parametrize(
    "cell",
    [
        "with ThreadPoolExecutor(2) as pool: print(list(pool.map(say, range(3))))",
        "with ThreadPool(2) as pool: print(pool.map(say, range(3)))",
        "pool = ThreadPoolExecutor()\nprint([pool.submit(say, n).result() for n in range(3)])",
        "said = []\nt = threading.Thread(target=lambda: said.extend(map(say, range(3))))\nt.start()\nt.join()\nprint(said)",
        "with ThreadPoolExecutor(2) as pool:\n    print([*pool.map(lambda n: asyncio.run(session.say(n)) != [], 'abc')])",
    ],
)
def test_a_cell_may_wait_for_threads_that_wait_for_its_loop(kernel: Kernel, cell: str):
    setup = "import asyncio, captivate_nb as cn\nsession = await cn.demo('everything')"
    assert kernel.execute(setup + POOLED).error is None
    shown = kernel.execute(cell)
    assert (shown.text, shown.error) == ("[True, True, True]", None)
    assert kernel.execute("print(len(await session.say('still here')) > 0)").text == "True"


def test_a_wait_for_threads_keeps_its_own_time(kernel: Kernel):
    """What a thread waits for takes a minute; the cell's wait does not."""
    kernel.execute("import asyncio, captivate_nb as cn, threading\nsession = await cn.demo()")
    kernel.execute("session.server.agent.take_over()\nawait session.act('escalateToHuman')")
    kernel.execute(
        "t = threading.Thread(target=lambda: cn.run(session.say('anyone?', timeout=60)))\nt.start()"
    )
    shown = kernel.execute(
        "t.join(1)\nprint(t.is_alive(), len(session.transcript.where(sender='user')))"
    )
    assert shown.text == "True 1", shown
    assert kernel.execute("await session.stop_waiting()").error is None
    assert kernel.execute("await asyncio.to_thread(t.join, 20)").error is None


def test_a_cell_that_blocks_otherwise_is_told_of_in_the_thread(kernel: Kernel):
    kernel.execute("import captivate_nb as cn, captivate_nb.errands, threading, time")
    kernel.execute("session = await cn.demo()\ncaptivate_nb.errands.STANDSTILL = 0.5\ntold = []")
    kernel.execute(
        "def say():\n    try:\n        cn.run(session.say('hello'))\n"
        "    except cn.CaptivateError as error:\n        told.append(str(error))\n"
        "t = threading.Thread(target=say)"
    )
    blocked = kernel.execute("t.start()\nwhile t.is_alive():\n    time.sleep(0.01)\nprint(told[0])")
    assert "stood still for 0.5 s" in blocked.text
    assert "await asyncio.to_thread(...)" in blocked.text
    shown = kernel.execute("await session.say('x')\n[m.text for m in session.transcript]")
    assert "'x'" in shown.text
    assert "hello" not in shown.text


@pytest.mark.parametrize(
    "cell", ["cn.run(session.say('x', timeout=60))", "await session.say('x', timeout=60)"]
)
def test_an_interrupted_cell_leaves_the_session_usable(kernel: Kernel, cell: str):
    kernel.execute("import captivate_nb as cn\nsession = await cn.demo()")
    kernel.execute("session.server.agent.take_over()\nawait session.act('escalateToHuman')")
    sent = kernel.begin(f"print('waiting', flush=True)\n{cell}")
    kernel.wait_for_stdout("waiting")
    kernel.interrupt()
    assert kernel.finish(sent).error is not None
    shown = kernel.execute("print(session.status, (await session.fetch_transcript())[0].sender)")
    assert shown.text == "open bot"
    assert kernel.execute("await session.restart(); print(session.choices.labels[1])").text == (
        "Chat to Agent"
    )


BLOCKED = """
import captivate_nb as cn, threading, time
session = await cn.demo(timeouts=cn.Timeouts(ping={ping}))
session.server.agent.take_over()
await session.act("escalateToHuman")
agent = session.server.agent
def talk():
    while not agent.queue:
        time.sleep(0.01)
    agent.accept()
    for n in range(10):
        agent.say(f"line {{n}}")
        time.sleep({seconds} / 12)
talker = threading.Thread(target=talk)
talker.start()
time.sleep({seconds})
talker.join()
"""
CAUGHT_UP = """
import asyncio, json
async with asyncio.timeout(20):
    while len(session.transcript.where(sender="agent")) < 10:
        await asyncio.sleep(0.01)
    while session.status != "open":
        await asyncio.sleep(0.01)
agent.say("and now?")
await session.say("I am back", wait=False)
print(json.dumps([m.text for m in session.transcript if m.sender in ("agent", "user")]))
"""


@pytest.mark.parametrize(
    ("seconds", "ping"),
    [
        (3, 20),
        (3, 0.3),
        pytest.param(60, 20, marks=[pytest.mark.soak, pytest.mark.timeout(180)]),
        pytest.param(120, 20, marks=[pytest.mark.soak, pytest.mark.timeout(300)]),
    ],
)
def test_a_cell_that_blocks_the_kernel_loses_nothing(kernel: Kernel, seconds: int, ping: float):
    """With pings that time out meanwhile the session reconnects, and else it just goes on."""
    blocked = kernel.execute(BLOCKED.format(seconds=seconds, ping=ping), timeout=seconds + 60)
    assert blocked.error is None, blocked
    caught_up = kernel.execute(CAUGHT_UP, timeout=40)
    assert caught_up.error is None, caught_up
    texts = json.loads(caught_up.text)
    lines = [f"line {n}" for n in range(10)]
    assert [text for text in texts if text in lines] == lines
    assert sorted(texts) == sorted([*lines, "and now?", "I am back"])
