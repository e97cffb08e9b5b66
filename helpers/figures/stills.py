"""Still pictures of results, one function for each kind."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from helpers import arguments
from helpers.figures.style import COLOURS, STYLE, Picture, as_power, power_of_ten, short_number

_LAYERS = "one or more numbers of layers"
_LINES = [("-", "o"), ("--", "s"), (":", "^")]


def _styled(
    curves: Mapping[str, NDArray[np.float64]], roles: Sequence[str]
) -> list[tuple[str, NDArray[np.float64], tuple[str, str], str]]:
    """Name, curve, line style with marker, and colour of each curve."""
    arguments.instance("roles", roles, Sequence, "a sequence of roles")
    if not len(curves) == len(roles) <= len(_LINES):
        raise ValueError(f"curves must be at most {len(_LINES)}, with roles for each, got {list(curves)} and {roles!r}")
    colours = [COLOURS[arguments.choice("roles", role, COLOURS)] for role in roles]
    return list(zip(curves, curves.values(), _LINES, colours, strict=False))


def profiles(curves: Mapping[str, NDArray[np.float64]], what: str, roles: Sequence[str]) -> Picture:
    """Profiles by layer on a logarithmic axis, each labelled at its end.

    Parameters
    ----------
    curves : mapping of str to ndarray
        At most three base-10 logarithms by layer (layer 0: the input), by label.
    what : str
        What they measure: the label of the axis.
    roles : sequence of str
        A key of `COLOURS` for each curve.
    """
    curves = _checked(curves)
    _text("what", what)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.6))
        axes = figure.subplots()
        ends = _label_places(curves)
        for name, curve, (line, marker), colour in _styled(curves, roles):
            layers = np.arange(len(curve))
            every = max(1, len(curve) // 10)
            axes.plot(layers, curve, linestyle=line, marker=marker, markevery=every, color=colour)
            axes.annotate(
                name, ends[name], (8, 0), textcoords="offset points", va="center", fontsize=12.5, color=colour
            )
            axes.update_datalim([ends[name]])
        axes.autoscale_view()
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(as_power))
        axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, steps=[1, 2, 5, 10]))
        axes.set(xlabel="layer (0 is the input)", ylabel=what)
        figure.subplots_adjust(left=0.115, right=0.77, top=0.96, bottom=0.17)
    told = "; ".join(f"{name}: from {power_of_ten(c[0])} to {power_of_ten(c[-1])}" for name, c in curves.items())
    return Picture(figure, f"Line chart of the {what} by layer on a logarithmic axis. {told}.")


def _checked(curves: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Curves by label, each an array with something in it."""
    arguments.instance("curves", curves, Mapping, "a mapping of labels to arrays")
    checked = {
        _text("curves", name): arguments.array("curves", curve, 1).astype(np.float64) for name, curve in curves.items()
    }
    if not checked or not all(len(curve) for curve in checked.values()):
        raise ValueError(f"curves must be one or more arrays that are not empty, got {curves!r}")
    return checked


def _text(name: str, value: str) -> str:
    return str(arguments.instance(name, value, str, "a text"))


def _label_places(curves: Mapping[str, NDArray[np.float64]]) -> dict[str, tuple[int, float]]:
    """Where to write each curve's name: beside its last finite point, and apart from others at the same layer."""
    finite = {name: np.flatnonzero(np.isfinite(curve)) for name, curve in curves.items()}
    ends = {name: (int(k[-1]), float(curves[name][k[-1]])) if len(k) else (0, 0.0) for name, k in finite.items()}
    heights = np.concatenate([curves[name][k] for name, k in finite.items()])
    gap = 0.08 * max(float(np.ptp(heights)) if len(heights) else 0.0, 1e-9)
    places: dict[str, tuple[int, float]] = {}
    for layer in {layer for layer, _ in ends.values()}:
        names = [name for name in ends if ends[name][0] == layer]
        apart = _apart([ends[name][1] for name in names], gap)
        places |= {name: (layer, height) for name, height in zip(names, apart, strict=True)}
    return places


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """The nearest heights of the same order that are at least `gap` apart.

    Examples
    --------
    >>> _apart([0.0, 5.0, 0.5], 1.0)
    [-0.25, 5.0, 0.75]
    """
    placed = list(heights)
    order = sorted(range(len(placed)), key=placed.__getitem__)
    for _ in order:
        for lower, upper in pairwise(order):
            lacking = gap - (placed[upper] - placed[lower])
            if lacking > 1e-12:
                placed[lower] -= lacking / 2
                placed[upper] += lacking / 2
    return placed


