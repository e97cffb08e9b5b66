"""The explorer of notebook 04: layers of two widths, and the scale at which signal and gradient keep their size."""

import math
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, cast

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from helpers import initializers, theory
from helpers.activations import ACTIVATIONS
from helpers.explorers.explorer import Explorer, Report
from helpers.explorers.layout import activation_dropdown, buttons, dropdown, rows, slider
from helpers.figures import BalanceFigure, BalanceView, plain_number, power_of_ten
from helpers.figures.balance import LOG2_N, LOG10_SIGMA2, MAP_POINTS
from helpers.live import LiveImage
from helpers.simulation import Propagation, simulate_through

DEEPEST, WIDEST = 60, 256
_FIRST_DRAW = 6
_NEAR = 1.0  # a power of ten: within this a signal has kept its size
_SHAPES = ["alternating", "tapering"]
_MODES = ["fan_in", "fan_out", "fan_avg"]
_DISTRIBUTIONS = ["normal", "truncated_normal", "uniform"]


def goldilocks() -> Explorer:
    """Explore which variance suits a network whose layers differ in width, forward and backward.

    Controls: ``depth`` (1 to 60 layers), ``n_in`` (4 to 256 units, the input's), ``n_out`` (4 to 256 units, of the
    layer above, or of the last), ``scale`` (from 0.1 to 10: the variance of a weight is scale / n), ``mode`` ("fan_in",
    "fan_out", "fan_avg": which n), ``shape`` ("alternating", "tapering"), ``activation`` and ``distribution``
    ("normal", "truncated_normal", "uniform").

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = goldilocks()
    >>> print(explorer.update(mode="fan_avg")[:50])
    Collapse. A layer of 256 to 64 units: signal times
    """
    log_slider = ipywidgets.FloatLogSlider
    width: dict[str, Any] = {"base": 2, "min": 2, "max": math.log2(WIDEST), "step": 0.5, "readout_format": ".0f"}
    scale: dict[str, Any] = {"base": 10, "min": -1, "max": 1, "step": 0.02, "readout_format": ".3g"}
    controls: dict[str, Any] = {
        "n_in": slider(log_slider, 256, "width n₁", **width),
        "n_out": slider(log_slider, 64, "width n₂", **width),
        "scale": slider(log_slider, 1.0, "scale s", **scale),
        "depth": slider(ipywidgets.IntSlider, 50, "depth L", min=1, max=DEEPEST),
        "mode": dropdown(
            [("s / n_in", "fan_in"), ("s / n_out", "fan_out"), ("s / average", "fan_avg")], "fan_in", "σ² is"
        ),
        "shape": dropdown(_SHAPES, "alternating", "widths"),
        "activation": activation_dropdown("linear"),
        "distribution": dropdown(_DISTRIBUTIONS, "normal", "distribution"),
    }
    (snap,) = buttons({"Snap to s = gain²": "The scale that suits the activation"})
    figure = BalanceFigure()
    layout = rows(
        [controls[name] for name in ("n_in", "n_out", "scale", "depth")],
        [*(controls[name] for name in ("mode", "shape", "activation", "distribution")), snap],
    )
    explorer = Explorer(controls, layout, LiveImage(figure.figure, figure.moving), partial(_draw, figure), _FIRST_DRAW)
    snap.on_click(lambda _: explorer.set(scale=ACTIVATIONS[controls["activation"].value].gain ** 2))
    return explorer


def _draw(
    figure: BalanceFigure,
    seed: int,
    depth: int,
    n_in: float,
    n_out: float,
    scale: float,
    mode: str,
    shape: str,
    activation: str,
    distribution: str,
) -> Report:
    widths = _widths(depth, round(n_in), round(n_out), shape)
    fans = list(pairwise(widths))
    variances = [theory.stable_variance(*fan, mode=mode) * scale for fan in fans]
    run = _network(fans, variances, activation, distribution, seed)
    signal = theory.log10_variance(depth, widths[:-1], variances, activation)
    gradient = theory.log10_gradient_variance(depth, widths[1:], variances, activation, widths[:-1])
    view = BalanceView(
        signal=(run.log10_variance, signal),
        gradient=(run.log10_gradient_variance, gradient),
        field=_map(activation)[depth],
        gain=ACTIVATIONS[activation].gain ** 2,
        layers=np.column_stack([widths[:-1], variances]),
    )
    frame = figure.update(view)
    picture = (
        f"Left, line chart of the variances of the signal and of its gradient by layer, from layer 0 to {depth}, "
        f"theory as lines, one network as dots. Right, a map of the variance at layer {depth} by width and σ², white "
        f"along the line σ² = {plain_number(view.gain)}/n, with a dot for each layer."
    )
    return Report(*_verdict(widths, view), picture, frame)


