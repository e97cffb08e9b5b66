"""Neurons that start alike: exact lockstep, training against independent ones, and how equal neurons part."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linprog

from helpers.activations import ACTIVATIONS
from helpers.data import inside
from helpers.lockstep import distinct, growth, neurons, output, points_right, rank, spread, train

SMOOTH = ["tanh", "sigmoid", "gelu", "silu", "linear"]
KINKED = ["relu", "leaky_relu", "selu"]
WIDTHS = [1, 2, 3, 7, 16, 33, 512, 513]
X, Y = inside()


def _problem(n, fan_in, examples=9, seed=0):
    """Neurons with biases that are not 0, inputs and targets."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, fan_in + 2)), rng.standard_normal((fan_in, examples)), rng.standard_normal(examples)


def _rate(activation):
    return 0.5 if ACTIVATIONS[activation].bounded else 0.25


def _constant(n, value=0.5, eps=0.0, seed=0):
    """Neurons in the plane with all weights `value`, up to noise; biases are 0."""
    noise = np.random.default_rng(seed).standard_normal((n, 3))
    weights = value + eps * noise if eps else np.full((n, 3), value)
    return neurons(weights[:, :2], weights[:, 2])


def _same_bits(one, other):
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


# --- train


def _loss(rows, output_bias, inputs, targets, phi):
    """The mean squared error, one neuron and one example at a time."""
    total = 0.0
    for x, y in zip(inputs.T, targets, strict=True):
        said = [row[-1] * phi.value(row[:-2] @ x + row[-2]) for row in rows]
        total += (sum(said) / len(rows) + output_bias - y) ** 2
    return float(total) / len(targets)


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize(("n", "fan_in"), [(1, 1), (2, 3), (5, 2), (3, 6)])
def test_neurons_move_by_n_times_their_gradient_and_the_output_bias_by_its_own(activation, n, fan_in):
    """The last of four steps, where the output's bias is no longer 0, against central differences of the loss."""
    phi = ACTIVATIONS[activation]
    start, inputs, targets = _problem(n, fan_in)
    run = train(start, inputs, targets, activation, steps=4, learning_rate=0.03)
    rows, bias, step = run.neurons[3], run.output_bias[3], 1e-6
    assert abs(bias) > 1e-3
    slopes = np.empty_like(rows)
    for index in np.ndindex(rows.shape):
        moved = np.zeros_like(rows)
        moved[index] = step
        above, below = (_loss(rows + sign * moved, bias, inputs, targets, phi) for sign in (1, -1))
        slopes[index] = (above - below) / (2 * step)
    slope = (_loss(rows, bias + step, inputs, targets, phi) - _loss(rows, bias - step, inputs, targets, phi)) / step / 2
    np.testing.assert_allclose((rows - run.neurons[4]) / 0.03, n * slopes, rtol=1e-6, atol=1e-8)
    assert (bias - run.output_bias[4]) / 0.03 == pytest.approx(slope, rel=1e-6)


def _dense(start, inputs, targets, activation, steps, rate):
    """Training once more, with matrix products."""
    phi, examples = ACTIVATIONS[activation], len(targets)
    W, b, v, c = start[:, :-2], start[:, -2:-1], start[:, -1:], 0.0
    path, biases, losses = [start], [c], []
    for step in range(steps + 1):
        Z = W @ inputs + b
        error = (v * phi.value(Z)).mean(axis=0) + c - targets
        losses.append(np.mean(error**2))
        if step < steps:
            signal = 2 / examples * error * v * phi.derivative(Z)
            slopes = signal @ inputs.T, signal.sum(axis=1, keepdims=True), 2 / examples * phi.value(Z) @ error[:, None]
            W, b, v = (array - rate * slope for array, slope in zip((W, b, v), slopes, strict=True))
            c -= rate * 2 * error.mean()
            path.append(np.hstack([W, b, v]))
            biases.append(c)
    return np.array(path), np.array(biases), np.array(losses)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("n", "fan_in", "examples"), [(1, 1, 1), (1, 2, 9), (6, 3, 9), (40, 5, 30)])
