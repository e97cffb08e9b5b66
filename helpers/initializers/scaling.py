"""Independent draws whose variance follows from the shape: a squared gain over a fan.

What belongs here: the fans, the general rule `variance_scaling`, and its cases that carry a name, each of them one
choice of gain, fan and distribution.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from helpers import arguments
from helpers.arguments import Rng
from helpers.initializers._weights import REACH, Weights, check_size
from helpers.initializers.random import normal, truncated_normal, uniform

__all__ = [
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
]

Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["normal", "truncated_normal", "uniform"]

# Standard deviation of N(0, 1) cut at -2 and 2: Var = 1 - 2 * 2 phi(2) / (Phi(2) - Phi(-2)).
_CUT_STD = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Count the inputs that each unit sums over, and the units that each input feeds.

    Every position of a convolution kernel counts: ``fan_in = shape[1] * prod(kernel)`` and
    ``fan_out = shape[0] * prod(kernel)`` (for stride 1, away from the borders).

    Parameters
    ----------
    shape : tuple of int
        ``(fan_out, fan_in)`` of a linear layer, ``(out_channels, in_channels, *kernel)`` of a convolution.

    Returns
    -------
    fan_in, fan_out : int

    Raises
    ------
    TypeError, ValueError
        If `shape` is not a tuple of at least two non-negative integers: a vector has no fans.

    References
    ----------
    He et al. (2015), "Delving Deep into Rectifiers", arXiv:1502.01852, sec. 2.2 (n = k² c, and k² d backward).

    Examples
    --------
    >>> fans((256, 512))
    (512, 256)
    >>> fans((64, 3, 5, 5))
    (75, 1600)
    """
    n_out, n_in, *kernel = arguments.shape(shape, least=2)
    field = math.prod(kernel)
    return n_in * field, n_out * field


def variance_scaling(
    shape: Sequence[int],
    scale: float = 1.0,
    mode: Mode = "fan_in",
    distribution: Distribution = "normal",
    *,
    rng: Rng = None,
    dtype: DTypeLike = np.float32,
) -> Weights:
    """Draw independent weights of mean 0 and variance scale / n, exactly, from any of three distributions.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_out, fan_in, *kernel)``, no dimension of size 0.
    scale : float
        The squared gain, ``>= 0``: 1 keeps a linear layer's variance, 2 a ReLU layer's.
    mode : {"fan_in", "fan_out", "fan_avg"}
        What n is (see `fans`): the inputs (steady forward pass), the outputs (steady gradients), their mean.
    distribution : {"normal", "truncated_normal", "uniform"}
        The truncated normal is cut at ±2 standard deviations of the uncut one, which is widened so that the
        variance after the cut is scale / n. The uniform is on ±sqrt(3 scale / n).
    rng, dtype
        As everywhere in `helpers.initializers`.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, for a fan of 0, and for a `scale` whose weights do not fit `dtype`.

    References
    ----------
    The common form of Glorot & Bengio (2010), eq. 12; He et al. (2015), eq. 10 and 14; LeCun et al. (1998).

    Examples
    --------
    >>> W = variance_scaling((512, 256), scale=2.0, mode="fan_out", rng=0)
    >>> round(float(W.var()) * 512, 1)
    2.0
    """
    gain = math.sqrt(arguments.number("scale", scale, 0))
    return _scaled("scale", gain, shape, mode, distribution, rng, dtype)


def _scaled(
    name: str,
    gain: float,
    shape: Sequence[int],
    mode: Mode,
    distribution: Distribution,
    rng: Rng,
    dtype: DTypeLike,
) -> Weights:
    """Draw weights of standard deviation gain / sqrt(n); `name` is the argument that the caller's gain is from."""
    std = gain / math.sqrt(_mode_fan(shape, mode))
    arguments.choice("distribution", distribution, ("normal", "truncated_normal", "uniform"))
    dtype = arguments.float_dtype(dtype)
    check_size(name, std, dtype)
    check_size(name, REACH * std, dtype)
    if distribution == "normal":
        return normal(shape, std=std, rng=rng, dtype=dtype)
    if distribution == "truncated_normal":
        return truncated_normal(shape, std=std / _CUT_STD, rng=rng, dtype=dtype)
    limit = math.sqrt(3) * std
    return uniform(shape, -limit, limit, rng=rng, dtype=dtype)


def _mode_fan(shape: Sequence[int], mode: Mode) -> float:
    fan_in, fan_out = fans(arguments.shape(shape, least=2, empty=False))
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    return n[arguments.choice("mode", mode, n)]


