"""What random matrix theory says of the singular values of a weight matrix."""

import math

import numpy as np
from numpy.typing import NDArray

from helpers.arguments import integer, number


def singular_values(fan_out: int, fan_in: int, variance: float) -> NDArray[np.float64]:
    """Expected singular values of a matrix of independent weights, the largest first: Marchenko and Pastur's law.

    Between ``sqrt(variance) (sqrt(q) - sqrt(p))`` and ``sqrt(variance) (sqrt(q) + sqrt(p))`` with p <= q the two
    fans, whatever the weights' distribution (mean 0, finite variance), for large matrices. With a and b these ends, a
    singular value s has the density ``sqrt((b² - s²) (s² - a²)) / (pi variance p s)``.

    Parameters
    ----------
    fan_out, fan_in : int
        Shape of the matrix.
    variance : float
        Of a weight, ``>= 0``.

    Returns
    -------
    ndarray, shape (min(fan_out, fan_in),)
        The quantiles of the law in the middle of equal shares.

    Notes
    -----
    With ``s² = A - B cos(t)``, A and B half the sum and half the difference of b² and a², the share below is
    ``A t + B sin(t) - 2 a b atan2(b sin(t / 2), a cos(t / 2))``, divided by its value at t = pi.

    References
    ----------
    Marchenko & Pastur (1967), "Distribution of eigenvalues for some sets of random matrices", Math. USSR-Sbornik 1,
    457-483.

    Examples
    --------
    >>> singular_values(400, 100, 0.01)[[0, -1]].round(2)
    array([2.95, 1.03])
    """
    sizes = integer("fan_out", fan_out, 1), integer("fan_in", fan_in, 1)
    std = math.sqrt(number("variance", variance, 0))
    small, large = math.sqrt(min(sizes)), math.sqrt(max(sizes))
    a, b = large - small, large + small
    mean, half = (b**2 + a**2) / 2, (b**2 - a**2) / 2
    t = np.linspace(0, math.pi, 4001)
    below = mean * t + half * np.sin(t) - 2 * a * b * np.arctan2(b * np.sin(t / 2), a * np.cos(t / 2))
    middles = (np.arange(min(sizes))[::-1] + 0.5) / min(sizes)
    quantiles = np.interp(middles, below / below[-1], t)
    return np.asarray(std * np.sqrt(mean - half * np.cos(quantiles)))
