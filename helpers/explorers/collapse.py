"""The explorer of notebook 02: how a signal and its gradient fade (or grow) with depth, width and sigma²."""

from typing import Any

import ipywidgets
import numpy as np

from helpers import theory
from helpers.activations import ACTIVATIONS, activation
from helpers.explorers.explorer import Explorer, Report
from helpers.figures import ProfileFigure, ProfileView, plain_number, power_of_ten
from helpers.live import LiveImage
from helpers.simulation import Propagation, simulate

LABELS = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "silu": "SiLU", "selu": "SELU"}
FORMATS = ("float16", "float32", "float64")
_FIRST_DRAW = 5  # a network that wanders within the band, as most do


def collapse() -> Explorer:
    """Explore how the variance of signals and gradients changes from layer to layer.

    Controls: ``depth`` (1 to 200 layers), ``width`` (1 to 65,536 units), ``sigma2`` (variance of a weight),
    ``activation``, ``format`` (the arithmetic of the measured network) and ``direction`` ("forward" or "backward").

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = collapse()
    >>> print(explorer.update(depth=50, width=512, sigma2=1e-4, format="float16")[:63])
    Collapse. Each layer multiplies the variance by nσ² = 0.0512; a
    """
    wide = ipywidgets.Layout(width="98%")
    style = {"description_width": "92px"}
    controls: dict[str, Any] = {
        "depth": ipywidgets.IntSlider(50, 1, 200, description="depth L", layout=wide, style=style),
        "width": ipywidgets.FloatLogSlider(
            512, base=2, min=0, max=16, step=0.5, description="width n", readout_format=".0f", layout=wide, style=style
        ),
        "sigma2": ipywidgets.FloatLogSlider(
            1e-4, base=10, min=-6, max=1, step=0.05, description="variance σ²", readout_format=".2e", layout=wide,
            style=style,
        ),
        "activation": ipywidgets.Dropdown(
            options=[(LABELS.get(name, name), name) for name in ACTIVATIONS], description="activation", style=style
        ),
        "format": ipywidgets.Dropdown(options=FORMATS, value="float32", description="numbers", style=style),
        "direction": ipywidgets.ToggleButtons(
            options=[("forward: signal", "forward"), ("backward: gradient", "backward")],
            description="pass",
            style={"button_width": "150px", "description_width": "40px"},
        ),
    }  # fmt: skip
    figure = ProfileFigure()
    seed = [_FIRST_DRAW]

    def draw(**values: Any) -> Report:
        return _draw(figure, seed[0], **values)

    buttons = [
        ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
        for text, tip in (
            ("Snap to σ² = 1/n", "Make nσ² = 1"),
            ("Snap to σ² = gain²/n", "The variance that suits the activation"),
            ("New draw", "Draw another random network"),
        )
    ]
    row = ipywidgets.Layout(display="flex", flex_flow="row wrap", align_items="center", width="100%")
    columns = ipywidgets.Layout(
        display="grid", grid_template_columns="repeat(auto-fit, minmax(330px, 1fr))", width="100%"
    )
    rows = [
        ipywidgets.Box([controls["depth"], controls["width"], controls["sigma2"]], layout=columns),
        ipywidgets.Box([controls["activation"], controls["format"], controls["direction"], *buttons], layout=row),
    ]
    explorer = Explorer(controls, rows, LiveImage(figure.figure, figure.moving), draw)

    def new_draw(_: Any) -> None:
        seed[0] += 1
        explorer.set()

    def units() -> int:
        width: float = controls["width"].value
        return round(width)

    buttons[0].on_click(lambda _: explorer.set(sigma2=1 / units()))
    buttons[1].on_click(
        lambda _: explorer.set(sigma2=theory.stable_variance(units(), activation=controls["activation"].value))
    )
    buttons[2].on_click(new_draw)
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
    n = round(width)
    backward = direction == "backward"
    run = simulate(depth, n, sigma2, activation, dtype=np.dtype(format), rng=seed)
    predict = theory.log10_gradient_variance if backward else theory.log10_variance
    predicted = predict(depth, n, sigma2, activation)
    measured = run.log10_gradient_variance if backward else run.log10_variance
    event = _backward_event(measured) if backward else _forward_event(run)
    view = ProfileView(predicted, measured, _band(depth, n, activation, direction), format, backward, event)
    frame = figure.update(view)
    kind, story = _story(predicted, n, sigma2, activation, depth, backward)
    fate = (
        _backward_fate(run, measured, format, activation)
        if backward
        else _forward_fate(run, n, sigma2, activation, depth, format)
    )
    what = "gradient variance" if backward else "variance of the pre-activations"
    picture = (
        f"Line chart of the {what} by layer, on a logarithmic axis from layer 0 to {depth}: theory as a line from "
        f"{power_of_ten(predicted[0])} to {power_of_ten(predicted[-1])}, one network of width {n} as dots, with the "
        f"ends of {format} as shaded zones."
    )
    at = "at the input" if backward else f"at layer {depth}"
    ours = f"One network: {power_of_ten(measured[0] if backward else measured[-1])} {at}. "
    return Report(kind, f"{story} {ours}{fate}", picture, frame)


