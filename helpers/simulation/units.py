"""Without matrices: the units of a layer, drawn from their law given the layer below.

Given the activations H (n_in × B) of the layer below, the rows of Z = W H are independent N(0, sigma² HᵀH): a draw
costs O(n B²). On the way back, W is known only through Z: with the projector P on the columns of H,
WᵀD = H⁺ᵀ ZᵀD + (I - P) N, where the columns of N have covariance sigma² DᵀD.
"""

import numpy as np
from numpy.typing import NDArray

from helpers.activations import Activation
from helpers.precision import Format
from helpers.simulation.result import Array, Propagation, summarize

Doubles = NDArray[np.float64]


def propagate(
    widths: list[int],
    sigma: float,
    phi: Activation,
    batch: int,
    number_format: Format,
    rng: np.random.Generator,
) -> Propagation:
    """Simulate one network whose units hold numbers of `number_format`."""
    upward, downward, top = (np.random.default_rng(seed) for seed in rng.integers(2**63, size=3))
    h = number_format.round(upward.standard_normal((widths[0], batch)))
    forward, activations, products = [h], [h], [np.empty((0, batch))]
    with np.errstate(all="ignore"):
        for n in widths[1:]:
            product, scale = _product(n, sigma, activations[-1], upward)
            products.append(product)
            forward.append(number_format.round(product * scale))
            activations.append(number_format.round(phi.value(forward[-1])))

    def backward() -> list[Array]:
        gradients = [number_format.round(top.standard_normal((widths[-1], batch)))]
        with np.errstate(all="ignore"):
            for layer in range(len(widths) - 1, 0, -1):
                product = _transposed_product(sigma, activations[layer - 1], products[layer], gradients[-1], downward)
                gradient = number_format.round(product)
                below = gradient if layer == 1 else gradient * phi.derivative(forward[layer - 1])
                gradients.append(number_format.round(below))
        return gradients[::-1]

    return summarize(forward, backward, activations)


def _product(n: int, sigma: float, h: Array, rng: np.random.Generator) -> tuple[Doubles, float]:
    """W @ h / scale, and the scale (that of `_scaled`), for a fresh W with n rows, entries N(0, sigma²)."""
    if not h.any():
        return np.zeros((n, h.shape[1])), 1.0
    finite = np.isfinite(h).all(axis=0)
    product = np.empty((n, h.shape[1]))
    scaled, scale = _scaled(h[:, finite])
    product[:, finite] = rng.standard_normal((n, scaled.shape[1])) @ (sigma * _root(scaled)).T
    for column in np.flatnonzero(~finite):
        product[:, column] = _infinite_sums(n, h[:, column], rng)
    return product, scale


def _transposed_product(sigma: float, h: Array, product: Doubles, d: Array, rng: np.random.Generator) -> Doubles:
    """W.T @ d given the (unrounded) product of W and h."""
    if not d.any():
        return np.zeros((h.shape[0], d.shape[1]))
    known = np.isfinite(h).all(axis=0)
    finite = np.isfinite(d).all(axis=0)
    gradient = np.empty((h.shape[0], d.shape[1]))
    scaled, scale = _scaled(d[:, finite])
    gradient[:, finite] = _conditional(sigma, _scaled(h[:, known])[0], product[:, known], scaled, rng) * scale
    for column in np.flatnonzero(~finite):
        gradient[:, column] = _infinite_sums(len(h), d[:, column], rng)
    return gradient


def _conditional(sigma: float, h: Doubles, product: Doubles, d: Doubles, rng: np.random.Generator) -> Doubles:
    noise = rng.standard_normal((h.shape[0], d.shape[1])) @ (sigma * _root(d)).T
    spread, vectors = np.linalg.eigh(h.T @ h)
    spanned = spread > 1e-12 * spread.max(initial=0)
    inverse_root = vectors[:, spanned] / np.sqrt(spread[spanned])
    basis = h @ inverse_root
    along = inverse_root.T @ (product.T @ d)
    return np.asarray(noise + basis @ (along - basis.T @ noise))


def _scaled(values: Array) -> tuple[Doubles, float]:
    """`values` in float64 divided by a power of two near the largest, and that power: so that squares stay in range."""
    largest = float(np.max(np.abs(values), initial=0))
    exponent = min(int(np.frexp(largest)[1]), 1023) if largest else 0
    return np.ldexp(values.astype(np.float64), -exponent), float(np.ldexp(1.0, exponent))


def _root(columns: Doubles) -> Doubles:
    """A matrix R with R @ R.T = columns.T @ columns, also where the columns are dependent."""
    if columns.shape[1] == 1:
        return np.sqrt(columns.T @ columns)
    spread, vectors = np.linalg.eigh(columns.T @ columns)
    return np.asarray(vectors * np.sqrt(np.maximum(spread, 0)))


def _infinite_sums(n: int, column: Array, rng: np.random.Generator) -> Doubles:
    """N sums of random multiples of a column with inf or NaN: ±inf where all its infs meet the same sign, else NaN."""
    if np.isnan(column).any():
        return np.full(n, np.nan)
    agree = rng.random(n) < 0.5 ** (np.count_nonzero(np.isinf(column)) - 1.0)
    return np.where(agree, rng.choice([-np.inf, np.inf], n), np.nan)
