"""The live figure of order and chaos: where a tanh network stands, and what becomes of two inputs and of a gradient."""

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

from helpers import theory
from helpers.figures.journey import pair, reach, set_pair
from helpers.figures.style import COLOURS, STYLE, as_power

Profile = NDArray[np.float64]

TRAINABLE = 6  # networks can be trained to about so many depth scales


@dataclass(frozen=True)
class ChaosView:
    """What a `ChaosFigure` shows; the pairs hold one network's values and theory's, by layer from 0 to L.

    Attributes
    ----------
    sigma_w, sigma_b : float
        Where the network stands in the plane.
    correlation : pair of ndarray, shape (L + 1,)
        Correlation of two inputs.
    settled : float
        c*, at which theory's correlation settles; NaN where it does not.
    gradient : pair of ndarray, shape (L + 1,)
        Base-10 logarithm of the gradient's variance.
    """

    sigma_w: float
    sigma_b: float
    correlation: tuple[Profile, Profile]
    settled: float
    gradient: tuple[Profile, Profile]


# Frames change seldom while a slider moves: their ends lie away from round numbers.
_DEPTHS = (30, 60, 100)
_DECADES = (1.5, 5, 15, 50, 150)

_LAYERS = (10, 30, 100)  # the borders of the tints
_PHASES = (COLOURS["collapse"], COLOURS["explosion"])  # ordered and chaotic
_LABELLED = ([(0.95, 0.5), (1.72, 1.3)], [(1.44, 0.13), (2.3, 0.75)])  # near these, lines carry their number
_SHARES = (6, 4, 2, 0)  # of 23 parts of colour, the rest white: from a short reach to a long one


