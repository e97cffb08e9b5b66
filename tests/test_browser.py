"""The explorers and quizzes in JupyterLab, driven by keyboard and mouse in a real browser."""

import re

import pytest

from helpers.quiz import questions
from tests.lab_page import Lab, middle, write

pytestmark = pytest.mark.browser

SHOW = "from helpers import explorers\nexplorers.{}()"
EXPLORER = SHOW.format("collapse")
ASK = 'from helpers import quiz\nquiz.ask("collapse.histograms")'
SLIDERS = {
    "collapse": ["depth L", "width n", "variance σ²"],
    "symmetry": ["step", "noise ε", "width n", "constant"],
    "explosion": ["depth L", "width n", "variance σ²"],
    "saturation": ["variance σ²", "width n", "depth L"],
    "goldilocks": ["width n₁", "width n₂", "scale s", "depth L"],
    "edge_of_chaos": ["weights σ_w", "biases σ_b", "depth L"],
    "gallery": ["outputs", "inputs"],
}
LISTS = {
    "collapse": ["activation", "number format"],
    "symmetry": ["initializer", "activation"],
    "explosion": ["activation", "number format"],
    "saturation": ["activation"],
    "goldilocks": ["σ² is", "widths", "activation", "distribution"],
    "edge_of_chaos": [],
    "gallery": ["initializer", "activation"],
}
FIRST = {
    "collapse": "Collapse.",
    "symmetry": "Lockstep.",
    "explosion": "Explosion.",
    "saturation": "Explosion, but",
    "goldilocks": "Goldilocks.",
    "edge_of_chaos": "Chaotic.",
    "gallery": "Variance-scaling.",
}
# On the page that all tests share, each explorer stands twice.
PLACES = {name: n for n, name in enumerate(SLIDERS)}
TWINS = {name: n + len(PLACES) for name, n in PLACES.items()}
QUIZ = 2 * len(PLACES)


@pytest.fixture(scope="module")
def lab(browser, jupyterlab):
    """All explorers twice, and a quiz, which all tests share (none depends on what another has set)."""
    address, folder = jupyterlab
    sources = [*map(SHOW.format, [*PLACES, *TWINS]), ASK]
    write(folder, "explorers", sources)
    lab = Lab(browser, address, "explorers", len(sources))
    lab.run_all()
    yield lab
    lab.context.close()


@pytest.fixture(autouse=True)
def _no_complaints(lab):
    """After every test, whatever it did."""
    yield
    lab.assert_no_errors()


def defaults(lab, name):
    """The settings of a part of JupyterLab, of which the user has changed none."""
    plugin = f"@jupyterlab/apputils-extension:{name}"
    settings = lab.page.evaluate("async plugin => (await fetch(`/lab/api/settings/${plugin}`)).json()", plugin)
    assert settings["settings"] == {}
    return {key: value.get("default") for key, value in settings["schema"]["properties"].items()}


def test_nothing_pops_up(lab):
    assert lab.page.locator(".jp-Dialog").count() == 0
    assert lab.page.locator(".Toastify__toast").count() == 0
    news = defaults(lab, "notification")
    assert news["fetchNews"] == "false"
    assert news["checkForUpdates"] is False


def test_all_that_a_hand_does_goes_one_way_to_the_kernel(lab):
    """Else moves are heard in another thread than clicks: one overtakes the other, and both draw the same figure."""
    assert defaults(lab, "kernels-settings")["commsOverSubshells"] == "disabled"


def test_the_extension_of_the_server_is_loaded(jupyterlab):
    _, folder = jupyterlab
    assert "helpers.server | extension was successfully loaded" in (folder / "lab.log").read_text()


@pytest.mark.parametrize("name", PLACES)
def test_names_and_states_are_spoken(lab, name):
    place = PLACES[name]
    lab.assert_spoken(place)
    assert [handle["label"] for handle in lab.page.evaluate("n => wim.handles(n)", place)] == SLIDERS[name]
    live = lab.box(place).locator("[aria-live=polite]")
    assert live.count() == 1
    assert live.get_attribute("role") == "status"
    assert live.text_content().strip().startswith(FIRST[name])
    for label in LISTS[name]:
        assert lab.box(place).get_by_label(label, exact=True).count() == 1


def test_a_choice_of_two_is_spoken(lab):
    toggle = lab.box().get_by_role("group", name="forward or backward")
    assert toggle.get_by_role("button", pressed=True).inner_text() == "forward"
    assert toggle.get_by_role("button", pressed=False).inner_text() == "backward"


def test_directions_and_snaps_redraw(lab):
    box = lab.box()
    lab.reset()
    lab.type("depth L", "7")
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
    lab.reset()


def test_noise_is_a_choice_of_powers_of_ten(lab):
    place = PLACES["symmetry"]
    lab.reset(place)
    handle = lab.handle("noise ε", place)
    handle.focus()
    spoken = []
    for _ in range(5):
        lab.change(lambda: handle.press("ArrowRight"), place)
        lab.assert_spoken(place)
        spoken.append(handle.get_attribute("aria-valuetext"))
    assert spoken == ["10⁻¹⁶", "3·10⁻¹⁶", "10⁻¹⁵", "3·10⁻¹⁵", "10⁻¹⁴"]
    lab.reset(place)
    lab.assert_spoken(place)
    assert handle.get_attribute("aria-valuetext") == "0"


