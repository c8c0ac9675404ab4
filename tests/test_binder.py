"""binder/ builds the environment that `make demo` has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTALLS = re.compile(r"pip install .*'(.+)'$", re.MULTILINE)


def test_binder_installs_what_make_demo_installs():
    (binder,) = INSTALLS.findall((ROOT / "binder/postBuild").read_text())
    demo = (ROOT / "Makefile").read_text().partition("$(VENV)/.demo:")[2].partition("@touch")[0]
    assert INSTALLS.findall(demo) == [binder]


def test_its_python_is_one_we_support():
    named = (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Programming Language :: Python :: {named}" in project["classifiers"]


def test_its_script_runs_as_far_as_can_be_tried_without_installing():
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    trial = {"PIP_DRY_RUN": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    env = {**os.environ, **trial, "PATH": path}
    command = [str(ROOT / "binder/postBuild")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Would install captivate-nb-" in done.stdout
    assert "does not provide the extra" not in done.stdout + done.stderr