class ChaosFigure:
    """Left, the plane of sigma_w and sigma_b with the edge of chaos, the tints paler the deeper a network can be
    trained, and the present network as a point; right, by layer, the correlation of two inputs and the gradient.

    `figure` is the figure, `moving` its moving artists; `update` sets them.
    """  # noqa: D205

    def __init__(self, figure: Figure | None = None) -> None:
        with mpl.rc_context(STYLE):
            self.figure = figure or Figure(figsize=(8.4, 4.125))
            left = self.figure.add_gridspec(1, 1, left=0.07, right=0.525, top=0.915, bottom=0.13)
            right = self.figure.add_gridspec(2, 1, left=0.615, right=0.98, top=0.845, bottom=0.13, hspace=0.38)
            self._plane: Axes = self.figure.add_subplot(left[0])
            self._correlation: Axes = self.figure.add_subplot(right[0])
            self._gradient: Axes = self.figure.add_subplot(right[1])
            self._build_plane()
            self._build_profiles()
            self._build_moving()
        self._shown: tuple[Any, ...] = ()

    def _build_plane(self) -> None:
        levels = np.exp(-TRAINABLE / np.array(_LAYERS))
        for sheet, colour, labelled in zip(theory.tanh_plane(), _PHASES, _LABELLED, strict=True):
            tints = [_tint(colour, share) for share in _SHARES]
            self._plane.contourf(*sheet, levels=[0, *levels, 1], colors=tints, zorder=0)
            lines = self._plane.contour(*sheet, levels=levels, colors=colour, linewidths=1, linestyles=":", zorder=1)
            named = {level: f"{layers}" for level, layers in zip(levels, _LAYERS, strict=True)}
            self._plane.clabel(lines, fmt=named, fontsize=12, colors="black", manual=labelled, inline_spacing=2)
        (sigma_w, sigma_b, _), _ = theory.tanh_plane()
        self._plane.plot(sigma_w[:, -1], sigma_b[:, -1], color="black", linewidth=3.5, zorder=2)
        self._plane.set_xlim(0.5, 4)
        self._plane.set_ylim(0, 2)
        self._plane.set_xticks([1, 2, 3, 4])
        self._plane.set_yticks([0, 1, 2])
        self._plane.grid(visible=False)
        self._plane.set_title("trainable depth, in layers", pad=11)
        self._plane.set_xlabel("weights: $σ_w$", labelpad=1)
        self._plane.set_ylabel("biases: $σ_b$", labelpad=2)
        self._write_on_plane()

    def _write_on_plane(self) -> None:
        said: dict[str, Any] = {"fontsize": 12.5, "va": "top", "linespacing": 1.1}
        self._plane.text(0.56, 1.95, "ordered:\ninputs\nmerge,\ngradients\nvanish", **said)
        self._plane.text(2.72, 0.98, "chaotic:\ninputs part,\ngradients\nexplode", **said)
        arrow = {"arrowstyle": "->", "color": "black", "linewidth": 1.4, "shrinkB": 3}
        (sigma_w, sigma_b, _), _ = theory.tanh_plane()
        edge = (float(np.interp(1.68, sigma_b[:, -1], sigma_w[:, -1])), 1.68)
        self._plane.annotate("edge of\nchaos", edge, (2.95, 1.68), arrowprops=arrow, **said | {"va": "center"})

    def _build_profiles(self) -> None:
        self._correlation.set_title("correlation of two inputs", pad=25)
        self._correlation.set_ylim(-0.35, 1.05)
        self._correlation.set_yticks([0, 0.5, 1])
        self._correlation.tick_params(labelbottom=False)
        self._gradient.set_title("variance of the gradient", pad=5)
        self._gradient.set_xlabel("layer", labelpad=1)
        self._gradient.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        self._gradient.yaxis.set_major_formatter(FuncFormatter(as_power))
        self._gradient.axhline(0, color="#999999", linewidth=1, zorder=0.6)
        for axes in (self._correlation, self._gradient):
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))

    def _build_moving(self) -> None:
        self._forward = pair(self._correlation, "o", COLOURS["forward"])
        self._backward = pair(self._gradient, "s", COLOURS["backward"])
        self._settled = self._correlation.axhline(0, color="black", linestyle="--", linewidth=1.5, zorder=2)
        here: dict[str, Any] = {"color": COLOURS["measured"], "markeredgecolor": "white", "markeredgewidth": 2}
        self._here = self._plane.plot([], [], "o", markersize=17, zorder=5, clip_on=False, **here)[0]
        dots, line = self._forward
        legend: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.47, 0.99), "ncols": 3, "frameon": False}
        legend |= {"borderaxespad": 0.1, "handlelength": 1.3, "columnspacing": 1.0, "handletextpad": 0.4}
        self._correlation.legend([line, dots, self._settled], ["theory", "one network", "limit c*"], **legend)
        self.moving: list[Artist] = [
            self._settled, *reversed(self._forward), *reversed(self._backward), self._here,
        ]  # fmt: skip

    def update(self, view: ChaosView) -> Hashable:
        """Show a view; return what its frame (all that does not move) depends on."""
        self._set_frame(view)
        self._here.set_data([view.sigma_w], [view.sigma_b])
        self._settled.set_ydata(2 * [view.settled])
        for drawn, profiles in ((self._forward, view.correlation), (self._backward, view.gradient)):
            set_pair(drawn, profiles, len(view.gradient[0]) - 1)
        return self._shown

    def _set_frame(self, view: ChaosView) -> None:
        depth = next(d for d in _DEPTHS if d >= len(view.gradient[0]) - 1)
        low, high = reach(view.gradient, _DECADES)
        frame = (depth, low, high)
        if frame == self._shown:
            return
        self._shown = frame
        for axes in (self._correlation, self._gradient):
            axes.set_xlim(-0.015 * depth, 1.015 * depth)
        self._gradient.set_ylim(-low, high)


def _tint(colour: str, share: int) -> NDArray[np.float64]:
    """So many parts of 23 of a colour, the rest white: the pale shades that pictures are encoded with."""
    return 1 - (1 - np.array(mpl.colors.to_rgb(colour))) * share / 23
