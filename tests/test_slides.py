"""The decks of slides: what is on them, what the speaker is told, and that they work without a network."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest

from slides.build import behind, deck, slide_type, slides
from tests.lab_page import METADATA, Lab
from tests.seen import Page
from tests.test_prose import numbers, texts_of

ROOT = Path(__file__).resolve().parent.parent
DECKS = ROOT / "dist" / "slides"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WIDTH, HEIGHT = 1280, 720

built = pytest.mark.slides
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path):
    return nbformat.read(path, as_version=4).cells


def notes(path):
    return tomllib.loads((ROOT / "slides" / f"{path.stem}.toml").read_text(encoding="utf-8"))


# What is on them


@each_notebook
def test_a_path_of_fifteen_minutes_leads_from_the_title_to_the_key_points(path):
    shown = slides(cells(path))
    assert [shown[0][0].id, shown[-1][0].id] == ["title", "key-points"]
    assert [slide[0].id for slide in shown] == list(notes(path)), "a note for each slide"
    minutes = [note["minutes"] for note in notes(path).values()]
    assert sum(minutes) == 15
    assert all(0 < each <= 2.5 for each in minutes)


@each_notebook
def test_exercises_and_what_goes_deeper_are_skipped(path):
    deeper, parts = False, 0
    for cell in cells(path):
        if heading := re.match(r"(##+) (.*)", cell.source):
            deeper = heading[2].startswith(("Exercise", "Going deeper"))
            parts += deeper
        if deeper or cell.source.startswith("*(Going deeper"):
            assert slide_type(cell) == "skip", cell.id
    assert parts >= 4


@each_notebook
def test_a_cell_has_one_heading_with_which_it_begins(path):
    for cell in cells(path):
        if cell.cell_type == "markdown" and cell.id != "what":
            assert not re.search(r"\n##+ ", cell.source), cell.id


@each_notebook
def test_the_speaker_is_told_what_is_behind_each_choice(path):
    questions = tomllib.loads((ROOT / "helpers" / "questions" / f"{path.stem[3:]}.toml").read_text(encoding="utf-8"))
    asked = [cell for slide in slides(cells(path)) for cell in slide if cell.source.startswith("quiz.ask")]
    assert len(asked) >= 2
    for cell in asked:
        (name,) = [name for name in questions if cell.source == f'quiz.ask("{path.stem[3:]}.{name}")']
        for choice in questions[name]["choices"]:
            mark = "**Right:** " if choice.get("right") else ""
            assert f"\n- {mark}*{choice['text']}* {choice['feedback']}" in behind(cell)


@each_notebook
def test_no_answer_stands_on_the_slide_of_its_question(path):
    """Unfolded it would run off the page; the stored output keeps it."""
    shown = deck(path)
    asked = [cell for slide in slides(cells(path)) for cell in slide if cell.source.startswith("quiz.ask")]
    assert all("<details>" in cell.outputs[0].data["text/html"] for cell in asked)
    assert shown.count("<strong>Predict.</strong>") == len(asked)
    assert "<details>" not in shown


@each_notebook
def test_what_a_note_says_in_numbers_stands_in_the_notebook(path):
    questions = tomllib.loads((ROOT / "helpers" / "questions" / f"{path.stem[3:]}.toml").read_text(encoding="utf-8"))
    texts = [text for question in questions.values() for text in texts_of(question)]
    for cell in cells(path):
        texts += [cell.source, *(output.get("text", "") for output in cell.get("outputs", []))]
    known = [number.said for text in texts for number in numbers(text)]
    for name, note in notes(path).items():
        for number in numbers(re.sub(r"(?m)^\d\.", "", note["notes"])):
            assert number.said <= 2 or number.is_among(known), (name, number)


@each_notebook
def test_a_deck_has_the_stored_pictures_the_notes_and_nothing_of_the_network(path):
    page = Page(deck(path))
    shown = slides(cells(path))
    assert len(page.all("section")) == 2 * len(shown)  # nbconvert puts each slide into a stack of its own
    assert [aside["class"] for aside in page.all("aside")] == ["notes"] * len(shown)
    pictures = [
        picture
        for slide in shown
        for cell in slide
        for output in cell.get("outputs", [])
        for picture in re.findall("<img ", output.get("data", {}).get("text/html", ""))
        or ["image/png"] * ("image/png" in output.get("data", {}))
    ]
    assert len(page.all("img")) == len(pictures) >= 2
    loaded = [attributes.get("src", "") for tag in ("script", "img") for attributes in page.all(tag)]
    loaded += [attributes["href"] for attributes in page.all("link")]
    assert all(address.startswith(("libraries/", "data:")) for address in loaded if address)


# In a browser


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def show(request, browser):
    """A deck, opened as a file without a network, when its formulas are set; with all complaints."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True)
    page = context.new_page()
    complaints = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((DECKS / f"{request.param.stem}.html").as_uri())
    page.wait_for_function("document.querySelector('.reveal.ready') && MathJax.Hub.queue.pending === 0")
    yield request.param, page
    assert complaints == []
    context.close()


