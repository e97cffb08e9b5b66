"""The live figure of units at the ends of a bounded activation, and of what becomes of signal and gradient."""

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

from helpers.figures.journey import pair, reach, set_pair
from helpers.figures.style import COLOURS, STYLE, as_power, short_number

Profile = NDArray[np.float64]

BINS = 25
PANELS = 5


@dataclass(frozen=True)
class SaturationView:
    """What a `SaturationFigure` shows, in pairs of one network's values and theory's.

    Attributes
    ----------
    layers : ndarray of PANELS ints
        The layers whose histograms are shown.
    ends : tuple of two floats
        Between which the activations lie.
    histograms : pair of ndarray, shape (PANELS, BINS)
        Shares of the units in equal bins from one end to the other.
    saturated : pair of ndarray, shape (L,)
        Share of saturated units, layers 1 to L.
    signal, gradient : pair of ndarray, shape (L + 1,)
        Base-10 logarithms of the second moments of the activations, and of the gradient, by layer.
    """

    layers: NDArray[np.int64]
    ends: tuple[float, float]
    histograms: tuple[Profile, Profile]
    saturated: tuple[Profile, Profile]
    signal: tuple[Profile, Profile]
    gradient: tuple[Profile, Profile]


# Frames change seldom while a slider moves: their ends lie away from round numbers.
_DEPTHS = (30, 60, 100)
_DECADES = (1.5, 5, 15, 50, 150, 500, 1500, 5000)


class SaturationFigure:
    """Above, histograms of the activations in five layers; below, the share of saturated units and, beside it, signal
    and gradient by layer.

    `figure` is the figure, `moving` its moving artists; `update` sets them.
    """  # noqa: D205

    def __init__(self, figure: Figure | None = None) -> None:
        with mpl.rc_context(STYLE):
            self.figure = figure or Figure(figsize=(8.4, 4.2))
            above = self.figure.add_gridspec(1, PANELS, left=0.03, right=0.985, top=0.84, bottom=0.645, wspace=0.1)
            below = self.figure.add_gridspec(1, 2, left=0.085, right=0.985, top=0.47, bottom=0.125, wspace=0.26)
            self._panels: list[Axes] = [self.figure.add_subplot(above[k]) for k in range(PANELS)]
            self._share: Axes = self.figure.add_subplot(below[0])
            self._journey: Axes = self.figure.add_subplot(below[1])
            self._build_frame()
            self._build_moving()
        self._shown: tuple[Any, ...] = ()

    def _build_frame(self) -> None:
        self.figure.text(
            0.508, 0.985, "activations, and how many of them are saturated", ha="center", va="top", fontsize=13
        )
        for panel in self._panels:
            panel.set_yticks([])
            panel.grid(visible=False)
            panel.spines["left"].set_visible(False)
            panel.set_xlim(-0.02, 1.02)
            panel.set_ylim(0, 1.06)
            panel.tick_params(pad=2)
        self._share.set_ylim(-0.04, 1.04)
        self._share.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        self._journey.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        self._journey.yaxis.set_major_formatter(FuncFormatter(as_power))
        self._journey.axhline(0, color="#999999", linewidth=1, zorder=0.6)
        for axes in (self._share, self._journey):
            axes.set_xlabel("layer", labelpad=1)
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))

    def _build_moving(self) -> None:
        edges = np.linspace(0, 1, BINS + 1)
        ours: dict[str, Any] = {"facecolor": COLOURS["measured"], "alpha": 0.75, "linewidth": 0, "fill": True}
        theory: dict[str, Any] = {"color": COLOURS["theory"], "linewidth": 1.6}
        none = np.zeros(BINS)
        self._bars = [panel.stairs(none, edges, **ours) for panel in self._panels]
        self._outlines = [panel.stairs(none, edges, **theory) for panel in self._panels]
        title: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 12}
        self._titles = [panel.text(0.5, 1.04, "", transform=panel.transAxes, **title) for panel in self._panels]
        self._saturated = pair(self._share, "o", COLOURS["measured"], theory=COLOURS["theory"])
        self._signal = pair(self._journey, "o", COLOURS["forward"])
        self._gradient = pair(self._journey, "s", COLOURS["backward"], "--")
        dots, line = self._saturated
        legend: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.02, 0.98), "ncols": 3, "frameon": False}
        legend |= {"borderaxespad": 0.1, "handlelength": 1.4, "columnspacing": 1.2, "handletextpad": 0.5}
        self._share.legend([line, dots], ["saturated: theory", "one network"], **legend)
        names = ["signal (activations²)", "gradient"]
        self._journey.legend([self._signal, self._gradient], names, **legend)
        self.moving: list[Artist] = [
            *self._bars, *self._outlines, *self._titles, line, dots, *reversed(self._signal), *reversed(self._gradient),
        ]  # fmt: skip

    def update(self, view: SaturationView) -> Hashable:
        """Show a view; return what its frame (all that does not move) depends on."""
        self._set_frame(view)
        for k, (ours, theory) in enumerate(zip(*view.histograms, strict=True)):
            top = max(ours.max(), theory.max())
            self._bars[k].set_data(ours / top)
            self._outlines[k].set_data(theory / top)
            layer = view.layers[k]
            self._titles[k].set_text(f"layer {layer}: {100 * view.saturated[0][layer - 1]:.0f} %")
        pairs = (self._saturated, view.saturated), (self._signal, view.signal), (self._gradient, view.gradient)
        for drawn, profiles in pairs:
            set_pair(drawn, profiles, len(view.saturated[0]))
        return self._shown

    def _set_frame(self, view: SaturationView) -> None:
        depth = next(d for d in _DEPTHS if d >= len(view.signal[0]) - 1)
        low, high = reach([*view.signal, *view.gradient], _DECADES)
        frame = (depth, low, high, view.ends)
        if frame == self._shown:
            return
        self._shown = frame
        for panel in self._panels:
            panel.set_xticks([0, 0.5, 1], map(short_number, (view.ends[0], sum(view.ends) / 2, view.ends[1])))
            for name, side in zip(panel.get_xticklabels(), ("left", "center", "right"), strict=True):
                name.set(horizontalalignment=side)  # apart from those of the next panel
        for axes in (self._share, self._journey):
            axes.set_xlim(-0.015 * depth, 1.015 * depth)
        self._journey.set_ylim(-low, high)
