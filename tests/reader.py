"""A notebook of the series open in JupyterLab, as the tests read it."""

import itertools
import re
import shutil
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import nbformat

from tests.seen import OUTCOMES, image

COPIES = itertools.count()
NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


class Reader:
    """A notebook of the series open in JupyterLab, by `open_lab` (which takes its name, and how many boxes there are).

    `explorers` are the alternative texts that are stored, by the place among the boxes; `quizzes` are places, too.
    """

    def __init__(self, open_lab, folder, path):
        name = f"{path.stem}-{next(COPIES)}"
        shutil.copy(path, folder / f"{name}.ipynb")
        cells = nbformat.read(path, 4).cells
        calls = [re.search(r"^(explorers|quiz)\.\w+\(.*", cell.source, re.M) for cell in cells]
        self.calls = [call[0] for call in calls if call and call[1] == "explorers"]
        found = [(call[1], cell) for call, cell in zip(calls, cells, strict=True) if call and cell.cell_type == "code"]
        self.explorers = {
            n: image(cell.outputs[0].data["text/html"])["alt"]
            for n, (kind, cell) in enumerate(found)
            if kind == "explorers"
        }
        self.quizzes = [n for n, (kind, _) in enumerate(found) if kind == "quiz"]
        self.code_cells = sum(cell.cell_type == "code" for cell in cells)
        self.path = path
        self.lab = open_lab(name, len(found))
        self.page = self.lab.page

    def steps(self, n):
        """What is done to an explorer: in each list another entry and back, then every button, as functions."""
        box = self.lab.box(n)
        for select in box.locator("select").all():
            options, first = select.evaluate("s => [[...s.options].map((option) => option.value), s.value]")
            for option in [next(option for option in reversed(options) if option != first), first]:
                yield partial(select.select_option, option)
        for button in box.locator(".widget-button, .widget-toggle-button:not(.wim-size)").all():
            yield button.click

    def choose_and_click(self, n):
        """Take all these steps, each of which leaves a sound explorer."""
        for step in self.steps(n):
            step()
            self.lab.round_trip(n)
            self.assert_sound(n)

    @contextmanager
    def still(self, n):
        """Whatever is done to an explorer meanwhile: nothing on the page moves, and its picture is never away."""
        for _ in range(3):  # JupyterLab lays out what comes into view, and things move
            self.lab.box(n).evaluate("box => box.scrollIntoView({ block: 'center' })")
            self.page.wait_for_timeout(200)
        self.page.evaluate("n => wim.watch(n)", n)
        yield
        seen = self.page.evaluate("wim.seen()")
        assert len(seen) == 1, seen
        assert seen[0]["loaded"]

    @contextmanager
    def slow(self, times):
        """Slow the page down meanwhile."""
        session = self.lab.context.new_cdp_session(self.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": times})
        try:
            yield
        finally:
            session.send("Emulation.setCPUThrottlingRate", {"rate": 1})

    def assert_as_stored(self):
        """All cells have run in order, and each explorer shows what it showed then."""
        prompts = self.page.evaluate("wim.all('.jp-CodeCell .jp-InputPrompt').map((prompt) => prompt.textContent)")
        assert prompts == [f"[{n}]:" for n in range(1, self.code_cells + 1)]
        for n, stored in self.explorers.items():
            self.assert_sound(n)
            assert self.lab.alt(n) == stored

    def assert_sound(self, n):
        """The explorer says what it shows, in its verdict, its alternative text and its readouts."""
        self.lab.assert_spoken(n)
        (kinds,) = [kinds for opening, kinds in OUTCOMES.items() if self.lab.alt(n).startswith(opening)]
        assert re.match(rf"(?:{kinds})\. .*\d", self.lab.verdict(n)), self.lab.verdict(n)


def ends(handle, end):
    """Whether a slider stands at its `end` (min or max)."""
    return handle.evaluate(f"h => h.getAttribute('aria-valuenow') === h.getAttribute('aria-value{end}')")


def to_other_end(lab, n):
    """Move an explorer's first slider to an end at which it is not; return its handle."""
    handle = lab.handles(n)[0]
    lab.change(partial(handle.press, "Home" if ends(handle, "max") else "End"), n)
    return handle
