"""What a simulation returns, and the sums that it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

SAMPLE = 1000


@dataclass(frozen=True)
class Propagation:
    """One network's journey: profiles over the layers 0 (the input) to L.

    Attributes
    ----------
    log10_variance : ndarray, shape (L + 1,)
        log10 of the second moment of the pre-activations over units and batch (layer 0: of the inputs); -inf where all
        are 0, inf or NaN where the number format gave out.
    first_nonfinite, first_nan : int or None
        First layer of the forward pass in which any unit is inf or NaN; in which any is NaN.
    first_zero : int or None
        First layer of the forward pass in which all units are exactly 0.
    """

    log10_variance: NDArray[np.float64]
    first_nonfinite: int | None
    first_nan: int | None
    first_zero: int | None
    _backward: Callable[[], NDArray[np.float64]]
    _sample: Callable[[], list[Array]]

    @cached_property
    def log10_gradient_variance(self) -> NDArray[np.float64]:
        """The same of the gradient with respect to the pre-activations (layer 0: to the inputs), shape (L + 1,).

        The way back is computed when it is first asked for.
        """
        return self._backward()

    @property
    def variance(self) -> NDArray[np.float64]:
        """Second moments of the pre-activations (not their logarithms), shape (L + 1,)."""
        return _power_of_ten(self.log10_variance)

    @property
    def gradient_variance(self) -> NDArray[np.float64]:
        """Second moments of the gradients (not their logarithms), shape (L + 1,)."""
        return _power_of_ten(self.log10_gradient_variance)

    @cached_property
    def activations(self) -> list[Array]:
        """A sample of each layer's activations (layer 0: of the inputs), at most a thousand each, for histograms."""
        return self._sample()


def _power_of_ten(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(10.0**logarithms)


def log10_second_moment(values: Array) -> float:
    """log10 of the mean square of all entries, scaled so that no square overflows or underflows.

    Examples
    --------
    >>> log10_second_moment(np.array([3e300, -4e300])).__round__(3)
    601.097
    """
    scale = float(np.max(np.abs(values)))
    if scale == 0:
        return -np.inf
    if not np.isfinite(scale):
        return scale
    exponent = np.frexp(scale)[1]
    scaled = np.ldexp(values.astype(np.float64), -int(exponent))
    return float(np.log10(np.mean(scaled**2)) + 2 * exponent * np.log10(2))


def summarize(forward: list[Array], backward: Callable[[], list[Array]], activations: list[Array]) -> Propagation:
    """Summarize a network whose layers are known unit by unit: arrays of shape (units, batch), from the input up."""

    def first(condition: Callable[[Array], bool]) -> int | None:
        return next((layer for layer, z in enumerate(forward) if condition(z)), None)

    sample = [h.ravel()[:SAMPLE].copy() for h in activations]
    return Propagation(
        log10_variance=np.array([log10_second_moment(z) for z in forward]),
        first_nonfinite=first(lambda z: not bool(np.isfinite(z).all())),
        first_nan=first(lambda z: bool(np.isnan(z).any())),
        first_zero=first(lambda z: not bool(np.any(z))),
        _backward=lambda: np.array([log10_second_moment(d) for d in backward()]),
        _sample=lambda: sample,
    )