def _band(depth: int, n: int, name: str, direction: str) -> tuple[Any, Any] | None:
    if not activation(name).homogeneous:
        return None
    with np.errstate(divide="ignore"):
        lower, upper = (np.log10(edge) for edge in theory.fluctuation_band(depth, n, name, 0.9, direction=direction))
    return lower, upper


def _story(predicted: Any, n: int, sigma2: float, name: str, depth: int, backward: bool) -> tuple[str, str]:
    """The kind of outcome, and what happens per layer and at the end."""
    end = predicted[0] if backward else predicted[-1]
    kind = "Collapse." if end < -2 else "Explosion." if end > 2 else "Healthy."
    phi = activation(name)
    product = f"nσ² = {plain_number(n * sigma2)}"
    what = "the gradient's variance" if backward else "the variance"
    if name == "linear":
        step = f"Each layer multiplies {what} by {product}"
    elif phi.homogeneous:
        share = plain_number(phi.second_moment)
        step = f"Each layer multiplies {what} by nσ² · {share} = {plain_number(n * sigma2 * phi.second_moment)}"
        step += f" (at one end by {product})"
    else:
        last = predicted[0] - predicted[1] if backward else predicted[-1] - predicted[-2]
        which = "lowest" if backward else "last"
        step = f"With {product}, the {which} of {depth} layers multiplies {what} by {plain_number(10**last)}"
    return kind, f"{step}; {'at the input' if backward else f'at layer {depth}'} it is {power_of_ten(end)}."


def _forward_event(run: Propagation) -> tuple[int, str] | None:
    if run.first_zero is not None:
        return run.first_zero, f"all 0 from layer {run.first_zero}"
    if run.first_nonfinite is None:
        return None
    then = "" if run.first_nan is None else f", NaN from {run.first_nan}"
    return run.first_nonfinite, f"inf at layer {run.first_nonfinite}{then}"


def _forward_fate(run: Propagation, n: int, sigma2: float, name: str, depth: int, format: str) -> str:
    event = _forward_event(run)
    zero = theory.first_underflow_layer(n, sigma2, format, name)
    burst = theory.first_overflow_layer(n, sigma2, format, name)
    if event is not None:
        predicted = burst if run.first_zero is None else zero
        expected = "" if predicted is None else f" (predicted: layer {predicted:,})"
        return f"In {format} this network is {event[1]}{expected}."
    predicted = zero or burst
    if predicted is None:
        return f"{format} holds such a signal at any depth."
    end = "all units would be exactly 0" if zero else "units would overflow"
    return f"{format} still holds it; {end} from about layer {predicted:,} on."


def _backward_event(measured: Any) -> tuple[int, str] | None:
    for gone, text in ((np.isneginf(measured), "all 0"), (np.isnan(measured), "NaN"), (np.isposinf(measured), "inf")):
        if gone.any():
            layer = int(np.flatnonzero(gone)[-1])
            return layer, f"{text} from layer {layer} down" if layer else f"{text} at the input"
    return None


def _backward_fate(run: Propagation, measured: Any, format: str, name: str) -> str:
    event = _backward_event(measured)
    if event is None:
        return f"{format} holds it all the way down."
    cause = ""
    if name != "linear" and run.first_nan is not None:
        cause = f", since on its way up the signal became NaN at layer {run.first_nan}"
    elif name == "relu" and run.first_zero is not None:
        cause = f", since the signal is 0 from layer {run.first_zero} up and a ReLU passes no gradient at 0"
    return f"In {format} the gradient is {event[1]}{cause}."
