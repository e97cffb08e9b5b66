"""Run notebooks in place and store them clean: ``python tests/refresh_notebooks.py notebooks``."""

import json
import sys
import time
import uuid
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KEPT_CELL_METADATA = {"slideshow", "tags"}
SECONDS_PER_CELL = 300


class CellError(Exception):
    """A cell did not run; says which."""


def read(path):
    """The notebook as nbformat 4.5, in which each cell has an id of its own; ids already there are kept."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    seen = set()
    for number, cell in enumerate(stored["cells"]):
        if cell.get("id") in seen | {None}:
            text = f"{number} {''.join(cell['source'])}"
            cell["id"] = uuid.uuid5(uuid.NAMESPACE_OID, text).hex[:8]
        seen.add(cell["id"])
    stored["nbformat_minor"] = 5
    return nbformat.reads(json.dumps(stored), as_version=4)


def execute(notebook, folder):
    """Run all cells in `folder`, storing their outputs in the notebook; raise CellError where one does not run."""
    running = []
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
        on_cell_start=lambda cell, cell_index: running.append(cell_index),
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        index = running[-1]
        code_cells = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
        raise CellError(f"cell {index + 1} (code cell {code_cells}) failed:\n{error}") from error


def clean(notebook):
    """Change the notebook to what is stored: no widgets, no traces of when and where it ran."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.update(nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}))
    number = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in KEPT_CELL_METADATA})
        if cell.cell_type == "code":
            if has_run := bool(cell.source.strip()):
                number += 1
            clean_outputs(cell, number if has_run else None)
    notebook.nbformat_minor = 5


def clean_outputs(cell, number):
    """Number the cell, take the live widgets out of its outputs and join its pieces of printed text."""
    cell.execution_count = number
    outputs = []
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = number
        if "data" in output:
            output.data.pop(WIDGET_VIEW, None)
            if not output.data:
                continue
        last = outputs[-1] if outputs else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            outputs.append(output)
    cell.outputs = outputs


def as_stored(notebook):
    """The text of the notebook's file."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def refresh(path):
    """Run one notebook and write it back; a notebook that fails is left as it was."""
    start = time.perf_counter()
    notebook = read(path)
    execute(notebook, path.resolve().parent)
    clean(notebook)
    path.write_text(as_stored(notebook), encoding="utf-8", newline="\n")
    print(f"{path}  {time.perf_counter() - start:.1f} s", flush=True)


def main(folder):
    """Refresh the notebooks of a folder in the order of their names; return the exit status."""
    paths = sorted(Path(folder).glob("*.ipynb"))
    if not paths:
        print(f"{folder}: no notebooks here")
        return 1
    for path in paths:
        try:
            refresh(path)
        except CellError as failure:
            print(f"{path}: {failure}")
            return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    sys.exit(main(sys.argv[1]))
