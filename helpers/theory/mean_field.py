"""Mean-field theory: wide layers with weights of variance sigma_w² / fan_in and biases of variance sigma_b²."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from helpers import activations
from helpers.activations import Activation, gaussian_mean
from helpers.arguments import number, square
from helpers.theory.profiles import FAR_SLOPE

Array = NDArray[np.float64]


def _value2(phi: Activation, q: Array | float) -> Array:
    """E[phi(z)²] for z from N(0, q)."""
    if phi.homogeneous:
        return np.asarray(phi.second_moment * q)
    return np.asarray(gaussian_mean(lambda z: phi.value(z) ** 2, np.sqrt(q)), dtype=float)


def _slope2(phi: Activation, q: Array | float) -> Array:
    """E[phi'(z)²] for z from N(0, q)."""
    far = 10**FAR_SLOPE if phi.bounded else math.inf
    near = gaussian_mean(lambda z: phi.derivative(z) ** 2, np.sqrt(np.minimum(q, far)))
    return np.asarray(near * np.sqrt(far / np.maximum(q, far)) if phi.bounded else near, dtype=float)


def _parameters(sigma_w: float, sigma_b: float, name: str) -> tuple[float, float, Activation]:
    return (
        square("sigma_w", sigma_w, above=0),
        square("sigma_b", sigma_b, 0),
        activations.activation(name),
    )


def q_map(q: float, sigma_w: float, sigma_b: float, activation: str) -> float:
    """Second moment of the next layer's pre-activations: sigma_w² E[phi(z)²] + sigma_b², z from N(0, q).

    Parameters
    ----------
    q : float
        Second moment of this layer's pre-activations, 0 or more.
    sigma_w, sigma_b : float
        Standard deviations of the weights (times the root of fan_in), greater than 0, and of the biases, 0 or more.
    activation : str
        A key of `activations.ACTIVATIONS`.

    References
    ----------
    Poole et al. 2016 (arXiv:1606.05340), eq. 3.

    Examples
    --------
    >>> q_map(1.0, 2**0.5, 0.0, "relu")
    1.0000000000000002
    """
    w2, b2, phi = _parameters(sigma_w, sigma_b, activation)
    return w2 * float(_value2(phi, number("q", q, 0))) + b2


def q_fixed_point(sigma_w: float, sigma_b: float, activation: str) -> float:
    """Second moment q* that deep layers settle at, starting from q = 1.

    Parameters
    ----------
    sigma_w, sigma_b, activation
        As in `q_map`.

    Returns
    -------
    float
        0 where the signal dies out, inf where it grows without end. A homogeneous activation at its critical point
        without biases keeps every q: the answer is the start, 1.

    References
    ----------
    Poole et al. 2016 (arXiv:1606.05340), section 3.

    Examples
    --------
    >>> round(q_fixed_point(1.3, 0.3, "tanh"), 4)
    0.607
    """
    return _fixed_point(*_parameters(sigma_w, sigma_b, activation))


@lru_cache(maxsize=256)
def _fixed_point(w2: float, b2: float, phi: Activation) -> float:
    if phi.homogeneous:
        rate = w2 * phi.second_moment
        if math.isclose(rate, 1, rel_tol=1e-12):
            return math.inf if b2 else 1.0
        return b2 / (1 - rate) if rate < 1 else math.inf

    def excess(q: Array | float) -> Array:
        return w2 * _value2(phi, q) + b2 - q

    start = float(excess(1.0))
    lowest = min(-12, math.floor(math.log10(b2)) - 1) if b2 else -12
    grid = np.logspace(0, 60 if start > 0 else lowest, 721)  # from 1 in the direction in which the map moves
    crossed = np.flatnonzero(np.sign(excess(grid)) != np.sign(start))
    if start == 0:
        return 1.0
    if len(crossed) == 0 and phi.bounded and start > 0:  # saturated
        return w2 * float(_value2(phi, grid[-1])) + b2
    if len(crossed) == 0:
        return math.inf if start > 0 else 0.0
    return _bisect(lambda q: float(excess(q)) * start, grid[crossed[0] - 1], grid[crossed[0]])


def _bisect(function: Callable[[float], float], positive: float, negative: float) -> float:
    """Root between two positive numbers at which `function` is positive and not positive, halving their ratio."""
    for _ in range(100):
        middle = math.sqrt(positive) * math.sqrt(negative)  # the product itself may underflow
        if function(middle) > 0:
            positive = middle
        else:
            negative = middle
    return middle


def chi_1(sigma_w: float, sigma_b: float, activation: str) -> float:
    """Factor by which squared gradients (and distances between nearby inputs) change per layer, at the fixed point q*.

    Below 1 the layers are in the ordered phase: gradients vanish; above 1 in the chaotic phase: they explode.

    Parameters
    ----------
    sigma_w, sigma_b, activation
        As in `q_map`.

    References
    ----------
    Poole et al. 2016 (arXiv:1606.05340), eq. 7; Schoenholz et al. 2017 (arXiv:1611.01232), eq. 5.

    Examples
    --------
    >>> round(chi_1(2.5, 0.3, "tanh"), 4)
    1.5852
    """
    w2, _, phi = _parameters(sigma_w, sigma_b, activation)
    if phi.homogeneous:
        return w2 * phi.second_moment
    q = q_fixed_point(sigma_w, sigma_b, activation)
    return w2 * float(_slope2(phi, q if q < math.inf else 1e60))


def correlation_map(c: float, sigma_w: float, sigma_b: float, activation: str) -> float:
    """Correlation of two inputs' pre-activations in the next layer, when it is `c` in this one and both are at q*.

    Parameters
    ----------
    c : float
        Correlation, from -1 to 1.
    sigma_w, sigma_b, activation
        As in `q_map`.

    Raises
    ------
    ValueError
        Also where q* is 0 or inf: there is no correlation to speak of.

    References
    ----------
    Poole et al. 2016 (arXiv:1606.05340), eq. 5.

    Examples
    --------
    >>> round(correlation_map(0.5, 2**0.5, 0.0, "relu"), 4)
    0.609
    """
    w2, b2, phi = _parameters(sigma_w, sigma_b, activation)
    c = number("c", c)
    if not -1 <= c <= 1:
        raise ValueError(f"c must be a correlation from -1 to 1, got {c}")
    q = q_fixed_point(sigma_w, sigma_b, activation)
    if not 0 < q < math.inf:
        raise ValueError(
            f"sigma_w, sigma_b must give a fixed point q* that is neither 0 nor inf, got sigma_w={sigma_w!r}, "
            f"sigma_b={sigma_b!r} for the activation {activation!r}, where q* = {q}"
        )
    return (w2 * _pair_mean(phi, q, c) + b2) / q


_ANGLES, _ANGLE_WEIGHTS = np.polynomial.legendre.leggauss(80)
_RADII = np.exp(np.arange(-20.0, 2.5, 0.1))
_RADIUS_WEIGHTS = _RADII**2 * np.exp(-(_RADII**2) / 2) * 0.1


def _pair_mean(phi: Activation, q: float, c: float) -> float:
    """E[phi(z1) phi(z2)] for z1, z2 from N(0, q) with correlation c.

    In polar coordinates, in the four sectors between the angles at which z1 or z2 changes sign: the integrand is
    smooth inside each, for every activation with a kink at 0.
    """
    tilt = math.asin(c)
    edges = np.array([-math.pi / 2, -tilt, math.pi / 2, math.pi - tilt, 3 * math.pi / 2])
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    theta = (middle[:, None] + half[:, None] * _ANGLES).ravel()
    weights = (half[:, None] * _ANGLE_WEIGHTS).ravel() / (2 * math.pi)
    radii = math.sqrt(q) * _RADII
    first = phi.value(np.cos(theta)[:, None] * radii)
    second = phi.value(np.sin(theta + tilt)[:, None] * radii)
    return float(weights @ (first * second) @ _RADIUS_WEIGHTS)


def critical_sigma_w(sigma_b: float, activation: str) -> float:
    """The sigma_w (not squared) at which chi_1 = 1: the edge of chaos, where signals travel deepest.

    Parameters
    ----------
    sigma_b : float
        Standard deviation of the biases, 0 or more.
    activation : str
        A key of `activations.ACTIVATIONS`.

    Raises
    ------
    ValueError
        Also where an activation has no such point at this sigma_b.

    References
    ----------
    Schoenholz et al. 2017 (arXiv:1611.01232), section 3 and figure 1.

    Examples
    --------
    >>> critical_sigma_w(0.0, "tanh")
    1.0
    >>> round(critical_sigma_w(0.05**0.5, "tanh") ** 2, 3)
    1.761
    """
    b2 = square("sigma_b", sigma_b, 0)
    phi = activations.activation(activation)
    if phi.homogeneous:
        return phi.gain
    if b2 == 0 and float(phi.value(0.0)) == 0:  # q* = 0, where phi is a straight line on either side of 0
        return _confirmed(math.sqrt(2 / float(np.sum(phi.derivative([-1e-12, 1e-12]) ** 2))), sigma_b, activation)

    def excess(q: Array | float) -> Array:
        """Biases' variance for which q is the fixed point at chi_1 = 1, less the one wanted."""
        return q - _value2(phi, q) / _slope2(phi, q) - b2

    grid = np.logspace(-12, 12, 481)
    crossed = np.flatnonzero((excess(grid)[:-1] <= 0) & (excess(grid)[1:] > 0))
    if len(crossed) == 0:
        return _confirmed(math.nan, sigma_b, activation)
    q = _bisect(lambda q: float(excess(q)), grid[crossed[0] + 1], grid[crossed[0]])
    return _confirmed(1 / math.sqrt(float(_slope2(phi, q))), sigma_b, activation)


def _confirmed(sigma_w: float, sigma_b: float, activation: str) -> float:
    """Return `sigma_w` if chi_1 is 1 there, at the fixed point that a unit signal reaches."""
    if math.isnan(sigma_w) or not math.isclose(chi_1(sigma_w, sigma_b, activation), 1, rel_tol=1e-6):
        raise ValueError(f"sigma_b must allow a critical point of {activation!r}, got {sigma_b!r}, which does not")
    return sigma_w
