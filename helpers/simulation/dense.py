"""The plain way: draw every weight matrix and multiply."""

import numpy as np

from helpers.activations import Activation
from helpers.precision import Format
from helpers.simulation.result import Array, Propagation, summarize


def propagate(
    widths: list[int],
    sigma: float,
    phi: Activation,
    batch: int,
    number_format: Format,
    rng: np.random.Generator,
) -> Propagation:
    """Simulate one network in the arithmetic of `number_format`.

    Each matrix is drawn from a seed of its own, once on the way up and again on the way down: one at a time in memory.
    """
    seeds = rng.integers(2**63, size=len(widths) + 1)

    def weights(layer: int) -> Array:
        draw = np.random.default_rng(seeds[layer]).standard_normal((widths[layer], widths[layer - 1]))
        return number_format.round(sigma * draw) if number_format.in_numpy else (sigma * draw).astype(np.float32)

    h = number_format.round(np.random.default_rng(seeds[0]).standard_normal((widths[0], batch)))
    forward, activations = [h], [h]
    with np.errstate(all="ignore"):
        for layer in range(1, len(widths)):
            forward.append(number_format.round(weights(layer) @ activations[-1]))
            activations.append(number_format.round(phi.value(forward[-1])))

    def backward() -> list[Array]:
        gradients = [number_format.round(np.random.default_rng(seeds[-1]).standard_normal((widths[-1], batch)))]
        with np.errstate(all="ignore"):
            for layer in range(len(widths) - 1, 0, -1):
                gradient = number_format.round(weights(layer).T @ gradients[-1])
                below = gradient if layer == 1 else gradient * phi.derivative(forward[layer - 1])
                gradients.append(number_format.round(below))
        return gradients[::-1]

    return summarize(forward, backward, activations)
