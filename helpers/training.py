"""A small multilayer perceptron with its backward pass written out, and plain stochastic gradient descent.

Inputs, activations and gradients are matrices with one example per column, as in ``h = phi(W @ h_below + b)``. The last
layer has no activation; the loss is the cross-entropy of its softmax.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from helpers import activations, arguments
from helpers.arguments import Rng

__all__ = ["Layer", "Training", "accuracy", "forward", "gradients", "initialize", "train"]

Matrix = NDArray[np.floating]
Labels = NDArray[np.integer]


@dataclass
class Layer:
    """Weights of shape (fan_out, fan_in) and biases of shape (fan_out, 1)."""

    weights: Matrix
    biases: Matrix


def initialize(widths: Sequence[int], initializer: Callable[..., Matrix], *, rng: Rng = None) -> list[Layer]:
    """Draw the layers of a network; the biases start at 0.

    Parameters
    ----------
    widths : sequence of int
        Units of the input and of every layer.
    initializer : callable
        ``initializer((fan_out, fan_in), rng=rng)`` returns the weights, as those in `helpers.initializers` do.
    rng : None, int or numpy.random.Generator

    Examples
    --------
    >>> from helpers.initializers import he_normal
    >>> [layer.weights.shape for layer in initialize([64, 32, 10], he_normal, rng=0)]
    [(32, 64), (10, 32)]
    """
    if len(arguments.instance("widths", widths, Sequence, "two or more integers")) < 2:
        raise ValueError(f"widths must be two or more integers, got {widths!r}")
    widths = arguments.per_layer("widths", widths, len(widths))
    arguments.instance("initializer", initializer, Callable, "a function")
    generator = arguments.generator(rng)
    layers = []
    for fan_in, fan_out in pairwise(widths):
        weights = arguments.array("initializer's weights", initializer((fan_out, fan_in), rng=generator), 2)
        if weights.shape != (fan_out, fan_in):
            raise ValueError(
                f"initializer must return the shape {(fan_out, fan_in)} it is asked for, got {weights.shape}"
            )
        layers.append(Layer(weights, np.zeros((fan_out, 1), dtype=weights.dtype)))
    return layers


def _in_order(a: Matrix, b: Matrix) -> Matrix:
    """``a @ b``, with the terms of all its sums added up in the same order, which no library promises."""
    return np.asarray((a[:, :, None] * b).sum(axis=1))


def _product(in_order: bool) -> Callable[[Matrix, Matrix], Matrix]:
    """The matrix product to compute with."""
    return _in_order if arguments.instance("in_order", in_order, bool, "True or False") else np.matmul


def forward(
    layers: Sequence[Layer], inputs: Matrix, activation: str, *, in_order: bool = False
) -> tuple[list[Matrix], list[Matrix]]:
    """Return the pre-activations of every layer and the activations below every layer.

    With `in_order` all sums of a matrix product are added up in the same order. It is slow, and equal units stay equal
    to the last bit on every machine.

    Examples
    --------
    >>> layers = [Layer(np.array([[2.0]]), np.array([[1.0]]))]
    >>> forward(layers, np.array([[3.0]]), "relu")[0]
    [array([[7.]])]
    """
    phi = activations.activation(activation)
    inputs = _checked(layers, inputs)
    product = _product(in_order)
    pre_activations: list[Matrix] = []
    below = [inputs]
    for layer in layers:
        if pre_activations:
            below.append(phi.value(pre_activations[-1]))
        pre_activations.append(product(layer.weights, below[-1]) + layer.biases)
    return pre_activations, below


def _checked(layers: Sequence[Layer], inputs: Matrix) -> Matrix:
    """Return the inputs as a matrix that fits the first layer; the layers fit each other."""
    for layer in arguments.instance("layers", layers, Sequence, "one or more layers"):
        arguments.instance("layers", layer, Layer, "one or more layers")
    if not layers:
        raise ValueError(f"layers must be one or more layers, got {layers!r}")
    weights = arguments.matrices("layers", [layer.weights for layer in layers])
    for number, (layer, each) in enumerate(zip(layers, weights, strict=True)):
        if np.shape(layer.biases) != (len(each), 1):
            wanted = f"the shape ({len(each)}, 1)"
            raise ValueError(f"layers[{number}].biases must have {wanted}, got {np.shape(layer.biases)}")
    inputs, fan_in = arguments.array("inputs", inputs, 2), layers[0].weights.shape[1]
    if len(inputs) != fan_in or inputs.size == 0:
        raise ValueError(f"inputs must have the shape ({fan_in}, examples), got {inputs.shape}")
    return inputs


def _checked_labels(labels: Labels, examples: int, classes: int) -> Labels:
    """Return the labels as an array with a class for each example."""
    array = arguments.array("labels", labels, 1)
    whole = array.astype(np.intp) if np.isfinite(array).all() else np.array([-1])
    if array.shape != (examples,) or (whole != array).any() or not ((whole >= 0) & (whole < classes)).all():
        wanted = f"{examples} integers from 0 to {classes - 1}, one for each of the inputs"
        raise ValueError(f"labels must be {wanted}, got {labels!r}")
    return whole


def _log_softmax(scores: Matrix) -> Matrix:
    shifted = scores - scores.max(axis=0)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=0)))


def gradients(
    layers: Sequence[Layer], inputs: Matrix, labels: Labels, activation: str, *, in_order: bool = False
) -> tuple[float, list[Layer], list[Matrix]]:
    """Mean cross-entropy of a batch, and its gradients by backpropagation.

    Parameters
    ----------
    layers : sequence of Layer
    inputs : ndarray, shape (features, batch)
    labels : ndarray of int, shape (batch,)
    activation : str
        A key of `activations.ACTIVATIONS`.
    in_order : bool
        As in `forward`.

    Returns
    -------
    loss : float
        In nats: ln 10 for a network that treats ten classes alike.
    parameters : list of Layer
        Gradients with respect to the weights and biases.
    signals : list of ndarray
        Gradients with respect to the pre-activations of every layer.

    References
    ----------
    Rumelhart, Hinton & Williams 1986, Nature 323, 533-536.

    Examples
    --------
    >>> layers = [Layer(np.zeros((10, 64)), np.zeros((10, 1)))]
    >>> loss, _, _ = gradients(layers, np.ones((64, 5)), np.arange(5), "relu")
    >>> round(loss, 4)
    2.3026
    """
    phi = activations.activation(activation)
    pre_activations, below = forward(layers, inputs, activation, in_order=in_order)
    product = _product(in_order)
    log_p = _log_softmax(pre_activations[-1])
    labels = _checked_labels(labels, *log_p.shape[::-1])
    columns = np.arange(len(labels))
    signal = np.exp(log_p)
    signal[labels, columns] -= 1
    signal /= len(labels)
    signals = [signal]
    for layer, z in zip(reversed(layers[1:]), reversed(pre_activations[:-1]), strict=True):
        signals.append(product(layer.weights.T, signals[-1]) * phi.derivative(z))
    signals.reverse()
    parameters = [Layer(product(d, h.T), d.sum(axis=1, keepdims=True)) for d, h in zip(signals, below, strict=True)]
    return -float(log_p[labels, columns].mean()), parameters, signals


def accuracy(layers: Sequence[Layer], inputs: Matrix, labels: Labels, activation: str) -> float:
    """Share of the inputs whose highest score is that of their label.

    Examples
    --------
    >>> layers = [Layer(np.eye(2), np.zeros((2, 1)))]
    >>> accuracy(layers, np.eye(2), np.array([0, 0]), "relu")
    0.5
    """
    scores = forward(layers, inputs, activation)[0][-1]
    return float(np.mean(scores.argmax(axis=0) == _checked_labels(labels, *scores.shape[::-1])))


@dataclass(frozen=True)
class Training:
    """What came of a training run: the mini-batch loss before every step, and the trained layers."""

    losses: NDArray[np.float64]
    layers: list[Layer]


def train(
    layers: Sequence[Layer],
    inputs: Matrix,
    labels: Labels,
    activation: str = "relu",
    *,
    steps: int = 300,
    learning_rate: float = 0.1,
    batch_size: int = 64,
    max_norm: float | None = None,
    in_order: bool = False,
    rng: Rng = None,
) -> Training:
    """Train by plain stochastic gradient descent on random mini-batches; the given layers stay as they are.

    A loss that is no longer finite is recorded like any other, and training goes on, as it does elsewhere.

    Parameters
    ----------
    layers : sequence of Layer
        Where to start.
    inputs : ndarray, shape (features, examples)
    labels : ndarray of int, shape (examples,)
    activation : str
        A key of `activations.ACTIVATIONS`.
    steps, batch_size : int
    learning_rate : float
    max_norm : float, optional
        Clip: scale a gradient down whose norm, over all parameters together, is larger.
    in_order : bool
        As in `forward`: a layer of equal neurons stays one, on every machine.
    rng : None, int or numpy.random.Generator
        Picks the mini-batches.

    References
    ----------
    Clipping: Pascanu, Mikolov & Bengio 2013 (arXiv:1211.5063), algorithm 1.

    Examples
    --------
    >>> start = [Layer(np.zeros((2, 1)), np.zeros((2, 1)))]
    >>> run = train(start, np.array([[-1.0, 1.0]]), np.array([0, 1]), steps=100, rng=0)
    >>> bool(run.losses[-1] < run.losses[0])
    True
    """
    steps = arguments.integer("steps", steps)
    batch_size = arguments.integer("batch_size", batch_size, 1)
    learning_rate = arguments.number("learning_rate", learning_rate, 0)
    longest = math.inf if max_norm is None else arguments.number("max_norm", max_norm, above=0)
    generator = arguments.generator(rng)
    activations.activation(activation)
    inputs = _checked(layers, inputs)
    labels = _checked_labels(labels, inputs.shape[1], len(layers[-1].weights))
    layers = [Layer(layer.weights.copy(), layer.biases.copy()) for layer in layers]
    losses = np.empty(steps)
    with np.errstate(all="ignore"):
        for step in range(steps):
            chosen = generator.integers(len(labels), size=batch_size)
            losses[step], slopes, _ = gradients(
                layers, inputs[:, chosen], labels[chosen], activation, in_order=in_order
            )
            norm = _norm(slopes) if max_norm is not None else 0.0
            length = learning_rate * (longest / norm if norm > longest else 1.0)
            for layer, slope in zip(layers, slopes, strict=True):
                layer.weights -= length * slope.weights
                layer.biases -= length * slope.biases
    return Training(losses, layers)


def _norm(slopes: Sequence[Layer]) -> float:
    """Of all parameters' gradients together, in float64: the squares of a float32 overflow before its values do."""
    parts = [part.astype(np.float64).ravel() for slope in slopes for part in (slope.weights, slope.biases)]
    return float(np.linalg.norm(np.concatenate(parts)))
