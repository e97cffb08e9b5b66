"""What a student should know about each initializer, as data: one record each, in the order of the categories.

What belongs here: words and formulas about initializers; what they compute is in the other modules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from helpers.initializers._weights import Weights
from helpers.initializers.constants import constant, dirac, eye, ones, zeros
from helpers.initializers.random import normal, sparse, truncated_normal, uniform
from helpers.initializers.scaling import (
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
)
from helpers.initializers.structured import orthogonal

__all__ = ["CATALOG", "Initializer"]


@dataclass(frozen=True)
class Initializer:
    r"""What a student should know about one initializer.

    Attributes
    ----------
    name : str
        The function's name.
    category : {"constant", "random", "variance-scaling", "structured"}
    formula : str
        LaTeX without dollar signs. n is the fan-in unless marked, g² the activation's squared gain (1 for a
        linear layer, 2 for ReLU).
    use : str
        When to reach for it.
    risk : str
        Which of the failure modes (symmetry, collapse, explosion) it risks, and when.
    function : callable
        The initializer.

    Examples
    --------
    >>> print(CATALOG[0].name, CATALOG[0].category, CATALOG[0].formula)
    zeros constant W_{ij} = 0
    """

    name: str
    category: Literal["constant", "random", "variance-scaling", "structured"]
    formula: str
    use: str
    risk: str
    function: Callable[..., Weights]


CATALOG: tuple[Initializer, ...] = (
    Initializer(
        "zeros",
        "constant",
        r"W_{ij} = 0",
        "Biases; the last layer of a residual branch, so that the block starts as the identity.",
        "Symmetry, and collapse at once: with all weights 0, tanh and ReLU units output 0 and no gradient reaches "
        "a hidden layer. Harmless for biases.",
        zeros,
    ),
    Initializer(
        "ones",
        "constant",
        r"W_{ij} = 1",
        "Scale parameters of normalization layers.",
        "Symmetry: all units of a layer are equal and stay equal. Explosion too: equal inputs are added up, "
        "so linear and ReLU layers multiply the signal by n.",
        ones,
    ),
    Initializer(
        "constant",
        "constant",
        r"W_{ij} = c",
        "Biases with a known offset, such as 1 for an LSTM's forget gate.",
        "Symmetry: a layer of 512 units behaves like a layer of 1, for ever. From the second layer on the signal "
        "is multiplied by nc: with linear units it collapses for nc between −1 and 1 and explodes outside.",
        constant,
    ),
    Initializer(
        "eye",
        "constant",
        r"W_{ij} = \delta_{ij}",
        "Identity residuals: layers that should start by passing their input on; recurrent ReLU weights.",
        "None while square: constant and yet not symmetric, and the scale is kept. With more outputs than inputs, "
        "the extra rows are 0 and so alike (symmetry); with fewer, inputs are lost.",
        eye,
    ),
    Initializer(
        "dirac",
        "constant",
        r"W_{ijk} = \delta_{ij}\,\delta_{k,\lfloor K/2 \rfloor}",
        "Specialized convolution layers that should start by passing their channels on.",
        "None with as many outputs as inputs: constant and yet not symmetric, and the scale is kept. With more "
        "outputs, the extra channels are 0 and so alike (symmetry); with fewer, inputs are lost.",
        dirac,
    ),
    Initializer(
        "uniform",
        "random",
        r"W_{ij} \sim U(a, b), \quad \sigma^2 = (b - a)^2 / 12",
        "Generic starting point when the scale is set externally; choose a = −b.",
        "In linear and ReLU layers collapse if nσ² < g², explosion if nσ² > g². The default here and in PyTorch, "
        "U(0, 1), is not centred: its mean of 1/2 makes units nearly alike and multiplies the signal by about n/2 per "
        "layer (explosion).",
        uniform,
    ),
    Initializer(
        "normal",
        "random",
        r"W_{ij} \sim N(\mu, \sigma^2)",
        "Generic starting point when the scale is set externally.",
        "In linear and ReLU layers collapse if nσ² < g², explosion if nσ² > g²: σ has to change with the width. The "
        "default here and in PyTorch, σ = 1, explodes; the popular σ = 0.01, JAX's default, collapses at n = 512.",
        normal,
    ),
    Initializer(
        "truncated_normal",
        "random",
        r"W_{ij} \sim N(\mu, \sigma^2) \text{ given } a \le (W_{ij} - \mu) / \sigma \le b",
        "As normal, where no weight may be far out: embeddings, transformers.",
        "As normal, with the variance after the cut in place of σ²: 0.774 σ² at ±2. Forgetting that factor makes "
        "a deep network collapse. (In PyTorch a and b are not in units of σ: ±2 cuts nothing off at σ = 0.02.)",
        truncated_normal,
    ),
    Initializer(
        "sparse",
        "random",
        r"W_{ij} \sim N(0, \sigma^2) \text{, or } 0",
        "Generic starting point with few connections, when the scale is set externally: of the weights of each input, "
        "a fraction p is 0.",
        "In linear and ReLU layers collapse if nσ²(1 − p) < g², explosion if it is greater: the zeros count. At p = 1 "
        "it is zeros (symmetry).",
        sparse,
    ),
    Initializer(
        "variance_scaling",
        "variance-scaling",
        r"\mathrm{Var}[W_{ij}] = s / n",
        "Default for linear and convolution layers: the general form of Xavier, He and LeCun. Here n is the fan-in, "
        "the fan-out or their mean.",
        "In linear and ReLU layers none if s = g², collapse if s < g², explosion if s > g². With unequal fans the "
        "pass whose fan was not chosen drifts; with the mean of the fans, both do.",
        variance_scaling,
    ),
    Initializer(
        "xavier_uniform",
        "variance-scaling",
        r"W_{ij} \sim U(-a, a), \quad a = g \sqrt{6 / (n_\text{in} + n_\text{out})}",
        "Default for linear and convolution layers with tanh or no activation.",
        "Collapse with ReLU and g = 1: each layer (of equal fans) halves the mean square.",
        xavier_uniform,
    ),
    Initializer(
        "xavier_normal",
        "variance-scaling",
        r"W_{ij} \sim N(0, 2 g^2 / (n_\text{in} + n_\text{out}))",
        "Default for linear and convolution layers with tanh or no activation.",
        "Collapse with ReLU and g = 1: each layer (of equal fans) halves the mean square.",
        xavier_normal,
    ),
    Initializer(
        "he_uniform",
        "variance-scaling",
        r"W_{ij} \sim U(-a, a), \quad a = \sqrt{6 / ((1 + \alpha^2) n)}",
        "Default for linear and convolution layers with ReLU, or with leaky ReLU of slope α below 0.",
        "Explosion without ReLU: each linear layer doubles the variance, and tanh layers enlarge the gradient.",
        he_uniform,
    ),
    Initializer(
        "he_normal",
        "variance-scaling",
        r"W_{ij} \sim N(0, 2 / ((1 + \alpha^2) n))",
        "Default for linear and convolution layers with ReLU, or with leaky ReLU of slope α below 0.",
        "Explosion without ReLU: each linear layer doubles the variance, and tanh layers enlarge the gradient.",
        he_normal,
    ),
    Initializer(
        "lecun_uniform",
        "variance-scaling",
        r"W_{ij} \sim U(-a, a), \quad a = \sqrt{3 / n_\text{in}}",
        "Linear and convolution layers with SELU, or with no activation.",
        "Collapse with ReLU: each layer halves the mean square. Gradients drift by n_out / n_in per layer.",
        lecun_uniform,
    ),
    Initializer(
        "lecun_normal",
        "variance-scaling",
        r"W_{ij} \sim N(0, 1 / n_\text{in})",
        "Linear and convolution layers with SELU, or with no activation.",
        "Collapse with ReLU: each layer halves the mean square. Gradients drift by n_out / n_in per layer.",
        lecun_normal,
    ),
    Initializer(
        "orthogonal",
        "structured",
        r"W^\top W = g^2 I \text{ or } W W^\top = g^2 I",
        "Hidden-to-hidden weights of recurrent networks; deep linear networks.",
        "None in a square linear network at g = 1: every length is kept. Collapse for g < 1, explosion for "
        "g > 1. With ReLU g = 1 collapses: it halves the mean square, which takes g = √2 to restore.",
        orthogonal,
    ),
)
