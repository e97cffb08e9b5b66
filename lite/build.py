"""Build the site on which the notebooks run in the visitor's browser (``make site``).

JupyterLite is JupyterLab as static files. Its Python is Pyodide, which a kernel fetches from a public network when it
starts, NumPy and matplotlib included. What else the notebooks need, `helpers` above all, is on the site as wheels.
"""

import json
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DECKS = ROOT / "dist" / "slides"
FROM_PYODIDE = ["ipython", "jedi", "matplotlib", "micropip", "numpy", "traitlets", "typing-extensions"]
KERNEL = "@jupyterlite/pyodide-kernel-extension"
FROM_KERNEL_TO_SITE = "../" * 4  # the kernel runs in extensions/@jupyterlite/pyodide-kernel-extension/static


def settings(wheels: list[Path]) -> dict[str, object]:
    """What JupyterLite does on the site: a kernel begins with all packages that the notebooks need."""
    packages = FROM_PYODIDE + [f"{FROM_KERNEL_TO_SITE}wheels/{wheel.name}" for wheel in wheels]
    kernel = {"loadPyodideOptions": {"packages": packages}}
    config = {"appName": "Why Initialization Matters", "litePluginSettings": {f"{KERNEL}:kernel": kernel}}
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": config}


def choices(tools: Path) -> dict[str, object]:
    """What goes into the site: JupyterLab, the notebooks, and the extensions of the environment and of the tools."""
    lite = {"apps": ["lab"], "contents": ["notebooks"], "no_sourcemaps": True, "no_unused_shared_packages": True}
    extensions = {"extra_labextensions_path": [str(tools / "share/jupyter/labextensions")]}
    return {"LiteBuildConfig": lite, "FederatedExtensionAddon": extensions}


def page() -> str:
    """The landing page, with the notebooks that the README lists, and the decks of slides that have been built."""
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[\d+ (.+)\]\(notebooks/(.+)\) \| (.+) \| (.+) \|$", table, re.M)
    items = [
        f'<li><a href="lab/index.html?path={name}">{escape(title)}</a> ({time}). {escape(question)}</li>'
        for title, name, question, time in rows
    ]
    text = (HERE / "index.html").read_text(encoding="utf-8").replace("<!-- notebooks -->", "\n".join(items))
    decks = [f'<a href="slides/{path.name}">{path.stem[3:].capitalize()}</a>' for path in sorted(DECKS.glob("*.html"))]
    said = f"<p>For a lecture there are slides: {', '.join(decks)}.</p>" if decks else ""
    return text.replace("<!-- slides -->", said)


def build(parts: Path, site: Path) -> None:
    """Write the site into a folder, in place of what was there, from `parts`: the wheels, and what builds sites."""
    wheels = sorted((parts / "wheels").glob("*.whl"))
    shutil.rmtree(site, ignore_errors=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*", "*.md"))
        (folder / "jupyter-lite.json").write_text(json.dumps(settings(wheels)), encoding="utf-8")
        (folder / "jupyter_lite_config.json").write_text(json.dumps(choices(parts / "tools")), encoding="utf-8")
        command = [sys.executable, "-m", "jupyterlite_core", "build", f"--output-dir={site}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}")
    (site / "wheels").mkdir()
    for wheel in wheels:
        shutil.copy(wheel, site / "wheels")
    if DECKS.exists():
        shutil.copytree(DECKS, site / "slides")
    (site / "index.html").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    build(*(Path(argument).resolve() for argument in sys.argv[1:]))