def test_dense_matrix_products_agree(activation, n, fan_in, examples):
    start, inputs, targets = _problem(n, fan_in, examples, seed=1)
    run = train(start, inputs, targets, activation, steps=40, learning_rate=0.05)
    for found, expected in zip(
        (run.neurons, run.output_bias, run.losses),
        _dense(start, inputs, targets, activation, 40, 0.05),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_losses_are_those_of_the_output(activation):
    start, inputs, targets = _problem(4, 3)
    run = train(start, inputs, targets, activation, steps=10, learning_rate=0.05)
    for step in range(11):
        said = output(run.neurons[step], run.output_bias[step], inputs, activation)
        assert said.shape == targets.shape
        assert run.losses[step] == pytest.approx(np.mean((said - targets) ** 2), rel=1e-12)
        one_by_one = _loss(run.neurons[step], run.output_bias[step], inputs, targets, ACTIVATIONS[activation])
        assert run.losses[step] == pytest.approx(one_by_one, rel=1e-12)


def test_one_step_by_hand():
    """Linear: f(2) = (1 * 2 + 3 * 4) / 2 = 7, error 7 - 5 = 2, two times it 4; the rate is 0.25."""
    start = neurons([[1.0], [2.0]], [1.0, 3.0])
    run = train(start, np.array([[2.0]]), np.array([5.0]), "linear", steps=1, learning_rate=0.25)
    np.testing.assert_array_equal(run.neurons[1], [[1 - 2, 0 - 1, 1 - 2], [2 - 6, 0 - 3, 3 - 4]])
    assert run.output_bias.tolist() == [0, -1]
    assert run.losses[0] == 4


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_history_has_every_step_and_the_dtype_of_its_start(dtype):
    start, inputs, targets = _problem(4, 3)
    start = start.astype(dtype)
    run = train(start, inputs, targets, steps=7)
    assert run.neurons.shape == (8, 4, 5)
    assert run.output_bias.shape == run.losses.shape == spread(run).shape == (8,)
    assert run.neurons.dtype == run.output_bias.dtype == dtype
    assert _same_bits(run.neurons[0], start)
    assert run.output_bias[0] == 0
    exact = train(start.astype(np.float64), inputs, targets, steps=7)
    np.testing.assert_allclose(run.neurons, exact.neurons, atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_training_leaves_its_arguments_alone(n, order):
    arguments = [np.array(array, order=order) for array in _problem(n, 3)]
    copies = [array.copy() for array in arguments]
    run = train(*arguments, steps=5)
    assert all(np.array_equal(array, copy) for array, copy in zip(arguments, copies, strict=True))
    assert not np.shares_memory(run.neurons, arguments[0])


def test_a_shorter_run_is_the_beginning_of_a_longer_one():
    problem = _problem(5, 2)
    long = train(*problem, "gelu", steps=30, learning_rate=0.1)
    for steps in (0, 1, 12):
        short = train(*problem, "gelu", steps=steps, learning_rate=0.1)
        assert _same_bits(short.neurons, long.neurons[: steps + 1])
        assert _same_bits(short.output_bias, long.output_bias[: steps + 1])
        assert _same_bits(short.losses, long.losses[: steps + 1])


def test_the_defaults_are_200_steps_of_tanh_at_rate_one_half():
    start, inputs, targets = _problem(3, 2)
    told = train(start, inputs, targets, "tanh", steps=200, learning_rate=0.5)
    assert _same_bits(train(start, inputs, targets).neurons, told.neurons)


def test_what_overflows_becomes_inf_and_nan_without_a_warning():
    run = train(*_problem(3, 2), "linear", steps=100, learning_rate=100.0)
    assert not np.isfinite(run.losses[-1])
    assert np.isnan(spread(run)[-1])


def test_a_learning_rate_of_zero_moves_nothing():
    run = train(*_problem(3, 2), steps=3, learning_rate=0)
    assert (run.neurons == run.neurons[0]).all()
    assert not run.output_bias.any()


# --- lockstep


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_neurons_stay_equal_to_the_last_bit(activation, dtype):
    for n in WIDTHS:
        start = np.tile(np.array([0.3, -0.7, 0.1, 0.6], dtype=dtype), (n, 1))
        run = train(start, X, Y, activation, steps=300, learning_rate=_rate(activation))
        assert np.isfinite(run.losses).all()
        assert run.losses[-1] < run.losses[0]
        first = np.repeat(run.neurons[:, :1], n, axis=1)
        assert _same_bits(run.neurons, first)
        assert not spread(run).any()
        assert distinct(run.neurons[-1]) == rank(run.neurons[-1]) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("examples", [1, 65])
@pytest.mark.parametrize("n", [7, 33, 40, 513])
def test_equal_neurons_stay_equal_where_a_matrix_product_parts_them(n, examples, dtype):
    """Sums of 64 numbers, and of 65: here BLAS may add up some columns in another order than others."""
    start, inputs, targets = _problem(1, 63, examples)
    run = train((np.repeat(start, n, axis=0) / 8).astype(dtype), inputs, targets, steps=20, learning_rate=0.05)
    assert _same_bits(run.neurons, np.repeat(run.neurons[:, :1], n, axis=1))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_equal_neurons_take_the_path_of_one_whatever_the_width(activation):
    """Only the order in which numbers are added up may differ."""
    for dtype, rtol in ((np.float64, 1e-9), (np.float32, 1e-3)):
        runs = [
            train(_constant(n).astype(dtype), X, Y, activation, steps=100, learning_rate=_rate(activation))
            for n in WIDTHS
        ]
        for run in runs[1:]:
            np.testing.assert_allclose(run.neurons, np.repeat(runs[0].neurons, run.neurons.shape[1], axis=1), rtol=rtol)
            np.testing.assert_allclose(run.output_bias, runs[0].output_bias, rtol=rtol, atol=rtol)
            np.testing.assert_allclose(run.losses, runs[0].losses, rtol=rtol)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_different_outgoing_weights_part_equal_incoming_ones_at_the_first_step(activation):
    start = neurons(np.full((16, 2), 0.5), np.random.default_rng(0).standard_normal(16))
    run = train(start, X, Y, activation, steps=1, learning_rate=_rate(activation))
    assert [distinct(rows[:, :2]) for rows in run.neurons] == [1, 16]


@pytest.mark.parametrize("activation", [name for name, phi in ACTIVATIONS.items() if phi.value(0) == 0])
def test_zeros_never_move_but_for_the_output_bias(activation):
    """It goes straight to the mean of the targets, at the rate 1 - 2 * learning_rate."""
    run = train(_constant(16, 0.0), X, Y, activation, steps=300, learning_rate=0.25)
    assert not run.neurons.any()
    np.testing.assert_allclose(run.output_bias, Y.mean() * (1 - 0.5 ** np.arange(301)), rtol=1e-12)
    assert run.losses[-1] == pytest.approx(Y.var(), rel=1e-12)


def test_zeros_with_sigmoid_move_in_lockstep():
    """It is the one activation that is not 0 at 0: the outgoing weights move first, then the incoming ones."""
    assert [name for name, phi in ACTIVATIONS.items() if phi.value(0) != 0] == ["sigmoid"]
    run = train(_constant(16, 0.0), X, Y, "sigmoid", steps=300)
    assert run.neurons[1, :, 3].all()
    assert not run.neurons[1, :, :3].any()
    assert run.neurons[2:].all()
    assert _same_bits(run.neurons, np.repeat(run.neurons[:, :1], 16, axis=1))


@given(
    st.data(),
    st.integers(1, 3),
    st.integers(1, 6),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from(list(ACTIVATIONS)),
)
def test_equal_neurons_among_others_stay_equal_to_the_last_bit(drawn, fan_in, kinds, dtype, activation):
    values = st.floats(-2, 2, width=32)
    different = drawn.draw(hnp.arrays(dtype, (kinds, fan_in + 2), elements=values))
    which = drawn.draw(st.lists(st.integers(0, kinds - 1), min_size=1, max_size=40))
    _, inputs, targets = _problem(1, fan_in)
    run = train(different[which], inputs, targets, activation, steps=20, learning_rate=0.02)
    assert np.isfinite(run.neurons).all()
    for kind in set(which):
        alike = run.neurons[:, np.array(which) == kind]
        assert _same_bits(alike, np.repeat(alike[:, :1], alike.shape[1], axis=1))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_permuted_neurons_take_permuted_paths(activation):
    start, inputs, targets = _problem(17, 3)
    order = np.random.default_rng(1).permutation(17)
    run, permuted = (
        train(rows, inputs, targets, activation, steps=50, learning_rate=0.05) for rows in (start, start[order])
    )
    np.testing.assert_allclose(permuted.neurons, run.neurons[:, order], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(permuted.losses, run.losses, rtol=1e-10)


def test_noise_below_half_of_the_last_digit_does_nothing():
    assert 0.5 + 1e-17 == 0.5
    assert np.float32(0.5) + np.float32(1e-9) == np.float32(0.5)
    assert 0.5 + 1e-9 != 0.5
    for eps, dtype in ((1e-17, np.float64), (1e-9, np.float32)):
        start = _constant(16, eps=eps).astype(dtype)
        assert _same_bits(start, _constant(16).astype(dtype))
        assert not spread(train(start, X, Y, steps=300)).any()
    assert spread(train(_constant(16, eps=1e-15), X, Y))[-1] > 1


# --- the standard parametrization: f = c + sum_i u_i phi(w_i . x + b_i), without the factor 1/n


def _plain():
    return lambda slope: slope


def _momentum(beta=0.9):
    velocity = 0.0

    def direction(slope):
        nonlocal velocity
        velocity = beta * velocity + slope
        return velocity

    return direction


def _adam(epsilon, beta_1=0.9, beta_2=0.999):
    first, second, step = 0.0, 0.0, 0

    def direction(slope):
        nonlocal first, second, step
        step += 1
        first = beta_1 * first + (1 - beta_1) * slope
        second = beta_2 * second + (1 - beta_2) * slope**2
        return first / (1 - beta_1**step) / (np.sqrt(second / (1 - beta_2**step)) + epsilon)

    return direction


def _standard_losses(w, b, u, rates, rules, steps=200):
    """Losses of a tanh network that is written out; rates and rules of w, b, u and c."""
    parameters = [w, b, u, np.zeros(1)]
    losses = []
    for _ in range(steps + 1):
        w, b, u, c = parameters
        hidden = np.tanh((w[:, :, None] * X).sum(axis=1) + b[:, None])
        error = (u[:, None] * hidden).sum(axis=0) + c - Y
        losses.append(np.mean(error**2))
        signal = 2 * error * u[:, None] * (1 - hidden**2)
        slopes = (
            (signal[:, None] * X).mean(axis=2),
            signal.mean(axis=1),
            (2 * error * hidden).mean(axis=1),
            np.mean(2 * error, keepdims=True),
        )
        parameters = [
            old - rate * rule(slope) for old, rate, rule, slope in zip(parameters, rates, rules, slopes, strict=True)
        ]
    return np.array(losses)


def _equal_and_single(n, u=0.04):
    """N equal neurons, and the single one that says the same: its outgoing weight is n times as large."""
    equal = np.full((n, 2), 0.5), np.full(n, 0.1), np.full(n, u)
    single = np.full((1, 2), 0.5), np.full(1, 0.1), np.full(1, n * u)
    return equal, single


@pytest.mark.parametrize("rule", [_plain, _momentum])
@pytest.mark.parametrize("n", [2, 5, 16])
def test_n_equal_neurons_are_one_neuron_with_other_learning_rates(rule, n):
    """Its incoming slopes are n times as large; its outgoing weight has to move n times as far for the same slope."""
    eta = 0.05
    equal, single = _equal_and_single(n)
    many = _standard_losses(*equal, [eta] * 4, [rule() for _ in range(4)])
    one = _standard_losses(*single, [eta / n, eta / n, n * eta, eta], [rule() for _ in range(4)])
    np.testing.assert_allclose(one, many, rtol=1e-10)
    assert many[-1] < 0.95 * many[0]
    unscaled = _standard_losses(*single, [eta] * 4, [rule() for _ in range(4)])
    assert np.abs(unscaled / many - 1).max() > 0.01


@pytest.mark.parametrize("epsilon", [1e-8, 1e-2])
@pytest.mark.parametrize("n", [2, 5, 16])
def test_n_equal_neurons_are_one_neuron_with_adam_too(n, epsilon):
    """Adam divides slopes by their size: n cancels in the incoming ones if epsilon is n times as large for them."""
    eta = 0.005
    equal, single = _equal_and_single(n)
    many = _standard_losses(*equal, [eta] * 4, [_adam(epsilon) for _ in range(4)])
    rules = [_adam(n * epsilon), _adam(n * epsilon), _adam(epsilon), _adam(epsilon)]
    one = _standard_losses(*single, [eta, eta, n * eta, eta], rules)
    np.testing.assert_allclose(one, many, rtol=1e-10)
    assert many[-1] < 0.9 * many[0]


def test_the_mean_of_n_neurons_is_the_standard_parametrization_with_other_rates():
    """With u = v / n, n times the gradient is the rate n * eta for w and b and eta / n for u."""
    n, eta = 6, 0.1
    start, _, _ = _problem(n, 2)
    run = train(start, X, Y, steps=100, learning_rate=eta)
    rates = [n * eta, n * eta, eta / n, eta]
    losses = _standard_losses(start[:, :2], start[:, 2], start[:, 3] / n, rates, [_plain() for _ in range(4)], 100)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-10)


# --- growth


def _one(steps=200):
    return train(_constant(1), X, Y, steps=steps)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("fan_in", [1, 3])
def test_growth_is_the_product_of_the_derivatives_of_the_update(activation, fan_in):
    """Two neurons at opposite deviations leave the output as it is; the output's bias goes into the targets."""
    start, inputs, targets = _problem(1, fan_in, seed=2)
    one = train(start, inputs, targets, activation, steps=12, learning_rate=0.07)
    rows = one.neurons[:, 0]
    kinks = rows[:, :-2] @ inputs + rows[:, -2:-1]
    assert np.abs(kinks).min() > 2e-3, "choose another seed: the neuron is at its kink"
    size, step = fan_in + 2, 1e-4
    expected = [np.eye(size)]
    for row, bias in zip(rows[:-1], one.output_bias[:-1], strict=True):
        jacobian = np.empty((size, size))
        for j, moved in enumerate(step * np.eye(size)):
            pair = np.array([row + moved, row - moved])
            after = train(pair, inputs, targets - bias, activation, steps=1, learning_rate=0.07).neurons[1]
            jacobian[:, j] = (after[0] - after[1]) / (2 * step)
        expected.append(jacobian @ expected[-1])
    found = growth(one, inputs, targets, activation, learning_rate=0.07)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_growth_starts_with_the_identity_and_has_a_matrix_for_each_step():
    np.testing.assert_array_equal(growth(_one(steps=0), X, Y), [np.eye(4)])
    short, long = (growth(_one(steps=steps), X, Y) for steps in (5, 50))
    np.testing.assert_allclose(short, long[:6], rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(long, growth(_one(steps=50), X, Y, "tanh", learning_rate=0.5))  # the defaults


@pytest.mark.parametrize("activation", [name for name, phi in ACTIVATIONS.items() if phi.homogeneous])
def test_growth_does_not_see_a_kink_that_is_near(activation):
    """Piecewise linear functions do not bend, even where z is 0 or closer to it than the step of the differences."""
    inputs, targets = np.array([[1e-7, 0.0, -1e-7, 1.0, -1.0]]), np.ones(5)
    one = train(np.array([[1.0, 0.0, 0.7]]), inputs, targets, activation, steps=1)
    found = growth(one, inputs, targets, activation)[1]
    np.testing.assert_allclose(found[:-1, :-1], np.eye(2), atol=1e-9)
    assert found[0, 2] != 0


def test_growth_of_a_run_in_float32_is_that_in_float64_to_its_precision():
    single, double = (train(_constant(1).astype(dtype), X, Y, steps=30) for dtype in (np.float32, np.float64))
    found = growth(single, X, Y)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, growth(double, X, Y), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("eps", [1e-12, 1e-9, 1e-6])
def test_growth_predicts_how_neurons_part(activation, eps):
    """To 1 %, while the largest difference is below 1e-4 and no example is at the kinks of some neurons only."""
    middle, rate = np.array([[0.5, 0.4, 0.1, 0.5]]), _rate(activation)
    run = train(middle + eps * np.random.default_rng(0).standard_normal((8, 4)), X, Y, activation, learning_rate=rate)
    deviations = run.neurons[0] - run.neurons[0].mean(axis=0)
    matrices = growth(train(middle, X, Y, activation, learning_rate=rate), X, Y, activation, learning_rate=rate)
    found, predicted = spread(run), np.ptp(matrices @ deviations.T, axis=2).max(axis=1)
    over = found > 1e-4
    if activation in KINKED:
        sides = run.neurons[..., :2] @ X + run.neurons[..., 2:3] > 0
        over |= (sides != sides[:, :1]).any(axis=(1, 2))
    told = np.argmax(np.append(over, True))
    assert told > 15, "choose another case: there is little to predict"
    assert found[told - 1] > 1.5 * found[0]
    np.testing.assert_allclose(found[:told], predicted[:told], rtol=0.01)


def _mu(one, step):
    """What drives tanh neurons apart: minus the smallest eigenvalue of the mean of 2 error times second derivatives."""
    row, x = one.neurons[step, 0], np.vstack([X, np.ones(len(Y))])
    v, hidden = row[-1], np.tanh(row[:-1] @ x)
    error = v * hidden + one.output_bias[step] - Y
    curvature = np.zeros((4, 4))
    for point, e, h in zip(x.T, error, hidden, strict=True):
        second = np.zeros((4, 4))
        second[:3, :3] = v * -2 * h * (1 - h**2) * np.outer(point, point)
        second[3, :3] = second[:3, 3] = (1 - h**2) * point
        curvature += 2 * e * second / len(Y)
    return -np.linalg.eigvalsh(curvature)[0]


def test_on_the_plateau_differences_grow_at_the_rate_of_the_curvature():
    one = _one(steps=600)
    found = spread(train(_constant(8, eps=1e-15), X, Y))
    assert found[120] < 0.01
    for step in range(80, 120):
        assert math.log(found[step + 1] / found[step]) == pytest.approx(math.log(1 + 0.5 * _mu(one, step)), rel=1e-3)
    sizes = np.linalg.norm(growth(one, X, Y), axis=(1, 2))
    assert math.log(sizes[600] / sizes[599]) == pytest.approx(math.log(1 + 0.5 * _mu(one, 599)), rel=1e-5)


@pytest.mark.parametrize("n", [2, 8, 64])
def test_the_time_to_break_is_linear_in_the_exponent_of_the_noise(n):
    """Each power of ten costs ln 10 / ln(1 + rate * mu) steps more."""
    exponents = np.arange(-15, -3)
    spreads = [spread(train(_constant(n, eps=10.0**k), X, Y)) for k in exponents]
    assert all(found[-1] > 0.1 for found in spreads)
    breaks = [int(np.argmax(found > 0.1)) for found in spreads]
    slope, _ = np.polyfit(exponents, breaks, 1)
    assert np.corrcoef(exponents, breaks)[0, 1] ** 2 > 0.999
    assert -slope == pytest.approx(math.log(10) / math.log(1 + 0.5 * _mu(_one(), 100)), rel=0.03)


# --- counting


@given(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([0.0, 1.0, 1 + 2**-52, 5e-324, -1e300, 1e300]),
    )
)
def test_distinct_counts_as_unique_does(rows):
    assert distinct(rows) == len(np.unique(rows, axis=0))


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(2)), elements=st.integers(-4, 4)))
def test_distinct_rows_are_more_than_the_tolerance_apart(rows):
    """One row at a time: of the rows that come later, those that are alike are dropped."""
    kept = []
    for row in rows:
        if all(np.abs(row - other).max() > 2 for other in kept):
            kept.append(row)
    assert distinct(rows, 2) == len(kept)


