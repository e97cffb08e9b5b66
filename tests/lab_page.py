"""JupyterLab's page in a browser, as the tests drive it."""

import json
from copy import copy

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TIMEOUT = 60_000

FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"  # other notebooks may lie behind, in tabs

# What the tests look at, in the page.
SCRIPT = """
window.wim = {
  all: (selector) => [...document.querySelectorAll(`FRONT ${selector}`)],
  box: (n) => wim.all('.wim-box')[n],
  image: (n) => wim.box(n).querySelector('img'),
  verdict: (n) => wim.box(n).querySelector('.wim-announced .widget-html-content'),
  // The alternative text ends with the verdict: both have arrived.
  settled: (n) => {
    const spoken = wim.image(n).alt.replace(/10\\^(-?)/g, (_, sign) => '10' + (sign && '−'));
    return wim.verdict(n).textContent.length > 10 && spoken.endsWith(wim.verdict(n).textContent);
  },
  // Twice to the kernel and back: a slider's last value waits in the page until the kernel is done with the one before.
  answered: async () => {
    const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
    for (const _ of ['what was sent', 'what waited']) {
      await kernel.requestExecute({ code: '', silent: true, store_history: false }).done;
    }
  },
  changed: (n, src) => wim.image(n).src !== src && wim.settled(n),
  // The layout from now on, in every frame after a change of anything in the box or of a size, where it is another.
  watch: (n) => {
    const seen = [];
    const look = () => {
      if (!wim.box(n)) return;
      const [box, image] = [wim.box(n), wim.image(n)].map((e) => e.getBoundingClientRect());
      const below = wim.box(n).closest('.jp-Cell').nextElementSibling;
      const now = {
        top: box.top,
        box: box.height,
        image: image.height,
        below: below?.getBoundingClientRect().top - box.top,
        loaded: wim.image(n).complete && wim.image(n).naturalWidth > 0,
      };
      if (JSON.stringify(seen.at(-1)) !== JSON.stringify(now)) seen.push(now);
    };
    look();
    const changes = new MutationObserver(() => requestAnimationFrame(look));
    changes.observe(wim.box(n), { subtree: true, childList: true, attributes: true, characterData: true });
    const sizes = new ResizeObserver(look);
    [wim.box(n), wim.image(n).parentElement, ...wim.all('.jp-Cell')].map((e) => sizes.observe(e));
    wim.seen = () => changes.disconnect() ?? sizes.disconnect() ?? seen;
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
""".replace("FRONT", FRONT)


def write(folder, name, sources):
    """Store a notebook of code cells that have not run."""
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    notebook = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def middle(element):
    """Where a mouse takes hold of an element."""
    place = element.bounding_box()
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


