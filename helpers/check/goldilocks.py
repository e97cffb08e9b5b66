"""Checks of the exercises of notebook 04."""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from helpers import theory
from helpers.activations import ACTIVATIONS
from helpers.check.grading import Case, Result, close_numbers, run


def xavier_variance(function: Any) -> Result:
    """Check ``f(widths)``: the variance of every layer's weights by Xavier's rule, for a list of widths, input first.

    Examples
    --------
    >>> xavier_variance(lambda widths: [1 / n for n in widths[:-1]]).right
    False
    """

    def case(widths: list[int], hint: str) -> Case:
        return Case({"widths": widths}, [theory.stable_variance(*p, mode="fan_avg") for p in pairwise(widths)], hint)

    cases = [
        case([100, 300], "Return a list: one variance for each layer. Here there is one layer, and 2 / (100 + 300)."),
        case([64, 128, 10], "Each layer has its own number of inputs and outputs."),
        case([512] * 4, "Four widths are three layers; where the widths are equal, the rule is 1/n."),
        case([7], "A network without layers has no variances: an empty list."),
    ]
    return run(function, cases, _close_lists, "Neither pass gets all it wants, and neither is lost.")


def gain(function: Any) -> Result:
    """Check ``f(phi)``: the gain 1 / sqrt(E[phi(z)²]) over z from N(0, 1), to one percent.

    Examples
    --------
    >>> gain(lambda phi: 1.0).right
    False
    """

    def case(name: str, hint: str) -> Case:
        return Case({"phi": ACTIVATIONS[name].value}, ACTIVATIONS[name].gain, f"This phi is {name}. {hint}")

    cases = [
        case("relu", "Half of the mean square is left, so the gain is the root of 2, not 2."),
        case("linear", "It takes nothing away: the gain is 1."),
        case(
            "tanh", "Average phi(z)² over many draws of z from N(0, 1) (a hundred thousand are enough) or over a grid."
        ),
        case("sigmoid", "It is the second moment that counts, not the variance: sigmoid has a mean of 1/2."),
        case("gelu", "Compute the gain from phi itself, so that it works for any function."),
    ]
    return run(function, cases, _within_a_percent, "This is how every gain in this notebook was found.")


def rescaled(function: Any) -> Result:
    """Check ``f(weights, x)``: copies of the matrices, rescaled one by one so that every layer's units have variance 1.

    The layers have ReLUs between them; x has one input per column.

    Examples
    --------
    >>> rescaled(lambda weights, x: weights).right
    False
    """

    def case(widths: list[int], scale: float, hint: str) -> Case:
        rng = np.random.default_rng(len(widths))
        weights = [scale * rng.standard_normal(pair[::-1]) for pair in pairwise(widths)]
        x = rng.standard_normal((widths[0], 64))
        return Case({"weights": weights, "x": x}, (weights, x), hint)

    cases = [
        case([6, 5], 0.1, "Compute z = W @ x, and divide W by the standard deviation of z (over all its entries)."),
        case([6, 5, 4], 3.0, "The second layer gets the ReLU of what the *rescaled* first layer gives."),
        case([8, 16, 16, 4], 0.01, "Go through the layers from below; carry the signal along."),
    ]
    return run(function, cases, _unit_variance, "Right whatever the activation or the distribution: LSUV measures.")


def residual_variance(function: Any) -> Result:
    """Check ``f(blocks, scale)``: the variance after so many residual blocks x + scale · branch(x), from 1.

    A branch gives, on its own, the variance of its input, uncorrelated with it.

    Examples
    --------
    >>> residual_variance(lambda blocks, scale: (1 + scale) ** blocks).right
    False
    """

    def case(blocks: int, scale: float, hint: str) -> Case:
        return Case({"blocks": blocks, "scale": scale}, (1 + scale**2) ** blocks, hint)

    cases = [
        case(1, 1.0, "Variances of uncorrelated terms add up: 1 + 1."),
        case(1, 0.5, "A factor counts with its square: 1 + 0.5²."),
        case(10, 0.5, "Each block multiplies the variance by the same factor."),
        case(20, 0.0, "With the scale 0 a block is the identity."),
        case(100, 0.1, "Each block multiplies the variance by 1 + scale²."),
    ]
    return run(function, cases, close_numbers, "With scale = 1/sqrt(L) it stays below e, however deep.")


def _close_lists(answer: Any, expected: Any) -> bool:
    return len(answer) == len(expected) and all(map(close_numbers, answer, expected))


def _within_a_percent(answer: Any, expected: Any) -> bool:
    return math.isclose(float(answer), expected, rel_tol=0.01)


def _unit_variance(answer: Any, expected: Any) -> bool:
    """Whether these are multiples of the matrices, and give layers of variance 1."""
    before, h = expected
    after = [np.asarray(weights, dtype=float) for weights in answer]
    if [weights.shape for weights in after] != [weights.shape for weights in before]:
        return False
    for old, new in zip(before, after, strict=True):
        z = new @ h
        if not (np.allclose(new * old.flat[0], old * new.flat[0]) and math.isclose(z.std(), 1, rel_tol=0.01)):
            return False
        h = np.maximum(z, 0)
    return True