def test_what_plays_no_part_cannot_be_moved(lab):
    place = PLACES["symmetry"]
    lab.reset(place)
    select = lab.box(place).get_by_label("initializer", exact=True)
    for option, dead in (("eye", ["noise ε", "constant"]), ("constant", ["noise ε"]), ("constant + noise", [])):
        select.select_option(option)
        lab.round_trip(place)
        for label in SLIDERS["symmetry"]:
            before = lab.source(place), lab.page.evaluate("n => wim.handles(n)", place)
            handle = lab.handle(label, place)
            if label not in dead:
                assert not lab.is_dead(label, place), (option, label)
                continue
            assert lab.is_dead(label, place), (option, label)
            handle.press("ArrowRight")
            lab.round_trip(place)
            assert before == (lab.source(place), lab.page.evaluate("n => wim.handles(n)", place)), (option, label)
    lab.reset(place)


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


@pytest.mark.parametrize(("name", "label"), [(name, labels[-2]) for name, labels in SLIDERS.items()])
def test_dragging_redraws_before_the_mouse_lets_go(lab, name, label):
    number = PLACES[name]
    lab.reset(number)
    handle = lab.handle(label, number)
    handle.scroll_into_view_if_needed()
    x, y = middle(handle)
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.change(lambda: lab.page.mouse.move(x + 25, y), number)
    lab.change(lambda: lab.page.mouse.move(x + 50, y), number)
    lab.page.mouse.up()
    lab.assert_spoken(number)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("collapse", ".noUi-handle"),
        ("collapse", "select"),
        ("collapse", ".widget-toggle-button"),
        ("collapse", ".widget-button"),
        ("symmetry", ".noUi-handle"),
        ("symmetry", "select"),
        ("symmetry", ".widget-button"),
        ("explosion", ".widget-toggle-button"),
        ("saturation", ".noUi-handle"),
        ("saturation", "select"),
    ],
)
def test_plain_keys_stay_in_the_box(lab, name, target):
    cells = lab.cells()
    element = lab.box(PLACES[name]).locator(target).first
    element.focus()
    for key in ("b", "a", "x", "d", "d", "z", "m", "Delete", "ArrowDown", "ArrowUp", "ArrowDown", "j", "k", "Shift+M"):
        element.press(key)
        assert element.evaluate("element => element === document.activeElement"), key
        assert lab.cells() == cells, key
    assert lab.page.locator(".jp-Notebook .jp-MarkdownCell").count() == 0
    lab.page.wait_for_function("n => wim.settled(n)", arg=PLACES[name])


def test_plain_keys_stay_in_the_quiz(lab):
    cells = lab.cells()
    button = lab.box(QUIZ).get_by_role("button").first
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


def test_explorers_do_not_disturb_each_other(lab):
    """Not even two of a kind."""

    def shown():
        look = "(n) => [wim.image(n).src, wim.verdict(n).textContent, JSON.stringify(wim.handles(n))]"
        return lab.page.evaluate(f"count => [...Array(count).keys()].map({look})", QUIZ)

    for name, one in [*PLACES.items(), *TWINS.items()]:
        lab.reset(one)
        before = shown()
        lab.change(lambda one=one, name=name: lab.handle(SLIDERS[name][0], one).press("ArrowLeft"), one)
        lab.box(one).get_by_role("button", name="New draw").click()
        lab.round_trip(one)
        after = shown()
        assert [n for n in range(QUIZ) if after[n] != before[n]] == [one]


def test_two_notebooks_at_once_on_two_screens(browser, jupyterlab, lab):
    """One of which is dense, and gets a dense picture."""
    address, folder = jupyterlab
    write(folder, "beside", [EXPLORER])
    beside = Lab(browser, address, "beside", 1, device_scale_factor=2)
    dense = "wim.image(0).naturalWidth === 2 * wim.image(0).getAttribute('width')"
    try:
        beside.run_all()
        beside.page.wait_for_function(dense)
        assert lab.page.evaluate("wim.image(0).naturalWidth === wim.image(0).width")
        for one, other, depth in ((lab, beside, "21"), (beside, lab, "22"), (lab, beside, "23")):
            before = other.source(), other.verdict()
            one.type("depth L", depth)
            one.round_trip()
            assert f"layer {depth}" in one.alt()
            assert before == (other.source(), other.verdict())
        assert beside.page.evaluate(dense)
        beside.assert_no_errors()
    finally:
        beside.context.close()


