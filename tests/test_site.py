"""The site without installation: what Pyodide has to have for it, what is on it, and that it runs in a browser."""

import ast
import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from lite.build import FROM_PYODIDE, KERNEL
from tests.lab_page import Lab, write
from tests.seen import Page

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "dist" / "site"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BUNDLED = set(re.search(r"^BUNDLED := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split("|"))
PINS = {canonicalize_name(pin.name): pin for pin in map(Requirement, PYPROJECT["dependency-groups"]["pyodide"])}
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8"))

built = pytest.mark.site


# What the code may use there, by its source

DISTRIBUTIONS = {"IPython": "ipython", "PIL": "pillow"}  # where a module and its distribution differ
NOT_THERE = {"asyncio", "concurrent", "ctypes", "curses", "fcntl", "http", "lzma", "multiprocessing", "resource"}
NOT_THERE |= {"select", "signal", "socket", "sqlite3", "ssl", "subprocess", "threading", "tkinter", "urllib"}


def imported(source):
    """The modules that some code names in its imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults(source):
    """What of its imports cannot be had in the browser."""
    for name in imported(source):
        top = name.partition(".")[0]
        known = top in sys.stdlib_module_names - NOT_THERE or top == "helpers"
        if not known and DISTRIBUTIONS.get(top, top) not in {*FROM_PYODIDE, *BUNDLED, *PINS}:
            yield name
        if name == "helpers.server":
            yield "helpers.server is for Jupyter Server"


def sources():
    yield from ((path.relative_to(ROOT), path.read_text("utf-8")) for path in sorted((ROOT / "helpers").rglob("*.py")))
    for path in NOTEBOOKS:
        cells = nbformat.read(path, 4).cells
        yield path.name, "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def test_all_that_is_imported_is_there():
    found = {str(name): list(faults(source)) for name, source in sources()}
    assert len(found) > 40
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("line", ["import threading", "from scipy import stats", "from helpers import server"])
def test_a_planted_import_is_found(line):
    assert len(set(faults(f"def f():\n    {line}"))) >= 1


def test_the_project_admits_the_versions_of_pyodide():
    wanted = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
    met = [each for each in wanted if canonicalize_name(each.name) in PINS]
    assert {each.name for each in met} == {"contourpy", "matplotlib", "numpy", "pillow"}
    for requirement in met:
        (version,) = PINS[requirement.name].specifier
        assert requirement.specifier.contains(version.version)


def test_what_is_bundled_needs_nothing_else():
    there = BUNDLED | set(FROM_PYODIDE) | set(PINS)
    front_ends = {"widgetsnbextension"}  # of the classic notebook
    environment = {"extra": "", "sys_platform": "emscripten", "platform_system": "Emscripten", "python_version": "3.14"}
    for name in BUNDLED:
        wanted = map(Requirement, importlib.metadata.requires(name) or [])
        needed = [each for each in wanted if each.marker is None or each.marker.evaluate(environment)]
        assert {canonicalize_name(each.name) for each in needed} <= there | front_ends, name


# How it is published


def test_the_workflow_tests_the_site_and_publishes_it():
    assert WORKFLOW[True] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}  # YAML reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["concurrency"] == {"group": "site", "cancel-in-progress": False}
    build, publish = WORKFLOW["jobs"]["build"], WORKFLOW["jobs"]["publish"]
    (path,) = [step["with"]["path"] for step in build["steps"] if "upload-pages-artifact" in step.get("uses", "")]
    assert ROOT / path == SITE
    assert any(step.get("run", "").startswith("make test-site") for step in build["steps"])
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert publish["environment"]["name"] == "github-pages"
    uses = [step["uses"] for job in (build, publish) for step in job["steps"] if "uses" in step]
    assert all(re.search(r"@v\d+$", use) for use in uses)


# What is on it


def settings():
    """How the kernel is set up."""
    config = json.loads((SITE / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    return config["litePluginSettings"][f"{KERNEL}:kernel"]


@built
def test_the_notebooks_are_on_the_site_as_they_are_stored():
    for path in NOTEBOOKS:
        assert (SITE / "files" / path.name).read_bytes() == path.read_bytes()
    listing = json.loads((SITE / "api" / "contents" / "all.json").read_text(encoding="utf-8"))
    assert {entry["path"] for entry in listing["content"]} == {path.name for path in NOTEBOOKS}


@built
def test_the_kernel_finds_the_wheels():
    folder = SITE / "extensions" / KERNEL / "static"
    assert list(folder.glob("*.worker.*.js")), "the kernel runs in a worker, which is here"
    wheels = [folder / package for package in settings()["loadPyodideOptions"]["packages"] if package.endswith(".whl")]
    assert {parse_wheel_filename(wheel.name)[0] for wheel in wheels} == {*BUNDLED, PYPROJECT["project"]["name"]}
    for wheel in wheels:
        assert wheel.resolve().parent == SITE / "wheels"
        assert wheel.name.endswith("-none-any.whl")
        assert wheel.exists()


@built
def test_the_front_ends_of_the_widgets_are_on_the_site():
    config = json.loads((SITE / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    extensions = {each["name"]: each["load"] for each in config["federated_extensions"]}
    assert {KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget"} <= extensions.keys()
    for name, load in extensions.items():
        assert (SITE / "extensions" / name / load).exists()


@built
def test_the_landing_page_opens_each_notebook():
    text = (SITE / "index.html").read_text(encoding="utf-8")
    links = [each["href"] for each in Page(text).all("a")]
    decks = [f"slides/{path.stem}.html" for path in NOTEBOOKS] if (SITE / "slides").exists() else []
    assert links == [f"lab/index.html?path={path.name}" for path in NOTEBOOKS] + decks
    assert all((SITE / page).exists() for page in ["lab/index.html", *decks])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| \[\d\d .* \| (.+) \| (\d+ min) \|$", readme, re.M)
    assert len(table) == len(NOTEBOOKS)
    assert all(question in text and time in text for question, time in table)
    assert "http" not in text, "nothing from elsewhere"


@built
def test_the_landing_page_can_be_read_by_ear_and_on_a_telephone():
    page = Page((SITE / "index.html").read_text(encoding="utf-8"))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("main")) == len(page.all("title")) == len(page.all("h1")) == 1
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")


@built
def test_the_site_is_light_and_names_no_place():
    files = [path for path in SITE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 40e6
    assert [path for path in files if path.suffix == ".map"] == []
    assert [path for path in files if str(ROOT).encode() in path.read_bytes()] == []


# How it runs, with Pyodide's own files laid beside it (its native packages come from nowhere but its own network)


@pytest.fixture(scope="session")
def pyodide(tmp_path_factory):
    """A folder with Pyodide as npm has it, and the packages that are pure Python as PyPI has them."""
    if not shutil.which("npm"):
        pytest.skip("npm, from which Pyodide comes, is not installed")
    folder = tmp_path_factory.mktemp("npm")
    schema = (SITE / "extensions" / KERNEL / "static" / "schema" / "kernel.v0.schema.json").read_text(encoding="utf-8")
    version = re.search(r"/v([\d.]+)/full/pyodide.mjs", schema)[1]
    subprocess.run(["npm", "pack", "--silent", f"pyodide@{version}"], cwd=folder, check=True)
    shutil.unpack_archive(folder / f"pyodide-{version}.tgz", folder)
    return folder / "package"


@pytest.fixture(scope="session")
def packages(pyodide):
    """The entries of Pyodide's lock for all that the kernel begins with."""
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted, found = list(FROM_PYODIDE), {}
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name not in found:
            found[name] = lock[name]
            wanted += lock[name]["depends"]
    return found


def is_pure(package):
    return package["file_name"].endswith("-none-any.whl")


@built
def test_pyodide_has_what_the_project_is_tested_with(pyodide, packages):
    native = {name: f"=={package['version']}" for name, package in packages.items() if not is_pure(package)}
    assert native == {name: str(pin.specifier) for name, pin in PINS.items()}
    python = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]["python"]
    (step,) = [step for step in WORKFLOW["jobs"]["build"]["steps"] if "setup-python" in step.get("uses", "")]
    assert python.startswith(f"{step['with']['python-version']}.")


STAND_IN = """
import tomllib
from importlib.resources import files

import anywidget
import ipywidgets
import traitlets

import helpers

folder = files(helpers)
questions = tomllib.loads((folder / "questions" / "collapse.toml").read_text())


class Keyboard(anywidget.AnyWidget):
    _esm = (folder / "live.js").read_text()
    density = traitlets.Float(1.0).tag(sync=True)


slider = ipywidgets.IntSlider(3, 0, 10, description="depth L")
image = ipywidgets.HTML()


def draw(change=None):
    image.value = f'<img alt="{slider.value} layers, first {list(questions)[0]}" src="data:,">'


slider.observe(draw, "value")
draw()
box = ipywidgets.VBox([slider, image, Keyboard()])
box.add_class("wim-box")
box
"""


@pytest.fixture(scope="session")
def address(pyodide, packages, tmp_path_factory):
    """Serve a copy of the site that takes Pyodide from beside it, and has one more notebook in the last one's place."""
    folder = tmp_path_factory.mktemp("site") / "site"
    shutil.copytree(SITE, folder)
    beside = folder / "static" / "pyodide"
    shutil.copytree(pyodide, beside)
    pure = [package for package in packages.values() if is_pure(package)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--python-version", "3.14"]
    command += ["--implementation", "py", "--abi", "none", "--platform", "any", "--dest", beside]
    subprocess.run([*command, *(f"{each['name']}=={each['version']}" for each in pure)], check=True)
    lock = json.loads((beside / "pyodide-lock.json").read_text(encoding="utf-8"))
    for package in filter(is_pure, lock["packages"].values()):  # Pyodide builds these anew
        if (wheel := beside / package["file_name"]).exists():
            package["sha256"] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (beside / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    config = json.loads((folder / "jupyter-lite.json").read_text(encoding="utf-8"))
    kernel = config["jupyter-config-data"]["litePluginSettings"][f"{KERNEL}:kernel"]
    kernel["pyodideUrl"] = "./static/pyodide/pyodide.mjs"
    (folder / "jupyter-lite.json").write_text(json.dumps(config), encoding="utf-8")
    write(folder / "files", NOTEBOOKS[-1].stem, [STAND_IN])

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class LiteLab(Lab):
    """A notebook open on the site."""

    PAGE = "{}/lab/index.html?path={}.ipynb"
    TIMEOUT = 120_000  # of which a kernel takes some tens of seconds to start

    def assert_only_native_packages_are_missing(self):
        """The kernel found everything else that it asked for, and nothing went wrong on the page."""
        missing = {line.removeprefix("The following error occurred while loading ") for line in self.complaints}
        assert {line.rstrip(":").lower() for line in missing} == {*PINS, "failed to fetch"}
        self.complaints.clear()
        self.assert_no_errors()


@pytest.fixture(scope="session")
def lab(browser, address):
    """The notebook that stands in the last one's place, which needs no native package."""
    lab = LiteLab(browser, address, NOTEBOOKS[-1].stem, 1)
    yield lab
    lab.context.close()


@built
def test_a_notebook_opens_with_its_stored_outputs(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link").first.click()
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    outputs = [output for cell in nbformat.read(NOTEBOOKS[0], 4).cells for output in cell.get("outputs", [])]
    stored = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    page.wait_for_function(
        "n => document.querySelectorAll('.jp-OutputArea-output img').length === n",
        arg=stored.count("<img "),
        timeout=60_000,
    )
    assert page.locator(".jp-Dialog").count() == 0
    context.close()


@built
def test_a_slider_moves_a_picture(lab):
    lab.run_all()
    lab.assert_only_native_packages_are_missing()
    handle = lab.handle("depth L")
    assert handle.get_attribute("aria-label") == "depth L"
    for layers in (4, 5):
        handle.press("ArrowRight")
        lab.page.wait_for_function("alt => wim.image(0).alt === alt", arg=f"{layers} layers, first one_layer")
    cells = lab.cells()
    handle.press("b")
    assert lab.cells() == cells
    lab.assert_no_errors()
