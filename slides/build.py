"""Build a deck of slides for each notebook (``make slides``).

The slides are the notebook's own cells with their stored outputs; `slideshow` in their metadata says which. The notes
for the speaker stand here, in a file for each notebook.
"""

import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import SlidesExporter
from traitlets.config import Config

from helpers.quiz import questions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LIBRARIES = {
    "jquery": ["dist/jquery.min.js"],
    "requirejs": ["require.js"],
    "reveal.js": ["dist", "plugin/notes"],
    "mathjax": [
        "MathJax.js",
        "config/TeX-AMS_CHTML-full.js",
        "config/Safe.js",
        "extensions",
        "fonts/HTML-CSS/TeX/woff",
        "jax/element",
        "jax/input/TeX",
        "jax/output/CommonHTML",
        "jax/output/PreviewHTML",
    ],
}
CONFIG = Config(
    SlidesExporter={
        "template_name": "deck",
        "extra_template_basedirs": [str(HERE)],
        "reveal_url_prefix": "libraries/reveal.js",
        "reveal_theme": "white",
        "reveal_width": "1280",
        "reveal_height": "720",
        "reveal_number": "c/t",
        "reveal_transition": "none",
        "jquery_url": "libraries/jquery/dist/jquery.min.js",
        "require_js_url": "libraries/requirejs/require.js",
        "mathjax_url": "libraries/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe",
        "exclude_input_prompt": True,
        "exclude_output_prompt": True,
        "exclude_anchor_links": True,
    },
    TagRemovePreprocessor={"enabled": True, "remove_input_tags": {"remove-input"}},
)


def slide_type(cell: Any) -> str:
    """What becomes of a cell: the word in its metadata."""
    return str(cell.metadata.get("slideshow", {}).get("slide_type", "-"))


def slides(cells: list[Any]) -> list[list[Any]]:
    """The cells that are shown, slide by slide."""
    found: list[list[Any]] = []
    for cell in cells:
        if slide_type(cell) == "slide":
            found.append([])
        if slide_type(cell) != "skip":
            found[-1].append(cell)
    return found


def without_answers(notebook: Any) -> None:
    """Take the folded answers out of the questions: the next slides give them, and the notes have them all."""
    for cell in notebook.cells:
        if cell.source.startswith("quiz.ask("):
            for output in cell.outputs:
                output.data["text/html"] = re.sub(r"(?s)<details>.*</details>", "", output.data["text/html"])


def behind(cell: Any) -> str:
    """What is behind each choice of the question that a cell asks, if it asks one."""
    asked = re.match(r'quiz\.ask\("(\w+)\.(\w+)"\)', cell.source)
    if not asked:
        return ""
    lines = [
        f"- {'**Right:** ' if choice.right else ''}*{choice.text}* {choice.feedback}"
        for choice in questions(asked[1])[asked[2]].choices
    ]
    return "\n\nThe choices, and what is behind them:\n\n" + "\n".join(lines)


def add_notes(notebook: Any, notes: dict[str, dict[str, Any]]) -> None:
    """Put the speaker's notes behind the cells that begin the slides, with the time by which each slide is done."""
    minutes = 0.0
    for slide in slides(notebook.cells):
        note = notes[slide[0].id]
        minutes += note["minutes"]
        done = f"{int(minutes)}:{minutes % 1 * 60:02.0f}"
        text = f"**{note['minutes']:g} min, until {done}**\n\n{note['notes']}" + "".join(map(behind, slide))
        cell = nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": "notes"}})
        notebook.cells.insert(notebook.cells.index(slide[0]) + 1, cell)


def deck(path: Path) -> str:
    """The slides of a notebook, as HTML."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.title = path.stem[3:].capitalize()
    without_answers(notebook)
    add_notes(notebook, tomllib.loads((HERE / f"{path.stem}.toml").read_text(encoding="utf-8")))
    text, _ = SlidesExporter(config=CONFIG).from_notebook_node(notebook)
    return str(text)


def build(libraries: Path, folder: Path) -> None:
    """Write the decks into a folder, in place of what was there, with all that they load."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, parts in LIBRARIES.items():
        for part in parts:
            source, target = libraries / name / part, folder / "libraries" / name / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.map"))
            else:
                shutil.copy(source, target)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        (folder / f"{path.stem}.html").write_text(deck(path), encoding="utf-8")


if __name__ == "__main__":
    build(*(Path(argument).resolve() for argument in sys.argv[1:]))
