"""The explorers and quizzes in JupyterLab, driven by keyboard and mouse in a real browser."""

import json
import re

import pytest

from helpers.quiz import questions

pytestmark = pytest.mark.browser

EXPLORER = "from helpers import explorers\nexplorers.collapse()"
QUIZ = 'from helpers import quiz\nquiz.ask("collapse.histograms")'
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TIMEOUT = 20_000
SLIDERS = ["depth L", "width n", "variance σ²"]

# What the tests look at, in the page.
SCRIPT = """
window.wim = {
  box: (n) => document.querySelectorAll('.wim-box')[n],
  image: (n) => wim.box(n).querySelector('img'),
  verdict: (n) => wim.box(n).querySelector('.wim-announced .widget-html-content'),
  // The alternative text ends with the verdict: both have arrived.
  settled: (n) => {
    const spoken = wim.image(n).alt.replace(/10\\^(-?)/g, (_, sign) => '10' + (sign && '−'));
    return wim.verdict(n).textContent.length > 10 && spoken.endsWith(wim.verdict(n).textContent);
  },
  changed: (n, src) => wim.image(n).src !== src && wim.settled(n),
  // The layout in every frame from now on, where it differs from that of the frame before.
  watch: (n) => {
    const seen = [];
    const look = () => {
      const heights = [wim.box(n), wim.image(n)].map((e) => e.getBoundingClientRect().height);
      const now = {
        box: heights[0],
        image: heights[1],
        loaded: wim.image(n).complete && wim.image(n).naturalWidth > 0,
        page: document.querySelector('.jp-WindowedPanel-outer').scrollHeight,
      };
      if (JSON.stringify(seen.at(-1)) !== JSON.stringify(now)) seen.push(now);
      wim.watching = requestAnimationFrame(look);
    };
    look();
    wim.seen = () => cancelAnimationFrame(wim.watching) ?? seen;
  },
  handles: (n) => [...wim.box(n).querySelectorAll('.widget-slider')].map((slider) => {
    const handle = slider.querySelector('.noUi-handle');
    return {
      label: slider.querySelector('.widget-label').textContent,
      name: handle.getAttribute('aria-label'),
      value: slider.querySelector('.widget-readout').textContent.trim(),
      spoken: handle.getAttribute('aria-valuetext'),
    };
  }),
};
"""