def test_distinct_by_hand():
    assert distinct(np.empty((0, 3))) == 0
    assert distinct([[0.0], [0.5]], 0.5) == 1
    assert distinct([[0.0], [0.5]], 0.49) == 2
    assert distinct([[0.0, 0.0], [0.0, 1.0]], 0.5) == 2
    assert distinct([[0.0], [1.0], [2.0]], 1) == 2
    assert distinct([[1.0], [0.0], [2.0]], 1) == 1  # the first is alike both
    assert distinct([[0.0], [-0.0]]) == 1


def test_nan_is_like_nothing():
    assert distinct([[math.nan], [math.nan]]) == 2
    assert distinct([[1.0, math.nan], [1.0, 2.0], [1.0, 2.0]], 10) == 2


def test_rank_of_equal_random_and_no_neurons():
    rng = np.random.default_rng(0)
    assert rank(np.tile(rng.standard_normal(5), (30, 1))) == 1
    assert rank(rng.standard_normal((30, 5))) == 5
    assert rank(rng.standard_normal((3, 5))) == 3
    assert rank(np.zeros((4, 4))) == rank(np.zeros((0, 4))) == 0
    assert [rank(np.diag([1.0, 0.1, 0.009]), tolerance) for tolerance in (0.5, 0.05, 0.01, 0)] == [1, 2, 2, 3]
    assert rank(100 * np.diag([1.0, 0.1, 0.009])) == 2


