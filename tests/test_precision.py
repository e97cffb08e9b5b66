"""Number formats, against NumPy where it has them and against their published tables where it has not."""

import numpy as np
import pytest

from helpers.precision import FORMATS, format_limits


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_numpy_agrees(name):
    info = np.finfo(name)
    limits = FORMATS[name]
    assert limits.max == float(info.max)
    assert limits.smallest_normal == float(info.smallest_normal)
    assert limits.smallest_subnormal == float(info.smallest_subnormal)


@pytest.mark.parametrize(
    ("name", "largest", "normal", "subnormal"),
    [
        ("bfloat16", 3.3895313892515355e38, 2.0**-126, 2.0**-133),
        ("float8_e4m3", 448.0, 2.0**-6, 2.0**-9),  # OCP 8-bit Floating Point Specification, table 2
        ("float8_e5m2", 57344.0, 2.0**-14, 2.0**-16),
    ],
)
def test_published_limits(name, largest, normal, subnormal):
    limits = FORMATS[name]
    assert (limits.max, limits.smallest_normal, limits.smallest_subnormal) == (largest, normal, subnormal)


@pytest.mark.parametrize(
    ("name", "edge"),
    [("float16", 65520.0), ("float8_e4m3", 464.0), ("float8_e5m2", 61440.0), ("bfloat16", 511 * 2.0**119)],
)
def test_numbers_overflow_from_half_a_step_beyond_the_largest(name, edge):
    limits = FORMATS[name]
    assert limits.overflow_from == edge
    below, beyond = limits.round([np.nextafter(edge, 0), np.nextafter(edge, np.inf)])
    assert below == limits.max
    assert not np.isfinite(beyond)


@pytest.mark.parametrize("name", FORMATS)
def test_the_smallest_numbers_are_multiples_of_the_smallest(name):
    """Up to twice the smallest normal number; what lies between them goes to the nearer one."""
    limits = FORMATS[name]
    k = np.arange(min(2 ** (limits.mantissa_bits + 1), 1000))
    np.testing.assert_array_equal(limits.round(k * limits.smallest_subnormal), k * limits.smallest_subnormal)
    if name != "float64":  # nothing lies between them
        between = limits.round((k + 0.4) * limits.smallest_subnormal)
        np.testing.assert_array_equal(between, k * limits.smallest_subnormal)


def test_only_e4m3_has_no_infinity():
    assert [name for name, limits in FORMATS.items() if not limits.has_infinity] == ["float8_e4m3"]


def test_half_of_the_smallest_number_is_where_zero_begins():
    for name in ("float16", "float32", "float64"):
        dtype = np.dtype(name).type
        smallest = FORMATS[name].smallest_subnormal
        if name != "float64":  # half of it is no float64 either
            assert dtype(smallest * 0.49) == 0
        assert dtype(smallest) > 0
        assert dtype(smallest) * dtype(0.5) == 0
        assert dtype(smallest) * dtype(0.75) == dtype(smallest)


def test_unknown_format_is_an_error_that_lists_the_known():
    with pytest.raises(ValueError, match=r"format must be one of 'float16'.*got 'half'"):
        format_limits("half")
