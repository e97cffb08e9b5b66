"""Number formats: the largest and the smallest numbers that each can hold, computed from its bits, and rounding."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers import arguments

__all__ = ["FORMATS", "Format", "format_limits"]


@dataclass(frozen=True)
class Format:
    """A binary floating-point format.

    Attributes
    ----------
    name : str
        The key in `FORMATS`.
    exponent_bits, mantissa_bits : int
        Their numbers in the encoding; the sign takes one bit more.
    has_infinity : bool
        Whether the highest exponent is kept for inf and NaN (IEEE 754). The OCP's float8_e4m3 has no inf: it uses that
        exponent for numbers, all but one pattern that is NaN, and an overflow gives NaN (OCP 8-bit Floating Point
        Specification, 2023, section 5).
    """

    name: str
    exponent_bits: int
    mantissa_bits: int
    has_infinity: bool = True

    @property
    def _bias(self) -> int:
        return int(2 ** (self.exponent_bits - 1)) - 1

    @property
    def max(self) -> float:
        """The largest finite number.

        Examples
        --------
        >>> FORMATS["float16"].max, FORMATS["float8_e4m3"].max
        (65504.0, 448.0)
        """
        if self.has_infinity:
            return math.ldexp(2 - 2.0**-self.mantissa_bits, self._bias)
        return math.ldexp(2 - 2.0 ** (1 - self.mantissa_bits), self._bias + 1)

    @property
    def overflow_from(self) -> float:
        """Where numbers round to more than `max`: half a step beyond it.

        Examples
        --------
        >>> FORMATS["float16"].overflow_from
        65520.0
        """
        exponent = self._bias if self.has_infinity else self._bias + 1
        return self.max + math.ldexp(0.5, exponent - self.mantissa_bits)

    @property
    def smallest_normal(self) -> float:
        """The smallest positive number that still has all its mantissa bits.

        Examples
        --------
        >>> FORMATS["float32"].smallest_normal == 2.0**-126
        True
        """
        return math.ldexp(1.0, 1 - self._bias)

    @property
    def smallest_subnormal(self) -> float:
        """The smallest positive number. What is closer to 0 than half of it becomes 0.

        Examples
        --------
        >>> FORMATS["float64"].smallest_subnormal
        5e-324
        """
        return math.ldexp(1.0, 1 - self._bias - self.mantissa_bits)

    @property
    def in_numpy(self) -> bool:
        """Whether NumPy has arithmetic in this format."""
        return self.name in ("float16", "float32", "float64")

    def round(self, values: ArrayLike) -> NDArray[np.floating]:
        """Round to the nearest number, ties to even; what rounds beyond the largest becomes inf (NaN if there is none).

        Returns
        -------
        ndarray
            Of this dtype where NumPy has it, else of float32, which holds every number of the others.

        Examples
        --------
        >>> FORMATS["bfloat16"].round([1.001, 3.4e38]), FORMATS["float8_e4m3"].round([0.3, 500.0])
        (array([ 1., inf], dtype=float32), array([0.3125,    nan], dtype=float32))
        """
        values = arguments.array("values", values)
        with np.errstate(all="ignore"):
            if self.in_numpy:
                return values.astype(self.name, copy=False)
            exact = values.astype(np.float64)
            exponent = np.maximum(np.frexp(exact)[1] - 1, 1 - self._bias)
            step = np.ldexp(1.0, exponent - self.mantissa_bits)
            nearest = np.where(np.isfinite(exact), np.rint(exact / step) * step, exact)
            beyond = np.copysign(np.inf, nearest) if self.has_infinity else np.full_like(nearest, np.nan)
            return np.where(np.abs(nearest) > self.max, beyond, nearest).astype(np.float32)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        record.name: record
        for record in (
            Format("float16", exponent_bits=5, mantissa_bits=10),
            Format("bfloat16", exponent_bits=8, mantissa_bits=7),
            Format("float32", exponent_bits=8, mantissa_bits=23),
            Format("float64", exponent_bits=11, mantissa_bits=52),
            Format("float8_e4m3", exponent_bits=4, mantissa_bits=3, has_infinity=False),
            Format("float8_e5m2", exponent_bits=5, mantissa_bits=2),
        )
    }
)


def format_limits(name: str) -> Format:
    """Return the format called `name`; an unknown name is an error that lists the known ones.

    Examples
    --------
    >>> format_limits("bfloat16").exponent_bits
    8
    """
    return FORMATS[arguments.choice("format", name, FORMATS)]
