"""With a few random numbers per layer: linear and ReLU networks with one input, of any width.

Given the activations h below, the n units z = W h are independent N(0, sigma² |h|²). So |z|² is sigma² |h|² times a
chi-square, split between k positive and n - k negative units; behind a ReLU, k is from Binomial(n, 1/2) and only
the positive ones live on. Backward, <z_l, d_l> = c is the same in all layers (Euler's identity for homogeneous
functions), and the part of Wᵀd across h is fresh noise: |d_{l-1}|² = c² / |h_{l-1}|² + sigma² |d_l|² chi²_{k-1}, with k
the active units of layer l - 1. Written for E_l = |d_l|² |h_l|² / c², the scale drops out: E_{l-1} = 1 + ratio_l E_l.
"""

import math

import numpy as np
from numpy.typing import NDArray

from helpers.precision import Format
from helpers.simulation.result import Propagation
from helpers.simulation.rounding import Limits, round_backward, round_forward, sample

ACTIVATIONS = ("linear", "relu")

Doubles = NDArray[np.float64]


def _chi_square(freedom: NDArray[np.integer], size: tuple[int, ...], rng: np.random.Generator) -> Doubles:
    """Chi-square draws, also for 0 degrees of freedom."""
    return 2 * rng.standard_gamma(freedom / 2, size)


class Draw:
    """The random numbers of an ensemble, and the log10 norms that follow; arrays have a row per network.

    Attributes
    ----------
    log10_h : ndarray, shape (networks, L + 1)
        log10 |h_l|² of the activations (layer 0: the input).
    log10_z : ndarray, shape (networks, L + 1)
        log10 |z_l|² of the pre-activations (layer 0: the input).
    active : ndarray, shape (networks, L + 1)
        Number of units whose activation is not 0 (layer 0: all).
    on, off : ndarray, shape (L, networks)
        Squared norms of the positive and the negative units of layers 1 to L, in units of their variance (linear: all
        units count as positive).
    """

    def __init__(
        self, networks: int, widths: list[int], sigma: float, activation: str, rng: np.random.Generator
    ) -> None:
        depth = len(widths) - 1
        # A generator each, filled layer by layer: so a layer's numbers do not depend on how many layers follow.
        counts, positive, negative, self._across, rest = (
            np.random.default_rng(seed) for seed in rng.integers(2**63, size=5)
        )
        n = np.array(widths)[:, None]
        size = (depth, networks)
        self.relu = activation == "relu"
        self.log10_sigma2 = 2 * math.log10(sigma)
        k = counts.binomial(n[1:], 0.5, size) if self.relu else np.broadcast_to(n[1:], size)
        self.on = _chi_square(k, size, positive)
        self.off = _chi_square(n[1:] - k, size, negative)
        self._start = np.log10(_chi_square(n[0], (networks,), rest))
        self._along = rest.standard_normal(networks)
        self._top_across = _chi_square(n[-1] - 1, (networks,), rest)
        with np.errstate(divide="ignore"):
            growth = self.log10_sigma2 + np.log10(self.on)
            self.log10_h = self._start + np.concatenate([np.zeros((1, networks)), np.cumsum(growth, axis=0)])
            z = self.log10_h[:-1] + self.log10_sigma2 + np.log10(self.on + self.off)
        self.log10_z = np.concatenate([self.log10_h[:1], z]).T
        self.log10_h = self.log10_h.T
        self.active = np.concatenate([np.broadcast_to(n[0], (1, networks)), k]).T

    def log10_gradient(self) -> Doubles:
        """log10 |d_l|² of the gradients with respect to z_l, shape (networks, L + 1)."""
        top = np.log10(self._along**2 + self._top_across)
        depth = self.active.shape[1] - 1
        if depth == 0:
            return top[:, None]
        freedom = np.maximum(self.active[:, :-1].T - 1, 0)
        across = _chi_square(freedom[::-1], freedom.shape, self._across)[::-1].T
        alive = (self.active[:, :-1] > 0).all(axis=1)
        log10_c2 = 2 * np.log10(np.abs(self._along)) + self.log10_z[:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            below = np.concatenate([self.log10_h[:, 1:-1], self.log10_z[:, -1:]], axis=1)
            ratio = np.log(np.maximum(across, 1e-300)) + math.log(10) * (
                self.log10_sigma2 + self.log10_h[:, :-1] - below
            )
            # E_l = 1 + r_{l+1} + r_{l+1} r_{l+2} + ...: all of them by one running sum from the top, in logarithms.
            product = np.concatenate([np.zeros((len(ratio), 1)), np.cumsum(ratio, axis=1)], axis=1)
            last = product[:, -1] + math.log(10) * (top - 2 * np.log10(np.abs(self._along)))
            terms = np.concatenate([product[:, :-1], last[:, None]], axis=1)
            sums = np.logaddexp.accumulate(terms[:, ::-1], axis=1)[:, ::-1] - product
            gradient = log10_c2[:, None] + sums / math.log(10) - self.log10_h
        gradient[:, -1] = top
        gradient[~alive, :-1] = -np.inf
        return np.asarray(gradient)


def propagate(
    widths: list[int], sigma: float, activation: str, number_format: Format, rng: np.random.Generator
) -> Propagation:
    """Simulate one network whose units hold numbers of `number_format`."""
    draw = Draw(1, widths, sigma, activation, rng)
    limits = Limits(number_format)
    forward = round_forward(draw, widths, limits, rng)
    later, seed = (int(number) for number in rng.integers(2**63, size=2))

    def backward() -> Doubles:
        gradient = round_backward(
            draw.log10_gradient()[0], draw.active[0], widths, limits, np.random.default_rng(later)
        )
        if draw.relu and forward.silent_below_top:
            gradient[:-1] = -np.inf
        return gradient

    return Propagation(
        log10_variance=forward.log10_z - np.log10(np.array(widths)),
        first_nonfinite=forward.first_nonfinite,
        first_nan=forward.first_nan,
        first_zero=forward.first_zero,
        _backward=backward,
        _sample=lambda: sample(forward.log10_h, draw.log10_sigma2, widths, draw.relu, number_format, seed),
    )
