"""The four notebooks in JupyterLab, read as a learner reads them: run, every control moved, left and come back to."""

from importlib.resources import files

import pytest

from tests.lab_page import middle, write
from tests.reader import ends, to_other_end

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _no_errors(reader):
    """After every test, whatever it did."""
    yield
    reader.lab.assert_no_errors()


def test_what_runs_is_what_is_stored(reader):
    reader.assert_as_stored()


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
                track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
                x, y = middle(handle)
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
                assert reader.lab.alt(n) == told
            reader.choose_and_click(n)
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


def test_a_slow_machine_follows_a_fast_hand(reader):
    """With the processor throttled four times, by keys and mouse: the last picture is of the last value, if late."""
    for n in reader.explorers:
        with reader.slow(4), reader.still(n):
            for handle in reader.lab.handles(n):
                handle.focus()
                for key in ["PageDown", "PageUp", "ArrowLeft", "PageDown"]:
                    handle.press(key)
                x, y = middle(handle)
                reader.page.mouse.move(x, y)
                reader.page.mouse.down()
                reader.page.mouse.move(x - 60, y, steps=6)
                reader.page.mouse.up()
                handle.press("End")
            reader.lab.round_trip(n)
            reader.assert_sound(n)
            assert all(ends(handle, "max") for handle in reader.lab.handles(n))
            fast = reader.lab.alt(n)
            reader.choose_and_click(n)
        assert reader.lab.alt(n) == reader.explorers[n], "the last button is Reset"
        for handle in reader.lab.handles(n):
            handle.press("End")
            reader.lab.round_trip(n)
        assert reader.lab.alt(n) == fast, "what a patient hand gets"
        reader.lab.reset(n)


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
