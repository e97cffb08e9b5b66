"""Checks of arguments: each returns the value it accepts, or raises an error that names the argument and the value."""

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "array",
    "choice",
    "float_dtype",
    "generator",
    "instance",
    "integer",
    "matrices",
    "number",
    "per_layer",
    "per_layer_number",
    "shape",
    "square",
]

Rng = int | np.integer[Any] | np.random.Generator | None


def integer(name: str, value: Any, least: int = 0) -> int:
    """Return `value` as an int of at least `least` (and of at most a billion, beyond which no memory reaches).

    Examples
    --------
    >>> integer("depth", 3)
    3
    >>> integer("depth", 2.5)
    Traceback (most recent call last):
    ...
    TypeError: depth must be an integer of at least 0, got 2.5
    """
    most = f" and of at most {_MOST}" if _is_integer(value) and value > _MOST else ""
    message = f"{name} must be an integer of at least {least}{most}, got {value!r}"
    if not _is_integer(value):
        raise TypeError(message)
    if most or value < least:
        raise ValueError(message)
    return int(value)


_MOST = 10**9


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, _NO_NUMBERS)


_NO_NUMBERS = bool, np.timedelta64  # Python takes both for integers


def number(
    name: str,
    value: Any,
    least: float = -math.inf,
    *,
    above: float = -math.inf,
    most: float = math.inf,
    infinite: bool = False,
) -> float:
    """Return `value` as a float: finite (unless `infinite`), from `least` to `most` and greater than `above`.

    Examples
    --------
    >>> number("variance", 0.5, above=0)
    0.5
    >>> number("variance", 0, above=0)
    Traceback (most recent call last):
    ...
    ValueError: variance must be a finite number greater than 0, got 0
    >>> number("upper", math.inf, infinite=True)
    inf
    """
    limits = {"of at least": least, "greater than": above, "of at most": most}
    bounds = " and ".join(f"{words} {limit}" for words, limit in limits.items() if math.isfinite(limit))
    accepted = f"{'a number or infinity' if infinite else 'a finite number'} {bounds}".rstrip()
    message = f"{name} must be {accepted}, got {value!r}"
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, Real):
        raise TypeError(message)
    try:
        result = float(value)
    except OverflowError:
        raise ValueError(message) from None
    allowed = infinite or math.isfinite(result)
    if not (allowed and least <= result <= most and (result > above or above == -math.inf)):
        raise ValueError(message)
    return result


def square(name: str, value: Any, least: float = -math.inf, *, above: float = -math.inf) -> float:
    """Return the square of `value`, a number with the limits of `number` whose square is finite too.

    Examples
    --------
    >>> square("std", 0.5, above=0)
    0.25
    >>> square("std", 1e200)
    Traceback (most recent call last):
    ...
    ValueError: std must be a finite number of at most 1e+150, got 1e+200
    """
    return number(name, value, least, above=above, most=1e150) ** 2


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
    if len(_entries(value)) != layers:
        raise ValueError(f"{name} must be an integer or {layers} integers, one per layer, got {value!r}")
    return [integer(f"{name}[{index}]", entry, 1) for index, entry in enumerate(value)]


def _entries(value: Any) -> Any:
    """The entries of a sequence or of an array of one dimension; none of any other array."""
    return [] if isinstance(value, np.ndarray) and value.ndim != 1 else value


def per_layer_number(name: str, value: Any, layers: int, *, above: float) -> list[float]:
    """Return `layers` finite numbers greater than `above`: `value` repeated if it is one, else its `layers` entries.

    Examples
    --------
    >>> per_layer_number("variance", [0.5, 0.25], 2, above=0)
    [0.5, 0.25]
    """
    if isinstance(value, str | bytes) or not isinstance(value, Sequence | np.ndarray):
        return [number(name, value, above=above)] * layers
    if len(_entries(value)) != layers:
        raise ValueError(f"{name} must be a number or {layers} numbers, one per layer, got {value!r}")
    return [number(f"{name}[{index}]", entry, above=above) for index, entry in enumerate(value)]