def test_quiz_answers(lab):
    quiz = lab.box(QUIZ)
    feedback = quiz.locator("[aria-live=polite]")
    choices = quiz.get_by_role("button")
    assert choices.count() == 4
    assert feedback.inner_text() == ""
    lab.page.evaluate("n => { wim.verdict(n).kept = true; }", QUIZ)
    for letter, choice in zip("ABCD", questions("collapse")["histograms"].choices, strict=True):
        word = f"{letter}: " + ("Right." if choice.right else "Not quite.")
        choices.filter(has_text=re.compile(rf"^{letter}\.")).click()
        quiz.get_by_text(word).wait_for()
        told = "([n, word]) => wim.verdict(n).textContent.startsWith(word)"
        lab.page.wait_for_function(told, arg=[QUIZ, word])
        assert len(feedback.inner_text()) > 60
    assert lab.page.evaluate("n => wim.verdict(n).kept", QUIZ)


LATE = """(n) => {
    const complete = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'complete');
    const early = new Set([wim.image(n)]);
    Object.defineProperty(HTMLImageElement.prototype, 'complete', { ...complete, get() { return early.has(this); } });
    window.pictures = [];
    const look = () => window.pictures.push([...wim.image(n).parentElement.children].map((image) => image.src));
    const changes = new MutationObserver(look);
    changes.observe(wim.image(n).parentElement, { childList: true });
    window.again = () => {
        changes.disconnect();
        Object.defineProperty(HTMLImageElement.prototype, 'complete', complete);
    };
}"""


def test_a_picture_that_comes_late_leaves_no_gap(lab):
    """Firefox has it a moment after it is on the page; here Chromium is made to say so."""
    number = PLACES["collapse"]
    lab.reset(number)
    old = lab.source(number)
    lab.page.evaluate(LATE, number)
    try:
        lab.change(lambda: lab.handle("depth", number).press("ArrowRight"), number)
        lab.round_trip(number)
    finally:
        lab.page.evaluate("window.again()")
    new = lab.source(number)
    seen = lab.page.evaluate("window.pictures")
    assert [new, old] in seen
    assert seen[-1] == [new]


@pytest.mark.parametrize("name", PLACES)
def test_it_fits_on_a_small_projector(lab, name):
    lab.reset(PLACES[name])
    lab.page.set_viewport_size({"width": 1280, "height": 720})
    try:
        box = lab.box(PLACES[name])
        box.scroll_into_view_if_needed()
        height = box.bounding_box()["height"]
        panel = lab.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').clientHeight")
        assert height < panel
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
        for element in box.locator(".widget-slider, .widget-dropdown, .widget-button, img").all():
            inner, outer = element.bounding_box(), box.bounding_box()
            assert inner["x"] >= outer["x"]
            assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 0.5
        line = box.locator(".wim-announced")
        for handle in [None, *lab.handles(PLACES[name])]:
            if handle:
                handle.press("End")
                lab.round_trip(PLACES[name])
            assert line.evaluate("line => line.scrollHeight <= line.clientHeight"), "the verdict needs scrolling"
    finally:
        lab.page.set_viewport_size({"width": 1400, "height": 1100})


@pytest.mark.parametrize("name", PLACES)
def test_large_type_fills_a_lecture_hall_and_goes_again(lab, name):
    number = PLACES[name]
    lab.reset(number)
    lab.page.set_viewport_size({"width": 1920, "height": 1080})
    try:
        box, image = lab.box(number), lab.box(number).locator("img")
        switch = box.get_by_role("button", name="Larger type")

        def look():
            lab.page.wait_for_timeout(300)  # the page lays itself out anew
            sizes = [(place["width"], place["height"]) for place in (box.bounding_box(), image.bounding_box())]
            return sizes, lab.alt(number)

        before = look()
        assert switch.get_attribute("aria-pressed") == "false"
        lab.change(switch.click, number)
        lab.round_trip(number)
        assert switch.get_attribute("aria-pressed") == "true"
        assert image.bounding_box()["width"] == pytest.approx(1.5 * before[0][1][0], abs=1)
        assert image.evaluate("image => Math.abs(image.naturalWidth - image.width) <= 1")
        assert box.bounding_box()["height"] < lab.page.evaluate(
            "document.querySelector('.jp-WindowedPanel-outer').clientHeight"
        )
        for text in box.locator(".wim-announced, .wim-notes").all():
            assert text.evaluate("text => text.scrollHeight <= text.clientHeight"), "the text needs scrolling"
            assert text.locator("div div").first.evaluate("e => getComputedStyle(e).fontSize") == "22px"
        for label in box.locator(".widget-label:visible").all():
            assert label.evaluate("e => e.scrollWidth <= e.clientWidth"), label.inner_text()
        lab.page.set_viewport_size({"width": 1280, "height": 720})
        assert image.evaluate("image => image.parentElement.clientHeight - image.height") < 20
        lab.page.set_viewport_size({"width": 1920, "height": 1080})
        lab.change(switch.click, number)
        lab.round_trip(number)
        assert look() == before
    finally:
        lab.page.set_viewport_size({"width": 1400, "height": 1100})


def test_keys_after_a_click_on_the_figure_do_no_harm(lab):
    before = lab.cells()
    lab.page.locator(".wim-box img").first.click()
    for key in ("b", "d", "d", "x"):
        lab.page.keyboard.press(key)
    assert lab.cells() == before
