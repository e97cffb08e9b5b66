"""The stored notebooks: complete, accessible, clean, solvable, and checked by nbval for real."""

import ast
import copy
import importlib.util
import itertools
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECTIONS = [
    "What you'll do",
    "What you'll learn",
    "What you'll need",
    "Explore",
    "Exercises",
    "On real digits",
    "In practice",
    "Where the simple story bends",
    "Key points",
    "Further reading",
]
LONGEST_CELL = 25
LONGEST_LINE = 96  # what a page of 1280 pixels shows beside the sidebar
SHORTEST_ALT = 20

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def load_refresh():
    """The module of the refresh command (the tests are no package)."""
    spec = importlib.util.spec_from_file_location("refresh_notebooks", ROOT / "tests" / "refresh_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


refresh = load_refresh()


def read(path):
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


# What is looked for: each function yields one sentence for each fault of a notebook.


def faults_of_storage(notebook):
    """Outputs are complete and hold no live widget, error or warning."""
    if "widgets" in notebook.metadata:
        yield "widget state is stored"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "kernelspec is not python3"
    cells = code_cells(notebook)
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        yield "code cells are not numbered 1 to n"
    for number, cell in enumerate(cells, 1):
        if len(cell.source.splitlines()) > LONGEST_CELL:
            yield f"code cell {number} has more than {LONGEST_CELL} lines"
        for output in cell.outputs:
            yield from (f"code cell {number} {fault}" for fault in faults_of_output(output))


def faults_of_output(output):
    if output.output_type == "error":
        yield "stored an error"
    if output.get("name") == "stderr":
        yield "stored stderr"
    if any(len(line) > LONGEST_LINE for line in output.get("text", "").splitlines()):
        yield f"printed a line of more than {LONGEST_LINE} characters"
    data = output.get("data", {})
    if re.search(r"^\|.*\$.*\|$", data.get("text/markdown", ""), re.M):
        yield "puts formulas into a table, where a narrow page breaks them and leaves no room for the words"
    if "application/vnd.jupyter.widget-view+json" in data:
        yield "stored a widget view"
    html = data.get("text/html", "")
    images = re.findall(r"<img\b[^>]*>", html)
    if any(kind.startswith("image/") for kind in data) and not images:
        yield "shows a picture without text/html"
    for image in images:
        alt = re.search(r'\balt="([^"]*)"', image)
        if alt is None or len(alt[1]) < SHORTEST_ALT:
            yield "shows a picture without alt text"


def without_code(markdown):
    """Markdown without its code and formulas, in which # and ]( mean other things."""
    markdown = re.sub(r"^ *(```|~~~).*?^ *\1", "", markdown, flags=re.M | re.S)
    return re.sub(r"\$\$.*?\$\$|`[^`\n]*`|\$[^$\n]*\$", "", markdown, flags=re.S)


def markdown_of(notebook):
    return "\n\n".join(without_code(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")


def headings(notebook):
    return [(len(marks), text.strip()) for marks, text in re.findall(r"^(#{1,6}) +(.+)$", markdown_of(notebook), re.M)]


def faults_of_headings(notebook):
    levels = [level for level, _ in headings(notebook)]
    if levels.count(1) != 1 or levels[0] != 1:
        yield "the first heading, and no other, has to be of level 1"
    if any(below > above + 1 for above, below in itertools.pairwise(levels)):
        yield "a level of headings is skipped"
    inner = [text.replace("’", "'") for level, text in headings(notebook) if level in (2, 3)]
    yield from (f"no section {name!r}" for name in SECTIONS if not any(name in text for text in inner))


def faults_of_setup(notebook):
    statements = ast.parse(code_cells(notebook)[0].source).body
    if not statements or not all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in statements):
        yield "the first code cell does more than import"


def check_calls(source):
    """The calls ``check.NAME(function, ...)`` in a cell's code that check an exercise."""
    for node in ast.walk(ast.parse(source)):
        function = node.func if isinstance(node, ast.Call) else None
        is_check = isinstance(function, ast.Attribute) and getattr(function.value, "id", None) == "check"
        if is_check and function.attr != "completion_code":
            yield ast.unparse(node)


def is_solution(cell):
    return cell.cell_type == "markdown" and "<details>" in cell.source and "Solution" in cell.source


def exercises(notebook):
    """(code cell, its check calls, the solution's code or None) for each exercise."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and (calls := list(check_calls(cell.source))):
            found.append([cell, calls, None])
        elif is_solution(cell) and found:
            blocks = re.findall(r"^( *```python\n.*?)^ *```", cell.source, re.M | re.S)
            found[-1][2] = "\n".join(textwrap.dedent(block).removeprefix("```python\n") for block in blocks)
    return found


def faults_of_exercises(notebook):
    """Each exercise says "not answered yet" as it stands, and its solution passes the check."""
    if not exercises(notebook):
        yield "there is no exercise"
    for cell, calls, solution in exercises(notebook):
        if not solution:
            yield f"{calls[0]} has no solution"
            continue
        names = {}
        exec(code_cells(notebook)[0].source, names)
        for code, expected in ((cell.source, None), (solution, True)):
            exec(code, names)
            results = {call: eval(call, names) for call in calls}
            yield from (f"{call}: {result}" for call, result in results.items() if result.right is not expected)


def section(notebook, name):
    """The text below a heading, to the next heading."""
    found = re.search(rf"^#+ [^\n]*{name}[^\n]*\n(.*?)(?=^#|\Z)", markdown_of(notebook), re.M | re.S)
    return found[1] if found else ""


DOI = r"https://doi\.org/10\.\d{4,9}/[^\s)>\]]+[^\s)>\].,]"
ARXIV = r"arxiv\.org/abs/(\d\d(0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+/\d{7})(v\d+)?(?=[)>\s])"
PMLR = r"https://proceedings\.mlr\.press/v\d+/\w+\.html"  # has neither DOIs nor arXiv ids


def faults_of_references(notebook):
    items = re.findall(r"^(?:[-*]|\d+\.) +(.+(?:\n +.+)*)", section(notebook, "Further reading"), re.M)
    if not items:
        yield "Further reading lists nothing"
    for item in items:
        if not re.search(f"{DOI}|{ARXIV}|{PMLR}|\\.ipynb\\)", item):
            yield f"no DOI or arXiv id in {item!r}"


def faults_of_links(notebook, folder):
    """Addresses are well-formed, and what is linked within the repository exists."""
    text = markdown_of(notebook)
    anchors = {heading.replace(" ", "-") for _, heading in headings(notebook)}
    targets = re.findall(r"\]\(<?([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)>?(?: \"[^\"]*\")?\)", text)
    targets += re.findall(r'\b(?:href|src)="([^"]*)"', text) + re.findall(r"<(https?:[^>]*)>", text)
    if len(targets) < text.count("]("):
        yield "a link is not well-formed"
    for target in targets:
        parts = urlsplit(target)
        if parts.scheme == "https":
            good = re.fullmatch(r"([\w-]+\.)+[a-z]{2,}", parts.netloc) and not re.search(r"\s", target)
        elif target.startswith("#"):
            good = target[1:] in anchors
        else:
            good = not parts.scheme and parts.path and (folder / parts.path).exists()
        if not good:
            yield f"bad link {target!r}"


def faults_of_markdown(notebook):
    """Pictures have alt text; a fence right below `<summary>` would be shown as plain text without an empty line."""
    for alt in re.findall(r"!\[([^\]]*)\]", markdown_of(notebook)):
        if len(alt) < SHORTEST_ALT:
            yield f"too short an alt text: {alt!r}"
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.search(r"</summary>[^\n]*\n[^\n]", cell.source):
            yield "no empty line below </summary>"


# How long it takes alone: a rough estimate, which has to come within a quarter of what is promised.
WORDS_PER_MINUTE = 200
MINUTES = {"a question": 1.0, "a cell to run and to read": 0.5, "an experiment": 1.5, "an exercise": 5.0}
NOT_ON_THE_WAY = r"(?ms)<details>.*?</details>|^## Further reading.*|^#+ Going deeper.*?(?=^## |\Z)|\*\*Time:.*?$"


def minutes(notebook):
    """Estimates for the main path, without what is folded, marked or listed, and for the exercises."""
    cells = [(cell.cell_type, f"\n\n{cell.source}\n\n") for cell in notebook.cells]
    marked = "".join(text if kind == "markdown" else "\n```code\n\n```\n" for kind, text in cells)
    path = re.sub(NOT_ON_THE_WAY, "", marked)
    asked = sum(text.strip().startswith("quiz.ask(") for _, text in cells)
    done = len(re.findall(r"^### Exercise", path, re.M))
    ran = path.count("```code") - asked - done - 1  # not the imports
    experiments = len(re.findall(r"^\d+\. \*\*", path, re.M))
    words = len(re.findall(r"\b[a-zA-Z]", without_code(path)))
    spent = zip(MINUTES.values(), (asked, ran, experiments, done), strict=True)
    *alone, exercises = (each * times for each, times in spent)
    return words / WORDS_PER_MINUTE + sum(alone), exercises


def promised(notebook):
    """The times that the notebook's first cells promise: alone, for the exercises, in class; and what is for class."""
    found = re.search(
        r"\*\*Time:\*\* about (\d+) minutes alone.*?, and (\d+) more for the exercises\. "
        r"In class, (\d+) minutes: (.*?)\. \(",
        "\n".join(cell.source for cell in notebook.cells[:2]),
    )
    return (*map(int, found.groups()[:3]), found[4]) if found else None


def faults_of_time(notebook):
    if not promised(notebook):
        yield "no time is promised"
        return
    alone, exercises, _, parts = promised(notebook)
    for promise, estimate in zip((alone, exercises), minutes(notebook), strict=True):
        if not promise / 1.25 <= estimate <= promise * 1.25:
            yield f"{promise} minutes are promised, {estimate:.0f} estimated"
    known = [text.strip("*?") for _, text in headings(notebook)]
    yield from (f"no heading {name!r}" for name in re.findall(r"\*([^*]+?)\??\*", parts) if name not in known)


CHECKS = [
    faults_of_storage,
    faults_of_headings,
    faults_of_setup,
    faults_of_exercises,
    faults_of_references,
    faults_of_markdown,
    faults_of_time,
]


# The notebooks of the series


def test_there_are_notebooks():
    assert NOTEBOOKS


@every_notebook
@pytest.mark.parametrize("faults", CHECKS, ids=lambda function: function.__name__)
def test_nothing_is_wrong_with(faults, path):
    assert list(faults(read(path))) == []


@every_notebook
def test_links_are_good(path):
    assert list(faults_of_links(read(path), path.parent)) == []


def test_the_readme_promises_the_same_times():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    times = {path.name: promised(read(path))[:3] for path in NOTEBOOKS}
    table = re.findall(r"\(notebooks/(\w+\.ipynb)\) \|.*\| (\d+) min \|", text)
    assert {name: int(alone) for name, alone in table} == {name: time[0] for name, time in times.items()}
    found = re.search(r"about (\d+) minutes alone, (\d+) to (\d+) more with its exercises, .* taught in (\d+):", text)
    alone, exercises, in_class = zip(*times.values(), strict=True)
    assert [int(each) for each in found.groups()] == [max(alone), min(exercises), max(exercises), max(in_class)]


@every_notebook
def test_it_is_stored_as_refresh_stores_it(path):
    notebook = refresh.read(path)
    refresh.clean(notebook)
    assert path.read_text(encoding="utf-8") == refresh.as_stored(notebook)


def with_one_explorer(notebook, times):
    """The notebook cut down to its imports and its first explorer, as often as is said, numbered anew."""
    short = copy.deepcopy(notebook)
    imports, *others = code_cells(short)
    calls = [cell for cell in others if re.fullmatch(r"explorers\.\w+\(.*\)", cell.source, re.S)]
    assert calls, "no cell consists of one call of an explorer"
    short.cells = [imports, *(nbformat.from_dict(calls[0] | {"id": f"explorer-{n}"}) for n in range(times))]
    refresh.clean(short)
    return short


def change_a_digit(notebook):
    """Change the last digit of the verdict that the notebook's last cell stored."""
    data = notebook.cells[-1].outputs[-1].data
    start, digit, rest = re.fullmatch(r"(.*)(\d)(\D*)", data["text/plain"], re.S).groups()
    data["text/plain"] = f"{start}{(int(digit) + 1) % 10}{rest}"


def nbval(folder, notebook):
    """Run nbval as the Makefile does, on a notebook stored in a folder."""
    (folder / "stored.ipynb").write_text(refresh.as_stored(notebook), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-p", "no:cacheprovider"]
    command += ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", ROOT / "tests" / "nbval.cfg", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300)


def test_nbval_passes_an_explorer_and_fails_when_a_number_in_its_verdict_changes(tmp_path):
    notebook = with_one_explorer(read(NOTEBOOKS[1]), 2)
    change_a_digit(notebook)
    done = nbval(tmp_path, notebook)
    assert done.returncode == 1, done.stdout
    assert "1 failed, 2 passed" in done.stdout
    assert re.findall(r"FAILED \S*?stored\.ipynb::\D*(\d+)", done.stdout) == ["2"], done.stdout
    assert "mismatch 'text/plain'" in done.stdout


# The checks themselves, on a small notebook


@pytest.fixture
def sample():
    """A notebook that nothing is wrong with."""
    alt = "A line that falls from 1 to 0.05."
    time = "**Time:** about 1 minutes alone, and 5 more for the exercises. In class, 1 minutes: *Explore*. (Hide all.)"
    solution = "def f(fan_in, activation):\n    return math.sqrt((2 if activation == 'relu' else 1) / fan_in)"
    picture = {"image/png": "AAAA", "text/html": f'<img alt="{alt}" src="data:image/png;base64,AAAA">'}
    reading = "- He, [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)\n- UCI, <https://doi.org/10.24432/C50P49>\n"
    sections = "\n\n".join(f"## {name}\n\nSee [above](#Explore), and read on from there." for name in SECTIONS)
    notebook = new_notebook(
        cells=[
            new_markdown_cell(f"# Title\n\n{time}"),
            new_code_cell("import math\n\nfrom helpers import check"),
            new_code_cell("1", outputs=[new_output("execute_result", {"text/plain": "1", **picture})]),
            new_code_cell("def f(fan_in, activation):\n    return ...\n\n\ncheck.stable_sigma(f)"),
            new_markdown_cell(
                f"## The only one\n\n### Exercise 1\n\n<details>\n<summary>Solution</summary>\n\n"
                f"```python\n# with its root\n{solution}\n```\n\n</details>"
            ),
            new_markdown_cell(f"{sections}\n\n{reading}"),
        ]
    )
    refresh.clean(notebook)
    return notebook


def all_faults(notebook):
    found = [fault for check in CHECKS for fault in check(notebook)]
    return found + list(faults_of_links(notebook, ROOT / "notebooks"))


def test_a_good_notebook_has_no_faults(sample):
    assert all_faults(sample) == []


def replaced(old, new):
    """A change: `old` becomes `new` wherever it is found in the cells' text."""

    def change(notebook):
        assert any(old in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return change


def with_output(*arguments, **details):
    """A change: the second code cell stores this output."""
    return lambda notebook: setattr(notebook.cells[2], "outputs", [new_output(*arguments, **details)])


PNG = {"image/png": "AAAA"}
FAULTS = {
    "widget state": lambda notebook: notebook.metadata.update(widgets={}),
    "kernelspec": lambda notebook: notebook.metadata.pop("kernelspec"),
    "numbered": lambda notebook: setattr(notebook.cells[1], "execution_count", 7),
    "25 lines": replaced("import math", "import math\n" * 26),
    "error": with_output("error", ename="E", evalue="", traceback=[]),
    "96 characters": with_output("stream", name="stdout", text=97 * "-"),
    "formulas into a table": with_output("display_data", {"text/markdown": "| a | b |\n|---|---|\n| one | $x^2$ |"}),
    "stderr": with_output("stream", name="stderr", text="careful"),
    "widget view": with_output("display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}),
    "without text/html": with_output("display_data", PNG),
    "alt text": with_output("display_data", PNG | {"text/html": '<img alt="A line." src="x.png">'}),
    "of level 1": replaced("# Title", "Title"),
    "skipped": replaced("## What you'll learn", "#### What you'll learn"),
    "'In practice'": replaced("In practice", "Elsewhere"),
    "more than import": replaced("import math", "import math\nx = 1"),
    "no exercise": replaced("check.stable_sigma(f)", "f"),
    "no solution": replaced("```python", "```"),
    "Not yet.": replaced("else 1)", "else 3)"),
    "Right.": replaced("return ...", "return ((2 if activation == 'relu' else 1) / fan_in) ** 0.5"),
    "no DOI": replaced("C50P49>", "C50P49> \n- Someone, somewhere"),
    "or arXiv id": replaced("abs/1502.01852", "abs/1562.01852"),
    "lists nothing": replaced("\n- ", "\n"),
    "'#Explorer'": replaced("(#Explore)", "(#Explorer)"),
    "'no_such_file.png'": replaced("(#Explore)", "(no_such_file.png)"),
    "'http:": replaced("https://arxiv", "http://arxiv"),
    "not well-formed": replaced("(#Explore)", "(#Explore here)"),
    "no time is promised": replaced("about 1 minutes", "a minute"),
    "3 minutes are promised, 1 estimated": replaced("about 1 m", "about 3 m"),
    "8 minutes are promised, 5 estimated": replaced("and 5 more", "and 8 more"),
    "no heading 'Explode'": replaced("*Explore*", "*Explode*"),
    "too short an alt": replaced("[above]", "![above]"),
    "empty line": replaced("</summary>\n\n", "</summary>\n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, sample):
    FAULTS[fault](sample)
    assert any(fault in found for found in all_faults(sample)), all_faults(sample)


# The refresh command


@pytest.fixture
def written(sample, tmp_path):
    """Write cells with this code into a notebook's file; return its path."""

    def write(*sources):
        path = tmp_path / "notebook.ipynb"
        path.write_text(nbformat.writes(new_notebook(cells=[new_code_cell(s) for s in sources])), encoding="utf-8")
        return path

    return write


def test_refresh_runs_in_the_folder_of_the_notebook_and_stores_no_widget(written, capsys):
    path = written("from pathlib import Path\nimport ipywidgets", "print(Path.cwd().name)", "ipywidgets.IntSlider(3)")
    notebook = read(path)
    notebook.cells[0].metadata = nbformat.from_dict({"slideshow": {"slide_type": "skip"}, "trusted": True})
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    assert refresh.main(path.parent) == 0
    assert re.fullmatch(r"\S.*notebook\.ipynb  \d+\.\d s\n", capsys.readouterr().out)
    stored = read(path)
    assert list(faults_of_storage(stored)) == []
    assert stored.cells[0].metadata == {"slideshow": {"slide_type": "skip"}}
    assert stored.cells[1].outputs[0].text == f"{path.parent.name}\n"
    assert "IntSlider" in stored.cells[2].outputs[0].data["text/plain"]
    assert stored.metadata == {"kernelspec": refresh.KERNELSPEC, "language_info": {"name": "python"}}
    assert [cell.id for cell in stored.cells] == [cell.id for cell in notebook.cells]
    text = path.read_bytes()
    assert text.endswith(b"}\n")
    assert b"\r" not in text
    again = refresh.read(path)
    refresh.clean(again)
    assert refresh.as_stored(again).encode() == text


def test_refresh_names_the_cell_that_fails_and_leaves_the_file(written, capsys):
    path = written("x = 1", "x / 0")
    before = path.read_bytes()
    assert refresh.main(path.parent) == 1
    said = capsys.readouterr().out
    assert "notebook.ipynb: cell 2 (code cell 2) failed" in said
    assert "ZeroDivisionError" in said
    assert path.read_bytes() == before


def test_refresh_of_a_folder_without_notebooks_is_an_error(tmp_path, capsys):
    assert refresh.main(tmp_path) == 1
    assert "no notebooks here" in capsys.readouterr().out


def test_cells_get_lasting_ids_of_their_own(written):
    path = written("1", "1", "1")
    text = re.sub(r'"id": "[^"]*"', '"id": "same"', path.read_text(encoding="utf-8"), count=2)
    path.write_text(re.sub(r'\n *"id": "(?!same)[^"]*",', "", text), encoding="utf-8")
    ids = [cell.id for cell in refresh.read(path).cells]
    assert ids[0] == "same"
    assert len(set(ids)) == 3
    assert ids == [cell.id for cell in refresh.read(path).cells]


# What the kernel says when every widget that a notebook has shown is moved

SWEEP = """
import gc
import ipywidgets
from helpers.explorers.explorer import Explorer


def positions(control):
    if hasattr(control, "options"):
        ends = control.options[0], control.options[-1]
        return [option[1] if isinstance(option, tuple) else option for option in ends]
    kind = type(control.value)
    return [kind(control.base**end if hasattr(control, "base") else end) for end in (control.min, control.max)]


def moves(widgets):
    for widget in widgets:
        if isinstance(widget, ipywidgets.Button):
            yield widget, widget.click, ()
        elif hasattr(widget, "options") or hasattr(widget, "min"):
            yield from ((widget, widget.set_trait, ("value", position)) for position in positions(widget))


widgets = [each for each in gc.get_objects() if isinstance(each, ipywidgets.Widget)]
explorers = [widget for widget in widgets if isinstance(widget, Explorer)]
count = 0
for widget, move, arguments in moves(widgets):
    move(*arguments)
    for explorer in explorers:
        assert not explorer.verdict.startswith("Not drawn"), (widget, arguments, explorer.verdict)
    count += 1
print(len(explorers), count)
"""


def test_every_widget_can_be_moved_in_the_kernel_after_a_run():
    """The cells of all notebooks that show one; they need the imports alone."""
    notebook = read(NOTEBOOKS[0])
    imports, showing = [], []
    for path in NOTEBOOKS:
        first, *others = code_cells(read(path))
        imports.append(first)
        showing += [cell for cell in others if cell.source.startswith(("explorers.", "quiz."))]
    shown = [sum(cell.source.startswith(f"{kind}.") for cell in showing) for kind in ("explorers", "quiz")]
    notebook.cells = [*imports, *showing, new_code_cell(SWEEP)]
    refresh.execute(notebook, ROOT / "notebooks")
    explored, moved = map(int, notebook.cells[-1].outputs[0].text.split())
    assert explored == shown[0]
    assert moved >= 2 * 2 * shown[0] + 3 * shown[1]  # sliders to both ends, and a quiz has three answers or four
