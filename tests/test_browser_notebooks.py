"""The four notebooks in JupyterLab, read as a learner reads them: run, every control moved, left and come back to."""

import itertools
import re
import shutil
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path

import nbformat
import pytest

from tests.lab_page import Lab, write
from tests.seen import OUTCOMES, image

pytestmark = pytest.mark.browser

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

    def wait_rest(self, n):
        """Wait until nothing has come from the kernel for half a second."""
        quiet, before = 0, self.lab.source(n)
        for _ in range(200):
            self.page.wait_for_timeout(100)
            source, idle = self.lab.source(n), self.page.get_by_text("| Idle").count()
            quiet, before = (quiet + 1 if source == before and idle else 0), source
            if quiet == 5:
                return
        pytest.fail("the kernel does not come to rest")

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


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def reader(request, browser, jupyterlab):
    """Each notebook in turn, under a new name each time: first it shows what was stored; then all its cells run."""
    address, folder = jupyterlab
    reader = Reader(partial(Lab, browser, address), folder, request.param)
    reader.page.wait_for_function(
        """alts => {
            const shown = [...document.querySelectorAll('.jp-OutputArea-output img')].map((image) => image.alt);
            return alts.every((alt) => shown.includes(alt));
        }""",
        arg=list(reader.explorers.values()),
    )
    assert reader.page.locator(".wim-box").count() == 0
    reader.lab.run_all()
    yield reader
    reader.lab.context.close()


@pytest.fixture(autouse=True)
def _no_errors(reader):
    """After every test, whatever it did."""
    yield
    reader.lab.assert_no_errors()


def test_what_runs_is_what_is_stored(reader):
    reader.assert_as_stored()


def ends(handle, end):
    """Whether a slider stands at its `end` (min or max)."""
    return handle.evaluate(f"h => h.getAttribute('aria-valuenow') === h.getAttribute('aria-value{end}')")


def to_other_end(lab, n):
    """Move an explorer's first slider to an end at which it is not; return its handle."""
    handle = lab.handles(n)[0]
    lab.change(partial(handle.press, "Home" if ends(handle, "max") else "End"), n)
    return handle


def test_every_control_goes_to_its_ends_and_back(reader):
    """Sliders by keyboard to one end, by mouse to the other and back; after each, the kernel comes to rest."""
    mouse = reader.page.mouse
    for n in reader.explorers:
        with reader.still(n):
            for handle in reader.lab.handles(n):
                handle.focus()
                handle.press("End")
                reader.lab.round_trip(n)
                assert ends(handle, "max")
                assert handle.evaluate("handle => handle === document.activeElement")
                reader.assert_sound(n)
                told = reader.lab.alt(n)
                knob = handle.bounding_box()
                track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
                x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
                mouse.move(x, y)
                mouse.down()
                mouse.move(track["x"] - 9, y, steps=8)
                reader.lab.round_trip(n)
                assert ends(handle, "min")
                reader.assert_sound(n)
                assert reader.lab.alt(n) != told
                mouse.move(x, y, steps=8)
                mouse.up()
                reader.lab.round_trip(n)
                reader.wait_rest(n)
                assert reader.lab.alt(n) == told
            for step in reader.steps(n):
                step()
                reader.lab.round_trip(n)
                reader.assert_sound(n)
        assert reader.lab.alt(n) == reader.explorers[n], "the last button is Reset"


def test_every_choice_of_a_question_is_answered(reader):
    n = reader.quizzes[0]
    for button in reader.lab.box(n).get_by_role("button").all():
        button.click()
        letter = button.inner_text()[0]
        reader.page.wait_for_function(
            "([n, letter]) => new RegExp(`^${letter}: (Right|Not quite)\\\\.`).test(wim.verdict(n).textContent)",
            arg=[n, letter],
        )


