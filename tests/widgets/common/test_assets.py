"""What the parts share: their front-end files, their errors, their end."""

from __future__ import annotations

import re
from collections import defaultdict

import ipywidgets
import pytest

from captivate_nb.errors import InvalidMessage
from captivate_nb.widgets.common.assets import WIDGETS, bundle, close_tree, describe, module

MODULES = sorted(
    name
    for path in WIDGETS.rglob("*.py")
    for name in re.findall(r'_esm = module\("([^"]+)"\)', path.read_text())
)
TOP_LEVEL = re.compile(
    r"^(?:export )?(?:const|let|class|(?:async )?function) (\w+|[\[{].*?[\]}] =)", re.MULTILINE
)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_whole(name: str):
    source = module(name)
    assert "import {" not in source
    assert source.count("export default") == 1
    assert source.rstrip().endswith("};")


@pytest.mark.parametrize("name", MODULES)
def test_no_two_modules_of_a_bundle_share_a_name(name: str):
    """They share one scope, where a second one would be a syntax error in the page."""
    owners: dict[str, list[str]] = defaultdict(list)
    for other in bundle(name):
        for found in TOP_LEVEL.findall((WIDGETS / other).read_text()):
            for each in re.findall(r"\w+", found):
                owners[each].append(other)
    assert {each: where for each, where in owners.items() if len(where) > 1} == {}


def test_every_module_of_a_page_is_in_some_bundle():
    used = {other for name in MODULES for other in bundle(name)} | {"common/messages.js"}
    assert used == {path.relative_to(WIDGETS).as_posix() for path in WIDGETS.rglob("*.js")}


def test_an_import_of_an_import_comes_once_and_first():
    source = module("chat/log.js")
    assert source.count("function make(") == 1
    assert source.index("function make(") < source.index("function drawPart(")
    assert source.index("class Store") < source.index("class View")


def test_an_error_is_one_line():
    assert describe(InvalidMessage("Nothing was sent.")) == "Nothing was sent."
    assert describe(KeyError("x")) == "KeyError: 'x'"


def test_closing_a_tree_frees_what_came_with_it():
    before = len(ipywidgets.widgets.widget._instances)
    tree = ipywidgets.VBox([ipywidgets.HBox([ipywidgets.Button()]), ipywidgets.HTML()])
    assert len(ipywidgets.widgets.widget._instances) > before
    close_tree(tree)
    close_tree(tree)
    assert len(ipywidgets.widgets.widget._instances) == before
