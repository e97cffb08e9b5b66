"""What `helpers.arguments` promises: the accepted value in normal form, or an error with the name and the value."""

import math
from fractions import Fraction

import numpy as np
import pytest

from helpers import arguments


def assert_refused(error, match, call, *values, **options):
    with pytest.raises(error, match=match) as caught:
        call(*values, **options)
    assert str(caught.value).endswith(f"got {values[-1]!r}")


@pytest.mark.parametrize("value", [2, np.uint8(2), np.int64(2)])
def test_integers_of_any_kind_become_int(value):
    assert type(arguments.integer("depth", value)) is int
    assert arguments.shape([value, value]) == (2, 2)


@pytest.mark.parametrize("value", [True, np.True_, 2.0, "2", None, np.array(2)])
def test_what_is_no_integer_is_a_type_error(value):
    assert_refused(TypeError, "^depth must be an integer of at least 0", arguments.integer, "depth", value)
    assert_refused(TypeError, "^shape must be a tuple of 1 to 64 integers, each at least 0", arguments.shape, (value,))


@pytest.mark.parametrize("value", [1, np.float16(1), np.int8(1), Fraction(1)])
def test_real_numbers_of_any_kind_become_float(value):
    assert type(arguments.number("std", value, 1, most=1)) is float


@pytest.mark.parametrize(
    ("value", "limits", "accepted"),
    [
        (math.nan, {}, "a finite number"),
        (-math.inf, {}, "a finite number"),
        (10**400, {"infinite": True}, "a number or infinity"),
        (math.nan, {"infinite": True}, "a number or infinity"),
        (-0.1, {"least": 0}, "a finite number of at least 0"),
        (0, {"above": 0}, "a finite number greater than 0"),
        (1.1, {"least": 0, "most": 1}, "a finite number of at least 0 and of at most 1"),
        (math.inf, {"above": 0, "most": 2, "infinite": True}, "a number or infinity greater than 0 and of at most 2"),
    ],
)
def test_a_number_outside_its_limits_is_a_value_error(value, limits, accepted):
    assert_refused(ValueError, f"^std must be {accepted}, got", arguments.number, "std", value, **limits)


@pytest.mark.parametrize("value", [True, np.True_, 1j, "1", None, [1.0], np.array(1.0)])
def test_what_is_no_real_number_is_a_type_error(value):
    assert_refused(TypeError, "^std must be a finite number, got", arguments.number, "std", value)


@pytest.mark.parametrize("value", [math.inf, -math.inf, np.float32(math.inf)])
def test_infinities_are_numbers_where_asked_for(value):
    assert arguments.number("upper", value, infinite=True) == value


@pytest.mark.parametrize(
    ("value", "limits"), [((), {}), ((1,) * 65, {}), ((-1,), {}), ((4,), {"least": 2}), ((0, 1), {"empty": False})]
)
def test_a_shape_outside_its_limits_is_a_value_error(value, limits):
    assert_refused(ValueError, "^shape must be a tuple of", arguments.shape, value, **limits)
