"""The fast simulation against the plain one: 50 layers, forward and backward, over widths, activations and batches."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measurement import Measurement
from helpers import theory
from helpers.simulation import simulate, simulate_ensemble

DEPTH = 50


def _milliseconds(work: Callable[[], object], least: float = 0.2) -> float:
    """Median time of a call, over at least `least` seconds of calls."""
    times: list[float] = []
    while sum(times) < least or len(times) < 3:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def _there_and_back(*arguments: Any, **options: Any) -> None:
    """Simulate a network, and ask for the way back too, which is computed only on demand."""
    simulate(*arguments, rng=0, **options).log10_gradient_variance  # noqa: B018


def measure() -> Iterator[Measurement]:
    """Dense and fast over widths, activations and batches; then what only the fast one can do."""
    cases = [(name, n, 1) for n in (16, 128, 512, 2048) for name in ("linear", "relu", "tanh")]
    cases += [("tanh", n, batch) for n in (64, 512) for batch in (2, 8, 32, 128, 512)]
    for name, n, batch in cases:

        def run(method: str, name: str = name, n: int = n, batch: int = batch) -> float:
            variance = theory.stable_variance(n, activation=name)
            return _milliseconds(lambda: _there_and_back(DEPTH, n, variance, name, batch=batch, method=method))

        dense, fast = (f"simulate {method}: {name}, {n} units, batch {batch}" for method in ("dense", "fast"))
        yield Measurement(dense, run("dense"), "ms")
        yield Measurement(fast, run("fast"), "ms", dense)
    base = "simulate dense: relu, 512 units, batch 1"
    wide = _milliseconds(lambda: _there_and_back(1000, 10**6, 2e-6, "relu"))
    dying = _milliseconds(lambda: _there_and_back(1000, 10**6, 1e-7, "relu"))
    ensemble = _milliseconds(lambda: simulate_ensemble(10_000, DEPTH, 512, 2 / 512, "relu", rng=0))
    yield Measurement("ReLU, 1,000 layers of a million units", wide, "ms", base)
    yield Measurement("the same where its numbers die on the way", dying, "ms", base)
    yield Measurement("10,000 networks of 50 layers of 512 units", ensemble, "ms", base)
