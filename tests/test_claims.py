"""Numbers that stand in prose (of notebooks and questions) and are not printed by a cell beside them, recomputed."""

import math
from functools import partial

import numpy as np
import pytest
from scipy import stats

from helpers import initializers, lockstep, theory, training
from helpers.activations import ACTIVATIONS
from helpers.data import digits, inside
from helpers.precision import FORMATS

# --- 01 symmetry


def neurons_from(weights):
    """Neurons whose two incoming weights and outgoing weight are the columns of `weights`."""
    return lockstep.neurons(weights[:, :2], weights[:, 2])


def parting(noise, learning_rate=0.5, activation="tanh"):
    """The step at which 16 neurons, 0.5 but for the noise, differ by more than 1 (None: never)."""
    draw = np.random.default_rng(1).standard_normal((16, 3))
    run = lockstep.train(neurons_from(0.5 + noise * draw), *inside(), activation, learning_rate=learning_rate)
    apart = lockstep.spread(run) > 1
    return int(np.argmax(apart)) if apart.any() else None


def test_the_times_to_part():
    assert parting(1e-6) == pytest.approx(60, abs=5)
    assert parting(1e-12) == pytest.approx(120, abs=5)
    assert parting(1e-16) == pytest.approx(165, abs=5)
    assert parting(1e-13) - parting(1e-2) == pytest.approx(110, abs=5)  # eleven decades


def test_relu_parts_from_some_thousandths_on():
    times = {noise: parting(noise, 0.25, "relu") for noise in (1e-16, 1e-8, 1e-4, 1e-2)}
    assert [noise for noise, time in times.items() if time] == [1e-2]


def test_differences_of_relu_neurons_grow_seventeenfold_and_then_no_more():
    inputs, targets = inside()
    one = lockstep.train(lockstep.neurons([[0.5, 0.5]], [0.5]), inputs, targets, "relu", steps=2000, learning_rate=0.25)
    growth = np.linalg.norm(lockstep.growth(one, inputs, targets, "relu", learning_rate=0.25), ord=2, axis=(1, 2))
    assert growth[100] == pytest.approx(17, abs=1)
    assert growth[2000] == pytest.approx(growth[100], rel=0.05)


def test_no_constant_finds_more_than_a_loss_of_065_and_zero_is_worst():
    inputs, targets = inside()
    final = {}
    for constant in np.round(np.arange(-1, 1.01, 0.05), 2):
        run = lockstep.train(lockstep.neurons([[constant, constant]], [constant]), inputs, targets)
        final[constant] = run.losses[-1]
    assert min(final.values()) > 0.65
    starts = (np.random.default_rng(seed).standard_normal((1, 4)) for seed in range(20))
    luckier = [lockstep.train(start, inputs, targets, steps=1000) for start in starts]
    assert min(run.losses[-1] for run in luckier) < 0.6
    assert max(final, key=final.get) == 0


def test_no_line_has_more_than_15_of_18_points_on_its_right_side():
    inputs, targets = inside()
    best = 0
    for angle in np.linspace(0, 2 * np.pi, 3601):
        along = np.cos(angle) * inputs[0] + np.sin(angle) * inputs[1]
        best = max(best, max(np.sum((along > edge + 1e-9) == (targets > 0)) for edge in along))
    assert best == 15
    assert len(targets) == 18


def test_the_poster_draws_47_of_512_lines():
    assert len(range(0, 512, -(-512 // 48))) == 47


def test_one_bit_is_enough_though_not_every_bit():
    inputs, targets = inside()
    parted = []
    for number in (0, 1, 3):  # an incoming weight, the other, the outgoing weight
        start = lockstep.neurons(np.full((16, 2), 0.5, np.float32), np.full(16, 0.5, np.float32))
        start[0, number] = np.nextafter(start[0, number], np.float32(1))
        parted.append(bool(lockstep.spread(lockstep.train(start, inputs, targets, steps=400))[-1] > 1))
    assert any(parted)
    assert parted[2]


def test_random_biases_alone_break_the_symmetry():
    start = lockstep.neurons(np.full((16, 2), 0.5), np.full(16, 0.5))
    start[:, 2] = np.random.default_rng(0).standard_normal(16)
    run = lockstep.train(start, *inside())
    assert lockstep.distinct(run.neurons[1, :, :2]) == 16
    assert run.losses[-1] < 0.1


@pytest.fixture(scope="module")
def trained_on_digits():
    """Layers after training a network of 128 hidden neurons from given layers."""
    data = digits()

    def train(change=None, activation="tanh", steps=1000, noise=0.0):
        def start(shape, *, rng):
            return initializers.constant(shape, 0.01) + initializers.normal(shape, std=noise, rng=rng)

        layers = training.initialize([64, 128, 10], start, rng=0)
        if change:
            change(layers)
        inputs, labels = data.train_inputs, data.train_labels
        run = training.train(layers, inputs, labels, activation, steps=steps, learning_rate=0.1, rng=0)
        share = training.accuracy(run.layers, data.test_inputs, data.test_labels, activation)
        return lockstep.distinct(run.layers[0].weights, 0.01), share

    return train


def test_a_layer_in_lockstep_gets_about_four_of_ten_digits(trained_on_digits):
    assert trained_on_digits() == (1, pytest.approx(0.4, abs=0.05))
    assert trained_on_digits(steps=10_000) == (1, pytest.approx(0.45, abs=0.05))


def test_a_little_noise_is_enough_for_relu_too(trained_on_digits):
    different, share = trained_on_digits(activation="relu", noise=1e-6)
    assert different > 100
    assert share > 0.9


def test_the_last_layer_may_start_at_zero(trained_on_digits):
    def random_below_zeros(layers):
        layers[0].weights[:] = initializers.xavier_normal((128, 64), rng=0)
        layers[1].weights[:] = 0

    different, share = trained_on_digits(random_below_zeros)
    assert different == 128
    assert share > 0.9


def test_two_twins_among_random_neurons_stay_twins():
    draw = np.random.default_rng(0).standard_normal((16, 3))
    draw[7] = draw[3]
    run = lockstep.train(neurons_from(draw), *inside())
    assert np.array_equal(run.neurons[-1, 3], run.neurons[-1, 7])
    assert lockstep.distinct(run.neurons[-1]) == 15


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