def xavier_uniform(
    shape: Sequence[int], gain: float = 1.0, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> Weights:
    """Draw from U(-a, a), a = gain sqrt(6 / (fan_in + fan_out)): variance 2 gain² / (fan_in + fan_out).

    A compromise between the steady forward pass (1 / fan_in) and steady gradients (1 / fan_out): the harmonic
    mean of the two variances. For tanh and other activations that are nearly linear around 0.

    Parameters
    ----------
    shape, rng, dtype
        As in `variance_scaling`, errors included.
    gain : float
        Factor on the standard deviation, ``>= 0``.

    Returns
    -------
    ndarray of `shape`

    References
    ----------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", eq. 16.

    Examples
    --------
    >>> W = xavier_uniform((300, 100), rng=0)
    >>> round(float(W.var()) * 200, 1)
    1.0
    """
    return _scaled("gain", arguments.number("gain", gain, 0), shape, "fan_avg", "uniform", rng, dtype)


def xavier_normal(
    shape: Sequence[int], gain: float = 1.0, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> Weights:
    """Draw from N(0, 2 gain² / (fan_in + fan_out)): `xavier_uniform` with normal weights.

    Parameters
    ----------
    shape, gain, rng, dtype
        As in `xavier_uniform`, errors included.

    Returns
    -------
    ndarray of `shape`

    References
    ----------
    Glorot & Bengio (2010), as for `xavier_uniform`, eq. 12.

    Examples
    --------
    >>> W = xavier_normal((300, 100), rng=0)
    >>> round(float(W.var()) * 200, 1)
    1.0
    """
    return _scaled("gain", arguments.number("gain", gain, 0), shape, "fan_avg", "normal", rng, dtype)


def he_normal(
    shape: Sequence[int],
    mode: Mode = "fan_in",
    negative_slope: float = 0.0,
    *,
    rng: Rng = None,
    dtype: DTypeLike = np.float32,
) -> Weights:
    """Draw from N(0, 2 / ((1 + negative_slope²) n)): ReLU halves the second moment, the 2 restores it.

    Parameters
    ----------
    shape, mode, rng, dtype
        As in `variance_scaling`, errors included.
    negative_slope : float
        The activation's slope below 0: 0 for ReLU, 1 for a linear layer.

    Returns
    -------
    ndarray of `shape`

    References
    ----------
    He et al. (2015), "Delving Deep into Rectifiers", arXiv:1502.01852, eq. 10 (forward) and 14 (backward); the
    slope in eq. 15.

    Examples
    --------
    >>> W = he_normal((300, 100), rng=0)
    >>> round(float(W.var()) * 100, 1)
    2.0
    """
    return _scaled("negative_slope", _he_gain(negative_slope), shape, mode, "normal", rng, dtype)


def he_uniform(
    shape: Sequence[int],
    mode: Mode = "fan_in",
    negative_slope: float = 0.0,
    *,
    rng: Rng = None,
    dtype: DTypeLike = np.float32,
) -> Weights:
    """Draw from U(-a, a), a = sqrt(6 / ((1 + negative_slope²) n)): `he_normal` with uniform weights.

    Parameters
    ----------
    shape, mode, negative_slope, rng, dtype
        As in `he_normal`, errors included.

    Returns
    -------
    ndarray of `shape`

    References
    ----------
    He et al. (2015), as for `he_normal`, eq. 10, 14 and 15.

    Examples
    --------
    >>> W = he_uniform((300, 100), rng=0)
    >>> round(float(W.var()) * 100, 1)
    2.0
    """
    return _scaled("negative_slope", _he_gain(negative_slope), shape, mode, "uniform", rng, dtype)


def _he_gain(negative_slope: float) -> float:
    return math.sqrt(2) / math.hypot(1, arguments.number("negative_slope", negative_slope))


def lecun_normal(shape: Sequence[int], *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Draw from N(0, 1 / fan_in): each unit sums fan_in inputs of variance 1 to a variance of 1.

    Parameters
    ----------
    shape, rng, dtype
        As in `variance_scaling`, errors included.

    Returns
    -------
    ndarray of `shape`

    References
    ----------
    LeCun, Bottou, Orr & Müller (1998), "Efficient BackProp", sec. 4.6.

    Examples
    --------
    >>> W = lecun_normal((300, 100), rng=0)
    >>> round(float(W.var()) * 100, 1)
    1.0
    """
    return variance_scaling(shape, 1.0, "fan_in", "normal", rng=rng, dtype=dtype)


def lecun_uniform(shape: Sequence[int], *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Draw from U(-a, a), a = sqrt(3 / fan_in): `lecun_normal` with uniform weights.

    Parameters
    ----------
    shape, rng, dtype
        As in `lecun_normal`, errors included.

    Returns
    -------
    ndarray of `shape`

    References
    ----------
    LeCun et al. (1998), as for `lecun_normal`.

    Examples
    --------
    >>> W = lecun_uniform((300, 100), rng=0)
    >>> round(float(W.var()) * 100, 1)
    1.0
    """
    return variance_scaling(shape, 1.0, "fan_in", "uniform", rng=rng, dtype=dtype)


glorot_uniform, glorot_normal = xavier_uniform, xavier_normal
kaiming_uniform, kaiming_normal = he_uniform, he_normal
