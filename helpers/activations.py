"""Activation functions with their derivatives and gains, and the Gaussian mean that the gains are made of."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers import arguments

__all__ = ["ACTIVATIONS", "Activation", "activation", "gaussian_mean", "normal_cdf"]

Array = NDArray[np.floating]
Elementwise = Callable[[Array], Array]

# The nodes z = ±exp(t) make every kink at 0 and every scale of z harmless: the integrand is smooth in t.
_STEP = 0.125
_POSITIVE = np.exp(np.arange(-40.0, 2.7, _STEP))
_NODES = np.concatenate([-_POSITIVE[::-1], _POSITIVE])
_WEIGHTS = np.abs(_NODES) * np.exp(-(_NODES**2) / 2) * _STEP / math.sqrt(2 * math.pi)


def gaussian_mean(function: Elementwise, scale: ArrayLike = 1.0) -> Array:
    """Mean of ``function(scale * z)`` over z from N(0, 1), for a function that is smooth except perhaps at 0.

    The trapezoid rule in log|z| converges exponentially (Trefethen & Weideman 2014, SIAM Review 56, section 5) and,
    unlike Gauss-Hermite quadrature, just as fast when the function bends sharply at 0 or when `scale` is huge.

    Parameters
    ----------
    function : callable
        Elementwise, from an array to an array of the same shape.
    scale : array_like
        Standard deviations, of any shape.

    Returns
    -------
    ndarray
        Of the shape of `scale`.

    Examples
    --------
    >>> gaussian_mean(np.square, [1.0, 3.0]).round(12)
    array([1., 9.])
    """
    arguments.instance("function", function, Callable, "a function")
    scale = arguments.array("scale", scale).astype(np.float64)
    return np.asarray(function(scale[..., None] * _NODES) @ _WEIGHTS)


def _erf_table() -> Array:
    """Taylor coefficients of erf around multiples of 1/64 in [-6, 6], one row per node."""
    node = np.arange(-384, 385) / 64
    hermite = [np.ones_like(node), 2 * node]
    for n in range(1, 6):
        hermite.append(2 * node * hermite[n] - 2 * n * hermite[n - 1])
    slope = 2 / math.sqrt(math.pi) * np.exp(-(node**2))
    terms = [slope * (-1) ** n * h / math.factorial(n + 1) for n, h in enumerate(hermite)]
    return np.stack([np.array([math.erf(x) for x in node]), *terms], axis=1)


_ERF = _erf_table()


def _erf(x: Array) -> Array:
    """Error function, elementwise in float64, to 2e-16 (beyond ±6 it is ±1 to the last digit)."""
    x = np.clip(x.astype(np.float64), -6, 6)
    index = np.rint(np.nan_to_num(x) * 64).astype(np.intp)
    step = x - index / 64
    terms = _ERF[index + 384]
    total = terms[..., 7]
    for n in range(6, -1, -1):
        total = total * step + terms[..., n]
    return np.asarray(total)


def _sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1 / (1 + e), e / (1 + e)))


def normal_cdf(z: ArrayLike) -> NDArray[np.float64]:
    """Probability that a number from N(0, 1) is below z, to 15 decimal places.

    Examples
    --------
    >>> normal_cdf([-1.0, 0.0, 1.0]).round(4)
    array([0.1587, 0.5   , 0.8413])
    """
    return _normal_cdf(arguments.array("z", z))


def _normal_cdf(z: Array) -> NDArray[np.float64]:
    return np.asarray((1 + _erf(z / math.sqrt(2))) / 2, dtype=np.float64)


def _normal_pdf(z: Array) -> Array:
    return np.asarray(np.exp(-(z.astype(np.float64) ** 2) / 2) / math.sqrt(2 * math.pi))


_SLOPE = 0.01
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848


def _selu(z: Array) -> Array:
    return np.asarray(_SELU_SCALE * np.where(z > 0, z, _SELU_ALPHA * np.expm1(np.minimum(z, 0))))


def _selu_derivative(z: Array) -> Array:
    return np.asarray(_SELU_SCALE * np.where(z > 0, 1, _SELU_ALPHA * np.exp(np.minimum(z, 0))))


def _silu_derivative(z: Array) -> Array:
    s = _sigmoid(z)
    return np.asarray(s + z * s * _sigmoid(-z))


@dataclass(frozen=True)
class Activation:
    """An activation function: what the simulations apply to each pre-activation, and the theory averages over.

    Attributes
    ----------
    name : str
        The key in `ACTIVATIONS`.
    homogeneous : bool
        Whether ``value(a * z) == a * value(z)`` for every a > 0: the scale then passes through untouched.
    bounded : bool
        Whether the values stay finite as z grows.
    """

    name: str
    _value: Elementwise
    _derivative: Elementwise
    homogeneous: bool = False
    bounded: bool = False

    def value(self, z: ArrayLike) -> Array:
        """Return phi(z), elementwise, in the dtype of `z` (integers become float64).

        Examples
        --------
        >>> ACTIVATIONS["relu"].value(np.array([-1.0, 2.0], dtype=np.float16))
        array([0., 2.], dtype=float16)
        """
        return _elementwise(self._value, z)

    def derivative(self, z: ArrayLike) -> Array:
        """Return phi'(z), elementwise, in the dtype of `z`; at a kink, the slope on its left.

        Examples
        --------
        >>> ACTIVATIONS["leaky_relu"].derivative([-1.0, 2.0])
        array([0.01, 1.  ])
        """
        return _elementwise(self._derivative, z)

    @cached_property
    def second_moment(self) -> float:
        """E[phi(z)²] for z from N(0, 1): exact for the piecewise linear functions, by quadrature for the others.

        Examples
        --------
        >>> ACTIVATIONS["relu"].second_moment
        0.5
        """
        if self.homogeneous:
            left, right = self.value([-1.0, 1.0])
            return float(left**2 + right**2) / 2
        return float(gaussian_mean(lambda z: self.value(z) ** 2))

    @property
    def gain(self) -> float:
        """The factor on the weights' scale that restores a unit second moment: 1 / sqrt(E[phi(z)²]), z from N(0, 1).

        Examples
        --------
        >>> round(ACTIVATIONS["tanh"].gain, 4)
        1.5925
        """
        return 1 / math.sqrt(self.second_moment)


def _elementwise(function: Elementwise, z: ArrayLike) -> Array:
    z = arguments.array("z", z)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.asarray(function(z)).astype(z.dtype, copy=False)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        record.name: record
        for record in (
            Activation("linear", lambda z: z, np.ones_like, homogeneous=True),
            Activation("relu", lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0), homogeneous=True),
            Activation(
                "leaky_relu",
                lambda z: np.where(z > 0, z, z.dtype.type(_SLOPE) * z),
                lambda z: np.where(z > 0, 1.0, _SLOPE),
                homogeneous=True,
            ),
            Activation("tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2, bounded=True),
            Activation("sigmoid", _sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z), bounded=True),
            Activation("gelu", lambda z: z * _normal_cdf(z), lambda z: _normal_cdf(z) + z * _normal_pdf(z)),
            Activation("silu", lambda z: z * _sigmoid(z), _silu_derivative),
            Activation("selu", _selu, _selu_derivative),
        )
    }
)


def activation(name: str) -> Activation:
    """Return the activation called `name`; an unknown name is an error that lists the known ones.

    Examples
    --------
    >>> activation("tanh").bounded
    True
    """
    return ACTIVATIONS[arguments.choice("activation", name, ACTIVATIONS)]
