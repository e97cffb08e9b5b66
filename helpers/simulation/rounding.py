"""What a number format does to layers that are known by their norms alone.

Away from the format's limits rounding leaves the law of a norm as it is. Where units overflow, or are so small that the
format holds but a few multiples of its smallest number, the units are counted by the value that they round to.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from helpers.precision import FORMATS, Format
from helpers.simulation.result import SAMPLE, Array

if TYPE_CHECKING:
    from helpers.simulation.norms import Draw

Doubles = NDArray[np.float64]

_COARSE = 16  # below so many times the smallest number, the scale of a layer's units is rounded value by value
_FAR = 40  # no unit is so many standard deviations large


class Limits:
    """The ends of a number format, as logarithms, and whether it has an inf."""

    def __init__(self, number_format: Format) -> None:
        self.log10_max = math.log10(min(number_format.overflow_from, FORMATS["float64"].max))
        self.log10_smallest = math.log10(number_format.smallest_subnormal)
        self.has_infinity = number_format.has_infinity

    def near(self, log10_scale: Doubles) -> NDArray[np.bool_]:
        """Whether units of this standard deviation may meet an end."""
        return (log10_scale < self.log10_smallest + math.log10(_COARSE)) | (log10_scale > self._overflow_from)

    @property
    def _overflow_from(self) -> float:
        return self.log10_max - math.log10(_FAR)

    def overflowing(self, units: int, log10_scale: float, rng: np.random.Generator) -> int:
        """How many of the units exceed the largest number."""
        if log10_scale <= self._overflow_from or units == 0:
            return 0
        return int(rng.binomial(units, math.erfc(self._deviations(log10_scale) / math.sqrt(2))))

    def log10_kept(self, log10_scale: float) -> float:
        """log10 of the mean square of units that do not overflow, relative to that of all."""
        if log10_scale <= self._overflow_from:
            return 0.0
        t = self._deviations(log10_scale)
        kept = 1 - math.sqrt(2 / math.pi) * t * math.exp(-t * t / 2) / math.erf(t / math.sqrt(2))
        return math.log10(max(kept, 1e-300))

    def _deviations(self, log10_scale: float) -> float:
        """The largest number, in standard deviations of the units (never quite 0)."""
        return float(10 ** max(self.log10_max - log10_scale, -3.0))

    def rounded(self, units: int, log10_scale: float, rng: np.random.Generator) -> tuple[int, float] | None:
        """How many of the units stay different from 0, and log10 of the sum of squares; None where rounding is fine."""
        log10_ratio = log10_scale - self.log10_smallest
        if log10_ratio >= math.log10(_COARSE):
            return None
        if units == 0 or log10_ratio < -2:
            return 0, -math.inf
        ratio = 10**log10_ratio
        edges = [math.erfc((j - 0.5) / (ratio * math.sqrt(2))) for j in range(1, int(9 * ratio) + 3)]
        shares = -np.diff([1.0, *edges, 0.0])
        counts = rng.multinomial(units, shares / shares.sum())
        total = float(counts @ np.arange(len(counts), dtype=float) ** 2)
        log10_total = math.log10(total) + 2 * self.log10_smallest if total else -math.inf
        return units - int(counts[0]), log10_total


@dataclass
class Forward:
    """A forward pass in a number format: log10 |z_l|² and log10 |h_l|² by layer, and the first layers of each event."""

    log10_z: Doubles
    log10_h: Doubles
    first_nonfinite: int | None = None
    first_nan: int | None = None
    first_zero: int | None = None

    @property
    def silent_below_top(self) -> bool:
        """Whether behind a ReLU some layer below the top lets no gradient through: its units are all 0 or NaN."""
        hidden = self.log10_h[1:-1]
        return bool(np.any(np.isneginf(hidden) | np.isnan(hidden)))


def round_forward(draw: "Draw", widths: list[int], limits: Limits, rng: np.random.Generator) -> Forward:
    """Round the first network of `draw`; where all its layers stay alive, the draw itself takes the rounded norms."""
    result = Forward(draw.log10_z[0].copy(), draw.log10_h[0].copy())
    scale = (draw.log10_sigma2 + result.log10_h[:-1]) / 2
    near = np.flatnonzero(limits.near(scale))
    if len(near):
        active = _walk_up(result, int(near[0]) + 1, draw, widths, limits, rng)
        if np.isfinite(result.log10_h).all():
            draw.log10_h[0], draw.log10_z[0], draw.active[0] = result.log10_h, result.log10_z, active
    zero = np.flatnonzero(np.isneginf(result.log10_z))
    result.first_zero = int(zero[0]) if len(zero) else None
    return result


def _walk_up(
    result: Forward, start: int, draw: "Draw", widths: list[int], limits: Limits, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Fill `result` from layer `start` on; return the numbers of active units."""
    h, z, active = result.log10_h, result.log10_z, draw.active[0].copy()
    infinite = 0  # units of the layer below whose activation is infinite
    for layer in range(start, len(widths)):
        n, k = widths[layer], int(active[layer])
        if infinite:
            if rng.binomial(n, 1 - 0.5 ** (infinite - 1)):  # sums of infinities of both signs
                result.first_nan = layer
                h[layer:] = z[layer:] = np.nan
                break
            infinite = int(rng.binomial(n, 0.5)) if draw.relu else n
            z[layer], h[layer] = np.inf, np.inf if infinite else -np.inf
            continue
        if np.isneginf(h[layer - 1]):
            h[layer:] = z[layer:] = -np.inf
            break
        scale = (draw.log10_sigma2 + h[layer - 1]) / 2
        positive, negative = (limits.overflowing(units, scale, rng) for units in (k, n - k))
        if (positive or negative) and not limits.has_infinity:
            result.first_nonfinite = result.first_nan = layer
            h[layer:] = z[layer:] = np.nan
            break
        infinite = positive
        on, off = draw.on[layer - 1, 0], draw.off[layer - 1, 0]
        log10_square = 2 * scale + limits.log10_kept(scale)
        log10_on, log10_off = (log10_square + math.log10(part) if part else -math.inf for part in (on, off))
        coarse = limits.rounded(k, scale, rng)
        if coarse is not None:
            active[layer], log10_on = coarse
            log10_off = (limits.rounded(n - k, scale, rng) or (0, -math.inf))[1]
        h[layer] = np.inf if infinite else log10_on
        z[layer] = np.inf if positive or negative else _log10_sum(log10_on, log10_off)
        if np.isposinf(z[layer]) and result.first_nonfinite is None:
            result.first_nonfinite = layer
    return np.asarray(active)


