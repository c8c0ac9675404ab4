"""Bots and flows written in a cell, and changed under their open chats."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

import captivate_nb as cn
from captivate_nb.errors import FlowError, UsageError
from support.shells import Shell


@pytest.fixture
async def shell(ipython: Shell) -> AsyncIterator[Shell]:
    await ipython.run("%load_ext captivate_nb")
    yield ipython
    while True:
        try:
            await cn.current().close()
        except cn.CaptivateError:
            break


BOT = """%%captivate bot {name}
def answer(request):
    return "{word} " + request["user_input"]
"""
FLOW = """%%captivate flow tea
nodes:
  menu: ["{word}"]
fallback: ["{word}?"]
"""


async def test_a_bot_in_a_cell_is_changed_by_running_it_again(shell: Shell):
    await shell.run(BOT.format(name="", word="one"))
    session, panel = cn.current(), shell.names["_"]
    assert panel.session is session
    assert (await session.say("a")).text == "one a"
    assert await shell.run(BOT.format(name="answer", word="two")) is None
    assert cn.current() is session
    assert (await session.say("b")).text == "two b"
    await session.close()
    await shell.run(BOT.format(name="answer", word="three"))
    assert cn.current() is not session
    panel.close()


async def test_every_open_chat_on_a_bot_is_changed_by_its_cell(shell: Shell):
    await shell.run(BOT.format(name="answer", word="one"))
    first = cn.current()
    await shell.run("%captivate open answer")
    second = cn.current()
    assert second is not first
    assert await shell.run(BOT.format(name="answer", word="two")) is None
    assert [(await chat.say("a")).text for chat in (first, second)] == ["two a", "two a"]


async def test_a_cell_that_does_not_define_its_bot_says_so(shell: Shell):
    await shell.run(BOT.format(name="answer", word="one"))
    with pytest.raises(UsageError, match=r"defines no function answer\. Did you mean “answers”\?"):
        await shell.run("%%captivate bot answer\ndef answers(request):\n    return 'two'\n")
    assert (await cn.current().say("a")).text == "one a"
    assert (
        await shell.run("%%captivate bot answer\nif True:\n    def answer(_): return 'three'")
        is None
    )
    assert (await cn.current().say("a")).text == "three"
    assert await shell.run("%%captivate bot answer\nanswer = lambda _: 'four'") is None
    assert (await cn.current().say("a")).text == "four"


async def test_a_function_of_the_notebook_comes_before_a_flow_of_its_name(shell: Shell):
    await shell.run("def shop(request): return 'My own shop'")
    await shell.run("%captivate open shop")
    assert cn.current().transcript[-1].text == "My own shop"


async def test_a_flow_in_a_cell_is_changed_by_running_it_again(shell: Shell):
    await shell.run(FLOW.format(word="Tea"))
    session = cn.current()
    assert session.transcript[-1].text == "Tea"
    await shell.run(FLOW.format(word="Coffee"))
    assert (await session.say("hm")).text == "Coffee?"
    with pytest.raises(FlowError, match=r"tea:3: "):
        await shell.run("%%captivate flow tea\nnodes:\n  menu: {ask: no}\n")
    assert (await session.say("hm")).text == "Coffee?"


async def test_its_error_names_the_cell_and_the_line_in_it(shell: Shell):
    await shell.run("%%captivate bot\ndef broken(request):\n    return 1 / 0\n")
    session = cn.current()
    await session.say("hi")
    problem = session.errors[-1]
    assert re.search(r"ZeroDivisionError.* \(Cell In\[\d+\], line 3\)$", problem.message)
    assert re.search(r'File "Cell In\[\d+\]", line 3, in broken\n    return 1 / 0', problem.detail)


async def test_what_is_no_bot_is_told(shell: Shell):
    with pytest.raises(UsageError, match="Name the bot"):
        await shell.run("%%captivate bot\nx = 1\n")
    with pytest.raises(UsageError, match="no function answr. Did you mean “answer”?"):
        await shell.run(BOT.format(name="answr", word="one"))


async def test_open_takes_a_function_a_node_and_metadata(shell: Shell):
    await shell.run("def my_bot(request):\n    return 'mine'")
    await shell.run("%captivate open my_bot")
    assert cn.current().transcript[-1].text == "mine"
    await shell.run('%captivate open shop --at basket --metadata {"plan": "vip"}')
    assert cn.current().metadata["plan"] == "vip"


async def test_help_lists_them(shell: Shell, capsys: pytest.CaptureFixture[str]):
    await shell.run("%captivate help")
    assert "%%captivate bot [NAME]" in capsys.readouterr().out
