"""Backpropagation against finite differences, training as described, and the digits as they have always been."""

import math
from itertools import pairwise

import numpy as np
import pytest

from helpers import data
from helpers.initializers import he_normal, lecun_normal, zeros
from helpers.training import Layer, accuracy, forward, gradients, initialize, train

FIRST = [
    [0, 0, 5, 13, 9, 1, 0, 0],
    [0, 0, 13, 15, 10, 15, 5, 0],
    [0, 3, 15, 2, 0, 11, 8, 0],
    [0, 4, 12, 0, 0, 8, 8, 0],
    [0, 5, 8, 0, 0, 9, 8, 0],
    [0, 4, 11, 0, 1, 12, 7, 0],
    [0, 2, 14, 5, 10, 12, 0, 0],
    [0, 0, 6, 13, 10, 0, 0, 0],
]


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def _network(widths, seed):
    """Layers in float64 with biases that are not 0."""
    rng = np.random.default_rng(seed)
    return [
        Layer(rng.standard_normal((m, n)) / math.sqrt(n), rng.standard_normal((m, 1)) / 2) for n, m in pairwise(widths)
    ]


def _differences(layers, inputs, labels, activation, array, step=1e-6):
    """Central differences of the loss in every entry of `array`, one of the arrays that it is computed from."""
    slopes = np.empty_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = gradients(layers, inputs, labels, activation)[0]
        array[index] = kept - step
        below = gradients(layers, inputs, labels, activation)[0]
        array[index] = kept
        slopes[index] = (above - below) / (2 * step)
    return slopes


# --- gradients


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu", "sigmoid", "gelu", "silu", "selu", "linear"])
@pytest.mark.parametrize("widths", [(4, 3), (4, 6, 3), (5, 7, 6, 4, 3)])
def test_gradients_are_the_slopes_of_the_loss(activation, widths):
    layers = _network(widths, seed=1)
    rng = np.random.default_rng(2)
    inputs, labels = rng.standard_normal((widths[0], 6)), rng.integers(widths[-1], size=6)
    kinks = forward(layers, inputs, activation)[0][:-1]
    assert all(np.abs(z).min() > 1e-4 for z in kinks), "choose another seed: a unit is at the kink"
    _, slopes, signals = gradients(layers, inputs, labels, activation)
    for layer, slope, signal in zip(layers, slopes, signals, strict=True):
        for found, array in ((slope.weights, layer.weights), (slope.biases, layer.biases)):
            expected = _differences(layers, inputs, labels, activation, array)
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(signal.sum(axis=1, keepdims=True), slope.biases, rtol=1e-12, atol=1e-15)
        assert signal.shape == (len(layer.weights), 6)


def test_signals_are_the_slopes_in_the_pre_activations():
    """An input of its own for every example, 1 there and 0 elsewhere, shifts its pre-activation by its weight."""
    layers = _network((4, 6, 3), seed=3)
    rng = np.random.default_rng(4)
    inputs, labels = rng.standard_normal((4, 5)), rng.integers(3, size=5)
    signals = gradients(layers, inputs, labels, "tanh")[2]
    layers[0].weights = np.hstack([layers[0].weights, np.zeros((6, 5))])
    expected = _differences(layers, np.vstack([inputs, np.eye(5)]), labels, "tanh", layers[0].weights)
    np.testing.assert_allclose(signals[0], expected[:, 4:], rtol=1e-6, atol=1e-10)


def test_layers_that_do_not_fit_are_named():
    inputs, labels, right = np.ones((2, 2)), np.array([0, 1]), Layer(np.eye(2), np.zeros((2, 1)))
    for layers, words in (
        ([Layer(np.eye(2), np.array([1.0, 5.0]))], r"layers\[0\].biases must have the shape \(2, 1\), got \(2,\)"),
        ([right, Layer(np.ones((2, 3)), np.zeros((2, 1)))], r"layers\[1\] must .*got"),
        ([Layer([[1.0, 0.0]], np.zeros((1, 1))), right], r"layers\[1\] must .*got"),
        ([Layer(np.eye(2, dtype=int), np.zeros((2, 1)))], r"layers\[0\] must .*got"),
    ):
        for function in (gradients, train):
            with pytest.raises((TypeError, ValueError), match=words):
                function(layers, inputs, labels, "relu")


def test_an_initializer_has_to_give_the_shape_that_it_is_asked_for():
    with pytest.raises(ValueError, match=r"initializer must return the shape \(3, 2\).*got \(2, 3\)"):
        initialize([2, 3], lambda shape, *, rng: np.zeros(shape[::-1]))


