"""The other explorer of notebook 03: units at the ends of tanh or sigmoid, and the gradient that has to pass them."""

import math
from functools import partial
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from helpers import theory
from helpers.activations import normal_cdf
from helpers.explorers.explorer import Explorer, Report
from helpers.explorers.layout import buttons, dropdown, rows, slider
from helpers.figures import SaturationFigure, SaturationView, plain_number, power_of_ten
from helpers.figures.saturation import BINS, PANELS
from helpers.live import LiveImage
from helpers.simulation import Propagation, simulate

_FIRST_DRAW = 0
_SATURATED = 0.05  # of its steepest slope is left of the activation
_END = math.sqrt(1 - _SATURATED)  # the activation is there, if its ends are called -1 and 1
_ENDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}
_STRETCH = {"tanh": 1.0, "sigmoid": 0.5}  # sigmoid(z), its ends called -1 and 1, is tanh(z / 2)


def saturation() -> Explorer:
    """Explore how units saturate as the weights grow, and how signal and gradient fare.

    A unit counts as saturated where less than 5 % of the activation's steepest slope is left: tanh beyond ±0.975,
    sigmoid below 0.013 or above 0.987.

    Controls: ``depth`` (5 to 100 layers), ``width`` (1 to 4,096 units), ``sigma2`` (variance of a weight) and
    ``activation`` ("tanh", "sigmoid").

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = saturation()
    >>> print(explorer.update(sigma2=1.0)[:61])
    Explosion, but only of the gradient. In layer 50, 94 % of the
    """
    log_slider = ipywidgets.FloatLogSlider
    controls: dict[str, Any] = {
        "sigma2": slider(log_slider, 0.01, "variance σ²", base=10, min=-6, max=1, step=0.05, readout_format=".2e"),
        "width": slider(log_slider, 512, "width n", base=2, min=0, max=12, step=0.5, readout_format=".0f"),
        "depth": slider(ipywidgets.IntSlider, 50, "depth L", min=5, max=100),
        "activation": dropdown(list(_ENDS), "tanh", "activation"),
    }
    (snap,) = buttons({"Snap to σ² = 1/n": "Make nσ² = 1"})
    figure = SaturationFigure()
    layout = rows(
        [controls["sigma2"], controls["width"], controls["depth"]],
        [controls["activation"], snap],
    )
    explorer = Explorer(controls, layout, LiveImage(figure.figure, figure.moving), partial(_draw, figure), _FIRST_DRAW)
    snap.on_click(lambda _: explorer.set(sigma2=1 / round(controls["width"].value)))
    return explorer


def _draw(figure: SaturationFigure, seed: int, depth: int, width: float, sigma2: float, activation: str) -> Report:
    n = round(width)
    run = simulate(depth, n, sigma2, activation, rng=seed)
    view = _view(run, theory.log10_variance(depth + 1, n, sigma2, activation), n, sigma2, activation)
    frame = figure.update(view)
    shares = ", ".join(f"{100 * view.saturated[0][k - 1]:.0f} % in layer {k}" for k in view.layers)
    picture = (
        f"Above, histograms of the activations of {activation} in {PANELS} layers, bars for one network and an outline "
        f"for theory; saturated: {shares}. Below, by layer from 1 to {depth}, the share of saturated units, and on a "
        "logarithmic axis the second moments of the signal and of its gradient, theory as lines, one network as dots."
    )
    return Report(*_verdict(view), picture, frame)


def _view(run: Propagation, log10_q: NDArray[np.float64], n: int, sigma2: float, activation: str) -> SaturationView:
    depth = len(run.log10_variance) - 1
    low, high = _ENDS[activation]
    centred = [(2 * h - low - high) / (high - low) for h in run.activations]
    layers = np.rint(np.linspace(1, depth, PANELS)).astype(int)
    edges = np.linspace(-1, 1, BINS + 1)
    bars = [np.histogram(centred[layer], edges)[0] / len(centred[layer]) for layer in layers]
    spread = 10 ** (log10_q / 2) * _STRETCH[activation]
    expected = [np.diff(_share_below(edges, spread[layer])) for layer in layers]
    saturated = np.array([np.mean(np.abs(u) > _END) for u in centred[1:]])
    with np.errstate(divide="ignore"):
        signal = np.log10([np.mean(h**2) for h in run.activations])
    log10_h = np.concatenate([[0.0], log10_q[2:] - math.log10(n * sigma2)])
    return SaturationView(
        layers=layers,
        ends=(low, high),
        histograms=(np.array(bars), np.array(expected)),
        saturated=(saturated, np.array([2 * _share_below(np.array([-_END]), s)[0] for s in spread[1:-1]])),
        signal=(signal, log10_h),
        gradient=(
            run.log10_gradient_variance,
            theory.log10_gradient_variance(depth, n, sigma2, activation),
        ),
    )


def _share_below(u: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Share of the units below u, where a unit is tanh(spread · z) and z from N(0, 1)."""
    with np.errstate(divide="ignore"):
        z = np.arctanh(u) / spread
    return normal_cdf(z)


def _verdict(view: SaturationView) -> tuple[str, str]:
    """The kind of outcome in a word, and what there is to see."""
    depth = len(view.saturated[0])
    mine, expected = (f"{100 * shares[-1]:.0f} %" for shares in view.saturated)
    gradient, predicted = view.gradient[0][0], view.gradient[1][0]
    signal = view.signal[0][-1]
    middle = depth // 2
    factor = plain_number(10 ** (view.gradient[1][middle] - view.gradient[1][middle + 1]))
    told = (
        f"In layer {depth}, {mine} of the units are saturated (theory: {expected}); the mean square of all is "
        f"{power_of_ten(signal)}. At the input the gradient's variance is {power_of_ten(gradient)} "
        f"(theory: {power_of_ten(predicted)}, midway {factor} per layer)."
    )
    if predicted > 2 >= gradient:
        return "Explosion on average.", f"{told} Hardly a unit is on the slope to pass it."
    if predicted > 2:
        return "Explosion, but only of the gradient.", told
    if signal < -4:
        return "Collapse.", told
    return ("Healthy." if predicted > -2 else "Vanishing gradient."), told
