"""The live figure of signal and gradient together, and of the scales at which a network's variance stays."""

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

from helpers.figures.journey import Profile, pair, reach, set_pair
from helpers.figures.style import COLOURS, SHADES, STYLE, as_power
from helpers.figures.tint import Tint

LOG2_N, LOG10_SIGMA2 = (1.5, 9.5), (-4.5, 1.5)  # the map's axes
MAP_POINTS = 41


@dataclass(frozen=True)
class BalanceView:
    """What a `BalanceFigure` shows.

    Attributes
    ----------
    signal, gradient : pair of ndarray, shape (L + 1,)
        Base-10 logarithms of the second moments by layer, of one network and by theory.
    field : ndarray, shape (MAP_POINTS, MAP_POINTS)
        log10 of the variance at layer L of networks of equal layers, by log10 of sigma² (rows) and log2 of n.
    gain : float
        Squared gain of the activation: the variance stays at sigma² = gain / n.
    layers : ndarray, shape (L, 2)
        Number of inputs n and variance sigma² of every layer.
    """

    signal: tuple[Profile, Profile]
    gradient: tuple[Profile, Profile]
    field: Profile
    gain: float
    layers: NDArray[np.float64]


# Frames change seldom while a slider moves: their ends lie away from round numbers.
_DEPTHS = (20, 40, 60)
_DECADES = (1.5, 5, 15, 50, 150)
_STEPS = (1, 3, 10, 30)  # orders of magnitude at which the map changes its tint


class BalanceFigure:
    """Left, signal and gradient by layer; right, the variance at the top by n and sigma², with a dot for each layer.

    `figure` is the figure, `moving` its moving artists; `update` sets them.
    """

    def __init__(self, figure: Figure | None = None) -> None:
        with mpl.rc_context(STYLE):
            self.figure = figure or Figure(figsize=(8.4, 3.75))
            grid = self.figure.add_gridspec(
                1, 2, width_ratios=[1.35, 1], left=0.105, right=0.985, top=0.875, bottom=0.135, wspace=0.25
            )
            self._journey: Axes = self.figure.add_subplot(grid[0])
            self._map: Axes = self.figure.add_subplot(grid[1])
            self._build_frame()
            self._build_moving()
        self._shown: tuple[Any, ...] = ()

    def _build_frame(self) -> None:
        self._journey.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        self._journey.yaxis.set_major_formatter(FuncFormatter(as_power))
        self._journey.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
        self._journey.set_xlabel("layer (0 is the input)", labelpad=2)
        self._journey.set_ylabel("variance", labelpad=2)
        self._journey.axhline(0, color="#999999", linewidth=1, zorder=0.6)
        self._map.set_title("variance of the signal at the top", fontsize=12.5, pad=20)
        self._map.set_xlim(*LOG2_N)
        self._map.set_ylim(*LOG10_SIGMA2)
        self._map.set_xticks([2, 4, 6, 8], ["4", "16", "64", "256"])
        self._map.set_yticks([-4, -2, 0], ["$10^{-4}$", "$10^{-2}$", "1"])
        self._map.set_xlabel("number of inputs n", labelpad=2)
        self._map.set_ylabel("σ²", rotation=0, labelpad=4)
        self._map.grid(visible=False)

    def _build_moving(self) -> None:
        self._signal = pair(self._journey, "o", COLOURS["forward"])
        self._gradient = pair(self._journey, "s", COLOURS["backward"])
        self._gradient[1].set_linewidth(1.5)  # where widths alternate it zigzags, and dashes would be lost in that
        legend: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.02, 0.99), "ncols": 2, "frameon": False}
        legend |= {"borderaxespad": 0.1, "handlelength": 1.8, "columnspacing": 1.4}
        self._journey.legend([self._signal, self._gradient], ["signal (up)", "gradient (back)"], **legend)
        self._tint = Tint(self._map, _bands, (-100, 100))
        self._stable = self._map.plot([], [], color=COLOURS["theory"], linewidth=2.2, zorder=3)[0]
        style: dict[str, Any] = {"markersize": 8, "markeredgecolor": "white", "markeredgewidth": 1.2, "zorder": 5}
        self._dots = self._map.plot([], [], "o", color=COLOURS["measured"], **style)[0]
        legend |= {"bbox_to_anchor": (-0.06, 0.985), "handlelength": 1.2, "handletextpad": 0.5}
        self._map.legend([self._stable, self._dots], ["σ² = gain²/n", "our layers"], **legend)
        words: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 13, "fontweight": "bold", "zorder": 4}
        self._words = [
            self._map.text(7.7, 0.8, "explosion", **words),
            self._map.text(3.2, -3.9, "collapse", **words),
        ]
        self.moving: list[Artist] = [
            *reversed(self._signal), *reversed(self._gradient), self._tint, self._stable, *self._words, self._dots,
        ]  # fmt: skip

    def update(self, view: BalanceView) -> Hashable:
        """Show a view; return what its frame (all that does not move) depends on."""
        self._set_frame(view)
        for drawn, profiles in ((self._signal, view.signal), (self._gradient, view.gradient)):
            set_pair(drawn, profiles, len(view.layers))
        self._tint.values = view.field
        ends = np.array(LOG2_N)
        self._stable.set_data(ends, np.log10(view.gain) - ends * np.log10(2))
        self._dots.set_data(np.log2(view.layers[:, 0]), np.log10(view.layers[:, 1]))
        return self._shown

    def _set_frame(self, view: BalanceView) -> None:
        depth = next(d for d in _DEPTHS if d >= len(view.layers))
        low, high = reach([*view.signal, *view.gradient], _DECADES)
        frame = (depth, low, high)
        if frame == self._shown:
            return
        self._shown = frame
        self._journey.set_xlim(-0.015 * depth, 1.015 * depth)
        self._journey.set_ylim(-low, high)


def _palette() -> NDArray[np.uint8]:
    """From deep collapse over white to deep explosion, in shades that the encoding keeps."""
    shades = [share / SHADES for share in (12, 10, 8, 6)]
    down, up = (np.array(mpl.colors.to_rgb(COLOURS[name])) for name in ("collapse", "explosion"))
    colours = [1 + share * (down - 1) for share in shades] + [np.ones(3)]
    colours += [1 + share * (up - 1) for share in reversed(shades)]
    return np.asarray(np.rint(255 * np.column_stack([colours, np.ones(len(colours))])), dtype=np.uint8)


_PALETTE = _palette()
_EDGES = np.array([*(-step for step in reversed(_STEPS)), *_STEPS])


def _bands(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """One tint for every band of orders of magnitude."""
    return np.asarray(_PALETTE[np.searchsorted(_EDGES, values)])