def test_loss_is_the_mean_over_the_batch():
    layers = _network((4, 6, 3), seed=5)
    rng = np.random.default_rng(6)
    inputs, labels = rng.standard_normal((4, 5)), rng.integers(3, size=5)
    alone = [gradients(layers, inputs[:, [i]], labels[[i]], "relu") for i in range(5)]
    loss, slopes, _ = gradients(layers, inputs, labels, "relu")
    assert loss == pytest.approx(np.mean([one[0] for one in alone]))
    np.testing.assert_allclose(slopes[0].weights, np.mean([one[1][0].weights for one in alone], axis=0))


def test_loss_by_hand():
    layers = [Layer(np.eye(2), np.zeros((2, 1)))]
    loss, _, signals = gradients(layers, np.array([[0.0], [math.log(3)]]), np.array([0]), "relu")
    assert loss == pytest.approx(math.log(4))  # its probability is 1 / (1 + 3)
    np.testing.assert_allclose(signals[0], [[-0.75], [0.75]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores_do_no_harm(dtype):
    scores = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0], [0, 0, 1e4]], dtype=dtype)
    layers = [Layer(np.eye(3, dtype=dtype), np.zeros((3, 1), dtype=dtype))]
    right, _, signals = gradients(layers, scores, np.arange(3), "relu")
    assert right == 0
    assert not np.any(signals[0])
    wrong, slopes, signals = gradients(layers, scores, np.array([1, 0, 0]), "relu")
    assert wrong == pytest.approx((2e4 + 2e4 + 1e4) / 3)
    assert np.isfinite(slopes[0].weights).all()
    np.testing.assert_allclose(signals[0] * 3, [[1, -1, -1], [-1, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize("activation", ["relu", "tanh", "linear"])
def test_a_network_of_zeros_guesses(digits, activation):
    layers = initialize([64, 32, 32, 10], zeros)
    loss, slopes, _ = gradients(layers, digits.train_inputs, digits.train_labels, activation)
    assert loss == pytest.approx(math.log(10), rel=1e-6)
    assert not any(np.any(slope.weights) for slope in slopes)
    assert np.any(slopes[-1].biases)


def test_forward_by_hand():
    layers = [
        Layer(np.array([[1.0], [-2.0]]), np.array([[0.5], [0.0]])),
        Layer(np.array([[1.0, 10.0]]), np.ones((1, 1))),
    ]
    pre_activations, below = forward(layers, np.array([[1.0, -1.0]]), "relu")
    np.testing.assert_array_equal(pre_activations[0], [[1.5, -0.5], [-2, 2]])
    np.testing.assert_array_equal(below[1], [[1.5, 0], [0, 2]])
    np.testing.assert_array_equal(pre_activations[1], [[2.5, 21]])
    assert accuracy([layers[0]], np.array([[1.0, -1.0]]), np.array([0, 0]), "relu") == 0.5


# --- initialize and train


def test_initialize():
    layers = initialize((64, 32, 10), he_normal, rng=3)
    assert [layer.weights.shape for layer in layers] == [(32, 64), (10, 32)]
    for layer in layers:
        assert layer.biases.shape == (len(layer.weights), 1)
        assert not layer.biases.any()
        assert layer.biases.dtype == layer.weights.dtype
    again = initialize((64, 32, 10), he_normal, rng=np.random.default_rng(3))
    assert all(np.array_equal(a.weights, b.weights) for a, b in zip(layers, again, strict=True))
    other = initialize((64, 32, 10), he_normal, rng=4)
    assert not np.array_equal(layers[0].weights, other[0].weights)
    square = initialize((32, 32, 32), he_normal, rng=3)
    assert not np.array_equal(square[0].weights, square[1].weights)


def _equal(one, other):
    return all(
        np.array_equal(a.weights, b.weights) and np.array_equal(a.biases, b.biases)
        for a, b in zip(one, other, strict=True)
    )


def test_training_learns_and_leaves_its_start_alone(digits):
    start = initialize([64, 32, 10], he_normal, rng=0)
    copy = [Layer(layer.weights.copy(), layer.biases.copy()) for layer in start]
    inputs, labels = digits.train_inputs.copy(), digits.train_labels.copy()
    run = train(start, digits.train_inputs, digits.train_labels, "relu", steps=200, rng=1)
    assert _equal(start, copy)
    assert np.array_equal(inputs, digits.train_inputs)
    assert np.array_equal(labels, digits.train_labels)
    assert not any(np.shares_memory(a.weights, b.weights) for a, b in zip(start, run.layers, strict=True))
    assert run.losses.shape == (200,)
    assert run.losses[:5].mean() > 2
    assert run.losses[-20:].mean() < 0.3
    assert accuracy(run.layers, digits.test_inputs, digits.test_labels, "relu") > 0.9
    assert accuracy(start, digits.test_inputs, digits.test_labels, "relu") < 0.3


def test_training_is_reproducible(digits):
    start = initialize([64, 16, 10], lecun_normal, rng=0)
    runs = [train(start, *digits[:2], "tanh", steps=20, rng=seed) for seed in (5, np.random.default_rng(5), 6)]
    assert _equal(runs[0].layers, runs[1].layers)
    assert np.array_equal(runs[0].losses, runs[1].losses)
    assert not np.array_equal(runs[0].losses, runs[2].losses)


def test_one_step_follows_the_gradient(digits):
    start = initialize([64, 16, 10], lecun_normal, rng=0)
    inputs, labels = digits.train_inputs[:, :1], digits.train_labels[:1]  # every batch is this one image
    loss, slopes, _ = gradients(start, inputs, labels, "tanh")
    run = train(start, inputs, labels, "tanh", steps=1, learning_rate=0.05, batch_size=1, rng=0)
    assert run.losses == [loss]
    for before, slope, after in zip(start, slopes, run.layers, strict=True):
        np.testing.assert_array_equal(after.weights, before.weights - 0.05 * slope.weights)
        np.testing.assert_array_equal(after.biases, before.biases - 0.05 * slope.biases)


@pytest.mark.parametrize("share", [0.3, 1.7])
def test_a_clipped_step_has_the_direction_of_the_gradient_and_the_largest_length(digits, share):
    start = initialize([64, 16, 10], lecun_normal, rng=0)
    inputs, labels = digits.train_inputs[:, :1], digits.train_labels[:1]
    _, slopes, _ = gradients(start, inputs, labels, "tanh")
    norm = np.sqrt(sum(np.sum(s.weights**2) + np.sum(s.biases**2) for s in slopes))
    run = train(start, inputs, labels, "tanh", steps=1, learning_rate=0.05, batch_size=1, max_norm=share * norm, rng=0)
    for before, slope, after in zip(start, slopes, run.layers, strict=True):
        np.testing.assert_allclose(before.weights - after.weights, 0.05 * min(share, 1) * slope.weights, atol=1e-7)
        np.testing.assert_allclose(before.biases - after.biases, 0.05 * min(share, 1) * slope.biases, atol=1e-7)


def test_clipping_holds_where_squares_overflow_but_not_where_the_gradient_does(digits):
    """Squares of a gradient of 1e26 do not fit float32; inf has no direction left."""
    for scale, survives in ((1e13, True), (1e25, False)):
        start = initialize([64, 16, 16, 10], lecun_normal, rng=0)
        start[0].weights *= np.float32(scale)
        start[1].weights *= np.float32(scale)
        with np.errstate(all="ignore"):
            run = train(start, *digits[:2], steps=3, learning_rate=0.1, max_norm=1.0, rng=0)
        assert not np.array_equal(run.layers[-1].weights, start[-1].weights)
        assert np.isfinite(run.losses).all() == survives
        assert all(np.isfinite(layer.weights).all() for layer in run.layers) == survives


def test_no_steps_change_nothing(digits):
    start = initialize([64, 10], lecun_normal, rng=0)
    run = train(start, *digits[:2], steps=0)
    assert len(run.losses) == 0
    assert _equal(run.layers, start)


@pytest.mark.parametrize("n", [7, 128, 129, 513])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_in_order_equal_units_stay_equal_to_the_last_bit(digits, n, activation):
    start = [
        Layer(np.full((n, 64), 0.03, dtype=np.float32), np.zeros((n, 1), dtype=np.float32)),
        Layer(np.full((10, n), 0.5 / n, dtype=np.float32), np.zeros((10, 1), dtype=np.float32)),
    ]
    options = {"steps": 20, "batch_size": 5, "learning_rate": 0.1, "rng": 0}
    run = train(start, digits.train_inputs, digits.train_labels, activation, in_order=True, **options)
    below, above = run.layers[0], run.layers[1].weights
    assert not np.array_equal(below.weights, start[0].weights)
    for part in (below.weights, below.biases, above.T):
        assert (part == part[0]).all()
    other = train(start, digits.train_inputs, digits.train_labels, activation, **options)
    np.testing.assert_allclose(run.losses, other.losses, rtol=1e-4)


def test_in_order_all_gradients_are_the_same(digits):
    layers, inputs, labels = _network([64, 9, 5, 10], 3), digits.train_inputs[:, :11], digits.train_labels[:11]
    (loss, slopes, signals), (other, *others) = (
        gradients(layers, inputs, labels, "tanh", in_order=in_order) for in_order in (True, False)
    )
    assert loss == pytest.approx(other, rel=1e-12)
    for one, two in zip(slopes, others[0], strict=True):
        np.testing.assert_allclose(one.weights, two.weights, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(one.biases, two.biases, rtol=1e-9, atol=1e-15)
    for one, two in zip(signals, others[1], strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-15)


def test_equal_units_stay_equal(digits):
    """Symmetry: units that start alike receive alike gradients."""
    start = [Layer(np.full((8, 64), 0.1), np.zeros((8, 1))), Layer(np.full((10, 8), 0.1), np.zeros((10, 1)))]
    run = train(start, *digits[:2], "tanh", steps=30, rng=0)
    assert np.ptp(run.layers[0].weights, axis=0).max() < 1e-12


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"steps": -1}, ValueError, "steps must be .*got -1"),
        ({"steps": 2.5}, TypeError, "steps must be .*got 2.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be .*got 0"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate must be .*got -0.1"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be .*got 'fast'"),
        ({"max_norm": 0}, ValueError, "max_norm must be .*got 0"),
        ({"activation": "swish"}, ValueError, "activation must be one of .*got 'swish'"),
        ({"rng": "seed"}, TypeError, "rng must be .*got 'seed'"),
    ],
)
def test_train_names_bad_input(digits, change, error, message):
    with pytest.raises(error, match=message):
        train(initialize([64, 10], zeros), *digits[:2], **change)


