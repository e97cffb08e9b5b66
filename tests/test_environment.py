"""What the project installs and how: the lock, conda's file, the wheel, the Makefile, and what imports cost."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
DEPENDENCIES = [Requirement(line) for line in PROJECT["dependencies"]]
TEST_GROUP = [Requirement(line) for line in PYPROJECT["dependency-groups"]["test"]]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
PYTHONS = yaml.safe_load(WORKFLOW)["jobs"]["test"]["strategy"]["matrix"]["python"]
LOCK, SITE_LOCK, LECTURE_LOCK = (
    (ROOT / folder / "requirements.lock").read_text(encoding="utf-8") for folder in (".", "lite", "slides")
)


def lock_entries(lock):
    """(requirement, hashes) for each entry of a lock; options and comments are left out."""
    lines = [line for line in lock.replace("\\\n", " ").splitlines() if re.match(r"\w", line)]
    parts = [line.split(" --hash=") for line in lines]
    return [(Requirement(first), [each.strip() for each in hashes]) for first, *hashes in parts]


ENTRIES = lock_entries(LOCK)


def named(requirements):
    return {canonicalize_name(each.name): each.specifier for each in requirements}


# what is imported


def test_what_helpers_import_is_what_they_depend_on():
    """Not what a dependency happens to bring. JupyterLab is used, not imported."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "helpers").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    distributions = importlib.metadata.packages_distributions()
    tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"helpers"}
    imported = {canonicalize_name(each) for top in tops for each in distributions[top]}
    assert imported | {"jupyterlab"} == named(DEPENDENCIES).keys()


# conda


def conda():
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_conda_installs_what_pip_installs():
    assert conda().keys() == {"name", "channels", "dependencies"}
    assert conda()["channels"] == ["conda-forge"]
    *packages, pip = conda()["dependencies"]
    assert pip == {"pip": ["-e ."]}
    python, *packages = packages
    version = re.fullmatch(r"python =(3\.\d+)", python)[1]  # the form that repo2docker understands
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)
    assert version in PYTHONS
    for line in packages:
        assert re.fullmatch(r"[a-z]+( [<>]=?[\d.]+(,[<>]=?[\d.]+)*)?", line), line
    found = named(map(Requirement, packages))
    assert found.pop("pip") == ""
    assert found == named(DEPENDENCIES)


# the lock


