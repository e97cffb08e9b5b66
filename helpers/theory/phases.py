"""Order and chaos of wide tanh networks: where a network stands, and the whole plane of sigma_w and sigma_b.

The functions of `mean_field` answer for any activation, one number at a time; these are for tanh, and fast enough for
every move of a slider. They rest on two facts. With the Hermite coefficients a_k of tanh(√q z), the mean of
tanh(z1) tanh(z2) over two N(0, q) of correlation c is the power series of a_k² c^k. And though q* has no formula,
sigma_w and sigma_b have one, given q* and either chi_1 or c*.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from helpers.arguments import integer, number, square

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Phase:
    """Where a wide network stands between order and chaos.

    Attributes
    ----------
    q : float
        Second moment q* that the pre-activations of deep layers settle at.
    chi_1 : float
        Factor of a squared gradient per layer.
    correlation : float
        c*, at which the correlation of two inputs settles; NaN where q* is 0: without a signal there is none.
    depth_scale : float
        Layers xi over which the distance of a correlation from c* shrinks by a factor e.
    """

    q: float
    chi_1: float
    correlation: float
    depth_scale: float
    _series: Array = field(repr=False)

    def correlations(self, c: float, depth: int) -> Array:
        """Correlation of two inputs by layer, 0 to `depth`, when it is `c` at layer 0 and both are at q*.

        Where q* is 0 the signal dies out, and what is left of it keeps its correlation.

        Examples
        --------
        >>> tanh_phase(2.5, 0.3).correlations(0.6, 3).round(3)
        array([0.6  , 0.537, 0.478, 0.424])
        """
        profile = [number("c", c, -1, most=1)]
        for _ in range(integer("depth", depth)):
            profile.append(_value(self._series, profile[-1]))
        return np.array(profile)


def tanh_phase(sigma_w: float, sigma_b: float) -> Phase:
    """Where a wide tanh network stands between order and chaos.

    Parameters
    ----------
    sigma_w, sigma_b : float
        Standard deviations of the weights (times the root of fan_in), greater than 0, and of the biases, 0 or more.
        Together they may lead to a second moment q* of up to 25, where the results are exact to ten digits.

    Returns
    -------
    Phase

    Raises
    ------
    ValueError
        Also where q* is beyond: `mean_field` has functions for that.

    References
    ----------
    Poole et al. 2016 (arXiv:1606.05340), eqs. 3 to 7; Schoenholz et al. 2017 (arXiv:1611.01232), section 3: xi is
    -1 / ln of the slope of the correlation map at c*, which is chi_1 in the ordered phase. Daniely et al. 2016
    (arXiv:1602.05897) for the series.

    Examples
    --------
    >>> phase = tanh_phase(1.3, 0.3)
    >>> round(phase.q, 4), round(phase.chi_1, 4), phase.correlation, round(phase.depth_scale, 1)
    (0.607, 0.9398, 1.0, 16.1)
    """
    w2, b2 = square("sigma_w", sigma_w, above=0), square("sigma_b", sigma_b, 0)
    q = _settled(w2, b2)
    if q > _FARTHEST:
        raise ValueError(f"sigma_w and sigma_b must lead to q* of at most {_FARTHEST}, got {sigma_w!r} and {sigma_b!r}")
    value2, slope2 = (float(moment) for moment in _moments(q))
    chi_1 = w2 * slope2
    if q == 0:
        return Phase(q, chi_1, math.nan, _depth_scale(chi_1), np.array([0.0, 1.0]))
    series = np.concatenate([[b2 / q], w2 * _squares(q, value2) / q])
    if chi_1 <= 1:
        return Phase(q, chi_1, 1.0, _depth_scale(chi_1), series)
    c = _crossing(series)
    return Phase(q, chi_1, c, _depth_scale(_slope(series, c)), series)


@lru_cache(maxsize=1)
def tanh_plane() -> tuple[tuple[Array, Array, Array], tuple[Array, Array, Array]]:
    """The plane of sigma_w and sigma_b as two curved grids, ordered and chaotic, that meet at the critical line.

    Returns
    -------
    ordered, chaotic : tuple of three ndarrays of one shape
        sigma_w, sigma_b, and the slope of the correlation map at c*, which is exp(-1 / xi); the last column of either
        is the critical line, where the slope is 1. They cover sigma_w from 0.5 to 4, sigma_b from 0 to 2.

    Examples
    --------
    >>> (sigma_w, sigma_b, _), _ = tanh_plane()
    >>> float(np.interp(0.05**0.5, sigma_b[:, -1], sigma_w[:, -1]) ** 2).__round__(3)
    1.761
    """
    q = np.linspace(0.01, 5, 100)[:, None] ** 2
    value2, slope2 = (moment[:, None] for moment in _moments(q[:, 0]))
    chi_1 = np.linspace(0.02, 1, 60)
    w2 = chi_1 / slope2
    ordered = np.sqrt(w2), np.sqrt(q - w2 * value2), np.broadcast_to(chi_1, w2.shape)

    c = np.linspace(0, 1, 60)[:-1] ** 2  # b2 is proportional to c near 0: even steps in sigma_b
    squares = _squares(q[:, 0], value2[:, 0])
    w2 = q * (1 - c) / (value2 - squares @ c ** _ORDERS[:, None])
    slope = w2 * (squares @ (_ORDERS[:, None] * c ** (_ORDERS[:, None] - 1))) / q
    edge = 1 / slope2
    w2, slope = np.hstack([w2, edge]), np.hstack([slope, np.ones_like(edge)])
    return ordered, (np.sqrt(w2), np.sqrt(np.maximum(q - w2 * value2, 0)), slope)


# Means over z from N(0, 1): the midpoint rule, which converges exponentially for what is smooth and decays.
_STEP = 0.05
_NODES = np.arange(_STEP / 2, 9, _STEP)  # one side: all integrands are even
_WEIGHTS = 2 * _STEP * np.exp(-(_NODES**2) / 2) / math.sqrt(2 * math.pi)
_ORDERS = np.arange(1.0, 302, 2)  # tanh is odd; up to q = 25 the squares beyond sum to less than 1e-7
_FARTHEST = 25  # q*: farther out, the nodes are too far apart for the slope of tanh


def _moments(q: Array | float) -> tuple[Array, Array]:
    """E[tanh(z)²] and E[tanh'(z)²] for z from N(0, q)."""
    value2 = np.tanh(np.sqrt(q)[..., None] * _NODES) ** 2
    return value2 @ _WEIGHTS, (1 - value2) ** 2 @ _WEIGHTS


def _settled(w2: float, b2: float) -> float:
    """q*, by Newton's method from above: w2 E[tanh(z)²] + b2 - q is concave in q."""
    if b2 == 0 and w2 <= 1:
        return 0.0
    q = w2 + b2
    for _ in range(100):
        value2 = np.tanh(math.sqrt(q) * _NODES) ** 2
        slope = float((1 - value2) * (1 - 3 * value2) @ _WEIGHTS)  # of E[tanh(z)²] in q, by Stein's lemma
        step = (w2 * float(value2 @ _WEIGHTS) + b2 - q) / (1 - w2 * slope)
        q = max(q + step, b2)  # rounding may lead below
        if abs(step) <= 1e-14 * q:
            break
    return q


@lru_cache(maxsize=1)
def _hermite() -> Array:
    """Normalized Hermite polynomials of odd order at the nodes, times the weights: one row per order."""
    rows = [np.ones_like(_NODES), _NODES]
    for k in range(1, int(_ORDERS[-1])):
        rows.append((_NODES * rows[k] - math.sqrt(k) * rows[k - 1]) / math.sqrt(k + 1))
    return np.array(rows[1::2]) * _WEIGHTS


def _squares(q: Array | float, value2: Array | float) -> Array:
    """Squared Hermite coefficients of tanh(√q z), by order along the last axis; the last takes what is beyond it."""
    squares = np.asarray(np.tanh(np.sqrt(q)[..., None] * _NODES) @ _hermite().T) ** 2
    squares[..., -1] += value2 - squares.sum(axis=-1)
    return squares


def _value(series: Array, c: float) -> float:
    """The correlation map, from its constant and its coefficients by (odd) order."""
    return float(series[0] + series[1:] @ c ** _ORDERS[: len(series) - 1])


def _slope(series: Array, c: float) -> float:
    return float(series[1:] @ (_ORDERS * c ** (_ORDERS - 1)))


def _crossing(series: Array) -> float:
    """c* below 1, by Newton's method from 0: the map is convex, and starts above c."""
    c = 0.0
    for _ in range(100):
        step = (_value(series, c) - c) / (1 - _slope(series, c))
        c += step
        if abs(step) < 1e-13:
            break
    return c


def _depth_scale(slope: float) -> float:
    if slope <= 0:
        return 0.0
    return -1 / math.log(slope) if slope < 1 else math.inf
