"""What a learner waits for first, and what memory it takes: imports by layer, the first figure, an open kernel."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

from jupyter_client.manager import start_new_kernel

from benchmarks.measurement import Measurement, in_turns
from helpers import explorers

ROUNDS = 7
LAYERS = {  # what is imported, and what it cannot do without
    "import helpers.initializers": "import numpy",
    "import helpers.theory": "import numpy",
    "import helpers.simulation": "import numpy",
    "import helpers.training, helpers.data": "import numpy",
    "import helpers.figures": "import matplotlib.figure",
    "import helpers.explorers": "import matplotlib.figure, ipywidgets, anywidget",
}
FIRST = "from helpers import explorers\nexplorers.collapse()"
HABIT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
ALL = "from helpers import explorers\nshown = [getattr(explorers, name)() for name in explorers.__all__]\n"
ALL += "[each._repr_mimebundle_() for each in shown]"
# On Linux, ru_maxrss begins with what the process held that started this one.
PEAK = "print(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1e3)"
if sys.platform == "darwin":
    PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)"
WIDEST = "from helpers.simulation import simulate; simulate(200, 65536, 1e-4, 'tanh', rng=0).log10_variance; "


def _process(code: str) -> float:
    """Milliseconds that a new Python takes for some code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return 1e3 * (time.perf_counter() - start)


def _kernel(code: str, output: str) -> float:
    """Milliseconds from the start of a kernel to the first output of a kind."""
    start = time.perf_counter()
    manager, client = start_new_kernel()
    client.execute(code)
    while output not in client.get_iopub_msg(timeout=60)["content"].get("data", {}):
        pass
    elapsed = time.perf_counter() - start
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return 1e3 * elapsed


def _megabytes(code: str) -> float:
    """Most memory that a new Python has held when some code has run."""
    found = subprocess.run([sys.executable, "-c", f"{code}\n{PEAK}"], check=True, capture_output=True, text=True)
    return float(found.stdout)


def measure() -> Iterator[Measurement]:
    """Imports, the first figure after the kernel's start, memory."""
    imports = {code: partial(_process, code) for code in [*LAYERS.values(), *LAYERS]}
    for code, times in in_turns(imports, ROUNDS).items():
        yield Measurement(code, statistics.median(times), "ms", LAYERS.get(code, ""))
    habit, ours = "kernel start to a first plt.plot", "kernel start to a first explorer"
    first = in_turns({habit: partial(_kernel, HABIT, "image/png"), ours: partial(_kernel, FIRST, "text/html")}, ROUNDS)
    yield Measurement(habit, statistics.median(first[habit]), "ms")
    yield Measurement(ours, statistics.median(first[ours]), "ms", habit)
    least = Measurement("memory: import ipywidgets, matplotlib", _megabytes("import ipywidgets, matplotlib"), "MB")
    yield least
    count = len(explorers.__all__)
    yield Measurement(f"memory: all {count} explorers shown", _megabytes(ALL), "MB", least.name)
    yield Measurement("memory: tanh, 200 layers of 65,536 units", _megabytes(WIDEST), "MB", least.name)
