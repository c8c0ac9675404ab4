"""What the notebooks say in words."""

from __future__ import annotations

import json
from pathlib import Path

from captivate_nb.server import flows

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def test_the_one_on_bots_runs_and_ends_with_the_bot_mended(tmp_path: Path):
    import nbformat  # seconds, which each worker would pay as it collects the tests
    from nbclient import NotebookClient

    book = nbformat.read(NOTEBOOKS / "04_your_own_bot.ipynb", 4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, timeout=60, resources=where, kernel_name="python3").execute()
    shown = {
        cell["source"].splitlines()[0]: "".join(
            output.get("text") or output["data"].get("text/plain", "") for output in cell["outputs"]
        )
        for cell in book["cells"]
        if cell["cell_type"] == "code"
    }
    assert shown["turn = session.server.turns[-1]"].startswith("heard: 2")
    assert "KeyError: '3' (Cell In[" in shown["problem = session.errors[-1]"]
    assert "That is 6 euro" in shown["import asyncio"]
    assert "Turn 0 is the first that differs" in shown["again = await session.rerun()"]


def test_the_first_one_names_every_flow_that_comes_with_the_package():
    cells = json.loads((NOTEBOOKS / "01_first_chat.ipynb").read_text(encoding="utf-8"))["cells"]
    words = next(text for cell in cells if "flows come with" in (text := "".join(cell["source"])))
    assert f"{NUMBERS[len(flows())]} flows come with the package" in words
    assert all(f"`{flow}`" in words for flow in flows())
