"""The live figure of one initializer: its matrix, its values, its singular values, and what networks make of it."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from helpers.figures.style import COLOURS, STYLE, as_power
from helpers.figures.tint import Cells

Array = NDArray[np.float64]

BINS, LAYERS, STEPS = 25, 30, 100


@dataclass(frozen=True)
class GalleryView:
    """What a `GalleryFigure` shows.

    Attributes
    ----------
    weights : ndarray, shape (fan_out, fan_in)
    reach : float
        The values are shown from -reach to reach.
    shares : pair of ndarray, shape (BINS,)
        Shares of the weights in equal bins, drawn and predicted.
    points : dict of float to float
        Values that many weights share, and the share of the weights that have them.
    singular : pair of ndarray
        Singular values, the largest first, drawn and predicted.
    signal, gradient : ndarray, shape (LAYERS + 1,)
        Base-10 logarithms of second moments by layer of a deep network.
    losses : ndarray, shape (STEPS,)
        On digits.
    outcome : str
        Of the training, in a few words.
    """

    weights: NDArray[np.floating]
    reach: float
    shares: tuple[Array, Array]
    points: dict[float, float]
    singular: tuple[Array, Array]
    signal: Array
    gradient: Array
    losses: Array
    outcome: str


# Frames change seldom while a slider moves.
_DECADES = (1.5, 5, 15, 50, 150, 500, 1500)
_HIGHEST = 3.4  # loss
_DOTS = 26
_ROUND = (1, 1.5, 2, 3, 4, 6, 8, 10)


def round_up(value: float) -> float:
    """The next number that is easy to read, for the end of an axis; 1 for 0.

    Examples
    --------
    >>> round_up(0.34), round_up(0.61), round_up(128), round_up(0)
    (0.4, 0.8, 150.0, 1.0)
    """
    if value == 0:
        return 1.0
    power = math.floor(math.log10(value))
    return float(next(f"{digit}e{power}" for digit in _ROUND if float(f"{digit}e{power}") >= value))


class GalleryFigure:
    """Left, the matrix; right, its values and its singular values, and below them a deep network's signal and gradient,
    and the loss of a small one.

    `figure` is the figure, `moving` its moving artists; `update` sets them.
    """  # noqa: D205

    def __init__(self, chance: float, figure: Figure | None = None) -> None:
        with mpl.rc_context(STYLE):
            self.figure = figure or Figure(figsize=(8.4, 3.7))
            matrix: dict[str, float] = {"left": 0.04, "right": 0.305, "top": 0.9, "bottom": 0.3}
            sides: dict[str, Any] = {"left": 0.375, "right": 0.975, "wspace": 0.22}
            above = self.figure.add_gridspec(1, 2, top=0.875, bottom=0.605, **sides)
            below = self.figure.add_gridspec(1, 2, top=0.39, bottom=0.115, **sides)
            self._matrix: Axes = self.figure.add_subplot(self.figure.add_gridspec(1, 1, **matrix)[0])
            self._scale: Axes = self.figure.add_axes((0.075, 0.125, 0.195, 0.035))
            self._values, self._singular = (self.figure.add_subplot(above[k]) for k in range(2))
            self._journey, self._loss = (self.figure.add_subplot(below[k]) for k in range(2))
            self._build_frame(chance)
            self._build_moving()
        self._shown: tuple[Any, ...] = ()

    def _build_frame(self, chance: float) -> None:
        titles = {
            self._matrix: "the weights",
            self._values: "their values",
            self._singular: "singular values",
            self._journey: f"through {LAYERS} layers",
            self._loss: "learning digits",
        }
        for axes, title in titles.items():
            axes.set_title(title, pad=20 if axes is not self._matrix else 13.3)
            axes.tick_params(pad=2)
        self._matrix.set_axis_off()
        _show_scale(self._scale)
        self._values.set(xlim=(-1, 1), ylim=(0, 1.32), xticks=[-1, 0, 1], yticks=[])
        self._values.tick_params(labelbottom=False)
        self._values.spines["left"].set_visible(False)
        self._singular.set(xlim=(-0.03, 1.03), ylim=(-0.06, 1.03), xticks=[0, 1], yticks=[0, 0.5, 1])
        self._singular.tick_params(labelbottom=False, labelleft=False)
        self._journey.set(xlim=(-0.5, LAYERS + 0.5), xticks=[0, LAYERS // 2, LAYERS])
        self._journey.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        self._journey.yaxis.set_major_formatter(FuncFormatter(as_power))
        self._journey.axhline(0, color="#999999", linewidth=1, zorder=0.6)
        self._loss.set(xlim=(-1.5, STEPS + 1.5), ylim=(0, _HIGHEST), xticks=[0, STEPS // 2, STEPS], yticks=[0, 1, 2, 3])
        self._loss.axhline(chance, color=COLOURS["theory"], linewidth=1.8, linestyle="--", zorder=1)
        self._loss.text(STEPS, chance + 0.08, "guessing", fontsize=11.5, ha="right", va="bottom")
        for axes, text in ((self._journey, "layer"), (self._loss, "step")):
            axes.text(0.74, -0.06, text, fontsize=11.5, transform=axes.transAxes, ha="center", va="top")

    def _build_moving(self) -> None:
        edges = np.linspace(-1, 1, BINS + 1)
        ours, predicted = COLOURS["measured"], COLOURS["theory"]
        none = np.zeros(BINS)
        self._cells = Cells(self._matrix, _paint)
        self._bars = self._values.stairs(none, edges, facecolor=ours, alpha=0.75, linewidth=0, fill=True)
        self._outline = self._values.stairs(none, edges, color=predicted, linewidth=1.6)
        self._law = self._singular.plot([], [], color=predicted, linewidth=2)[0]
        self._dots = self._singular.plot([], [], "o", color=ours, markersize=5, zorder=3)[0]
        marked: dict[str, Any] = {"markersize": 5, "linewidth": 2}
        self._signal = self._journey.plot([], [], "o-", color=COLOURS["forward"], markevery=4, **marked)[0]
        self._gradient = self._journey.plot([], [], "s--", color=COLOURS["backward"], markevery=(2, 4), **marked)[0]
        self._learning = self._loss.plot([], [], color=ours, linewidth=2, zorder=3)[0]
        legend: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 0.965), "ncols": 2, "frameon": False}
        legend |= {"borderaxespad": 0.0, "handlelength": 1.3, "columnspacing": 1.2, "handletextpad": 0.5}
        self._values.legend([self._bars, self._outline], ["drawn", "predicted"], **legend)
        self._singular.legend([self._dots, self._law], ["drawn", "predicted"], **legend)
        self._journey.legend([self._signal, self._gradient], ["signal", "gradient"], **legend)
        self._build_texts()
        self.moving: list[Artist] = [
            self._cells, self._bars, self._outline, self._law, self._dots, self._signal, self._gradient,
            self._learning, *self._texts.values(), *self._marks,
        ]  # fmt: skip

    def _build_texts(self) -> None:
        """Numbers on axes move too: a frame for every scale would have to be drawn at every step of a slider."""
        small: dict[str, Any] = {"fontsize": 11.5, "ha": "center", "va": "top"}
        places: dict[str, tuple[Axes, float, float, dict[str, Any]]] = {
            "rows": (self._matrix, -0.035, 0.5, {"rotation": 90, "ha": "right", "va": "center"}),
            "columns": (self._matrix, 0.5, -0.03, {}),
            "outcome": (self._loss, 0.5, 1.02, {"va": "bottom", "fontsize": 12}),
        }
        for name, axes, y in (("matrix", self._scale, -0.25), ("values", self._values, -0.06)):
            places |= {f"{name} {end}": (axes, (end + 1) / 2, y, {}) for end in (-1, 0, 1)}
        for share in (0, 0.5, 1):
            places[f"singular {share}"] = self._singular, -0.03, (share + 0.06) / 1.09, {"ha": "right", "va": "center"}
        places["first"] = self._singular, 0.03 / 1.06, -0.06, {}
        places["last"] = self._singular, 1.03 / 1.06, -0.06, {}
        self._texts = {
            name: axes.text(x, y, "", transform=axes.transAxes, **small | style)
            for name, (axes, x, y, style) in places.items()
        }
        self._marks = [self._values.text(0, 0, "", fontsize=11.5, ha="center", va="bottom") for _ in range(2)]

    def update(self, view: GalleryView) -> Hashable:
        """Show a view; return what its frame (all that does not move) depends on."""
        self._set_frame(view)
        self._show_matrix(view.weights)
        self._show_values(view)
        self._show_singular(*view.singular)
        layers = np.arange(len(view.signal))
        for line, profile in ((self._signal, view.signal), (self._gradient, view.gradient)):
            line.set_data(layers, np.where(np.isfinite(profile), profile, np.nan))
        self._learning.set_data(np.arange(len(view.losses)), view.losses)
        self._texts["outcome"].set_text(view.outcome)
        return self._shown

    def _set_frame(self, view: GalleryView) -> None:
        curves = np.concatenate([view.signal, view.gradient])
        curves = curves[np.isfinite(curves)]
        low, high = (next(d for d in _DECADES if d >= end) for end in (-curves.min(), curves.max()))
        frame = max(low, 0.08 * high), max(high, 0.08 * low)
        if frame != self._shown:
            self._shown = frame
            self._journey.set_ylim(-frame[0], frame[1])

    def _show_matrix(self, weights: NDArray[np.floating]) -> None:
        largest = float(np.abs(weights).max())
        self._cells.values = weights / (largest or 1.0)
        self._texts["rows"].set_text(f"{len(weights)} outputs")
        self._texts["columns"].set_text(f"{weights.shape[1]} inputs")
        for end in (-1, 0, 1):
            self._texts[f"matrix {end}"].set_text(_label(end * largest) if end == 0 or largest else "")

    def _show_values(self, view: GalleryView) -> None:
        """A bar that would dwarf all others is cut; values that many weights share are named with their share."""
        ours, predicted = view.shares
        edges = np.linspace(-view.reach, view.reach, BINS + 1)
        shared = np.histogram(list(view.points), edges)[0] > 0
        spread = max(ours[~shared].max(), predicted[~shared].max())
        top = spread / (0.6 if view.points else 1.2) if spread > 0 else max(ours.max(), predicted.max())
        for stairs, shares in ((self._bars, ours), (self._outline, predicted)):
            stairs.set_data(np.where(shared, np.minimum(shares / top, 1), shares / top))
        for mark in self._marks:
            mark.set_text("")
        for mark, (value, share) in zip(self._marks, view.points.items(), strict=False):
            aside = value > 0.4 * view.reach  # the text stays within the panel
            mark.set_position((1 if aside else value / view.reach, min(share / top, 1) + 0.02))
            mark.set_horizontalalignment("right" if aside else "center")
            mark.set_text(f"{_percent(share)} at {_label(value)}{' (cut)' if share > top else ''}")
        for end in (-1, 0, 1):
            self._texts[f"values {end}"].set_text(_label(end * view.reach))

    def _show_singular(self, ours: Array, predicted: Array) -> None:
        top = round_up(1.05 * max(ours.max(), predicted.max()))
        size = len(ours)
        places = np.linspace(0, 1, size)
        some = slice(None, None, -(-size // _DOTS))
        self._dots.set_data(places[some], ours[some] / top)
        self._law.set_data(places, predicted / top)
        for share in (0, 0.5, 1):
            self._texts[f"singular {share}"].set_text(_label(share * top))
        self._texts["first"].set_text("1")
        self._texts["last"].set_text(f"{size}")


def _label(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _percent(share: float) -> str:
    """Two digits.

    Examples
    --------
    >>> _percent(1.0), _percent(0.984), _percent(1 / 128)
    ('100 %', '98 %', '0.78 %')
    """
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


_SHADES = 24
_TINTS = np.array(
    [
        [*(np.array(mpl.colors.to_rgb(colour)) * share + 1 - share), 1]
        for colour, shares in (
            (COLOURS["format"], np.linspace(1, 0, _SHADES)[:-1]),
            (COLOURS["forward"], np.linspace(0, 1, _SHADES)),
        )
        for share in shares
    ]
)
_TINTS = np.rint(255 * _TINTS).astype(np.uint8)


def _paint(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Maroon for -1, white for 0, navy for 1."""
    return np.asarray(_TINTS[np.rint((values + 1) * (_SHADES - 1)).astype(np.intp)])


def _show_scale(axes: Axes) -> None:
    axes.imshow(_TINTS[None], aspect="auto", extent=(-1, 1, 0, 1), interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
