"""binder/ builds the environment that `make demo` has, at one version of everything, and it works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.jupyter_env import own_environment
from support.server import JupyterServer

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCK = (ROOT / "binder/requirements.txt").read_text().splitlines()
PYTHON = (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")
README = (ROOT / "README.md").read_text()
INSTALLS = re.compile(r"pip install .*'(.+)'$", re.MULTILINE)
ITS_OWN = ("ipykernel", "ipywidgets", "jupyter_server", "jupyterlab", "notebook", "tornado")


def test_binder_installs_what_make_demo_installs():
    (binder,) = INSTALLS.findall((ROOT / "binder/postBuild").read_text())
    demo = (ROOT / "Makefile").read_text().partition("$(VENV)/.demo:")[2].partition("@touch")[0]
    assert INSTALLS.findall(demo) == [binder]


def test_the_readme_has_a_badge_for_each_notebook_and_the_app():
    links = re.findall(r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/HEAD\?urlpath=([\w/.]+)\)", README)
    assert len({repository for repository, _ in links}) == 1
    assert {path for _, path in links} == {
        f"{'voila/render' if path.stem == 'app' else 'lab/tree'}/notebooks/{path.name}"
        for path in NOTEBOOKS
    }


def test_its_python_is_one_we_support():
    assert f"Programming Language :: Python :: {PYTHON}" in PROJECT["classifiers"]


def test_its_script_runs_as_far_as_can_be_tried_without_installing():
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    trial = {"PIP_DRY_RUN": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    env = {**os.environ, **trial, "PATH": path}
    command = [str(ROOT / "binder/postBuild")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Would install captivate-nb-" in done.stdout
    assert "does not provide the extra" not in done.stdout + done.stderr


def locked() -> dict[str, Requirement]:
    """What the lock has for the Python that runs this, by name."""
    lines = [Requirement(line) for line in LOCK]
    return {line.name: line for line in lines if line.marker is None or line.marker.evaluate()}


def version(name: str) -> str:
    (one,) = locked()[name].specifier
    return one.version


def test_the_lock_has_names_and_versions_and_nothing_else():
    assert [
        line for line in LOCK if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [^;@]+)?", line)
    ] == []


def test_the_lock_fits_what_we_need_and_leaves_out_what_only_tests_need():
    for line in [*PROJECT["dependencies"], *EXTRAS["app"], *EXTRAS["lab"]]:
        needed = Requirement(line)
        assert needed.specifier.contains(version(canonicalize_name(needed.name))), line
    tools = {
        "captivate-nb",
        "jupyter-repo2docker",
        "mypy",
        "pandas",
        "playwright",
        "pytest",
        "ruff",
    }
    assert tools & locked().keys() == set()


def test_repo2docker_knows_what_to_do_with_it():
    command = [sys.executable, "-m", "repo2docker", "--no-build", "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    told = done.stdout + done.stderr
    assert f"Building conda environment for python={PYTHON}" in told
    install, build = '-r "binder/requirements.txt"', "RUN ./binder/postBuild"
    assert -1 < told.find(install) < told.find(build)


def of_repo2docker() -> list[str]:
    """What stands in the environment that ours is installed over, at its versions."""
    spec = find_spec("repo2docker")
    folder = Path(spec.submodule_search_locations[0]) / "buildpacks" / "conda"
    lines = (folder / f"environment.py-{PYTHON}-linux-64.lock").read_text()
    return [
        "{}=={}".format(*re.search(rf"/({name})-([\d.]+)-[^/]*$", lines, re.MULTILINE).groups())
        for name in ITS_OWN
    ]


def run(*command: object, cwd: Path = ROOT, **more: str) -> str:
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env={**outside, **more}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python() -> str:
    """Binder's Python where there is one, else the one that runs this."""
    found = shutil.which(f"python{PYTHON}")
    asked = [found, "-c", "import ensurepip"]
    if found and subprocess.run(asked, capture_output=True).returncode == 0:
        return found
    return sys.executable


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment built as Binder builds its own."""
    scripts = tmp_path_factory.mktemp("binder") / "env" / "bin"
    run(python(), "-m", "venv", scripts.parent)
    install = [scripts / "python", "-m", "pip", "install", "--quiet"]
    run(*install, *of_repo2docker())
    run(*install, "--requirement", "binder/requirements.txt")
    run("binder/postBuild", PATH=os.pathsep.join([str(scripts), os.environ["PATH"]]))
    return scripts


@pytest.mark.timeout(600)
def test_what_is_built_has_the_locked_versions_which_fit_each_other(built: Path):
    assert "No broken requirements" in run(built / "python", "-m", "pip", "check")
    listed = json.loads(run(built / "python", "-m", "pip", "list", "--format", "json"))
    there = {canonicalize_name(one["name"]): one["version"] for one in listed}
    assert {name: there.get(name) for name in locked()} == {
        name: version(name) for name in locked()
    }
    assert there["captivate-nb"] == PROJECT["version"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_in_it(built: Path, tmp_path: Path, notebook: Path):
    command = [built / "python", "-m", "nbconvert", "--to", "notebook", "--execute"]
    run(*command, "--output-dir", tmp_path, notebook, **own_environment(tmp_path))
    cells = json.loads((tmp_path / notebook.name).read_text())["cells"]
    assert any(cell.get("outputs") for cell in cells)


@pytest.mark.timeout(300)
def test_its_jupyterlab_opens_notebooks_and_its_voila_shows_the_app(built: Path, tmp_path: Path):
    server = JupyterServer(tmp_path, python=built / "python")
    name = server.add_notebook("app.ipynb")
    server.start()
    try:
        for path, shown in (
            (f"/lab/tree/{name}", "jupyter-config-data"),
            (f"/voila/render/{name}", "ChatPanel"),
        ):
            with urllib.request.urlopen(server.url + path, timeout=100) as answer:
                assert shown in answer.read().decode()
    finally:
        server.stop()