def _log10_sum(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high if math.isinf(high) else high + math.log10(1 + 10 ** (low - high))


def round_backward(
    log10_d: Doubles, active: NDArray[np.integer], widths: list[int], limits: Limits, rng: np.random.Generator
) -> Doubles:
    """Round the gradients of norms log10 |d_l|²; return log10 of their second moments over the units."""
    profile = log10_d - np.log10(np.array(widths))
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.flatnonzero(limits.near((log10_d - np.log10(active)) / 2)[:-1] & np.isfinite(log10_d[:-1]))
    shift = 0.0  # what rounding has added so far
    infinite = 0
    for layer in range(int(near[-1]) if len(near) else -1, -1, -1):
        n, k = widths[layer], int(active[layer])
        if infinite:
            if n > k or rng.binomial(n, 1 - 0.5 ** (infinite - 1)):  # 0 · inf behind a ReLU, or inf - inf
                profile[: layer + 1] = np.nan
                break
            profile[layer] = np.inf
            infinite = k
            continue
        log10_norm = log10_d[layer] + shift
        if np.isneginf(log10_norm):
            profile[: layer + 1] = -np.inf
            break
        scale = (log10_norm - math.log10(k)) / 2
        infinite = limits.overflowing(k, scale, rng)
        if limits.overflowing(n - k, scale, rng) or (infinite and not limits.has_infinity):  # 0 · inf, or no inf at all
            profile[: layer + 1] = np.nan
            break
        coarse = limits.rounded(k, scale, rng)
        shift += limits.log10_kept(scale) if coarse is None else coarse[1] - log10_norm
        profile[layer] = np.inf if infinite else log10_d[layer] + shift - math.log10(n)
    return np.asarray(profile)


def sample(
    log10_h: Doubles, log10_sigma2: float, widths: list[int], relu: bool, number_format: Format, seed: int
) -> list[Array]:
    """Draw some of each layer's activations, given the norm of the layer below."""
    rng = np.random.default_rng(seed)
    samples = []
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scales = np.concatenate([[1.0], 10 ** ((log10_sigma2 + log10_h[:-1]) / 2)])
        for layer, (n, scale) in enumerate(zip(widths, scales, strict=True)):
            z = number_format.round(scale * rng.standard_normal(min(n, SAMPLE)))
            samples.append(np.maximum(z, 0) if relu and layer else z)
    return samples
