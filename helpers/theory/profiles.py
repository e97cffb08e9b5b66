"""Second moments of signals and gradients, layer by layer, and the variance that keeps them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from helpers import activations
from helpers.activations import Activation, gaussian_mean
from helpers.arguments import choice, integer, number, per_layer, per_layer_number

Profile = NDArray[np.float64]


# Second moments between these powers of ten are averaged by quadrature; beyond, every activation follows a power law.
# The slopes of a saturating one do so long before, and the quadrature has too few nodes near 0 for them in the end.
_FAR = 200.0
FAR_SLOPE = 12.0


def log10_square(phi: Activation, log10_q: float, *, derivative: bool = False) -> float:
    """log10 of E[phi(z)²], or of E[phi'(z)²], for z from N(0, q)."""
    near = min(max(log10_q, -_FAR), FAR_SLOPE if derivative and phi.bounded else _FAR)
    function = phi.derivative if derivative else phi.value
    mean = float(gaussian_mean(lambda z: function(z) ** 2, 10 ** (near / 2)))
    if derivative:
        growth = -0.5 if phi.bounded and log10_q > near else 0.0
    elif log10_q > near:
        growth = 0.0 if phi.bounded else 1.0
    else:
        growth = 1.0 if float(phi.value(0.0)) == 0 else 0.0
    return math.log10(mean) + growth * (log10_q - near)


def _layers(depth: int, width: int | Sequence[int], name: str) -> tuple[int, list[int]]:
    depth = integer("depth", depth)
    return depth, per_layer(name, width, depth)


def log10_variance(
    depth: int,
    fan_in: int | Sequence[int],
    variance: float | Sequence[float],
    activation: str = "linear",
    input_variance: float = 1.0,
) -> Profile:
    """Second moment q_l of the pre-activations by layer.

    q_l = fan_in · sigma² · E[phi(z)²], where z, the pre-activation of the layer below, is from N(0, q_{l-1}).
    Exact for linear, ReLU and leaky ReLU at every width (the mean over networks); for the others the limit of wide
    layers. No activation is applied to the input, so a ReLU's first halving shows at layer 2.

    Parameters
    ----------
    depth : int
        Number of layers L, 0 or more.
    fan_in : int or sequence of L ints
        Inputs of each layer.
    variance : float or sequence of L floats
        Variance sigma² of the weights of each layer, greater than 0.
    activation : str
        A key of `activations.ACTIVATIONS`.
    input_variance : float
        Second moment of the inputs, greater than 0.

    Returns
    -------
    ndarray, shape (L + 1,)
        Base-10 logarithms; entry 0 is the input's.

    Raises
    ------
    TypeError, ValueError
        Where an argument is not of this form; the message names it.

    References
    ----------
    He et al. 2015 (arXiv:1502.01852), eq. 5-9; Poole et al. 2016 (arXiv:1606.05340), eq. 3.

    Examples
    --------
    >>> log10_variance(50, 512, 0.01**2)[-1].round(2)
    np.float64(-64.54)
    >>> (10 ** log10_variance(3, 100, 1 / 100, "relu")).round(3)
    array([1.  , 1.  , 0.5 , 0.25])
    >>> (10 ** log10_variance(2, [100, 50], [1 / 100, 1 / 100])).round(3)
    array([1. , 1. , 0.5])
    """
    depth, fans = _layers(depth, fan_in, "fan_in")
    phi = activations.activation(activation)
    log10_sigma2 = np.log10(per_layer_number("variance", variance, depth, above=0))
    profile = [math.log10(number("input_variance", input_variance, above=0))]
    if phi.homogeneous:
        steps = log10_sigma2 + np.log10(np.array(fans, dtype=float))
        steps[1:] += math.log10(phi.second_moment)
        return np.cumsum([profile[0], *steps])
    for layer, n in enumerate(fans):
        below = profile[-1] if layer == 0 else log10_square(phi, profile[-1])
        profile.append(math.log10(n) + float(log10_sigma2[layer]) + below)
    return np.array(profile)


def log10_gradient_variance(
    depth: int,
    fan_out: int | Sequence[int],
    variance: float | Sequence[float],
    activation: str = "linear",
    fan_in: int | Sequence[int] | None = None,
    input_variance: float = 1.0,
) -> Profile:
    """Second moment of the gradient with respect to the pre-activations by layer, 1 at the top.

    Backward, v_{l-1} = fan_out · sigma² · E[phi'(z_{l-1})²] · v_l; layer 0 is the gradient with respect to the input,
    which has no activation.

    Parameters
    ----------
    depth : int
        Number of layers L, 0 or more.
    fan_out : int or sequence of L ints
        Units of each layer 1 to L.
    variance : float or sequence of L floats
        Variance sigma² of the weights of each layer, greater than 0.
    activation : str
        A key of `activations.ACTIVATIONS`.
    fan_in : int or sequence of L ints, optional
        Inputs of each layer, `fan_out` unless given; they fix the forward profile at which phi' is taken.
    input_variance : float
        Second moment of the inputs, greater than 0.

    Returns
    -------
    ndarray, shape (L + 1,)
        Base-10 logarithms; entry L is 0.

    Raises
    ------
    TypeError, ValueError
        Where an argument is not of this form; the message names it.

    References
    ----------
    Glorot & Bengio 2010, eq. 6; Schoenholz et al. 2017 (arXiv:1611.01232), eq. 14.

    Examples
    --------
    >>> (10 ** log10_gradient_variance(3, 100, 1 / 100, "relu")).round(3)
    array([0.25, 0.25, 0.5 , 1.  ])
    """
    depth, fans = _layers(depth, fan_out, "fan_out")
    phi = activations.activation(activation)
    inputs = fans if fan_in is None else _layers(depth, fan_in, "fan_in")[1]
    forward = log10_variance(depth, inputs, variance, activation, input_variance)
    sigma2 = per_layer_number("variance", variance, depth, above=0)
    steps = np.log10(sigma2) + np.log10(np.array(fans, dtype=float))
    if phi.homogeneous:
        steps[1:] += math.log10(phi.second_moment)
    else:
        steps[1:] += [log10_square(phi, q, derivative=True) for q in forward[1:-1]]
    return np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])


def stable_variance(fan_in: int, fan_out: int | None = None, mode: str = "fan_in", activation: str = "linear") -> float:
    """Variance of the weights at which a unit second moment passes a layer unchanged: gain² / n.

    Parameters
    ----------
    fan_in, fan_out : int
        Inputs and units of the layer; `fan_out` is `fan_in` unless given.
    mode : {"fan_in", "fan_out", "fan_avg"}
        Which n: fan_in keeps the forward pass, fan_out the backward pass, fan_avg (their mean) compromises.
    activation : str
        A key of `activations.ACTIVATIONS`.

    References
    ----------
    LeCun et al. 1998, Efficient BackProp, eq. 16; Glorot & Bengio 2010, eq. 12; He et al. 2015, eq. 10 and 14.

    Examples
    --------
    >>> stable_variance(512, activation="relu") == 2 / 512
    True
    """
    n_in = integer("fan_in", fan_in, 1)
    n_out = n_in if fan_out is None else integer("fan_out", fan_out, 1)
    n = {"fan_in": n_in, "fan_out": n_out, "fan_avg": (n_in + n_out) / 2}
    return 1 / (n[choice("mode", mode, n)] * activations.activation(activation).second_moment)
