"""The plain way: multiply by every weight matrix."""

from collections.abc import Callable

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

    inputs = np.random.default_rng(seeds[0]).standard_normal((widths[0], batch))
    top = np.random.default_rng(seeds[-1]).standard_normal((widths[-1], batch))
    return through(weights, len(widths) - 1, phi, inputs, top, number_format)


def through(
    weights: Callable[[int], Array], depth: int, phi: Activation, inputs: Array, top: Array, number_format: Format
) -> Propagation:
    """Send inputs up and the gradient `top` down through the matrices ``weights(1)`` to ``weights(depth)``."""
    h = number_format.round(inputs)
    forward, activations = [h], [h]
    with np.errstate(all="ignore"):
        for layer in range(1, depth + 1):
            forward.append(number_format.round(weights(layer) @ activations[-1]))
            activations.append(number_format.round(phi.value(forward[-1])))

    def backward() -> list[Array]:
        gradients = [number_format.round(top)]
        with np.errstate(all="ignore"):
            for layer in range(depth, 0, -1):
                gradient = number_format.round(weights(layer).T @ gradients[-1])
                below = gradient if layer == 1 else gradient * phi.derivative(forward[layer - 1])
                gradients.append(number_format.round(below))
        return gradients[::-1]

    return summarize(forward, backward, activations)
