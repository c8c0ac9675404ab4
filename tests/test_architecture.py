"""How the house is built: no circles, and nothing too large to be read at once."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import captivate_nb
from captivate_nb.server.embedded import EmbeddedServer

ROOT = Path(captivate_nb.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path
    for path in ROOT.rglob("*.py")
}
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40


def imported(name: str, path: Path) -> set[str]:
    """The package's own modules that one imports, in functions and for types only, too."""
    package = name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *filter(None, [base])])
            whole = {f"{base}.{alias.name}" for alias in node.names}
            found |= {each if each in MODULES else base for each in whole}
    return (found & MODULES.keys()) - {name}


def test_no_module_imports_itself_by_way_of_others():
    graph = {name: imported(name, path) for name, path in MODULES.items()}
    assert sum(map(len, graph.values())) > len(MODULES)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_can_be_read_at_once(name: str):
    source = MODULES[name].read_text()
    assert len(source.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", sorted([*ROOT.rglob("*.js"), *ROOT.rglob("*.css")]), ids=str)
def test_a_page_s_file_can_be_read_at_once(path: Path):
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


def test_dir_lists_the_public_names_and_no_others():
    assert dir(captivate_nb) == sorted(captivate_nb.__all__)
    assert all(hasattr(captivate_nb, name) for name in captivate_nb.__all__)


def public_coroutines() -> dict[str, str]:
    """Return the docstring of everything public that is awaited, by its name."""
    public = {name: getattr(captivate_nb, name) for name in captivate_nb.__all__}
    of_classes = {
        f"{name}.{each}": member
        for name, kind in (public | {"EmbeddedServer": EmbeddedServer}).items()
        if inspect.isclass(kind)
        for each, member in inspect.getmembers_static(kind, callable)
        if not each.startswith("_")
    }
    return {
        name: inspect.getdoc(member) or ""
        for name, member in (public | of_classes).items()
        if inspect.iscoroutinefunction(inspect.unwrap(member))
    }


COROUTINES = public_coroutines()


def test_what_can_be_awaited_is_found():
    assert {"connect", "demo", "Session.say", "Session.branch", "ChatPanel.rerun"} <= set(
        COROUTINES
    )


@pytest.mark.parametrize("name", sorted(COROUTINES))
def test_what_can_be_awaited_tells_what_it_raises_and_what_cancelling_does(name: str):
    text = " ".join(COROUTINES[name].split())
    assert "Raise " in text
    assert "cancelling " in text.lower()


QUIRKS = ROOT.parent / "docs" / "protocol.md"
RELYING = sorted(set(re.findall(r"`(\w+/\w+\.py)`", QUIRKS.read_text())))


@pytest.mark.parametrize("path", RELYING)
def test_the_code_that_a_quirk_is_dealt_with_in_links_to_the_quirks(path: str):
    assert "docs/protocol.md" in (ast.get_docstring(ast.parse((ROOT / path).read_text())) or "")


UNUSED = ("ipywidgets", "anywidget", "IPython", "markdown_it", "tornado", "websockets", "yaml")


def test_importing_it_brings_nothing_that_is_not_used_yet():
    code = f"import captivate_nb, sys; print([m for m in {UNUSED} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
