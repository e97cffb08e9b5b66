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


@pytest.mark.parametrize("value", [np.timedelta64(3), np.timedelta64(3, "s")])
def test_a_span_of_time_is_no_number(value):
    """Python takes NumPy's for an integer."""
    assert_refused(TypeError, "^depth must be an integer", arguments.integer, "depth", value)
    assert_refused(TypeError, "^std must be a finite number", arguments.number, "std", value)


def test_integers_end_where_memory_does():
    assert arguments.integer("depth", 10**9) == 10**9
    assert_refused(ValueError, "^depth must be .* at most 1000000000, got", arguments.integer, "depth", 10**9 + 1)
    assert arguments.shape((10**9,)) == (10**9,)
    assert arguments.shape((0, 10**9)) == (0, 10**9)
    assert_refused(ValueError, "^shape must be that of at most", arguments.shape, (10**5, 10**5))
    assert_refused(ValueError, "^shape must be that of at most", arguments.shape, (0, 10**10))


def test_a_square_is_a_number_too():
    assert arguments.square("std", 1e150) == 1e150**2
    assert arguments.square("std", 0, 0) == 0
    for value, limits in ((1.1e150, {}), (-1, {"least": 0}), (0, {"above": 0})):
        with pytest.raises(ValueError, match=r"^std must be a finite number"):
            arguments.square("std", value, **limits)


def test_arrays_keep_their_float_type_and_integers_become_float64():
    for dtype in (np.float16, np.float32, np.float64):
        values = np.ones((2, 3), dtype)
        assert arguments.array("rows", values, 2) is values
    assert arguments.array("rows", [1, 2], 1).dtype == np.float64
    assert arguments.array("rows", [np.inf]).tolist() == [np.inf]


@pytest.mark.parametrize(
    ("error", "message", "value", "options"),
    [
        (ValueError, "unequal lengths", [[1, 2], [3]], {}),
        (TypeError, "float64, got complex128", [1j], {}),
        (TypeError, "float64, got bool", [True], {}),
        (TypeError, "float64, got object", [10**400], {}),
        (TypeError, "float64, got int64", np.array([1], np.int64), {"integers": False}),
        (ValueError, "two dimensions, got 1", [1.0], {"dimensions": 2}),
        (ValueError, "one dimension, got 0", 1.0, {"dimensions": 1}),
        (ValueError, "finite, got inf or NaN", [1.0, np.nan], {"finite": True}),
    ],
)
def test_what_is_no_array_of_real_numbers_is_an_error(error, message, value, options):
    with pytest.raises(error, match=rf"^rows must .*{message}"):
        arguments.array("rows", value, **options)
