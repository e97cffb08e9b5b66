"""The explorer of the edge of chaos: wide tanh networks with biases, ordered on one side, chaotic on the other."""

import math
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from helpers import theory
from helpers.explorers.explorer import Explorer, Report
from helpers.explorers.layout import buttons, rows, slider
from helpers.figures import ChaosFigure, ChaosView, plain_number, power_of_ten
from helpers.figures.chaos import TRAINABLE
from helpers.live import LiveImage

WIDTH = 256
_DEEPEST = 100
_START = 0.6  # the two inputs' correlation
_FAINT = 1e-6  # their second moment where q* is 0: tanh is a straight line there
_FIRST_DRAW = 0
_CLOSE = 0.01  # to 1: so near the edge, a gradient takes 70 layers to double its variance


def edge_of_chaos() -> Explorer:
    """Explore order and chaos in tanh networks, and the edge between them.

    Two inputs of correlation 0.6 and of second moment q* go through one network of 256 units a layer, and a gradient
    comes back for the first of them. The weights have the variance sigma_w² / 256, the biases sigma_b².

    Controls: ``sigma_w`` (0.5 to 4), ``sigma_b`` (0 to 2) and ``depth`` (5 to 100 layers).

    Returns
    -------
    Explorer

    References
    ----------
    Poole et al. 2016 (arXiv:1606.05340); Schoenholz et al. 2017 (arXiv:1611.01232), who find that networks can be
    trained to a depth of about 6 xi, where xi is the number of layers over which correlations settle by a factor e.

    Examples
    --------
    >>> explorer = edge_of_chaos()
    >>> print(explorer.update(sigma_w=1.3, sigma_b=0.3)[:52])
    Ordered. χ₁ = 0.94 per layer; after 50, the gradient
    """
    plane = {"step": 0.05, "readout_format": ".2f"}
    controls: dict[str, Any] = {
        "sigma_w": slider(ipywidgets.FloatSlider, 2.5, "weights σ_w", min=0.5, max=4, **plane),
        "sigma_b": slider(ipywidgets.FloatSlider, 0.3, "biases σ_b", min=0, max=2, **plane),
        "depth": slider(ipywidgets.IntSlider, 50, "depth L", min=5, max=_DEEPEST),
    }
    (snap,) = buttons({"Snap to the edge": "Make χ₁ = 1 by the weights"})
    figure = ChaosFigure()
    layout = rows(list(controls.values()), [snap])
    explorer = Explorer(controls, layout, LiveImage(figure.figure, figure.moving), partial(_draw, figure), _FIRST_DRAW)
    snap.on_click(lambda _: explorer.set(sigma_w=theory.critical_sigma_w(controls["sigma_b"].value, "tanh")))
    return explorer


def _draw(figure: ChaosFigure, seed: int, sigma_w: float, sigma_b: float, depth: int) -> Report:
    phase = theory.tanh_phase(sigma_w, sigma_b)
    view = _view(phase, _numbers(seed), sigma_w, sigma_b, depth)
    frame = figure.update(view)
    settled = "is not defined" if math.isnan(view.settled) else f"settles at {view.settled:.2f}"
    picture = (
        f"Left, the plane of sigma_w and sigma_b for tanh, with the edge of chaos from sigma_w 1 at sigma_b 0 to 2.33 "
        f"at 2; the network stands at {sigma_w:.3g} and {sigma_b:.3g}. Right, by layer from 0 to {depth}, the "
        f"correlation of two inputs, which starts at {_START} and in theory {settled}, and on a logarithmic axis the "
        "gradient's variance, theory as lines, one network as dots."
    )
    return Report(*_verdict(view, phase), picture, frame)


@dataclass(frozen=True)
class _Numbers:
    """The standard normal numbers of one network of `_DEEPEST` layers: all sigmas and depths share them.

    They are float64, since chaos enlarges what is rounded: in float32 the picture would differ between machines.
    """

    weights: NDArray[np.float64]  # divided by the root of the width
    biases: NDArray[np.float64]
    inputs: NDArray[np.float64]  # a column each, of second moment 1 and correlation _START
    top: NDArray[np.float64]  # the gradient there, of length 1


@lru_cache(maxsize=1)
def _numbers(seed: int) -> _Numbers:
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((_DEEPEST, WIDTH, WIDTH), dtype=np.float32).astype(float)
    weights /= math.sqrt(WIDTH)
    biases = rng.standard_normal((_DEEPEST, WIDTH, 1), dtype=np.float32).astype(float)
    first, second, top = np.linalg.qr(rng.standard_normal((WIDTH, 3)))[0].T
    inputs = math.sqrt(WIDTH) * np.stack([first, _START * first + math.sqrt(1 - _START**2) * second], axis=1)
    return _Numbers(weights, biases, inputs, top)


def _view(phase: theory.Phase, numbers: _Numbers, sigma_w: float, sigma_b: float, depth: int) -> ChaosView:
    layers = [math.sqrt(phase.q or _FAINT) * numbers.inputs]
    for weights, biases in zip(numbers.weights[:depth], numbers.biases[:depth], strict=True):
        layers.append(sigma_w * (weights @ np.tanh(layers[-1])) + sigma_b * biases)
    return ChaosView(
        sigma_w=sigma_w,
        sigma_b=sigma_b,
        correlation=(_correlations(layers), phase.correlations(_START, depth)),
        settled=phase.correlation,
        gradient=(
            _log10_gradient(layers, numbers, sigma_w),
            np.linspace(depth * math.log10(phase.chi_1), 0, depth + 1),
        ),
    )


def _correlations(layers: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    z = np.array(layers, dtype=float)
    products = z.transpose(0, 2, 1) @ z
    return np.asarray(products[:, 0, 1] / np.sqrt(products[:, 0, 0] * products[:, 1, 1]))


def _log10_gradient(layers: list[NDArray[np.float64]], numbers: _Numbers, sigma_w: float) -> NDArray[np.float64]:
    """Of the first input's gradient, the base-10 logarithm of its second moment by layer, 0 at the top."""
    gradient, growth = numbers.top, [1.0]
    for weights, z in zip(numbers.weights[len(layers) - 2 :: -1], layers[-2::-1], strict=True):
        gradient = sigma_w * (gradient @ weights) * (1 - np.tanh(z[:, 0]) ** 2)
        growth.append(float(np.linalg.norm(gradient)))
        gradient = gradient / growth[-1]
    return np.asarray(2 * np.cumsum(np.log10(growth))[::-1])


def _verdict(view: ChaosView, phase: theory.Phase) -> tuple[str, str]:
    """The kind of outcome in a word, and what there is to see."""
    depth = len(view.gradient[0]) - 1
    ours, expected = (power_of_ten(profile[0]) for profile in view.gradient)
    reach = TRAINABLE * phase.depth_scale
    layers = "more than 1000" if reach > 1000 else f"about {plain_number(round(reach))}"
    limit = "q* = 0" if math.isnan(view.settled) else f"c* = {view.settled:.2f}"
    told = (
        f"χ₁ = {plain_number(phase.chi_1)} per layer; after {depth}, the gradient's variance is {expected} "
        f"(network: {ours}), the inputs' correlation {view.correlation[1][-1]:.2f} (network: "
        f"{view.correlation[0][-1]:.2f}; {limit}). Trainable to {layers} layers (6ξ)."
    )
    if abs(phase.chi_1 - 1) < _CLOSE:
        return "At the edge.", told
    return ("Ordered." if phase.chi_1 < 1 else "Chaotic."), told
