"""Checks of the exercises, one module for each notebook: is the learner's function right, and if not, where not."""

from helpers.check.collapse import log10_gradient_at_input, stable_sigma, vanishing_layer
from helpers.check.completion import completion_code, expected_code
from helpers.check.explosion import diagnose, largest_sigma, overflow_layer
from helpers.check.goldilocks import gain, rescaled, residual_variance, xavier_variance
from helpers.check.grading import Result
from helpers.check.symmetry import break_symmetry, distinct_neurons, moving_parameters

__all__ = [
    "Result",
    "break_symmetry",
    "completion_code",
    "diagnose",
    "distinct_neurons",
    "expected_code",
    "gain",
    "largest_sigma",
    "log10_gradient_at_input",
    "moving_parameters",
    "overflow_layer",
    "rescaled",
    "residual_variance",
    "stable_sigma",
    "vanishing_layer",
    "xavier_variance",
]
