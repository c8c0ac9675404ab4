"""JupyterLab makes formulas of $…$ in outputs: of what is said in a chat, never."""

from __future__ import annotations

PRICES = r"It costs $5 a month or $50 a year, \(or\) \[so\]."
FLOW = f"""flow: prices
nodes:
  hello:
    - buttons: 'Pay $5 or $50?'
      options:
        '$5 or $50': hello
fallback:
  - '{PRICES}'
  - md: '{PRICES}'
"""
CELLS = [
    f"from pathlib import Path\nPath('prices.yaml').write_text({FLOW!r})\n%load_ext captivate_nb",
    "%captivate open prices.yaml",
    "%captivate say price",
    "session.transcript",
    "session.choices",
    "await session.set_metadata({'price': '$5', 'year': '$50'})\nawait session.conversations()",
    "import captivate_nb as cn\nsaved = cn.ChatPanel(session)\nsaved",
    "saved.close()",
    "from IPython.display import HTML\nHTML(session.transcript.to_html())",
    "HTML('It costs $5 a month or $50 a year')",
]
FORMULAS = """() => [...document.querySelectorAll(".jp-Notebook .jp-Cell")].map(
  cell => cell.querySelectorAll(".jp-OutputArea mjx-container").length)"""


async def test_prices_are_no_formulas(lab):
    notebook = await lab.open("prices.ipynb", CELLS)
    await notebook.run_all()
    await notebook.output(len(CELLS) - 1).locator("mjx-container").wait_for()  # it has been at work
    assert await notebook.page.evaluate(FORMULAS) == [0] * (len(CELLS) - 1) + [1]
    for cell in (2, 3, 6, 8):
        assert PRICES in await notebook.output_text(cell)
    assert "$50" in await notebook.output_text(5)
