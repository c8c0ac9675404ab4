"""%captivate lines that end in a question mark: said where they are lines, and else left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

import captivate_nb as cn
from captivate_nb.magic.lines import AutomagicQuestion, MagicLine
from support.shells import Shell


@pytest.fixture
async def chat(ipython: Shell) -> AsyncIterator[Shell]:
    """A shell with the extension and an open session."""
    await ipython.run("%load_ext captivate_nb\npanel = %captivate open support")
    yield ipython
    await cn.current().close()


PIECES = ["%captivate", "captivate", " ", "=", "say", "?", "'", '"""', "(", ")", "\\", "\n", "  ", "if x:", "x", "%"]  # fmt: skip


def said() -> list[str]:
    return [message.text for message in cn.current().transcript.where(sender="user")]


@pytest.mark.parametrize(
    "cell",
    [
        "%captivate say How's it?",
        "  %captivate   say How's it?  ",
        "r = %captivate say How's it?",
        "replies['q'] = %captivate say How's it?",
        "replies[dict(q=1)['q']] = %captivate say How's it?",
        "box.reply = %captivate say How's it?",
        "box.reply: object = %captivate say How's it?",
        "first, *rest = %captivate say How's it?",
        "(first,\n *rest) = %captivate say How's it?",
        "if box:\n    pass\n    r = %captivate say How's it?\nr",
        "if box:\n    %captivate say How's it?",
        "%captivate say How's \\\nit?",
        "r = 1\n\n%captivate say How's it?\nr = 2",
        "%%time\n%captivate say How's it?",
        "captivate say How's it?",
        "  captivate say How's it?\n",
    ],
)
async def test_a_question_is_said_wherever_ipython_takes_a_magic(chat: Shell, cell: str):
    chat.names.update(box=SimpleNamespace(reply=None), replies={})
    await chat.run(cell)
    assert [line.split() for line in said()] == [["How's", "it?"]]


@pytest.mark.parametrize("text", ["(open?", "a ' b?", '"""?', "50% $x {y} # and?", "captivate?"])
async def test_whatever_is_asked_is_said_as_it_is_written(chat: Shell, text: str):
    await chat.run(f"%captivate say {text}\nr = %captivate say {text}")
    assert said() == [text, text]


async def test_a_file_that_is_written_holds_what_was_written(chat: Shell, tmp_path: Path):
    text = "# a note\n%captivate say How are you?\nx = %captivate say you?\n"
    await chat.run(f"%%writefile {tmp_path / 'cell.txt'}\n{text}")
    assert (tmp_path / "cell.txt").read_text() == text


@pytest.mark.parametrize(
    "cell",
    [
        '"""\n%captivate say How are you?\n"""',
        'f"""\n  %captivate say How are you?\n"""',
        '(\n"""x\n%captivate say you?""",\n)',
    ],
)
async def test_text_that_only_looks_like_one_stays_text(chat: Shell, cell: str):
    assert await chat.run(cell) == eval(cell)
    assert said() == []


@pytest.mark.parametrize(
    "cell",
    [
        "%captivate?\n",
        "captivate?\n",
        "captivate = [1]\n",
        "captivate say you?\n1\n",
        "captivates say you?\n",
        "%captivates say you?\n",
        "# %captivate say you?\n",
        "x = 5 # %captivate say you?\n",
        "x?\n",
        "x = 7 %captivate\n",
        "'%captivate say you?'\n",
        "'''%captivate say you?\n",
        "\\\n",
        "",
    ],
)
async def test_other_lines_are_ipythons_own(ipython: Shell, cell: str):
    before = ipython.ip.transform_cell(cell), ipython.ip.check_complete(cell)
    await ipython.run("%load_ext captivate_nb")
    assert (ipython.ip.transform_cell(cell), ipython.ip.check_complete(cell)) == before


@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_no_code_is_too_odd_to_look_through(code: str):
    lines = f"{code}\n".splitlines(keepends=True)
    plain, ours = TransformerManager(), TransformerManager()
    ours.token_transformers[:0] = [MagicLine, AutomagicQuestion]
    try:
        plain.do_token_transforms(lines)
    except IndexError:  # IPython's own, for `x = %` before a string that is not closed
        return
    ours.do_token_transforms(lines)


async def test_a_name_of_the_users_is_no_magic(chat: Shell):
    transformed = chat.ip.transform_cell
    assert "'captivate'" in transformed("captivate say you?")
    chat.names["captivate"] = "mine"
    assert "'captivate'" not in transformed("captivate say you?")
    del chat.names["captivate"]
    chat.ip.automagic = False
    assert "'captivate'" not in transformed("captivate say you?")
