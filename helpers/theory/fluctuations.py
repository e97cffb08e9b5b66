"""How far one network of finite width strays from the mean over networks."""

import math
from functools import lru_cache

import numpy as np

from helpers import activations
from helpers.arguments import choice, integer, number
from helpers.theory.profiles import Profile


def fluctuation_band(
    depth: int, width: int, activation: str, coverage: float = 0.9, *, direction: str = "forward"
) -> tuple[Profile, Profile]:
    """The band around the mean curve that holds the second moments of the given share of all networks, layer by layer.

    With one input from N(0, I), the logarithm of a layer's second moment is a sum of independent terms, one per layer:
    of ln(chi²_n / n) where all n units count and of ln(chi²_k / (n/2)), k from Binomial(n, 1/2), behind a ReLU (leaky
    ReLU: its k' = n - k negative units with the squared slope). Their distribution is computed, not sampled.

    Parameters
    ----------
    depth : int
        Number of layers L, 0 or more.
    width : int
        Units of every layer, and of the input.
    activation : {"linear", "relu", "leaky_relu"}
    coverage : float
        Share of the networks inside the band at any one layer, between 0 and 0.999: the edges are right to 1 % (for
        one or two units to 4 %), and further out the computation's grid ends.
    direction : {"forward", "backward"}
        Of the pre-activations, or of the gradients (that of the top layer is drawn from N(0, I)).

    Returns
    -------
    lower, upper : ndarray, shape (L + 1,)
        Factors on the mean curve (linear, not logarithms); 0 where more networks than the band leaves out are dead.

    Raises
    ------
    ValueError
        Also for an activation that is not homogeneous: its scale does not factor.

    References
    ----------
    Hanin & Rolnick 2018 (arXiv:1803.01719), theorem 5; Hanin & Nica 2018 (arXiv:1812.05994), theorem 1.

    Examples
    --------
    >>> lower, upper = fluctuation_band(50, 512, "relu")
    >>> lower[-1].round(2), upper[-1].round(2)
    (np.float64(0.25), np.float64(2.47))
    """
    depth, width = integer("depth", depth), integer("width", width, 1)
    phi = activations.activation(activation)
    if not phi.homogeneous:
        raise ValueError(
            "activation must be 'linear', 'relu' or 'leaky_relu' (others do not pass the scale through), "
            f"got {activation!r}"
        )
    coverage = number("coverage", coverage, above=0, most=0.999)
    choice("direction", direction, ["forward", "backward"])
    lower, upper = _band(depth, width, activation, coverage, direction)
    return lower.copy(), upper.copy()


