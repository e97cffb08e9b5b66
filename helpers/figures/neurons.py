"""The neurons of a hidden layer while they learn: a live figure, and a still one of what networks say of the plane."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from contourpy import contour_generator
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from helpers import activations, arguments, lockstep
from helpers.figures.style import COLOURS, STYLE, Picture
from helpers.figures.tint import Tint

Array = NDArray[np.floating]

PLANE = 2.4  # the input plane is shown from -PLANE to PLANE
GRID_SIZE = 33
GRID = np.stack(np.meshgrid(*2 * [np.linspace(-PLANE, PLANE, GRID_SIZE)])).reshape(2, -1)


@dataclass(frozen=True)
class NeuronView:
    """What a `NeuronFigure` shows: a training run up to a step, beside that of a single neuron.

    Attributes
    ----------
    paths : ndarray, shape (steps + 1, n, 3)
        Two incoming weights and the bias of every neuron, by step of the whole run.
    losses, spread : ndarray, shape (steps + 1,)
        Loss, and largest difference between two neurons.
    step : int
        The present step.
    field : ndarray, shape (k, k)
        The network's output at this step, on a square grid over the input plane (rows from below).
    one : tuple of three ndarrays, or None
        Path (shape (steps + 1, 2)) and losses of a single neuron with the same start, and the predicted spread.
    """

    paths: Array
    losses: Array
    spread: Array
    step: int
    field: Array
    one: tuple[Array, Array, Array] | None


# Frames change seldom while a slider moves.
_WEIGHTS = {1.5: 1, 3: 2, 6: 5, 12: 10, 25: 20, 80: 50, 250: 200, 1000: 500}  # ends of the axes, and their ticks
_LOSSES = (1.2, 2.2, 3.2, 10.0, 100.0)
_ZERO, _FLOOR, _CEILING = -20.0, -22.0, 4.0  # log10 of the differences that are shown; where an exact 0 is
_TAILS, _VERTICES = 48, 60  # lines that are drawn, and points of each


class NeuronFigure:
    """Left, the incoming weights of every neuron as a moving point; in the middle, what the network says of the plane
    (the border is where its output is 0), and the line at which each neuron switches; right, the loss, and the largest
    difference between two neurons.

    `figure` is the figure, `moving` its moving artists; `update` sets them.
    """  # noqa: D205

    def __init__(self, inputs: Array, targets: Array, figure: Figure | None = None) -> None:
        with mpl.rc_context(STYLE):
            self.figure = figure or Figure(figsize=(8.4, 3.5))
            grid = self.figure.add_gridspec(
                2,
                3,
                width_ratios=[1, 1, 0.88],
                left=0.055,
                right=0.985,
                top=0.855,
                bottom=0.14,
                wspace=0.3,
                hspace=0.5,
                height_ratios=[1, 1.5],
            )
            self._weights: Axes = self.figure.add_subplot(grid[:, 0])
            self._plane: Axes = self.figure.add_subplot(grid[:, 1])
            self._loss: Axes = self.figure.add_subplot(grid[0, 2])
            self._spread: Axes = self.figure.add_subplot(grid[1, 2])
            self._build_frame(inputs, targets)
            self._build_moving()
        self._shown: tuple[Any, ...] = ()

    def _build_frame(self, inputs: Array, targets: Array) -> None:
        small: dict[str, Any] = {"fontsize": 11.5}
        self._weights.set_title("weights of each neuron", pad=22)
        self._weights.set_xlabel("first weight", labelpad=1, **small)
        self._weights.set_ylabel("second weight", **small)
        self._weights.yaxis.set_label_coords(-0.13, 0.5)
        self._plane.set_title("what the network says", pad=22)
        self._plane.set_xlabel("dark: inside, black: border", labelpad=1, **small)
        _show_plane(self._plane)
        self._weights.set_box_aspect(1)
        self._loss.set_title("loss", pad=4)
        self._spread.set_title("largest difference", pad=4)
        self._spread.set_xlabel("training step", labelpad=1, **small)
        self._loss.tick_params(labelbottom=False)
        self._spread.set_ylim(_FLOOR, _CEILING)
        self._spread.set_yticks([_ZERO, -15, -10, -5, 0], ["0", "$10^{-15}$", "$10^{-10}$", "$10^{-5}$", "1"])
        self._spread.axhline(0, color="#777777", linewidth=1.4)
        self._points = _plot_points(self._plane, inputs, targets)
        legend: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 0.985), "ncols": 2, "frameon": False}
        legend |= {
            "borderaxespad": 0.0,
            "handletextpad": 0.2,
            "columnspacing": 1.0,
            "handlelength": 1.2,
            "fontsize": 11.5,
        }
        self._plane.legend(handles=self._points, **legend)
        handles = [
            mpl.lines.Line2D([], [], color=COLOURS["measured"], marker="o", label="this layer"),
            mpl.lines.Line2D([], [], color=COLOURS["theory"], linestyle="--", label="one neuron"),
        ]
        self._weights.legend(handles=handles, **legend | {"handlelength": 1.5})

    def _build_moving(self) -> None:
        ours, one = COLOURS["measured"], COLOURS["theory"]
        dashed: dict[str, Any] = {"color": one, "linestyle": "--", "linewidth": 1.8, "zorder": 4}
        self._tails = LineCollection([], colors=ours, linewidths=1.1, alpha=0.55, zorder=2)
        self._weights.add_collection(self._tails, autolim=False)
        self._one_path = self._weights.plot([], [], **dashed)[0]
        self._start = self._weights.plot([], [], "o", color=ours, markersize=6, markerfacecolor="white", zorder=3)[0]
        self._dots = self._weights.plot([], [], "o", color=ours, markersize=6.5, markeredgecolor="white", zorder=5)[0]
        self._field = Tint(self._plane, _shade, (-1, 1))
        self._lines = LineCollection([], **_LINES)
        self._border = LineCollection([], **_BORDER)
        for lines in (self._lines, self._border):
            self._plane.add_collection(lines, autolim=False)
        self._loss_lines = [self._loss.plot([], [], **dashed)[0], self._loss.plot([], [], color=ours)[0]]
        self._spread_lines = [self._spread.plot([], [], color=ours)[0], self._spread.plot([], [], **dashed)[0]]
        now: dict[str, Any] = {"color": COLOURS["highlight"], "marker": "o", "markersize": 7, "zorder": 6}
        self._now = [axes.plot([], [], linestyle="none", **now)[0] for axes in (self._loss, self._spread)]
        self.moving: list[Artist] = [
            self._tails, self._start, self._one_path, self._dots, self._field, self._lines, self._border,
            *self._points,
            *self._loss_lines, *self._spread_lines, *self._now,
        ]  # fmt: skip

    def update(self, view: NeuronView) -> Hashable:
        """Show a view; return what its frame (all that does not move) depends on."""
        self._set_frame(view)
        until = slice(0, view.step + 1)
        now = view.paths[view.step].astype(float)
        some = slice(None, None, -(-len(now) // _TAILS))
        stride = slice(None, view.step + 1, -(-(view.step + 1) // _VERTICES))
        tails = np.moveaxis(view.paths[stride, some, :2], 0, 1)
        self._tails.set_segments(list(np.concatenate([tails, now[some, None, :2]], axis=1)))
        self._start.set_data(*view.paths[0, some, :2].T)
        self._dots.set_data(now[:, 0], now[:, 1])
        self._field.values = view.field
        self._lines.set_segments(_switches(now[some]))
        self._border.set_segments(_border_lines(view.field))
        steps = np.arange(len(view.losses))
        self._loss_lines[1].set_data(steps[until], view.losses[until])
        spread = _log10(view.spread)
        self._spread_lines[0].set_data(steps[until], spread[until])
        for mark, value in zip(self._now, (view.losses, spread), strict=True):
            mark.set_data([view.step], [value[view.step]])
        for line in (self._one_path, self._loss_lines[0], self._spread_lines[1]):
            line.set_visible(view.one is not None)
        if view.one is not None:
            path, losses, predicted = view.one
            self._one_path.set_data(*path[until].T)
            self._loss_lines[0].set_data(steps, losses)
            small = predicted < 1  # the prediction is for small differences
            self._spread_lines[1].set_data(steps[small], _log10(predicted)[small])
        return self._shown

    def _set_frame(self, view: NeuronView) -> None:
        paths = view.paths[: view.step + 1, :, :2]
        largest = float(np.max(np.abs(paths), initial=0, where=np.isfinite(paths)))
        highest = float(np.max(view.losses, initial=0, where=np.isfinite(view.losses)))
        reach = next((r for r in _WEIGHTS if r >= largest), max(_WEIGHTS))
        top = next((r for r in _LOSSES if r >= highest), max(_LOSSES))
        frame = (reach, top, len(view.losses))
        if frame == self._shown:
            return
        self._shown = frame
        self._weights.set_xlim(-reach, reach)
        self._weights.set_ylim(-reach, reach)
        self._weights.set_xticks([-_WEIGHTS[reach], 0, _WEIGHTS[reach]])
        self._weights.set_yticks([-_WEIGHTS[reach], 0, _WEIGHTS[reach]])
        self._loss.set_ylim(0, top)
        self._loss.set_yticks([0, np.floor(top)])
        for axes in (self._loss, self._spread):
            axes.set_xlim(-0.02 * len(view.losses), 1.02 * len(view.losses))
            axes.set_xticks([0, len(view.losses) // 2, len(view.losses) - 1])


_LINES: dict[str, Any] = {"colors": COLOURS["measured"], "linewidths": 1.3, "alpha": 0.75, "zorder": 3}
_BORDER: dict[str, Any] = {"colors": "black", "linewidths": 1.8, "zorder": 4}


def _show_plane(axes: Axes) -> None:
    axes.set_xlim(-PLANE, PLANE)
    axes.set_ylim(-PLANE, PLANE)
    axes.set_xticks([-2, 0, 2])
    axes.set_yticks([-2, 0, 2])
    axes.grid(visible=False)
    axes.set_box_aspect(1)


def _plot_points(axes: Axes, inputs: Array, targets: Array) -> list[Artist]:
    """The examples: black inside, white outside."""
    style: dict[str, Any] = {"markersize": 6.5, "markeredgecolor": "black", "markeredgewidth": 1.4, "zorder": 5}
    kinds = (targets > 0, "black", "inside"), (targets <= 0, "white", "outside")
    return [
        axes.plot(*inputs[:, chosen], "o", markerfacecolor=face, label=label, **style)[0]
        for chosen, face, label in kinds
    ]


def _log10(differences: Array) -> Array:
    """Base-10 logarithms; 0 is at the bottom of the axis."""
    with np.errstate(all="ignore"):
        return np.where(differences == 0, _ZERO, np.log10(differences))


_PALEST, _DARKEST = np.ones(3), 0.45 * np.array(mpl.colors.to_rgb(COLOURS["forward"])) + 0.55
_TINTS = np.rint(255 * np.column_stack([np.linspace(_PALEST, _DARKEST, 64), np.ones(64)])).astype(np.uint8)


def _shade(values: Array) -> NDArray[np.uint8]:
    """White for -1, darkest for 1."""
    return np.asarray(_TINTS[(values * 31.5 + 31.5).astype(np.intp)])


def _switches(neurons: Array) -> list[Array]:
    """The lines w . x + b = 0 within the plane, as a list of ends; a neuron without weights has none."""
    w, b = neurons[:, :2], neurons[:, 2:]
    length = np.hypot(*w.T)[:, None]
    with np.errstate(all="ignore"):
        foot, along = -b * w / length**2, np.stack([-w[:, 1], w[:, 0]], axis=1) / length
    ends = np.stack([foot - 9 * along, foot + 9 * along], axis=1)
    return list(ends[np.isfinite(ends).all(axis=(1, 2)) & (np.abs(foot) < 9).all(axis=1)])


def _border_lines(field: Array) -> list[Array]:
    """The lines on which a field over the plane, on a square grid, is 0."""
    ticks = np.linspace(-PLANE, PLANE, len(field))
    return cast(list[Array], contour_generator(ticks, ticks, np.ma.masked_invalid(field)).lines(0.0))


_NETWORKS = "a mapping of titles to neurons with a bias of the output"


def planes(
    networks: Mapping[str, tuple[Array, float]], inputs: Array, targets: Array, activation: str = "tanh"
) -> Picture:
    """What networks say of the input plane, one panel each, with the lines at which their neurons switch.

    Parameters
    ----------
    networks : mapping of str to (ndarray, float)
        Neurons (rows as `lockstep.neurons` makes them, with two inputs) and the bias of the output, by title.
    inputs : ndarray, shape (2, examples)
    targets : ndarray, shape (examples,)
        Positive inside, negative outside.
    activation : str
        A key of `activations.ACTIVATIONS`.
    """
    activations.activation(activation)
    inputs, targets = arguments.array("inputs", inputs, 2, finite=True), arguments.array("targets", targets, 1)
    if len(inputs) != 2 or inputs.size == 0:
        raise ValueError(f"inputs must have the shape (2, examples), got {inputs.shape}")
    if targets.shape != inputs.shape[1:]:
        raise ValueError(f"targets must be one for each of the inputs, got {len(targets)} for {inputs.shape[1]}")
    if not arguments.instance("networks", networks, Mapping, _NETWORKS):
        raise ValueError(f"networks must be {_NETWORKS}, got none")
    for title, network in networks.items():
        arguments.instance("networks", title, str, _NETWORKS)
        if len(arguments.instance("networks", network, tuple, _NETWORKS)) != 2:
            raise ValueError(f"networks must be {_NETWORKS}, got {network!r}")
    told = []
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.5))
        panels = np.atleast_1d(figure.subplots(1, len(networks)))
        for axes, (title, (rows, output_bias)) in zip(panels, networks.items(), strict=True):
            _show_plane(axes)
            field = Tint(axes, _shade, (-1, 1))
            field.values = lockstep.output(rows, output_bias, GRID, activation).reshape(2 * [GRID_SIZE])
            axes.add_collection(LineCollection(_border_lines(field.values), **_BORDER), autolim=False)
            lines = _switches(rows[:: -(-len(rows) // _TAILS)])
            axes.add_collection(LineCollection(lines, **_LINES), autolim=False)
            _plot_points(axes, inputs, targets)
            right = lockstep.points_right(rows, output_bias, inputs, targets, activation)
            axes.set_title(f"{title}\n{right} of {len(targets)} points right", pad=7)
            told.append(f"{title}: {right} of {len(targets)} points right")
        handles, _ = panels[0].get_legend_handles_labels()
        handles.append(mpl.lines.Line2D([], [], color=COLOURS["measured"], linewidth=1.5, label="a neuron switches"))
        handles.append(mpl.lines.Line2D([], [], color="black", linewidth=1.8, label="border of “inside”"))
        legend: dict[str, Any] = {"loc": "lower center", "ncols": 4, "frameon": False, "bbox_to_anchor": (0.5, -0.02)}
        figure.legend(handles=handles, columnspacing=1.4, handletextpad=0.4, handlelength=1.4, **legend)
        figure.subplots_adjust(left=0.05, right=0.985, top=0.83, bottom=0.14, wspace=0.2)
    return Picture(
        figure, f"Points inside and outside a circle, and where each network says inside. {'; '.join(told)}."
    )