class Lab:
    """A notebook open in JupyterLab, `boxes` of whose outputs are explorers or quizzes."""

    PAGE = "{}/lab/tree/{}.ipynb?reset"
    TIMEOUT = TIMEOUT

    def __init__(self, browser, address, name, boxes, **options):
        self.name, self.boxes = name, boxes
        self.context = browser.new_context(viewport={"width": 1400, "height": 1100}, reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(self.TIMEOUT)
        self.complaints = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.add_init_script(SCRIPT)
        self.page.goto(self.PAGE.format(address, name))
        self.wait_opened()

    def beside(self, name, boxes):
        """Open another notebook in a tab of the same window, which is in front then."""
        other = copy(self)
        other.name, other.boxes = name, boxes
        self.menu("File", "Open from Path…")
        self.page.locator(".jp-Dialog input").fill(f"{name}.ipynb")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")
        other.wait_in_front()
        other.wait_opened()
        return other

    def to_front(self):
        """Turn to the notebook's tab."""
        self.page.locator(".jp-MainAreaWidget-tab, .lm-TabBar-tab", has_text=f"{self.name}.ipynb").first.click()
        self.wait_in_front()

    def wait_in_front(self):
        """Wait until the notebook's tab is the one that is shown."""
        self.page.locator(".lm-DockPanel-tabBar .lm-mod-current", has_text=f"{self.name}.ipynb").wait_for()

    def shut_down(self):
        """Close the notebook that is in front, and end its kernel."""
        self.menu("File", "Close and Shut Down Notebook…")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()

    def wait_opened(self):
        """Wait until the notebook is there with its kernel."""
        self.page.wait_for_selector(f"{FRONT} .jp-CodeCell")
        self.page.get_by_text("| Idle").wait_for()  # in the status bar; earlier, running asks which kernel is meant

    def run_all(self):
        """Run all cells, and wait until they have run."""
        self.menu("Run", "Run All Cells")
        self.wait_run()

    def restart_and_run_all(self):
        """The same, in a new kernel."""
        self.page.evaluate("wim.all('.wim-box').forEach(b => { b.dataset.old = 'yes'; })")
        self.menu("Kernel", "Restart Kernel and Run All Cells…")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.wait_for_function("!wim.all('[data-old]').length")
        self.wait_run()

    def wait_run(self):
        """Wait until all cells have run and the kernel rests."""
        self.wait_ready()  # what stands in the prompts before is what was stored
        self.page.wait_for_function(
            "wim.all('.jp-CodeCell .jp-InputPrompt').every(p => /\\d/.test(p.textContent))",
            timeout=5 * TIMEOUT,
        )
        self.page.get_by_text("| Idle").wait_for()

    def assert_no_errors(self):
        """No error in an output, none in the browser's console, no dialog."""
        assert self.complaints == []
        errors = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type*=stderr]"
        assert self.page.locator(errors).count() == 0
        assert self.page.locator(".jp-Dialog").count() == 0

    def menu(self, name, entry):
        """Choose an entry of the menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=name).first.click()
        self.page.locator(".lm-Menu-item").get_by_text(entry, exact=True).click()

    def theme(self, name):
        """Change the colours of the page."""
        self.page.locator(".lm-MenuBar-item", has_text="Settings").first.click()
        self.page.locator(".lm-Menu-item").get_by_text("Theme", exact=True).hover()
        self.page.locator(".lm-Menu-item").get_by_text(name, exact=True).click()
        self.page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # it covers the page meanwhile

    def wait_ready(self):
        """Wait until all boxes are there and looked after by live.js."""
        self.page.wait_for_function(
            """boxes => {
                const found = wim.all('.wim-box');
                return found.length === boxes && found.every(b => b.dataset.keysKept) &&
                    wim.all('.noUi-handle').every(h => h.hasAttribute('aria-label'));
            }""",
            arg=self.boxes,
            timeout=5 * TIMEOUT,
        )

    def box(self, number=0):
        """An explorer or a quiz, by its place on the page."""
        return self.page.locator(f"{FRONT} .wim-box").nth(number)

    def source(self, number=0):
        """The picture of an explorer, as its address."""
        return self.page.evaluate("n => wim.image(n).src", number)

    def verdict(self, number=0):
        """The verdict of an explorer, as it is read."""
        return self.page.evaluate("n => wim.verdict(n).textContent", number)

    def alt(self, number=0):
        """The alternative text of an explorer's picture."""
        return self.page.evaluate("n => wim.image(n).alt", number)

    def change(self, action, number=0):
        """Do something, and wait until an explorer shows another picture; return its verdict."""
        before = self.source(number)
        action()
        self.page.wait_for_function("([n, src]) => wim.changed(n, src)", arg=[number, before])
        verdict = self.verdict(number)
        assert "Not drawn" not in verdict
        return verdict

    def round_trip(self, number=0):
        """Wait until the kernel has done what the page has asked for so far, and the page has heard of it."""
        self.page.evaluate("wim.answered()")
        self.page.wait_for_function("n => wim.settled(n)", arg=number)

    def reset(self, number=0):
        """Put an explorer back to where it began."""
        self.box(number).get_by_role("button", name="Reset").click()
        self.round_trip(number)

    def handle(self, label, number=0):
        """The handle of a slider."""
        return self.box(number).locator(".widget-slider", has_text=label).locator(".noUi-handle")

    def handles(self, number=0):
        """The handles of the sliders that can be moved."""
        return self.box(number).locator(".noUi-target:not([disabled]) .noUi-handle").all()

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

    def is_dead(self, label, number=0):
        """Whether a slider says that it cannot be moved."""
        target = self.box(number).locator(".widget-slider", has_text=label).locator(".noUi-target")
        return target.get_attribute("disabled") is not None

    def cells(self):
        """How many cells the notebook has."""
        return self.page.locator(f"{FRONT} .jp-Cell").count()
