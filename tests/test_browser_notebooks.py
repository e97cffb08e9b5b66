"""The four notebooks in JupyterLab, read as a learner reads them: run, and every control moved to its ends and back."""

from importlib.resources import files

import pytest

from tests.lab_page import middle
from tests.reader import ends

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
