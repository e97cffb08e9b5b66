"""Checks of the exercises of notebook 02."""

import math
from typing import Any

from helpers import theory
from helpers.check.grading import Case, Result, close_numbers, equal, run
from helpers.precision import FORMATS


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
    return run(function, cases, close_numbers, "Sums of logarithms neither underflow nor overflow.")


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
    return run(function, cases, equal, "You have predicted when each number format runs out.")


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
    return run(function, cases, close_numbers, "This is LeCun's rule for linear layers and He's rule for ReLU.")
