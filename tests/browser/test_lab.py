"""The helpers that drive a real JupyterLab do what they say."""

from __future__ import annotations

import pytest
from playwright.async_api import TimeoutError as PageTimeout

BUTTON = """\
import ipywidgets, sys
clicks = []
button = ipywidgets.Button(description="Press me")
button.on_click(lambda _: clicks.append(1))
button"""
ANYWIDGET = """\
import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''
    function render({ model, el }) {
      const button = document.createElement("button");
      button.textContent = "Count";
      button.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); };
      el.append(button);
    }
    export default { render };
    '''
    n = traitlets.Int(0).tag(sync=True)
counter = Counter()
counter"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_click_in_jupyterlab_reaches_python(lab, theme):
    notebook = await lab.open("click.ipynb", [BUTTON, ANYWIDGET], theme=theme)
    await notebook.run_all()
    await notebook.output(0).get_by_role("button", name="Press me").click()
    await notebook.output(1).get_by_role("button", name="Count").click()
    assert await notebook.add_and_run("len(clicks), counter.n") == "(1, 1)"
    light = await notebook.page.evaluate("() => document.body.dataset.jpThemeLight")
    assert light == ("true" if theme == "light" else "false")
    picture = await notebook.screenshot(f"lab-{theme}")
    assert picture.stat().st_size > 10_000
    assert notebook.problems == []


async def test_a_cell_can_be_started_and_waited_for(lab):
    notebook = await lab.open("cells.ipynb", ["input_ = 20", "print(input_ + 1)"])
    await notebook.run_cell(0)
    assert await notebook.output_text(1) == ""
    await notebook.run_cell(1)
    assert await notebook.output_text(1) == "21"


async def test_a_click_in_notebook_7_reaches_python(lab):
    notebook = await lab.open_notebook7("click7.ipynb", [BUTTON])
    await notebook.run_all()
    await notebook.output(0).get_by_role("button", name="Press me").click()
    assert await notebook.add_and_run("len(clicks)") == "1"


async def test_a_click_in_voila_reaches_python(lab):
    page = await lab.open_voila(
        "app.ipynb",
        [BUTTON + "\nbutton.on_click(lambda b: setattr(b, 'description', 'Pressed'))\nbutton"],
    )
    await page.get_by_role("button", name="Press me").click()
    await page.get_by_role("button", name="Pressed").wait_for()


async def test_waiting_for_a_cell_that_goes_on_is_a_timeout(lab):
    notebook = await lab.open("busy.ipynb", ["import time\nwhile True: time.sleep(0.01)", "1"])
    await notebook.start_cell(0)
    with pytest.raises(PageTimeout):
        await notebook.wait_idle(timeout=0.5)
    await notebook.command("notebook:interrupt-kernel")
    await notebook.wait_idle()
    assert "KeyboardInterrupt" in await notebook.output_text(0)
