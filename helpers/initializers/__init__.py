"""Weight initializers in plain NumPy: the initial weights of a layer, and nothing that happens to them later.

What belongs here: functions from a shape to an array of weights, one module per category; the ``fans`` that scale
them; and ``CATALOG``, one record per initializer, from which the notebooks' tables and the gallery are generated.

Every initializer is ``f(shape, ..., *, rng=None, dtype=np.float32)`` and returns a new array:

shape
    A tuple (or list) of non-negative integers, laid out as in PyTorch: ``(fan_out, fan_in, *kernel)``, so that
    a layer computes ``W @ h``. A dimension of size 0 gives an empty array, except where the formula divides by
    a fan or needs a centre (variance scaling, ``orthogonal``, ``dirac``): there it is a ``ValueError``.
rng
    None (a fresh seed), a non-negative int (a seed) or a ``numpy.random.Generator`` (used and advanced).
    Deterministic initializers accept it so that all calls look alike, and leave it untouched.
dtype
    ``float16``, ``float32`` or ``float64``. Normal and uniform draws are made in that precision (float16: drawn
    in float32, then rounded); truncated normal and orthogonal weights are made in float64, then rounded.

Bad input is a ``TypeError`` (wrong type) or a ``ValueError`` (wrong value) that names the argument. Nothing is
clipped in silence: a size that the dtype cannot hold is a ``ValueError``, neither inf nor a quiet zero.
"""

# No module bears a function's name (`constant`, `variance_scaling`): the package can hold only one of the two.
from helpers.initializers.catalog import CATALOG, Initializer
from helpers.initializers.constants import constant, dirac, eye, ones, zeros
from helpers.initializers.random import normal, sparse, truncated_normal, uniform
from helpers.initializers.scaling import (
    fans,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
)
from helpers.initializers.structured import orthogonal

__all__ = [
    "CATALOG",
    "Initializer",
    "constant",
    "dirac",
    "eye",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "sparse",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