@pytest.mark.parametrize(
    ("lock", "least"), [(LOCK, 50), (SITE_LOCK, 4), (LECTURE_LOCK, 1)], ids=["all", "site", "lecture"]
)
def test_every_entry_of_a_lock_is_one_version_with_hashes(lock, least):
    assert len(lock_entries(lock)) > least
    for requirement, hashes in lock_entries(lock):
        assert re.fullmatch(r"==[\d.]+(\.?(post|rc|a|b)\d+)*", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement


@pytest.mark.parametrize("lock", [LOCK, SITE_LOCK, LECTURE_LOCK], ids=["all", "site", "lecture"])
def test_a_lock_names_no_place(lock):
    assert "://" not in lock
    assert " @ " not in lock
    assert not re.search(r"^\s*-", lock.replace("    --hash=", ""), re.M)


def platform(system, python):
    """The environment that markers see on another system and Python."""
    os_name = "nt" if system == "win32" else "posix"
    name = {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}[system]
    versions = {"python_version": python, "python_full_version": f"{python}.0", "implementation_version": f"{python}.0"}
    return default_environment() | versions | {"sys_platform": system, "os_name": os_name, "platform_system": name}


def applies(requirement, environment, extra=""):
    return requirement.marker is None or requirement.marker.evaluate(environment | {"extra": extra})


def required_by(name, version, extras, environment):
    """What an installed package requires (nothing is known of others: another system's, say)."""
    try:
        installed = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return
    if Version(installed.version) == version:
        for requirement in map(Requirement, installed.requires or []):
            if any(applies(requirement, environment, extra) for extra in {"", *extras}):
                yield requirement


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_is_complete_and_consistent_on(system, python):
    environment = platform(system, python)
    locked = [entry for entry, _ in ENTRIES if applies(entry, environment)]
    versions = {canonicalize_name(entry.name): Version(str(entry.specifier)[2:]) for entry in locked}
    assert len(versions) == len(locked), "a package is locked twice"
    wanted, seen = [*DEPENDENCIES, *TEST_GROUP], set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        assert name in versions, requirement
        assert requirement.specifier.contains(versions[name], prereleases=True), (requirement, versions[name])
        if (name, *sorted(requirement.extras)) not in seen:
            seen.add((name, *sorted(requirement.extras)))
            wanted += required_by(name, versions[name], requirement.extras, environment)


def test_the_lock_is_universal():
    here_only = {entry.name for entry, _ in ENTRIES if entry.marker is not None}
    assert {"appnope", "colorama", "pexpect", "pywinpty"} <= here_only


# tools


def test_the_makefile_pins_uv():
    assert re.search(r"^UV_VERSION := \d+\.\d+\.\d+$", MAKEFILE, re.M)
    assert "uv==$(UV_VERSION)" in MAKEFILE


def test_the_tools_are_configured():
    tools = PYPROJECT["tool"]
    assert {"E", "F", "I", "D"} <= set(tools["ruff"]["lint"]["select"])
    assert "*.ipynb" in tools["ruff"]["extend-include"]
    assert tools["mypy"]["strict"] is True
    assert tools["mypy"]["packages"] == ["helpers"]
    assert "error" in tools["pytest"]["ini_options"]["filterwarnings"]
    layers = next(each for each in tools["importlinter"]["contracts"] if each["type"] == "layers")
    assert layers["exhaustive"] is True
    assert {"ruff", "mypy", "import-linter", "codespell", "pytest", "nbval"} <= {each.name for each in TEST_GROUP}


def test_the_workflow_covers_the_systems_and_pythons():
    workflow = yaml.safe_load(WORKFLOW)
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert set(matrix["os"]) == {"ubuntu-latest", "macos-latest", "windows-latest"}
    assert PYTHONS == ["3.11", "3.12", "3.13"]
    assert workflow[True].keys() == {"push", "pull_request", "schedule"}  # YAML reads the key `on` as true
    assert all(re.search(r"@v\d+$", use) for use in re.findall(r"uses: (\S+)", WORKFLOW))


def test_windows_runs_the_steps_of_make_test():
    recipe = re.search(r"^test: setup\n((?:\t.*\n)+)", MAKEFILE, re.M)[1]
    for command in re.sub(r"\$\(BIN\)/", "", recipe).replace(" && ", "\n").split("\n"):
        assert command.strip() in WORKFLOW


# imports


def modules_after(statement):
    """Names of the modules that a fresh Python has loaded after the statement."""
    command = [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split())


def test_the_package_imports_none_of_its_modules():
    loaded = modules_after("import helpers")
    assert {name for name in loaded if name.startswith("helpers")} == {"helpers"}
    assert "numpy" not in loaded


@pytest.mark.parametrize(
    "module", ["activations", "initializers", "precision", "theory", "simulation", "training", "data"]
)
def test_the_numbers_cost_numpy_alone(module):
    loaded = modules_after(f"from helpers import {module}")
    assert f"helpers.{module}" in loaded
    assert not loaded & {"matplotlib", "ipywidgets", "anywidget", "IPython", "PIL", "scipy"}


@pytest.mark.parametrize("folder", ["helpers", "tests", "benchmarks", "lite", "slides"])
def test_every_module_has_a_docstring(folder):
    paths = list((ROOT / folder).rglob("*.py"))
    assert paths
    assert [path for path in paths if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


# the wheel


def wheel_commands(folder):
    """Ways to build a wheel, the ones that need no network first."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv:
        build = [uv, "build", "--wheel", "--quiet", "--python", sys.executable, "--out-dir", str(folder), str(ROOT)]
        yield [*build, "--offline"]
        yield build
    yield [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(folder), str(ROOT)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Names of the files in the built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    said = []
    for command in wheel_commands(folder):
        built = subprocess.run(command, capture_output=True, text=True)
        if built.returncode == 0:
            (path,) = folder.glob("*.whl")
            return zipfile.ZipFile(path).namelist()
        said.append(built.stderr)
    pytest.fail("no wheel could be built (the first time, this needs a network):\n" + "\n".join(said))


def test_the_wheel_has_all_files_of_the_package(wheel):
    files = [path for path in (ROOT / "helpers").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    missing = {path.relative_to(ROOT).as_posix() for path in files} - set(wheel)
    assert missing == set()
    endings = {name.rpartition(".")[2] for name in wheel}
    assert {"py", "js", "toml", "npz", "json"} <= endings


def test_the_wheel_has_the_settings_of_jupyterlab_and_nothing_beside_the_package(wheel):
    folders = {name.partition("/")[0].rpartition(".")[2] for name in wheel}
    assert folders == {"helpers", "data", "dist-info"}
    for place in ("share/jupyter/lab/settings/overrides.d", "etc/jupyter/jupyter_server_config.d"):
        assert any(name.endswith(f".data/data/{place}/why_initialization_matters.json") for name in wheel)


# make

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="make is for Linux and macOS")


@pytest.fixture
def make(tmp_path):
    """Call make in a copy of what it needs to set up; returns (exit status, lines on stderr but make's own)."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)

    def run(*arguments, first_on_path=""):
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        settings["PATH"] = f"{first_on_path}{os.pathsep}{settings['PATH']}" if first_on_path else settings["PATH"]
        command = ["make", *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=60)
        return done.returncode, [line for line in done.stderr.splitlines() if not re.match(r"g?make\b", line)]

    return run


@pytest.fixture
def odd_python(tmp_path):
    """Make a Python that runs one statement before the program it is given."""

    def create(statement):
        path = tmp_path / "python-odd"
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; {statement}; exec(sys.argv[1])" "$2"\n')
        path.chmod(0o755)
        return path

    return create


@on_unix
def test_an_old_python_gets_one_clear_sentence(make, odd_python, tmp_path):
    python = odd_python("sys.version_info = (3, 10, 14)")
    sentence = f"This needs Python 3.11 or newer, and '{python}' is not that. Name another with: make "
    assert make(f"PYTHON={python}") == (2, [f"{sentence}lab PYTHON=python3.12"])
    assert make("test", f"PYTHON={python}") == (2, [f"{sentence}test PYTHON=python3.12"])
    assert not (tmp_path / ".venv").exists()


@on_unix
def test_a_python_that_is_not_there_gets_the_same_sentence(make):
    status, lines = make("setup", "PYTHON=no-such-python")
    assert status == 2
    assert len(lines) == 1
    assert "This needs Python 3.11 or newer, and 'no-such-python' is not that." in lines[0]


@on_unix
@pytest.mark.parametrize("missing", ["ensurepip", "venv"])
def test_a_python_without_venv_gets_one_clear_sentence(missing, make, odd_python, tmp_path):
    python = odd_python(f"sys.modules['{missing}'] = None")
    status, lines = make("setup", f"PYTHON={python}")
    assert status == 2
    assert len(lines) == 1
    assert "cannot make virtual environments" in lines[0]
    assert lines[0].endswith("On Debian and Ubuntu: apt install python-odd-venv")
    assert not (tmp_path / ".venv").exists()


@on_unix
def test_an_environment_that_cannot_be_replaced_is_not_deleted(make, tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "mine").touch()
    assert make("setup", "PYTHON=no-such-python")[0] == 2
    assert (tmp_path / ".venv" / "mine").exists()


@on_unix
@pytest.mark.parametrize("user", ["0", "1000"])
def test_lab_opens_the_first_notebook_for_root_too(user, make, tmp_path):
    """The server is a script that prints its arguments; the environment is one that looks ready."""
    commands = tmp_path / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name, code in {"jupyter": 'echo "$@" >&2', "uv": "exit 0", "python": "exit 0", "id": f"echo {user}"}.items():
        (commands / name).write_text(f"#!/bin/sh\n{code}\n")
        (commands / name).chmod(0o755)
    (tmp_path / ".venv" / "folder").write_text(f"{tmp_path.resolve()}\n")
    (tmp_path / ".venv" / "ready").touch()
    (tmp_path / "notebooks").mkdir()
    for name in ("02_b.ipynb", "01_a.ipynb"):
        (tmp_path / "notebooks" / name).touch()
    started = "lab --LabApp.default_url=/lab/tree/notebooks/01_a.ipynb"
    started += " --allow-root" if user == "0" else ""
    assert make("LAB_OPTIONS=--port=1", first_on_path=commands) == (0, [f"{started} --port=1"])