def shape(value: Any, least: int = 1, most: int = 64, *, empty: bool = True) -> tuple[int, ...]:
    """Return `value`, a tuple or list of `least` to `most` sizes, as a tuple of ints; none is 0 unless `empty`.

    Examples
    --------
    >>> shape([256, 512], least=2)
    (256, 512)
    >>> shape((0, 3), empty=False)
    Traceback (most recent call last):
    ...
    ValueError: shape must be a tuple of 1 to 64 integers, each at least 1, got (0, 3)
    """
    smallest = 0 if empty else 1
    message = f"shape must be a tuple of {least} to {most} integers, each at least {smallest}, got {value!r}"
    if not isinstance(value, tuple | list) or not all(_is_integer(size) for size in value):
        raise TypeError(message)
    if not least <= len(value) <= most or any(size < smallest for size in value):
        raise ValueError(message)
    sizes = tuple(int(size) for size in value)
    if max(math.prod(sizes), *sizes) > _MOST:
        raise ValueError(f"shape must be that of at most {_MOST} numbers, got {value!r}")
    return sizes


def matrices(name: str, value: Any) -> list[Any]:
    """Return `value`, one or more matrices of one float dtype, each with as many columns as the one before has rows.

    Examples
    --------
    >>> len(matrices("weights", [np.ones((3, 2)), np.ones((4, 3))]))
    2
    """
    listed = instance(name, value, Sequence, _MATRICES)
    result = [array(f"{name}[{index}]", each, integers=False) for index, each in enumerate(listed)]
    if not result:
        raise ValueError(f"{name} must be {_MATRICES}, got {value!r}")
    columns, dtype = result[0].shape[-1:], result[0].dtype
    for index, each in enumerate(result):
        if each.ndim != 2 or each.shape[1:] != columns or 0 in each.shape:
            raise ValueError(f"{name}[{index}] must be a matrix that fits the one below, got the shape {each.shape}")
        if each.dtype != dtype:
            raise TypeError(f"{name}[{index}] must be of the float type of all, got {each.dtype}")
        columns = each.shape[:1]
    return result


_MATRICES = "one or more matrices"


def array(
    name: str, value: Any, dimensions: int | None = None, *, integers: bool = True, finite: bool = False
) -> NDArray[np.floating]:
    """Return `value` as an array of real numbers with so many dimensions (None: any); `integers` become float64.

    Examples
    --------
    >>> array("rows", [[1, 2]], 2)
    array([[1., 2.]])
    """
    try:
        result = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array of numbers, got rows of unequal lengths: {value!r}") from None
    if integers and result.dtype.kind in "iu":
        result = result.astype(np.float64)
    if result.dtype not in (np.float16, np.float32, np.float64):
        raise TypeError(f"{name} must be float16, float32 or float64, got {result.dtype}: {value!r}")
    if dimensions is not None and result.ndim != dimensions:
        raise ValueError(
            f"{name} must have {('no dimensions', 'one dimension', 'two dimensions')[dimensions]}, got {result.ndim}"
        )
    if finite and not np.isfinite(result).all():
        raise ValueError(f"{name} must be finite, got inf or NaN among them")
    return result


def instance(name: str, value: Any, kind: Any, words: str) -> Any:
    """Return `value` if it is of a kind, which the words tell.

    Examples
    --------
    >>> instance("what", "loss", str, "a text")
    'loss'
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {words}, got {value!r}")
    return value


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
    except (TypeError, ValueError, SyntaxError):
        raise TypeError(message) from None
    if not isinstance(dtype, type | str | np.dtype) or result not in (np.float16, np.float32, np.float64):
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
    if not (rng is None or isinstance(rng, np.random.Generator) or _is_integer(rng)):
        raise TypeError(message)
    if isinstance(rng, Integral) and rng < 0:
        raise ValueError(message)
    return np.random.default_rng(rng)