@lru_cache(maxsize=64)
def _band(depth: int, width: int, name: str, coverage: float, direction: str) -> tuple[Profile, Profile]:
    layers = np.arange(depth + 1)
    hidden = np.maximum(layers - 1, 0)  # activated layers below layer l, each a factor |phi(z)|² / E
    whole = np.minimum(layers, 1) + 1  # layers all of whose units count: the input and layer l itself
    if direction == "backward":  # the top and, for layer 0, the input; between them the activated layers l .. L-1
        hidden = np.where(layers > 0, depth - layers, max(depth - 1, 0))
        whole = np.where((layers == 0) & (depth > 0), 2, 1)
    left, right = np.abs(activations.activation(name).value([-1.0, 1.0]))
    plain, active = _LogNorm(width, 1.0, 1.0), _LogNorm(width, float(left), float(right))

    # One grid of ln(factor), around each sum's own mean, fine enough for one layer and wide enough for all of them.
    deviation = math.sqrt(2 * plain.variance + depth * active.variance)
    spacing = min(plain.variance, active.variance) ** 0.5 / 12
    points = 2 ** math.ceil(math.log2((2 * 6.5 * deviation + 24 * spacing) / spacing))
    offsets = (np.arange(points) - points // 2) * spacing
    transforms = np.array([np.fft.rfft(np.fft.ifftshift(term.density(offsets))) for term in (plain, active)])
    steps = np.concatenate([np.ones_like(transforms[:1]), np.tile(transforms[1], (depth, 1))])
    powers = np.cumprod(steps, axis=0)[hidden] * np.stack([transforms[0], transforms[0] ** 2])[whole - 1]
    density = np.fft.fftshift(np.fft.irfft(powers, points, axis=1), axes=1)
    cumulative = np.cumsum(density, axis=1) - density / 2
    cumulative /= cumulative[:, -1:]

    # A layer without active units silences all above it forward, and all but the top backward.
    deadly = hidden if direction == "forward" else np.where(layers < depth, max(depth - 1, 0), 0)
    alive = (1 - active.dead) ** deadly
    mean = whole * plain.mean + hidden * active.mean
    edges = []
    for tail in ((1 - coverage) / 2, (1 + coverage) / 2):
        share = (tail - (1 - alive)) / alive  # the dead networks, with a factor 0, come first
        quantile = [np.interp(p, row, offsets) if p > 0 else -np.inf for p, row in zip(share, cumulative, strict=True)]
        edges.append(np.exp(mean + quantile))
    return edges[0], edges[1]


class _LogNorm:
    """Law of ln(sum of phi(z)² / its mean) over n units from N(0, 1), given that some unit is not zero.

    A mixture over the number k of positive units, which has the law Binomial(n, 1/2), of scaled chi² laws.
    """

    def __init__(self, n: int, left: float, right: float) -> None:
        split = left != right
        centre, deviation = (n / 2, math.sqrt(n) / 2) if split else (n, 0)
        stride = max(1, int(deviation))  # in wide layers every stride-th k: the sum over k is smooth
        k = np.arange(max(0, math.floor(centre - 9 * deviation)), min(n, math.ceil(centre + 9 * deviation)) + 1, stride)
        weight = np.array([math.exp(_log_binomial(n, int(i))) for i in k]) if split else np.ones(1)
        self.dead = 0.5**n if split and left == 0 else 0.0
        if self.dead:
            k, weight = k[k > 0], weight[k > 0]
        self.weight = weight / weight.sum()
        # k units with slope `right` and n - k with slope `left`, as one chi² with k degrees of freedom and their mean:
        # exact but for leaky ReLU, where the negative units are 10,000 times smaller.
        self.freedom = np.where(k > 0, k, n).astype(float)
        square = k * right**2 + (n - k) * left**2
        self.scale = square / self.freedom / (n * (left**2 + right**2) / 2)
        means = np.log(self.scale) + _digamma(self.freedom / 2) + math.log(2)
        self.mean = float(self.weight @ means)
        self.variance = float(self.weight @ (_trigamma(self.freedom / 2) + (means - self.mean) ** 2))

    def density(self, offsets: Profile) -> Profile:
        """Probability of each grid point, for grid points around the mean."""
        shape = self.freedom[:, None] / 2
        x = offsets + self.mean - np.log(2 * self.scale)[:, None]
        log_gamma = np.array([math.lgamma(s) for s in shape.ravel()])[:, None]
        with np.errstate(over="ignore", under="ignore"):
            total = self.weight @ np.exp(shape * x - np.exp(x) - log_gamma)
        return np.asarray(total / total.sum())


def _log_binomial(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)


def _digamma(x: Profile) -> Profile:
    """d/dx ln Gamma(x), by recurrence to x + 8 and its asymptotic series."""
    y = x + 8
    series = np.log(y) - 1 / (2 * y) - 1 / (12 * y**2) + 1 / (120 * y**4) - 1 / (252 * y**6) + 1 / (240 * y**8)
    return np.asarray(series - sum(1 / (x + i) for i in range(8)))


def _trigamma(x: Profile) -> Profile:
    """d²/dx² ln Gamma(x), likewise."""
    y = x + 8
    series = 1 / y + 1 / (2 * y**2) + 1 / (6 * y**3) - 1 / (30 * y**5) + 1 / (42 * y**7) - 1 / (30 * y**9)
    return np.asarray(series + sum(1 / (x + i) ** 2 for i in range(8)))