def _widths(depth: int, first: int, second: int, shape: str) -> list[int]:
    """Units of the input and of every layer."""
    if shape == "alternating":
        return [(first, second)[layer % 2] for layer in range(depth + 1)]
    return [round(width) for width in np.geomspace(first, second, depth + 1).tolist()]


def _network(
    fans: list[tuple[int, int]], variances: list[float], activation: str, distribution: str, seed: int
) -> Propagation:
    weights = [
        np.float32(math.sqrt(variance)) * _unit_weights(seed, layer, distribution)[:fan_out, :fan_in]
        for layer, ((fan_in, fan_out), variance) in enumerate(zip(fans, variances, strict=True))
    ]
    return simulate_through(weights, activation, rng=np.random.default_rng((seed, DEEPEST)))


@lru_cache(maxsize=DEEPEST)
def _unit_weights(seed: int, layer: int, distribution: str) -> NDArray[np.floating]:
    """A matrix of variance 1 from which smaller layers take their corner: a draw that is kept while sliders move."""
    draw = np.random.default_rng((seed, layer))
    law = cast(Any, distribution)
    weights = initializers.variance_scaling((WIDEST, WIDEST), WIDEST, "fan_in", law, rng=draw)
    weights.flags.writeable = False
    return weights


@lru_cache(maxsize=len(ACTIVATIONS))
def _map(activation: str) -> NDArray[np.float64]:
    """log10 of the variance at layers 0 to DEEPEST of equal layers, by sigma² and n: it depends on their product."""
    log2_n, log10_sigma2 = np.linspace(*LOG2_N, MAP_POINTS), np.linspace(*LOG10_SIGMA2, MAP_POINTS)
    products = log10_sigma2[:, None] + log2_n * math.log10(2)
    known = np.linspace(products.min(), products.max(), 4 * MAP_POINTS)
    by_product = np.array([theory.log10_variance(DEEPEST, 1, 10**product, activation) for product in known])
    return np.stack([np.interp(products, known, at_layer) for at_layer in by_product.T])


def _verdict(widths: list[int], view: BalanceView) -> tuple[str, str]:
    """The kind of outcome in a word, and what two layers in the midst of the network do."""
    (one_signal, signal), (one_gradient, gradient) = view.signal, view.gradient
    depth = len(signal) - 1
    middle = max(1, 2 * (depth // 4) + 1)
    told = []
    for layer in [middle, middle + 1][: min(depth, 2)]:
        up, down = 10 ** (signal[layer] - signal[layer - 1]), 10 ** (gradient[layer - 1] - gradient[layer])
        told.append(
            f"{widths[layer - 1]} to {widths[layer]} units: signal times {plain_number(up)}, "
            f"gradient times {plain_number(down)}"
        )
    ends = (
        f"Through {depth} layer{'' if depth == 1 else 's'}: signal {power_of_ten(signal[-1])}, "
        f"gradient {power_of_ten(gradient[0])} "
        f"(one network: {power_of_ten(one_signal[-1])}, {power_of_ten(one_gradient[0])})."
    )
    kind = _kind(signal[-1], gradient[0])
    if kind == "Goldilocks." and max(abs(one_signal[-1]), abs(one_gradient[0])) > 2 * _NEAR:
        kind = "Goldilocks on average."
    return kind, f"A layer of {'; of '.join(told)}. {ends}"


def _kind(signal: float, gradient: float) -> str:
    fates = [0 if abs(end) <= _NEAR else math.copysign(1, end) for end in (signal, gradient)]
    if fates == [0, 0]:
        return "Goldilocks."
    if 0 in fates:
        return "One way only."
    if fates[0] != fates[1]:
        return "Torn."
    return "Explosion." if fates[0] > 0 else "Collapse."
