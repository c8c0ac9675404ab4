"""What the parts share: their front-end files, their errors, their end."""

from __future__ import annotations

import ipywidgets
import pytest

from captivate_nb.errors import InvalidMessage
from captivate_nb.widgets.common.assets import WIDGETS, close_tree, describe, module


@pytest.mark.parametrize(
    "name", ["chat/log.js", "chat/header.js", "chat/choices.js", "chat/composer.js"]
)
def test_a_module_is_whole(name: str):
    source = module(name)
    assert "import {" not in source
    assert source.count("export default") == 1
    assert source.rstrip().endswith("};")


def test_an_import_of_an_import_comes_once_and_first():
    source = module("chat/log.js")
    assert source.count("function make(") == 1
    assert source.index("function make(") < source.index("function drawPart(")
    assert source.index("class Store") < source.index("class View")


def test_there_is_one_small_sheet():
    assert len((WIDGETS / "chat/chat.css").read_text().splitlines()) <= 400


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
