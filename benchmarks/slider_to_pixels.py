"""From a key on a slider to new pixels on the screen, in JupyterLab and Chromium.

Three ways in one run: a picture drawn beforehand (the floor: what the transport alone costs), every explorer, and the
explorer's own figure through ``interact`` and ``plt.show`` (the habit). All of them by keys, and while dragging with
the mouse, in turns.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.lab import CHROMIUM_FLAGS, find_chromium, serve
from benchmarks.measurement import Measurement, in_turns
from helpers import explorers

ROUNDS = 3
PRESSES = 24  # in each round, shared by the sliders
WHAT = {"key to pixels, median": "ms", "key to pixels, 95 %": "ms", "dragging": "pictures/s"}

FLOOR = """
import ipywidgets
from helpers import explorers
explorer = explorers.collapse()
pages = []
for depth in range(1, 81):
    explorer.update(depth=depth)
    pages.append(explorer._image.value)
slider = ipywidgets.IntSlider(40, 0, 79)
picture = ipywidgets.HTML(pages[40])
slider.observe(lambda change: setattr(picture, "value", pages[change.new]), "value")
ipywidgets.VBox([slider, picture])
"""

HABIT = """
import ipywidgets
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from helpers import figures, theory
from helpers.simulation import simulate

def draw(depth=50, width=512, sigma2=1e-4):
    run = simulate(depth, width, sigma2, dtype=np.float32, rng=0)
    band = tuple(np.log10(theory.fluctuation_band(depth, width, "linear")))
    predicted = theory.log10_variance(depth, width, sigma2)
    with mpl.rc_context({**figures.STYLE, "savefig.bbox": "standard"}):
        profile = figures.ProfileFigure(plt.figure(figsize=(8.4, 4.25)))
        profile.update(figures.ProfileView(predicted, run.log10_variance, band, "float32", backward=False))
        plt.show()

ipywidgets.interact(draw, depth=(1, 200), width=(1, 65536), sigma2=ipywidgets.FloatLogSlider(1e-4, min=-6, max=1));
"""

# Two animation frames after an <img> has a new source and is decoded, its pixels are on the screen.
WATCH = """() => {
  window.shown = [];
  const mark = () => requestAnimationFrame(() => requestAnimationFrame(() => window.shown.push(performance.now())));
  const decoded = (image) => image.decode().then(mark, () => {});
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "attributes" && change.target.tagName === "IMG") decoded(change.target);
      for (const node of change.addedNodes) {
        if (node.nodeType !== 1) continue;
        (node.tagName === "IMG" ? [node] : node.querySelectorAll("img")).forEach(decoded);
      }
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["src"] });
}"""

# What comes late would slow down the one that is next.
REST = """async () => {
  let before;
  do {
    before = window.shown.length;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  } while (window.shown.length > before);
}"""

PRESS = """([index, key]) => {
  window.shown = [];
  const handle = document.querySelectorAll(".noUi-handle")[index];
  handle.focus();
  const start = performance.now();
  handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  return start;
}"""


def _open(browser: Browser, address: str, name: str) -> Page:
    """A notebook that has run, in a window of its own."""
    page = browser.new_page(viewport={"width": 1400, "height": 1100})
    page.goto(f"{address}/lab/tree/{name}.ipynb?reset")
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_timeout(2500)
    page.keyboard.press("Escape")
    page.click("text=Run >> nth=0")
    page.click('.lm-Menu-itemLabel:has-text("Run All Cells") >> nth=0')
    page.wait_for_selector(".noUi-handle", timeout=60_000)
    page.wait_for_timeout(2500)
    page.evaluate(WATCH)
    return page


def _inward(page: Page, handle: int) -> bool:
    """Whether there is more room to the right of a handle than to its left."""
    script = "h => { const b = h.closest('.noUi-base').getBoundingClientRect(), x = h.getBoundingClientRect(); "
    script += "return x.left + x.width / 2 < b.left + b.width / 2; }"
    return bool(page.locator(".noUi-handle").nth(handle).evaluate(script))


def _press(page: Page) -> list[float]:
    """Milliseconds from key to pixels, on every slider in turn."""
    page.bring_to_front()
    times = []
    handles = page.locator(".noUi-handle").count()
    for handle in range(handles):
        there, back = ("ArrowRight", "ArrowLeft") if _inward(page, handle) else ("ArrowLeft", "ArrowRight")
        for press in range(PRESSES // handles):
            start = page.evaluate(PRESS, [handle, there if press % 6 < 3 else back])
            page.wait_for_function("() => window.shown.length > 0", timeout=10_000, polling=4)
            times.append(page.evaluate("() => window.shown[0]") - start)
            page.wait_for_timeout(120)
    return times


def _drag(page: Page, handle: int) -> float:
    """Pictures per second while the mouse moves a slider there and back."""
    page.bring_to_front()
    box: Any = page.locator(".noUi-handle").nth(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reach = 60 if _inward(page, handle) else -60
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("() => { window.shown = []; }")
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < 1:
        page.mouse.move(x + reach * abs((2 * elapsed) % 2 - 1), y)
    count = page.evaluate("() => window.shown.length")
    page.mouse.up()
    page.evaluate(REST)
    return float(count / elapsed)


def _finest(title: str) -> int:
    """Which of the sliders on the page has the most steps: a coarse one shows few pictures however fast it is."""
    if title not in explorers.__all__:
        return 0
    columns = getattr(explorers, title)().children[0].children
    steps = [
        (s.max - s.min) / s.step if hasattr(s, "step") else len(s.options) for s in columns if s.has_trait("readout")
    ]
    return steps.index(max(steps))


def measure() -> Iterator[Measurement]:
    """Each way's median and 95th percentile in ms, and pictures per second while dragging."""
    cells = {"floor": FLOOR, "interact": HABIT}
    cells |= {name: f"from helpers import explorers\nexplorers.{name}()" for name in explorers.__all__}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for title, source in cells.items():
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip())])
            notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(notebook, folder / f"{title}.ipynb")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        with serve(folder) as address:
            pages = {title: _open(browser, address, title) for title in cells}
            presses = in_turns({title: partial(_press, page) for title, page in pages.items()}, ROUNDS)
            drags = in_turns({title: partial(_drag, page, _finest(title)) for title, page in pages.items()}, ROUNDS)
        browser.close()
    for title in cells:
        times = sorted(itertools.chain(*presses[title]))
        values = statistics.median(times), times[int(0.95 * len(times))], statistics.median(drags[title])
        for (what, unit), value in zip(WHAT.items(), values, strict=True):
            yardstick = f"{what}: floor" if title != "floor" else ""
            yield Measurement(f"{what}: {title}", value, unit, yardstick)