BOTTOM_AND_RIGHT = """() => {
    const slide = [...document.querySelectorAll('section.present')].pop();
    const aside = 'aside, .mjx-chtml';
    const shown = [...slide.querySelectorAll('*')].filter((e) => e.checkVisibility() && !e.closest(aside));
    const edges = shown.map((e) => e.getBoundingClientRect()).filter((r) => r.width && r.height);
    return [Math.max(...edges.map((r) => r.bottom)), Math.max(...edges.map((r) => r.right))];
}"""
CUT = """() => [...document.querySelectorAll('section.present section.present pre')].filter((pre) => {
    const text = document.createRange();
    text.selectNodeContents(pre);
    return text.getBoundingClientRect().right > pre.parentElement.getBoundingClientRect().right;
}).map((pre) => pre.textContent)"""


@built
def test_every_slide_fits_and_its_formulas_are_set(show):
    path, page = show
    shown = slides(cells(path))
    for number, slide in enumerate(shown, start=1):
        page.evaluate("n => location.replace(`#/${n}`)", number - 1)
        page.wait_for_function("n => document.querySelector('.slide-number-a').textContent === `${n}`", arg=number)
        bottom, right = page.evaluate(BOTTOM_AND_RIGHT)
        assert bottom <= HEIGHT, slide[0].id
        assert right <= WIDTH, slide[0].id
        assert page.evaluate(CUT) == [], slide[0].id
        text = page.locator("section.present section.present").inner_text()
        assert "$" not in text, slide[0].id
        if any("$" in cell.source for cell in slide if cell.cell_type == "markdown"):
            page.locator("section.present section.present .mjx-chtml").first.wait_for(state="attached")


@built
def test_arrows_lead_through_and_the_speaker_sees_the_notes(show):
    path, page = show
    page.evaluate("location.replace('#/0')")
    steps = 0
    while not page.locator(".reveal .navigate-right:not(.enabled)").count():
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(30)
        steps += 1
        assert steps < 100
    assert steps >= len(slides(cells(path))) - 1
    page.evaluate("location.replace('#/0')")
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    said = re.sub(r"[*`].*", "", notes(path)["title"]["notes"])[:20]
    opened.value.get_by_text(said).first.wait_for()
    opened.value.close()


@built
def test_a_slider_moves_the_picture_in_a_live_deck(browser, jupyterlab):
    address, folder = jupyterlab
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    slide = {"slideshow": {"slide_type": "slide"}}
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# First", metadata=slide),
        nbformat.v4.new_markdown_cell("Skipped", metadata={"slideshow": {"slide_type": "skip"}}),
        nbformat.v4.new_code_cell("from helpers import explorers\n\nexplorers.collapse()", metadata=slide),
    ]
    nbformat.write(notebook, folder / "live.ipynb")
    lab = Lab(browser, address, "live", 1)
    lab.run_all()
    lab.page.locator("jp-button[data-command='deck:toggle']").click()
    lab.page.wait_for_selector("[data-jp-deck-mode=presenting]", state="attached")
    lab.page.locator(".jp-Notebook").press("Escape")
    for _ in range(2):
        lab.page.keyboard.press("ArrowRight")
    lab.change(lambda: lab.handle("depth").press("End"))
    lab.assert_no_errors()
    lab.context.close()
