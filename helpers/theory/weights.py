"""How a single weight is distributed: the laws that initializers draw from, told by their parameters.

What belongs here: distributions of one weight. What a matrix of such weights does is in the other modules.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.activations import normal_cdf
from helpers.arguments import instance, integer, number, square

__all__ = ["Law", "coordinate", "diluted", "normal", "points", "truncated_normal", "uniform"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """The distribution of a weight.

    Attributes
    ----------
    variance : float
        Around the mean.
    below : callable
        From an array of values to the probabilities of weights up to them (the cumulative distribution function).

    Examples
    --------
    >>> law = normal(0.1)
    >>> law.variance.__round__(3), law.below(np.array([0.0, 0.1])).round(3)
    (0.01, array([0.5  , 0.841]))
    """

    variance: float
    below: Callable[[Array], Array]


def normal(std: float) -> Law:
    """N(0, std²)."""
    variance, std = square("std", std, above=0), float(std)
    return Law(variance, lambda x: normal_cdf(x / std))


def truncated_normal(std: float) -> Law:
    """N(0, std²), given that it is within two standard deviations.

    Examples
    --------
    >>> round(truncated_normal(1.0).variance, 3)
    0.774
    """
    variance, std = square("std", std, above=0), float(std)
    inside = math.erf(math.sqrt(2))
    variance *= 1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / inside
    return Law(variance, lambda x: 0.5 + (normal_cdf(np.clip(x / std, -2, 2)) - 0.5) / inside)


def uniform(variance: float) -> Law:
    """The uniform law around 0 of this variance: on ±sqrt(3 variance)."""
    limit = math.sqrt(3 * number("variance", variance, above=0))
    return Law(variance, lambda x: np.clip((x / limit + 1) / 2, 0, 1))


def points(shares: Mapping[float, float]) -> Law:
    """A few values with their probabilities.

    Examples
    --------
    >>> coin = points({0.0: 0.5, 1.0: 0.5})
    >>> coin.variance, coin.below(np.array([-0.1, 0.0, 1.0]))
    (0.25, array([0. , 0.5, 1. ]))
    """
    instance("shares", shares, Mapping, "a mapping of numbers to probabilities")
    shares = {number("shares", value): number("shares", share, 0, most=1) for value, share in shares.items()}
    if not math.isclose(sum(shares.values()), 1):
        raise ValueError(f"shares must have the sum 1, got {shares!r}")
    mean = sum(value * share for value, share in shares.items())
    variance = sum((value - mean) ** 2 * share for value, share in shares.items())
    return Law(variance, lambda x: np.sum([share * (x >= value) for value, share in shares.items()], axis=0))


def diluted(law: Law, zeros: float) -> Law:
    """A law around 0 of which this share is set to 0."""
    instance("law", law, Law, "a Law")
    zeros = number("zeros", zeros, 0, most=1)
    return Law((1 - zeros) * law.variance, lambda x: zeros * (x >= 0) + (1 - zeros) * law.below(x))


def coordinate(dimension: int) -> Law:
    """One coordinate of a vector of length 1 in a random direction: an entry of a random orthogonal matrix.

    Its density is proportional to (1 - x²)^((dimension - 3) / 2); `dimension` is at least 2. With x = sin(angle) the
    integrand is a power of the cosine, which Gauss's rule with 64 nodes integrates to rounding error in up to 1,000
    dimensions. More are an error.

    Examples
    --------
    >>> coordinate(3).below(np.array([-0.5, 0.0, 0.5])).round(12)  # Archimedes: uniform
    array([0.25, 0.5 , 0.75])
    """
    if integer("dimension", dimension, 2) > 1000:
        raise ValueError(f"dimension must be at most 1000, got {dimension!r}")
    nodes, parts = np.polynomial.legendre.leggauss(64)

    def from_zero(angle: Array) -> Array:
        places = np.multiply.outer(angle / 2, nodes + 1)
        return np.asarray(angle / 2 * (np.cos(places) ** (dimension - 2) @ parts))

    whole = 2 * from_zero(np.array(math.pi / 2))
    return Law(1 / dimension, lambda x: 0.5 + from_zero(np.arcsin(np.clip(x, -1, 1))) / whole)