def test_a_slow_machine_follows_a_fast_hand(reader):
    """With the processor throttled four times: however late pictures come, the last one shows the last value."""
    for n in reader.explorers:

        def hurry(n=n):
            for handle in reader.lab.handles(n):
                handle.focus()
                for key in ["PageDown", "PageUp", "ArrowLeft", "PageDown", "End"]:
                    handle.press(key)

        with reader.slow(4), reader.still(n):
            hurry()
            for step in reader.steps(n):  # the last is Reset
                step()
            reader.wait_rest(n)
            assert reader.lab.alt(n) == reader.explorers[n]
            hurry()
            reader.lab.round_trip(n)
            reader.wait_rest(n)
            reader.assert_sound(n)
            assert all(ends(handle, "max") for handle in reader.lab.handles(n))
        fast = reader.lab.alt(n)
        reader.lab.change(reader.lab.box(n).get_by_role("button", name="Reset").click, n)
        for handle in reader.lab.handles(n):
            handle.press("End")
            reader.lab.round_trip(n)
        assert reader.lab.alt(n) == fast, "and is the one that a patient hand gets"
        reader.lab.reset(n)


VIOLATIONS = """async (only) => {
    document.body.style.overflow = 'visible';  // else axe leaves contrast out
    const ours = { include: [['.jp-OutputArea-output'], ['.jp-RenderedMarkdown']] };
    const rules = { 'link-in-text-block': { enabled: false } };  // how links look is JupyterLab's
    const some = only ? { runOnly: [only] } : { rules };
    const { violations, passes } = await axe.run(ours, { resultTypes: ['violations'], ...some });
    const contrast = passes.some((rule) => rule.id === 'color-contrast');
    return [violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`)), contrast];
}"""


@pytest.mark.parametrize(("theme", "only"), [("JupyterLab Light", None), ("JupyterLab Dark", "color-contrast")])
def test_axe_finds_no_barrier(reader, theme, only):
    """In all that is ours on the page, in a light theme and in a dark one; pictures stay on white in both."""
    page = reader.page
    page.add_script_tag(content=(files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    try:
        reader.lab.theme(theme)
        violations, contrast = page.evaluate(VIOLATIONS, only)
        assert violations == []
        assert contrast
    finally:
        reader.lab.theme("JupyterLab Light")


def test_what_is_saved_stays_alive_after_a_reload(reader):
    n = max(reader.explorers)
    for handle in reader.lab.handles(n):
        handle.press("End")
    reader.lab.round_trip(n)
    left = reader.lab.alt(n)
    with reader.page.expect_response(lambda r: r.request.method == "PUT" and "/api/contents/" in r.url):
        reader.page.keyboard.press("Control+s")
    reader.page.reload()
    reader.lab.wait_opened()
    reader.lab.wait_ready()
    assert reader.lab.alt(n) == left
    reader.lab.change(reader.lab.box(n).get_by_role("button", name="Reset").click, n)
    assert reader.lab.alt(n) == reader.explorers[n]


def test_another_notebook_beside_it(reader, jupyterlab):
    """In a tab of the same window, with the same explorers: what moves in one notebook moves nothing in the other."""
    name = f"beside-{reader.lab.name}"
    write(jupyterlab[1], name, [f"from helpers import explorers\n{call}" for call in reader.calls])
    beside = reader.lab.beside(name, len(reader.calls))
    beside.run_all()
    places = {reader.lab: [*reader.explorers], beside: [*range(len(reader.calls))]}
    shown = {lab: [*reader.explorers.values()] for lab in places}
    for lab in (reader.lab, beside, reader.lab, beside):
        lab.to_front()
        assert [lab.alt(n) for n in places[lab]] == shown[lab]
        for n in places[lab]:
            to_other_end(lab, n)
        shown[lab] = [lab.alt(n) for n in places[lab]]
    beside.shut_down()
    reader.lab.to_front()
    assert [reader.lab.alt(n) for n in reader.explorers] == shown[reader.lab]


def test_a_new_kernel_shows_the_same(reader):
    reader.lab.restart_and_run_all()
    reader.assert_as_stored()
    cells = reader.lab.cells()
    for n in reader.explorers:
        handle = to_other_end(reader.lab, n)
        reader.assert_sound(n)
        handle.press("b")
        assert reader.lab.cells() == cells, "plain keys stay in the box"
