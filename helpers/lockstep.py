"""A hidden layer whose neurons may start alike: trained, its neurons counted, and how they will part predicted.

The network has one output, f(x) = c + (1/n) sum_i v_i phi(w_i . x + b_i), the mean of what its n neurons say. The loss
is the mean squared error over all examples, and each step moves every neuron by n times its gradient. So n equal
neurons take the path of one, whatever n is.

Each neuron is a row of numbers: its incoming weights w_i, its bias b_i and its outgoing weight v_i.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers import activations, arguments

__all__ = ["History", "distinct", "growth", "neurons", "output", "points_right", "rank", "spread", "train"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class History:
    """A training run, from the start (step 0) on.

    Attributes
    ----------
    neurons : ndarray, shape (steps + 1, n, fan_in + 2)
        Incoming weights, bias and outgoing weight of every neuron.
    output_bias : ndarray, shape (steps + 1,)
    losses : ndarray, shape (steps + 1,)
        Mean squared error over all examples.
    """

    neurons: Array
    output_bias: Array
    losses: Array


def neurons(weights: ArrayLike, outgoing: ArrayLike) -> Array:
    """Put neurons together from incoming weights of shape (n, fan_in) and outgoing ones of shape (n,); biases are 0.

    Integers become float64.

    Examples
    --------
    >>> neurons([[0.5, 0.5]], [2.0])
    array([[0.5, 0.5, 0. , 2. ]])
    """
    w, v = arguments.array("weights", weights), arguments.array("outgoing", outgoing)
    if w.ndim != 2 or w.size == 0:
        raise ValueError(f"weights must have the shape (n, fan_in), got {w.shape}")
    if v.shape != w.shape[:1]:
        raise ValueError(f"outgoing must have the shape {w.shape[:1]}, one number for each neuron, got {v.shape}")
    return np.column_stack([w, np.zeros(len(w), dtype=w.dtype), v])


def train(
    start: Array,
    inputs: Array,
    targets: Array,
    activation: str = "tanh",
    *,
    steps: int = 200,
    learning_rate: float = 0.5,
) -> History:
    """Train by gradient descent on all examples at once, and keep every step.

    All arithmetic is elementwise in the neurons: what is equal stays equal to the last bit. (A matrix product does not
    promise that: it may add up some rows in another order than others.) What overflows becomes inf and NaN.

    Parameters
    ----------
    start : ndarray of float, shape (n, fan_in + 2)
        The neurons, as `neurons` puts them together. Their dtype is that of the run.
    inputs : ndarray, shape (fan_in, examples)
    targets : ndarray, shape (examples,)
    activation : str
        A key of `activations.ACTIVATIONS`.
    steps : int
    learning_rate : float
        Of each neuron and of the output's bias.

    Examples
    --------
    >>> run = train(neurons(np.full((512, 1), 0.5), np.full(512, 0.5)), np.array([[1.0, 2.0]]), np.array([0.0, 1.0]))
    >>> distinct(run.neurons[-1]), bool(run.losses[-1] < run.losses[0])
    (1, True)
    """
    phi = activations.activation(activation)
    steps = arguments.integer("steps", steps)
    rate = arguments.number("learning_rate", learning_rate, 0)
    state, x = _checked("start", start, inputs)
    y = _checked_targets(targets, x)
    x = np.vstack([x, np.ones_like(x[:1])])[:, :, None]  # the last input is 1, for the biases
    share = state.dtype.type(2 * rate / len(y))
    kept = np.empty((steps + 1, *state.shape), dtype=state.dtype)
    output_bias = np.zeros(steps + 1, dtype=state.dtype)
    losses = np.empty(steps + 1)
    with np.errstate(all="ignore"):
        for step in range(steps + 1):
            kept[step] = state
            z = np.add.reduce(x * state[:-1, None])
            h = phi.value(z)
            error = h @ state[-1] / state.dtype.type(state.shape[1]) + output_bias[step] - y
            losses[step] = (error @ error) / len(y)
            if step == steps:
                break
            pull = share * error[:, None]
            slope = pull * phi.derivative(z) * state[-1]
            update = np.add.reduce(x * slope, axis=1), np.add.reduce(pull * h, keepdims=True)
            state = state - np.concatenate(update)
            output_bias[step + 1] = output_bias[step] - pull.sum()
    return History(np.moveaxis(kept, 1, 2), output_bias, losses)


def _checked(name: str, rows: Array, inputs: Array) -> tuple[Array, Array]:
    """The neurons with one column each, and the inputs, of one dtype."""
    rows, inputs = arguments.array(name, rows, integers=False), arguments.array("inputs", inputs)
    if inputs.ndim != 2 or inputs.size == 0:
        raise ValueError(f"inputs must have the shape (fan_in, examples), got {inputs.shape}")
    if rows.ndim != 2 or len(rows) == 0 or rows.shape[1] != len(inputs) + 2:
        raise ValueError(f"{name} must have the shape (n, fan_in + 2) with fan_in = {len(inputs)}, got {rows.shape}")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(rows.T), inputs.astype(rows.dtype)


def _checked_targets(targets: Array, inputs: Array) -> Array:
    """The targets, of the dtype of the inputs."""
    targets = arguments.array("targets", targets)
    if targets.shape != inputs.shape[1:]:
        wanted = f"the shape {inputs.shape[1:]}, one for each of the inputs"
        raise ValueError(f"targets must have {wanted}, got {targets.shape}")
    with np.errstate(over="ignore"):
        return targets.astype(inputs.dtype)


def output(rows: Array, output_bias: float, inputs: Array, activation: str = "tanh") -> Array:
    """What the network says to each of the inputs (shape (fan_in, examples)).

    Examples
    --------
    >>> output(neurons([[1.0], [1.0]], [2.0, 4.0]), 0.5, np.array([[0.0, 1.0]]), "linear")
    array([0.5, 3.5])
    """
    phi = activations.activation(activation)
    bias = arguments.array("output_bias", output_bias, 0)  # NaN in a run that has diverged
    columns, inputs = _checked("rows", rows, inputs)
    rows = columns.T
    with np.errstate(all="ignore"):
        return np.asarray(rows[:, -1] @ phi.value(rows[:, :-2] @ inputs + rows[:, -2:-1]) / len(rows) + bias)


def points_right(rows: Array, output_bias: float, inputs: Array, targets: Array, activation: str = "tanh") -> int:
    """For how many of the inputs the network's output has the sign of the target (0 counts as negative).

    Examples
    --------
    >>> points_right(neurons([[1.0]], [1.0]), -1, np.array([[0.0, 1.0, 2.0]]), np.array([1.0, 0.0, 1.0]), "linear")
    2
    """
    said = output(rows, output_bias, inputs, activation)
    return int(np.sum((said > 0) == (_checked_targets(targets, arguments.array("inputs", inputs)) > 0)))


def distinct(rows: ArrayLike, tolerance: float = 0.0) -> int:
    """How many rows are left, if of two that differ nowhere by more than `tolerance` one is dropped.

    Examples
    --------
    >>> distinct([[1.0, 2.0], [1.0, 2.0], [1.0, 2.1]]), distinct([[1.0, 2.0], [1.0, 2.1]], tolerance=0.2)
    (2, 1)
    """
    tolerance = arguments.number("tolerance", tolerance, 0)
    left = arguments.array("rows", rows, 2)
    count = 0
    while len(left):
        with np.errstate(invalid="ignore", over="ignore"):
            alike = ((left == left[0]) | (np.abs(left - left[0]) <= tolerance)).all(axis=1)
        alike[0] = True  # not even NaN is alike itself
        left = left[~alike]
        count += 1
    return count


def rank(rows: ArrayLike, tolerance: float = 0.01) -> int:
    """Numerical rank: the singular values that are larger than `tolerance` times the largest.

    Examples
    --------
    >>> rank([[1.0, 1.0], [1.0, 1.001]]), rank([[1.0, 1.0], [1.0, 2.0]])
    (1, 2)
    """
    tolerance = arguments.number("tolerance", tolerance, 0)
    finite = arguments.array("rows", rows, 2, finite=True).astype(np.float64)
    return int(np.linalg.matrix_rank(finite, rtol=tolerance)) if finite.size else 0


def spread(history: History) -> Array:
    """Largest difference between two neurons in any of their numbers, by step (shape (steps + 1,)).

    Examples
    --------
    >>> run = train(np.array([[1.0, 0.0, 1.0], [1.5, 0.0, 1.0]]), np.array([[1.0]]), np.array([1.0]), steps=0)
    >>> spread(run)
    array([0.5])
    """
    arguments.instance("history", history, History, "a History")
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.ptp(history.neurons, axis=1).max(axis=1))


_STEP = 1e-6


def growth(
    one: History, inputs: Array, targets: Array, activation: str = "tanh", *, learning_rate: float = 0.5
) -> Array:
    """What becomes of a small difference between neurons that otherwise follow the path of one.

    It holds while no example crosses a kink of the activation.

    Small deviations d_i that sum to 0 do not change the output. So each of them moves by the derivative of its own
    update with the errors held fixed: d_i becomes (1 - learning_rate M) d_i, where M is the mean over the examples of
    2 error times the second derivatives of v phi(w . x + b). (Saad & Solla 1995, Phys. Rev. E 52, 4225, call the time
    that this takes the symmetric plateau.)

    Parameters
    ----------
    one : History
        The run of a single neuron, with these inputs, targets, activation and learning rate.

    Returns
    -------
    ndarray, shape (steps + 1, fan_in + 2, fan_in + 2)
        The matrices that take the deviations at the start to those at each step.

    Examples
    --------
    >>> x, y = np.array([[1.0, 2.0]]), np.array([0.0, 1.0])
    >>> growth(train(neurons([[0.5]], [0.5]), x, y, steps=5), x, y).shape
    (6, 3, 3)
    """
    phi = activations.activation(activation)
    if arguments.instance("one", one, History, "a History").neurons.shape[1] != 1:
        raise ValueError(f"one must be the run of a single neuron, got {one.neurons.shape[1]} neurons")
    rate = arguments.number("learning_rate", learning_rate, 0)
    rows = one.neurons[:-1, 0].astype(np.float64)
    _, inputs = _checked("one.neurons[0]", one.neurons[0].astype(np.float64), inputs)
    targets = _checked_targets(targets, inputs)
    with np.errstate(all="ignore"):
        return _products(np.eye(rows.shape[1]) - rate * _curvature(rows, one.output_bias[:-1], inputs, targets, phi))


def _curvature(rows: Array, output_bias: Array, inputs: Array, targets: Array, phi: activations.Activation) -> Array:
    """Mean over the examples of 2 error times the second derivatives of v phi(w . x + b), for each row."""
    x = np.vstack([inputs, np.ones(len(targets))])
    v, z = rows[:, -1:], rows[:, :-1] @ x
    error = v * phi.value(z) + output_bias[:, None] - targets
    outward = np.where(z > 0, _STEP, -_STEP)  # away from a kink at 0
    bend = (phi.derivative(z + outward) - phi.derivative(z)) / outward
    size = rows.shape[1]
    curvature = np.zeros((len(rows), size, size))
    curvature[:, :-1, :-1] = np.einsum("tb,ib,jb->tij", error * v * bend, x, x)
    curvature[:, :-1, -1] = curvature[:, -1, :-1] = (error * phi.derivative(z)) @ x.T
    return np.asarray(2 / len(targets) * curvature)


def _products(factors: Array) -> Array:
    """The identity, the first factor, the second times the first, and so on."""
    products = [np.eye(factors.shape[1])]
    for factor in factors:
        products.append(factor @ products[-1])
    return np.array(products)
