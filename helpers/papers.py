"""Numbers that papers have printed, beside the same numbers computed here: one row each.

What belongs here: a published number, where it stands, and a function of a few lines that computes it anew.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from helpers import initializers, theory
from helpers.activations import ACTIVATIONS, gaussian_mean
from helpers.simulation import simulate_ensemble

__all__ = ["ROWS", "Row"]


@dataclass(frozen=True)
class Row:
    """One published number.

    Attributes
    ----------
    paper : str
        Authors and year.
    link : str
        DOI, arXiv id or address of the proceedings.
    quantity : str
        What was measured or derived.
    published : float
        The number, with the digits of the paper.
    tolerance : float
        How far ours may be from it: half a unit of the last printed digit, for a sampled number 5 standard
        errors, and for a formula that holds for wide layers a tenth of `published` or less.
    compute : callable
        Returns our number; a draw has a fixed seed.

    Examples
    --------
    >>> row = ROWS[0]
    >>> abs(row.compute() - row.published) <= row.tolerance
    True
    """

    paper: str
    link: str
    quantity: str
    published: float
    tolerance: float
    compute: Callable[[], float]


def _lecun() -> float:
    return 1.7159 * math.tanh(2 / 3)


def _mean_singular_value(scale: float, n: int = 300) -> float:
    weights = initializers.variance_scaling((n, n), scale, distribution="uniform", rng=0, dtype=np.float64)
    return float(np.linalg.svd(weights, compute_uv=False).mean())


def _he_std(channels: int) -> float:
    fan_in, _ = initializers.fans((channels, channels, 3, 3))
    return math.sqrt(theory.stable_variance(fan_in, activation="relu"))


def _he_shrinking() -> float:
    """Layers conv2 to conv10 of the 11-layer model: their right deviations over a constant 0.01."""
    filters = [64, 128, 128, 256, 256, 512, 512, 512, 512]
    return math.prod(_he_std(channels) / 0.01 for channels in filters)


def _random_walk_gain(activation: str, n: int = 100) -> float:
    """The gain at which the mean of log norm stays, by 20,000 networks of one layer and one above it."""
    log10_variance, _ = simulate_ensemble(20_000, 2, n, 1 / n, activation, rng=0)
    step = log10_variance[:, 2] - log10_variance[:, 1]
    return float(10 ** (-step[np.isfinite(step)].mean() / 2))


def _selu(power: int) -> float:
    return float(gaussian_mean(lambda z: ACTIVATIONS["selu"].value(z) ** power))


@lru_cache(maxsize=2)
def _log_norms(activation: str, n: int = 50, depth: int = 10) -> NDArray[np.float64]:
    """Natural logarithms of |z_{L+1}|² over its mean, with the stable variance: L activations on the way."""
    variance = theory.stable_variance(n, activation=activation)
    log10_variance, _ = simulate_ensemble(200_000, depth + 1, n, variance, activation, rng=0)
    return (log10_variance[:, depth + 1] - log10_variance[:, 1]) * math.log(10)


def _fourth_over_second(activation: str) -> float:
    norms = np.exp(_log_norms(activation))
    return float(np.mean(norms**2) / np.mean(norms) ** 2)


def _spread_of_squared_singular_values(orthogonal: bool, relu: bool, depth: int = 4, n: int = 200) -> float:
    """Variance of the squared singular values of a network's Jacobian over their squared mean; 20 networks."""
    spreads = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        jacobian = np.eye(n)
        for _ in range(depth):
            weights = (initializers.orthogonal if orthogonal else initializers.lecun_normal)(
                (n, n), rng=rng, dtype=np.float64
            )
            jacobian = weights @ jacobian
            if relu:
                jacobian *= rng.random((n, 1)) < 0.5
        squares = np.sum((jacobian @ jacobian.T) ** 2) / n
        spreads.append(squares / (np.sum(jacobian**2) / n) ** 2 - 1)
    return float(np.mean(spreads))


