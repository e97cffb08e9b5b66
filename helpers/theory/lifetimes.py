"""The layer at which a network's numbers leave a number format."""

import math
from statistics import NormalDist

from helpers import activations
from helpers.arguments import integer, number
from helpers.precision import format_limits
from helpers.theory.profiles import log10_square


def _log10_largest(n: int) -> float:
    """log10 of the median of the largest of n values |z|, z from N(0, 1)."""
    return math.log10(-NormalDist().inv_cdf(-math.expm1(-math.log(2) / n) / 2))


_LONGEST_SEARCH = 10_000


def _first_layer(fan_in: int, variance: float, name: str, threshold: float, sign: int) -> int | None:
    """First layer at which sign · log10(q) exceeds sign · threshold."""
    fan_in = integer("fan_in", fan_in, 1)
    phi = activations.activation(name)
    step = math.log10(fan_in) + math.log10(number("variance", variance, above=0))
    q, layer, slope = step, 1, math.inf
    while sign * q <= sign * threshold:
        new_slope = step + log10_square(phi, q) - q
        if abs(new_slope) < 1e-12 or layer == _LONGEST_SEARCH:  # it settles
            return None
        if phi.homogeneous or abs(new_slope - slope) < 1e-9 * abs(new_slope):  # a straight line from here on
            return layer + math.floor((threshold - q) / new_slope) + 1 if sign * new_slope > 0 else None
        q, layer, slope = q + new_slope, layer + 1, new_slope
    return layer


def first_overflow_layer(
    fan_in: int, variance: float, format: str = "float32", activation: str = "linear"
) -> int | None:
    """First layer whose typical largest pre-activation exceeds the largest number of the format.

    "Typical largest" is the median, over networks, of the largest of the layer's `fan_in` units: about three standard
    deviations in 512 units. The input has second moment 1.

    Parameters
    ----------
    fan_in : int
        Width of every layer.
    variance : float
        Variance sigma² of the weights, greater than 0.
    format : str
        A key of `precision.FORMATS`.
    activation : str
        A key of `activations.ACTIVATIONS`.

    Returns
    -------
    int or None
        None where it never comes (where the profile does not settle to a straight line: not in 10,000 layers).

    Examples
    --------
    >>> [first_overflow_layer(512, 1.0, name) for name in ("float16", "float32", "float64")]
    [4, 29, 228]
    """
    return _first_layer(fan_in, variance, activation, _log10_threshold(fan_in, format_limits(format).max), 1)


def first_underflow_layer(
    fan_in: int, variance: float, format: str = "float32", activation: str = "linear"
) -> int | None:
    """First layer whose typical largest pre-activation is below half the smallest number of the format: all are 0.

    Arithmetic that also rounds the products w·h to the format loses them up to two layers earlier.
    Parameters, return value and the meaning of "typical largest" are those of `first_overflow_layer`.

    Examples
    --------
    >>> [first_underflow_layer(512, 0.01**2, name) for name in ("float16", "float32", "float64")]
    [13, 71, 503]
    """
    smallest = format_limits(format).smallest_subnormal
    return _first_layer(fan_in, variance, activation, _log10_threshold(fan_in, smallest, half=True), -1)


def _log10_threshold(fan_in: int, value: float, *, half: bool = False) -> float:
    """log10 of the second moment at which the typical largest unit reaches `value` (or half of it)."""
    log10_value = math.log10(value) - (math.log10(2) if half else 0)
    return 2 * (log10_value - _log10_largest(integer("fan_in", fan_in, 1)))