@pytest.mark.parametrize("labels", [[0, 10], [-1, 0], [0.5, 1], [0, math.nan], [0], [0, 1, 2], [[0, 1]]])
def test_labels_are_a_class_for_each_input(labels):
    layers = initialize([64, 10], zeros)
    for call in (gradients, accuracy):
        with pytest.raises(ValueError, match=r"^labels must .*got"):
            call(layers, np.ones((64, 2)), np.array(labels), "relu")


@pytest.mark.parametrize("shape", [(63, 2), (64, 0), (0, 2), (64,)])
def test_inputs_fit_the_first_layer(shape):
    with pytest.raises(ValueError, match=r"^inputs must .*got"):
        forward(initialize([64, 10], zeros), np.ones(shape), "relu")


@pytest.mark.parametrize("layers", [[], [np.eye(2)], None])
def test_layers_are_layers(layers):
    with pytest.raises((ValueError, TypeError), match=r"^layers must be one or more layers, got"):
        forward(layers, np.ones((2, 2)), "relu")


@pytest.mark.parametrize(
    ("widths", "error", "message"),
    [
        ([64], ValueError, r"widths must be .*got \[64\]"),
        ([], ValueError, r"widths must be .*got \[\]"),
        ([64, 0], ValueError, r"widths\[1\] must be .*got 0"),
        ([64, 2.5, 10], TypeError, r"widths\[1\] must be .*got 2.5"),
    ],
)
def test_initialize_names_bad_input(widths, error, message):
    with pytest.raises(error, match=message):
        initialize(widths, zeros)


