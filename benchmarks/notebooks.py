"""Seconds that strict nbval takes for each notebook, against an empty one."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nbformat

from benchmarks.measurement import Measurement, in_turns

ROUNDS = 2
ROOT = Path(__file__).resolve().parent.parent
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(ROOT / "tests" / "nbval.cfg")]


def _seconds(path: Path) -> float:
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider"]
    start = time.perf_counter()
    subprocess.run([*command, *NBVAL, str(path)], check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - start


def measure() -> Iterator[Measurement]:
    """An empty notebook, and the four of the series."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.ipynb"
        cell = nbformat.v4.new_code_cell("1", execution_count=1)
        cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=1)]
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        paths = {"nbval: an empty notebook": path}
        paths |= {f"nbval: {path.stem}": path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
        found = in_turns({name: partial(_seconds, path) for name, path in paths.items()}, ROUNDS)
    empty, *_ = found
    for name, times in found.items():
        yield Measurement(name, statistics.median(times), "s", empty if name != empty else "")