def test_spread_is_the_largest_difference_in_any_number():
    start, inputs, targets = _problem(6, 3)
    run = train(start, inputs, targets, steps=20)
    expected = [max(np.abs(a - b).max() for a in rows for b in rows) for rows in run.neurons]
    np.testing.assert_array_equal(spread(run), expected)
    assert not spread(train(start[:1], inputs, targets, steps=20)).any()


def test_neurons_have_zero_bias_and_the_wider_float_dtype():
    np.testing.assert_array_equal(neurons([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]), [[1, 2, 0, 5], [3, 4, 0, 6]])
    single, double = np.ones((2, 1), np.float32), np.ones(2)
    assert neurons(single, double.astype(np.float32)).dtype == np.float32
    assert neurons(single, double).dtype == neurons([[1]], [1]).dtype == np.float64


def test_output_by_hand():
    rows = [[1.0, 10.0, 0.5, 2.0], [-1.0, 0.0, 0.0, 4.0]]
    inputs = [[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]]
    np.testing.assert_array_equal(output(np.array(rows), 3.0, np.array(inputs), "relu"), [4.5, 14.5, 3])


# --- the points inside and outside


def _separable(ones, others):
    """Whether a line has `ones` on one side and `others` on the other: a . x + b is at least 1 or at most -1."""
    sides = np.vstack([-np.column_stack([ones, np.ones(len(ones))]), np.column_stack([others, np.ones(len(others))])])
    result = linprog(np.zeros(3), A_ub=sides, b_ub=-np.ones(len(sides)), bounds=(None, None))
    assert result.status in (0, 2)  # solved, infeasible
    return result.status == 0


