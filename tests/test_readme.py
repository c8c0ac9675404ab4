"""What the README shows works as it is written there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import captivate_nb as cn
from captivate_nb.magic.commands import COMMANDS
from support.kernels import Kernel

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(language: str, holding: str) -> str:
    """The code block of that language with these words in it."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(text for text in blocks if holding in text)


async def test_the_flow_of_ones_own(tmp_path: Path):
    path = tmp_path / "my_flow.yaml"
    path.write_text(block("yaml", "tea"))
    async with await cn.demo(path) as session:
        assert (await session.click("Yes please")).text == "It is on its way."
        assert (await session.say("coffee?")).text == "I only know about tea."


def test_the_script():
    script = block("python", "cn.run(main())")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert "this is Maya" in done.stdout, done.stderr


def test_the_script_in_a_notebook(kernel: Kernel, tmp_path: Path):
    (tmp_path / "script.py").write_text(block("python", "cn.run(main())"))
    for cell in ("%run script.py", block("python", "cn.run(main())")):
        done = kernel.execute(cell)
        assert "this is Maya" in done.stdout, done


@pytest.mark.parametrize("line", re.findall(r"`%captivate ([^`]*)`", README))
def test_every_magic_shown_is_one_there_is(line: str):
    assert line.split(maxsplit=1)[0] in COMMANDS


async def test_every_python_name_shown_is_one_there_is():
    names = set(re.findall(r"\bcn\.(\w+)", README))
    assert names
    assert not [name for name in names if not hasattr(cn, name)]
    async with await cn.demo() as session:
        names = set(re.findall(r"\bsession\.(\w+)", README))
        assert not [name for name in names if not hasattr(session, name)]


def test_every_make_target_shown_is_one_there_is():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_its_links_and_pictures_are_there():
    for target in re.findall(r'(?:src|srcset)="([^"]+)"|\]\(([^)#]+)\)', README):
        path = next(filter(None, target))
        assert path.startswith("http") or (ROOT / path).exists(), path


def test_it_is_installed_from_where_it_is():
    installs = re.findall(r"pip install ([^\s`]+)", README)
    assert installs
    assert all(target.startswith(("path/to/", "git+https://")) for target in installs)
