"""The fast simulation against the plain one, forward and backward, over widths, activations and batches."""

import statistics
import time
from collections.abc import Callable
from typing import Any

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


def main() -> None:
    """Print the table."""
    print(f"simulate, {DEPTH} layers, forward and backward: median ms, and how many times faster than dense")
    print(f"{'activation':>12} {'width':>6} {'batch':>6} {'dense':>9} {'fast':>9} {'ratio':>8}")
    cases = [(name, n, 1) for n in (16, 128, 512, 2048) for name in ("linear", "relu", "tanh")]
    cases += [("tanh", n, batch) for n in (64, 512) for batch in (2, 8, 32, 128, 512)]
    for name, n, batch in cases:

        def run(method: str, name: str = name, n: int = n, batch: int = batch) -> float:
            variance = theory.stable_variance(n, activation=name)
            return _milliseconds(lambda: _there_and_back(DEPTH, n, variance, name, batch=batch, method=method))

        fast, dense = run("fast"), run("dense")
        print(f"{name:>12} {n:>6} {batch:>6} {dense:>9.2f} {fast:>9.2f} {dense / fast:>7.1f}x")
    wide = _milliseconds(lambda: _there_and_back(1000, 10**6, 2e-6, "relu"))
    dying = _milliseconds(lambda: _there_and_back(1000, 10**6, 1e-7, "relu"))
    ensemble = _milliseconds(lambda: simulate_ensemble(10_000, DEPTH, 512, 2 / 512, "relu", rng=0))
    print(f"ReLU, a million units wide, 1,000 layers: {wide:.2f} ms; where its numbers die on the way: {dying:.2f} ms")
    print(f"10,000 networks of 512 units and {DEPTH} layers: {ensemble:.0f} ms")


if __name__ == "__main__":
    main()
