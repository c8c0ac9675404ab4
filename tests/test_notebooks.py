"""What the notebooks say in words."""

from __future__ import annotations

import json
from pathlib import Path

from captivate_nb.server import flows

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def test_the_first_one_names_every_flow_that_comes_with_the_package():
    cells = json.loads((NOTEBOOKS / "01_first_chat.ipynb").read_text(encoding="utf-8"))["cells"]
    words = next(text for cell in cells if "flows come with" in (text := "".join(cell["source"])))
    assert f"{NUMBERS[len(flows())]} flows come with the package" in words
    assert all(f"`{flow}`" in words for flow in flows())