class Lab:
    """A notebook open in JupyterLab."""

    def __init__(self, browser, jupyterlab, name, sources, **options):
        address, folder = jupyterlab
        cells = [
            {
                "cell_type": "code",
                "id": f"c{n}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for n, source in enumerate(sources)
        ]
        notebook = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        self.context = browser.new_context(viewport={"width": 1400, "height": 1100}, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(TIMEOUT)
        self.complaints = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.add_init_script(SCRIPT)
        self.page.goto(f"{address}/lab/tree/{name}.ipynb?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        self.page.get_by_text("| Idle").wait_for()  # in the status bar; earlier, running asks which kernel is meant
        self.boxes = len(sources)
        self.menu("Run", "Run All Cells")
        self.wait_ready()

    def menu(self, name, entry):
        """Choose an entry of the menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=name).first.click()
        self.page.locator(".lm-Menu-item").get_by_text(entry, exact=True).click()

    def wait_ready(self):
        """Wait until all boxes are there and looked after by live.js."""
        self.page.wait_for_function(
            """boxes => {
                const found = [...document.querySelectorAll('.wim-box')];
                return found.length === boxes && found.every(b => b.dataset.keysKept) &&
                    [...document.querySelectorAll('.noUi-handle')].every(h => h.hasAttribute('aria-label'));
            }""",
            arg=self.boxes,
        )

    def box(self, number=0):
        """An explorer or a quiz, by its place on the page."""
        return self.page.locator(".wim-box").nth(number)

    def source(self, number=0):
        """The picture of an explorer, as its address."""
        return self.page.evaluate("n => wim.image(n).src", number)

    def verdict(self, number=0):
        """The verdict of an explorer, as it is read."""
        return self.page.evaluate("n => wim.verdict(n).textContent", number)

    def change(self, action, number=0):
        """Do something, and wait until an explorer shows another picture; return its verdict."""
        before = self.source(number)
        action()
        self.page.wait_for_function("([n, src]) => wim.changed(n, src)", arg=[number, before])
        verdict = self.verdict(number)
        assert "Not drawn" not in verdict
        return verdict

    def round_trip(self):
        """Wait until the kernel has done what the page has asked for so far, and the page has heard of it."""
        self.page.wait_for_timeout(300)
        self.page.get_by_text("| Idle").wait_for()
        self.page.wait_for_function("[...document.querySelectorAll('.wim-box img')].length && wim.settled(0)")

    def handle(self, label, number=0):
        """The handle of a slider."""
        return self.box(number).locator(".widget-slider", has_text=label).locator(".noUi-handle")

    def type(self, label, value, number=0):
        """Type a value into the readout of a slider."""
        readout = self.box(number).locator(".widget-slider", has_text=label).locator(".widget-readout")
        readout.fill(value)
        return self.change(lambda: readout.press("Enter"), number)

    def assert_spoken(self, number=0):
        """Handles are named like their labels, and say what the readouts show."""
        for handle in self.page.evaluate("n => wim.handles(n)", number):
            assert handle["name"] == handle["label"] != ""
            assert handle["spoken"] == handle["value"] != ""

    def cells(self):
        """How many cells the notebook has."""
        return self.page.locator(".jp-Notebook .jp-Cell").count()


@pytest.fixture(scope="module")
def lab(browser, jupyterlab):
    """Two explorers and a quiz, which all tests share (none depends on what another has set)."""
    lab = Lab(browser, jupyterlab, "explorers", [EXPLORER, QUIZ, EXPLORER])
    yield lab
    lab.context.close()


@pytest.fixture(autouse=True)
def _no_complaints(lab):
    """After every test: no error in an output, none in the browser's console, no dialog."""
    yield
    assert lab.complaints == []
    assert lab.page.locator("[data-mime-type='application/vnd.jupyter.error'], [data-mime-type*=stderr]").count() == 0
    assert lab.page.locator(".jp-Dialog").count() == 0


def test_nothing_pops_up(lab, jupyterlab):
    assert lab.page.locator(".jp-Dialog").count() == 0
    assert lab.page.locator(".Toastify__toast").count() == 0
    name = "@jupyterlab/apputils-extension:notification"
    settings = lab.page.evaluate("async name => (await fetch(`/lab/api/settings/${name}`)).json()", name)
    defaults = settings["schema"]["properties"]
    assert settings["settings"] == {}
    assert defaults["fetchNews"]["default"] == "false"
    assert defaults["checkForUpdates"]["default"] is False


def test_the_extension_of_the_server_is_loaded(jupyterlab):
    _, folder = jupyterlab
    assert "helpers.server | extension was successfully loaded" in (folder / "lab.log").read_text()


def test_names_and_states_are_spoken(lab):
    lab.assert_spoken(0)
    lab.assert_spoken(2)
    assert [handle["label"] for handle in lab.page.evaluate("wim.handles(0)")] == SLIDERS
    live = lab.box().locator("[aria-live=polite]")
    assert live.count() == 1
    assert live.get_attribute("role") == "status"
    assert live.inner_text().startswith("Collapse.")
    toggle = lab.box().get_by_role("group", name="forward or backward")
    assert toggle.get_by_role("button", pressed=True).inner_text() == "forward"
    assert toggle.get_by_role("button", pressed=False).inner_text() == "backward"
    for label in ("activation", "number format"):
        assert lab.box().get_by_label(label, exact=True).count() == 1


def test_every_control_redraws_and_nothing_jumps(lab):
    page, box = lab.page, lab.box()
    page.evaluate("() => { wim.watch(0); wim.verdict(0).kept = true; }")
    for label, back in zip(SLIDERS, ("50", "512", "0.0001"), strict=True):
        handle = lab.handle(label)
        handle.focus()
        for key in ("Home", "End", "ArrowLeft", "PageDown"):
            alt = page.evaluate("wim.image(0).alt")
            verdict = lab.change(lambda key=key, handle=handle: handle.press(key))
            assert page.evaluate("wim.image(0).alt") != alt
            assert re.match(r"(Collapse|Explosion|Shrinking|Growing|Healthy|Healthy on average)\. Each layer", verdict)
            lab.assert_spoken()
            assert handle.evaluate("handle => handle === document.activeElement")
        lab.type(label, back)
    lab.type("depth L", "7")
    for label in ("activation", "number format"):
        select = box.get_by_label(label, exact=True)
        options = select.locator("option").all_inner_texts()
        for option in [*options[1:], options[0]]:
            if option != select.input_value():
                lab.change(lambda option=option, select=select: select.select_option(option))
    for name in ("backward", "forward"):
        button = box.get_by_role("button", name=name)
        assert button.get_attribute("aria-pressed") == "false"
        lab.change(button.click)
        assert button.get_attribute("aria-pressed") == "true"
        assert box.locator("[aria-pressed=true]").count() == 1
    assert "nσ² = 1;" in lab.change(box.get_by_role("button", name="Snap to σ² = 1/n").click)
    lab.change(lambda: box.get_by_label("activation", exact=True).select_option("ReLU"))
    lab.change(box.get_by_role("button", name="Snap to σ² = gain²/n").click)
    lab.round_trip()
    assert "· 0.5 = 1 (" in lab.verdict()
    lab.assert_spoken()
    lab.change(box.get_by_role("button", name="New draw").click)
    assert page.evaluate("wim.verdict(0).kept && wim.verdict(0).ariaLive") == "polite"
    seen = page.evaluate("wim.seen()")
    assert len(seen) == 1, seen
    assert seen[0]["loaded"]


def test_values_between_the_steps_stay(lab):
    """Left alone, a slider moves what is set or typed to its nearest step, and the kernel draws that instead."""
    box = lab.box()
    for label, typed, shown in (("width n", "100", "100"), ("variance σ²", "0.0123", "1.23e-2")):
        lab.type(label, typed)
        lab.round_trip()
        assert {handle["label"]: handle["value"] for handle in lab.page.evaluate("wim.handles(0)")}[label] == shown
    assert re.search(r"nσ² = 1\.23[;)]", lab.verdict())
    lab.change(box.get_by_role("button", name="Snap to σ² = 1/n").click)
    lab.round_trip()
    assert re.search(r"nσ² = 1[;)]", lab.verdict())
    lab.type("width n", "512")
    lab.change(box.get_by_role("button", name="Snap to σ² = 1/n").click)
    lab.round_trip()
    assert re.search(r"nσ² = 1[;)]", lab.verdict())
    assert lab.page.evaluate("wim.handles(0)[2].value") == "1.95e-3"
    lab.handle("variance σ²").focus()
    lab.change(lambda: lab.handle("variance σ²").press("ArrowRight"))
    lab.assert_spoken()


def test_dragging_redraws_before_the_mouse_lets_go(lab):
    handle = lab.handle("variance σ²")
    handle.scroll_into_view_if_needed()
    place = handle.bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.change(lambda: lab.page.mouse.move(x + 25, y))
    lab.change(lambda: lab.page.mouse.move(x + 50, y))
    lab.page.mouse.up()
    lab.assert_spoken()


@pytest.mark.parametrize("target", [".noUi-handle", "select", ".widget-toggle-button", ".widget-button"])
def test_plain_keys_stay_in_the_box(lab, target):
    cells = lab.cells()
    element = lab.box().locator(target).first
    element.focus()
    for key in ("b", "a", "x", "d", "d", "z", "m", "Delete", "ArrowDown", "ArrowUp", "ArrowDown", "j", "k", "Shift+M"):
        element.press(key)
        assert element.evaluate("element => element === document.activeElement"), key
        assert lab.cells() == cells, key
    assert lab.page.locator(".jp-Notebook .jp-MarkdownCell").count() == 0
    lab.page.wait_for_function("wim.settled(0)")


def test_plain_keys_stay_in_the_quiz(lab):
    cells = lab.cells()
    button = lab.box(1).get_by_role("button").first
    button.focus()
    for key in ("b", "x", "ArrowDown"):
        button.press(key)
    assert button.evaluate("button => button === document.activeElement")
    assert lab.cells() == cells


def test_tab_and_shortcuts_with_modifiers_pass(lab):
    handle = lab.handle("depth L")
    handle.focus()
    handle.press("Tab")
    assert handle.evaluate("handle => handle !== document.activeElement")
    handle.focus()
    with lab.page.expect_request(lambda request: request.method == "PUT" and "/api/contents/" in request.url):
        handle.press("Control+s")
    assert handle.evaluate("handle => handle === document.activeElement")
    prompt = lab.page.locator(".jp-CodeCell .jp-InputPrompt").first
    before = prompt.inner_text()
    lab.page.evaluate("() => { wim.box(0).dataset.old = 'yes'; }")
    handle.press("Shift+Enter")
    lab.page.wait_for_function("!document.querySelector('[data-old]')")
    lab.wait_ready()
    assert prompt.inner_text() != before


def test_two_explorers_do_not_disturb_each_other(lab):
    for one, other in ((0, 2), (2, 0)):
        before = lab.source(other), lab.verdict(other), lab.page.evaluate("n => wim.handles(n)", other)
        lab.box(one).scroll_into_view_if_needed()
        lab.type("depth L", "33", one)
        lab.change(lab.box(one).get_by_role("button", name="New draw").click, one)
        assert before == (lab.source(other), lab.verdict(other), lab.page.evaluate("n => wim.handles(n)", other))


def test_quiz_answers(lab):
    quiz = lab.box(1)
    feedback = quiz.locator("[aria-live=polite]")
    choices = quiz.get_by_role("button")
    assert choices.count() == 4
    assert feedback.inner_text() == ""
    lab.page.evaluate("() => { wim.verdict(1).kept = true; }")
    for letter, choice in zip("ABCD", questions("collapse")["histograms"].choices, strict=True):
        word = f"{letter}: " + ("Right." if choice.right else "Not quite.")
        choices.filter(has_text=re.compile(rf"^{letter}\.")).click()
        quiz.get_by_text(word).wait_for()
        lab.page.wait_for_function("word => wim.verdict(1).textContent.startsWith(word)", arg=word)
        assert len(feedback.inner_text()) > 60
    assert lab.page.evaluate("wim.verdict(1).kept")


def test_restart_and_run_all(lab):
    lab.page.evaluate("() => document.querySelectorAll('.wim-box').forEach(b => { b.dataset.old = 'yes'; })")
    lab.menu("Kernel", "Restart Kernel and Run All Cells…")
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    lab.page.wait_for_function("!document.querySelector('[data-old]')")
    lab.wait_ready()
    assert lab.verdict().startswith("Collapse.")
    handle = lab.handle("depth L")
    handle.focus()
    lab.change(lambda: handle.press("ArrowRight"))
    lab.assert_spoken()
    handle.press("b")
    assert lab.cells() == 3


def test_a_dense_screen_gets_a_dense_picture(browser, jupyterlab, lab):
    assert lab.page.evaluate("wim.image(0).naturalWidth === wim.image(0).width")
    dense = Lab(browser, jupyterlab, "dense", [EXPLORER], device_scale_factor=2)
    try:
        dense.page.wait_for_function("wim.image(0).naturalWidth === 2 * wim.image(0).getAttribute('width')")
        dense.handle("depth L").focus()
        dense.change(lambda: dense.handle("depth L").press("ArrowLeft"))
        assert dense.page.evaluate("wim.image(0).naturalWidth === 2 * wim.image(0).getAttribute('width')")
        assert dense.complaints == []
    finally:
        dense.context.close()


def test_it_fits_on_a_small_projector(lab):
    lab.page.set_viewport_size({"width": 1280, "height": 720})
    try:
        height = lab.page.evaluate("wim.box(0).getBoundingClientRect().height")
        panel = lab.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').clientHeight")
        assert height < panel
    finally:
        lab.page.set_viewport_size({"width": 1400, "height": 1100})


def test_keys_after_a_click_on_the_figure_do_no_harm(lab):
    before = lab.cells()
    lab.page.locator(".wim-box img").first.click()
    for key in ("b", "d", "d", "x"):
        lab.page.keyboard.press(key)
    assert lab.cells() == before
