"""Random networks, simulated: matrix by matrix, or without drawing a matrix, with the same law.

`simulate` is the entrance for a random network, `simulate_through` for given matrices, `simulate_ensemble` for
thousands of networks at once. The ways of computing
are one module each: `dense` draws every matrix and multiplies; `units` draws the units of a layer from their law given
the layer below; `norms` needs but a few numbers per layer (linear and ReLU, one input).
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from helpers import activations, arguments, precision
from helpers.arguments import Rng
from helpers.simulation import dense, norms, units
from helpers.simulation.result import Propagation

__all__ = ["Propagation", "simulate", "simulate_ensemble", "simulate_through"]


def simulate(
    depth: int,
    width: int | Sequence[int],
    variance: float,
    activation: str = "linear",
    *,
    batch: int = 1,
    dtype: Any = np.float64,
    method: Literal["fast", "dense"] = "fast",
    rng: Rng = None,
) -> Propagation:
    """Send a random batch through one random network, and a random gradient back.

    The weights are drawn from N(0, sigma²), the inputs and the gradient at the top from N(0, 1). There are no biases,
    and no activation is applied to the input. Both methods have the same law; "fast" rounds what a unit holds to
    `dtype`, "dense" also its weights and, as NumPy's matrix product does in float32 and float64, every product and sum
    on the way (so that in collapse its units reach 0 up to two layers earlier).

    Parameters
    ----------
    depth : int
        Number of layers L, 0 or more.
    width : int or sequence of L + 1 ints
        Units of every layer, the input included.
    variance : float
        Variance sigma² of the weights, greater than 0, such that `dtype` can hold the weights.
    activation : str
        A key of `activations.ACTIVATIONS`.
    batch : int
        Number of inputs B.
    dtype : dtype or str
        The arithmetic of the network: float16, float32 or float64, or the name of another format of
        `precision.FORMATS`. In these a layer's sums are exact (dense: in float32) before its units are rounded.
    method : {"fast", "dense"}
        Fast takes O(n B²) a layer instead of O(n² B), or O(1) for linear and ReLU with one input; where narrow
        layers or a large batch would make it slower than dense, it is dense.
    rng : None, int or numpy.random.Generator
        A seed or generator. With the same seed, the draws of a layer do not depend on `variance` or on the depth.

    Returns
    -------
    Propagation
        Profiles of L + 1 layers.

    Raises
    ------
    TypeError, ValueError
        Where an argument is not of this form; the message names it.

    Examples
    --------
    >>> run = simulate(50, 512, 0.01**2, rng=0)
    >>> run.log10_variance[-1].round(1)
    np.float64(-64.3)
    >>> simulate(20, 512, 0.01**2, dtype=np.float16, rng=0).first_zero
    13
    """
    depth = arguments.integer("depth", depth)
    widths = arguments.per_layer("width", width, depth + 1)
    sigma = arguments.number("variance", variance, above=0) ** 0.5
    phi = activations.activation(activation)
    batch = arguments.integer("batch", batch, 1)
    number_format = _format(dtype)
    arguments.choice("method", method, ["fast", "dense"])
    held = number_format if number_format.in_numpy else precision.FORMATS["float32"]
    if not held.smallest_normal <= sigma <= held.max / 100:
        raise ValueError(f"variance must give weights that {held.name} can hold, got {variance!r}")
    generator = arguments.generator(rng)
    if method == "fast" and batch == 1 and activation in norms.ACTIVATIONS:
        return norms.propagate(widths, sigma, activation, number_format, generator)
    if method == "dense" or _dense_is_faster(batch, widths):
        return dense.propagate(widths, sigma, phi, batch, number_format, generator)
    return units.propagate(widths, sigma, phi, batch, number_format, generator)


def _format(dtype: Any) -> precision.Format:
    others = [name for name, each in precision.FORMATS.items() if not each.in_numpy]
    if isinstance(dtype, str) and dtype in others:
        return precision.FORMATS[dtype]
    try:
        return precision.FORMATS[arguments.float_dtype(dtype).name]
    except TypeError as error:
        raise TypeError(f"{error} (or one of {', '.join(map(repr, others))})") from None


def _dense_is_faster(batch: int, widths: list[int]) -> bool:
    """Whether matrices cost less than the conditional laws: where they are small, and for large batches."""
    return max(widths) < 32 or (batch > 1 and 8 * batch >= min(widths))


def simulate_through(
    weights: Sequence[NDArray[np.floating]], activation: str = "linear", *, batch: int = 1, rng: Rng = None
) -> Propagation:
    """Send a random batch through given matrices, and a random gradient back; the arithmetic is that of the matrices.

    Parameters
    ----------
    weights : sequence of L ndarrays, shape (units of layer l, units of layer l - 1)
        Floating-point matrices, from the first layer up.
    activation : str
        A key of `activations.ACTIVATIONS`; not applied to the input.
    batch : int
        Number of inputs.
    rng : None, int or numpy.random.Generator
        Draws the inputs and the gradient at the top from N(0, 1).

    Returns
    -------
    Propagation
        Profiles of L + 1 layers.

    Raises
    ------
    TypeError, ValueError
        Where an argument is not of this form; the message names it.

    Examples
    --------
    >>> simulate_through(30 * [2 * np.eye(64)], rng=0).log10_variance[-1].round(1)
    np.float64(18.0)
    """
    matrices = arguments.matrices("weights", weights)
    phi = activations.activation(activation)
    batch = arguments.integer("batch", batch, 1)
    generator = arguments.generator(rng)
    inputs = generator.standard_normal((matrices[0].shape[1], batch))
    top = generator.standard_normal((len(matrices[-1]), batch))
    number_format = precision.FORMATS[matrices[0].dtype.name]
    return dense.through(lambda layer: matrices[layer - 1], len(matrices), phi, inputs, top, number_format)


def simulate_ensemble(
    networks: int,
    depth: int,
    width: int | Sequence[int],
    variance: float,
    activation: str = "linear",
    *,
    rng: Rng = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Forward and backward profiles of many independent networks, each with one input of its own, on paper.

    "On paper" means without a number format: nothing overflows.

    Parameters
    ----------
    networks : int
        How many.
    depth, width, variance, rng
        As in `simulate`.
    activation : {"linear", "relu"}

    Returns
    -------
    log10_variance, log10_gradient_variance : ndarray, shape (networks, depth + 1)
        Base-10 logarithms of the second moments, -inf where a ReLU network is dead.

    Raises
    ------
    TypeError, ValueError
        Where an argument is not of this form; the message names it.

    References
    ----------
    Hanin & Nica 2018 (arXiv:1812.05994), section 1.

    Examples
    --------
    >>> forward, backward = simulate_ensemble(10_000, 10, 50, 2 / 50, "relu", rng=0)
    >>> forward.shape
    (10000, 11)
    """
    networks = arguments.integer("networks", networks, 1)
    depth = arguments.integer("depth", depth)
    widths = arguments.per_layer("width", width, depth + 1)
    sigma = arguments.number("variance", variance, above=0) ** 0.5
    arguments.choice("activation", activation, norms.ACTIVATIONS)
    draw = norms.Draw(networks, widths, sigma, activation, arguments.generator(rng))
    units_below = np.log10(np.array(widths))
    return draw.log10_z - units_below, draw.log10_gradient() - units_below
