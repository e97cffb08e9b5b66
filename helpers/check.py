"""Checks of the exercises: each takes the learner's function and says whether it is right, or where it is not.

A check never raises: an unsolved exercise, a wrong answer and a function that fails all get a sentence, and so does
anything that is no function.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from helpers import lockstep, theory
from helpers.figures import COLOURS
from helpers.live import message
from helpers.precision import FORMATS

__all__ = [
    "Result",
    "break_symmetry",
    "distinct_neurons",
    "log10_gradient_at_input",
    "moving_parameters",
    "stable_sigma",
    "vanishing_layer",
]


@dataclass(frozen=True)
class Result:
    """What a check found: a word, a sentence, and whether the answer is right (None: not answered yet)."""

    right: bool | None
    word: str
    sentence: str

    def __repr__(self) -> str:
        return f"{self.word} {self.sentence}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        colours = {True: COLOURS["backward"], False: COLOURS["measured"], None: COLOURS["forward"]}
        html = message(self.word, escape(self.sentence), colours[self.right])
        return {"text/html": html, "text/plain": repr(self)}


@dataclass(frozen=True)
class Case:
    """Arguments, the right answer, and a hint for those who miss it."""

    arguments: dict[str, Any]
    expected: Any
    hint: str


def _run(function: Any, cases: Sequence[Case], close: Callable[[Any, Any], bool], praise: str) -> Result:
    """Compare a function with the right answers, case by case, up to the first that differs."""
    if not callable(function):
        return Result(False, "Not a function.", f"Pass the function itself, without calling it; this is {function!r}.")
    for number, case in enumerate(cases):
        call = ", ".join(f"{name}={_text(value)}" for name, value in case.arguments.items())
        try:
            answer = function(**copy.deepcopy(case.arguments))
        except NotImplementedError:
            answer = ...
        except Exception as error:
            return Result(False, "It stopped.", f"With {call} it raised {type(error).__name__}: {error}.")
        if number == 0 and (answer is ... or (answer is None and case.expected is not None)):
            return Result(None, "Not answered yet.", "Replace the dots, then run the cell again.")
        if not close(answer, case.expected):
            return Result(False, "Not yet.", f"With {call} it returned {_text(answer)}. {case.hint}")
    return Result(True, "Right.", praise)


def _text(value: Any) -> str:
    """A value on one line; arrays as nested lists."""
    return " ".join(repr(value.tolist() if isinstance(value, np.ndarray) else value).split())


def _close_numbers(answer: Any, expected: Any) -> bool:
    try:
        return math.isclose(float(answer), expected, rel_tol=1e-6, abs_tol=1e-12)
    except (TypeError, ValueError):
        return False


def _same_layer(answer: Any, expected: Any) -> bool:
    return bool(answer == expected) and not isinstance(answer, bool)


def log10_gradient_at_input(function: Any) -> Result:
    """Check ``f(widths, sigma)``: log10 of the gradient's variance at the input, if it is 1 at the top (linear layers).

    Examples
    --------
    >>> log10_gradient_at_input(lambda widths, sigma: ...)
    Not answered yet. Replace the dots, then run the cell again.
    >>> log10_gradient_at_input(lambda widths, sigma: sum(math.log10(n * sigma**2) for n in widths[1:])).right
    True
    """

    def case(widths: list[int], sigma: float, hint: str) -> Case:
        expected = float(theory.log10_gradient_variance(len(widths) - 1, widths[1:], sigma**2)[0])
        return Case({"widths": widths, "sigma": sigma}, expected, hint)

    cases = [
        case(
            [100, 100], 0.2, "One layer multiplies the variance by n_out σ², and σ² is the square of sigma; take log10."
        ),
        case([64, 128, 10], 0.01, "On the way back each layer counts with its number of outputs, not of inputs."),
        case([512] * 51, 0.01, "Fifty layers have 51 widths: the input's own width does not count."),
        case([7], 0.01, "Without layers nothing changes: the variance is 1, and its logarithm 0."),
        case([512] * 601, 0.01, "10^-774 is too small for a float64: add logarithms instead of multiplying variances."),
        case([4096] * 301, 1.0, "10^1084 is too large for a float64: add logarithms instead of multiplying variances."),
    ]
    return _run(function, cases, _close_numbers, "Sums of logarithms neither underflow nor overflow.")


def vanishing_layer(function: Any) -> Result:
    """Check ``f(n, sigma, smallest)``: the first layer whose standard deviation is below `smallest`, None if none is.

    Examples
    --------
    >>> vanishing_layer(lambda n, sigma, smallest: 5).right
    False
    """

    def case(n: int, sigma: float, smallest: float, hint: str) -> Case:
        factor = n * sigma**2
        expected = None
        if factor < 1:
            expected = math.floor(2 * math.log10(smallest) / math.log10(factor)) + 1
        return Case({"n": n, "sigma": sigma, "smallest": smallest}, expected, hint)

    names = ("float16", "float32", "float64")
    hints = (
        "The standard deviation is the root of the variance: it shrinks by sqrt(n) · sigma per layer.",
        "Solve (sqrt(n) · sigma)^L < smallest for L with logarithms; L is the next whole number.",
        "Mind the smallest float64: its square is 0, so compare standard deviations, not variances.",
    )
    cases = [case(512, 0.01, FORMATS[name].smallest_subnormal, hint) for name, hint in zip(names, hints, strict=True)]
    cases.append(case(100, 0.05, 1e-3, "Layers are whole numbers: round up to the first that is below."))
    cases.append(case(100, 0.2, 1e-3, "Here n σ² > 1: the signal grows, and the answer is None."))
    return _run(function, cases, _same_layer, "You have predicted when each number format runs out.")


def stable_sigma(function: Any) -> Result:
    """Check ``f(fan_in, activation)``: the standard deviation that keeps the variance, for "linear" and "relu".

    Examples
    --------
    >>> stable_sigma(lambda fan_in, activation: (2 if activation == "relu" else 1) / fan_in).right
    False
    """

    def case(fan_in: int, activation: str, hint: str) -> Case:
        expected = theory.stable_variance(fan_in, activation=activation) ** 0.5
        return Case({"fan_in": fan_in, "activation": activation}, expected, hint)

    cases = [
        case(512, "linear", "n σ² = 1 gives the variance σ²; asked for is its root."),
        case(512, "relu", "A ReLU sets half of the units to 0, and with them half of the second moment: n σ² / 2 = 1."),
        case(64, "linear", "The number of inputs matters: narrow layers need larger weights."),
        case(64, "relu", "The number of inputs matters: narrow layers need larger weights."),
    ]
    return _run(function, cases, _close_numbers, "This is LeCun's rule for linear layers and He's rule for ReLU.")


def distinct_neurons(function: Any) -> Result:
    """Check ``f(W, v)``: how many different neurons a layer has, by incoming weights W and outgoing weights v.

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
    return _run(function, cases, _same_layer, "Incoming and outgoing weights make a neuron; so would its bias.")


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
    return _run(function, cases, _all_differ, "They are different neurons now, and need not stay together.")


def _all_differ(answer: Any, expected: Any) -> bool:
    before, fewest = expected
    try:
        after = np.column_stack([np.asarray(part, dtype=float) for part in answer])
    except (TypeError, ValueError):
        return False
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
    return _run(function, cases, _same_set, "A weight moves if it has a signal below it and an error above it.")


def _same_set(answer: Any, expected: Any) -> bool:
    try:
        return bool(set(answer) == expected)
    except TypeError:
        return False
