"""Draws of whole matrices: the weights depend on each other, so that the matrix has a property.

What belongs here: initializers that cannot draw one weight at a time.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from helpers import arguments
from helpers.arguments import Rng
from helpers.initializers._weights import Weights, check_size

__all__ = ["orthogonal"]


def orthogonal(shape: Sequence[int], gain: float = 1.0, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Weights:
    """Draw gain times a matrix with orthonormal rows or columns, uniformly (Haar measure).

    Flattened to ``(shape[0], rest)``, the shorter side is orthonormal: ``W @ W.T = gain² I`` for a wide matrix,
    ``W.T @ W = gain² I`` for a tall one, both for a square one. All singular values equal `gain`, so a product of
    square matrices keeps every vector's length, not only the lengths' average. (A convolution built from such a
    kernel is not an orthogonal map of images.)

    Parameters
    ----------
    shape : tuple of int
        ``(fan_out, fan_in, *kernel)``, no dimension of size 0.
    gain : float
        The singular values, ``>= 0``.
    rng, dtype
        As everywhere in `helpers.initializers`.

    Returns
    -------
    ndarray of `shape`

    Raises
    ------
    TypeError, ValueError
        For bad input, for a dimension of size 0, and for a `gain` that does not fit `dtype`.

    Notes
    -----
    QR of a normal matrix. LAPACK's choice of signs is not Haar; making R's diagonal positive is.

    References
    ----------
    Saxe, McClelland & Ganguli (2013), "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", arXiv:1312.6120. Mezzadri (2007), "How to generate random matrices from the classical
    compact groups", arXiv:math-ph/0609050, sec. 5.

    Examples
    --------
    >>> W = orthogonal((3, 5), rng=0, dtype=np.float64)
    >>> np.allclose(W @ W.T, np.eye(3))
    True
    """
    sizes, dtype = arguments.shape(shape, least=2, empty=False), arguments.float_dtype(dtype)
    gain = arguments.number("gain", gain, 0)
    check_size("gain", gain, dtype)
    rows, columns = sizes[0], math.prod(sizes[1:])
    tall = arguments.generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
    Q, R = np.linalg.qr(tall)
    Q *= gain * np.copysign(1, np.diag(R))
    return (Q if rows >= columns else Q.T).reshape(sizes).astype(dtype)
