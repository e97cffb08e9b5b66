"""Number formats: the largest and the smallest numbers that each can hold, computed from its bits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

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
