"""The fast simulation against the plain one: 50 layers, forward and backward, over widths, activations and batches."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.measurement import Measurement, in_turns
from helpers import theory
from helpers.simulation import simulate, simulate_ensemble

DEPTH = 50
ROUNDS = 3


def _milliseconds(work: Callable[[], object]) -> float:
    """Median time of a call, over a twentieth of a second of calls at least."""
    times: list[float] = []
    while sum(times) < 0.05:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def _there_and_back(*arguments: Any, **options: Any) -> None:
    """Simulate a network, and ask for the way back too, which is computed only on demand."""
    simulate(*arguments, rng=0, **options).log10_gradient_variance  # noqa: B018


def _cases() -> Iterator[dict[str, Callable[[], object]]]:
    """What takes turns: first the dense simulation, then the fast one, and once what only the fast one can do."""
    cases = [(name, n, 1) for n in (16, 128, 512, 2048) for name in ("linear", "relu", "tanh")]
    cases += [("tanh", n, batch) for n in (64, 512) for batch in (2, 8, 32, 128, 512)]
    for name, n, batch in cases:
        arguments = DEPTH, n, theory.stable_variance(n, activation=name), name
        case: dict[str, Callable[[], object]] = {
            f"simulate {method}: {name}, {n} units, batch {batch}": partial(
                _there_and_back, *arguments, batch=batch, method=method
            )
            for method in ("dense", "fast")
        }
        if (name, n) == ("relu", 512):
            case |= {
                "ReLU, 1,000 layers of a million units": partial(_there_and_back, 1000, 10**6, 2e-6, "relu"),
                "the same where its numbers die on the way": partial(_there_and_back, 1000, 10**6, 1e-7, "relu"),
                "10,000 networks of 50 layers of 512 units": partial(simulate_ensemble, 10_000, *arguments, rng=0),
            }
        yield case


def measure() -> Iterator[Measurement]:
    """Dense and fast over widths, activations and batches, and what only the fast one can do."""
    for case in _cases():
        dense, *_ = case
        ways = {name: partial(_milliseconds, work) for name, work in case.items()}
        for name, times in in_turns(ways, ROUNDS).items():
            yield Measurement(name, statistics.median(times), "ms", dense if name != dense else "")