def histograms(samples: Sequence[NDArray[np.floating]], layers: Sequence[int], names: str = "layer") -> Picture:
    """Histograms of activations, one panel for each of the given layers, all on one axis and equally high.

    Parameters
    ----------
    samples : sequence of ndarray
        One array of values per layer of the network, from the input up.
    layers : sequence of int
        Which of them to show.
    names : str
        What the panels count.
    """
    arguments.instance("samples", samples, list | tuple, "a list of arrays")
    shown = [arguments.integer("layers", layer) for layer in arguments.instance("layers", layers, Sequence, _LAYERS)]
    if not shown or max(shown) >= len(samples):
        raise ValueError(f"layers must be {_LAYERS} of the {len(samples)} samples, got {layers!r}")
    values = [arguments.array("samples", samples[layer], finite=True).astype(np.float64).ravel() for layer in shown]
    if not any(v.any() for v in values):
        raise ValueError("samples must not all be 0: there is nothing to show")
    _text("names", names)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 2.6))
        panels = np.atleast_1d(figure.subplots(1, len(layers), sharex=True))
        reach = 3.2 * max(float(np.sqrt(np.mean(v**2))) for v in values)
        bins = np.linspace(-reach, reach, 42)
        side = float(f"{reach / 1.6:.1g}")
        ticks = [-side, 0.0, side]
        for panel, layer, v in zip(panels, layers, values, strict=True):
            panel.hist(v, bins=bins, color=COLOURS["forward"])
            panel.set_title(f"{names} {layer}\nstd {v.std():.2g}")
            panel.set_yticks([])
            panel.grid(visible=False)
            panel.spines["left"].set_visible(False)
            panel.set_xticks(ticks, map(short_number, ticks))
        figure.supxlabel("value of a unit, the same axis in every panel", fontsize=12, y=0.04)
        figure.subplots_adjust(left=0.03, right=0.97, top=0.76, bottom=0.24, wspace=0.12)
    stds = ", ".join(f"{v.std():.2g} at {names} {layer}" for layer, v in zip(layers, values, strict=True))
    return Picture(figure, f"Histograms of the units, one panel per {names}, on one axis. Standard deviations: {stds}.")


def _compared(loss: float, chance: float) -> str:
    """A loss in words that hold on every machine: long training runs differ in their last digits."""
    if not np.isfinite(loss):
        return f"as {loss}"
    for share, words in ((0.1, "below a tenth of it"), (0.5, "below half of it"), (0.97, "below it"), (1.03, "at it")):
        if loss < share * chance:
            return words
    return "above it"


def losses(curves: Mapping[str, NDArray[np.float64]], chance: float, roles: Sequence[str], window: int = 10) -> Picture:
    """Training losses by step, with the loss of guessing as a line.

    Parameters
    ----------
    curves : mapping of str to ndarray
        At most three losses by step, by label.
    chance : float
        The loss of guessing.
    roles : sequence of str
        A key of `COLOURS` for each curve.
    window : int
        Number of steps that are averaged.
    """
    curves, chance = _checked(curves), arguments.number("chance", chance, above=0)
    styled = _styled(curves, roles)
    window = arguments.integer("window", window, 1)
    if window > min(map(len, curves.values())):
        raise ValueError(f"window must be no longer than the curves, got {window}")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 3.4))
        axes = figure.subplots()
        axes.axhline(chance, color="#777777", linewidth=1.4)
        label: dict[str, Any] = {"va": "bottom", "ha": "right", "fontsize": 12, "color": "#444444"}
        axes.text(1, 1.02 * chance, f"guessing: {chance:.3f}", transform=axes.get_yaxis_transform(), **label)
        ends = []
        for name, curve, (line, _), colour in styled:
            smooth = np.convolve(curve, np.ones(window) / window, mode="valid")
            axes.plot(np.arange(len(smooth)) + window - 1, smooth, linestyle=line, color=colour, label=name)
            ends.append(f"{name} ends {_compared(smooth[-1], chance)}")
        axes.set(xlabel="training step", ylabel="loss", ylim=(0, 1.25 * chance))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(curves), frameon=False, borderaxespad=0)
        figure.subplots_adjust(left=0.09, right=0.975, top=0.9, bottom=0.17)
    return Picture(figure, f"Training loss by step against the loss of guessing, {chance:.3f}: {'; '.join(ends)}.")


def against_theory(
    x: NDArray[np.floating], measured: NDArray[np.floating], theory: NDArray[np.floating], xlabel: str, ylabel: str
) -> Picture:
    """Measured points and the line that theory predicts.

    Parameters
    ----------
    x, measured, theory : ndarray, shape (points,)
    xlabel, ylabel : str
        What they are.
    """
    x, measured, theory = (
        arguments.array(name, values, 1, finite=True)
        for name, values in (("x", x), ("measured", measured), ("theory", theory))
    )
    if not 0 < len(x) == len(measured) == len(theory):
        lengths = f"{len(x)}, {len(measured)} and {len(theory)}"
        raise ValueError(f"x, measured and theory must have one length, which is not 0, got {lengths}")
    _text("xlabel", xlabel), _text("ylabel", ylabel)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.2))
        axes = figure.subplots()
        axes.plot(x, theory, color=COLOURS["theory"], label="theory")
        axes.plot(x, measured, "o", color=COLOURS["measured"], markersize=7, label="measured")
        axes.set(xlabel=xlabel, ylabel=ylabel)
        if min(*measured, *theory) >= 0:
            axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        figure.subplots_adjust(left=0.09, right=0.975, top=0.96, bottom=0.18)
    ends = " and ".join(f"{x[k]:.3g} it is {measured[k]:.3g} (theory: {theory[k]:.3g})" for k in (0, -1))
    return Picture(figure, f"Measured points along the line of theory: {ylabel} against {xlabel}. At {ends}.")


