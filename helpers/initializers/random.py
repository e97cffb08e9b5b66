"""Independent draws whose scale the caller sets: nothing here looks at the fans.

What belongs here: initializers that take the parameters of a distribution. Those that work out the scale from the
shape are in `helpers.initializers.scaling`, draws that depend on each other in `structured`.
"""

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from helpers import arguments
from helpers.arguments import Rng
from helpers.initializers._weights import REACH, Weights, check_size

__all__ = ["normal", "sparse", "truncated_normal", "uniform"]


def uniform(
    shape: Sequence[int], low: float = 0.0, high: float = 1.0, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> Weights:
    """Draw independent weights from the uniform distribution on [low, high).

    Mean (low + high) / 2, variance (high - low)² / 12. The defaults are not centred: their mean is 1/2.

    Parameters
    ----------
    shape, rng, dtype
        As everywhere in `helpers.initializers`.
    low, high : float
        ``low <= high``. `high` itself is not returned (rounding included), unless ``low == high``.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, for ``low > high``, for values or a range that overflow `dtype`, and for two bounds that
        `dtype` cannot tell apart.

    Examples
    --------
    >>> W = uniform((100, 100), -0.3, 0.3, rng=0)
    >>> bool(W.min() >= np.float32(-0.3)), bool(W.max() < np.float32(0.3)), round(float(W.var()), 2)
    (True, True, 0.03)
    """
    sizes, dtype = arguments.shape(shape), arguments.float_dtype(dtype)
    low, high = _interval(arguments.number("low", low), arguments.number("high", high), dtype)
    draws = arguments.generator(rng).random(sizes, dtype=_draw_type(dtype))
    draws *= high - low
    draws += low
    below_high = np.nextafter(dtype.type(high), dtype.type(low))
    weights: Weights = np.minimum(draws.astype(dtype, copy=False), below_high)
    return weights


def _interval(low: float, high: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    if low > high:
        raise ValueError(f"low must not exceed high, got low={low!r} and high={high!r}")
    check_size("low, high and high - low", max(abs(low), abs(high), high - low), dtype)
    if low < high and dtype.type(low) == dtype.type(high):
        raise ValueError(f"low and high must be equal or differ in {dtype}, got low={low!r} and high={high!r}")
    return low, high


def _draw_type(dtype: np.dtype[Any]) -> Any:
    return np.promote_types(dtype, np.float32)


def normal(
    shape: Sequence[int], mean: float = 0.0, std: float = 1.0, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> Weights:
    """Draw independent weights from N(mean, std²).

    Parameters
    ----------
    shape, rng, dtype
        As everywhere in `helpers.initializers`.
    mean, std : float
        Mean and standard deviation (not the variance); ``std >= 0``.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, for a `std` that becomes 0 in `dtype`, and where ``mean ± 10 std`` overflows it.

    Examples
    --------
    >>> W = normal((512, 512), std=0.01, rng=0)
    >>> round(float(W.std()), 4), W.dtype
    (0.01, dtype('float32'))
    """
    sizes, dtype = arguments.shape(shape), arguments.float_dtype(dtype)
    mean, std = _mean_and_std("mean and std", mean, std, REACH, dtype)
    draws = arguments.generator(rng).standard_normal(sizes, dtype=_draw_type(dtype))
    draws *= std
    draws += mean
    return draws.astype(dtype, copy=False)


def _mean_and_std(names: str, mean: float, std: float, reach: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    """Check a mean and a standard deviation whose draws lie up to `reach` std from the mean."""
    mean, std = arguments.number("mean", mean), arguments.number("std", std, 0)
    check_size("std", std, dtype)
    check_size(names, abs(mean) + reach * std, dtype)
    return mean, std


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    std: float = 1.0,
    lower: float = -2.0,
    upper: float = 2.0,
    *,
    rng: Rng = None,
    dtype: DTypeLike = np.float32,
) -> Weights:
    """Draw independent weights from N(mean, std²), conditioned on lower <= (weight - mean) / std <= upper.

    `std` is that of the uncut normal. Cutting shrinks it, and nothing rescales it here: at the default ±2 the
    weights' standard deviation is 0.8796 `std` (`variance_scaling` does rescale). In general their variance is
    ``std² (1 + (a phi(a) - b phi(b)) / Z - ((phi(a) - phi(b)) / Z)²)`` with a, b the bounds, phi the standard
    normal density and Z the probability between them.

    Parameters
    ----------
    shape, mean, std, rng, dtype
        As in `normal`, before the cut.
    lower, upper : float
        Bounds in multiples of `std`, ``lower < upper``; infinite ones are accepted. (``torch.nn.init`` takes
        the weights' own values instead.)

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, for a `std` that becomes 0 in `dtype`, and where the draws overflow it.

    References
    ----------
    Robert (1995), "Simulation of truncated normal variables", Statistics and Computing 5, sec. 2,
    arXiv:0907.4010 (exponential and uniform proposals; the exponential's rate here is simply the near bound).

    Examples
    --------
    >>> W = truncated_normal((512, 512), std=0.01, rng=0)
    >>> bool(np.abs(W).max() <= np.float32(0.02)), round(float(W.std()), 4)
    (True, 0.0088)
    >>> bool(truncated_normal((3,), lower=40, upper=np.inf, rng=0).min() >= 40)
    True
    """
    sizes, dtype = arguments.shape(shape), arguments.float_dtype(dtype)
    lower, upper = (arguments.number(name, x, infinite=True) for name, x in (("lower", lower), ("upper", upper)))
    if not lower < upper:
        raise ValueError(f"lower must be less than upper, got lower={lower!r} and upper={upper!r}")
    reach = min(max(-lower, upper), max(lower, -upper, 0.0) + REACH)
    mean, std = _mean_and_std("mean, std, lower and upper", mean, std, reach, dtype)
    draws = _cut_normal(arguments.generator(rng), math.prod(sizes), lower, upper)
    return (draws * std + mean).astype(dtype).reshape(sizes)


def _cut_normal(rng: np.random.Generator, size: int, lower: float, upper: float) -> NDArray[np.float64]:
    """Draw from N(0, 1) between two bounds, by rejection until `size` draws are there."""
    if upper <= 0:
        return -_cut_normal(rng, size, -upper, -lower)
    draws = np.empty(size)
    done = 0
    while done < size:
        accepted = _propose(rng, size - done, lower, upper)
        draws[done : done + accepted.size] = accepted
        done += accepted.size
    return draws


def _propose(rng: np.random.Generator, size: int, lower: float, upper: float) -> NDArray[np.float64]:
    """Make `size` proposals and return the accepted ones: at least 0.35 of them for any bounds (``upper > 0``).

    With c >= 0 the point nearest to 0, exp(-x²/2) = exp(c²/2 - c x) · exp(-(x - c)²/2). The first factor is an
    exponential density (uniform for c = 0) to propose from, the second the probability to accept. A plain normal
    proposal wastes less where the exponential's area exceeds the normal's.
    """
    nearest, width = max(lower, 0.0), upper - lower
    tilt = nearest * width if nearest else 0.0
    flat = tilt < sys.float_info.epsilon
    area = math.exp(-nearest * nearest / 2) * (width if flat else -math.expm1(-tilt) / nearest)
    if area > math.sqrt(2 * math.pi):
        x = rng.standard_normal(size)
        return x[(lower <= x) & (x <= upper)]
    u = rng.random(size)
    x = lower + (width * u if flat else -np.log1p(math.expm1(-tilt) * u) / nearest)
    return x[(x <= upper) & (rng.standard_exponential(size) >= (x - nearest) ** 2 / 2)]


def sparse(
    shape: Sequence[int], sparsity: float, std: float = 0.01, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> Weights:
    """Draw weights from N(0, std²) and set the same number of them to 0 in each column.

    ``ceil(sparsity * fan_out)`` zeros per column, their places drawn for each column on its own. (The product is
    a float's: 0.07 * 100 is 7.000000000000001 and gives 8, in PyTorch too.) A column holds one input's outgoing
    weights; Martens limits the incoming weights of each unit, which are a row.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_out, fan_in)``.
    sparsity : float
        Fraction of zeros in a column, in [0, 1].
    std : float
        Standard deviation of the weights that are not set to 0; ``std >= 0``. Over all weights the variance is
        ``(1 - sparsity) std²``, up to the rounding of the count.
    rng, dtype
        As everywhere in `helpers.initializers`.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        As in `normal`, and for a shape that has not two dimensions.

    References
    ----------
    Martens (2010), "Deep learning via Hessian-free optimization", ICML, sec. 5; ``torch.nn.init.sparse_``.

    Examples
    --------
    >>> W = sparse((10, 4), sparsity=0.75, rng=0)
    >>> (W == 0).sum(axis=0)
    array([8, 8, 8, 8])
    """
    rows, _ = sizes = arguments.shape(shape, least=2, most=2)
    n_zeros = math.ceil(arguments.number("sparsity", sparsity, 0, most=1) * rows)
    generator = arguments.generator(rng)
    weights = normal(sizes, std=std, rng=generator, dtype=dtype)
    first_zeros = np.arange(rows)[:, np.newaxis] < n_zeros
    weights[generator.permuted(np.broadcast_to(first_zeros, sizes), axis=0)] = 0
    return weights
