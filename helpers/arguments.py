"""Checks of arguments: each returns the value it accepts, or raises an error that names the argument and the value."""

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["choice", "float_dtype", "generator", "integer", "number", "per_layer"]

Rng = int | np.random.Generator | None


def integer(name: str, value: Any, least: int = 0) -> int:
    """Return `value` as an int of at least `least`.

    Examples
    --------
    >>> integer("depth", 3)
    3
    >>> integer("depth", 2.5)
    Traceback (most recent call last):
    ...
    TypeError: depth must be an integer of at least 0, got 2.5
    """
    message = f"{name} must be an integer of at least {least}, got {value!r}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise TypeError(message)
    if value < least:
        raise ValueError(message)
    return int(value)


def number(name: str, value: Any, least: float = -math.inf, *, above: float = -math.inf) -> float:
    """Return `value` as a finite float, at least `least` and greater than `above`.

    Examples
    --------
    >>> number("variance", 0.5, above=0)
    0.5
    >>> number("variance", 0, above=0)
    Traceback (most recent call last):
    ...
    ValueError: variance must be a finite number greater than 0, got 0
    """
    bound = f" greater than {above}" if above > -math.inf else f" of at least {least}" if least > -math.inf else ""
    message = f"{name} must be a finite number{bound}, got {value!r}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(message)
    try:
        result = float(value)
    except OverflowError:
        raise ValueError(message) from None
    if not (math.isfinite(result) and result >= least and result > above):
        raise ValueError(message)
    return result


def choice(name: str, value: Any, options: Iterable[str]) -> str:
    """Return `value`, one of the strings in `options`.

    Examples
    --------
    >>> choice("mode", "fan_in", ["fan_in", "fan_out"])
    'fan_in'
    """
    options = list(options)
    message = f"{name} must be one of {', '.join(map(repr, options))}, got {value!r}"
    if not isinstance(value, str):
        raise TypeError(message)
    if value not in options:
        raise ValueError(message)
    return value


def per_layer(name: str, value: Any, layers: int) -> list[int]:
    """Return `layers` positive integers: `value` repeated if it is one integer, else its `layers` entries.

    Examples
    --------
    >>> per_layer("fan_in", 512, 3)
    [512, 512, 512]
    """
    if isinstance(value, str | bytes) or not isinstance(value, Sequence | np.ndarray):
        return [integer(name, value, 1)] * layers
    if np.ndim(value) != 1 or len(value) != layers:
        raise ValueError(f"{name} must be an integer or {layers} integers, one per layer, got {value!r}")
    return [integer(f"{name}[{index}]", entry, 1) for index, entry in enumerate(value)]


def float_dtype(dtype: Any) -> np.dtype[np.floating]:
    """Return `dtype` as one of NumPy's float16, float32 and float64.

    Examples
    --------
    >>> float_dtype(np.float16)
    dtype('float16')
    """
    message = f"dtype must be float16, float32 or float64, got {dtype!r}"
    try:
        result: np.dtype[np.floating] = np.dtype(dtype)
    except TypeError:
        raise TypeError(message) from None
    if dtype is None or result not in (np.float16, np.float32, np.float64):
        raise TypeError(message)
    return result


def generator(rng: Rng) -> np.random.Generator:
    """Return a NumPy Generator: `rng` itself, or a new one seeded by an int or by the system (None).

    Examples
    --------
    >>> int(generator(0).integers(10))
    8
    """
    message = f"rng must be None, a non-negative int or a numpy.random.Generator, got {rng!r}"
    if isinstance(rng, bool) or not (rng is None or isinstance(rng, Integral | np.random.Generator)):
        raise TypeError(message)
    if isinstance(rng, Integral) and rng < 0:
        raise ValueError(message)
    return np.random.default_rng(rng)