def test_no_line_separates_inside_from_outside():
    assert X.shape == (2, 18)
    assert Y.tolist() == [1] * 7 + [-1] * 11
    assert not _separable(X.T[Y > 0], X.T[Y < 0])
    assert _separable(X.T[Y > 0], X.T[Y < 0][:1])  # the test would find a line if there were one


def test_three_lines_separate_inside_from_outside():
    """To the right of one, above another, below the third."""
    lines = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]) @ X + np.array([[0.8], [1.4], [1.1]])
    np.testing.assert_array_equal((lines > 0).all(axis=0), Y > 0)


def test_no_point_lies_where_constant_neurons_switch():
    """There, at x_1 + x_2 = 0, any noise at all would tear neurons with a kink apart at the first step."""
    assert np.abs(X.sum(axis=0)).min() > 0.05


# --- bad input


def _bad(**changed):
    start, inputs, targets = _problem(2, 3)
    arguments = {"start": start, "inputs": inputs, "targets": targets} | changed
    return train(arguments.pop("start"), arguments.pop("inputs"), arguments.pop("targets"), **arguments)


@pytest.mark.parametrize(
    ("call", "error", "name"),
    [
        (lambda: neurons([1.0, 2.0], [1.0]), ValueError, r"weights .* got \(2,\)"),
        (lambda: neurons(np.empty((0, 2)), []), ValueError, r"weights .* got \(0, 2\)"),
        (lambda: neurons(np.empty((2, 0)), [1.0, 1.0]), ValueError, r"weights .* got \(2, 0\)"),
        (lambda: neurons([[1.0, 2.0]], [1.0, 2.0]), ValueError, r"outgoing .* \(1,\).* got \(2,\)"),
        (lambda: neurons([[1.0, 2.0]], 1.0), ValueError, r"outgoing .* got \(\)"),
        (lambda: _bad(start=np.ones((2, 4))), ValueError, r"start .* fan_in = 3, got \(2, 4\)"),
        (lambda: _bad(start=np.ones(5)), ValueError, r"start .* got \(5,\)"),
        (lambda: _bad(start=np.ones((0, 5))), ValueError, r"start .* got \(0, 5\)"),
        (lambda: _bad(start=np.ones((2, 5), dtype=int)), TypeError, r"start .* got int64"),
        (lambda: _bad(start=np.ones((2, 5), dtype=complex)), TypeError, r"start .* got complex128"),
        (lambda: _bad(inputs=np.ones(9)), ValueError, r"inputs .* got \(9,\)"),
        (lambda: _bad(inputs=np.ones((3, 0)), targets=np.ones(0)), ValueError, r"inputs .* got \(3, 0\)"),
        (lambda: _bad(targets=np.ones(8)), ValueError, r"targets .* \(9,\).* got \(8,\)"),
        (lambda: _bad(targets=np.ones((1, 9))), ValueError, r"targets .* got \(1, 9\)"),
        (lambda: _bad(activation="step"), ValueError, "activation .* got 'step'"),
        (lambda: _bad(activation=None), TypeError, "activation .* got None"),
        (lambda: _bad(steps=-1), ValueError, "steps .* got -1"),
        (lambda: _bad(steps=2.5), TypeError, "steps .* got 2.5"),
        (lambda: _bad(learning_rate=math.nan), ValueError, "learning_rate .* got nan"),
        (lambda: _bad(learning_rate=-0.1), ValueError, "learning_rate .* got -0.1"),
        (lambda: _bad(learning_rate=math.inf), ValueError, "learning_rate .* got inf"),
        (lambda: output(_constant(2), 0.0, X, "step"), ValueError, "activation .* got 'step'"),
        (lambda: growth(_one(steps=1), X, Y, "step"), ValueError, "activation .* got 'step'"),
        (lambda: growth(train(_constant(2), X, Y, steps=1), X, Y), ValueError, "one .* got 2 neurons"),
        (lambda: distinct([[1.0]], -1), ValueError, "tolerance .* got -1"),
        (lambda: distinct([[1.0]], math.nan), ValueError, "tolerance .* got nan"),
        (lambda: distinct([1.0, 2.0]), ValueError, "rows .* got 1"),
        (lambda: rank([[1.0]], -1), ValueError, "tolerance .* got -1"),
    ],
)
def test_bad_input_is_named(call, error, name):
    with pytest.raises(error, match=f"^{name}"):
        call()


def test_what_has_run_away_is_counted_without_a_warning():
    assert distinct([[np.inf], [np.inf], [1e308], [-1e308]]) == 3
    assert distinct(np.array([[2], [1]], dtype=np.uint8), tolerance=1) == 1
    with pytest.raises(ValueError, match="rows must be finite"):
        rank([[np.nan, 1.0]])
    with pytest.raises(ValueError, match="rows must have two dimensions, got 1"):
        rank([1.0, 2.0])


def test_a_network_that_has_overflown_still_has_an_output():
    assert output(np.ones((1, 4)), math.inf, np.ones((2, 1)), "tanh") == math.inf


def test_whole_numbers_for_inputs_leave_the_targets_as_they_are():
    rows = neurons([[1.0]], [1.0])
    for inputs in (np.array([[0, 1, 2]]), np.array([[0.0, 1.0, 2.0]])):
        assert points_right(rows, -0.5, inputs, np.array([-0.5, 0.5, 0.5]), "linear") == 3


def test_rank_of_a_run_in_float16():
    assert rank(np.ones((3, 2), dtype=np.float16)) == 1
