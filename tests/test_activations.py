"""Activations: values, derivatives, dtypes and gains."""

import math

import numpy as np
import pytest
from scipy import integrate, special

from helpers.activations import ACTIVATIONS, activation, gaussian_mean

POINTS = np.linspace(-6, 6, 241)[1::2]  # not 0, where some have a kink

DEFINITIONS = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "tanh": math.tanh,
    "sigmoid": special.expit,
    "gelu": lambda z: z * special.ndtr(z),
    "silu": lambda z: z * special.expit(z),
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * math.expm1(z)),
}


def test_the_eight_activations_are_there():
    assert set(ACTIVATIONS) == set(DEFINITIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_follow_the_definition(name):
    points = np.array([-1e4, -40, *POINTS, 40, 1e4])
    expected = [DEFINITIONS[name](z) for z in points]
    np.testing.assert_allclose(ACTIVATIONS[name].value(points), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_are_the_slopes(name):
    phi = ACTIVATIONS[name]
    slope = (phi.value(POINTS + 1e-6) - phi.value(POINTS - 1e-6)) / 2e-6
    np.testing.assert_allclose(phi.derivative(POINTS), slope, atol=1e-8)


def test_at_a_kink_the_slope_is_that_on_its_left():
    for name, slope in (("relu", 0), ("leaky_relu", 0.01), ("selu", 1.0507009873554805 * 1.6732632423543772)):
        assert ACTIVATIONS[name].derivative(0.0) == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept_and_the_far_ends_are_quiet(name, dtype):
    z = np.array([-1e4, -1.0, 0.0, 1.0, 1e4], dtype=dtype)
    for function in (ACTIVATIONS[name].value, ACTIVATIONS[name].derivative):
        result = function(z)
        assert result.dtype == dtype
        assert np.isfinite(result).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_homogeneous_means_that_the_scale_passes_through(name):
    phi = ACTIVATIONS[name]
    scales = np.allclose(phi.value(3 * POINTS), 3 * phi.value(POINTS))
    assert scales == phi.homogeneous


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_bounded_means_that_values_stop_growing(name):
    far = ACTIVATIONS[name].value(np.array([-1e200, 1e200]))
    assert (np.abs(far).max() < 10) == ACTIVATIONS[name].bounded


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gain_restores_a_unit_second_moment(name):
    def integrand(z):
        return DEFINITIONS[name](z) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    moment = sum(integrate.quad(integrand, *half, epsabs=1e-13)[0] for half in ((-12, 0), (0, 12)))
    assert ACTIVATIONS[name].gain == pytest.approx(moment**-0.5, rel=1e-10)


def test_gains_quoted_in_the_notebooks():
    assert ACTIVATIONS["linear"].gain == 1
    assert ACTIVATIONS["relu"].second_moment == 0.5
    assert ACTIVATIONS["leaky_relu"].second_moment == pytest.approx((1 + 0.01**2) / 2, rel=1e-15)
    assert round(ACTIVATIONS["tanh"].gain, 4) == 1.5925
    assert round(ACTIVATIONS["sigmoid"].gain, 3) == 1.846


@pytest.mark.parametrize("scale", [1e-8, 0.03, 1.0, 40.0, 1e9])
def test_gaussian_mean_at_every_scale(scale):
    tail = integrate.quad(lambda t: math.tanh(scale * t) ** 2 * math.exp(-t * t / 2), 0, 12, points=[1e-9, 1e-3, 0.1])[
        0
    ]
    assert gaussian_mean(lambda z: np.tanh(z) ** 2, scale) == pytest.approx(2 * tail / math.sqrt(2 * math.pi), rel=1e-6)
    assert gaussian_mean(np.abs, scale) == pytest.approx(scale * math.sqrt(2 / math.pi), rel=1e-13)


def test_gelu_uses_the_error_function_to_the_last_digits():
    z = np.linspace(-8, 8, 100_001)
    np.testing.assert_allclose(ACTIVATIONS["gelu"].value(z), z * special.ndtr(z), atol=2e-15)


def test_leaky_relu_is_not_centred():
    slope, scale = 0.01, 2.0
    mean = gaussian_mean(ACTIVATIONS["leaky_relu"].value, scale)
    assert mean == pytest.approx((1 - slope) * scale / math.sqrt(2 * math.pi), rel=1e-12)


@pytest.mark.parametrize("name", ["swish", "", None, 3])
def test_unknown_names_are_errors_that_list_the_known(name):
    with pytest.raises((ValueError, TypeError), match=r"activation must be one of 'linear'.*got"):
        activation(name)
