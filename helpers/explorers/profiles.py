"""What the explorers of notebooks 02 and 03 have in common: a signal or a gradient on its way through the layers."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import ipywidgets
import numpy as np

from helpers import theory
from helpers.activations import ACTIVATIONS
from helpers.explorers import verdicts
from helpers.explorers.explorer import Explorer, Report
from helpers.explorers.layout import activation_dropdown, buttons, dropdown, rows, slider
from helpers.figures import ProfileFigure, ProfileView, power_of_ten
from helpers.live import LiveImage
from helpers.simulation import simulate

_FIRST_DRAW = 5  # a network that wanders within the band


def explore_profiles(sigma2: float, deepest: int, formats: Sequence[str]) -> Explorer:
    """Controls of a network of equal layers, and its profile; starts with 50 layers of 512 linear units in float32."""
    log_slider = ipywidgets.FloatLogSlider
    controls: dict[str, Any] = {
        "depth": slider(ipywidgets.IntSlider, 50, "depth L", min=1, max=deepest),
        "width": slider(log_slider, 512, "width n", base=2, min=0, max=16, step=0.5, readout_format=".0f"),
        "sigma2": slider(log_slider, sigma2, "variance σ²", base=10, min=-6, max=1, step=0.05, readout_format=".2e"),
        "activation": activation_dropdown("linear"),
        "format": dropdown(formats, "float32", "number format"),
        "direction": ipywidgets.ToggleButtons(
            options=["forward", "backward"],
            style={"button_width": "86px"},
            layout=ipywidgets.Layout(width="auto", margin="2px 8px"),
        ),
    }
    figure = ProfileFigure()
    snap, snap_gain = buttons(
        {
            "Snap to σ² = 1/n": "Make nσ² = 1",
            "Snap to σ² = gain²/n": "The variance that suits the activation",
        }
    )
    layout = rows(
        [controls["depth"], controls["width"], controls["sigma2"], ipywidgets.HBox([snap, snap_gain])],
        [controls["activation"], controls["format"], controls["direction"]],
    )
    explorer = Explorer(controls, layout, LiveImage(figure.figure, figure.moving), partial(_draw, figure), _FIRST_DRAW)

    def units() -> int:
        width: float = controls["width"].value
        return round(width)

    snap.on_click(lambda _: explorer.set(sigma2=1 / units()))
    snap_gain.on_click(
        lambda _: explorer.set(sigma2=theory.stable_variance(units(), activation=controls["activation"].value))
    )
    return explorer


def _draw(
    figure: ProfileFigure,
    seed: int,
    depth: int,
    width: float,
    sigma2: float,
    activation: str,
    format: str,
    direction: str,
) -> Report:
    setting = verdicts.Setting(depth, round(width), sigma2, activation, format, direction == "backward")
    run = simulate(depth, setting.width, sigma2, activation, dtype=format, rng=seed)
    predicted = setting.predicted()
    if setting.backward:
        measured, here, at = run.log10_gradient_variance, 0, "at the input"
        event, fate = verdicts.backward_event(measured), verdicts.backward_fate(setting, run)
        then = expected = None
    else:
        measured, here, at = run.log10_variance, -1, f"at layer {depth}"
        event, fate = verdicts.forward_event(run), verdicts.forward_fate(setting, run)
        then, expected = run.first_nan, verdicts.expected_end(setting)
    band = _band(setting, direction)
    frame = figure.update(ProfileView(predicted, measured, band, format, setting.backward, event, then, expected))
    picture = (
        f"Line chart of the variance of the {'gradient' if setting.backward else 'signal'} by layer, on a logarithmic "
        f"axis from layer 0 to {depth}: theory as a line from {power_of_ten(predicted[0])} to "
        f"{power_of_ten(predicted[-1])}, one network of width {setting.width} as dots, with the ends of {format} as "
        "shaded zones."
    )
    ours = "" if event else f" One network: {power_of_ten(measured[here])} {at}."
    sentences = f"{verdicts.story(setting, predicted)}{ours} {fate}"
    return Report(verdicts.kind(setting, predicted, measured), sentences, picture, frame)


def _band(setting: verdicts.Setting, direction: str) -> tuple[Any, Any] | None:
    if not ACTIVATIONS[setting.activation].homogeneous:
        return None
    edges = theory.fluctuation_band(setting.depth, setting.width, setting.activation, 0.9, direction=direction)
    with np.errstate(divide="ignore"):
        return np.log10(edges[0]), np.log10(edges[1])