def shares(
    table: NDArray[np.floating], rows: Sequence[float], columns: Sequence[float], names: tuple[str, str], marked: float
) -> Picture:
    """A table of shares as a tinted grid, the largest darkest, with a frame around one value of the columns.

    Parameters
    ----------
    table : ndarray, shape (len(rows), len(columns))
        From 0 to 1.
    rows, columns : sequence of float
        What they stand for; the columns evenly spaced on a logarithmic axis.
    names : tuple of two str
        Of the rows and of the columns.
    marked : float
        Where the frame is.
    """
    table, marked = arguments.array("table", table, 2, finite=True), arguments.number("marked", marked, above=0)
    for name, values in (("rows", rows), ("columns", columns)):
        for value in arguments.instance(name, values, Sequence, "a sequence of numbers"):
            arguments.number(name, value, above=0)
    if table.shape != (len(rows), len(columns)) or table.size == 0:
        raise ValueError(f"table, rows and columns must fit, got {table.shape}, {len(rows)} and {len(columns)}")
    if len(arguments.instance("names", names, tuple, "two texts")) != 2:
        raise ValueError(f"names must be two texts, got {names!r}")
    for name in names:
        _text("names", name)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 3.3))
        axes = figure.subplots()
        shades = mpl.colors.LinearSegmentedColormap.from_list("shares", ["white", COLOURS["forward"]])
        axes.imshow(table, cmap=shades, vmin=0, vmax=1.05, aspect="auto", origin="lower")
        for (row, column), share in np.ndenumerate(table):
            style: dict[str, Any] = {"color": "white" if share > 0.5 else "black", "ha": "center", "va": "center"}
            axes.text(column, row, f"{100 * share:.0f}", fontsize=12, **style)
        where = np.interp(np.log(marked), np.log(columns), np.arange(len(columns)))
        frame: dict[str, Any] = {"fill": False, "edgecolor": COLOURS["measured"], "linewidth": 3.2, "clip_on": False}
        axes.add_patch(mpl.patches.Rectangle((where - 0.5, -0.5), 1, len(rows), zorder=5, **frame))
        axes.set_xticks(range(len(columns)), [f"{column:.2g}" for column in columns])
        axes.set_yticks(range(len(rows)), [f"{row:g}" for row in rows])
        axes.set(xlabel=names[1], ylabel=names[0])
        axes.grid(visible=False)
        figure.subplots_adjust(left=0.075, right=0.985, top=0.97, bottom=0.185)
    best = "; ".join(
        f"at {row:g} it is highest, {100 * line.max():.0f} %, at {columns[int(line.argmax())]:.2g}"
        for row, line in zip(rows, table, strict=True)
    )
    return Picture(figure, f"Shares in percent by {names[0]} and {names[1]}, a frame around {marked:g}: {best}.")


def against_normal(values: NDArray[np.floating], mean: float, variance: float, what: str) -> Picture:
    """A histogram and the density of the normal distribution that theory predicts.

    Parameters
    ----------
    values : ndarray
    mean, variance : float
        Of the prediction.
    what : str
        What the values are: the label of the axis.
    """
    values = arguments.array("values", values, 1, finite=True)
    if not len(values):
        raise ValueError("values must not be empty")
    mean, variance = arguments.number("mean", mean), arguments.number("variance", variance, above=0)
    _text("what", what)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 2.9))
        axes = figure.subplots()
        axes.hist(values, bins=60, density=True, color=COLOURS["measured"], alpha=0.75, label="networks")
        x = mean + np.sqrt(variance) * np.linspace(-4.5, 4.5, 200)
        density = np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
        axes.plot(x, density, color=COLOURS["theory"], label="theory")
        axes.axvline(0, color="#777777", linewidth=1.4)
        axes.set(xlabel=what, yticks=[])
        axes.legend(frameon=False)
        figure.subplots_adjust(left=0.03, right=0.975, top=0.96, bottom=0.2)
    measured = f"mean {np.mean(values):.2f}, variance {np.var(values):.2f}"
    return Picture(figure, f"Histogram of {what}: {measured} (theory: {mean:.2f}, {variance:.2f}).")
