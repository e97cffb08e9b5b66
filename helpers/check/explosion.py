"""Checks of the exercises of notebook 03."""

import math
from typing import Any

from helpers.check.grading import Case, Result, close_numbers, equal, run
from helpers.precision import FORMATS


def overflow_layer(function: Any) -> Result:
    """Check ``f(n, sigma, exponent_bits, mantissa_bits)``: the first layer whose standard deviation exceeds the format.

    Examples
    --------
    >>> overflow_layer(lambda n, sigma, exponent_bits, mantissa_bits: 4).right
    False
    """

    def case(n: int, sigma: float, name: str, hint: str) -> Case:
        each, factor = FORMATS[name], n * sigma**2
        expected = None
        if factor > 1:
            expected = math.floor(2 * math.log10(each.max) / math.log10(factor)) + 1
        bits = {"exponent_bits": each.exponent_bits, "mantissa_bits": each.mantissa_bits}
        return Case({"n": n, "sigma": sigma} | bits, expected, hint)

    cases = [
        case(
            512,
            1.0,
            "float16",
            "5 exponent bits give the bias 2^4 - 1 = 15, and the largest number (2 - 2^-10) · 2^15.",
        ),
        case(
            512,
            1.0,
            "float32",
            "Solve (sqrt(n) · sigma)^L > largest for L with logarithms; L is the next whole number.",
        ),
        case(512, 1.0, "float64", "The largest float64 is about 1.8·10^308: mind that 2.0**1024 does not fit."),
        case(512, 0.1, "bfloat16", "It is the standard deviation that counts: it grows by sqrt(n) · sigma per layer."),
        case(100, 0.2, "float8_e5m2", "Layers are whole numbers: the first that is above."),
        case(100, 0.05, "float16", "Here n σ² < 1: the signal shrinks, and the answer is None."),
    ]
    return run(function, cases, equal, "You can tell from the bits of a format when it will give out.")


def largest_sigma(function: Any) -> Result:
    """Check ``f(n, depth, largest)``: the sigma at which the standard deviation reaches `largest` in the last layer.

    Examples
    --------
    >>> largest_sigma(lambda n, depth, largest: largest ** (1 / depth) / n).right
    False
    """

    def case(n: int, depth: int, largest: float, hint: str) -> Case:
        expected = 10 ** (math.log10(largest) / depth) / math.sqrt(n)
        return Case({"n": n, "depth": depth, "largest": largest}, expected, hint)

    cases = [
        case(
            512, 1, 65504.0, "One layer multiplies the standard deviation by sqrt(n) · sigma; set that to the largest."
        ),
        case(512, 100, 65504.0, "After L layers it is (sqrt(n) · sigma)^L: take the L-th root of the largest number."),
        case(64, 100, 65504.0, "The width counts: sigma goes like 1 / sqrt(n)."),
        case(
            512, 50, FORMATS["float32"].max, "The rule is the same for every format: only the largest number changes."
        ),
    ]
    return run(function, cases, close_numbers, "See how little room there is above 1/sqrt(n).")


def diagnose(function: Any) -> Result:
    """Check ``f(losses, guessing)``: "forward", "update", "learning" or "not learning", from a list of losses by step.

    Examples
    --------
    >>> diagnose(lambda losses, guessing: "not learning").right
    False
    """
    inf, nan = math.inf, math.nan

    def case(losses: list[float], expected: str, hint: str) -> Case:
        return Case({"losses": losses, "guessing": 2.303}, expected, hint)

    cases = [
        case([nan, nan, nan], "forward", "There was no update before step 0: the forward pass itself gave NaN."),
        case(
            [2.5, 13.0, 1.1e6, nan, nan], "update", "It began with a finite loss: the updates have ruined the weights."
        ),
        case([inf, inf, nan], "forward", "inf is not finite either: the forward pass overflowed before any update."),
        case([2.5, 2.1, 0.9, 0.4], "learning", "The last loss is finite and below that of guessing."),
        case(
            [15.3, 14.1, 18.8, 11.9],
            "not learning",
            "Nothing overflows, but the last loss is above that of guessing.",
        ),
        case([2.31, 2.30, 2.303], "not learning", "To be at the loss of guessing is not to learn."),
        case([2.5, 0.8, inf, nan], "update", "It learned, and then it diverged: what counts is how it ended."),
        case([2.5, 0.8, inf], "update", "An inf at the end: not finite any more, though not NaN yet."),
    ]
    return run(function, cases, equal, "Four words that save an afternoon.")
