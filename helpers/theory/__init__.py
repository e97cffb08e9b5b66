"""What the mathematics predicts for random networks: second moments, where they die, mean-field theory, spectra.

How a single weight is distributed is told by `theory.weights`.

Profiles are arrays of base-10 logarithms, one per layer from the input (layer 0) to the output, so that nothing
overflows on paper. "Variance" means the second moment of the pre-activations over the units of a layer; the weights of
a layer are independent with mean 0 and variance `variance` (sigma squared), and there are no biases, except in the
mean-field functions, which take that theory's own parameters: weights of variance sigma_w² / fan_in, biases of
sigma_b².
"""

from helpers.theory.fluctuations import fluctuation_band
from helpers.theory.lifetimes import first_overflow_layer, first_underflow_layer
from helpers.theory.mean_field import chi_1, correlation_map, critical_sigma_w, q_fixed_point, q_map
from helpers.theory.phases import Phase, tanh_phase, tanh_plane
from helpers.theory.profiles import log10_gradient_variance, log10_variance, stable_variance
from helpers.theory.spectra import singular_values

__all__ = [
    "Phase",
    "chi_1",
    "correlation_map",
    "critical_sigma_w",
    "first_overflow_layer",
    "first_underflow_layer",
    "fluctuation_band",
    "log10_gradient_variance",
    "log10_variance",
    "q_fixed_point",
    "q_map",
    "singular_values",
    "stable_variance",
    "tanh_phase",
    "tanh_plane",
]
