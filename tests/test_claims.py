"""Numbers that stand in prose (of notebooks and questions) and are not printed by a cell beside them, recomputed."""

import math
from functools import partial

import numpy as np
import pytest
from scipy import stats

from helpers import initializers, theory, training
from helpers.activations import ACTIVATIONS
from helpers.data import digits
from helpers.precision import FORMATS

# --- 02 collapse


def test_the_standard_deviation_per_layer():
    per_layer = math.sqrt(512 * 0.01**2)
    assert round(per_layer**2, 4) == 0.0512
    assert round(per_layer, 3) == 0.226
    assert round(per_layer**-5) == 1686
    assert round(0.226**-5, -2) == 1700
    assert round(math.sqrt(512), 1) == 22.6
    assert round(50 * math.log10(per_layer)) == -32
    assert round(100 * (1 - per_layer**2)) == 95


def test_nearly_right_is_not_enough():
    assert f"{0.8**50:.1e}" == "1.4e-05"


def test_smallest_numbers_in_the_questions():
    assert f"{FORMATS['float32'].smallest_subnormal:.1e}" == "1.4e-45"
    assert f"{FORMATS['float64'].smallest_subnormal:.1e}" == "4.9e-324"
    assert f"{FORMATS['float32'].max:.0e}" == "3e+38"
    assert f"{FORMATS['float16'].smallest_subnormal:.0e}" == "6e-08"


def test_the_largest_of_512():
    assert round(stats.halfnorm.ppf(0.5 ** (1 / 512)), 1) == 3.2


def test_the_experiments_of_the_explorer():
    assert theory.first_underflow_layer(512, 1e-4, "float32") == 71
    assert theory.first_underflow_layer(512, 1e-4, "float16") == 13
    assert theory.first_underflow_layer(512, 1e-4, "float64") > 200
    assert pytest.approx(512 * 1e-4) == 4096 * 1.25e-5
    assert ACTIVATIONS["relu"].gain ** 2 == pytest.approx(2)


@pytest.fixture(scope="module")
def gradients():
    """Typical gradients of weights and biases by layer of the digits network, collapsed and healthy."""
    data, widths = digits(), [64, *[128] * 19, 10]
    by_start = {}
    for start in (partial(initializers.normal, std=0.01), initializers.he_normal):
        layers = training.initialize(widths, start, rng=0)
        _, slopes, _ = training.gradients(layers, data.train_inputs, data.train_labels, "relu")
        by_start[start] = np.log10([[np.abs(s.weights).mean(), np.abs(s.biases).mean()] for s in slopes]).T
    return list(by_start.values())


def test_gradients_of_the_digits_networks(gradients):
    (weights, biases), (healthy, _) = gradients
    assert np.abs(weights + 24).max() < 1  # all about 10^-24
    assert np.abs(healthy + 2).max() < 0.5
    assert round(biases[-1] + math.log10(0.02) + 22) == 18
    assert biases[0] < -20


def test_the_biases_drown_the_signal():
    data, widths = digits(), [64, *[128] * 19, 10]
    layers = training.initialize(widths, partial(initializers.normal, std=0.01), rng=0)
    scores = training.forward(layers, data.test_inputs, "relu")[0][-1]
    assert round(math.log10(np.ptp(scores, axis=1).max())) == -22
    run = training.train(layers, data.train_inputs, data.train_labels, steps=300, learning_rate=0.02, rng=0)
    assert 3e-3 < np.abs(run.layers[-1].biases).max() < 0.05
    assert not np.ptp(training.forward(run.layers, data.test_inputs, "relu")[0][-1], axis=1).any()


def test_the_band_at_512_and_at_8():
    lower, upper = theory.fluctuation_band(50, 512, "linear")
    assert 1 / 2.4 < lower[-1] < 0.5
    assert 1.5 < upper[-1] < 2.4
    assert (
        theory.fluctuation_band(50, 8, "linear", 0.8)[1][-1] < 0.2
    )  # at least nine of ten are below a fifth of the mean


def test_steps_of_the_random_walk():
    rng = np.random.default_rng(0)
    n = 512
    linear = np.log(rng.chisquare(n, 200_000) / n)
    relu = np.log(rng.chisquare(rng.binomial(n, 0.5, 200_000)) / (n / 2))
    assert linear.var() * n == pytest.approx(2, rel=0.02)
    assert relu.var() * n == pytest.approx(5, rel=0.02)
    assert linear.mean() * n == pytest.approx(-1, rel=0.2)
    assert relu.mean() * n == pytest.approx(-2.5, rel=0.2)


def test_the_default_of_pytorch_forgets():
    n, rng = 512, np.random.default_rng(0)
    units, bound = rng.standard_normal((n, 64)), 1 / math.sqrt(n)
    for _ in range(30):
        z = rng.uniform(-bound, bound, (n, n)) @ units + rng.uniform(-bound, bound, (n, 1))
        units = np.maximum(z, 0)
    assert np.ptp(z, axis=1).max() / np.sqrt(np.mean(z**2)) < 1e-8  # the same to nine digits
    assert np.ptp(z, axis=1).max() > 0