_PENNINGTON = "Pennington, Schoenholz & Ganguli 2017", "arXiv:1711.04735"
_HE = "He, Zhang, Ren & Sun 2015", "arXiv:1502.01852"
_GLOROT = "Glorot & Bengio 2010", "proceedings.mlr.press/v9/glorot10a"
_SUSSILLO = "Sussillo & Abbott 2014", "arXiv:1412.6558"
_SELU = "Klambauer, Unterthiner, Mayr & Hochreiter 2017", "arXiv:1706.02515"
_ROLNICK = "Hanin & Rolnick 2018", "arXiv:1803.01719"
_NICA = "Hanin & Nica 2018", "arXiv:1812.05994"

ROWS: tuple[Row, ...] = (
    Row("LeCun, Bottou, Orr & Müller 1998", "doi:10.1007/978-3-642-35289-8_3",
        "1.7159 tanh(2/3 · 1): the sigmoid that maps 1 to 1", 1.0, 1e-3, _lecun),
    Row(*_GLOROT, "mean singular value of a layer's Jacobian (theirs with tanh), Xavier's rule", 0.8, 0.05,
        lambda: _mean_singular_value(1)),
    Row(*_GLOROT, "the same for weights from U(±1/√n)", 0.5, 0.05, lambda: _mean_singular_value(1 / 3)),
    Row(*_HE, "deviation for 3×3 kernels, 64 channels", 0.059, 5e-4, lambda: _he_std(64)),
    Row(*_HE, "the same, 128 channels", 0.042, 5e-4, lambda: _he_std(128)),
    Row(*_HE, "the same, 256 channels", 0.029, 5e-4, lambda: _he_std(256)),
    Row(*_HE, "the same, 512 channels", 0.021, 5e-4, lambda: _he_std(512)),
    Row(*_HE, "gradient lost from conv10 to conv2 with 0.01 throughout", 1.7e4, 5e2, _he_shrinking),
    Row(*_SUSSILLO, "gain of a linear layer, 100 units: exp(1/2n)", math.exp(1 / 200), 5 * 0.071 / math.sqrt(20_000),
        lambda: _random_walk_gain("linear")),
    Row(*_SUSSILLO, "gain of a ReLU layer, 100 units: √2 exp(1.2/(n − 2.4))", math.sqrt(2) * math.exp(1.2 / 97.6),
        5 * 0.16 / math.sqrt(20_000), lambda: _random_walk_gain("relu")),
    Row("Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017", "arXiv:1611.01232",
        "σ_w² at the edge of chaos, tanh, σ_b² = 0.05", 1.76, 5e-3,
        lambda: theory.critical_sigma_w(math.sqrt(0.05), "tanh") ** 2),
    Row(*_PENNINGTON, "σ_w² at the edge of chaos, tanh, σ_b² = 2.01·10⁻⁵", 1.05, 5e-3,
        lambda: theory.critical_sigma_w(math.sqrt(2.01e-5), "tanh") ** 2),
    Row(*_PENNINGTON, "spread of squared singular values, 4 linear layers, Gaussian: L", 4, 0.2,
        lambda: _spread_of_squared_singular_values(orthogonal=False, relu=False)),
    Row(*_PENNINGTON, "the same, orthogonal: 0", 0, 1e-6,
        lambda: _spread_of_squared_singular_values(orthogonal=True, relu=False)),
    Row(*_PENNINGTON, "the same, 4 ReLU layers, Gaussian: 2 L", 8, 0.4,
        lambda: _spread_of_squared_singular_values(orthogonal=False, relu=True)),
    Row(*_PENNINGTON, "the same, 4 ReLU layers, orthogonal: L", 4, 0.2,
        lambda: _spread_of_squared_singular_values(orthogonal=True, relu=True)),
    Row(*_SELU, "mean of SELU(z) over z from N(0, 1)", 0, 1e-6, lambda: _selu(1)),
    Row(*_SELU, "mean square of SELU(z)", 1, 1e-6, lambda: _selu(2)),
    Row(*_ROLNICK, "E‖z‖⁴ / (E‖z‖²)² after 10 ReLU layers of 50, by their recursion: (1 + 5/n)^L", 1.1**10, 0.25,
        lambda: _fourth_over_second("relu")),
    Row(*_NICA, "mean of ln ‖z‖² after 10 ReLU layers of 50: −5L/2n", -0.5, 0.05,
        lambda: float(np.mean(_log_norms("relu")))),
    Row(*_NICA, "variance of the same: 5L/n", 1.0, 0.1, lambda: float(np.var(_log_norms("relu")))),
)  # fmt: skip
