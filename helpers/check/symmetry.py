"""Checks of the exercises of notebook 01."""

from typing import Any

import numpy as np

from helpers import lockstep
from helpers.check.grading import Case, Result, equal, run


def distinct_neurons(function: Any) -> Result:
    """Check ``f(W, v)``: how many distinct neurons a layer has, by incoming weights W and outgoing weights v.

    Examples
    --------
    >>> distinct_neurons(lambda W, v: len(W)).right
    False
    """

    def case(weights: list[list[float]], outgoing: list[float], hint: str) -> Case:
        w, v = np.array(weights), np.array(outgoing)
        return Case({"W": w, "v": v}, lockstep.distinct(np.column_stack([w, v])), hint)

    cases = [
        case([[1, 2], [1, 2], [3, 4]], [1, 1, 1], "The first two neurons are equal: count them once."),
        case([[1, 2], [3, 4], [1, 2]], [1, 1, 1], "Equal neurons need not stand next to each other."),
        case([[1, 2], [2, 1]], [1, 1], "The order of the numbers says which input they multiply: these two differ."),
        case([[1, 2], [1, 2]], [1, -1], "Equal incoming weights are not enough: outgoing ones belong to a neuron too."),
        case([[1, 2], [3, 4]], [1, 1], "Equal outgoing weights are not enough either."),
        case([[0.5] * 3] * 6, [0.5] * 6, "Six equal neurons are one."),
    ]
    return run(function, cases, equal, "Incoming and outgoing weights make a neuron; so would its bias.")


def break_symmetry(function: Any) -> Result:
    """Check ``f(W, v)``: copies of W and v in which all neurons differ, with as few numbers changed as possible.

    Examples
    --------
    >>> break_symmetry(lambda W, v: (W, v)).right
    False
    """

    def case(weights: list[list[float]], outgoing: list[float], hint: str) -> Case:
        w, v = np.array(weights, dtype=float), np.array(outgoing, dtype=float)
        fewest = len(w) - lockstep.distinct(np.column_stack([w, v]))
        return Case({"W": w, "v": v}, (np.column_stack([w, v]), fewest), hint)

    cases = [
        case([[0.5, 0.5], [0.5, 0.5]], [1, 1], "Of two equal neurons one may stay: one number is enough."),
        case([[0.5, 0.5]] * 4, [1] * 4, "Of n equal neurons one may stay; the n - 1 others need different new values."),
        case([[0, 0]] * 3, [0] * 3, "Adding works where multiplying does not: 0 times anything is 0."),
        case([[1, 2], [3, 4], [1, 2]], [1, 1, 1], "The neuron in the middle is different already: leave it alone."),
        case([[1, 2], [1, 2]], [1, 2], "These two differ by their outgoing weights: nothing has to change."),
        case([[1, 1], [1, 1], [2, 1]], [1, 1, 1], "Mind that a new value does not make a neuron equal to another."),
        case([[1, 1]] * 3, [1, 1, 2], "Mind the neurons that come later: a new value must differ from theirs, too."),
    ]
    return run(function, cases, _all_differ, "They are different neurons now, and need not stay together.")


def _all_differ(answer: Any, expected: Any) -> bool:
    before, fewest = expected
    after = np.column_stack([np.asarray(part, dtype=float) for part in answer])
    if after.shape != before.shape or not np.isfinite(after).all():
        return False
    return lockstep.distinct(after) == len(before) and int(np.sum(after != before)) == fewest


def moving_parameters(function: Any) -> Result:
    """Check ``f(activation, step)``: which of "W", "b", "v", "c" move at this step, if all of them start at 0.

    The network is c + v . phi(W x + b), the activation one of "linear", "relu", "tanh" and "sigmoid", the first step
    has number 1.

    Examples
    --------
    >>> moving_parameters(lambda activation, step: {"c"}).right
    False
    """

    def case(activation: str, step: int, hint: str) -> Case:
        inputs, targets = np.array([[1.0, -2.0, 0.5]]), np.array([1.0, 2.0, -0.5])
        run = lockstep.train(np.zeros((2, 3)), inputs, targets, activation, steps=step, learning_rate=0.1)
        moved = np.any(run.neurons[step] != run.neurons[step - 1], axis=0)
        names = {name for name, moves in zip("Wbv", moved, strict=True) if moves}
        return Case({"activation": activation, "step": step}, names | {"c"}, hint)

    cases = [
        case("tanh", 1, "tanh(0) = 0: the neurons say nothing, and their outgoing weights pass nothing down."),
        case("relu", 1, "With zeros a ReLU says 0 and has slope 0."),
        case("linear", 1, "A linear neuron with zero weights says 0, like the others."),
        case("tanh", 2, "After the first step only c is no longer 0. Nothing has changed for the hidden layer."),
        case("sigmoid", 1, "sigmoid(0) is 1/2, not 0: the outgoing weights have something to multiply."),
        case("sigmoid", 2, "After the first step v is no longer 0: now the error finds its way down."),
    ]
    return run(function, cases, _same_set, "A weight moves if it has a signal below it and an error above it.")


def _same_set(answer: Any, expected: Any) -> bool:
    try:
        return bool(set(answer) == expected)
    except TypeError:
        return False
