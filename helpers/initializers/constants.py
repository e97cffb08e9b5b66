"""Weights without chance: every call with the same arguments gives the same array, and `rng` is not used.

What belongs here: initializers whose weights are written down one by one, the same each time.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from helpers import arguments
from helpers.arguments import Rng
from helpers.initializers._weights import Weights, check_size

__all__ = ["constant", "dirac", "eye", "ones", "zeros"]


def constant(shape: Sequence[int], value: float, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Set every weight to the same value: right for biases, symmetric as a weight matrix.

    Parameters
    ----------
    shape, rng, dtype
        As everywhere in `helpers.initializers`; `rng` is not used.
    value : float
        Finite, and of a size that `dtype` holds.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, and for a `value` that would overflow or become 0 in `dtype`.

    Examples
    --------
    >>> constant((2, 3), 0.5)
    array([[0.5, 0.5, 0.5],
           [0.5, 0.5, 0.5]], dtype=float32)
    """
    sizes, value, dtype = arguments.shape(shape), arguments.number("value", value), arguments.float_dtype(dtype)
    check_size("value", abs(value), dtype)
    arguments.generator(rng)
    return np.full(sizes, value, dtype)


def zeros(shape: Sequence[int], *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Set every weight to 0: the usual start of biases.

    Parameters
    ----------
    shape, rng, dtype
        As in `constant`.

    Returns
    -------
    ndarray of `shape`

    Examples
    --------
    >>> zeros((4,))
    array([0., 0., 0., 0.], dtype=float32)
    """
    return constant(shape, 0.0, rng=rng, dtype=dtype)


def ones(shape: Sequence[int], *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Set every weight to 1: the usual start of a normalization layer's scale.

    Parameters
    ----------
    shape, rng, dtype
        As in `constant`.

    Returns
    -------
    ndarray of `shape`

    Examples
    --------
    >>> ones((4,))
    array([1., 1., 1., 1.], dtype=float32)
    """
    return constant(shape, 1.0, rng=rng, dtype=dtype)


def eye(shape: Sequence[int], *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Put ones on the diagonal, zeros elsewhere: the layer passes its input on.

    Constant and yet not symmetric: no two of the first ``fan_in`` rows are equal. Rows beyond ``fan_in`` are all
    zero (and so alike), columns beyond ``fan_out`` are ignored inputs.

    Parameters
    ----------
    shape : tuple of int
        ``(fan_out, fan_in)``, square or not.
    rng, dtype
        As in `constant`.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, and for a shape that has not two dimensions.

    References
    ----------
    Le, Jaitly & Hinton (2015), "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units",
    arXiv:1504.00941.

    Examples
    --------
    >>> eye((2, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    rows, columns = arguments.shape(shape, least=2, most=2)
    dtype = arguments.float_dtype(dtype)
    arguments.generator(rng)
    return np.eye(rows, columns, dtype=dtype)


def dirac(shape: Sequence[int], groups: int = 1, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Make a convolution pass its input channels on: output channel d is input channel d.

    A one at the kernel's centre, ``k // 2`` along each axis, and zeros elsewhere; `eye` for convolutions. An even
    kernel has no middle: the output is then shifted by half a pixel. Channels beyond ``shape[1]`` (in each group)
    are zero.

    Parameters
    ----------
    shape : tuple of int
        ``(out_channels, in_channels / groups, *kernel)`` with one to three kernel dimensions, none of size 0.
    groups : int
        Groups of the convolution; divides ``shape[0]``. Each group passes its own inputs on.
    rng, dtype
        As in `constant`.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, and for `groups` that does not divide ``shape[0]``.

    References
    ----------
    Zagoruyko & Komodakis (2017), "DiracNets", arXiv:1706.00388; ``torch.nn.init.dirac_``.

    Examples
    --------
    >>> dirac((2, 2, 3))
    array([[[0., 1., 0.],
            [0., 0., 0.]],
    <BLANKLINE>
           [[0., 0., 0.],
            [0., 1., 0.]]], dtype=float32)
    """
    sizes = arguments.shape(shape, least=3, most=5, empty=False)
    groups = arguments.integer("groups", groups, 1)
    if sizes[0] % groups:
        raise ValueError(f"groups must divide shape[0] = {sizes[0]}, got {groups}")
    group_size = sizes[0] // groups
    weights = zeros(sizes, rng=rng, dtype=dtype)
    channel = np.arange(min(group_size, sizes[1]))
    row = np.arange(groups)[:, np.newaxis] * group_size + channel
    index: tuple[Any, ...] = (row, channel, *(size // 2 for size in sizes[2:]))
    weights[index] = 1
    return weights
