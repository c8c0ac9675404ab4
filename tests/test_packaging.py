"""What a user installs is whole, and what is tracked names no place of one machine."""

from __future__ import annotations

import email
import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

CHAT = """\
import asyncio, json, captivate_nb as cn

async def main():
    async with await cn.demo("support") as session:
        greeting = session.transcript[0].text
        reply = await session.click("Chat to Agent")
        return {"file": cn.__file__, "greeting": greeting, "reply": reply.text}

print(json.dumps(asyncio.run(main())))
"""


def run(*command: object, cwd: Path) -> str:
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=cwd, env=outside, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of an environment that has the wheel, and this one's dependencies."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False, symlinks=True)
    paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    borrowed = Path(paths["purelib"]) / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib"))
    python = Path(paths["scripts"]) / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", wheel]
    run(sys.executable, "-m", "pip", "--python", python, *install, cwd=folder)
    return python.parent


def test_the_wheel_holds_every_file_of_the_package(wheel):
    tracked = run("git", "ls-files", "--", "captivate_nb", cwd=ROOT).split()
    assert {"captivate_nb/py.typed", "captivate_nb/__init__.py"} <= set(tracked)
    assert {Path(name).suffix for name in tracked} >= {".py", ".js", ".css", ".yaml"}
    packed = zipfile.ZipFile(wheel).namelist()
    assert set(tracked) <= set(packed)
    tops = {name.split("/")[0] for name in packed}
    assert tops == {"captivate_nb", f"captivate_nb-{PROJECT['version']}.dist-info"}


def test_the_wheel_tells_its_name_its_python_and_its_dependencies(wheel):
    dist = f"captivate_nb-{PROJECT['version']}.dist-info"
    with zipfile.ZipFile(wheel) as packed:
        about = email.message_from_bytes(packed.read(f"{dist}/METADATA"))
        scripts = packed.read(f"{dist}/entry_points.txt").decode()
        assert b"MIT License" in packed.read(f"{dist}/licenses/LICENSE")
    assert (about["Name"], about["Requires-Python"]) == ("captivate-nb", ">=3.11")
    assert about["License-Expression"] == "MIT"
    assert "captivate-nb = captivate_nb.__main__:main" in scripts
    needed = [line for line in about.get_all("Requires-Dist") if "extra ==" not in line]
    assert len(needed) == len(PROJECT["dependencies"])


def test_the_wheel_holds_a_chat_from_anywhere(installed, tmp_path):
    told = json.loads(run(installed / "python", "-c", CHAT, cwd=tmp_path))
    assert Path(told["file"]).is_relative_to(installed.parent)
    assert told["greeting"]
    assert told["reply"]


def test_the_command_is_installed(installed, tmp_path):
    assert "serve" in run(installed / "captivate-nb", "--help", cwd=tmp_path)


def test_nothing_tracked_names_a_machine_or_a_registry():
    # Written in two halves each, or this file would be found.
    forbidden = ["../sha|red", "/wo|rk/", "/ro|ot/", "/ho|me/", "pypi.|org", "pythonho|sted"]
    forbidden += ["npmjs.|org", "npmjs.|com", "anaconda.|org"]
    patterns = [part for word in forbidden for part in ("-e", word.replace("|", ""))]
    found = subprocess.run(
        ["git", "grep", "-nIF", *patterns, "--", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert (found.returncode, found.stdout) == (1, ""), found.stderr


def test_notebooks_are_kept_without_outputs():
    notebooks = run("git", "ls-files", "--", "*.ipynb", cwd=ROOT).split()
    assert "notebooks/01_first_chat.ipynb" in notebooks
    for name in notebooks:
        cells = json.loads((ROOT / name).read_text())["cells"]
        kept = [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
        assert kept == [], name
