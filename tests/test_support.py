"""The helpers other tests stand on do what they say."""

from __future__ import annotations

import asyncio

import nest_asyncio2
import pytest


def test_a_kernel_gives_the_text_the_outputs_and_the_error_of_a_cell(kernel):
    done = kernel.execute("import sys\nprint('one')\nprint('two', file=sys.stderr)\n3")
    assert (done.stdout, done.stderr, done.error) == ("one\n", "two\n", None)
    assert done.outputs == [{"text/plain": "3"}]
    assert done.text == "one\n3"
    assert kernel.execute("1 / 0").error == "ZeroDivisionError: division by zero"
    assert kernel.execute("import asyncio; await asyncio.sleep(0, 'awaited')").text == "'awaited'"


def test_a_kernels_cell_can_be_interrupted_and_a_name_completed(kernel):
    sent = kernel.begin("import time\nprint('on')\nwhile True: time.sleep(0.01)")
    kernel.wait_for_stdout("on")
    kernel.interrupt()
    assert kernel.finish(sent).error == "KeyboardInterrupt: "
    assert "bit_count" in str(kernel.complete("(1).bit_c"))


def test_a_cell_that_goes_on_is_a_timeout(kernel):
    sent = kernel.begin("import time\nwhile True: time.sleep(0.01)")
    with pytest.raises(TimeoutError, match="more than 0.2 s"):
        kernel.finish(sent, timeout=0.2)
    kernel.interrupt()
    assert kernel.finish(sent).error == "KeyboardInterrupt: "


async def test_the_shell_in_this_process_awaits_and_raises(ipython):
    assert await ipython.run("import asyncio\nx = 2\nawait asyncio.sleep(0, x)") == 2
    assert ipython.names["x"] == 2
    with pytest.raises(ZeroDivisionError):
        await ipython.run("1 / 0")


def test_the_shell_at_a_terminal_answers(terminal):
    assert terminal.run("6 * 7") == "Out[1]: 42"
    assert "ZeroDivisionError" in terminal.run("1 / 0")


@pytest.mark.parametrize("_again", range(2))
def test_every_test_starts_with_asyncio_unpatched(_again):
    ran = asyncio.run
    loop = asyncio.new_event_loop()
    nest_asyncio2.apply(loop)
    loop.close()
    assert asyncio.run is not ran
    assert ran.__module__ == "asyncio.runners"