# --- data


def test_shapes_and_types(digits):
    assert digits.train_inputs.shape == (64, 1437)
    assert digits.test_inputs.shape == (64, 360)
    assert digits.train_labels.shape == (1437,)
    assert digits.test_labels.shape == (360,)
    assert digits.train_inputs.dtype == digits.test_inputs.dtype == np.float32
    assert np.issubdtype(digits.train_labels.dtype, np.integer)
    assert set(digits.train_labels) == set(digits.test_labels) == set(range(10))


def test_scale(digits):
    pixels = digits.train_inputs.astype(float)
    assert pixels.mean() == pytest.approx(0, abs=1e-5)
    assert np.mean(pixels**2) == pytest.approx(1, abs=1e-5)
    assert np.mean(digits.test_inputs.astype(float) ** 2) == pytest.approx(1, abs=0.03)


def _all(digits):
    """All images as grey values, and their labels, in the order in which they are stored."""
    test = np.arange(1797) % 5 == 0
    inputs, labels = np.empty((64, 1797)), np.empty(1797, dtype=int)
    inputs[:, test], inputs[:, ~test] = digits.test_inputs, digits.train_inputs
    labels[test], labels[~test] = digits.test_labels, digits.train_labels
    return (inputs - inputs.min()) / np.ptp(inputs) * 16, labels


def test_all_images_are_there(digits):
    inputs, labels = _all(digits)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    np.testing.assert_allclose(inputs, np.rint(inputs), atol=1e-4)
    np.testing.assert_array_equal(np.rint(inputs[:, 0].reshape(8, 8)), FIRST)
    assert labels[0] == 0


def test_train_and_test_are_disjoint(digits):
    train_images = {column.tobytes() for column in digits.train_inputs.T}
    assert len(train_images) == 1437  # no image is there twice
    assert not train_images & {column.tobytes() for column in digits.test_inputs.T}


def test_each_call_returns_arrays_of_its_own(digits):
    other = data.digits()
    other.train_inputs[:] = 0
    assert digits.train_inputs.any()
    assert data.digits().train_inputs.any()
