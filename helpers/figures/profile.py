"""The live figure of variances by layer."""

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

from helpers.figures.style import BAND_ALPHA, COLOURS, STYLE, ZONE, as_power
from helpers.precision import FORMATS


@dataclass(frozen=True)
class ProfileView:
    """What a `ProfileFigure` shows: base-10 logarithms by layer, from the input (layer 0) to the top.

    Attributes
    ----------
    theory, measured : ndarray, shape (L + 1,)
        The predicted second moments and those of one network, in which -inf, inf and NaN are what is left of it.
    band : tuple of two ndarrays, or None
        log10 of the lower and the upper edge of the band of networks, relative to theory.
    format : str
        Number format, whose ends are shown as zones.
    backward : bool
        Whether these are gradients.
    event : tuple of int and str, or None
        A layer to be marked, and what happens there.
    then : int or None
        A layer at which more happens.
    expected : int or None
        The layer at which theory expects the event.
    """

    theory: NDArray[np.float64]
    measured: NDArray[np.float64]
    band: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    format: str
    backward: bool
    event: tuple[int, str] | None = None
    then: int | None = None
    expected: int | None = None


# Frames change seldom while a slider moves: their ends lie away from round numbers.
_DEPTHS = (60, 200, 500, 1000)
_REACHES = (3, 10, 30, 100, 300, 1000, 3000)
_DECADES = (0.5, 1.5, 5, 15, 50, 150, 500, 1500)


