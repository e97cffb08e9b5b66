"""What a learner waits for first, and what memory it takes: imports by layer, the first figure, an open kernel."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from jupyter_client.manager import start_new_kernel

from benchmarks.measurement import Measurement
from helpers import explorers

RUNS = 5
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


def _median(seconds: Iterator[float]) -> float:
    return 1e3 * statistics.median(seconds)


def _process(code: str) -> Iterator[float]:
    """Seconds that a new Python takes for some code."""
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        yield time.perf_counter() - start


def _kernel(code: str, output: str) -> Iterator[float]:
    """Seconds from the start of a kernel to the first output of a kind."""
    for _ in range(RUNS):
        start = time.perf_counter()
        manager, client = start_new_kernel()
        client.execute(code)
        while output not in client.get_iopub_msg(timeout=60)["content"].get("data", {}):
            pass
        yield time.perf_counter() - start
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _megabytes(code: str) -> float:
    """Most memory that a new Python has held when some code has run."""
    found = subprocess.run([sys.executable, "-c", f"{code}\n{PEAK}"], check=True, capture_output=True, text=True)
    return float(found.stdout)


def measure() -> Iterator[Measurement]:
    """Imports, the first figure after the kernel's start, memory."""
    for yardstick in dict.fromkeys(LAYERS.values()):
        yield Measurement(yardstick, _median(_process(yardstick)), "ms")
    for layer, yardstick in LAYERS.items():
        yield Measurement(layer, _median(_process(layer)), "ms", yardstick)
    habit = Measurement("kernel start to a first plt.plot", _median(_kernel(HABIT, "image/png")), "ms")
    yield habit
    yield Measurement("kernel start to a first explorer", _median(_kernel(FIRST, "text/html")), "ms", habit.name)
    least = Measurement("memory: import ipywidgets, matplotlib", _megabytes("import ipywidgets, matplotlib"), "MB")
    yield least
    count = len(explorers.__all__)
    yield Measurement(f"memory: all {count} explorers shown", _megabytes(ALL), "MB", least.name)
    yield Measurement("memory: tanh, 200 layers of 65,536 units", _megabytes(WIDEST), "MB", least.name)