class ProfileFigure:
    """Second moments by layer on a fixed frame: above, the journey between the ends of a number format; below, one
    network against theory, magnified.

    `figure` is the figure, `moving` its moving artists; `update` sets them.
    """  # noqa: D205

    def __init__(self, figure: Figure | None = None) -> None:
        with mpl.rc_context(STYLE):
            self.figure = figure or Figure(figsize=(8.4, 4.25))
            grid = self.figure.add_gridspec(
                2, 1, height_ratios=[2.7, 1], left=0.135, right=0.98, top=0.925, bottom=0.13, hspace=0.12
            )
            self._main: Axes = self.figure.add_subplot(grid[0])
            self._zoom: Axes = self.figure.add_subplot(grid[1], sharex=self._main)
            self._build_frame()
            self._build_moving()
        self._shown: tuple[Any, ...] = ()

    def _build_frame(self) -> None:
        self._main.tick_params(labelbottom=False)
        for axes in (self._main, self._zoom):
            axes.yaxis.set_label_coords(-0.115, 0.5)
        self._main.yaxis.set_major_locator(MaxNLocator(7, integer=True))
        self._main.yaxis.set_major_formatter(FuncFormatter(as_power))
        self._zoom.yaxis.set_major_formatter(FuncFormatter(_as_factor))
        self._zoom.xaxis.set_major_locator(MaxNLocator(10, integer=True, steps=[1, 2, 5, 10]))
        self._zoom.text(0.015, 0.93, "one network ÷ theory", va="top", transform=self._zoom.transAxes, fontsize=12)
        self._zoom.axhline(0, color=COLOURS["theory"], linewidth=1.6)
        zone: dict[str, Any] = {"facecolor": ZONE, "edgecolor": "#d9b3a8", "hatch": "//", "linewidth": 0, "zorder": 0.5}
        self._zones = [self._main.axhspan(0, 1, **zone) for _ in range(2)]
        label: dict[str, Any] = {"color": COLOURS["format"], "ha": "right", "fontsize": 12, "zorder": 3}
        label["bbox"] = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
        self._zone_labels = [
            self._main.text(0.985, y, "", va=va, transform=self._main.transAxes, **label)
            for y, va in ((0.98, "top"), (0.02, "bottom"))
        ]
        self._main.axhline(0, color="#999999", linewidth=1, zorder=0.6)

    def _build_moving(self) -> None:
        measured: dict[str, Any] = {"color": COLOURS["measured"], "linestyle": "none", "marker": "o", "zorder": 4}
        self._theory = self._main.plot([], [], color=COLOURS["theory"], zorder=3)[0]
        self._measured = self._main.plot([], [], markersize=5, **measured)[0]
        band: dict[str, Any] = {"facecolor": COLOURS["measured"], "alpha": BAND_ALPHA, "linewidth": 0}
        self._band = self._zoom.fill_between([0], [0], [0], **band)
        self._ratio = self._zoom.plot([], [], markersize=4, **measured)[0]
        self._no_band = self._zoom.text(0.015, 0.06, "", transform=self._zoom.transAxes, fontsize=11.5, color="#444444")
        event: dict[str, Any] = {"color": COLOURS["highlight"], "zorder": 5}
        self._event = self._main.axvline(0, linestyle="--", linewidth=2, **event)
        self._then = self._main.axvline(0, linestyle=":", linewidth=2, **event)
        foot: dict[str, Any] = {"transform": self._main.get_xaxis_transform(), "clip_on": False, "zorder": 6}
        self._expected = self._main.plot([0], [0], "^", markersize=9, color=COLOURS["theory"], **foot)[0]
        self._event_label = self._main.text(
            0, 0, "", fontsize=12, fontweight="bold", va="center", transform=self._main.get_xaxis_transform(), **event
        )
        self._event_label.set_bbox({"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5})
        handles = [self._theory, self._measured, self._band, self._expected]
        names = ["theory", "one network", "9 of 10 networks", "end by theory"]
        self._main.legend(handles, names, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=4, frameon=False,
                          borderaxespad=0.1, handlelength=1.6, columnspacing=1.6)  # fmt: skip
        self.moving: list[Artist] = [
            self._theory, self._measured, self._band, self._ratio, self._no_band, self._event_label,
            self._event, self._then, self._expected,
        ]  # fmt: skip

    def update(self, view: ProfileView) -> Hashable:
        """Show a view; return what its frame (all that does not move) depends on."""
        self._set_frame(view)
        layers = np.arange(len(view.theory))
        self._theory.set_data(layers, view.theory)
        alive = np.isfinite(view.measured)
        every = max(1, int(alive.sum()) // 25)  # dots stay apart
        shown = alive & ((layers % every == 0) | (layers == layers[-1]))
        self._measured.set_data(layers[shown], view.measured[shown])
        self._ratio.set_data(layers[shown], (view.measured - view.theory)[shown] if shown.any() else [])
        lower, upper = view.band or (np.zeros(1), np.zeros(1))
        reach = self._shown[2] * 1.2
        span = layers[: len(lower)]
        self._band.set_data(span, np.clip(lower, -reach, reach), np.clip(upper, -reach, reach))
        self._no_band.set_text("" if view.band else "a band is exact for linear and ReLU only")
        self._set_event(view)
        return self._shown

    def _set_event(self, view: ProfileView) -> None:
        for line, layer in ((self._then, view.then), (self._expected, view.expected)):
            line.set_visible(layer is not None)
            line.set_xdata([layer or 0, layer or 0])
        self._event.set_visible(view.event is not None)
        self._event_label.set_visible(view.event is not None)
        if view.event is None:
            return
        layer, text = view.event
        self._event.set_xdata([layer, layer])
        end, (low, high), *_ = self._shown
        right, rising = layer < end / 2, high > -low
        self._event_label.set_text(f" {text}" if right else f"{text} ")
        self._event_label.set_horizontalalignment("left" if right else "right")
        beside = (max if right else min)(layer, layer if view.then is None else view.then)
        self._event_label.set_position((beside, 0.15 if rising else 0.85))  # on the side of 1 where the curve is not

    def _set_frame(self, view: ProfileView) -> None:
        end = next(d for d in _DEPTHS if d >= len(view.theory) - 1)
        limits = FORMATS[view.format]
        floor, ceiling = 2 * math.log10(limits.smallest_subnormal), 2 * math.log10(limits.max)
        span = _span(np.concatenate([view.theory, view.measured[np.isfinite(view.measured)]]), floor, ceiling)
        with np.errstate(invalid="ignore"):
            ratio = np.abs(view.measured - view.theory)
        largest = float(np.max(ratio[np.isfinite(ratio)], initial=0))
        if view.band:
            edges = np.abs(np.concatenate(view.band))
            largest = max(largest, float(np.max(edges[np.isfinite(edges)], initial=0)))
        reach = next((d for d in _DECADES if d >= largest / 0.95), largest)
        ends_early = 3 * (len(view.theory) - 1) < end or (view.event is not None and 2 * view.event[0] < end)
        right = view.backward or ends_early  # where the curve is not
        frame = (end, span, reach, view.format, view.backward, right)
        if frame == self._shown:
            return
        self._shown = frame
        self._main.set_xlim(-0.01 * end, end * 1.01)
        self._main.set_ylim(*span)
        self._zoom.set_ylim(-reach, reach)
        self._zoom.yaxis.set_major_locator(_FactorLocator(reach))
        for zone, (bottom, top) in zip(self._zones, [(ceiling, span[1]), (span[0], floor)], strict=True):
            zone.set_bounds(0, bottom, 1, max(top - bottom, 0))
        beyond = "inf" if limits.has_infinity else "NaN"
        ends = (f"overflows to {beyond}", ceiling, "↑", ceiling < span[1]), ("rounds to 0", floor, "↓", floor > span[0])
        for label, (text, limit, arrow, seen) in zip(self._zone_labels, ends, strict=True):
            where = "here" if seen else f"at $10^{{{limit:.0f}}}$ {arrow}"
            label.set_text(f"{view.format} {text} {where}")
            label.set_position((0.985 if right else 0.015, label.get_position()[1]))
            label.set_horizontalalignment("right" if right else "left")
        self._main.set_ylabel("gradient variance" if view.backward else "signal variance")
        self._zoom.set_ylabel("ratio")
        self._zoom.set_xlabel("layer (0 is the input)" + (", gradients flow to the left" if view.backward else ""))


def _span(exponents: NDArray[np.float64], floor: float, ceiling: float) -> tuple[float, float]:
    """Limits of the axis, with most of the room on the side to which the curves go.

    They are from a short ladder, and not far beyond the ends of the number format: no network gets there.
    """
    low, high = float(exponents.min()), float(exponents.max())
    reach = float(next((r for r in _REACHES if r >= 0.95 * max(-low, high)), max(-low, high)))
    if max(-low, high) < 1:
        return -reach, reach
    if -low > high:
        reach = min(reach, -1.25 * floor)
        return -reach, reach / 4
    reach = min(reach, 1.25 * ceiling)
    return -reach / 4, reach


class _FactorLocator(MaxNLocator):
    """Ticks for factors: halves and doubles where little happens, powers of ten elsewhere."""

    def __init__(self, reach: float) -> None:
        super().__init__(4, integer=True)
        self._close = reach < 1

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the positions, in powers of ten."""
        if self._close:
            return np.log10([0.5, 1, 2])
        return super().tick_values(vmin, vmax)


def _as_factor(exponent: float, _: int = 0) -> str:
    if abs(exponent) < 2.5:
        return f"×{10**exponent:.2g}"
    return rf"×$10^{{{exponent:.0f}}}$"
